"""Findings about the rows behind a statement: which are not known whole, and whether they are too many."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_mv.completeness import too_many_missing
from meterproof_mv.dossier.calendar import Calendar
from meterproof_mv.dossier.plan import Period, Plan
from meterproof_mv.dossier.vocabulary import Grain
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.models.sufficiency import measured
from meterproof_mv.thresholds import THRESHOLDS

FloatArray = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]
Stretch = tuple[str, str]
_MOST_RANGES = 6
_WORDS = {Grain.DAY: "days", Grain.MONTH: "months"}


def row_findings(amount: FloatArray, calendar: Calendar, plan: Plan, driver: str = "") -> Iterator[Finding]:
    """Yield what is not known of a plan's two periods, by date.

    Parameters
    ----------
    amount : (k,) float64
        Of each row; NaN where not known whole.
    calendar : Calendar
        The rows.
    plan : Plan
        Whose periods are looked at.
    driver : str
        Name of the driver that the amounts belong to; empty for the stream itself.
    """
    for name, period in (("baseline", plan.baseline), ("reporting", plan.reporting)):
        yield from _of_period(amount, calendar, (name, period), driver)


def together_findings(
    columns: Sequence[npt.NDArray[Any]], told: Sequence[Finding], calendar: Calendar, plan: Plan
) -> Iterator[Finding]:
    """Yield a refusal where use and drivers together leave too few rows, though none of them alone does.

    Parameters
    ----------
    columns : sequence of (k,) arrays
        The use, and each driver; NaN where not known whole.
    told : sequence of Finding
        What was found of each of them.
    calendar, plan
        As `row_findings` takes them.
    """
    lost = [np.isnan(column) for column in columns if column.dtype != object]
    for name, period in (("baseline", plan.baseline), ("reporting", plan.reporting)):
        rows = calendar.rows(period)
        exists = np.diff(calendar.edges_ms)[rows] > 0
        count, of = int((np.logical_or.reduce(lost)[rows] & exists).sum()), int(exists.sum())
        refused = any(f.severity is Severity.REFUSAL and name in str(f.data.get("period")) for f in told)
        if refused or not count or not too_many_missing(count, of):
            continue
        words, limit = _WORDS[calendar.grain], THRESHOLDS["missing_share"].value
        message = (
            f"{name} period: use and drivers together are known of {of - count} of {of} {words}, "
            f"and a claim allows {limit:.1%} to be missing"
        )
        data = {"period": f"together {name}", "count": count, words: of}
        yield measured("missing_share", "rows_incomplete", Severity.REFUSAL, message, **data)


def _of_period(amount: FloatArray, calendar: Calendar, named: tuple[str, Period], driver: str) -> Iterator[Finding]:
    name, rows = named[0], calendar.rows(named[1])
    exists = np.diff(calendar.edges_ms)[rows] > 0  # a date that the zone left out lacks nothing
    lacking = np.isnan(amount[rows]) & exists
    count, of = int(lacking.sum()), int(exists.sum())
    if not count:
        return
    words = _WORDS[calendar.grain]
    known = "metered whole" if calendar.grain is Grain.DAY and not driver else "known whole"
    who = f"driver {driver}, {name} period" if driver else f"{name} period"
    ranges = stretches(calendar.day[rows][lacking], calendar.end[rows][lacking], calendar.grain)
    code = "driver_incomplete" if driver else f"{words}_incomplete"
    # what concerns a driver has a topic of its own beside what concerns the use
    data = {"period": f"{driver} {name}".strip(), "count": count, words: of, "ranges": [list(pair) for pair in ranges]}
    if count == of:
        message = f"{who}: none of its {of} {words} was {known}: {_text(ranges)}"
        lost = "driver_missing" if driver else f"{name}_missing"
        yield Finding(lost, Severity.REFUSAL, message, "meterproof", data)
        return
    message = f"{who}: {count} of {of} {words} were not {known}"
    if not too_many_missing(count, of):
        yield Finding(code, Severity.WARNING, f"{message}: {_text(ranges)}", "meterproof", data)
        return
    message = f"{message}, and a claim allows {THRESHOLDS['missing_share'].value:.1%} at most: {_text(ranges)}"
    yield measured("missing_share", code, Severity.REFUSAL, message, **data)


def stretches(day: Days, end: Days, grain: Grain) -> list[Stretch]:
    """Return the first and last row of each run of rows that follow each other, as people write them.

    Examples
    --------
    >>> day = np.array(["2018-01-01", "2018-01-02", "2018-01-04"], "datetime64[D]")
    >>> stretches(day, day + 1, Grain.DAY)
    [('2018-01-01', '2018-01-02'), ('2018-01-04', '2018-01-04')]
    """
    unit = "D" if grain is Grain.DAY else "M"
    found: list[Stretch] = []
    follows = np.concatenate([[False], day[1:] == end[:-1]])
    for begin, goes_on in zip(day.astype(f"datetime64[{unit}]").astype(str).tolist(), follows.tolist(), strict=True):
        found[-1:] = [(found[-1][0], begin)] if goes_on else [*found[-1:], (begin, begin)]
    return found


def _text(ranges: Sequence[Stretch]) -> str:
    shown = [first if first == last else f"{first} to {last}" for first, last in ranges[:_MOST_RANGES]]
    left = len(ranges) - len(shown)
    return ", ".join(shown) + (f" and {left} further stretches" if left else "")
