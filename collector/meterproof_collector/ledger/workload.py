"""Which stretches of which points the ledger still has to look at: bounded, because stretches merge."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from meterproof_core.storage import JournalEntry

_APART_MS = 6 * 3_600_000
"""Stretches nearer than this are one: looking at what lies between costs less than looking twice."""
_MOST_STRETCHES = 4
"""Of one point; live readings and a backfill of long ago stay apart, so that neither makes the other's work longer."""


@dataclass(slots=True)
class Stretch:
    """Samples of one point that arrived: between two instants, both ends included, and under which digests.

    Parameters
    ----------
    first_ms, last_ms : int
        First and last instant [ms since 1970-01-01 UTC].
    arrived_ms : int
        When the oldest of them was entered in the journal [ms since 1970-01-01 UTC].
    configs : set of str
        Digests of the meter configurations that made them; empty where that is not known.
    rows : int
        About how many there are; 0 where that is not known.
    """

    first_ms: int
    last_ms: int
    arrived_ms: int
    configs: set[str] = field(default_factory=set)
    rows: int = 0

    def take_in(self, other: "Stretch") -> None:
        """Grow so that another stretch of the same point lies inside."""
        self.first_ms = min(self.first_ms, other.first_ms)
        self.last_ms = max(self.last_ms, other.last_ms)
        self.arrived_ms = min(self.arrived_ms, other.arrived_ms)
        self.configs |= other.configs
        self.rows += other.rows

    def apart_ms(self, other: "Stretch") -> int:
        """Return how far another stretch lies away, negative when they overlap [ms]."""
        return max(self.first_ms, other.first_ms) - min(self.last_ms, other.last_ms)


PointKey = tuple[str, str]
"""Plant and metering point."""


class Workload:
    """Stretches by plant and point; a point never has more than a few, because those that lie near each other merge."""

    def __init__(self) -> None:
        self._stretches: dict[PointKey, list[Stretch]] = {}

    def __len__(self) -> int:
        return len(self._stretches)

    def __contains__(self, key: object) -> bool:
        return key in self._stretches

    def __iter__(self) -> Iterator[PointKey]:
        return iter(self._stretches)

    def __getitem__(self, key: PointKey) -> list[Stretch]:
        return self._stretches[key]

    def put(self, key: PointKey, stretch: Stretch) -> None:
        """Put a stretch in; what lies near it becomes one with it."""
        mine = replace(stretch, configs=set(stretch.configs))
        kept = []
        for other in self._stretches.get(key, []):
            if mine.apart_ms(other) <= _APART_MS:
                mine.take_in(other)
            else:
                kept.append(other)
        self._stretches[key] = _few(sorted([*kept, mine], key=lambda each: each.first_ms))

    def put_all(self, other: "Workload") -> None:
        """Put in all that stands in another workload."""
        for key, stretch in other.items():
            self.put(key, stretch)

    def pop(self, key: PointKey) -> list[Stretch]:
        """Take a point's stretches out, in rising time."""
        return self._stretches.pop(key, [])

    def items(self) -> Iterator[tuple[PointKey, Stretch]]:
        """Yield every stretch with its plant and point."""
        for key, stretches in self._stretches.items():
            for stretch in stretches:
                yield key, stretch


def add_arrivals(workload: Workload, arrivals: Iterable[JournalEntry]) -> None:
    """Put arrivals into a workload."""
    for entry in arrivals:
        for point, (first_ms, last_ms, rows) in entry.data["points"].items():
            stretch = Stretch(first_ms, last_ms, entry.at_ms, {str(entry.data["config"])}, rows)
            workload.put((entry.plant, point), stretch)


def _few(stretches: list[Stretch]) -> list[Stretch]:
    """Return at most so many as may be kept of a point: the nearest two are merged while they are too many."""
    while len(stretches) > _MOST_STRETCHES:
        gaps = [before.apart_ms(after) for before, after in pairwise(stretches)]
        place = gaps.index(min(gaps))
        stretches[place].take_in(stretches.pop(place + 1))
    return stretches
