"""A fitted model: what it says of the baseline, and what it predicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc

from meterproof_mv.autocorrelation import lag_one
from meterproof_mv.findings import Finding, finite_or_none
from meterproof_mv.models.design import Design, Term
from meterproof_mv.models.least_squares import Solution
from meterproof_mv.observations import Observations

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that was tried, with what speaks against it.

    Parameters
    ----------
    model : str
        Its shape.
    drivers : tuple of str
        Its drivers.
    p : int
        Number of estimated parameters; 0 when it was not fitted.
    bic : float
        n ln(SSE / n) + p ln(n); NaN when it was not fitted.
    r2, f_p_value : float
        As of a fitted model.
    rejected : tuple of str
        Why it is not valid; empty when it is.
    """

    model: str
    drivers: tuple[str, ...]
    p: int
    bic: float
    r2: float
    f_p_value: float
    rejected: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it JSON-able."""
        return {
            "model": self.model,
            "drivers": list(self.drivers),
            "p": self.p,
            "bic": finite_or_none(self.bic),
            "r2": finite_or_none(self.r2),
            "f_p_value": finite_or_none(self.f_p_value),
            "rejected": list(self.rejected),
        }


@dataclass(frozen=True, slots=True, eq=False)
class FittedModel:
    """A model with its coefficients and everything that a review or an interval needs of the baseline.

    Parameters
    ----------
    model : str
        ``mean``, ``ratio`` or ``linear``.
    design : Design
        Its columns.
    solution : Solution
        Coefficients, residuals and inv(X'X).
    observations : Observations
        The baseline, in time order.
    X : (n, p) float64
        The design matrix of the baseline.
    candidates : tuple of Candidate
        All that ``auto`` tried, best first; empty when the model was named.
    sufficiency : tuple of Finding
        What a reviewer must know.
    """

    model: str
    design: Design
    solution: Solution
    observations: Observations
    X: FloatArray
    candidates: tuple[Candidate, ...] = ()
    sufficiency: tuple[Finding, ...] = ()

    @property
    def n(self) -> int:
        """Number of baseline rows that were used."""
        return len(self.observations)

    @property
    def p(self) -> int:
        """Number of estimated parameters: everything that was estimated from the baseline."""
        return len(self.solution.b)

    @property
    def coefficients(self) -> Mapping[str, float]:
        """Coefficients by name."""
        return dict(zip(self.design.keys, self.solution.b.tolist(), strict=True))

    @property
    def sst(self) -> float:
        """Sum of squared deviations from the mean."""
        centred = self.observations.y - self.observations.y.mean()
        return float(centred @ centred)

    @property
    def r2(self) -> float:
        """1 - SSE / SST; 0 for the mean model; NaN when use never changes."""
        if self.sst == 0:
            return float("nan")
        return 0.0 if self.model == "mean" else 1 - self.solution.sse / self.sst

    @property
    def adjusted_r2(self) -> float:
        """1 - (SSE / (n - p)) / (SST / (n - 1))."""
        return float("nan") if self.sst == 0 else 1 - self.solution.s2 / (self.sst / (self.n - 1))

    @property
    def rmse(self) -> float:
        """Root of SSE / (n - p) [unit]."""
        return float(np.sqrt(self.solution.s2))

    @property
    def cv_rmse(self) -> float:
        """RMSE over mean use; NaN when that is 0."""
        mean = float(self.observations.y.mean())
        return self.rmse / mean if mean else float("nan")

    @property
    def nmbe(self) -> float:
        """sum(y - yhat) / ((n - p) ybar); exactly 0 for least squares with an intercept."""
        mean = float(self.observations.y.mean())
        if self.design.intercept:
            return 0.0
        return float(self.solution.residual.sum()) / (self.solution.degrees_of_freedom * mean) if mean else float("nan")

    @property
    def rho1(self) -> float:
        """Lag-1 autocorrelation of the residuals; NaN where there is none to have."""
        return lag_one(self.solution.residual, self.observations.position)

    @property
    def f_statistic(self) -> float:
        """((SST - SSE) / (p - 1)) / s2; NaN without slopes or without intercept."""
        if self.p == 1 or not self.design.intercept:
            return float("nan")
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.divide((self.sst - self.solution.sse) / (self.p - 1), self.solution.s2))

    @property
    def f_p_value(self) -> float:
        """Of all slopes being 0."""
        return float(fdtrc(self.p - 1, self.solution.degrees_of_freedom, self.f_statistic))

    def p_value_of(self, term: Term) -> float:
        """Return the p-value of a driver having no effect: of its slope, or of all its levels together."""
        places = self.design.places(term)
        if len(places) == 1:
            return float(self.solution.p_value[places[0]])
        return self.solution.joint_p_value(places)

    def to_dict(self) -> dict[str, Any]:
        """Return it JSON-able, as ``meterproof mv fit --json`` prints it."""
        solution, keys = self.solution, self.design.keys
        return {
            "model": self.model,
            "n": self.n,
            "p": self.p,
            "coefficients": dict(self.coefficients),
            "change_points": [],
            "r2": finite_or_none(self.r2),
            "adjusted_r2": finite_or_none(self.adjusted_r2),
            "rmse": finite_or_none(self.rmse),
            "cv_rmse": finite_or_none(self.cv_rmse),
            "nmbe": finite_or_none(self.nmbe),
            "rho1": finite_or_none(self.rho1),
            "f_statistic": finite_or_none(self.f_statistic),
            "f_p_value": finite_or_none(self.f_p_value),
            "standard_errors": dict(zip(keys, map(finite_or_none, solution.standard_error), strict=True)),
            "p_values": dict(zip(keys, map(finite_or_none, solution.p_value), strict=True)),
            "condition_number": finite_or_none(solution.condition),
            "interval": self.observations.interval.value,
            "candidates": [candidate.to_dict() for candidate in self.candidates],
            "sufficiency": [finding.to_dict() for finding in self.sufficiency],
        }
