"""What residuals that follow each other do to a sum: lag-1 autocorrelation, effective points and X'RX."""

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_banded

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
HIGHEST_RHO = 0.99


def lag_one(residual: FloatArray, position: IntArray) -> float:
    """Return rho, the lag-1 autocorrelation of residuals in time order.

    Only neighbours that are truly one interval apart are paired; where pairs are lacking the sum is scaled up to n - 1.

    Parameters
    ----------
    residual : (n,) float
        Residuals [unit].
    position : (n,) int
        Places in time, counted in intervals.

    Examples
    --------
    >>> lag_one(np.array([1.0, -1.0, 1.0, -1.0]), np.arange(4))
    -0.75
    """
    total = float(residual @ residual)
    paired = np.diff(position) == 1
    pairs = int(paired.sum())
    if total == 0 or not pairs:
        return float("nan")
    return float((residual[1:] * residual[:-1])[paired].sum() / total * (len(residual) - 1) / pairs)


def usable_rho(rho: float) -> float:
    """Return rho as intervals use it: none below 0, never 1; a rho that is none counts as 0."""
    return float(np.clip(rho, 0.0, HIGHEST_RHO)) if np.isfinite(rho) else 0.0


def effective_points(n: int, rho: float) -> float:
    """Return n', the number of independent points that n autocorrelated ones are worth."""
    return n * (1 - rho) / (1 + rho)


def earlier_sum(X: FloatArray, position: IntArray, rho: float) -> FloatArray:
    """Return, for every row i, the sum over earlier rows j of rho^(position[i] - position[j]) X[j].

    One recursive pass a column: R[i,j] = rho^|lag| is never built.
    """
    earlier = np.zeros_like(X)
    if rho == 0 or len(X) < 2:
        return earlier
    decay = rho ** np.diff(position).astype(float)
    band = np.ones((2, len(X)))
    band[1, :-1] = -decay
    running = solve_banded((1, 0), band, X, check_finite=False)
    earlier[1:] = decay[:, np.newaxis] * running[:-1]
    return earlier


def correlated_square(X: FloatArray, position: IntArray, rho: float) -> FloatArray:
    """Return X'RX with R[i,j] = rho^|lag between i and j|."""
    cross = X.T @ earlier_sum(X, position, rho)
    return X.T @ X + cross + cross.T
