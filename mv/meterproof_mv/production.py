"""Says whether a model follows what a plant makes: a column that was called production is not enough."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_mv.findings import Finding, Severity, finite_or_none
from meterproof_mv.models import FittedModel
from meterproof_mv.models.design import Term
from meterproof_mv.observations import Observations
from meterproof_mv.thresholds import THRESHOLDS


def undriven_findings(model: FittedModel, production_drivers: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding when no production driver of a model raises the use beyond doubt.

    Parameters
    ----------
    model : FittedModel
        The baseline.
    production_drivers : sequence of str
        Which drivers are said to measure production.
    """
    terms = [term for term in model.design.terms if term.driver in production_drivers]
    objections = [_objection(model, term) for term in terms]
    if any(objection is None for objection in objections):
        return
    message = "the plant produces and no driver of the model measures it"
    if terms:
        told = "; ".join(
            f"{term.driver} is in the model, but {why}" for term, why in zip(terms, objections, strict=True)
        )
        message = f"{message}: {told}"
    data: dict[str, Any] = {
        "drivers": sorted(term.driver for term in model.design.terms),
        "weak": [_weak(model, term) for term in terms],
    }
    yield Finding("no_production_driver", Severity.WARNING, message, "meterproof", data)


def stopped_findings(
    model: FittedModel, reporting: Observations, production_drivers: Sequence[str]
) -> Iterator[Finding]:
    """Yield a finding when use is zero or less while the plant produced, and never was in the baseline.

    A dead meter looks like the best of all savings. Zero is not missing, and it is no saving without evidence.

    Parameters
    ----------
    model : FittedModel
        The baseline.
    reporting : Observations
        The reporting rows.
    production_drivers : sequence of str
        Which drivers are said to measure production.
    """
    if _idle_rows(model.observations, production_drivers).any():
        return
    idle = _idle_rows(reporting, production_drivers)
    if idle.any():
        rows = [int(row) for row in reporting.row[idle]]
        message = (
            f"no use in {len(rows)} reporting rows in which the plant produced, and in none of the baseline: "
            "is the meter dead?"
        )
        data = {"count": len(rows), "rows": rows[:10]}
        yield Finding("use_stopped", Severity.WARNING, message, "meterproof", data)


def _idle_rows(observations: Observations, production_drivers: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return the rows without use in which some production driver counted something."""
    produced = np.zeros(len(observations), dtype=bool)
    for name in production_drivers:
        column = observations.drivers.get(name)
        if column is not None and column.dtype != object:
            produced |= column.astype(float) > 0
    return np.asarray(produced & (observations.y <= 0), dtype=bool)


def _objection(model: FittedModel, term: Term) -> str | None:
    """Return why a driver does not count as production; None when it does."""
    slope, p_value, limit = _slope(model, term), model.p_value_of(term), THRESHOLDS["driver_p_value"].value
    if slope is not None and slope < 0:
        return f"its slope {slope:.4g} is negative"
    if not p_value <= limit:
        return f"its p-value {p_value:.2g} is above {limit:g}"
    return None


def _slope(model: FittedModel, term: Term) -> float | None:
    return model.coefficients[term.driver] if term.levels is None else None


def _weak(model: FittedModel, term: Term) -> dict[str, Any]:
    p_value = finite_or_none(model.p_value_of(term))
    return {"driver": term.driver, "value": _slope(model, term), "p_value": p_value}
