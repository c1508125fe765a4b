"""Brings the intervals of one point up to date with what has arrived.

The maths is `meterproof_mv.ledger`; this module knows which samples it must see. A stretch of new samples can change
nothing before the last settled boundary that lies at or before its left neighbour, and nothing behind the first
settled boundary at or after its right neighbour. So exactly that part is computed anew and put in the place of what
stood there: late data, replays and restarts all take this one way.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_collector.configurations import Configurations
from meterproof_collector.workload import Stretch
from meterproof_core.storage import (
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
from meterproof_core.wire import CounterSpec, Level
from meterproof_mv.ledger import Counter, LedgerEvent, LedgerResult, LedgerRules, build_intervals

FAR_FUTURE_MS = 1 << 52
_UNUSABLE = (Level.BAD, Level.MISSING)
_CONTEXT = 64
"""Samples beyond a window that the ledger may look at: it wants a few good ones, and some may be bad or missing."""
_BOUNDARY_LEVEL = LedgerRules()


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a series that is computed anew: half-open [start, end) [ms], both on the interval grid."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, eq=False)
class _Segment:
    """Samples that one counter gave under one description of it, by column."""

    counter: Counter
    t_ms: npt.NDArray[np.int64]
    registers: npt.NDArray[Any]
    usable: npt.NDArray[np.bool_]


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
            segments = self._segments(key, self._samples(key, window))
            results = [
                build_intervals(part.t_ms, part.registers, part.usable, counter=part.counter, rules=self._rules)
                for part in segments
            ]
            events = [event for result in results for event in result.events]
            self._store(key, window, results, events=[*events, *_changes(segments)], at_ms=at_ms)

    def _window(self, key: SeriesKey, stretch: Stretch) -> Window:
        nearest = self._readings.read(
            ReadingsQuery(key.plant, key.point, (key.quantity,), stretch.first_ms, stretch.last_ms + 1, neighbours=1)
        ).t_ms
        first, last = int(nearest[0]), int(nearest[len(nearest) - 1])
        step = self._rules.interval_ms
        left = min(first, stretch.first_ms) // step * step
        start = self._settled_start(key, left)
        if last <= stretch.last_ms:
            return Window(start, FAR_FUTURE_MS)
        return Window(start, self._settled_end(key, -(-last // step) * step))

    def _settled_start(self, key: SeriesKey, left_ms: int) -> int:
        around = self._intervals.read(key, left_ms - 1, left_ms)
        if len(around.start_ms):
            return left_ms if around.end_ms[0] == left_ms else int(around.start_ms[0])
        before = self._intervals.read(key, 0, left_ms)
        return int(before.end_ms[len(before.end_ms) - 1]) if len(before.end_ms) else 0

    def _settled_end(self, key: SeriesKey, right_ms: int) -> int:
        around = self._intervals.read(key, right_ms, right_ms + 1)
        if not len(around.start_ms):
            return FAR_FUTURE_MS
        return right_ms if around.start_ms[0] == right_ms else int(around.end_ms[0])

    def _samples(self, key: SeriesKey, window: Window) -> ReadingColumns:
        return self._readings.read(
            ReadingsQuery(
                key.plant,
                key.point,
                (key.quantity,),
                window.start_ms,
                window.end_ms,
                neighbours=_CONTEXT,
            )
        )

    def _segments(self, key: SeriesKey, readings: ReadingColumns) -> list[_Segment]:
        raw = readings.raw.get(key.quantity)
        if raw is None:
            return []
        t_ms = np.asarray(readings.t_ms, dtype=np.int64)
        registers = np.asarray(raw.registers)
        usable = np.asarray(raw.present, dtype=bool).copy()
        for flag in readings.flags:
            if flag.quantity == key.quantity and flag.level in _UNUSABLE:
                usable[flag.row] = False
        return [
            _Segment(counter(spec), t_ms[rows], registers[rows], usable[rows])
            for spec, rows in self._runs_of_one_counter(key, readings)
            if spec is not None
        ]

    def _runs_of_one_counter(self, key: SeriesKey, readings: ReadingColumns) -> list[tuple[CounterSpec | None, slice]]:
        config = np.asarray(readings.config, dtype=object)
        edges = [0, *(np.flatnonzero(config[1:] != config[:-1]) + 1).tolist(), len(config)]
        runs: list[tuple[CounterSpec | None, slice]] = []
        for start, end in pairwise(edges):
            spec = self._configurations.counter(str(config[start]), key.point, key.quantity)
            if runs and runs[-1][0] == spec:
                runs[-1] = (spec, slice(runs[-1][1].start, end))
            else:
                runs.append((spec, slice(start, end)))
        return runs

    def _store(
        self, key: SeriesKey, window: Window, results: list[LedgerResult], *, events: list[LedgerEvent], at_ms: int
    ) -> None:
        columns = _join([_within(result, window) for result in results])
        entries = [_event_entry(key, event, at_ms) for event in events if window.start_ms <= event.t_ms < window.end_ms]
        if entries:
            self._journal.append(entries)
        self._intervals.replace(key, window.start_ms, window.end_ms, columns)


def counter(spec: CounterSpec) -> Counter:
    """Return a wire counter as the ledger takes it."""
    return Counter(
        scale=spec.scale, modulus=spec.modulus, resolution=spec.resolution, max_rate_per_h=spec.max_rate_per_h
    )


def _changes(segments: list[_Segment]) -> list[LedgerEvent]:
    """Return where another description of the counter begins: no interval crosses that, and somebody should know."""
    return [
        LedgerEvent("configuration_changed", int(after.t_ms[0]), {"before_ms": int(before.t_ms[-1])})
        for before, after in pairwise(segments)
    ]


def _within(result: LedgerResult, window: Window) -> tuple[npt.NDArray[Any], ...]:
    rows = result.intervals
    keep = (rows.start_ms >= window.start_ms) & (rows.end_ms <= window.end_ms)
    columns = (rows.start_ms, rows.end_ms, rows.amount, rows.register_start, rows.register_end, rows.is_span)
    return tuple(column[keep] for column in columns)


def _join(parts: list[tuple[npt.NDArray[Any], ...]]) -> IntervalColumns:
    if not parts:
        return IntervalColumns((), (), (), (), (), ())
    return IntervalColumns(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _event_entry(key: SeriesKey, event: LedgerEvent, at_ms: int) -> JournalEntry:
    return JournalEntry(
        entry_id=f"event/{key.plant}/{key.point}/{key.quantity}/{event.code}/{event.t_ms}",
        kind=EntryKind.EVENT,
        plant=key.plant,
        at_ms=at_ms,
        data={"point": key.point, "quantity": key.quantity, "code": event.code, "t_ms": event.t_ms, **event.data},
    )
