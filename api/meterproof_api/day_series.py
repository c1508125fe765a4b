"""A plant's local days between two dates: what was metered of each, and how much of a period is there."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from meterproof_api.local_clock import HOUR_MS
from meterproof_api.plants import Period
from meterproof_api.statement_parts import Coverage
from meterproof_core.storage import IntervalColumns
from meterproof_mv.aggregate import daily_totals, midnight_ms

INTERVAL_MS = 900_000
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DaySeries:
    """Consecutive local days.

    Parameters
    ----------
    first : date
        The day of row 0.
    edges_ms : array of int, shape (d + 1,)
        Where the days begin, and where the last one ends [ms since 1970-01-01 UTC].
    energy_kwh : array of float, shape (d,)
        Energy of the days that were metered whole, spans within a day included; NaN on any other day [kWh].
    expected, present : array of int, shape (d,)
        Number of intervals that a day has room for, and that are there; spans are not among them.
    span_hours : array of float, shape (d,)
        How much of each day lies in spans [h].
    columns : IntervalColumns
        The intervals and spans that all this was made from, as arrays.
    """

    first: date
    edges_ms: Ints
    energy_kwh: Floats
    expected: Ints
    present: Ints
    span_hours: Floats
    columns: IntervalColumns

    def days(self) -> list[date]:
        """Return the local days."""
        return [self.first + timedelta(days=row) for row in range(len(self.energy_kwh))]

    def rows(self, period: Period) -> slice:
        """Return the rows of a period."""
        return slice((period.start - self.first).days, (period.end - self.first).days)


def day_series(columns: IntervalColumns, zone: str, first: date, end: date) -> DaySeries:
    """Return the local days in [first, end).

    Parameters
    ----------
    columns : IntervalColumns
        Intervals and spans of one series [kWh].
    zone : str
        IANA name of the plant's zone.
    first, end : date
        Local days, half-open.
    """
    place = ZoneInfo(zone)
    size = (end - first).days
    edges = np.array([midnight_ms(first + timedelta(days=row), place) for row in range(size + 1)], np.int64)
    arrays = _arrays(columns)
    start_ms, end_ms, span = np.asarray(arrays.start_ms), np.asarray(arrays.end_ms), np.asarray(arrays.is_span)
    totals = daily_totals(start_ms, end_ms, np.asarray(arrays.amount), span, zone=zone)
    row = (totals.day - np.datetime64(first, "D")).astype(np.int64)
    known = (row >= 0) & (row < size) & totals.complete
    energy_kwh = np.full(size, np.nan)
    energy_kwh[row[known]] = totals.amount[known]
    at = np.searchsorted(edges, start_ms[~span], side="right") - 1
    return DaySeries(
        first=first,
        edges_ms=edges,
        energy_kwh=energy_kwh,
        expected=np.diff(edges) // INTERVAL_MS,
        present=np.bincount(at[(at >= 0) & (at < size)], minlength=size).astype(np.int64),
        span_hours=_overlap_hours(edges, start_ms[span], end_ms[span]),
        columns=arrays,
    )


def coverage(series: DaySeries, period: Period) -> Coverage:
    """Return how much of a period was metered."""
    rows, columns = series.rows(period), series.columns
    begin, finish = series.edges_ms[rows.start], series.edges_ms[rows.stop]
    start_ms, end_ms = np.asarray(columns.start_ms), np.asarray(columns.end_ms)
    amount, span = np.asarray(columns.amount), np.asarray(columns.is_span)
    whole = (start_ms >= begin) & (end_ms <= finish)
    spans = whole & span
    return Coverage(
        period=period,
        expected=int(series.expected[rows].sum()),
        present=int(np.count_nonzero(whole & ~span)),
        spans=int(np.count_nonzero(spans)),
        span_hours=float((end_ms - start_ms)[spans].sum()) / HOUR_MS,
        span_kwh=float(amount[spans].sum()),
        energy_kwh=float(amount[whole].sum()),
    )


def _arrays(columns: IntervalColumns) -> IntervalColumns:
    return IntervalColumns(
        start_ms=np.asarray(columns.start_ms, np.int64),
        end_ms=np.asarray(columns.end_ms, np.int64),
        amount=np.asarray(columns.amount, np.float64),
        register_start=np.asarray(columns.register_start, np.float64),
        register_end=np.asarray(columns.register_end, np.float64),
        is_span=np.asarray(columns.is_span, np.bool_),
    )


def _overlap_hours(edges: Ints, start_ms: Ints, end_ms: Ints) -> Floats:
    hours = np.zeros(len(edges) - 1)
    for begin, finish in zip(start_ms.tolist(), end_ms.tolist(), strict=True):
        inside = np.minimum(edges[1:], finish) - np.maximum(edges[:-1], begin)
        hours += np.maximum(inside, 0) / HOUR_MS
    return hours
