"""What a reviewer must know about bills before their months are compared with anything."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from meterproof_mv.billing import BillFlaw, Days, IntArray, ReadBills
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.thresholds import Threshold, Trust

_CALTRACK = "CalTRACK"
_SHORTEST = Threshold("bill_days_least", 25, _CALTRACK, "", Trust.VERIFIED, "days of a bill")
_LONGEST = Threshold("bill_days_most", 35, _CALTRACK, "", Trust.VERIFIED, "days of a monthly bill")
_LONGEST_BIMONTHLY = Threshold(
    "bill_days_most_bimonthly", 70, _CALTRACK, "", Trust.VERIFIED, "days of a bimonthly bill, or with estimated ones"
)
_OWN = "meterproof"
_FEWEST_BILLS = 0.75  # of the periods that are made of them: below it degrees of freedom are invented
_NAMED = 3
"""So many examples stand in a message; the data name all of them."""

_FLAWS: Mapping[BillFlaw, tuple[str, Severity, str]] = {
    BillFlaw.AMOUNT_MISSING: ("bill_without_amount", Severity.WARNING, "without an amount; their days are not covered"),
    BillFlaw.NEGATIVE: (
        "negative_use",
        Severity.REFUSAL,
        "with negative use: such a bill corrects others that are then wrong too; its days are not covered",
    ),
    BillFlaw.ESTIMATED: (
        "estimated_without_read",
        Severity.WARNING,
        "estimated and no read followed; their days are not covered",
    ),
}


def bill_findings(bills: ReadBills) -> Iterator[Finding]:
    """Yield what the bills themselves say."""
    if bills.misplaced:
        message = f"{bills.misplaced} breaks the order of the read dates; the bills were put in order: check its date"
        yield Finding("bills_out_of_order", Severity.WARNING, message, _OWN, {"bill": bills.misplaced})
    if bills.undated:
        message = f"{_listed(bills.undated)}: no read before is known, so that it only dates the next bill"
        yield Finding("first_bill_undated", Severity.INFO, message, _OWN, {"bills": list(bills.undated)})
    yield from _flaws(bills)
    yield from _merges(bills)
    yield from _lengths(bills)
    yield from _gaps(bills)


def _flaws(bills: ReadBills) -> Iterator[Finding]:
    for flaw, (code, severity, told) in _FLAWS.items():
        found = np.flatnonzero(bills.flaw == flaw)
        if len(found):
            message = f"{_count(len(found), 'bill')} {told}: {_listed([_dated(bills, one) for one in found])}"
            yield Finding(code, severity, message, _OWN, _data(bills, found))


def _merges(bills: ReadBills) -> Iterator[Finding]:
    found = np.flatnonzero((bills.first_row != bills.last_row) & (bills.flaw != BillFlaw.ESTIMATED))
    if len(found):
        listed = _listed([_dated(bills, one) for one in found])
        message = f"estimated bills were added to the next read, {_count(len(found), 'time')}: {listed}"
        yield Finding("estimated_merged", Severity.INFO, message, _OWN, _data(bills, found))


def _lengths(bills: ReadBills) -> Iterator[Finding]:
    days = (bills.end - bills.start).astype(np.int64)
    if not len(days):
        return
    bimonthly = bool(np.median(days) > _LONGEST.value)
    limit = _LONGEST_BIMONTHLY if bimonthly else _LONGEST
    most = np.where(bills.first_row != bills.last_row, _LONGEST_BIMONTHLY.value, limit.value)
    found = np.flatnonzero((days < _SHORTEST.value) | (days > most))
    if len(found):
        listed = _listed([f"{_dated(bills, one)} ({days[one]} days)" for one in found])
        usual = f"{_SHORTEST.value:g} to {limit.value:g} days"
        message = f"{_count(len(found), 'bill')} of {len(days)} not of {usual}: {listed}"
        data = {**_data(bills, found), "days": days[found].tolist(), "bimonthly": bimonthly}
        yield Finding("bill_period_length", Severity.WARNING, message, limit.clause, data)


def _gaps(bills: ReadBills) -> Iterator[Finding]:
    missing = (bills.start[1:] - bills.end[:-1]).astype(np.int64)
    found = np.flatnonzero(missing)
    if not len(found):
        return
    listed = _listed([f"{bills.end[one]} to {bills.start[one + 1]}" for one in found])
    message = f"{missing.sum()} days lie between bills and are not covered: {listed}"
    if len(found) > 1 and (missing[found] == 1).all():
        message += "; each is one day, as when the last day of a bill is written as its end"
    data = {
        "start": bills.end[:-1][found].astype(str).tolist(),
        "end": bills.start[1:][found].astype(str).tolist(),
        "days": missing[found].tolist(),
    }
    yield Finding("bill_gap", Severity.WARNING, message, _OWN, data)


def period_findings(start: Days, covered: IntArray, days: IntArray, *, bills: int) -> Iterator[Finding]:
    """Yield what the periods say.

    Parameters
    ----------
    start : (k,) datetime64[D]
        First day of each period.
    covered, days : (k,) int64
        Days of it that bills cover, and all its days.
    bills : int
        How many bills the periods that are covered whole come from.
    """
    found = np.flatnonzero(covered < days)
    if len(found):
        listed = _listed([f"{start[one]} ({covered[one]} of {days[one]} days covered)" for one in found])
        message = f"{_count(len(found), 'period')} of {len(days)} not given: {listed}"
        data = {"start": start[found].astype(str).tolist(), "covered": covered[found].tolist()}
        yield Finding("period_incomplete", Severity.INFO, message, _OWN, {**data, "days": days[found].tolist()})
    given = len(days) - len(found)
    if bills < given:
        message = (
            f"{given} periods come from {_count(bills, 'bill')}: neighbours share a bill, "
            "so that they say less than their number and statistics look better than they are"
        )
        severity = Severity.REFUSAL if bills < _FEWEST_BILLS * given else Severity.WARNING
        yield Finding("bills_fewer_than_periods", severity, message, _OWN, {"periods": given, "bills": bills})


def _dated(bills: ReadBills, one: np.intp) -> str:
    return f"{bills.name(int(one))} from {bills.start[one]} to {bills.end[one]}"


def _data(bills: ReadBills, found: npt.NDArray[np.intp]) -> dict[str, list[str]]:
    return {
        "bills": [bills.name(int(one)) for one in found],
        "start": bills.start[found].astype(str).tolist(),
        "end": bills.end[found].astype(str).tolist(),
    }


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _listed(things: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(things[:_NAMED])
    return shown if len(things) <= _NAMED else f"{shown} and {len(things) - _NAMED} more"
