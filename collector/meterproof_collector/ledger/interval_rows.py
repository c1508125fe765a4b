"""Intervals as arrays, and where two accounts of the same time differ. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_core.storage import IntervalColumns
from meterproof_mv.ledger import LedgerResult

_DTYPES: dict[str, type[np.generic]] = {
    "start_ms": np.int64,
    "end_ms": np.int64,
    "amount": np.float64,
    "register_start": np.float64,
    "register_end": np.float64,
    "is_span": np.bool_,
}


@dataclass(frozen=True, slots=True, eq=False)
class IntervalRows:
    """Intervals and spans by column, in rising time and without overlap; the columns are those of `IntervalColumns`."""

    start_ms: npt.NDArray[np.int64]
    end_ms: npt.NDArray[np.int64]
    amount: npt.NDArray[np.float64]
    register_start: npt.NDArray[np.float64]
    register_end: npt.NDArray[np.float64]
    is_span: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.start_ms)

    def __getitem__(self, rows: slice | npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> "IntervalRows":
        return IntervalRows(*(column[rows] for column in self.arrays()))

    def arrays(self) -> list[npt.NDArray[Any]]:
        """Return the columns in their order."""
        return [getattr(self, field.name) for field in fields(self)]

    def columns(self) -> IntervalColumns:
        """Return the rows as a store takes them."""
        return IntervalColumns(*self.arrays())

    def within(self, start_ms: int, end_ms: int) -> "IntervalRows":
        """Return the rows that lie whole in [start, end)."""
        return self[(self.start_ms >= start_ms) & (self.end_ms <= end_ms)]

    def beginning_in(self, start_ms: int, end_ms: int) -> "IntervalRows":
        """Return the rows that begin in [start, end), as a store replaces them."""
        return self[(self.start_ms >= start_ms) & (self.start_ms < end_ms)]

    def imported(self) -> npt.NDArray[np.bool_]:
        """Return which rows came from a file: those without any register. The ledger's own have one at each end."""
        return np.isnan(self.register_start) & np.isnan(self.register_end)

    def beside(self, others: "IntervalRows") -> "IntervalRows":
        """Return these rows and those of the others that overlap none of them, in rising time."""
        before = np.searchsorted(self.end_ms, others.start_ms, side="right")
        behind = np.searchsorted(self.start_ms, others.end_ms, side="left")
        kept = others[before >= behind]
        order = np.argsort(np.concatenate([self.start_ms, kept.start_ms]), kind="stable")
        pairs = zip(self.arrays(), kept.arrays(), strict=True)
        return IntervalRows(*(np.concatenate(pair)[order] for pair in pairs))

    def equal_to(self, other: "IntervalRows") -> npt.NDArray[np.bool_]:
        """Return which rows are the same, bit for bit, as those of other rows, as many as these."""
        equal = np.ones(len(self), dtype=bool)
        for mine, theirs in zip(self.arrays(), other.arrays(), strict=True):
            equal &= (mine == theirs) | ((mine != mine) & (theirs != theirs))  # NaN: there is no register
        return equal


def stored_rows(columns: IntervalColumns) -> IntervalRows:
    """Return what a store holds."""
    return IntervalRows(*(np.asarray(getattr(columns, name), dtype=dtype) for name, dtype in _DTYPES.items()))


def computed_rows(results: Iterable[LedgerResult]) -> IntervalRows:
    """Return the intervals of consecutive parts of one series."""
    parts = [result.intervals for result in results]
    empty = {name: np.array([], dtype=dtype) for name, dtype in _DTYPES.items()}
    return IntervalRows(
        *(
            np.concatenate([empty[name], *(np.asarray(getattr(part, name), dtype) for part in parts)])
            for name, dtype in _DTYPES.items()
        )
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """Where computed and stored rows are not the same.

    Parameters
    ----------
    before, behind : int
        How many rows are the same at the beginning, and of the others at the end.
    period : (int, int) or None
        Half-open [start, end) of all rows that differ; None when all are the same [ms].
    """

    before: int
    behind: int
    period: tuple[int, int] | None


def difference(computed: IntervalRows, stored: IntervalRows) -> Difference:
    """Return where computed and stored rows differ."""
    shorter = min(len(computed), len(stored))
    before = _leading(computed[:shorter].equal_to(stored[:shorter]))
    left = shorter - before
    behind = _leading(computed[len(computed) - left :].equal_to(stored[len(stored) - left :])[::-1])
    mine, theirs = computed[before : len(computed) - behind], stored[before : len(stored) - behind]
    if not len(mine) and not len(theirs):
        return Difference(before, behind, None)
    start_ms = min(int(rows.start_ms[0]) for rows in (mine, theirs) if len(rows))
    end_ms = max(int(rows.end_ms[-1]) for rows in (mine, theirs) if len(rows))
    return Difference(before, behind, (start_ms, end_ms))


def with_what_overlaps(period: tuple[int, int], stored: IntervalRows) -> tuple[int, int]:
    """Return a period that also holds the beginning of a stored interval that reaches into it."""
    overlapping = stored[(stored.start_ms < period[1]) & (stored.end_ms > period[0])]
    return (min(period[0], int(overlapping.start_ms[0])), period[1]) if len(overlapping) else period


def _leading(equal: npt.NDArray[np.bool_]) -> int:
    """Return how many of the first are true without a break."""
    return len(equal) if equal.all() else int(np.argmin(equal))
