"""Interval meters: a register that shows the amount of the last finished interval, until the next one is finished.

Such a register cannot be subtracted, and an interval that nobody read is lost: no total ever makes up for it. What it
shows belongs to the interval that ended last before the sample, on the gateway's clock; or to the one that the meter
itself names, where it gives an instant. Samples near an end may show either neighbour and are not looked at. All
others of one interval must show the same: one that differs is outvoted, and told. One reading alone decides only
when no other came before the next interval was shown.

Every rule looks at one interval and its neighbours only, so that a part of a series gives what the whole gives.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import SeriesError
from meterproof_mv.ledger.counters import IntervalMeter
from meterproof_mv.ledger.grid import on_the_grid
from meterproof_mv.ledger.samples import Registers, Samples, usable_samples
from meterproof_mv.ledger.values import LedgerEvent, LedgerResult, LedgerRules

IntArray = npt.NDArray[np.int64]
_DEFAULT_RULES = LedgerRules()


def finished_intervals(
    t_ms: npt.ArrayLike,
    register: npt.ArrayLike,
    usable: npt.ArrayLike,
    *,
    meter: IntervalMeter,
    end_ms: npt.ArrayLike | None = None,
    rules: LedgerRules = _DEFAULT_RULES,
) -> LedgerResult:
    """Return what an interval meter counted, on the ledger's grid where its intervals fit into it, else as spans.

    A part of a series gives the same intervals as the whole when the samples given begin an interval of the grid before
    its first boundary, and go on until a later interval of the meter is shown than the one behind its last boundary.

    Parameters
    ----------
    t_ms : (n,) int64
        Acquisition instants, in any order [ms since 1970-01-01 UTC].
    register : (n,) int64 or float64
        What the register showed: the amount of a finished interval [counts].
    usable : (n,) bool
        False where a sample is known to be bad or missing.
    meter : IntervalMeter
        What is known of the register.
    end_ms : (n,) int64, optional
        When the interval that was shown had ended, by the meter's own clock [ms since 1970-01-01 UTC]. Without it,
        an interval is taken to end at the last multiple of its length (plus the meter's offset) before the sample.
    rules : LedgerRules
        Interval length, confirmations.

    Returns
    -------
    LedgerResult
        Intervals with `register_start` 0 and `register_end` what was shown, so that their difference is what was
        counted; events; and where the interval begins of which more samples may come: with `confirmations` votes it
        is given out, but it may still be outvoted.

    Raises
    ------
    SeriesError
        When lengths differ or types cannot be counted with.

    Examples
    --------
    >>> meter = IntervalMeter(scale=0.1, interval_ms=900_000, resolution=1, max_rate_per_h=1000.0)
    >>> t = [960_000, 1_260_000, 1_560_000, 1_860_000, 2_160_000, 2_460_000]
    >>> finished_intervals(t, [120, 120, 120, 80, 80, 80], [True] * 6, meter=meter).intervals.amount.tolist()
    [12.0, 8.0]
    """
    samples = usable_samples(t_ms, register, usable)
    events = list(samples.events)
    shown = _by_sampling(samples, meter) if end_ms is None else _by_meter(samples, (t_ms, end_ms), meter, events)
    events += _missed(shown, meter)
    votes, open_from_ms = _votes(shown, meter, rules, events)
    votes = _apart(_plausible(votes, meter, events), meter, events)
    in_time = sorted(events, key=lambda event: (event.t_ms, event.code))
    return LedgerResult(on_the_grid(votes.end_ms, votes.counts, meter, rules), tuple(in_time), open_from_ms)


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """Samples that can be told to an interval: when it ended, what was shown."""

    end_ms: IntArray
    counts: Registers
    t_ms: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class _Votes:
    """What samples say of intervals, by rising end: one row for each amount that was shown for one.

    Parameters
    ----------
    end_ms : (n,) int64
        When the interval ended [ms since 1970-01-01 UTC].
    counts : (n,) int64 or float64
        The amount [counts].
    votes, of : (n,) int64
        How many samples showed it, of how many for this interval.
    """

    end_ms: IntArray
    counts: Registers
    votes: IntArray
    of: IntArray

    def only(self, rows: npt.NDArray[np.bool_] | slice) -> "_Votes":
        return _Votes(self.end_ms[rows], self.counts[rows], self.votes[rows], self.of[rows])


def _by_sampling(samples: Samples, meter: IntervalMeter) -> _Shown:
    phase = samples.t_ms - meter.offset_ms
    since = phase % meter.interval_ms
    sure = (since >= meter.guard_ms) & (since < meter.interval_ms - meter.guard_ms)
    return _Shown((samples.t_ms - since)[sure], samples.register[sure], samples.t_ms[sure])


def _by_meter(
    samples: Samples, given: tuple[npt.ArrayLike, npt.ArrayLike], meter: IntervalMeter, events: list[LedgerEvent]
) -> _Shown:
    times, ends = (np.asarray(column) for column in given)
    if ends.shape != times.shape or ends.dtype.kind not in "iu":
        raise SeriesError(
            f"ledger samples: end_ms {ends.shape} of {ends.dtype} for t_ms {times.shape}; one whole number of ms "
            "(int64) a sample is accepted"
        )
    order = np.lexsort((ends, times))  # of doubles the same one whatever the order they come in
    place = order[np.searchsorted(times[order], samples.t_ms)]
    own = ends[place].astype(np.int64)
    age = samples.t_ms - own
    right = (age >= -meter.guard_ms) & (age < 2 * meter.interval_ms)
    events += _clock_events(own[~right], samples.t_ms[~right])
    return _Shown(own[right], samples.register[right], samples.t_ms[right])


def _clock_events(end_ms: IntArray, t_ms: IntArray) -> list[LedgerEvent]:
    order = np.argsort(end_ms, kind="stable")
    ends, first, size = np.unique(end_ms[order], return_index=True, return_counts=True)
    times = t_ms[order]
    return [
        LedgerEvent("meter_clock_off", int(times[at]), {"end_ms": end, "samples": n, "last_ms": int(times[at + n - 1])})
        for end, at, n in zip(ends.tolist(), first.tolist(), size.tolist(), strict=True)
    ]


def _missed(shown: _Shown, meter: IntervalMeter) -> list[LedgerEvent]:
    ends = np.unique(shown.end_ms)
    hole = np.diff(ends) - meter.interval_ms
    return [
        LedgerEvent(
            "interval_missed", start, {"end_ms": start + length, "intervals": round(length / meter.interval_ms)}
        )
        for start, length in zip(ends[:-1][hole > 0].tolist(), hole[hole > 0].tolist(), strict=True)
    ]


def _votes(
    shown: _Shown, meter: IntervalMeter, rules: LedgerRules, events: list[LedgerEvent]
) -> tuple[_Votes, int | None]:
    """Return for each interval what more than half of its samples say, and where the one begins that is not over."""
    votes = _counted(shown)
    if not len(votes.end_ms):
        return votes, None
    is_last = votes.end_ms == votes.end_ms[-1]  # not over: more samples of it may come
    wins = 2 * votes.votes > votes.of
    events += _disputes(votes.only((votes.votes < votes.of) & ~is_last), meter)
    settled = wins & (~is_last | (votes.votes >= rules.confirmations))
    return votes.only(settled), int(votes.end_ms[-1]) - meter.interval_ms


def _counted(shown: _Shown) -> _Votes:
    order = np.lexsort((shown.counts, shown.end_ms))
    ends, counts = shown.end_ms[order], shown.counts[order]
    changes = np.ones(len(ends), dtype=bool)
    changes[1:] = (ends[1:] != ends[:-1]) | (counts[1:] != counts[:-1])
    first = np.flatnonzero(changes)
    votes = np.diff(np.append(first, len(ends)))
    _, interval, size = np.unique(ends, return_inverse=True, return_counts=True)
    return _Votes(ends[first], counts[first], votes, size[interval[first]])


def _disputes(votes: _Votes, meter: IntervalMeter) -> list[LedgerEvent]:
    ends, first, rows = np.unique(votes.end_ms, return_index=True, return_counts=True)
    events = []
    for end, at, size in zip(ends.tolist(), first.tolist(), rows.tolist(), strict=True):
        one = votes.only(slice(at, at + size))
        best = int(np.argmax(one.votes))
        taken = 2 * one.votes[best] > one.of[best]
        data = {
            "end_ms": end,
            "samples": int(one.of[best]),
            "agree": int(one.votes[best]),
            "taken": one.counts[best].item() if taken else None,
            "lowest": one.counts.min().item(),
            "highest": one.counts.max().item(),
        }
        events.append(LedgerEvent("interval_disputed", end - meter.interval_ms, data))
    return events


def _plausible(votes: _Votes, meter: IntervalMeter, events: list[LedgerEvent]) -> _Votes:
    right = (votes.counts >= 0) & (votes.counts <= meter.most_counts)
    for end, counts in zip(votes.end_ms[~right].tolist(), votes.counts[~right].tolist(), strict=True):
        data = {"end_ms": end, "register": counts, "amount_not_counted": counts * meter.scale}
        limit = {"limit_counts": meter.most_counts if math.isfinite(meter.most_counts) else None}
        events.append(LedgerEvent("interval_implausible", end - meter.interval_ms, data | limit))
    return votes.only(right)


def _apart(votes: _Votes, meter: IntervalMeter, events: list[LedgerEvent]) -> _Votes:
    """Put aside intervals that overlap, as those of a clock that was set back: which is true cannot be known."""
    close = np.diff(votes.end_ms) < meter.interval_ms
    overlaps = np.append(close, False) | np.insert(close, 0, False)
    overlaps = overlaps[: len(votes.end_ms)]
    for end, counts in zip(votes.end_ms[overlaps].tolist(), votes.counts[overlaps].tolist(), strict=True):
        data = {"end_ms": end, "register": counts, "amount_not_counted": counts * meter.scale}
        events.append(LedgerEvent("interval_overlap", end - meter.interval_ms, data))
    return votes.only(~overlaps)
