"""Turns a register's samples into intervals: the ledger's front door."""

import numpy as np
import numpy.typing as npt

from meterproof_mv.ledger.boundaries import Boundaries, known_boundaries
from meterproof_mv.ledger.counters import Counter
from meterproof_mv.ledger.line import Line, follow
from meterproof_mv.ledger.samples import usable_samples
from meterproof_mv.ledger.values import LedgerEvent, LedgerIntervals, LedgerResult, LedgerRules

_DEFAULT_RULES = LedgerRules()


def build_intervals(
    t_ms: npt.ArrayLike,
    register: npt.ArrayLike,
    usable: npt.ArrayLike,
    *,
    counter: Counter,
    rules: LedgerRules = _DEFAULT_RULES,
) -> LedgerResult:
    """Return what a cumulative register counted in each interval, and the decisions that led there.

    Only what lies between two known boundaries is given out: an interval where they are neighbours on the grid, one
    span where boundaries between them are unknown. A span keeps its total, and nothing is ever spread. What was
    counted across a reset or a replacement is unknown; no interval crosses it.

    A part of a series gives the same intervals as the whole when the samples given begin with `confirmations` + 1
    good samples before its first boundary, among which the register has risen by more than the tolerance of a step
    back (a value that is held may have stood long before), and end with as many good ones after its last boundary.

    Parameters
    ----------
    t_ms : (n,) int64
        Acquisition instants, in any order [ms since 1970-01-01 UTC].
    register : (n,) int64 or float64
        Registers as read; whole counts stay whole until they have been subtracted [counts].
    usable : (n,) bool
        False where a sample is known to be bad or missing.
    counter : Counter
        What is known of the register.
    rules : LedgerRules
        Interval length, longest gap, confirmations.

    Returns
    -------
    LedgerResult
        Intervals, events, and from when on the end is provisional.

    Raises
    ------
    SeriesError
        When lengths differ or types cannot be counted with.

    Examples
    --------
    >>> meter = Counter(scale=0.001, modulus=None, resolution=1, max_rate_per_h=1000.0)
    >>> t = [-60_000, 840_000, 1_740_000, 2_640_000]
    >>> build_intervals(t, [0, 900, 1800, 4500], [True] * 4, counter=meter).intervals.amount.tolist()
    [0.9, 1.02]
    """
    samples = usable_samples(t_ms, register, usable)
    line = follow(samples, counter, rules)
    boundaries = known_boundaries(line, rules)
    intervals = _between(line, boundaries, counter, rules)
    events = (*samples.events, *line.events, *_gaps(intervals), *_unbracketed(line, boundaries, counter, rules))
    in_time = sorted(events, key=lambda event: (event.t_ms, event.code))
    return LedgerResult(intervals, tuple(in_time), line.provisional_from_ms)


def _between(line: Line, boundaries: Boundaries, counter: Counter, rules: LedgerRules) -> LedgerIntervals:
    segment = line.segment[boundaries.sample]
    first = np.flatnonzero(segment[1:] == segment[:-1])
    last = first + 1
    old, new = boundaries.sample[first], boundaries.sample[last]
    counts = (line.register[new] - line.register[old]) + (line.turns[new] - line.turns[old])
    register = _shown(line, boundaries, counter)
    start, end = boundaries.number[first], boundaries.number[last]
    return LedgerIntervals(
        start_ms=start * rules.interval_ms,
        end_ms=end * rules.interval_ms,
        amount=(counts + (boundaries.beyond[last] - boundaries.beyond[first])) * counter.scale,
        register_start=register[first],
        register_end=register[last],
        is_span=end - start > 1,
    )


def _shown(line: Line, boundaries: Boundaries, counter: Counter) -> npt.NDArray[np.float64]:
    """Return the registers as the meter would have shown them at the boundaries."""
    before = line.register[boundaries.sample]
    register = before + boundaries.beyond
    if counter.modulus is None:
        return register
    rolled = (before < counter.modulus) & (register >= counter.modulus)
    return np.where(rolled, register - counter.modulus, register)


def _gaps(intervals: LedgerIntervals) -> list[LedgerEvent]:
    rows = np.flatnonzero(intervals.is_span)
    return [
        LedgerEvent(
            "gap",
            int(intervals.start_ms[row]),
            {"end_ms": int(intervals.end_ms[row]), "amount": float(intervals.amount[row])},
        )
        for row in rows
    ]


def _unbracketed(line: Line, boundaries: Boundaries, counter: Counter, rules: LedgerRules) -> list[LedgerEvent]:
    """Return what was counted in segments that have no known boundary: no interval will ever hold it."""
    first = np.flatnonzero(np.diff(line.segment, prepend=-1))
    last = np.append(first, len(line.segment))[1:] - 1
    bare = ~np.isin(line.segment[first], line.segment[boundaries.sample])
    bare &= line.t_ms[last] - line.t_ms[first] >= rules.interval_ms
    events = []
    for old, new in zip(first[bare], last[bare], strict=True):
        counts = (line.register[new] - line.register[old] + line.turns[new] - line.turns[old]).item()
        start_ms, end_ms = int(line.t_ms[old]), int(line.t_ms[new])
        data = {"start_ms": start_ms, "end_ms": end_ms, "counts": counts, "amount": counts * counter.scale}
        events.append(LedgerEvent("unbracketed", start_ms, data))
    return events
