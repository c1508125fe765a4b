"""What a savings statement says of a plant: one frozen value that page, JSON and charts all show."""

from dataclasses import dataclass
from datetime import date

from meterproof_api.plants import OptionRef, Plant
from meterproof_api.statement_parts import Coverage, CumulativeRow, DayRow, Json, Model, Result, number
from meterproof_mv.claim import Status
from meterproof_mv.findings import Finding

DEFAULT_CONFIDENCE = 0.9
"""Of the intervals and bounds of a statement."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A plant's savings, how sure they are, and what may be claimed.

    Parameters
    ----------
    plant : Plant
        Whose savings.
    baseline, reporting : Coverage
        What was metered in the two periods.
    status : Status
        Whether anything may be claimed.
    findings : tuple of Finding
        The reasons.
    model : Model or None
        None when no baseline could be fitted.
    result : Result or None
        None when no savings could be computed.
    verified_kwh : float
        What may be claimed; 0 when nothing may.
    claimed_co2e_t : float or None
        Its emissions [t CO2e]; 0 when nothing may be claimed, None when no emission factor is known.
    days : tuple of DayRow
        Every local day from the start of the baseline to the end of the reporting period.
    cumulative : tuple of CumulativeRow
        One row for each compared day.
    """

    plant: Plant
    baseline: Coverage
    reporting: Coverage
    status: Status
    findings: tuple[Finding, ...]
    model: Model | None
    result: Result | None
    verified_kwh: float
    claimed_co2e_t: float | None
    days: tuple[DayRow, ...]
    cumulative: tuple[CumulativeRow, ...]

    @property
    def first_day(self) -> date:
        """The first day shown."""
        return self.plant.baseline_period.start

    @property
    def end_day(self) -> date:
        """The first day no longer shown."""
        return self.plant.reporting_period.end

    def to_dict(self) -> Json:
        """Return it as JSON-able values; a figure that is not there is None."""
        return {
            "plant": self.plant.id,
            "name": self.plant.name,
            "simulated": self.plant.simulated,
            "origin": self.plant.origin,
            "time_zone": self.plant.time_zone,
            "point": self.plant.main_point,
            "quantity": self.plant.main_quantity,
            "drivers": list(self.plant.drivers),
            "options": [_option(option) for option in self.plant.options],
            "baseline_period": self.baseline.to_dict(),
            "reporting_period": self.reporting.to_dict(),
            "status": self.status.value,
            "findings": [finding.to_dict() for finding in self.findings],
            "model": self.model.to_dict() if self.model else None,
            "n": self.model.n if self.model else 0,
            **(self.result.to_dict() if self.result else _NO_RESULT),
            "verified_kwh": self.verified_kwh,
            "claimed_co2e_t": self.claimed_co2e_t,
        }

    def series_dict(self) -> Json:
        """Return the daily series, by row, as JSON-able values."""
        return {
            "days": [
                {
                    "day": row.day.isoformat(),
                    "period": row.period,
                    "actual_kwh": number(row.actual_kwh),
                    "baseline_kwh": number(row.baseline_kwh),
                    "expected_intervals": row.expected,
                    "present_intervals": row.present,
                    "span_hours": row.span_hours,
                }
                for row in self.days
            ],
            "cumulative": [
                {
                    "day": row.day.isoformat(),
                    "difference_kwh": number(row.difference_kwh),
                    "lower_kwh": number(row.lower_kwh),
                    "upper_kwh": number(row.upper_kwh),
                }
                for row in self.cumulative
            ],
        }


_NO_RESULT: Json = {
    "avoided_kwh": None,
    "lower_kwh": None,
    "upper_kwh": None,
    "confidence": None,
    "lower_one_sided_kwh": None,
    "naive_interval": None,
    "adjusted_baseline_kwh": None,
    "actual_kwh": None,
    "m": 0,
    "formula": None,
}


def _option(option: OptionRef) -> Json:
    return {name: str(getattr(option, name)) for name in ("id", "title", "technique", "date")}
