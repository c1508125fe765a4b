"""The way back from an interval to the samples that it rests on, by the ledger's own steps. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from meterproof_collector.ledger.evidence import Boundary, Sample, Unread
from meterproof_collector.ledger.interval_rows import IntervalRows, computed_rows
from meterproof_collector.ledger.segments import Segment, SpecOf, intervals_of, segments
from meterproof_core.storage import Column, ReadingColumns
from meterproof_mv.ledger import Counter, LedgerRules
from meterproof_mv.ledger.line import follow
from meterproof_mv.ledger.samples import usable_samples


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """Good samples of one counter: instants, and a number that rises where the counting broke."""

    t_ms: npt.NDArray[np.int64]
    segment: npt.NDArray[np.int64]
    counts_on: bool

    def around(self, at_ms: int) -> tuple[int | None, int | None] | None:
        """Return the instants of the two samples that a boundary rests on; None when this line does not hold it."""
        behind = int(np.searchsorted(self.t_ms, at_ms, side="right"))
        before = behind - 1
        if before >= 0 and self.t_ms[before] == at_ms:
            return at_ms, None
        if before < 0 or behind == len(self.t_ms) or self.segment[before] != self.segment[behind]:
            return None
        return int(self.t_ms[before]), int(self.t_ms[behind])

    def shows(self, end_ms: int) -> int | None:
        """Return the instant of the first sample at or behind the end of a finished interval."""
        place = int(np.searchsorted(self.t_ms, end_ms))
        return int(self.t_ms[place]) if place < len(self.t_ms) else None


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What the ledger makes of some readings, and which of them.

    Parameters
    ----------
    lines : list of _Line
        The good samples, by counter.
    computed : IntervalRows
        The intervals that they give.
    columns : ReadingColumns
        The readings.
    registers : Column
        The raw register of each reading.
    qualities : mapping of int to str
        Level and reason, by row, where a register is not good.
    max_gap_ms : int
        Longest gap that is interpolated [ms].
    """

    lines: list[_Line]
    computed: IntervalRows
    columns: ReadingColumns
    registers: Column[int] | Column[float]
    qualities: Mapping[int, str]
    max_gap_ms: int

    def reproduces(self, rows: IntervalRows) -> npt.NDArray[np.bool_]:
        """Return which intervals the readings give, bit for bit."""
        place = np.searchsorted(self.computed.start_ms, rows.start_ms)
        found = place < len(self.computed)
        same = np.zeros(len(rows), dtype=bool)
        same[found] = self.computed[place[found]].equal_to(rows[found])
        return same

    def boundaries(self, rows: IntervalRows, place: int) -> tuple[Boundary, Boundary]:
        """Return the two ends of an interval with the samples that they rest on."""
        start_ms, end_ms = int(rows.start_ms[place]), int(rows.end_ms[place])
        start, end = float(rows.register_start[place]), float(rows.register_end[place])
        for line in self.lines:
            if not line.counts_on:
                shown = line.shows(end_ms)
                if shown is not None:
                    return Boundary(start_ms, start, None, None), Boundary(end_ms, end, None, self._sample(shown))
            elif (first := line.around(start_ms)) and (last := line.around(end_ms)):
                return self._boundary(start_ms, start, first), self._boundary(end_ms, end, last)
        return Boundary(start_ms, start, None, None), Boundary(end_ms, end, None, None)

    def samples(self, start_ms: int, end_ms: int) -> int:
        """Return how many good samples lie in [start, end)."""
        return sum(int(((line.t_ms >= start_ms) & (line.t_ms < end_ms)).sum()) for line in self.lines)

    def unread(self, start_ms: int, end_ms: int) -> Iterator[Unread]:
        """Yield the times in [start, end) between good samples that are too far apart to interpolate."""
        for line in self.lines:
            first = max(int(np.searchsorted(line.t_ms, start_ms, side="right")) - 1, 0)
            last = int(np.searchsorted(line.t_ms, end_ms)) + 1
            for before, behind in pairwise(line.t_ms[first:last].tolist()):
                if behind - before > self.max_gap_ms:
                    yield Unread(before, behind)

    def _boundary(self, at_ms: int, register: float, around: tuple[int | None, int | None]) -> Boundary:
        before, behind = (None if t_ms is None else self._sample(t_ms) for t_ms in around)
        return Boundary(at_ms, register, before, behind)

    def _sample(self, t_ms: int) -> Sample:
        row = int(np.searchsorted(np.asarray(self.columns.t_ms), t_ms))
        register = self.registers[row]
        return Sample(
            t_ms=t_ms,
            register=register.item() if isinstance(register, np.generic) else register,
            quality=self.qualities.get(row, "good"),
            config=str(self.columns.config[row]),
            stream=str(self.columns.stream[row]),
            seq=int(self.columns.seq[row]),
        )


def trace(quantity: str, columns: ReadingColumns, spec_of: SpecOf, *, rules: LedgerRules) -> Trace:
    """Return the way back to some readings.

    Parameters
    ----------
    quantity : str
        The counter.
    columns : ReadingColumns
        Of its metering point.
    spec_of : callable
        What is known of the counter under each configuration.
    rules : LedgerRules
        As the ledger was given.
    """
    parts = segments(quantity, columns, spec_of) if len(columns.t_ms) else []
    raw = columns.raw.get(quantity)
    return Trace(
        lines=[_line(part, rules) for part in parts],
        computed=computed_rows(intervals_of(part, rules) for part in parts),
        columns=columns,
        registers=raw.registers if raw else (),
        qualities={flag.row: f"{flag.level}: {flag.reason}" for flag in columns.flags if flag.quantity == quantity},
        max_gap_ms=rules.max_gap_ms,
    )


def _line(part: Segment, rules: LedgerRules) -> _Line:
    samples = usable_samples(part.t_ms, part.registers, part.usable)
    if not isinstance(part.counter, Counter):
        return _Line(samples.t_ms, np.zeros(len(samples.t_ms), np.int64), counts_on=False)
    line = follow(samples, part.counter, rules)
    return _Line(line.t_ms, line.segment, counts_on=True)
