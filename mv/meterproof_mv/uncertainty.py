"""The variance of a sum of savings: exact for independent residuals, and for residuals that follow each other.

The parameter errors of a baseline are common to all reporting rows and are never summed in quadrature over them; the
noise of neighbouring rows adds up when it is autocorrelated.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from meterproof_mv.autocorrelation import correlated_square, earlier_sum, effective_points, usable_rho
from meterproof_mv.models.fitted import FittedModel
from meterproof_mv.thresholds import THRESHOLDS
from meterproof_mv.timing import Interval

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
_FEWEST_DEGREES = 2.0  # below it Student's t is too wide to mean anything


class Formula(StrEnum):
    """Which variance was used."""

    INDEPENDENT = "exact, independent residuals"
    AR1 = "AR(1)-aware"


@dataclass(frozen=True, slots=True, eq=False)
class Uncertainty:
    """What the baseline says about the error of any sum of predictions.

    Parameters
    ----------
    formula : Formula
        Which variance this is.
    rho : float
        Lag-1 autocorrelation as it was used, never below 0.
    n_eff : float
        n', what the baseline's points are worth, never above n.
    degrees_of_freedom : float
        Of Student's t.
    s2 : float
        Residual variance [unit^2].
    covariance : (p, p) float64
        Of the coefficients.
    """

    formula: Formula
    rho: float
    n_eff: float
    degrees_of_freedom: float
    s2: float
    covariance: FloatArray

    def standard_errors(self, X: FloatArray, position: IntArray) -> FloatArray:
        """Return the standard error of the savings summed up to each of m reporting rows [unit]."""
        noise_rho = self.rho if self.formula is Formula.AR1 else 0.0
        ones = np.ones((len(X), 1))
        noise = self.s2 * np.cumsum(1 + 2 * earlier_sum(ones, position, noise_rho)[:, 0])
        g = np.cumsum(X, axis=0)
        parameters = np.einsum("ij,jk,ik->i", g, self.covariance, g)
        return np.asarray(np.sqrt(noise + np.maximum(parameters, 0.0)), float)

    def quantile(self, probability: float) -> float:
        """Return Student's t at a probability."""
        return float(stdtrit(self.degrees_of_freedom, probability))


def independent(model: FittedModel) -> Uncertainty:
    """Return the exact uncertainty for independent residuals: Var(S) = s2 (m + g' inv(X'X) g)."""
    rho = usable_rho(model.rho1)
    return Uncertainty(
        formula=Formula.INDEPENDENT,
        rho=rho,
        n_eff=effective_points(model.n, rho),
        degrees_of_freedom=float(model.solution.degrees_of_freedom),
        s2=model.solution.s2,
        covariance=model.solution.s2 * model.solution.unscaled,
    )


def autocorrelated(model: FittedModel) -> Uncertainty:
    """Return the uncertainty for AR(1) residuals, with the sandwich inv(X'X) X'RX inv(X'X)."""
    rho = usable_rho(model.rho1)
    n_eff = effective_points(model.n, rho)
    s2, bread = model.solution.s2, model.solution.unscaled
    middle = s2 * correlated_square(model.X, model.observations.position, rho)
    return Uncertainty(
        formula=Formula.AR1,
        rho=rho,
        n_eff=n_eff,
        degrees_of_freedom=max(n_eff - model.p, _FEWEST_DEGREES),
        s2=s2,
        covariance=bread @ middle @ bread,
    )


def uncertainty_of(model: FittedModel) -> Uncertainty:
    """Return the uncertainty that suits the data: monthly rows count as independent unless they show otherwise."""
    rho = usable_rho(model.rho1)
    quiet = model.n * rho**2 <= THRESHOLDS["autocorrelation"].value
    if model.observations.interval is Interval.MONTHLY and quiet:
        return independent(model)
    return autocorrelated(model)


def refusal(model: FittedModel, uncertainty: Uncertainty) -> str | None:
    """Return why no interval can be given, and what would mend it; None when one can."""
    least = THRESHOLDS["effective_degrees_of_freedom"].value
    free = model.n - model.p
    if free < least:
        return (
            f"n - p is {free} and {least:g} are needed; {int(model.p + least)} baseline points or fewer drivers mend it"
        )
    worth = uncertainty.n_eff - model.p
    if worth < least and model.n < THRESHOLDS["points_without_refusal"].value:
        wanted = int(np.ceil((least + model.p) * model.n / uncertainty.n_eff))
        least_points = f"about {wanted} baseline points mend it"
        return f"n' - p is {worth:.1f} and {least:g} are needed (rho {uncertainty.rho:.2f}); {least_points}"
    return None
