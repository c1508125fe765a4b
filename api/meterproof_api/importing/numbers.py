"""Numbers as people write them, read only where they can mean one thing: a misread comma is a factor of a thousand."""

import math
import re
from collections.abc import Iterable
from functools import lru_cache

from meterproof_api.importing.problems_of_file import CellError

_LARGEST = 1e15
_SPACES = " \u00a0\u2009\u202f'\u2019"
_MINUS = str.maketrans({"\u2212": "-"})


def _plain(point: str) -> re.Pattern[str]:
    mark = re.escape(point)
    return re.compile(rf"[+-]?(?:\d+(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def _grouped(point: str, other: str) -> re.Pattern[str]:
    mark, parting = re.escape(point), _SPACES + re.escape(other)
    return re.compile(rf"[+-]?[1-9]\d{{0,2}}([{parting}])\d{{3}}(?:\1\d{{3}})*(?:{mark}\d*)?", re.ASCII)


_OTHER = {".": ",", ",": "."}
_PLAIN = {point: _plain(point) for point in _OTHER}
_GROUPED = {point: _grouped(point, other) for point, other in _OTHER.items()}
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_POINTED = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,3}", re.ASCII)
_WHICH = "say which decimal mark the file uses (--decimal-point or --decimal-comma)"
UNSURE = "?"
"""In the place of a decimal mark: no figure of the column tells whether its points are decimal or part thousands."""


def decimal_mark(cells: Iterable[object], decimal: str | None, delimiter: str) -> str | None:
    """Return the decimal mark of a column, `UNSURE` where it cannot be told.

    A file whose cells are parted by semicolons mostly comes from where the comma is the decimal mark; there ``1.234``
    may be a thousand. One figure that can only be read one way settles it.

    Parameters
    ----------
    cells : iterable of object
        Of the column.
    decimal : str or None
        What was said of the file.
    delimiter : str
        Between its cells.

    Examples
    --------
    >>> decimal_mark(["1.234", "35.120"], None, ";"), decimal_mark(["1.234", "35.1"], None, ";")
    ('?', None)
    """
    if decimal is not None or delimiter != ";":
        return decimal
    texts = [cell.strip().translate(_MINUS) for cell in cells if isinstance(cell, str) and cell.strip()]
    pointed = [text for text in texts if _POINTED.fullmatch(text)]
    unsure = pointed and all(_POINTED.fullmatch(text) or _WHOLE.fullmatch(text) for text in texts)
    return UNSURE if unsure else None


def number(cell: object, decimal: str | None) -> float:
    """Return the number in a cell.

    Parameters
    ----------
    cell : object
        Text, or a number from a sheet.
    decimal : str or None
        ``.`` or ``,``; None: a point, and what a comma could divide either way is refused.

    Raises
    ------
    CellError
        When it is empty, no number, or could be two.

    Examples
    --------
    >>> number("1 234,5", ","), number("1,234.5", "."), number(" 12 ", None)
    (1234.5, 1234.5, 12.0)
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _finite(float(cell))
    if cell is None or isinstance(cell, str):
        return _finite(float(plain_number(cell or "", decimal)))
    raise CellError("is no number; a number such as 1234.5 is accepted")


def plain(cell: object, decimal: str | None) -> str:
    """Return the number in a cell as text with a decimal point, and with every digit that was written.

    Raises
    ------
    CellError
        When it is empty, no number, or could be two.
    """
    number(cell, decimal)
    return plain_number(cell, decimal) if isinstance(cell, str) else str(cell)


@lru_cache(maxsize=4096)
def plain_number(text: str, decimal: str | None) -> str:
    """Return a written number with a decimal point and without separators of thousands.

    Raises
    ------
    CellError
        When it is empty, no number, or could be two.
    """
    point = decimal if decimal in _OTHER else "."
    stripped = text.strip().translate(_MINUS)
    if not stripped:
        raise CellError("is empty; a number is needed here")
    if decimal in (None, UNSURE) and _EITHER.fullmatch(stripped):
        raise CellError(f"could be thousands or a decimal comma; {_WHICH}")
    if decimal == UNSURE and _POINTED.fullmatch(stripped):
        raise CellError(f"could be thousands or a decimal point; {_WHICH}")
    if _PLAIN[point].fullmatch(stripped):
        return stripped.replace(point, ".")
    grouped = _GROUPED[point].fullmatch(stripped)
    if grouped:
        return stripped.replace(grouped[1], "").replace(point, ".")
    raise CellError(_why(stripped, point))


def _why(text: str, point: str) -> str:
    other = _OTHER[point]
    if text.startswith("#"):
        return "is an error of the spreadsheet; a number is accepted"
    if _PLAIN[other].fullmatch(text) or _GROUPED[other].fullmatch(text):
        called = {".": "point", ",": "comma"}[other]
        return f'has a decimal {called}, but "{point}" is expected; say that the file\'s decimal mark is "{other}"'
    if re.search(r"[^\W\d]|%", text):
        return "is no number; write the figure alone, such as 1234.5, and its unit in a column of its own"
    return f"is no number; 1234{point}5 is accepted, and thousands parted by a space, an apostrophe or '{other}'"


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise CellError("is no finite number; leave the cell empty where nothing is known")
    if abs(value) > _LARGEST:
        raise CellError(f"is too large; up to {_LARGEST:g} is accepted, in whatever unit")
    return value
