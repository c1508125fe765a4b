"""From a line of a factor file to a record: every cell is understood, or refused by file, line and column."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from meterproof_mv.errors import FactorError
from meterproof_mv.ghg.consistency import contradictions
from meterproof_mv.ghg.factors import Factor, FactorQuantity, FactorTrust, Gas
from meterproof_mv.ghg.keys import BASES, INCLUDES_LOSSES, OFFICIAL, SECTORS
from meterproof_mv.heat_content import CalorificBasis

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,2})?")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION = re.compile(r"[1-9][0-9]{0,5}")
_REF = re.compile(f"{_ID.pattern}@{_VERSION.pattern}")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_SOURCE = frozenset({"", "-", "?", "n/a", "na", "none", "unknown", "tbd"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands.

    Parameters
    ----------
    file : str
        Name of the file.
    line : int
        Counted from 1, the header included.
    """

    file: str
    line: int

    def refusal(self, column: str, value: str, accepted: str) -> FactorError:
        """Return the error that names the place, what stands there and what is accepted."""
        return FactorError(f"{self.file}, line {self.line}, column {column!r}: {value!r}; {accepted} is accepted")


@dataclass(frozen=True, slots=True)
class Column:
    """How the cells of a column are read.

    Parameters
    ----------
    read : callable
        Returns what a cell says; ValueError when it says nothing that is accepted.
    accepted : str
        What is, for people.
    needed : bool
        Whether the column has to be there.
    """

    read: Callable[[str], Any]
    accepted: str
    needed: bool = False


def _number(text: str) -> str:
    if _NUMBER.fullmatch(text) is None or not math.isfinite(float(text)):
        raise ValueError(text)
    return text


def _form(form: re.Pattern[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if form.fullmatch(text) is None:
            raise ValueError(text)
        return text

    return read


def _source(text: str) -> str:
    if text.casefold() in _NO_SOURCE:
        raise ValueError(text)
    return text


def _words(words: Sequence[str]) -> Column:
    def read(text: str) -> str:
        if text and text not in words:
            raise ValueError(text)
        return text

    return Column(read, ", ".join([*words, "or nothing"]))


def _enum(of: type[StrEnum], *, needed: bool) -> Column:
    def read(text: str) -> StrEnum | None:
        return of(text) if text or needed else None

    return Column(read, ", ".join([*of, *([] if needed else ["or nothing"])]), needed)


def _optional(read: Callable[[str], Any], nothing: object) -> Callable[[str], Any]:
    return lambda text: read(text) if text else nothing


_TEXT = Column(str, "any text")
_DAY = Column(
    _optional(lambda text: date.fromisoformat(_form(_ISO_DAY)(text)), None), "a day such as 2026-01-31, or nothing,"
)
_AMOUNT = "a number of 0 or more with a decimal point, such as 74100 or 0.4119,"

COLUMNS: Mapping[str, Column] = {
    "factor_id": Column(_form(_ID), "a name of letters, digits, dots, dashes and underscores", needed=True),
    "version": Column(lambda text: int(_form(_VERSION)(text)), "a whole number from 1", needed=True),
    "value": Column(_number, _AMOUNT, needed=True),
    "unit": Column(str, "a unit", needed=True),
    "quantity": _enum(FactorQuantity, needed=True),
    "carrier": Column(str, "a fuel, electricity, steam or material", needed=True),
    "publisher": Column(_source, "who published the number", needed=True),
    "document": Column(_source, "the document that prints the number", needed=True),
    "edition": Column(str, "any text", needed=True),
    "page_or_table": Column(str, "any text", needed=True),
    "trust": _enum(FactorTrust, needed=True),
    "gas": _enum(Gas, needed=False),
    "gwp_set": _TEXT,
    "sector": _words(tuple(SECTORS)),
    "region": _TEXT,
    "basis": _words(tuple(BASES)),
    "includes_losses": _words(INCLUDES_LOSSES),
    "calorific_basis": _enum(CalorificBasis, needed=False),
    "biogenic": Column({"yes": True, "no": False, "": False}.__getitem__, "yes, no or nothing"),
    "reference_year": _TEXT,
    "reference_days": _TEXT,
    "valid_from": _DAY,
    "valid_to": _DAY,
    "official": _words(OFFICIAL),
    "uncertainty_low": Column(_optional(_number, ""), _AMOUNT + " or nothing"),
    "uncertainty_high": Column(_optional(_number, ""), _AMOUNT + " or nothing"),
    "uncertainty_kind": _TEXT,
    "checked_by": _TEXT,
    "checked_on": _DAY,
    "supersedes": Column(_optional(_form(_REF), ""), "a record as id@version, or nothing,"),
    "note": _TEXT,
}
"""Every column of a factor file: the fields of `Factor`."""


def factor_from(cells: Mapping[str, str], place: Place) -> Factor:
    """Return the record of one line.

    Parameters
    ----------
    cells : mapping of column to text
        Each needed column is there, and none that is unknown.
    place : Place
        For errors.

    Raises
    ------
    FactorError
        When a cell, or what the cells say together, is not accepted; without publisher or document always.
    """
    read = {name: _read(name, text.strip(), place) for name, text in cells.items()}
    factor = Factor(**read)
    for found in contradictions(factor):
        raise place.refusal(found.field, cells.get(found.field, ""), found.accepted)
    return factor


def _read(name: str, text: str, place: Place) -> Any:  # noqa: ANN401 - each column has its own type
    column = COLUMNS[name]
    try:
        return column.read(text)
    except (ValueError, KeyError) as error:
        raise place.refusal(name, text, column.accepted) from error
