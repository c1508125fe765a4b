"""What the ledger sees of one counter when it looks at a part of its readings. Pure.

The verdict on a reading depends on those around it, so the first and the last intervals of a part may be wrong. What
lies between `reliable_from_ms` and `reliable_to_ms` is as it would be if all readings were looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meterproof_collector.ledger.interval_rows import IntervalRows, computed_rows
from meterproof_collector.ledger.segments import Segment, SpecOf, changes, intervals_of, segments
from meterproof_core.storage import END_OF_TIME_MS, RawColumn, ReadingColumns
from meterproof_mv.ledger import IntervalMeter, LedgerEvent, LedgerRules

NEIGHBOURS = 64
"""Readings beyond a part that are read with it: the verdict wants a few good ones, and some may be bad or missing."""
_SPARE = NEIGHBOURS // 2
"""So many of them are only looked at: a later look, when more readings have come between, still sees all the others."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a series: from its first to its last instant, both included [ms since 1970-01-01 UTC].

    Parameters
    ----------
    first_ms, last_ms : int
        What is looked at.
    from_ms, to_ms : int
        What is read, apart from the neighbours: half-open [from, to) and wider.
    """

    first_ms: int
    last_ms: int
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What the ledger makes of a part and its neighbourhood.

    Parameters
    ----------
    rows : IntervalRows
        The reliable intervals.
    events : tuple of LedgerEvent
        The decisions, in rising time.
    begins, ends : bool
        Whether the series has no readings before or behind what was read.
    reliable_from_ms, reliable_to_ms : int
        Half-open; to the beginning and end of time where the series begins or ends. Every later look at the same part
        sees at least as much.
    left_ms, right_ms : int
        The boundaries around the part and its next usable readings: outside them an interval that is the same as
        before shows that all beyond it is.
    last_ms : int or None
        The last usable reading, where the series ends: what ends with it may still grow.
    is_local : bool
        Whether each interval is decided by itself, as those that a meter has finished: no verdict reaches further.
    touched : bool
        Whether the part holds any register.
    """

    rows: IntervalRows
    events: tuple[LedgerEvent, ...]
    begins: bool
    ends: bool
    reliable_from_ms: int
    reliable_to_ms: int
    left_ms: int
    right_ms: int
    last_ms: int | None
    is_local: bool
    touched: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Extent:
    """Until where something holds: half-open [ms]."""

    from_ms: int
    to_ms: int


def sight(part: Part, quantity: str, readings: ReadingColumns, spec_of: SpecOf, *, rules: LedgerRules) -> Sight:
    """Return what the ledger makes of the readings of one counter.

    Parameters
    ----------
    part : Part
        What is looked at; `readings` were read with `NEIGHBOURS` around it.
    quantity : str
        The counter.
    readings : ReadingColumns
        Of its metering point.
    spec_of : callable
        What is known of the counter under each configuration.
    rules : LedgerRules
        Interval length, longest gap, confirmations.
    """
    parts = segments(quantity, readings, spec_of)
    results = [intervals_of(segment, rules) for segment in parts]
    t_ms = np.asarray(readings.t_ms, dtype=np.int64)
    usable_ms = _joined([segment.t_ms[segment.usable] for segment in parts])
    begins = int(np.searchsorted(t_ms, part.from_ms)) < NEIGHBOURS
    ends = len(t_ms) - int(np.searchsorted(t_ms, part.to_ms)) < NEIGHBOURS
    sure, spared = _inside(usable_ms, rules.confirmations + 1, _margin_ms(parts, rules)), _inside(t_ms, _SPARE, 0)
    reliable = _Extent(
        0 if begins else max(sure.from_ms, spared.from_ms), END_OF_TIME_MS if ends else min(sure.to_ms, spared.to_ms)
    )
    left_ms, right_ms = _around(part, usable_ms, rules.interval_ms)
    events = [event for result in results for event in result.events] + changes(parts)
    return Sight(
        rows=computed_rows(results).within(reliable.from_ms, reliable.to_ms),
        events=tuple(sorted(events, key=lambda event: (event.t_ms, event.code))),
        begins=begins,
        ends=ends,
        reliable_from_ms=reliable.from_ms,
        reliable_to_ms=reliable.to_ms,
        left_ms=left_ms,
        right_ms=right_ms,
        last_ms=int(usable_ms[-1]) if ends and len(usable_ms) else None,
        is_local=all(isinstance(segment.counter, IntervalMeter) for segment in parts),
        touched=_touched(part, t_ms, readings.raw.get(quantity)),
    )


def _inside(t_ms: npt.NDArray[np.int64], count: int, margin_ms: int) -> _Extent:
    """Return what lies further inside than so many readings, and so many milliseconds, from either end."""
    if len(t_ms) <= count:
        return _Extent(END_OF_TIME_MS, 0)
    return _Extent(
        max(int(t_ms[count]), int(t_ms[0]) + margin_ms), min(int(t_ms[-count - 1]), int(t_ms[-1]) - margin_ms)
    )


def _margin_ms(parts: Iterable[Segment], rules: LedgerRules) -> int:
    """Return what the ledger wants to see of an interval meter beyond the intervals that are to be relied on."""
    meters = [segment.counter for segment in parts if isinstance(segment.counter, IntervalMeter)]
    return max((rules.interval_ms + 2 * meter.interval_ms + meter.guard_ms for meter in meters), default=0)


def _around(part: Part, usable_ms: npt.NDArray[np.int64], step_ms: int) -> tuple[int, int]:
    before = int(np.searchsorted(usable_ms, part.first_ms)) - 1
    behind = int(np.searchsorted(usable_ms, part.last_ms, side="right"))
    left_ms = int(usable_ms[before]) if before >= 0 else part.first_ms
    if behind == len(usable_ms):
        return left_ms // step_ms * step_ms, END_OF_TIME_MS
    return left_ms // step_ms * step_ms, -(-int(usable_ms[behind]) // step_ms) * step_ms


def _touched(part: Part, t_ms: npt.NDArray[np.int64], raw: RawColumn | None) -> bool:
    if raw is None:
        return False
    return bool((np.asarray(raw.present, dtype=bool) & (t_ms >= part.first_ms) & (t_ms <= part.last_ms)).any())


def _joined(columns: Iterable[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.zeros(0, np.int64), *columns])
