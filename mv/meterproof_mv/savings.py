"""Avoided energy: what the baseline says would have been used, minus what was, with the interval around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import SeriesError
from meterproof_mv.extrapolation import range_findings
from meterproof_mv.findings import Finding, Severity, finite_or_none
from meterproof_mv.models.fitted import FittedModel
from meterproof_mv.models.fitting import fit_observations
from meterproof_mv.models.sufficiency import rows_findings
from meterproof_mv.observations import Drivers, Observations, observe
from meterproof_mv.timing import Interval
from meterproof_mv.uncertainty import Formula, Uncertainty, independent, refusal, uncertainty_of

FloatArray = npt.NDArray[np.float64]
ONE_SIDED_CONFIDENCE = 0.90  # of the lower bound that a claim rests on


@dataclass(frozen=True, slots=True)
class NaiveInterval:
    """The interval as if residuals were independent: for comparison only; too narrow where they follow each other."""

    lower: float
    upper: float
    standard_error: float


@dataclass(frozen=True, slots=True, eq=False)
class CumulativeDifference:
    """Savings summed up to each reporting row, with the band around them.

    Parameters
    ----------
    row : (m,) int
        Number of each reporting row as it was given.
    adjusted_baseline, actual : (m,) float64
        Of the row itself [unit].
    cumulative, lower, upper : (m,) float64
        Of all rows up to and including it; the band is NaN where no interval is given [unit].
    """

    row: npt.NDArray[np.intp]
    adjusted_baseline: FloatArray
    actual: FloatArray
    cumulative: FloatArray
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Savings:
    """Avoided use of a reporting period under its own conditions.

    Parameters
    ----------
    avoided : float
        `adjusted_baseline` - `actual`; positive when less was used [unit].
    lower, upper : float
        Two-sided at `confidence`; NaN when no interval can be given [unit].
    confidence : float
        As a fraction.
    adjusted_baseline, actual : float
        Sums over the reporting rows [unit].
    lower_one_sided : float
        Lower bound at one-sided 90 %, whatever `confidence` is; NaN when no interval can be given [unit].
    standard_error : float
        Of `avoided` [unit].
    uncertainty : Uncertainty
        Formula, rho, n' and degrees of freedom behind it.
    naive : NaiveInterval
        For comparison, labelled as such wherever it is shown.
    cumulative : CumulativeDifference
        For a chart.
    model : FittedModel
        The baseline.
    reporting : Observations
        The reporting rows that were compared.
    findings : tuple of Finding
        What a reviewer must know: of the fit, the rows and the interval.
    """

    avoided: float
    lower: float
    upper: float
    confidence: float
    adjusted_baseline: float
    actual: float
    lower_one_sided: float
    standard_error: float
    uncertainty: Uncertainty
    naive: NaiveInterval
    cumulative: CumulativeDifference
    model: FittedModel
    reporting: Observations
    findings: tuple[Finding, ...]

    @property
    def formula(self) -> Formula:
        """Which variance the interval rests on."""
        return self.uncertainty.formula

    @property
    def rho(self) -> float:
        """Lag-1 autocorrelation as it was used."""
        return self.uncertainty.rho

    @property
    def n_eff(self) -> float:
        """What the baseline's points are worth."""
        return self.uncertainty.n_eff

    @property
    def degrees_of_freedom(self) -> float:
        """Of Student's t."""
        return self.uncertainty.degrees_of_freedom

    def to_dict(self) -> dict[str, Any]:
        """Return it JSON-able, without the baseline and the chart."""
        return {
            "avoided": finite_or_none(self.avoided),
            "lower": finite_or_none(self.lower),
            "upper": finite_or_none(self.upper),
            "confidence": self.confidence,
            "adjusted_baseline": finite_or_none(self.adjusted_baseline),
            "actual": finite_or_none(self.actual),
            "lower_one_sided_90": finite_or_none(self.lower_one_sided),
            "standard_error": finite_or_none(self.standard_error),
            "formula": self.formula.value,
            "rho": self.rho,
            "n_eff": self.n_eff,
            "degrees_of_freedom": self.degrees_of_freedom,
            "naive_for_comparison": {
                "lower": finite_or_none(self.naive.lower),
                "upper": finite_or_none(self.naive.upper),
                "standard_error": finite_or_none(self.naive.standard_error),
            },
            "findings": [finding.to_dict() for finding in self.findings],
        }


