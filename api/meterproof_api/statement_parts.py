"""The parts of a savings statement: frozen values, each figure ready for JSON, none computed here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

from meterproof_api.plants import Period

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a period was metered.

    Parameters
    ----------
    period : Period
        Local days.
    expected : int
        Number of intervals that the period has room for.
    present : int
        Number of intervals that are there; spans are not among them.
    spans : int
        Number of spans that lie whole in the period: their total is known, their distribution is not.
    span_hours : float
        Their length [h].
    span_kwh : float
        Their energy [kWh].
    energy_kwh : float
        Energy of all intervals and spans that lie whole in the period [kWh].
    """

    period: Period
    expected: int
    present: int
    spans: int
    span_hours: float
    span_kwh: float
    energy_kwh: float

    @property
    def share(self) -> float:
        """Share of the expected intervals that are there, 0 to 1."""
        return self.present / self.expected if self.expected else 0.0

    def to_dict(self) -> Json:
        """Return it as JSON-able values."""
        return {
            "start": self.period.start.isoformat(),
            "end": self.period.end.isoformat(),
            "expected_intervals": self.expected,
            "present_intervals": self.present,
            "completeness": self.share,
            "spans": self.spans,
            "span_hours": self.span_hours,
            "span_kwh": self.span_kwh,
            "energy_kwh": self.energy_kwh,
        }


@dataclass(frozen=True, slots=True)
class DayRow:
    """One local day of the charts.

    Parameters
    ----------
    day : date
        The local day.
    period : str
        ``baseline``, ``reporting`` or ``between``.
    actual_kwh : float
        Metered energy; NaN when the day is not whole [kWh].
    baseline_kwh : float
        What the baseline model gives for that day; NaN where there is no model [kWh].
    expected, present : int
        Number of intervals that the day has room for, and that are there.
    span_hours : float
        How much of the day lies in spans [h].
    """

    day: date
    period: str
    actual_kwh: float
    baseline_kwh: float
    expected: int
    present: int
    span_hours: float


@dataclass(frozen=True, slots=True)
class CumulativeRow:
    """Adjusted baseline minus actual from the start of the reporting period to the end of a day [kWh].

    `lower` and `upper` are NaN where no interval can be given.
    """

    day: date
    difference_kwh: float
    lower_kwh: float
    upper_kwh: float


@dataclass(frozen=True, slots=True)
class Model:
    """The baseline model that was fitted; ratios are fractions."""

    name: str
    n: int
    p: int
    coefficients: Mapping[str, float]
    r2: float
    cv_rmse: float
    rho1: float

    def to_dict(self) -> Json:
        """Return it as JSON-able values."""
        return {
            "name": self.name,
            "n": self.n,
            "p": self.p,
            "coefficients": {name: number(value) for name, value in self.coefficients.items()},
            "r2": number(self.r2),
            "cv_rmse": number(self.cv_rmse),
            "rho1": number(self.rho1),
        }


@dataclass(frozen=True, slots=True)
class Result:
    """The avoided energy use of the reporting period [kWh]; NaN where a figure was refused.

    Parameters
    ----------
    avoided, lower, upper : float
        Adjusted baseline minus actual, with its two-sided interval.
    confidence : float
        Of the interval and of the one-sided bound.
    lower_one_sided : float
        The bound that the verified value comes from.
    naive_lower, naive_upper : float
        The interval under independent residuals, for comparison only.
    adjusted_baseline, actual : float
        Sums over the m days that were compared.
    m : int
        Number of days compared.
    formula : str
        Which variance the interval rests on.
    """

    avoided: float
    lower: float
    upper: float
    confidence: float
    lower_one_sided: float
    naive_lower: float
    naive_upper: float
    adjusted_baseline: float
    actual: float
    m: int
    formula: str

    def to_dict(self) -> Json:
        """Return it as JSON-able values, each with its unit in its name."""
        return {
            "avoided_kwh": number(self.avoided),
            "lower_kwh": number(self.lower),
            "upper_kwh": number(self.upper),
            "confidence": self.confidence,
            "lower_one_sided_kwh": number(self.lower_one_sided),
            "naive_interval": {
                "lower_kwh": number(self.naive_lower),
                "upper_kwh": number(self.naive_upper),
                "assumes": "independent residuals; for comparison only",
            },
            "adjusted_baseline_kwh": number(self.adjusted_baseline),
            "actual_kwh": number(self.actual),
            "m": self.m,
            "formula": self.formula,
        }


def number(value: float) -> float | None:
    """Return a figure for JSON: None where there is none."""
    return value if isfinite(value) else None
