"""Whole columns of numbers and instants to text and back, every digit kept, in a few array operations.

A float is written as the shortest text that reads back as the same double, an instant as ISO 8601 in UTC. What is
read comes from strangers: a parser alone would take ``now``, ``nan`` and ``1_000`` for values.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from meterproof_evidence.errors import BundleError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
T = TypeVar("T")
_INSTANT = re.compile(r"(?:19[7-9]|2[01][0-9])[0-9]-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?Z")
_DAY = re.compile(r"(?:19[7-9]|2[01][0-9])[0-9]-[0-9]{2}-[0-9]{2}")
_FLOAT_SIGNS = frozenset("0123456789+-.eE")
_MS_PER_S = 1000  # exact


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column stands: errors name file, line and column."""

    path: str
    name: str

    def wrong(self, row: int, text: str, accepted: str) -> BundleError:
        """Return the error of a row, counted from 0 below the header."""
        return BundleError(f"{self.path} line {row + 2}: {self.name} {text[:40]!r}; {accepted} is accepted")

    def parsed(self, texts: Sequence[str], parse: Callable[[Sequence[str]], T], accepted: str) -> T:
        """Return what a parser makes of all texts at once; only when it fails, look for the line."""
        try:
            return parse(texts)
        except ValueError:
            row = next(row for row, text in enumerate(texts) if _fails(parse, text))
            raise self.wrong(row, texts[row], accepted) from None


def instants_text(ms: IntArray) -> list[str]:
    """Return instants as ISO 8601 in UTC; with milliseconds only when one of them needs some."""
    whole = not (ms % _MS_PER_S).any()
    shown = np.datetime_as_string(ms.astype("datetime64[ms]"), unit="s" if whole else "ms")
    return [f"{text}Z" for text in shown.tolist()]


def floats_text(values: FloatArray) -> list[str]:
    """Return numbers with all their digits; empty where there is none."""
    return ["" if math.isnan(value) else repr(value) for value in values.tolist()]


def instants(texts: Sequence[str], column: Column) -> IntArray:
    """Return instants [ms since 1970-01-01 UTC] as they were written by `instants_text`.

    Raises
    ------
    BundleError
        Naming the line of the first one that is none.
    """
    return column.parsed(texts, _instants, "an instant such as 2025-01-01T00:15:00Z")


def days(texts: Sequence[str], column: Column) -> npt.NDArray[np.datetime64]:
    """Return days as they were written, such as ``2025-01-31``.

    Raises
    ------
    BundleError
        Naming the line of the first one that is none.
    """
    return column.parsed(texts, _days, "a day such as 2025-01-31")


def floats(texts: Sequence[str], column: Column, *, gaps: bool = False) -> FloatArray:
    """Return numbers as they were written; NaN where a text is empty, if `gaps` may be.

    Raises
    ------
    BundleError
        Naming the line of the first one that is no finite number.
    """
    if gaps:
        return column.parsed(texts, _floats_with_gaps, "a finite number or nothing")
    return column.parsed(texts, _floats, "a finite number")


def _fails(parse: Callable[[Sequence[str]], object], text: str) -> bool:
    try:
        parse([text])
    except ValueError:
        return True
    return False


def _instants(texts: Sequence[str]) -> IntArray:
    if not all(map(_INSTANT.fullmatch, texts)):
        raise ValueError
    return np.array([text[:-1] for text in texts], "datetime64[ms]").astype(np.int64)


def _days(texts: Sequence[str]) -> npt.NDArray[np.datetime64]:
    if not all(map(_DAY.fullmatch, texts)):
        raise ValueError
    return np.array(texts, "datetime64[D]")


def _floats(texts: Sequence[str]) -> FloatArray:
    if not _FLOAT_SIGNS.issuperset("".join(texts)):
        raise ValueError
    found = np.array([float(text) for text in texts], np.float64)
    if not np.isfinite(found).all():
        raise ValueError
    return found


def _floats_with_gaps(texts: Sequence[str]) -> FloatArray:
    found = np.full(len(texts), np.nan)
    there = [row for row, text in enumerate(texts) if text]
    found[there] = _floats([texts[row] for row in there])
    return found
