"""Fits a model of use on drivers: the front door of this subpackage."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import ModelError
from meterproof_mv.models.design import Design, terms_of
from meterproof_mv.models.fitted import FittedModel
from meterproof_mv.models.least_squares import solve
from meterproof_mv.models.selection import choose
from meterproof_mv.models.sufficiency import findings_of
from meterproof_mv.observations import Drivers, Observations, observe


def fit(
    y: npt.ArrayLike,
    x: Drivers = None,
    *,
    names: Sequence[str] | None = None,
    model: str = "auto",
    start: npt.ArrayLike | None = None,
    end: npt.ArrayLike | None = None,
    interval: str | None = None,
    production_drivers: Sequence[str] | None = None,
) -> FittedModel:
    """Return a model of use on drivers, with its statistics and findings.

    Rows in which something is missing are left out and told; nothing is filled. The order of the rows does not matter
    when their start is given.

    Parameters
    ----------
    y : (n,) float
        Use in each row [unit].
    x : (n, k) or (n,) numbers or text, or mapping of name to (n,) column
        Drivers; a column of text is a category.
    names : sequence of str, optional
        Names of the k columns.
    model : str
        ``auto``, ``mean``, ``ratio`` or ``linear``.
    start, end : (n,) datetime64 or ISO 8601 text, optional
        Half-open [start, end) of each row.
    interval : str, optional
        ``hourly``, ``daily``, ``weekly`` or ``monthly``, where the times are not given or say otherwise.
    production_drivers : sequence of str, optional
        Which drivers measure production; when given, a model without any of them gets a finding.

    Raises
    ------
    SeriesError
        When the arrays cannot be used.
    ModelError
        When the model is unknown, or the data cannot carry it.

    Examples
    --------
    >>> fitted = fit([50.0, 60.0, 71.0, 79.0], [0.0, 10.0, 20.0, 30.0], names=["production_t"], model="linear")
    >>> {name: round(value, 2) for name, value in fitted.coefficients.items()}
    {'intercept': 50.3, 'production_t': 0.98}
    """
    return fit_observations(
        observe(y, x, names=names, start=start, end=end, interval=interval),
        model=model,
        production_drivers=production_drivers,
    )


def fit_observations(
    observations: Observations, *, model: str, production_drivers: Sequence[str] | None = None
) -> FittedModel:
    """Return a model of rows that `observe` has prepared, as `fit` does."""
    make = _MODELS.get(model)
    if make is None:
        raise ModelError(f"model {model!r} is not known here; {', '.join(_MODELS)} are accepted")
    if not len(observations):
        raise ModelError("no usable rows; a baseline needs at least 2")
    fitted = make(observations)
    return replace(fitted, sufficiency=findings_of(fitted, production_drivers=production_drivers))


def _mean(observations: Observations) -> FittedModel:
    return _least_squares("mean", Design(()), observations)


def _ratio(observations: Observations) -> FittedModel:
    terms = terms_of(observations.drivers, list(observations.drivers)) if len(observations.drivers) == 1 else ()
    if len(terms) != 1 or terms[0].levels is not None:
        raise ModelError(f"model 'ratio' takes one driver that is a number, not {_listed(observations.drivers)}")
    return _least_squares("ratio", Design(terms, intercept=False), observations)


def _linear(observations: Observations) -> FittedModel:
    if not observations.drivers:
        raise ModelError("model 'linear' needs a driver; without one, model 'mean' is accepted")
    return _least_squares("linear", Design(terms_of(observations.drivers, list(observations.drivers))), observations)


def _least_squares(name: str, design: Design, observations: Observations) -> FittedModel:
    X = design.matrix(observations.drivers, observations.row)
    return FittedModel(name, design, solve(X, observations.y), observations, X)


def _listed(drivers: Mapping[str, npt.NDArray[np.generic]]) -> str:
    return ", ".join(drivers) or "none"


_MODELS: Mapping[str, Callable[[Observations], FittedModel]] = {
    "auto": choose,
    "mean": _mean,
    "ratio": _ratio,
    "linear": _linear,
}
