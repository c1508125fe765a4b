"""The figures of a statement: what follows from a dossier, as values that JSON, page and paper all show."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_mv.claim import Status
from meterproof_mv.dossier.plan import OptionRecord, Period, PlantFacts, StreamPlan
from meterproof_mv.dossier.series import Dossier
from meterproof_mv.findings import Finding, finite_or_none
from meterproof_mv.heat_content import HeatContent
from meterproof_mv.models import FittedModel
from meterproof_mv.savings import Savings

Json = dict[str, Any]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a period is known of one stream.

    Parameters
    ----------
    period : Period
        Local days.
    rows, known : int
        Compared rows (days or months) that the period has, and those that are known whole.
    expected, present : int
        Quarter-hour intervals that it has room for, and that are there; 0 of a hand-kept series.
    spans, span_hours, span_amount : int, float, float
        Stretches whose total alone is known and that lie whole in the period, their length [h], their sum [unit].
    amount : float
        Everything that lies whole in the period; NaN when nothing does [unit].
    origins : tuple of str
        Kinds of evidence behind it.
    """

    period: Period
    rows: int
    known: int
    expected: int
    present: int
    spans: int
    span_hours: float
    span_amount: float
    amount: float
    origins: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share that is there, 0 to 1: of the intervals or, where that is more, of the rows (a log may be hourly)."""
        pairs = ((self.present, self.expected), (self.known, self.rows))
        return max((there / of for there, of in pairs if of), default=0.0)

    def to_dict(self) -> Json:
        """Return it JSON-able."""
        return {
            "start": self.period.start.isoformat(),
            "end": self.period.end.isoformat(),
            "rows": self.rows,
            "known_rows": self.known,
            "expected_intervals": self.expected,
            "present_intervals": self.present,
            "completeness": self.share,
            "spans": self.spans,
            "span_hours": self.span_hours,
            "span_amount": self.span_amount,
            "amount": finite_or_none(self.amount),
            "origins": list(self.origins),
        }


@dataclass(frozen=True, slots=True, eq=False)
class StreamRows:
    """Every row of a stream from the start of the baseline to the end of the reporting period, for charts and tables.

    Parameters
    ----------
    day : (k,) datetime64[D]
        Local date on which each row begins.
    end : (k,) datetime64[D]
        First local date that no longer belongs to it.
    period : (k,) text
        ``baseline``, ``reporting`` or ``between``.
    actual, expected : (k,) float64
        What was used, and what the baseline model gives; NaN where not known [unit].
    drivers : mapping of name to (k,) float64 or text
        What the model was given.
    """

    day: npt.NDArray[np.datetime64]
    end: npt.NDArray[np.datetime64]
    period: npt.NDArray[np.object_]
    actual: FloatArray
    expected: FloatArray
    drivers: dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Tonnes:
    """Emissions that were avoided, the gases apart; negative when they rose.

    Parameters
    ----------
    co2_t, ch4_t, n2o_t : float
        Of the point value of the savings [t].
    co2e_t : float
        The same as CO2-equivalents under the named set [t CO2e].
    lower, upper : float
        Two-sided interval of `co2e_t`; NaN where none is given [t CO2e].
    lower_one_sided : float
        The bound that a verified value comes from; NaN where none is given [t CO2e].
    biogenic_co2_t : float
        Memo item, outside the total [t].
    verified_co2e_t : float
        What may be claimed, floored to whole tonnes; 0 when nothing may [t CO2e].
    """

    co2_t: float
    ch4_t: float
    n2o_t: float
    co2e_t: float
    lower: float
    upper: float
    lower_one_sided: float
    biogenic_co2_t: float
    verified_co2e_t: float

    def without_claim(self) -> "Tonnes":
        """Return the same figures with nothing verified."""
        return replace(self, verified_co2e_t=0.0)

    def to_dict(self) -> Json:
        """Return it JSON-able; None where a figure is not given."""
        return {name: finite_or_none(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True, eq=False)
class StreamAssessment:
    """What is said of one stream.

    Parameters
    ----------
    stream : StreamPlan
        Which.
    linked : tuple of str
        Ids of the options that act on it; without any it is shown, and no part of the claim.
    baseline, reporting : Coverage
        How much is known.
    rows : StreamRows
        For charts.
    model : FittedModel or None
        None when no baseline could be fitted.
    savings : Savings or None
        None when nothing could be compared.
    status : Status
        Whether its savings may be claimed.
    verified : float
        What may be claimed, floored; 0 when nothing may [unit].
    tonnes : Tonnes or None
        None without emission factors or without savings.
    findings : tuple of Finding
        The reasons.
    """

    stream: StreamPlan
    linked: tuple[str, ...]
    baseline: Coverage
    reporting: Coverage
    rows: StreamRows
    model: FittedModel | None
    savings: Savings | None
    status: Status
    verified: float
    tonnes: Tonnes | None
    findings: tuple[Finding, ...]

    def to_dict(self) -> Json:
        """Return it JSON-able; a figure that is not there is None."""
        stream, savings = self.stream, self.savings
        return {
            "id": stream.id,
            "label": stream.label,
            "carrier": stream.carrier,
            "unit": stream.unit,
            "grain": stream.grain.value,
            "series": stream.series,
            "calorific_basis": stream.calorific_basis.value if stream.calorific_basis else None,
            "heat_content": _heat(stream.heat_content) if stream.heat_content else None,
            "factors": list(stream.factors),
            "drivers": list(stream.drivers),
            "linked_options": list(self.linked),
            "baseline": self.baseline.to_dict(),
            "reporting": self.reporting.to_dict(),
            "model": _model(self.model) if self.model else None,
            "savings": _savings(savings) if savings else None,
            "status": self.status.value,
            "verified": self.verified,
            "tonnes": self.tonnes.to_dict() if self.tonnes else None,
            "findings": [finding.to_dict() for finding in self.findings],
        }


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """What is said of a plant.

    Parameters
    ----------
    dossier : Dossier
        What it follows from.
    streams : tuple of StreamAssessment
        In the plan's order.
    status : Status
        Whether anything may be claimed.
    provisional : bool
        Whether it rests on a factor that nobody compared with its original.
    tonnes : Tonnes or None
        Of the streams that options act on; of all streams with factors when no option is linked; None without factors.
    findings : tuple of Finding
        Of the plant as a whole; those of the streams stand with the streams.
    """

    dossier: Dossier
    streams: tuple[StreamAssessment, ...]
    status: Status
    provisional: bool
    tonnes: Tonnes | None
    findings: tuple[Finding, ...]

    @property
    def plant(self) -> PlantFacts:
        """Whose."""
        return self.dossier.plan.plant

    @property
    def options(self) -> tuple[OptionRecord, ...]:
        """The linked options."""
        return self.dossier.plan.options

    @property
    def verified_co2e_t(self) -> float:
        """What may be claimed [t CO2e]; 0 when nothing may."""
        return self.tonnes.verified_co2e_t if self.tonnes else 0.0

    def to_dict(self) -> Json:
        """Return it JSON-able: the figures of ``statement.json``."""
        plan = self.dossier.plan
        return {
            "plant": {name: getattr(plan.plant, name) for name in plan.plant.__dataclass_fields__},
            "simulated": plan.plant.simulated,
            "baseline_period": _period(plan.baseline),
            "reporting_period": _period(plan.reporting),
            "status": self.status.value,
            "provisional": self.provisional,
            "options": [_option(option) for option in plan.options],
            "streams": [stream.to_dict() for stream in self.streams],
            "gwp_set": plan.gwp_set,
            "tonnes": self.tonnes.to_dict() if self.tonnes else None,
            "factors": [dict(factor.to_dict()) for factor in self.dossier.factors],
            "findings": [finding.to_dict() for finding in self.findings],
        }


def _heat(heat: HeatContent) -> Json:
    return {"value": heat.value, "unit": heat.unit, "basis": heat.basis.value, "source": heat.source}


def _period(period: Period) -> Json:
    return {"start": period.start.isoformat(), "end": period.end.isoformat()}


def _option(option: OptionRecord) -> Json:
    return {
        "id": option.id,
        "title": option.title,
        "technique": option.technique.value,
        "cause": option.cause,
        "state": option.state.value,
        "start_up": option.start_up.isoformat(),
        "streams": list(option.streams),
    }


def _model(model: FittedModel) -> Json:
    told = model.to_dict()
    kept = ("model", "n", "p", "coefficients", "standard_errors", "p_values", "r2", "cv_rmse", "nmbe", "rho1")
    return {name: told[name] for name in kept}


def _savings(savings: Savings) -> Json:
    told = savings.to_dict()
    del told["findings"]
    return {**told, "m": len(savings.cumulative.row)}
