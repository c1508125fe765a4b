"""Brings the intervals of one point up to date with what has arrived.

The maths is `meterproof_mv.ledger`; this module knows which samples it must see. A stretch of new samples can change
little outside the settled boundaries around its two neighbours - but it may: a late reading can turn a replacement
into a glitch. So the part between is computed with a look beyond both ends, and only if the intervals that stand there
come out the same is it put in place; else the whole series is computed anew. Late data, replays and restarts all take
this one way.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from meterproof_collector.configurations import Configurations
from meterproof_collector.segments import changes, segments
from meterproof_collector.workload import Stretch
from meterproof_core.storage import (
    END_OF_TIME_MS,
    EntryKind,
    IntervalColumns,
    IntervalsStore,
    Journal,
    JournalEntry,
    ReadingColumns,
    ReadingsQuery,
    ReadingsStore,
    SeriesKey,
)
from meterproof_mv.ledger import LedgerEvent, LedgerResult, LedgerRules, build_intervals

_CONTEXT = 64
"""Samples beyond a window that the ledger may look at: it wants a few good ones, and some may be bad or missing."""
_BOUNDARY_LEVEL = LedgerRules()


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a series that is computed anew: half-open [start, end) [ms], both on the interval grid."""

    start_ms: int
    end_ms: int


_GROWING = ("unbracketed",)
"""Events whose details change with every reading: they are told once."""
_EVERYTHING = Window(0, END_OF_TIME_MS)

_Columns = tuple[npt.NDArray[Any], ...]
"""Start, end, amount, register at start and end, is it a span: as in `IntervalColumns`."""


@dataclass(frozen=True, slots=True, eq=False)
class _Books:
    """What the ledger made of some samples."""

    intervals: _Columns
    events: list[LedgerEvent]


