"""Instants as people and loggers write them: what the clock on the wall showed, and its offset where it is written."""

import re
from datetime import date, datetime, timedelta

from meterproof_api.importing import dates
from meterproof_api.importing.problems_of_file import CellError

DAY_MS = 86_400_000  # exact
_CLOCK = re.compile(
    r"(.+?)(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - counted on the clock on the wall
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_NOISE_MS = 5  # a sheet keeps instants as fractions of days, so that seconds are not quite whole
_ACCEPTED = "2025-03-31 14:15 is accepted, with an offset such as +07:00 where it is known"

Shown = tuple[int, int | None]
"""What the clock showed, counted as if it were UTC [ms since 1970-01-01], and how far it is ahead of UTC [ms]."""


def shown_instant(cell: object, *, day_first: bool | None, serial_1904: bool | None = None) -> Shown:
    """Return what a cell says the clock showed.

    Parameters
    ----------
    cell : object
        Text, or an instant, a date or a serial number from a sheet.
    day_first : bool or None
        Whether 03/04/2025 is in April; None refuses it.
    serial_1904 : bool or None
        The system of serial numbers of a workbook; None where numbers are no instants.

    Raises
    ------
    CellError
        When it is empty, no instant, or could be two.

    Examples
    --------
    >>> shown_instant("1970-01-01 24:00", day_first=None), shown_instant("1970-01-01T00:15+01:00", day_first=None)
    ((86400000, None), (900000, 3600000))
    """
    if isinstance(cell, str):
        return _of_text(cell.strip(), day_first)
    if isinstance(cell, datetime):
        return _whole_seconds(cell - _EPOCH), None
    if isinstance(cell, float) and serial_1904 is not None:
        days = dates.day(int(cell // 1), day_first=day_first, serial_1904=serial_1904)
        return _day_ms(days) + _whole_seconds(timedelta(days=cell % 1)), None
    return _day_ms(dates.day(cell, day_first=day_first, serial_1904=serial_1904)), None


def _of_text(text: str, day_first: bool | None) -> Shown:  # noqa: FBT001 - three-valued
    found = _CLOCK.fullmatch(text)
    if not found:
        if ":" in text:
            raise CellError(f"is no instant; {_ACCEPTED}")
        return _day_ms(dates.day(text, day_first=day_first)), None
    on, hours, minutes, seconds, fraction, half, offset = found.groups()
    shown = _day_ms(dates.day_of_text(on, day_first))
    hour = _hour(int(hours), half)
    minute, second = int(minutes), int(seconds or 0)
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        raise CellError(f"is no time of day; {_ACCEPTED}")
    shown += ((hour * 60 + minute) * 60 + second) * 1000
    return shown + (int(fraction[:3].ljust(3, "0")) if fraction else 0), _offset_ms(offset) if offset else None


def _hour(hour: int, half: str | None) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise CellError(f"is no time of day; {_ACCEPTED}")
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _offset_ms(text: str) -> int:
    if text == "Z":
        return 0
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return minutes * (-60_000 if text[0] == "-" else 60_000)


def _day_ms(day: date) -> int:
    return (day.toordinal() - _EPOCH_ORDINAL) * DAY_MS


def _whole_seconds(span: timedelta) -> int:
    ms = round(span / timedelta(milliseconds=1))
    whole = round(ms / 1000) * 1000
    return whole if abs(ms - whole) <= _NOISE_MS else ms
