"""Intervals and spans as they come from a store, checked: in rising time and without overlap."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import SeriesError


@dataclass(frozen=True, slots=True, eq=False)
class IntervalRows:
    """Intervals and spans by column, in rising time and without overlap.

    Parameters
    ----------
    start_ms, end_ms : (n,) int64
        Half-open [start, end) [ms since 1970-01-01 UTC].
    amount : (n,) float64
        What was counted in each [unit].
    is_span : (n,) bool
        Whether its distribution is unknown.
    order : (n,) int64
        The place of each among the rows as given.
    """

    start_ms: npt.NDArray[np.int64]
    end_ms: npt.NDArray[np.int64]
    amount: npt.NDArray[np.float64]
    is_span: npt.NDArray[np.bool_]
    order: npt.NDArray[np.intp]


def interval_rows(
    start_ms: npt.ArrayLike, end_ms: npt.ArrayLike, amount: npt.ArrayLike, is_span: npt.ArrayLike
) -> IntervalRows:
    """Return rows in rising time.

    Raises
    ------
    SeriesError
        When lengths differ, a row ends before it starts, or rows overlap.
    """
    rows = IntervalRows(
        np.asarray(start_ms, np.int64),
        np.asarray(end_ms, np.int64),
        np.asarray(amount, float),
        np.asarray(is_span, bool),
        np.zeros(0, np.intp),
    )
    shapes = {column.shape for column in (rows.start_ms, rows.end_ms, rows.amount, rows.is_span)}
    if len(shapes) != 1 or rows.start_ms.ndim != 1:
        raise SeriesError(
            f"intervals: columns of shapes {sorted(shapes)}; one-dimensional and of equal length is accepted"
        )
    order = np.argsort(rows.start_ms, kind="stable")
    rows = IntervalRows(rows.start_ms[order], rows.end_ms[order], rows.amount[order], rows.is_span[order], order)
    wrong = np.flatnonzero(rows.end_ms <= rows.start_ms)
    if len(wrong):
        start, end = rows.start_ms[wrong[0]], rows.end_ms[wrong[0]]
        raise SeriesError(f"interval at {start} ends at {end}; an end after the start is accepted")
    early = np.flatnonzero(rows.start_ms[1:] < rows.end_ms[:-1])
    if len(early):
        start, end = rows.start_ms[early[0] + 1], rows.end_ms[early[0]]
        raise SeriesError(f"interval at {start} begins before the one before it ends at {end}; no overlap is accepted")
    return rows