class Bookkeeper:
    """Computes the intervals of counters from their stored readings.

    Parameters
    ----------
    readings, intervals, journal
        The three storage ports.
    configurations : Configurations
        What is known of each counter.
    rules : LedgerRules
        Interval length, longest gap that is interpolated, confirmations.
    """

    def __init__(
        self,
        readings: ReadingsStore,
        intervals: IntervalsStore,
        journal: Journal,
        *,
        configurations: Configurations,
        rules: LedgerRules = _BOUNDARY_LEVEL,
    ) -> None:
        self._readings = readings
        self._intervals = intervals
        self._journal = journal
        self._configurations = configurations
        self._rules = rules
        self._beyond_ms = rules.interval_ms + rules.max_gap_ms  # holds the interval on either side

    def bring_up_to_date(self, plant: str, point: str, stretch: Stretch, at_ms: int) -> None:
        """Compute anew what a stretch of new samples can change, for every counter of its configurations.

        Parameters
        ----------
        plant, point : str
            The metering point.
        stretch : Stretch
            The new samples.
        at_ms : int
            When events are entered in the journal [ms since 1970-01-01 UTC].
        """
        names = {name for config in stretch.configs for name in self._configurations.counters(config, point)}
        for name in sorted(names):
            key = SeriesKey(plant, point, name)
            window = self._window(key, stretch)
            books = self._computed(key, window)
            if not self._fits(key, window, books.intervals):
                window = _EVERYTHING
                books = self._computed(key, window)
            self._store(key, window, books, at_ms)

    def _computed(self, key: SeriesKey, window: Window) -> _Books:
        """Return what the ledger makes of a window's samples and some around it."""
        spec_of = partial(self._configurations.counter, point=key.point, quantity=key.quantity)
        parts = segments(key.quantity, self._samples(key, window), spec_of)
        results = [
            build_intervals(part.t_ms, part.registers, part.usable, counter=part.counter, rules=self._rules)
            for part in parts
        ]
        events = [event for result in results for event in result.events]
        return _Books(_join([_columns(result) for result in results]), [*events, *changes(parts)])

    def _fits(self, key: SeriesKey, window: Window, computed: _Columns) -> bool:
        """Return whether the intervals stored on both sides of a window are those that were computed there."""
        before = self._intervals.read(key, window.start_ms - 1, window.start_ms)
        if not _agree(before, computed, computed[1] == window.start_ms):
            return False
        if window.end_ms >= END_OF_TIME_MS:
            return True
        behind = self._intervals.read(key, window.end_ms, window.end_ms + 1)
        return _agree(behind, computed, computed[0] == window.end_ms)

    def _window(self, key: SeriesKey, stretch: Stretch) -> Window:
        nearest = self._readings.read(
            ReadingsQuery(key.plant, key.point, (key.quantity,), stretch.first_ms, stretch.last_ms + 1, neighbours=1)
        ).t_ms
        first, last = int(nearest[0]), int(nearest[len(nearest) - 1])
        step = self._rules.interval_ms
        left = min(first, stretch.first_ms) // step * step
        start = self._settled_start(key, left)
        if last <= stretch.last_ms:
            return Window(start, END_OF_TIME_MS)
        return Window(start, self._settled_end(key, -(-last // step) * step))

    def _settled_start(self, key: SeriesKey, left_ms: int) -> int:
        around = self._intervals.read(key, left_ms - 1, left_ms)
        if len(around.start_ms):
            return left_ms if around.end_ms[0] == left_ms else int(around.start_ms[0])
        before = self._intervals.read(key, 0, left_ms, limit=1)
        return int(before.end_ms[0]) if len(before.end_ms) else 0

    def _settled_end(self, key: SeriesKey, right_ms: int) -> int:
        around = self._intervals.read(key, right_ms, right_ms + 1)
        if not len(around.start_ms):
            return END_OF_TIME_MS
        return right_ms if around.start_ms[0] == right_ms else int(around.end_ms[0])

    def _samples(self, key: SeriesKey, window: Window) -> ReadingColumns:
        return self._readings.read(
            ReadingsQuery(
                key.plant,
                key.point,
                (key.quantity,),
                window.start_ms - self._beyond_ms,
                window.end_ms + self._beyond_ms,
                neighbours=_CONTEXT,
            )
        )

    def _store(self, key: SeriesKey, window: Window, books: _Books, at_ms: int) -> None:
        starts, ends = books.intervals[0], books.intervals[1]
        keep = (starts >= window.start_ms) & (ends <= window.end_ms)
        entries = [
            _event_entry(key, event, at_ms) for event in books.events if window.start_ms <= event.t_ms < window.end_ms
        ]
        if entries:
            self._journal.append(entries)
        columns = IntervalColumns(*(column[keep] for column in books.intervals))
        self._intervals.replace(key, window.start_ms, window.end_ms, columns)


def _agree(stored: IntervalColumns, computed: _Columns, rows: npt.NDArray[np.bool_]) -> bool:
    """Return whether the one stored interval, if there is one, is the one that was computed."""
    if not len(stored.start_ms):
        return True
    place = np.flatnonzero(rows)
    if len(place) != 1:
        return False
    columns = (stored.start_ms, stored.end_ms, stored.amount, stored.register_start, stored.register_end)
    return all(column[0] == mine[place[0]] for column, mine in zip(columns, computed, strict=False))


def _columns(result: LedgerResult) -> _Columns:
    rows = result.intervals
    return (rows.start_ms, rows.end_ms, rows.amount, rows.register_start, rows.register_end, rows.is_span)


def _join(parts: list[_Columns]) -> _Columns:
    if not parts:
        return tuple(np.array([], dtype=kind) for kind in (np.int64, np.int64, float, float, float, np.bool_))
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def _event_entry(key: SeriesKey, event: LedgerEvent, at_ms: int) -> JournalEntry:
    told_once = event.code in _GROWING
    name = f"event/{key.plant}/{key.point}/{key.quantity}/{event.code}/{event.t_ms}"
    return JournalEntry(
        entry_id=name if told_once else f"{name}/{_digest(event.data)}",
        kind=EntryKind.EVENT,
        plant=key.plant,
        at_ms=at_ms,
        data={"point": key.point, "quantity": key.quantity, "code": event.code, "t_ms": event.t_ms, **event.data},
    )


def _digest(data: Mapping[str, Any]) -> str:
    """Return 8 hex digits that change with an event's details: what was found out later is another entry."""
    return hashlib.sha256(msgspec.json.encode(data, order="deterministic")).hexdigest()[:8]
