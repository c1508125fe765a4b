"""Stores what a store will take, and finds out what it will not: good readings never wait behind a bad one.

A store that refuses says that something among the data is bad, not what. So the groups are halved until what is refused
stands alone: k bad ones among n cost about k log n calls, and never more than 2 n. This search has no other bound, so
no good group is ever refused with a bad one. Only then are the bad rows of each bad group looked for, in the same way,
with the calls that are left; when they are spent, a bad group is kept as a dead letter whole, and a replay sorts it
out.

What is too old is another thing: all of it lies before one instant. That instant is searched for, and everything else
is stored already.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, log2

from msgspec import structs

from meterproof_core.errors import StoreRefusedError, StoreRetentionError
from meterproof_core.storage import PlantGroup, ReadingsStore

_MOST_CALLS = 2000
"""Calls after which bad rows are looked for no more; a call takes a database a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Unkept:
    """Samples of one point that are not stored, and the store's reason."""

    item: PlantGroup
    reason: str


@dataclass(slots=True)
class Kept:
    """What a store did not take; everything else of the lot is stored.

    Parameters
    ----------
    refused : list of Unkept
        What the store will never take.
    too_old : list of Unkept
        What is older than the store keeps. Of these samples the counters may be stored, if they are kept longer.
    calls : int
        How often the store was called.
    """

    refused: list[Unkept] = field(default_factory=list)
    too_old: list[Unkept] = field(default_factory=list)
    calls: int = 0


def keep(readings: ReadingsStore, groups: Sequence[PlantGroup]) -> Kept:
    """Store what a store will take of some groups, and return what it will not.

    Raises
    ------
    StoreError
        When the store fails, cannot be reached or turns us away: part of it may be stored, and all of it should come
        again.
    """
    search = _Search(readings)
    if groups:
        search.keep(groups)
        search.keep_rows_of_bad_groups()
    return search.kept


class _Search:
    def __init__(self, readings: ReadingsStore) -> None:
        self._readings = readings
        self._bad: list[tuple[PlantGroup, StoreRefusedError]] = []
        self.kept = Kept()

    def keep(self, groups: Sequence[PlantGroup]) -> None:
        """Store groups; halve them when something among them is refused."""
        error = self._refusal(groups)
        if error is None:
            return
        if isinstance(error, StoreRetentionError):
            self._find_too_old(groups, error)
        else:
            self._keep_halves(groups, error)

    def _keep_halves(self, groups: Sequence[PlantGroup], error: StoreRefusedError) -> None:
        """Store the halves of groups among which one is refused; a group that stands alone waits for its rows."""
        if len(groups) == 1:
            self._bad.append((groups[0], error))
            return
        middle = len(groups) // 2
        self.keep(groups[:middle])
        self.keep(groups[middle:])

    def keep_rows_of_bad_groups(self) -> None:
        """Store what a store will take of the groups that are refused, once all others are stored."""
        for item, error in self._bad:
            self._keep_rows(item, error)

    def _refusal(self, groups: Sequence[PlantGroup]) -> StoreRefusedError | None:
        self.kept.calls += 1
        try:
            self._readings.write(groups)
        except StoreRefusedError as error:
            return error
        return None

    # ------------------------------------------------------------ refused rows

    def _keep_rows(self, item: PlantGroup, error: StoreRefusedError) -> None:
        """Store the rows of a refused group that a store will take; the refused ones are one part."""
        rows = len(item.group.t)
        most = min(self.kept.calls + 16 * ceil(log2(rows)) + 32, _MOST_CALLS)
        bad, reason = self._bad_rows(item, range(rows), str(error), most)
        if bad:
            self.kept.refused.append(Unkept(rows_of(item, bad), reason))

    def _bad_rows(self, item: PlantGroup, rows: Sequence[int], reason: str, most: int) -> tuple[list[int], str]:
        """Return the rows that are refused among some of which one is, and the last reason."""
        if len(rows) == 1 or self.kept.calls >= most:
            return list(rows), reason
        bad: list[int] = []
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            error = self._refusal([rows_of(item, half)])
            if isinstance(error, StoreRetentionError):
                self._find_too_old([rows_of(item, half)], error)
            elif error is not None:
                worse, reason = self._bad_rows(item, half, str(error), most)
                bad += worse
        return bad, reason

    # ------------------------------------------------------------ rows that are too old

    def _find_too_old(self, groups: Sequence[PlantGroup], error: StoreRetentionError) -> None:
        """Find the newest instant that is too old, and the points that lose samples before it."""
        instants = sorted({instant for item in groups for instant in item.group.t})
        low, high = 0, len(instants)  # the first instant that is kept lies in [low, high]
        while low < high:
            middle = (low + high) // 2
            found = self._refusal(_since(groups, instants[middle]))
            if found is None:
                high = middle
            elif isinstance(found, StoreRetentionError):
                low = middle + 1
            else:
                self._keep_halves(groups, found)
                return
        before = _before(groups, instants[low]) if low < len(instants) else list(groups)
        self._note_too_old(before, str(error))

    def _note_too_old(self, groups: Sequence[PlantGroup], reason: str) -> None:
        """Ask once for each set of quantities whether it loses anything: a store keeps some for longer than others."""
        loses: dict[tuple[str, ...], bool] = {}
        for item in groups:
            names = tuple(item.group.quantities)
            if names not in loses:
                loses[names] = self._refusal([item]) is not None
            if loses[names]:
                self.kept.too_old.append(Unkept(item, reason))


def rows_of(item: PlantGroup, rows: Sequence[int]) -> PlantGroup:
    """Return a group with some of its rows, which rise."""
    group = item.group
    place = {row: index for index, row in enumerate(rows)}
    part = structs.replace(
        group,
        t=[group.t[row] for row in rows],
        values=[[column[row] for row in rows] for column in group.values],
        raw={name: [registers[row] for row in rows] for name, registers in group.raw.items()},
        q=[(place[row], *rest) for row, *rest in group.q if row in place],
    )
    return PlantGroup(item.plant, item.gateway, item.stream, item.seq, item.config, part)


def _since(groups: Sequence[PlantGroup], instant: int) -> list[PlantGroup]:
    parts = ((item, bisect_left(item.group.t, instant)) for item in groups)
    return [rows_of(item, range(at, len(item.group.t))) for item, at in parts if at < len(item.group.t)]


def _before(groups: Sequence[PlantGroup], instant: int) -> list[PlantGroup]:
    parts = ((item, bisect_left(item.group.t, instant)) for item in groups)
    return [rows_of(item, range(at)) for item, at in parts if at > 0]
