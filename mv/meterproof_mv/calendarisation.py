"""Calendarisation: bills follow the meter reader, production follows the calendar, and a model needs both in one row.

A bill read on a day covers the days after the previous read up to and including that day. Its amount is spread evenly
over its days, and the days are added up by month. A month counts only when all its days are covered by bills that were
read; nothing is filled in. Degrees of freedom come from bills, not from days: what is spread is no new knowledge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from meterproof_mv.billing import BillFlaw, Days, FloatArray, ReadBills, read_bills
from meterproof_mv.calendar_findings import bill_findings, period_findings
from meterproof_mv.errors import SeriesError
from meterproof_mv.findings import Finding

IntArray = npt.NDArray[np.int64]
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True, eq=False)
class Calendarised:
    """Bills by period, in rising time.

    Parameters
    ----------
    start, end : (k,) datetime64[D]
        Half-open local days of each period.
    amount : (k,) float64
        NaN where not all days are covered [unit of the bills].
    covered_amount : (k,) float64
        Amount of the days that are covered, whether or not they are all [unit of the bills].
    days_covered, days : (k,) int64
        Days that bills cover, and days that the period has.
    findings : tuple of Finding
        What a reviewer must know.
    beside : mapping of name to (k,) float64
        What was spread along, such as cost; NaN where not known whole.
    """

    start: Days
    end: Days
    amount: FloatArray
    covered_amount: FloatArray
    days_covered: IntArray
    days: IntArray
    findings: tuple[Finding, ...]
    beside: Mapping[str, FloatArray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.start)

    @property
    def month(self) -> npt.NDArray[np.datetime64]:
        """The month in which each period begins, datetime64[M]."""
        return self.start.astype("datetime64[M]")

    @property
    def complete(self) -> npt.NDArray[np.bool_]:
        """Whether all days of each period are covered."""
        return np.equal(self.days_covered, self.days)


@dataclass(frozen=True, slots=True, eq=False)
class _Share:
    """One bill's part of one period: row of the bill, row of the period, days of it."""

    bill: IntArray
    period: IntArray
    days: IntArray


def calendarise(
    start: npt.ArrayLike | None,
    end: npt.ArrayLike,
    amount: npt.ArrayLike,
    *,
    estimated: npt.ArrayLike | None = None,
    beside: Mapping[str, npt.ArrayLike] | None = None,
    periods: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    names: Sequence[str] | None = None,
) -> Calendarised:
    """Return the bills of one meter by calendar month, or by given periods.

    Parameters
    ----------
    start : (n,) datetime64[D] or None
        First day of each bill; NaT, or None for all, where it is the day after the previous read. An earliest bill
        without a start only dates the next one.
    end : (n,) datetime64[D]
        The day after the read, see `day_after`; bills may come in any order.
    amount : (n,) float
        Use of each bill; NaN where it is not known.
    estimated : (n,) bool, optional
        Whether the meter was not read: such a bill is added to those after it, up to the next read.
    beside : mapping of name to (n,) float, optional
        What is spread likewise, such as cost; it may be negative.
    periods : pair of (k,) datetime64[D], optional
        Half-open first days and ends in rising time, such as production periods. Default: every calendar month that
        bills touch.
    names : sequence of str, optional
        What a bill is called in messages. Default: row 0, row 1, ...

    Raises
    ------
    SeriesError
        When lengths differ, a date is missing, a bill ends before it starts or overlaps another (both are named).

    Examples
    --------
    >>> reads = day_after(np.array(["2024-01-31", "2024-02-15", "2024-03-15", "2024-03-31"], "datetime64[D]"))
    >>> by_month = calendarise(None, reads, [99.0, 150.0, 290.0, 160.0])
    >>> by_month.month.astype(str).tolist(), by_month.amount.tolist()
    (['2024-02', '2024-03'], [290.0, 310.0])
    """
    bills = read_bills(start, end, amount, estimated=estimated, beside=beside or {}, names=names)
    first, last = _months(bills) if periods is None else _given(periods)
    share = _shares(bills, first, last)
    days = (last - first).astype(np.int64)
    covered = np.bincount(share.period, weights=share.days, minlength=len(first)).astype(np.int64)
    whole = covered == days
    amounts = _added(bills.amount, bills, share, len(first))
    spread = {name: _added(column, bills, share, len(first)) for name, column in bills.beside.items()}
    found = (
        *bill_findings(bills),
        *period_findings(first, covered, days, bills=len(np.unique(share.bill[whole[share.period]]))),
    )
    return Calendarised(
        start=first,
        end=last,
        amount=np.where(whole, amounts, np.nan),
        covered_amount=amounts,
        days_covered=covered,
        days=days,
        findings=found,
        beside={name: np.where(whole, column, np.nan) for name, column in spread.items()},
    )


def day_after(read_date: npt.ArrayLike) -> Days:
    """Return the end of bills that were read on these days: a read on a day includes that day.

    Examples
    --------
    >>> day_after(np.array(["2024-02-29"], "datetime64[D]")).astype(str).tolist()
    ['2024-03-01']
    """
    read: Days = np.asarray(read_date, "datetime64[D]")
    return np.add(read, _DAY)


def _months(bills: ReadBills) -> tuple[Days, Days]:
    if not len(bills.start):
        none = np.array([], "datetime64[D]")
        return none, none
    first, last = bills.start.min().astype("datetime64[M]"), (bills.end.max() - _DAY).astype("datetime64[M]")
    months = np.arange(first, last + 2).astype("datetime64[D]")
    return months[:-1], months[1:]


def _given(periods: tuple[npt.ArrayLike, npt.ArrayLike]) -> tuple[Days, Days]:
    first, last = (np.asarray(edge, "datetime64[D]") for edge in periods)
    if len(first) != len(last):
        raise SeriesError(f"{len(first)} starts and {len(last)} ends of periods; as many of each are accepted")
    for one, (begin, finish) in enumerate(zip(first, last, strict=True)):
        if not begin < finish:
            raise SeriesError(f"period {one} from {begin} to {finish} holds no day; an end after its start is accepted")
    for one, (finish, begin) in enumerate(zip(last[:-1], first[1:], strict=True)):
        if begin < finish:
            raise SeriesError(f"period {one + 1} starts {begin}, before period {one} ends {finish}")
    return first, last


def _shares(bills: ReadBills, first: Days, last: Days) -> _Share:
    """Return every pair of a bill that is used and a period that share days; both rise and neither overlaps itself."""
    used = np.flatnonzero(bills.flaw == BillFlaw.NONE)
    low = np.searchsorted(last, bills.start[used], side="right")
    count = np.searchsorted(first, bills.end[used], side="left") - low
    bill = np.repeat(used, count)
    offset = np.arange(len(bill)) - np.repeat(np.cumsum(count) - count, count)
    period = np.repeat(low, count) + offset
    days = np.minimum(bills.end[bill], last[period]) - np.maximum(bills.start[bill], first[period])
    return _Share(bill, period, days.astype(np.int64))


def _added(column: FloatArray, bills: ReadBills, share: _Share, size: int) -> FloatArray:
    length = (bills.end - bills.start).astype(np.int64)
    part = share.days / length[share.bill]  # exactly 1 of a bill that lies whole in a period
    return np.bincount(share.period, weights=column[share.bill] * part, minlength=size).astype(float)
