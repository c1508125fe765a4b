"""Sums over many projects: what averages out among them, and the error of a shared factor, which does not.

Projects that are turned into tonnes with the same emission factor are wrong in the same direction when that factor is.
Adding their intervals in quadrature hides it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from meterproof_mv.errors import SeriesError

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

NOTHING_SHARED = -1
"""The factor of a term that shares none."""

_NORMAL_95 = float(special.ndtri(0.975))  # a printed 95 % range is this many standard uncertainties to either side


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioTerms:
    """The results that are added, a row each.

    Parameters
    ----------
    value : (n,) float64
        Point value [t CO2e].
    standard_error : (n,) float64
        Its own standard error, without that of a shared factor; NaN where no interval is given [t CO2e].
    degrees_of_freedom : (n,) float64
        Behind that standard error.
    plant : (n,) int64
        Whose it is: errors of one plant are added, for its streams and its years may all lean one way.
    factor : (n,) int64
        Row in `factor_spread`, or `NOTHING_SHARED`.
    factor_spread : (g,) float64
        Relative standard uncertainty of each shared factor; NaN where its publisher gives none [fraction].
    """

    value: FloatArray
    standard_error: FloatArray
    degrees_of_freedom: FloatArray
    plant: IntArray
    factor: IntArray
    factor_spread: FloatArray

    def __post_init__(self) -> None:
        columns = (self.value, self.standard_error, self.degrees_of_freedom, self.plant, self.factor)
        lengths = [len(column) for column in columns]
        if len(set(lengths)) != 1:
            raise SeriesError(f"columns of {lengths} rows: columns of one length are accepted")

    def __len__(self) -> int:
        return len(self.value)

    def at(self, rows: npt.ArrayLike) -> "PortfolioTerms":
        """Return some of the rows, by number or by mask."""
        kept = np.asarray(rows)
        return PortfolioTerms(
            self.value[kept],
            self.standard_error[kept],
            self.degrees_of_freedom[kept],
            self.plant[kept],
            self.factor[kept],
            self.factor_spread,
        )


@dataclass(frozen=True, slots=True)
class PortfolioSum:
    """A sum with its interval; the figures are NaN when no term has an interval.

    Parameters
    ----------
    value : float
        Sum of the point values of the terms that have an interval [t CO2e].
    lower, upper : float
        Two-sided, at `confidence` [t CO2e].
    averages_out : float
        The part of the half-width that shrinks, relative to the sum, with every further project [t CO2e].
    shared : float
        The part that does not; the half-width is the root of the sum of both squares [t CO2e].
    without_interval : int
        Terms that have no interval and stand outside these figures.
    without_spread : int
        Terms inside whose factor has no known uncertainty: it counts as exact, so the interval is too narrow.
    confidence : float
        As a fraction.
    """

    value: float
    lower: float
    upper: float
    averages_out: float
    shared: float
    without_interval: int
    without_spread: int
    confidence: float


def portfolio_sum(terms: PortfolioTerms, *, confidence: float = 0.9) -> PortfolioSum:
    """Return the sum of many projects with an interval that knows what they share.

    With tonnes T_i = G S_i, own standard errors u_i = G s_i (those of one plant added) and the relative uncertainty r
    of the shared factor G, Var(sum T) = sum u_i^2 + r^2 sum u_i^2 + r^2 (sum T_i)^2 for each factor; the last term is
    the shared one. Factors count as independent of each other. Student's t takes the degrees of freedom of Welch and
    Satterthwaite, in which a factor's part counts as known exactly, so that one project without a factor keeps its
    own interval.

    Parameters
    ----------
    terms : PortfolioTerms
        The projects.
    confidence : float
        Of the two-sided interval, between 0 and 1.

    Raises
    ------
    SeriesError
        When the confidence is none.

    Examples
    --------
    >>> plants = PortfolioTerms(
    ...     np.array([300.0, 500.0]), np.array([30.0, 40.0]), np.full(2, np.inf), np.arange(2), np.zeros(2, int),
    ...     np.array([0.05]),
    ... )
    >>> total = portfolio_sum(plants)
    >>> round(total.value), round(total.averages_out), round(total.shared)
    (800, 82, 66)

    References
    ----------
    Welch 1947, doi:10.1093/biomet/34.1-2.28; Goodman 1960, doi:10.1080/01621459.1960.10483369 (variance of a product).
    """
    if not 0 < confidence < 1:
        raise SeriesError(f"confidence {confidence!r}: a fraction between 0 and 1 is accepted, such as 0.9")
    known = np.isfinite(terms.value) & np.isfinite(terms.standard_error) & (terms.degrees_of_freedom > 0)
    kept = terms.at(known)
    left = len(terms) - len(kept)
    if not len(kept):
        nan = float("nan")
        return PortfolioSum(nan, nan, nan, nan, nan, left, 0, confidence)
    own, freedom = _of_plants(kept)
    averaging, shared, unknown = _variances(kept, own)
    t = _quantile((1 + confidence) / 2, own, freedom, averaging + shared)
    value = float(kept.value.sum())
    half = t * float(np.sqrt(averaging + shared))
    return PortfolioSum(
        value=value,
        lower=value - half,
        upper=value + half,
        averages_out=t * float(np.sqrt(averaging)),
        shared=t * float(np.sqrt(shared)),
        without_interval=left,
        without_spread=unknown,
        confidence=confidence,
    )


def relative_spread(value: float, low: float, high: float) -> float:
    """Return the relative standard uncertainty of a factor from the 95 % range that its publisher prints.

    The wider side counts, so that a lopsided range is not understated.

    Parameters
    ----------
    value, low, high : float
        The factor and its range, in one unit; NaN where unknown.

    Returns
    -------
    float
        NaN when the range is unknown or makes no sense [fraction].

    Examples
    --------
    >>> round(relative_spread(56100, 54300, 58300), 4)
    0.02
    """
    if not (value > 0 and low <= value <= high):
        return float("nan")
    return max(value - low, high - value) / _NORMAL_95 / value


def _of_plants(terms: PortfolioTerms) -> tuple[FloatArray, FloatArray]:
    """Return the variance of each plant, its terms' errors added as if all leaned one way, and its freedom."""
    names, which = np.unique(terms.plant, return_inverse=True)
    freedom = np.full(len(names), np.inf)
    np.minimum.at(freedom, which, terms.degrees_of_freedom)
    error = np.bincount(which, terms.standard_error).astype(np.float64)
    return np.square(error), freedom


def _variances(terms: PortfolioTerms, own: FloatArray) -> tuple[float, float, int]:
    """Return the variance that averages out, the one that is shared, and how many terms lack a factor's uncertainty."""
    sharing = terms.at(terms.factor != NOTHING_SHARED)
    squared = np.nan_to_num(terms.factor_spread) ** 2
    unknown = int(np.isnan(terms.factor_spread[sharing.factor]).sum())
    total = np.bincount(sharing.factor, sharing.value, minlength=len(squared))
    pairs, which = np.unique(sharing.plant * len(squared) + sharing.factor, return_inverse=True)
    error = np.bincount(which, sharing.standard_error, minlength=len(pairs))
    both = squared[pairs % max(len(squared), 1)] * error**2
    return float(own.sum() + both.sum()), float((squared * total**2).sum()), unknown


def _quantile(probability: float, own: FloatArray, freedom: FloatArray, variance: float) -> float:
    uncertain = float((own**2 / freedom).sum())
    if not uncertain > 0:
        return float(special.ndtri(probability))
    return float(special.stdtrit(variance**2 / uncertain, probability))
