"""Adds intervals up over plant-local days and over periods, and says how much of them is known.

A span's total is known and its distribution is not: it counts in a sum only when the period contains it whole. A day
that a span (or an interval) crosses is incomplete, and says so.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import SeriesError

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class DailyTotals:
    """Totals of consecutive plant-local days.

    Parameters
    ----------
    day : (n,) datetime64[D]
        The local date.
    start_ms, end_ms : (n,) int64
        Half-open [start, end) of the day, 23 to 25 hours long [ms since 1970-01-01 UTC].
    amount : (n,) float64
        Sum of what lies whole within the day; NaN when nothing does [unit].
    from_spans : (n,) float64
        How much of it came from spans [unit].
    completeness : (n,) float64
        Share of the day's time that is in the sum, 0 to 1.
    cut_by_span : (n,) bool
        Something that is not in the sum lies partly in this day: its total is known, its share in this day is not.
    """

    day: npt.NDArray[np.datetime64]
    start_ms: IntArray
    end_ms: IntArray
    amount: FloatArray
    from_spans: FloatArray
    completeness: FloatArray
    cut_by_span: BoolArray

    @property
    def complete(self) -> BoolArray:
        """Whether every millisecond of the day is in its sum."""
        return self.completeness >= 1.0

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True, slots=True)
class PeriodTotal:
    """Total of one period.

    Parameters
    ----------
    amount : float
        Sum of what lies whole within the period; NaN when nothing does [unit].
    from_spans : float
        How much of it came from spans [unit].
    completeness : float
        Share of the period's time that is in the sum, 0 to 1.
    cut_by_span : bool
        Something that is not in the sum lies partly in the period.
    """

    amount: float
    from_spans: float
    completeness: float
    cut_by_span: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    start_ms: IntArray
    end_ms: IntArray
    amount: FloatArray
    is_span: BoolArray


def daily_totals(
    start_ms: npt.ArrayLike, end_ms: npt.ArrayLike, amount: npt.ArrayLike, is_span: npt.ArrayLike, *, zone: str
) -> DailyTotals:
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
    rows = _rows(start_ms, end_ms, amount, is_span)
    if not len(rows.start_ms):
        return _totals(rows, np.zeros(0, "datetime64[D]"), np.zeros(1, np.int64))
    days, edges = local_days(int(rows.start_ms[0]), int(rows.end_ms[-1]), zone)
    return _totals(rows, days, edges)


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
    if last <= first:
        raise SeriesError(f"period [{first}, {last}) is empty; an end after the start is accepted")
    rows = _rows(start_ms, end_ms, amount, is_span)
    near = (rows.end_ms > first) & (rows.start_ms < last)
    whole = near & (rows.start_ms >= first) & (rows.end_ms <= last)
    return PeriodTotal(
        amount=float(rows.amount[whole].sum()) if whole.any() else float("nan"),
        from_spans=float(rows.amount[whole & rows.is_span].sum()),
        completeness=float((rows.end_ms - rows.start_ms)[whole].sum()) / (last - first),
        cut_by_span=bool((near & ~whole).any()),
    )


def local_days(first_ms: int, last_ms: int, zone: str) -> tuple[npt.NDArray[np.datetime64], IntArray]:
    """Return the n plant-local dates that [first, last) touches and the n + 1 instants between them [ms UTC].

    A date that the zone left out, as where it crossed the date line, is not among them.

    Raises
    ------
    SeriesError
        When the zone is unknown.
    """
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SeriesError(f"time zone {zone!r} unknown; an IANA name such as Asia/Seoul is accepted") from error
    day = datetime.fromtimestamp(first_ms / 1000, place).date()
    edges = [midnight_ms(day, place)]
    days = []
    while edges[-1] < last_ms:
        days.append(day)
        day += timedelta(days=1)
        edges.append(midnight_ms(day, place))
    kept = np.diff(edges) > 0  # a zone that crossed the date line left a date out
    return np.array(days, "datetime64[D]")[kept], np.array(edges, np.int64)[np.append(kept, True)]


def midnight_ms(day: date, zone: ZoneInfo) -> int:
    """Return the instant at which a local day begins [ms since 1970-01-01 UTC].

    Where a change of the clocks skips midnight, that is the first instant after the gap; where it repeats midnight,
    the first of the two. A date that the zone left out begins, and ends, where the next one begins.

    Examples
    --------
    >>> midnight_ms(date(2018, 1, 1), ZoneInfo("Asia/Seoul"))
    1514732400000
    """
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def _rows(start_ms: npt.ArrayLike, end_ms: npt.ArrayLike, amount: npt.ArrayLike, is_span: npt.ArrayLike) -> _Rows:
    rows = _Rows(
        np.asarray(start_ms, np.int64),
        np.asarray(end_ms, np.int64),
        np.asarray(amount, float),
        np.asarray(is_span, bool),
    )
    shapes = {column.shape for column in (rows.start_ms, rows.end_ms, rows.amount, rows.is_span)}
    if len(shapes) != 1 or rows.start_ms.ndim != 1:
        raise SeriesError(
            f"intervals: columns of shapes {sorted(shapes)}; one-dimensional and of equal length is accepted"
        )
    order = np.argsort(rows.start_ms, kind="stable")
    rows = _Rows(rows.start_ms[order], rows.end_ms[order], rows.amount[order], rows.is_span[order])
    wrong = np.flatnonzero(rows.end_ms <= rows.start_ms)
    if len(wrong):
        start, end = rows.start_ms[wrong[0]], rows.end_ms[wrong[0]]
        raise SeriesError(f"interval at {start} ends at {end}; an end after the start is accepted")
    early = np.flatnonzero(rows.start_ms[1:] < rows.end_ms[:-1])
    if len(early):
        start, end = rows.start_ms[early[0] + 1], rows.end_ms[early[0]]
        raise SeriesError(f"interval at {start} begins before the one before it ends at {end}; no overlap is accepted")
    return rows


def _totals(rows: _Rows, days: npt.NDArray[np.datetime64], edges: IntArray) -> DailyTotals:
    size = len(days)
    first = np.searchsorted(edges, rows.start_ms, side="right") - 1
    last = np.searchsorted(edges, rows.end_ms, side="left") - 1
    whole = first == last
    cut = np.zeros(size, dtype=bool)
    for low, high in zip(first[~whole], last[~whole], strict=True):
        cut[low : high + 1] = True
    place = first[whole]
    counted = np.bincount(place, minlength=size)
    length = (rows.end_ms - rows.start_ms).astype(float)
    return DailyTotals(
        day=days,
        start_ms=edges[:-1],
        end_ms=edges[1:],
        amount=np.where(counted > 0, _summed(place, rows.amount[whole], size), np.nan),
        from_spans=_summed(place, np.where(rows.is_span, rows.amount, 0.0)[whole], size),
        completeness=_summed(place, length[whole], size) / np.diff(edges),
        cut_by_span=cut,
    )


def _summed(place: npt.NDArray[np.intp], amount: FloatArray, size: int) -> FloatArray:
    return np.bincount(place, weights=amount, minlength=size).astype(float)
