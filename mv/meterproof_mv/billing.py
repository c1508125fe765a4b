"""Puts the bills of one meter in order: who dates whom, what was only estimated, and which cannot be used.

A bill is dated by two reads, its own and the one before. An estimated bill has no read of its own, so that it can only
be counted together with the bills up to the next read, which puts right what was estimated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import SeriesError

Days = npt.NDArray[np.datetime64]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class BillFlaw(IntEnum):
    """Why the days of a bill are not covered."""

    NONE = 0
    AMOUNT_MISSING = 1
    NEGATIVE = 2
    ESTIMATED = 3  # and no read followed


@dataclass(frozen=True, slots=True, eq=False)
class ReadBills:
    """Bills from read to read, in rising time and without overlap; n of them came from at least as many rows.

    Parameters
    ----------
    start, end : (n,) datetime64[D]
        Half-open days.
    amount : (n,) float64
        Use [unit of the bills].
    beside : mapping of name to (n,) float64
        What belongs to each bill, such as cost.
    flaw : (n,) int64
        `BillFlaw` of each.
    first_row, last_row : (n,) int64
        Rows, as given and in rising time, that each was added up from.
    names : sequence of str
        What each row as given is called.
    undated : tuple of str
        Earliest rows without a start: they only date the next.
    misplaced : str
        The first row that breaks the order of the rows as given; empty when they rise or fall.
    """

    start: Days
    end: Days
    amount: FloatArray
    beside: Mapping[str, FloatArray]
    flaw: IntArray
    first_row: IntArray
    last_row: IntArray
    names: Sequence[str]
    undated: tuple[str, ...]
    misplaced: str

    def name(self, bill: int) -> str:
        """Return what people call a bill."""
        first, last = self.names[self.first_row[bill]], self.names[self.last_row[bill]]
        return first if first == last else f"{first} to {last}"


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows of a meter as columns."""

    start: Days
    end: Days
    amount: FloatArray
    estimated: npt.NDArray[np.bool_]
    beside: Mapping[str, FloatArray]

    def __getitem__(self, order: IntArray) -> "_Rows":
        beside = {name: column[order] for name, column in self.beside.items()}
        return _Rows(self.start[order], self.end[order], self.amount[order], self.estimated[order], beside)


def read_bills(
    start: npt.ArrayLike | None,
    end: npt.ArrayLike,
    amount: npt.ArrayLike,
    *,
    estimated: npt.ArrayLike | None,
    beside: Mapping[str, npt.ArrayLike],
    names: Sequence[str] | None,
) -> ReadBills:
    """Return bills from read to read; see `meterproof_mv.calendarisation.calendarise` for the columns.

    Raises
    ------
    SeriesError
        When lengths differ, a date is missing, or bills end before they start or overlap.
    """
    given = _columns(start, end, amount, estimated, beside)
    called = names if names is not None else [f"row {row}" for row in range(len(given.end))]
    _check(given, called)
    order = np.argsort(given.end, kind="stable")
    rows = _dated(given[order])
    _check_order(rows, [called[row] for row in order])
    return _merged(rows, order, called, _misplaced(given.end, called))


def _columns(
    start: npt.ArrayLike | None,
    end: npt.ArrayLike,
    amount: npt.ArrayLike,
    estimated: npt.ArrayLike | None,
    beside: Mapping[str, npt.ArrayLike],
) -> _Rows:
    ends = np.asarray(end, "datetime64[D]")
    rows = _Rows(
        start=np.full(ends.shape, np.datetime64("NaT", "D")) if start is None else np.asarray(start, "datetime64[D]"),
        end=ends,
        amount=np.asarray(amount, float),
        estimated=np.zeros(ends.shape, bool) if estimated is None else np.asarray(estimated, bool),
        beside={name: np.asarray(column, float) for name, column in beside.items()},
    )
    columns = {"start": rows.start, "amount": rows.amount, "estimated": rows.estimated, **rows.beside}
    for name, column in columns.items():
        if ends.ndim != 1 or column.shape != ends.shape:
            raise SeriesError(
                f"{name} has shape {column.shape}, end {ends.shape}; one of each for every bill is accepted"
            )
    return rows


