"""Says which reporting rows lie outside what the baseline has seen, and how much of the use that is."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from meterproof_mv.findings import Finding, Severity
from meterproof_mv.models.fitted import FittedModel
from meterproof_mv.models.sufficiency import measured
from meterproof_mv.observations import Observations
from meterproof_mv.thresholds import THRESHOLDS

FloatArray = npt.NDArray[np.float64]
_ROUNDING = 1e-9  # leverages are compared with this relative slack


def range_findings(model: FittedModel, reporting: Observations, X: npt.NDArray[np.float64]) -> Iterator[Finding]:
    """Yield a finding when drivers leave the baseline's range, or stay inside it but in a combination never seen.

    Parameters
    ----------
    model : FittedModel
        The baseline.
    reporting : Observations
        The reporting rows.
    X : (m, p) float64
        Their design matrix.
    """
    outside = {name: _outside(model, reporting, name) for name in model.design.numeric}
    leverage = _leverage(model, X) > _leverage(model, model.X).max() * (1 + _ROUNDING)
    rows = np.logical_or.reduce([leverage, *outside.values()])
    if not rows.any():
        return
    share = _share(model, rows, reporting.y, X @ model.solution.b)
    limit = THRESHOLDS["extrapolated_share"].value
    drivers = [name for name, column in outside.items() if column.any()]
    what = ", ".join(drivers) if drivers else "the combination of drivers"
    yield measured(
        "extrapolated_share",
        "driver_out_of_range",
        Severity.WARNING if share > limit else Severity.INFO,
        f"{what} outside the baseline's range in {int(rows.sum())} reporting rows with {share:.1%} of the result",
        drivers=drivers,
        rows=int(rows.sum()),
        share=share,
        ranges={name: _range(model, name) for name in drivers},
    )


def _share(model: FittedModel, rows: npt.NDArray[np.bool_], actual: FloatArray, expected: FloatArray) -> float:
    """Return the largest of their shares of the use, of the use expected and of a difference that is more than noise.

    Rows of a plant that stood still have hardly any use, and all of the difference.
    """
    columns = [actual, expected]
    if float((expected - actual).sum()) > model.rmse * float(np.sqrt(len(actual))):
        columns.append(expected - actual)
    return max(_part(rows, column) for column in columns)


def _part(rows: npt.NDArray[np.bool_], column: FloatArray) -> float:
    total = float(column.sum())
    return min(abs(float(column[rows].sum()) / total), 1.0) if total else 1.0


def _range(model: FittedModel, name: str) -> list[float]:
    column = model.observations.drivers[name].astype(float)
    return [float(column.min()), float(column.max())]


def _outside(model: FittedModel, reporting: Observations, name: str) -> npt.NDArray[np.bool_]:
    low, high = _range(model, name)
    column = reporting.drivers[name].astype(float)
    return (column < low) | (column > high)


def _leverage(model: FittedModel, X: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.einsum("ij,jk,ik->i", X, model.solution.unscaled, X), float)
