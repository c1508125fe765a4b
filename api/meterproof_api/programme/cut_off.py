"""The cut-off date as people write it, in an address or on a command line."""

import re
from datetime import date

from meterproof_core.errors import DataError

_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def cut_off_of(text: str | None) -> date | None:
    """Return a cut-off date; None where none is given.

    Raises
    ------
    DataError
        When it is no date.

    Examples
    --------
    >>> cut_off_of("2026-12-31")
    datetime.date(2026, 12, 31)
    """
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) if _FORM.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise DataError(f"{text!r} is no date; use YYYY-MM-DD, such as 2026-12-31")
    if day == date.max:
        raise DataError(f"{text!r} has no day after it; use an earlier one")
    return day
