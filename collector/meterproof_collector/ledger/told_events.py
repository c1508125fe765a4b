"""Which of the ledger's decisions stand in the journal and still hold.

A late reading may overturn a decision. The journal is never changed, so the decision stays there and its withdrawal is
entered beside it; should it come to hold again, it is told again. Which entries hold is then a matter of counting:
a decision holds as long as it was told more often than it was withdrawn.
"""

import hashlib
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from meterproof_core.storage import EntryKind, Journal, JournalEntry, SeriesKey
from meterproof_mv.ledger import LedgerEvent

WITHDRAWN = "withdrawn"
"""Code of the event that withdraws another."""
RECOUNT = "recount"
"""Code of the event that says that a part of a series is being counted anew."""
GROWING = ("unbracketed",)
"""Decisions whose details grow with every reading: told again when they have doubled in length, and at their end."""
_MOST_TOLD = 300_000
"""Decisions that are remembered, about 100 MB; beyond it the plants that were asked for longest ago are forgotten."""


@dataclass(slots=True)
class _Told:
    times_told: int = 0
    times_withdrawn: int = 0

    @property
    def holds(self) -> bool:
        return self.times_told > self.times_withdrawn


@dataclass(slots=True)
class _Series:
    """Decisions on one counter: by name, and their instants and names in rising time."""

    told: dict[str, _Told] = field(default_factory=dict)
    places: list[tuple[int, str]] = field(default_factory=list)

    def of(self, name: str, t_ms: int) -> _Told:
        if name not in self.told:
            self.told[name] = _Told()
            insort(self.places, (t_ms, name))
        return self.told[name]

    def holding(self, start_ms: int, end_ms: int) -> list[tuple[int, str]]:
        inside = self.places[bisect_left(self.places, (start_ms, "")) : bisect_left(self.places, (end_ms, ""))]
        return [(t_ms, name) for t_ms, name in inside if self.told[name].holds]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the ledger decided on one counter.

    Parameters
    ----------
    key : SeriesKey
        The counter.
    from_ms, to_ms : int
        Half-open [from, to) [ms since 1970-01-01 UTC]; decisions outside are passed over.
    events : sequence of LedgerEvent
        The decisions.
    last_ms : int or None
        The last usable reading of the series where it was looked at: a decision that ends with it may still grow.
    """

    key: SeriesKey
    from_ms: int
    to_ms: int
    events: Sequence[LedgerEvent]
    last_ms: int | None

    def may_grow(self, event: LedgerEvent) -> bool:
        """Return whether a decision's details change with the next reading."""
        return event.code in GROWING and event.data["end_ms"] == self.last_ms

    def by_name(self) -> dict[str, LedgerEvent]:
        """Return the decisions of the period by the entry id that each has when it is told for the first time."""
        return {self._name(event): event for event in self.events if self.from_ms <= event.t_ms < self.to_ms}

    def _name(self, event: LedgerEvent) -> str:
        """Return a name that details change: what was found out later is another decision."""
        stem = _stem(self.key, event.code, event.t_ms)
        if self.may_grow(event):
            return f"{stem}/x{(event.data['end_ms'] - event.data['start_ms']).bit_length()}"
        return f"{stem}/{_digest(event.data)}"


