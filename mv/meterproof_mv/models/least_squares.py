"""Least squares with scaled columns, and what follows from it; nothing here knows of drivers or plants."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc, stdtr

from meterproof_mv.errors import ModelError

FloatArray = npt.NDArray[np.float64]
_RANK_TOLERANCE = 1e-10  # relative to the largest singular value, after scaling each column to unit length


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A least-squares fit of n rows and p columns.

    Parameters
    ----------
    b : (p,) float64
        Coefficients.
    residual : (n,) float64
        y - X b.
    unscaled : (p, p) float64
        inv(X'X).
    condition : float
        Condition number of X with every column scaled to unit length.
    """

    b: FloatArray
    residual: FloatArray
    unscaled: FloatArray
    condition: float

    @property
    def sse(self) -> float:
        """Sum of squared residuals."""
        return float(self.residual @ self.residual)

    @property
    def degrees_of_freedom(self) -> int:
        """Rows minus coefficients, n - p."""
        return len(self.residual) - len(self.b)

    @property
    def s2(self) -> float:
        """Residual variance, SSE / (n - p)."""
        return self.sse / self.degrees_of_freedom

    @property
    def standard_error(self) -> FloatArray:
        """Of every coefficient."""
        return np.sqrt(self.s2 * np.diag(self.unscaled))

    @property
    def p_value(self) -> FloatArray:
        """Two-sided, of every coefficient being 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.abs(self.b) / self.standard_error
        return np.asarray(2 * stdtr(self.degrees_of_freedom, -t), float)

    def joint_p_value(self, places: list[int]) -> float:
        """Return the p-value of several coefficients all being 0, by an F test."""
        part = self.b[places]
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.linalg.solve(self.unscaled[np.ix_(places, places)], part)
            f = np.divide(part @ spread / len(places), self.s2)
        return float(fdtrc(len(places), self.degrees_of_freedom, f))


def solve(X: FloatArray, y: FloatArray) -> Solution:
    """Return the least-squares solution of y on the columns of X.

    Raises
    ------
    ModelError
        When there are not more rows than columns, or the columns depend on each other.
    """
    n, p = X.shape
    if n <= p:
        raise ModelError(f"{n} usable rows for {p} coefficients; at least {p + 1} are needed")
    length = np.sqrt(np.einsum("ij,ij->j", X, X))
    if not length.all():
        raise ModelError("a column of the model is 0 in every row; leave its driver out")
    left, singular, right = np.linalg.svd(X / length, full_matrices=False)
    if singular[-1] <= _RANK_TOLERANCE * singular[0]:
        raise ModelError("the drivers depend on each other exactly; leave one of them out")
    half = right.T / singular / length[:, np.newaxis]
    b = half @ (left.T @ y)
    residual = y - X @ b
    # one step of refinement: large offsets cost digits in the first solution
    b = b + half @ (left.T @ residual)
    return Solution(b, y - X @ b, half @ half.T, float(singular[0] / singular[-1]))
