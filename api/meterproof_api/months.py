"""The charts' figures by month: the table that stands in for them where they cannot be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum, isfinite

import numpy as np

from meterproof_api.load_profile import LoadProfile
from meterproof_api.statement import Row, Statement


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One calendar month, as far as it lies in the shown days.

    Parameters
    ----------
    month : str
        Such as ``2018-07``.
    days, whole_days : int
        Shown days, and those of them that were metered whole.
    actual, baseline, difference : float
        Sums over the rows that have both figures; NaN when there is none [unit].
    least_kw, mean_kw, most_kw : float
        Of the 15-minute demand; NaN when nothing was metered [kW].
    share : float
        Share of the expected intervals that are there.
    """

    month: str
    days: int
    whole_days: int
    actual: float
    baseline: float
    difference: float
    least_kw: float
    mean_kw: float
    most_kw: float
    share: float


def month_rows(statement: Statement, profile: LoadProfile) -> list[MonthRow]:
    """Return one row for each calendar month that is shown."""
    months = groupby(enumerate(statement.rows), key=lambda item: item[1].day.strftime("%Y-%m"))
    return [_month(name, list(rows), profile) for name, rows in months]


def _month(name: str, rows: Sequence[tuple[int, Row]], profile: LoadProfile) -> MonthRow:
    at = [index for index, _ in rows]
    days = [row for _, row in rows]
    both = [row for row in days if isfinite(row.actual) and isfinite(row.baseline)]
    actual = fsum(row.actual for row in both) if both else np.nan
    baseline = fsum(row.baseline for row in both) if both else np.nan
    mean_kw = profile.mean_kw[at]
    metered = mean_kw[np.isfinite(mean_kw)]
    expected = sum(row.expected for row in days)
    return MonthRow(
        month=name,
        days=len(days),
        whole_days=sum(isfinite(row.actual) for row in days),
        actual=actual,
        baseline=baseline,
        difference=baseline - actual,
        least_kw=float(np.fmin.reduce(profile.least_kw[at])),
        mean_kw=float(metered.mean()) if len(metered) else np.nan,
        most_kw=float(np.fmax.reduce(profile.most_kw[at])),
        share=sum(row.present for row in days) / expected if expected else 0.0,
    )
