"""The design matrix: which column of numbers stands for which driver or level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import ModelError, SeriesError
from meterproof_mv.observations import Driver

FloatArray = npt.NDArray[np.float64]
INTERCEPT = "intercept"


@dataclass(frozen=True, slots=True)
class Term:
    """What one driver adds to a model: a slope, or a step for every level but the first in sorted order.

    Parameters
    ----------
    driver : str
        Its column.
    levels : tuple of str or None
        All levels in sorted order; None when the driver is a number.
    """

    driver: str
    levels: tuple[str, ...] | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of its coefficients."""
        if self.levels is None:
            return (self.driver,)
        return tuple(f"{self.driver}={level}" for level in self.levels[1:])

    def columns(self, drivers: Mapping[str, Driver], row: npt.NDArray[np.intp]) -> FloatArray:
        """Return its (n, q) part of the design matrix; `row` is the number of each row as it was given.

        Raises
        ------
        SeriesError
            When the driver is not there, is of the other kind, or has a level that the baseline never saw.
        """
        column = drivers.get(self.driver)
        if column is None:
            raise SeriesError(f"driver {self.driver!r} is not there; there are {', '.join(drivers) or 'none'}")
        if (column.dtype == object) != (self.levels is not None) and len(column):
            kinds = ("numbers", "text") if self.levels is None else ("text", "numbers")
            raise SeriesError(f"driver {self.driver!r} holds {kinds[1]}; the baseline has {kinds[0]} there")
        if self.levels is None:
            return column.astype(float)[:, np.newaxis]
        for number, level in zip(row.tolist(), column.tolist(), strict=True):
            if level not in self.levels:
                known = ", ".join(self.levels)
                raise SeriesError(
                    f"driver {self.driver!r} has level {level!r} in row {number}; the baseline knows {known}"
                )
        steps = [column == level for level in self.levels[1:]]
        return np.stack(steps, axis=1).astype(float)


@dataclass(frozen=True, slots=True)
class Design:
    """The columns of a model.

    Parameters
    ----------
    terms : tuple of Term
        In the order of the drivers.
    intercept : bool
        Whether the first column is 1.
    """

    terms: tuple[Term, ...]
    intercept: bool = True

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        slopes = tuple(key for term in self.terms for key in term.keys)
        return (INTERCEPT, *slopes) if self.intercept else slopes

    @property
    def numeric(self) -> tuple[str, ...]:
        """Drivers that are numbers."""
        return tuple(term.driver for term in self.terms if term.levels is None)

    def matrix(self, drivers: Mapping[str, Driver], row: npt.NDArray[np.intp]) -> FloatArray:
        """Return the (n, p) design matrix of some rows; `row` is the number of each as it was given."""
        parts = [np.ones((len(row), 1))] if self.intercept else []
        parts += [term.columns(drivers, row) for term in self.terms]
        return np.concatenate(parts, axis=1)

    def places(self, term: Term) -> list[int]:
        """Return the columns that belong to a term."""
        keys = self.keys
        return [keys.index(key) for key in term.keys]


def terms_of(drivers: Mapping[str, Driver], names: Sequence[str]) -> tuple[Term, ...]:
    """Return the terms of some drivers as their baseline columns show them.

    Raises
    ------
    ModelError
        When a driver never changes: it can explain nothing.
    """
    return tuple(_term(name, drivers[name]) for name in names)


def _term(name: str, column: Driver) -> Term:
    if column.dtype == object:
        levels = tuple(sorted({str(level) for level in column}))
        if len(levels) == 1:
            raise ModelError(f"driver {name!r} is {levels[0]!r} in every row and explains nothing; leave it out")
        return Term(name, levels)
    if len(column) and np.ptp(column.astype(float)) == 0:
        raise ModelError(f"driver {name!r} is {column[0]:g} in every row and explains nothing; leave it out")
    return Term(name)
