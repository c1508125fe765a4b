"""Adds intervals up over the periods of a plant's calendar, and says how much of them is known.

A span's total is known and its distribution is not: it counts in a sum only when the period contains it whole, and it
is never spread. What a span (or an interval) crosses is incomplete, says so, and its amount is a lower bound.
"""

import numpy as np
import numpy.typing as npt

from meterproof_mv.interval_rows import IntervalRows, interval_rows
from meterproof_mv.local_clock import local_days, midnight_ms
from meterproof_mv.periods import Level, Periods, check_period, level_periods
from meterproof_mv.totals import BoolArray, FloatArray, LevelTotals, PeriodTotal

__all__ = [
    "LevelTotals",
    "PeriodTotal",
    "daily_totals",
    "level_totals",
    "local_days",
    "midnight_ms",
    "period_total",
]


def daily_totals(
    start_ms: npt.ArrayLike, end_ms: npt.ArrayLike, amount: npt.ArrayLike, is_span: npt.ArrayLike, *, zone: str
) -> LevelTotals:
    """Return the totals of the plant-local days from the first row to the last, days without any row included.

    Parameters
    ----------
    start_ms, end_ms : (n,) int64
        Intervals and spans, half-open, without overlap [ms since 1970-01-01 UTC].
    amount : (n,) float
        What was counted in each [unit].
    is_span : (n,) bool
        Whether its distribution is unknown.
    zone : str
        IANA name of the plant's time zone, such as ``Asia/Seoul``.

    Raises
    ------
    SeriesError
        When lengths differ, rows overlap, or the zone is unknown.
    """
    rows = interval_rows(start_ms, end_ms, amount, is_span)
    if not len(rows.start_ms):
        nothing = np.zeros(0, np.int64)
        return _totals(rows, Periods(nothing, nothing, np.zeros(0, "datetime64[D]"), ()))
    return _totals(rows, level_periods(Level.DAY, int(rows.start_ms[0]), int(rows.end_ms[-1]), zone))


def level_totals(
    start_ms: npt.ArrayLike, end_ms: npt.ArrayLike, amount: npt.ArrayLike, is_span: npt.ArrayLike, *, periods: Periods
) -> LevelTotals:
    """Return the totals of given periods of rows as `daily_totals` takes them.

    Summed over the periods of a partition, the amounts and those of the `crossing` rows give the total of the whole.

    Parameters
    ----------
    start_ms, end_ms : (n,) int64
        Intervals and spans, half-open, without overlap [ms since 1970-01-01 UTC].
    amount : (n,) float
        What was counted in each [unit].
    is_span : (n,) bool
        Whether its distribution is unknown.
    periods : Periods
        From `periods.level_periods` or `shifts.shift_periods`.

    Raises
    ------
    SeriesError
        When lengths differ or rows overlap.

    Examples
    --------
    Two quarter hours, and a span over the full hour that neither hour may count:

    >>> hours = level_periods(Level.HOUR, 0, 7_200_000, "UTC")
    >>> totals = level_totals(
    ...     [0, 900_000, 1_800_000], [900_000, 1_800_000, 5_400_000], [1, 2, 9], [False, False, True], periods=hours
    ... )
    >>> totals.amount.tolist(), totals.completeness.tolist(), totals.is_lower_bound.tolist()
    ([3.0, nan], [0.5, 0.0], [True, True])
    >>> totals.crossing.tolist()
    [2]
    """
    return _totals(interval_rows(start_ms, end_ms, amount, is_span), periods)


def period_total(
    start_ms: npt.ArrayLike,
    end_ms: npt.ArrayLike,
    amount: npt.ArrayLike,
    is_span: npt.ArrayLike,
    *,
    period_ms: tuple[int, int],
) -> PeriodTotal:
    """Return the total of one half-open period of rows as `daily_totals` takes them.

    Raises
    ------
    SeriesError
        When lengths differ, rows overlap, or the period is empty.
    """
    first, last = period_ms
    check_period(first, last)
    rows = interval_rows(start_ms, end_ms, amount, is_span)
    near = (rows.end_ms > first) & (rows.start_ms < last)
    whole = near & (rows.start_ms >= first) & (rows.end_ms <= last)
    return PeriodTotal(
        amount=float(rows.amount[whole].sum()) if whole.any() else float("nan"),
        from_spans=float(rows.amount[whole & rows.is_span].sum()),
        completeness=float((rows.end_ms - rows.start_ms)[whole].sum()) / (last - first),
        cut_by_span=bool((near & ~whole).any()),
    )


def _totals(rows: IntervalRows, periods: Periods) -> LevelTotals:
    size = len(periods)
    if not size:
        return _no_totals(periods)
    place = np.searchsorted(periods.start_ms, rows.start_ms, side="right") - 1
    whole = (place >= 0) & (rows.end_ms <= periods.end_ms[place])
    low = np.searchsorted(periods.end_ms, rows.start_ms, side="right")
    high = np.searchsorted(periods.start_ms, rows.end_ms, side="left")
    crossing = ~whole & (low < high)
    place = place[whole]
    counted = np.bincount(place, minlength=size)
    length = (rows.end_ms - rows.start_ms).astype(float)
    return LevelTotals(
        day=periods.day,
        name=periods.name,
        start_ms=periods.start_ms,
        end_ms=periods.end_ms,
        amount=np.where(counted > 0, _summed(place, rows.amount[whole], size), np.nan),
        from_spans=_summed(place, np.where(rows.is_span, rows.amount, 0.0)[whole], size),
        completeness=_summed(place, length[whole], size) / (periods.end_ms - periods.start_ms),
        cut_by_span=_touched(low[crossing], high[crossing], size),
        crossing=np.sort(rows.order[crossing]),
    )


def _no_totals(periods: Periods) -> LevelTotals:
    numbers = np.zeros(0)
    return LevelTotals(
        day=periods.day,
        name=(),
        start_ms=periods.start_ms,
        end_ms=periods.end_ms,
        amount=numbers,
        from_spans=numbers,
        completeness=numbers,
        cut_by_span=np.zeros(0, dtype=bool),
        crossing=np.zeros(0, np.int64),
    )


def _touched(low: npt.NDArray[np.intp], high: npt.NDArray[np.intp], size: int) -> BoolArray:
    """Return which periods lie in one of the ranges [low, high)."""
    begins, ends = np.bincount(low, minlength=size + 1), np.bincount(high, minlength=size + 1)
    touched: BoolArray = np.cumsum(begins - ends)[:size] > 0
    return touched


def _summed(place: npt.NDArray[np.intp], amount: FloatArray, size: int) -> FloatArray:
    return np.bincount(place, weights=amount, minlength=size).astype(float)
