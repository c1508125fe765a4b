"""What a series says of each row of a calendar: how much, and whether all of it is known. Nothing is filled in."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meterproof_mv.aggregate import level_totals
from meterproof_mv.calendarisation import calendarise
from meterproof_mv.dossier.calendar import Calendar
from meterproof_mv.dossier.series import Metered, Recorded, Series
from meterproof_mv.dossier.vocabulary import Grain
from meterproof_mv.errors import PlanError, SeriesError
from meterproof_mv.findings import Finding
from meterproof_mv.periods import QUARTER_HOUR_MS, Level, level_periods

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
_HOUR_MS = 3_600_000  # exact


@dataclass(frozen=True, slots=True, eq=False)
class Amounts:
    """A series by the rows of a calendar.

    Parameters
    ----------
    amount : (k,) float64
        NaN where a row is not known whole [unit].
    expected, present : (k,) int64
        Quarter-hour intervals that a row has room for, and that are there; 0 of a hand-kept series.
    span_hours : (k,) float64
        How much of each row lies in spans [h].
    findings : tuple of Finding
        What turning the series into rows found.
    """

    amount: FloatArray
    expected: IntArray
    present: IntArray
    span_hours: FloatArray
    findings: tuple[Finding, ...] = ()


def amounts_of(series: Series, calendar: Calendar) -> Amounts:
    """Return what a series says of each row.

    Raises
    ------
    PlanError
        When bills should be compared by day.
    SeriesError
        When rows overlap or are not in order.
    """
    if isinstance(series, Metered):
        return _metered(series, calendar)
    if series.spread:
        return _spread(series, calendar)
    return _written(series, calendar)


def _metered(series: Metered, calendar: Calendar) -> Amounts:
    edges = calendar.edges_ms
    level = Level.MONTH if calendar.grain is Grain.MONTH else Level.DAY
    periods = level_periods(level, int(edges[0]), int(edges[-1]), calendar.zone)
    totals = level_totals(series.start_ms, series.end_ms, series.amount, series.is_span, periods=periods)
    amount = np.full(len(calendar), np.nan)
    # a date that the zone left out is a row of the calendar and no period of it
    row = np.searchsorted(calendar.day, totals.day.astype("datetime64[D]"))
    amount[row[totals.complete]] = totals.amount[totals.complete]
    span = series.is_span
    at = np.searchsorted(edges, series.start_ms[~span], side="right") - 1
    inside = (at >= 0) & (at < len(calendar))
    return Amounts(
        amount=amount,
        expected=np.diff(edges) // QUARTER_HOUR_MS,
        present=np.bincount(at[inside], minlength=len(calendar)).astype(np.int64),
        span_hours=_overlap_hours(edges, series.start_ms[span], series.end_ms[span]),
    )


def _overlap_hours(edges: IntArray, start_ms: IntArray, end_ms: IntArray) -> FloatArray:
    hours = np.zeros(len(edges) - 1)
    for begin, finish in zip(start_ms.tolist(), end_ms.tolist(), strict=True):
        inside = np.minimum(edges[1:], finish) - np.maximum(edges[:-1], begin)
        hours += np.maximum(inside, 0) / _HOUR_MS
    return hours


def _spread(series: Recorded, calendar: Calendar) -> Amounts:
    if calendar.grain is not Grain.MONTH:
        raise PlanError(f"{series.name}: bills cannot be compared by day; compare by month")
    start, end, amount = _columns(series)
    estimated, names = [row.estimated for row in series.rows], [row.source or series.name for row in series.rows]
    periods = (calendar.day, calendar.end)
    found = calendarise(start, end, amount, estimated=estimated, periods=periods, names=names)
    return _kept_by_hand(found.amount, found.findings)


def _written(series: Recorded, calendar: Calendar) -> Amounts:
    start, end, amount = _columns(series)
    _check_rows(series.name, start, end)
    row = np.searchsorted(calendar.edges, start, side="right") - 1
    whole = (row >= 0) & (row < len(calendar))
    whole[whole] = end[whole] <= calendar.end[row[whole]]
    size = len(calendar)
    days = np.bincount(row[whole], weights=(end - start)[whole].astype(float), minlength=size)
    total = np.bincount(row[whole], weights=amount[whole], minlength=size)
    complete = days == (calendar.end - calendar.day).astype(float)
    return _kept_by_hand(np.where(complete, total, np.nan), ())


def _check_rows(name: str, start: npt.NDArray[np.datetime64], end: npt.NDArray[np.datetime64]) -> None:
    empty, early = np.flatnonzero(end <= start), np.flatnonzero(start[1:] < end[:-1])
    if len(empty):
        raise SeriesError(
            f"{name}: row from {start[empty[0]]} to {end[empty[0]]} holds no day; an end after its start is accepted"
        )
    if len(early):
        first, second = early[0], early[0] + 1
        raise SeriesError(
            f"{name}: row from {start[second]} begins before the one from {start[first]} ends {end[first]}; "
            "rows in rising time without overlap are accepted"
        )


def _columns(series: Recorded) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.datetime64], FloatArray]:
    start = np.array([row.start for row in series.rows], "datetime64[D]")
    end = np.array([row.end for row in series.rows], "datetime64[D]")
    return start, end, np.array([row.amount for row in series.rows], float)


def _kept_by_hand(amount: FloatArray, findings: tuple[Finding, ...]) -> Amounts:
    none = np.zeros(len(amount), np.int64)
    return Amounts(amount, none, none, np.zeros(len(amount)), findings)
