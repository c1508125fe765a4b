"""What a reviewer must know of a fitted model before it is trusted."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from meterproof_mv.autocorrelation import usable_rho
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.models.design import INTERCEPT
from meterproof_mv.models.fitted import FittedModel
from meterproof_mv.observations import Observations
from meterproof_mv.thresholds import THRESHOLDS
from meterproof_mv.timing import Interval

_SHOWN_ROWS = 10  # a finding lists so many rows; their number is always given


def findings_of(model: FittedModel, *, production_drivers: Sequence[str] | None = None) -> tuple[Finding, ...]:
    """Return the findings of a fit, in a fixed order.

    Parameters
    ----------
    model : FittedModel
        The fit.
    production_drivers : sequence of str, optional
        Which drivers measure production; None when nobody says, then no finding is raised about it.
    """
    return (
        *_size(model),
        *_fit(model),
        *_autocorrelation(model),
        *_signs(model, frozenset(production_drivers or ())),
        *_collinearity(model),
        *_production(model, production_drivers),
        *rows_findings(model.observations, "baseline"),
        *_extremes(model.observations),
    )


def measured(threshold_id: str, code: str, wanted: Severity, message: str, **data: Any) -> Finding:  # noqa: ANN401 - JSON
    """Return a finding against a threshold, with its source and no more weight than its trust allows."""
    threshold = THRESHOLDS[threshold_id]
    return Finding(code, threshold.severity(wanted), message, threshold.clause, {**data, "threshold": threshold.value})


def rows_findings(observations: Observations, period: str) -> Iterator[Finding]:
    """Yield what is missing in a period's rows, and use that is negative."""
    if observations.missing:
        yield _listed(
            "gap",
            f"{period}: {len(observations.missing)} rows left out because a value is missing",
            observations.missing,
        )
    lacking = holes(observations)
    if lacking:
        yield Finding(
            "gap",
            Severity.WARNING,
            f"{period}: {lacking} intervals have no row",
            "meterproof",
            {"intervals": lacking},
        )
    negative = observations.row[observations.y < 0]
    if len(negative):
        yield _listed("negative_use", f"{period}: use is negative in {len(negative)} rows", negative.tolist())


def holes(observations: Observations) -> int:
    """Return how many intervals between the first row and the last have no row at all; there is at least one row."""
    steps = np.diff(observations.position)
    # rows left out are a hole in the positions too, and are told by themselves
    first, last = observations.row.min(), observations.row.max()
    inside = sum(bool(first < row < last) for row in observations.missing)
    return max(int(steps.sum() - len(steps)) - inside, 0)


def _listed(code: str, message: str, rows: Sequence[int]) -> Finding:
    shown = sorted(int(row) for row in rows)[:_SHOWN_ROWS]
    return Finding(
        code,
        Severity.WARNING,
        f"{message}: {', '.join(map(str, shown))}",
        "meterproof",
        {"rows": shown, "count": len(rows)},
    )


def _size(model: FittedModel) -> Iterator[Finding]:
    daily = model.observations.interval in (Interval.DAILY, Interval.HOURLY)
    limit = "points_daily" if daily else "points_monthly"
    if model.n < THRESHOLDS[limit].value:
        wanted = f"{THRESHOLDS[limit].value:g} are wanted of {THRESHOLDS[limit].applies_to}"
        yield measured(limit, "few_points", Severity.WARNING, f"{model.n} points; {wanted}", n=model.n)
    free = model.solution.degrees_of_freedom
    if free < THRESHOLDS["degrees_of_freedom"].value:
        message = f"{model.n} points and {model.p} parameters leave {free} degrees of freedom"
        yield measured("degrees_of_freedom", "few_dof", Severity.WARNING, message, n=model.n, p=model.p)


def _fit(model: FittedModel) -> Iterator[Finding]:
    if model.model != "mean" and model.r2 < THRESHOLDS["r2"].value:
        message = f"R2 {model.r2:.3f}: the drivers explain less than half of the variation"
        yield measured("r2", "low_r2", Severity.WARNING, message, r2=model.r2)
    monthly = model.observations.interval is Interval.MONTHLY
    limit = "cv_rmse_monthly" if monthly else "cv_rmse_hourly"
    cv = abs(model.cv_rmse)
    if cv > THRESHOLDS[limit].value:
        wanted = f"at most {THRESHOLDS[limit].value:.0%} is wanted of {THRESHOLDS[limit].applies_to}"
        message = f"CV(RMSE) {cv:.1%} with p = {model.p}; {wanted}"
        yield measured(limit, "high_cv", Severity.WARNING, message, cv_rmse=cv, p=model.p)


def _autocorrelation(model: FittedModel) -> Iterator[Finding]:
    rho = usable_rho(model.rho1)
    if model.n * rho**2 > THRESHOLDS["autocorrelation"].value:
        message = f"residuals follow each other (rho {rho:.2f}): {model.n} points are worth fewer"
        yield measured("autocorrelation", "autocorrelated", Severity.WARNING, message, rho1=rho, n=model.n)


def _signs(model: FittedModel, production: frozenset[str]) -> Iterator[Finding]:
    coefficients = model.coefficients
    if coefficients.get(INTERCEPT, 0.0) < 0:
        message = f"intercept {coefficients[INTERCEPT]:.4g} is negative: use without any driver would be below zero"
        yield Finding("negative_intercept", Severity.WARNING, message, "meterproof", {"value": coefficients[INTERCEPT]})
    for name in model.design.numeric:
        if coefficients[name] < 0:
            weight = Severity.WARNING if name in production else Severity.INFO
            message = f"{name} {coefficients[name]:.4g} is negative: use falls where it rises"
            yield Finding(
                "negative_coefficient", weight, message, "meterproof", {"driver": name, "value": coefficients[name]}
            )


def _collinearity(model: FittedModel) -> Iterator[Finding]:
    condition = model.solution.condition
    if condition > THRESHOLDS["condition_number"].value:
        message = f"condition number {condition:.0f}: coefficients (the intercept included) are hard to tell apart"
        yield measured("condition_number", "collinear", Severity.WARNING, message, condition_number=condition)
    for one, other in combinations(model.design.numeric, 2):
        columns = [model.observations.drivers[name].astype(float) for name in (one, other)]
        r = float(np.corrcoef(columns)[0, 1])
        if abs(r) > THRESHOLDS["driver_correlation"].value:
            message = f"{one} and {other} correlate by {r:.2f}: their coefficients cannot be told apart well"
            yield measured("driver_correlation", "collinear", Severity.WARNING, message, drivers=[one, other], r=r)


def _production(model: FittedModel, production_drivers: Sequence[str] | None) -> Iterator[Finding]:
    used = {term.driver for term in model.design.terms}
    if production_drivers is not None and not used & set(production_drivers):
        message = "no driver of this model measures production; a producing plant needs one before savings are claimed"
        yield Finding("no_production_driver", Severity.INFO, message, "meterproof", {"drivers": sorted(used)})


def _extremes(observations: Observations) -> Iterator[Finding]:
    low, middle, high = np.percentile(observations.y, [25, 50, 75])
    limit = THRESHOLDS["extreme_value_iqr"]
    rows = observations.row[observations.y > middle + limit.value * (high - low)]
    if high > low and len(rows):
        shown = sorted(int(row) for row in rows)[:_SHOWN_ROWS]
        message = (
            f"baseline: use of {len(rows)} rows lies more than {limit.value:g} interquartile ranges above the median: "
        )
        yield measured(
            limit.id,
            "extreme_value",
            Severity.WARNING,
            message + ", ".join(map(str, shown)),
            rows=shown,
            count=len(rows),
        )