def avoided_energy(
    baseline_y: npt.ArrayLike,
    baseline_x: Drivers,
    reporting_x: Drivers,
    reporting_y: npt.ArrayLike,
    *,
    confidence: float = 0.9,
    model: str = "linear",
    names: Sequence[str] | None = None,
    interval: str | None = None,
    baseline_start: npt.ArrayLike | None = None,
    baseline_end: npt.ArrayLike | None = None,
    reporting_start: npt.ArrayLike | None = None,
    reporting_end: npt.ArrayLike | None = None,
) -> Savings:
    """Return the avoided use of a reporting period, with an interval and what must be known of both.

    Parameters
    ----------
    baseline_y, reporting_y : (n,), (m,) float
        Use in each row [unit].
    baseline_x, reporting_x : (n, k), (m, k) numbers or text, or mappings of name to column
        Drivers.
    confidence : float
        Of the two-sided interval, between 0 and 1.
    model : str
        As `fit` takes it.
    names : sequence of str, optional
        Names of the k drivers.
    interval : str, optional
        ``hourly``, ``daily``, ``weekly`` or ``monthly``; taken from the times when these are given. Without either,
        rows count as consecutive and possibly autocorrelated.
    baseline_start, baseline_end, reporting_start, reporting_end : datetime64 or ISO 8601 text, optional
        Half-open [start, end) of each row.

    Raises
    ------
    SeriesError
        When the arrays cannot be used, or a reporting row has a level that the baseline never saw.
    ModelError
        When the model is unknown, or the baseline cannot carry it.

    Examples
    --------
    >>> x = np.arange(36.0)
    >>> y = 100 + 2 * x + 3 * np.cos(5 * x)
    >>> saved = avoided_energy(y, x, x[:12], 0.9 * y[:12], interval="monthly")
    >>> bool(saved.lower < 0.1 * y[:12].sum() < saved.upper)
    True
    """
    baseline = observe(baseline_y, baseline_x, names=names, start=baseline_start, end=baseline_end, interval=interval)
    reporting = observe(
        reporting_y, reporting_x, names=names, start=reporting_start, end=reporting_end, interval=interval
    )
    return savings_of(fit_observations(baseline, model=model), reporting, confidence=confidence)


def savings_of(model: FittedModel, reporting: Observations, *, confidence: float = 0.9) -> Savings:
    """Return the savings of reporting rows against a fitted baseline, as `avoided_energy` does.

    Raises
    ------
    SeriesError
        When there is no reporting row, its rows are of another length, or the confidence is none.
    """
    _check(model, reporting, confidence)
    X = model.design.matrix(reporting.drivers, reporting.row)
    expected = X @ model.solution.b
    uncertainty = uncertainty_of(model)
    reason = refusal(model, uncertainty)
    errors = uncertainty.standard_errors(X, reporting.position)
    if reason is not None:
        errors = np.full(len(errors), np.nan)
    half = uncertainty.quantile((1 + confidence) / 2) * errors
    cumulative = np.cumsum(expected - reporting.y)
    avoided = float(cumulative[-1])
    return Savings(
        avoided=avoided,
        lower=float(avoided - half[-1]),
        upper=float(avoided + half[-1]),
        confidence=confidence,
        adjusted_baseline=float(expected.sum()),
        actual=float(reporting.y.sum()),
        lower_one_sided=float(avoided - uncertainty.quantile(ONE_SIDED_CONFIDENCE) * errors[-1]),
        standard_error=float(errors[-1]),
        uncertainty=uncertainty,
        naive=_naive(model, avoided, X, confidence),
        cumulative=CumulativeDifference(
            reporting.row, expected, reporting.y, cumulative, cumulative - half, cumulative + half
        ),
        model=model,
        reporting=reporting,
        findings=(
            *model.sufficiency,
            *rows_findings(reporting, "reporting period"),
            *range_findings(model, reporting, X),
            *_refused(reason),
        ),
    )


def _check(model: FittedModel, reporting: Observations, confidence: float) -> None:
    if not 0 < confidence < 1:
        raise SeriesError(f"confidence {confidence!r}: a fraction between 0 and 1 is accepted, such as 0.9")
    if not len(reporting):
        raise SeriesError("no usable reporting rows; at least one is needed")
    kinds = {model.observations.interval, reporting.interval} - {Interval.UNKNOWN}
    if len(kinds) > 1:
        raise SeriesError(
            f"the baseline is {model.observations.interval} and the reporting period {reporting.interval}; "
            "rows of one length are accepted"
        )


def _naive(model: FittedModel, avoided: float, X: FloatArray, confidence: float) -> NaiveInterval:
    plain = independent(model)
    error = float(plain.standard_errors(X, np.arange(len(X)))[-1])
    half = plain.quantile((1 + confidence) / 2) * error
    return NaiveInterval(avoided - half, avoided + half, error)


def _refused(reason: str | None) -> tuple[Finding, ...]:
    if reason is None:
        return ()
    return (Finding("few_dof", Severity.REFUSAL, f"no interval is given: {reason}", "meterproof", {}),)
