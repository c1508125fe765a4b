"""Findings about the data behind a statement: which days are not there, and whether they are too many."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from math import isfinite
from typing import Any

from meterproof_api.day_series import DaySeries
from meterproof_api.plants import Period, Plant
from meterproof_mv.completeness import too_many_missing
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.models.sufficiency import measured
from meterproof_mv.thresholds import THRESHOLDS

_MOST_RANGES = 6


def day_findings(series: DaySeries, plant: Plant) -> Iterator[Finding]:
    """Yield what is missing of a plant's two periods, by date.

    Parameters
    ----------
    series : DaySeries
        Its local days.
    plant : Plant
        Whose periods are looked at.
    """
    yield from _of_period(series, plant.baseline_period, "baseline")
    yield from _of_period(series, plant.reporting_period, "reporting")


def own_finding(code: str, severity: Severity, message: str, **data: Any) -> Finding:  # noqa: ANN401 # JSON
    """Return a finding whose rule is our own."""
    return Finding(code, severity, message, "meterproof", data)


def date_ranges(days: Sequence[date]) -> list[tuple[date, date]]:
    """Return the first and last day of each run of consecutive days.

    Examples
    --------
    >>> [str(last) for _, last in date_ranges([date(2018, 1, 1), date(2018, 1, 2), date(2018, 1, 4)])]
    ['2018-01-02', '2018-01-04']
    """
    ranges: list[tuple[date, date]] = []
    for day in days:
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges


def _of_period(series: DaySeries, period: Period, name: str) -> Iterator[Finding]:
    rows = series.rows(period)
    # a date that the zone left out has room for no interval, and nothing of it is missing
    days = zip(series.days()[rows], series.energy_kwh[rows].tolist(), series.expected[rows].tolist(), strict=True)
    known = [(day, energy_kwh) for day, energy_kwh, expected in days if expected]
    missing = [day for day, energy_kwh in known if not isfinite(energy_kwh)]
    if not missing:
        return
    ranges = date_ranges(missing)
    data = {"period": name, "count": len(missing), "days": len(known), "ranges": _listed(ranges)}
    if len(missing) == len(known):
        message = f"{name} period: none of its {len(known)} days was metered whole: {_text(ranges)}"
        yield own_finding(f"{name}_missing", Severity.REFUSAL, message, **data)
        return
    message = f"{name} period: {len(missing)} of {len(known)} days were not metered whole"
    if not too_many_missing(len(missing), len(known)):
        yield own_finding("days_incomplete", Severity.WARNING, f"{message}: {_text(ranges)}", **data)
        return
    message = f"{message}, and a claim allows {THRESHOLDS['missing_share'].value:.1%} at most: {_text(ranges)}"
    yield measured("missing_share", "days_incomplete", Severity.REFUSAL, message, **data)


def _listed(ranges: Sequence[tuple[date, date]]) -> list[list[str]]:
    return [[first.isoformat(), last.isoformat()] for first, last in ranges]


def _text(ranges: Sequence[tuple[date, date]]) -> str:
    shown = [str(first) if first == last else f"{first} to {last}" for first, last in ranges[:_MOST_RANGES]]
    left = len(ranges) - len(shown)
    return ", ".join(shown) + (f" and {left} further stretches" if left else "")
