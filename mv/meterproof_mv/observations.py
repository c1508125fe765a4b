"""Turns what callers hand over into columns that a model can use, and refuses what would give a silent number."""

import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import SeriesError
from meterproof_mv.timing import Interval, timing

FloatArray = npt.NDArray[np.float64]
Driver = npt.NDArray[np.float64] | npt.NDArray[np.object_]
Drivers = npt.ArrayLike | Mapping[str, npt.ArrayLike] | None


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """Use and drivers by row, in time order, rows with something missing left out.

    Parameters
    ----------
    y : (n,) float64
        Measured use [unit].
    drivers : mapping of name to (n,) float64 or text
        Numbers, or the levels of a category.
    row : (n,) int
        Number of each row as given, counted from 0.
    position : (n,) int64
        Place in time, counted in intervals.
    interval : Interval
        How long a row is.
    missing : tuple of int
        Rows as given that were left out because a value is missing.
    """

    y: FloatArray
    drivers: Mapping[str, Driver]
    row: npt.NDArray[np.intp]
    position: npt.NDArray[np.int64]
    interval: Interval
    missing: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.y)


def observe(
    y: npt.ArrayLike,
    x: Drivers,
    *,
    names: Sequence[str] | None = None,
    start: npt.ArrayLike | None = None,
    end: npt.ArrayLike | None = None,
    interval: str | None = None,
) -> Observations:
    """Return rows in time order, without those in which something is missing (NaN, None or empty text).

    Parameters
    ----------
    y : (n,) float
        Use [unit].
    x : (n, k) or (n,) numbers or text, or mapping of name to (n,) column, or None
        Drivers; a column of text is a category.
    names : sequence of str, optional
        Names of the k columns; ``x1``, ``x2`` ... when not given. Of a mapping: which columns, in which order.
    start, end, interval
        As `timing` takes them.

    Raises
    ------
    SeriesError
        When lengths differ, a number is infinite or is none, or times make no sense.
    """
    use = _use(y)
    drivers = _drivers(x, names, len(use))
    when = timing(len(use), start=start, end=end, interval=interval)
    present = ~np.isnan(use)
    for column in drivers.values():
        present &= _present(column)
    kept = present[when.order]
    order = when.order[kept]
    return Observations(
        y=use[order],
        drivers={name: column[order] for name, column in drivers.items()},
        row=order,
        position=when.position[kept],
        interval=when.interval,
        missing=tuple(int(row) for row in np.flatnonzero(~present)),
    )


def _use(y: npt.ArrayLike) -> FloatArray:
    column = np.asarray(y)
    if column.ndim != 1:
        raise SeriesError(f"use has shape {column.shape}; one number for each row is accepted")
    use = _column(column, "use")
    if use.dtype == object:
        raise SeriesError(f"use of row 0 is {use[0]!r}; a number is accepted")
    return use.astype(float)


def _drivers(x: Drivers, names: Sequence[str] | None, rows: int) -> dict[str, Driver]:
    if x is None:
        columns: dict[str, Any] = {}
    elif isinstance(x, Mapping):
        wanted = list(x) if names is None else list(names)
        absent = [name for name in wanted if name not in x]
        if absent:
            raise SeriesError(f"driver {absent[0]!r} is not there; there are {', '.join(map(str, x))}")
        columns = {name: np.asarray(x[name]) for name in wanted}
    else:
        columns = _named(np.asarray(x), names)
    for name, column in columns.items():
        if column.shape != (rows,):
            raise SeriesError(
                f"driver {name!r} has shape {column.shape}; one value for each of the {rows} rows is accepted"
            )
    return {name: _column(column, f"driver {name!r}") for name, column in columns.items()}


def _named(table: npt.NDArray[Any], names: Sequence[str] | None) -> dict[str, npt.NDArray[Any]]:
    if table.ndim == 1:
        table = table[:, np.newaxis]
    if table.ndim != 2:
        raise SeriesError(f"drivers have shape {table.shape}; (n, k) or (n,) is accepted")
    names = [f"x{place + 1}" for place in range(table.shape[1])] if names is None else list(names)
    if len(names) != table.shape[1] or len(set(names)) != len(names):
        raise SeriesError(
            f"drivers have {table.shape[1]} columns and the names {names}; one name of its own for each is accepted"
        )
    return {name: table[:, place] for place, name in enumerate(names)}


def _column(column: npt.NDArray[Any], what: str) -> Driver:
    """Return a column as numbers or as text; a mixture is refused."""
    if column.dtype.kind in "fiub":
        return _finite(column.astype(float), what)
    if column.dtype.kind not in "OU":
        raise SeriesError(f"{what} has type {column.dtype}; numbers or text are accepted")
    values = [None if _is_missing(value) else value for value in column.tolist()]
    is_text = [isinstance(value, str) for value in values if value is not None]
    if all(is_text) and is_text:
        return _levels(values, what)
    for row, value in enumerate(values):
        if value is not None and not isinstance(value, numbers.Real):
            raise SeriesError(f"{what} of row {row} is {value!r}; a number is accepted, as in the other rows")
    return _finite(np.array([np.nan if value is None else float(value) for value in values]), what)


def _levels(values: Sequence[str | None], what: str) -> npt.NDArray[np.object_]:
    present = [value for value in values if value is not None]
    if all(_reads_as_number(value) for value in present):
        raise SeriesError(
            f"{what} holds numbers as text ({present[0]!r}); numbers, or text that is no number, are accepted"
        )
    return np.array(values, dtype=object)


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_missing(value: object) -> bool:
    return value is None or value == "" or value != value


def _finite(column: FloatArray, what: str) -> FloatArray:
    infinite = np.flatnonzero(np.isinf(column))
    if len(infinite):
        raise SeriesError(f"{what} of row {infinite[0]} is {column[infinite[0]]}; a finite number is accepted")
    return column


def _present(column: Driver) -> npt.NDArray[np.bool_]:
    if column.dtype == object:
        return np.array([value is not None for value in column], dtype=bool)
    return np.asarray(~np.isnan(column.astype(float)), dtype=bool)
