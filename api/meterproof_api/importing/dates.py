"""Days, weeks and months as people write them; a date that could be two days is refused, never guessed."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from meterproof_api.importing.problems_of_file import CellError

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
"""The days that are accepted: what lies outside is a slip of the pen."""

_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})(\d{2})(\d{2})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_NAMED = re.compile(r"(\d{1,2})[-. ]+([A-Za-z]{3,9})[-., ]+(\d{4})", re.ASCII)
_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{4})|([A-Za-z]{3,9})[-., ]+(\d{4})", re.ASCII)
_WEEK = re.compile(r"(\d{4})-?[Ww](\d{2})", re.ASCII)
_MIDNIGHT = re.compile(r"[T ]+0?0:00(?::00(?:\.0+)?)?$", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_ACCEPTED = "2025-03-31 is accepted, and 31/03/2025 where the file's dates are said to be day first"
_PERIODS = "a day (2025-03-31), a week (2025-W14) or a month (2025-03) is accepted"
_FIRST_SERIAL, _LAST_SERIAL = 25_569, 109_574  # FIRST_DAY and LAST_DAY counted from 1899-12-30
_EPOCH_1900 = date(1899, 12, 30)  # day 0 of the 1900 system from 1900-03-01 on
_EPOCH_1904_SHIFT = 1462  # days from there to 1904-01-01, day 0 of the other system


def day(cell: object, *, day_first: bool | None, serial_1904: bool | None = None) -> date:
    """Return the day in a cell.

    Parameters
    ----------
    cell : object
        Text, or a date, an instant at midnight or a serial number from a sheet.
    day_first : bool or None
        Whether 03/04/2025 is in April; None refuses it.
    serial_1904 : bool or None
        The system of serial numbers of a workbook; None where numbers are no dates.

    Raises
    ------
    CellError
        When it is empty, no day, or could be two.

    Examples
    --------
    >>> day("03/04/2025", day_first=True), day("20250403", day_first=None)
    (datetime.date(2025, 4, 3), datetime.date(2025, 4, 3))
    """
    if isinstance(cell, datetime):
        return _in_range(_at_midnight(cell))
    if isinstance(cell, date):
        return _in_range(cell)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and serial_1904 is not None:
        return _from_serial(cell, serial_1904=serial_1904)
    text = written(cell)
    if not text:
        raise CellError("is empty; a date is needed here")
    return day_of_text(_MIDNIGHT.sub("", text), day_first)


def period(cell: object, *, day_first: bool | None, serial_1904: bool | None = None) -> tuple[date, date]:
    """Return the first day of a day, a week or a month, and the first day behind it.

    Raises
    ------
    CellError
        When it is empty, none of them, or could be two.

    Examples
    --------
    >>> period("2024-03", day_first=None)
    (datetime.date(2024, 3, 1), datetime.date(2024, 4, 1))
    """
    found = _period_of_text(cell.strip()) if isinstance(cell, str) else None
    if found:
        return found
    try:
        first = day(cell, day_first=day_first, serial_1904=serial_1904)
    except CellError as error:
        raise CellError(str(error).replace(_ACCEPTED, _PERIODS)) from None
    return first, first + timedelta(days=1)


@lru_cache(maxsize=65_536)
def day_of_text(text: str, day_first: bool | None) -> date:  # noqa: FBT001 - a key of the cache, and three-valued
    """Return the day of a text without a time of day.

    Raises
    ------
    CellError
        When it is no day, or could be two.
    """
    found = _YEAR_FIRST.fullmatch(text)
    if found:
        year, month, of_month = (found[1], found[3], found[4]) if found[1] else (found[5], found[6], found[7])
        return _made(int(year), int(month), int(of_month))
    found = _NAMED.fullmatch(text)
    if found and _month_named(found[2]):
        return _made(int(found[3]), _month_named(found[2]), int(found[1]))
    found = _YEAR_LAST.fullmatch(text)
    if not found:
        raise CellError(f"is no date; {_ACCEPTED}")
    one, other, year = int(found[1]), int(found[3]), int(found[4])
    if one <= 12 and other <= 12 and one != other and day_first is None:
        raise CellError(
            f"could be {year}-{other:02}-{one:02} or {year}-{one:02}-{other:02}; "
            "say whether the file's dates are day first (--day-first or --month-first), or write 2025-03-31"
        )
    first = day_first if day_first is not None else one > 12
    return _made(year, *((other, one) if first else (one, other)))


def order_of(text: str) -> bool | None:
    """Return whether a date with its year last can only be day first, or only month first; None where neither shows.

    Examples
    --------
    >>> order_of("31/03/2025"), order_of("03/31/2025 14:00"), order_of("03/04/2025")
    (True, False, None)
    """
    found = _YEAR_LAST.match(text)
    if not found or (int(found[1]) > 12) == (int(found[3]) > 12):
        return None
    return int(found[1]) > 12


def written(cell: object) -> str:
    """Return a cell as text, without blanks around it."""
    return "" if cell is None else str(cell).strip()


def _period_of_text(text: str) -> tuple[date, date] | None:
    found = _WEEK.fullmatch(text)
    if found:
        try:
            monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        except ValueError:
            raise CellError(f"is no week of that year; {_PERIODS}") from None
        return _in_range(monday), monday + timedelta(days=7)
    found = _MONTH.fullmatch(text)
    if not found or (found[5] and not _month_named(found[5])):
        return None
    year = int(found[1] or found[4] or found[6])
    first = _made(year, _month_named(found[5]) if found[5] else int(found[2] or found[3]), 1)
    return first, (first + timedelta(days=31)).replace(day=1)


def _month_named(name: str) -> int:
    folded = name.casefold()
    known = folded in _MONTHS or folded in _LONG or folded == "sept"
    return _MONTHS.index(folded[:3]) + 1 if known else 0


def _made(year: int, month: int, of_month: int) -> date:
    try:
        found = date(year, month, of_month)
    except ValueError:
        raise CellError(f"is no day of the calendar; {_ACCEPTED}") from None
    return _in_range(found)


def _in_range(found: date) -> date:
    if not FIRST_DAY <= found <= LAST_DAY:
        raise CellError(f"is the year {found.year}; dates from {FIRST_DAY.year} to {LAST_DAY.year} are accepted")
    return found


def _at_midnight(instant: datetime) -> date:
    if (instant.hour, instant.minute, instant.second) != (0, 0, 0):
        raise CellError("has a time of day where a date is needed; write the date alone")
    return instant.date()


def _from_serial(serial: float, *, serial_1904: bool) -> date:
    days = serial + _EPOCH_1904_SHIFT if serial_1904 else serial
    if days != int(days) or not _FIRST_SERIAL <= days <= _LAST_SERIAL:
        raise CellError(f"is a number and no date; {_ACCEPTED}")
    return _EPOCH_1900 + timedelta(days=int(days))
