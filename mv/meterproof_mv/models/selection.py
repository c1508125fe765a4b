"""Chooses a model from the drivers: every subset is tried, and all that was tried is kept with what speaks against it.

A best-subset search makes p-values optimistic; a report that shows the choice says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from meterproof_mv.errors import ModelError
from meterproof_mv.models.design import Design, Term, terms_of
from meterproof_mv.models.fitted import Candidate, FittedModel
from meterproof_mv.models.least_squares import solve
from meterproof_mv.observations import Observations
from meterproof_mv.thresholds import THRESHOLDS
from meterproof_mv.timing import Interval

MOST_DRIVERS = 4
TIE_BIC = 2.0
_FREE = 8  # n - p that a candidate needs where data are monthly or of unknown spacing
_POINTS_A_PARAMETER = 10  # n / p that it needs where data are finer
_SMALLEST_SSE = 1e-24  # of sum(y^2): below it a fit is exact and rounding must not rank models


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    candidate: Candidate
    fitted: FittedModel | None  # None when the data cannot carry it


def choose(observations: Observations) -> FittedModel:
    """Return the best model of these drivers, with the table of all candidates.

    Among the valid candidates, or among all when none is valid, the lowest BIC wins; within 2 BIC the smaller model.
    """
    terms, useless = _terms(observations)
    tried = [_try(observations, subset) for subset in _subsets(terms)]
    fitted = [(one.candidate, one.fitted) for one in tried if one.fitted is not None]
    pool = [pair for pair in fitted if not pair[0].rejected] or fitted
    limit = min(candidate.bic for candidate, _ in pool) + TIE_BIC
    close = [pair for pair in pool if pair[0].bic <= limit]
    _, chosen = min(close, key=lambda pair: (pair[0].p, pair[0].bic))
    table = sorted((one.candidate for one in tried), key=_standing)
    return replace(chosen, candidates=(*table, *useless))


def _standing(candidate: Candidate) -> tuple[bool, bool, float]:
    return bool(candidate.rejected), candidate.p == 0, float(np.nan_to_num(candidate.bic))


def _terms(observations: Observations) -> tuple[list[Term], list[Candidate]]:
    """Return the terms of the drivers that change, and the others as rejected candidates."""
    terms: list[Term] = []
    useless: list[Candidate] = []
    for name in observations.drivers:
        try:
            terms += terms_of(observations.drivers, [name])
        except ModelError as error:
            useless.append(_unfitted((name,), str(error)))
    return terms, useless


def _subsets(terms: list[Term]) -> Iterator[tuple[Term, ...]]:
    for size in range(min(len(terms), MOST_DRIVERS) + 1):
        yield from combinations(terms, size)


def _try(observations: Observations, terms: tuple[Term, ...]) -> _Tried:
    design = Design(terms)
    names = tuple(term.driver for term in terms)
    lacking = _lacking_points(observations, len(design.keys)) if terms else None
    if lacking is not None:
        return _Tried(_unfitted(names, lacking), None)
    X = design.matrix(observations.drivers, observations.row)
    try:
        solution = solve(X, observations.y)
    except ModelError as error:
        if not terms:
            raise
        return _Tried(_unfitted(names, str(error)), None)
    model = FittedModel("linear" if terms else "mean", design, solution, observations, X)
    candidate = Candidate(
        model=model.model,
        drivers=names,
        p=model.p,
        bic=bic(model),
        r2=model.r2,
        f_p_value=model.f_p_value,
        rejected=tuple(_objections(model)),
    )
    return _Tried(candidate, model)


def _unfitted(names: tuple[str, ...], reason: str) -> Candidate:
    nan = float("nan")
    return Candidate("linear", names, 0, nan, nan, nan, (reason,))


def _lacking_points(observations: Observations, p: int) -> str | None:
    n = len(observations)
    if observations.interval in (Interval.MONTHLY, Interval.UNKNOWN):
        return None if n - p >= _FREE else f"{n} points and {p} parameters: n - p of at least {_FREE} is wanted"
    wanted = _POINTS_A_PARAMETER * p
    return None if n >= wanted else f"{n} points and {p} parameters: at least {wanted} points are wanted"


def bic(model: FittedModel) -> float:
    """Return n ln(SSE / n) + p ln(n)."""
    floor = _SMALLEST_SSE * float(model.observations.y @ model.observations.y) or np.finfo(float).tiny
    return model.n * float(np.log(max(model.solution.sse, floor) / model.n)) + model.p * float(np.log(model.n))


def _objections(model: FittedModel) -> Iterator[str]:
    """Yield what speaks against a model's validity, by rules that mark and do not delete."""
    limits = {
        name: THRESHOLDS[name].value for name in ("r2", "model_f_p_value", "driver_p_value", "best_driver_p_value")
    }
    if not model.r2 >= limits["r2"]:
        yield f"R2 {model.r2:.3f} below {limits['r2']:g}"
    if model.model == "mean":
        return
    if not model.f_p_value <= limits["model_f_p_value"]:
        yield f"model F p-value {model.f_p_value:.3g} above {limits['model_f_p_value']:g}"
    p_values = {term.driver: model.p_value_of(term) for term in model.design.terms}
    for driver, p_value in p_values.items():
        if not p_value <= limits["driver_p_value"]:
            yield f"{driver} p-value {p_value:.3g} above {limits['driver_p_value']:g}"
    if not min(p_values.values()) < limits["best_driver_p_value"]:
        yield f"no driver has a p-value below {limits['best_driver_p_value']:g}"
