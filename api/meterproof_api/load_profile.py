"""How much power a plant drew, and when: the figures behind the demand charts."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from meterproof_api.local_clock import HOUR_MS, day_numbers, hours_of_day, local_ms
from meterproof_core.storage import IntervalColumns

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """Mean power of the metered intervals, by local day and by local hour; spans are left out.

    Parameters
    ----------
    first : date
        The day of row 0.
    least_kw, mean_kw, most_kw : array of float, shape (d,)
        Smallest, mean and largest 15-minute demand of each day [kW]; NaN on a day without intervals.
    hourly_kw : array of float, shape (d, 24)
        Mean demand of each hour [kW]; NaN where nothing was metered.
    """

    first: date
    least_kw: Floats
    mean_kw: Floats
    most_kw: Floats
    hourly_kw: Floats

    def day(self, row: int) -> date:
        """Return the local day of a row."""
        return self.first + timedelta(days=row)


def load_profile(intervals: IntervalColumns, zone: ZoneInfo, first: date, end: date) -> LoadProfile:
    """Return the load profile of the local days in [first, end).

    Parameters
    ----------
    intervals : IntervalColumns
        Energy of one series [kWh].
    zone : ZoneInfo
        The plant's zone.
    first, end : date
        Local days, half-open.
    """
    start_ms, energy_kwh, hours = _metered(intervals)
    days = (end - first).days
    local = local_ms(start_ms, zone)
    row = day_numbers(local, first)
    inside = (row >= 0) & (row < days)
    row, demand_kw = row[inside], (energy_kwh / hours)[inside]
    least_kw, most_kw = np.full(days, np.inf), np.full(days, -np.inf)
    np.minimum.at(least_kw, row, demand_kw)
    np.maximum.at(most_kw, row, demand_kw)
    cell = row * 24 + hours_of_day(local)[inside]
    return LoadProfile(
        first=first,
        least_kw=np.where(np.isfinite(least_kw), least_kw, np.nan),
        mean_kw=_ratio(_sums(row, energy_kwh[inside], days), _sums(row, hours[inside], days)),
        most_kw=np.where(np.isfinite(most_kw), most_kw, np.nan),
        hourly_kw=_ratio(_sums(cell, energy_kwh[inside], days * 24), _sums(cell, hours[inside], days * 24)).reshape(
            days, 24
        ),
    )


def _metered(intervals: IntervalColumns) -> tuple[NDArray[np.int64], Floats, Floats]:
    keep = ~np.asarray(intervals.is_span, dtype=bool)
    start_ms = np.asarray(intervals.start_ms, dtype=np.int64)[keep]
    end_ms = np.asarray(intervals.end_ms, dtype=np.int64)[keep]
    return start_ms, np.asarray(intervals.amount, dtype=np.float64)[keep], (end_ms - start_ms) / HOUR_MS


def _sums(group: NDArray[np.int64], values: Floats, size: int) -> Floats:
    return np.bincount(group, values, size).astype(np.float64)


def _ratio(top: Floats, bottom: Floats) -> Floats:
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