class ToldEvents:
    """Remembers what the journal tells of each plant's counters, and says what has to be added.

    Parameters
    ----------
    journal : Journal
        Read once a plant.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._plants: OrderedDict[str, dict[tuple[str, str], _Series]] = OrderedDict()

    def news(self, decisions: "Decisions", at_ms: int) -> list[JournalEntry]:
        """Return what the journal has to be told, so that in their period these decisions hold and no others.

        Parameters
        ----------
        decisions : Decisions
            Those that hold.
        at_ms : int
            When it is told [ms since 1970-01-01 UTC].
        """
        key, hold = decisions.key, decisions.by_name()
        series = self._of_plant(key.plant).setdefault((key.point, key.quantity), _Series())
        entries = [
            _withdrawal(key, name, (t_ms, series.told[name].times_told), at_ms)
            for t_ms, name in series.holding(decisions.from_ms, decisions.to_ms)
            if name not in hold
        ]
        for name, event in hold.items():
            told = series.told.get(name) or _Told()
            if not told.holds:
                entries.append(_telling(key, (name, told.times_told), event, at_ms))
        return entries

    def told(self, entries: Sequence[JournalEntry]) -> None:
        """Remember what the journal has been told."""
        for entry in entries:
            self._remember(self._of_plant(entry.plant), entry)

    def _of_plant(self, plant: str) -> dict[tuple[str, str], _Series]:
        known = self._plants.get(plant)
        if known is None:
            known = {}
            for entry in self._journal.read([EntryKind.EVENT], plant):
                self._remember(known, entry)
            self._plants[plant] = known
            self._forget_some()
        self._plants.move_to_end(plant)
        return known

    @staticmethod
    def _remember(plant: dict[tuple[str, str], _Series], entry: JournalEntry) -> None:
        data = entry.data
        if "quantity" not in data or data["code"] == RECOUNT:
            return
        series = plant.setdefault((data["point"], data["quantity"]), _Series())
        if data["code"] == WITHDRAWN:
            series.of(data["withdraws"], int(data["t_ms"])).times_withdrawn += 1
        else:
            series.of(name_of(entry), int(data["t_ms"])).times_told += 1

    def _forget_some(self) -> None:
        sizes = {plant: sum(len(each.told) for each in known.values()) for plant, known in self._plants.items()}
        while len(self._plants) > 1 and sum(sizes.values()) > _MOST_TOLD:
            forgotten, _ = self._plants.popitem(last=False)
            del sizes[forgotten]


def name_of(entry: JournalEntry) -> str:
    """Return the name of the decision that an event entry tells, which is the same each time it is told."""
    return entry.entry_id.partition("/again/")[0]


def holding(entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    """Return the entries of decisions that hold, among event entries of the journal; each once, as first told."""
    first: dict[str, JournalEntry] = {}
    balance: dict[str, int] = {}
    for entry in entries:
        withdraws = entry.data.get("withdraws")
        name = str(withdraws) if withdraws else name_of(entry)
        balance[name] = balance.get(name, 0) + (-1 if withdraws else 1)
        if not withdraws:
            first.setdefault(name, entry)
    return [entry for name, entry in first.items() if balance[name] > 0]


def recount(key: SeriesKey, period: tuple[int, int], at_ms: int) -> JournalEntry:
    """Return the entry that says, before it happens, that a part of a series is counted anew.

    A ledger that is killed on the way finds it and does the part again.
    """
    name = f"{_stem(key, RECOUNT, period[0])}/{period[1]}/{at_ms}"
    return _entry(name, key, at_ms, {"code": RECOUNT, "t_ms": period[0], "end_ms": period[1]})


def _stem(key: SeriesKey, code: str, t_ms: int) -> str:
    return f"event/{key.plant}/{key.point}/{key.quantity}/{code}/{t_ms}"


def _telling(key: SeriesKey, told: tuple[str, int], event: LedgerEvent, at_ms: int) -> JournalEntry:
    name, times_told = told
    entry_id = f"{name}/again/{times_told}" if times_told else name
    return _entry(entry_id, key, at_ms, {"code": event.code, "t_ms": event.t_ms, **event.data})


def _withdrawal(key: SeriesKey, name: str, told: tuple[int, int], at_ms: int) -> JournalEntry:
    t_ms, times_told = told
    code = name.removeprefix(f"event/{key.plant}/{key.point}/{key.quantity}/").partition("/")[0]
    data = {"code": WITHDRAWN, "t_ms": t_ms, "withdraws": name, "withdrawn_code": code}
    return _entry(f"{name}/withdrawn/{times_told}", key, at_ms, data)


def _entry(entry_id: str, key: SeriesKey, at_ms: int, data: Mapping[str, Any]) -> JournalEntry:
    return JournalEntry(
        entry_id, EntryKind.EVENT, key.plant, at_ms, {"point": key.point, "quantity": key.quantity, **data}
    )


def _digest(data: Mapping[str, Any]) -> str:
    """Return 8 hex digits that change with an event's details."""
    return hashlib.sha256(msgspec.json.encode(data, order="deterministic")).hexdigest()[:8]