def _check(rows: _Rows, names: Sequence[str]) -> None:
    if len(names) != len(rows.end):
        raise SeriesError(f"{len(names)} names for {len(rows.end)} bills; one for each is accepted")
    for row in np.flatnonzero(np.isnat(rows.end)).tolist():
        raise SeriesError(f"{names[row]}: the bill has no read date; without it nothing says which days it covers")
    for name, column in (("amount", rows.amount), *rows.beside.items()):
        for row in np.flatnonzero(np.isinf(column)).tolist():
            raise SeriesError(
                f"{names[row]}: {name} is {column[row]}; a finite number is accepted, NaN where it is missing"
            )
    for row in np.flatnonzero(rows.end <= rows.start).tolist():
        raise SeriesError(
            f"{names[row]}: the bill ends {rows.end[row]}, not after its start {rows.start[row]}; "
            "a read is later than the one before"
        )


def _dated(rows: _Rows) -> _Rows:
    """Return rows in rising time with the read before as start where none is stated."""
    start = rows.start.copy()
    unknown = np.flatnonzero(np.isnat(start))
    known = unknown[unknown > 0]
    start[known] = rows.end[known - 1]
    return _Rows(start, rows.end, rows.amount, rows.estimated, rows.beside)


def _check_order(rows: _Rows, names: Sequence[str]) -> None:
    for row in (np.flatnonzero(rows.end[1:] == rows.end[:-1]) + 1).tolist():
        raise SeriesError(
            f"{names[row]} and {names[row - 1]} both end {rows.end[row]}; one bill for each read is accepted"
        )
    for row in (np.flatnonzero(rows.start[1:] < rows.end[:-1]) + 1).tolist():
        raise SeriesError(
            f"{names[row]} starts {rows.start[row]}, before {names[row - 1]} ends {rows.end[row - 1]}; "
            "bills of one meter may not overlap"
        )


def _merged(rows: _Rows, order: IntArray, names: Sequence[str], misplaced: str) -> ReadBills:
    """Add estimated bills to what follows them, up to the next read; a gap ends that too."""
    opens = np.ones(len(rows.end), bool)
    opens[1:] = ~rows.estimated[:-1] | (rows.start[1:] != rows.end[:-1])
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(opens))[: len(first)] - 1
    dated = ~np.isnat(rows.start[first])
    undated = tuple(names[row] for one in np.flatnonzero(~dated) for row in order[first[one] : last[one] + 1])
    first, last = first[dated], last[dated]
    amount = _sums(rows.amount, first, last)
    flaw = np.where(rows.estimated[last], BillFlaw.ESTIMATED, BillFlaw.NONE)
    flaw = np.where(amount < 0, BillFlaw.NEGATIVE, flaw)
    return ReadBills(
        start=rows.start[first],
        end=rows.end[last],
        amount=amount,
        beside={name: _sums(column, first, last) for name, column in rows.beside.items()},
        flaw=np.where(np.isnan(amount), BillFlaw.AMOUNT_MISSING, flaw).astype(np.int64),
        first_row=order[first],
        last_row=order[last],
        names=names,
        undated=undated,
        misplaced=misplaced,
    )


def _sums(column: FloatArray, first: IntArray, last: IntArray) -> FloatArray:
    """Return the sum of every stretch of rows [first, last]; the stretches follow each other."""
    if not len(first):
        return np.zeros(0)
    return np.add.reduceat(column[: last[-1] + 1], first)


def _misplaced(end: Days, names: Sequence[str]) -> str:
    steps = np.diff(end).astype(np.int64)
    if not ((steps < 0).any() and (steps > 0).any()):
        return ""
    against = steps > 0 if (steps < 0).sum() > (steps > 0).sum() else steps < 0
    return names[int(np.flatnonzero(against)[0]) + 1]
