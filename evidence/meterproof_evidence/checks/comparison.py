"""Compares what is stated with what was computed again, and names each difference by its place."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from meterproof_evidence.errors import BundleError
from meterproof_evidence.plain_table import read_text_table

RELATIVE_TOLERANCE = 1e-9  # processors and libraries of linear algebra differ in the last digits only
_ABSOLUTE_TOLERANCE = 1e-12  # where a figure is rounding itself, such as a bias of zero


def differences(stated: Any, recomputed: Any, place: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the differences between two JSON values: numbers within the tolerance, everything else exactly.

    Examples
    --------
    >>> list(differences({"a": [1.0, 2.0]}, {"a": [1.0, 2.5]}))
    ['a[1]: stated 2.0, recomputed 2.5']
    """
    if isinstance(stated, dict) and isinstance(recomputed, dict):
        for name in sorted({*stated, *recomputed}):
            yield from _keyed(stated, recomputed, name, f"{place}.{name}" if place else name)
    elif isinstance(stated, list) and isinstance(recomputed, list):
        if len(stated) != len(recomputed):
            yield f"{place}: stated {len(stated)} entries, recomputed {len(recomputed)}"
        for row, (one, other) in enumerate(zip(stated, recomputed, strict=False)):
            yield from differences(one, other, f"{place}[{row}]")
    elif not _same(stated, recomputed):
        yield f"{place}: stated {_shown(stated)}, recomputed {_shown(recomputed)}"


def _keyed(stated: Mapping[str, Any], recomputed: Mapping[str, Any], name: str, place: str) -> Iterator[str]:
    if name not in stated:
        yield f"{place}: not stated, recomputed {_shown(recomputed[name])}"
    elif name not in recomputed:
        yield f"{place}: stated {_shown(stated[name])}, nothing of the kind is computed"
    else:
        yield from differences(stated[name], recomputed[name], place)


def _same(one: object, other: object) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return _close(one, other)
    return type(one) is type(other) and one == other


def _close(one: float, other: float) -> bool:
    try:
        return math.isclose(one, other, rel_tol=RELATIVE_TOLERANCE, abs_tol=_ABSOLUTE_TOLERANCE)
    except OverflowError:  # a whole number beyond every double
        return one == other


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def cell_differences(path: str, stated: bytes, recomputed: bytes) -> Iterator[str]:
    """Yield the differences between two CSV files, by line and column; numbers within the tolerance."""
    try:
        rows = [fields for _, fields in read_text_table(path, stated)]
    except BundleError as error:
        yield str(error)
        return
    expected = [fields for _, fields in read_text_table(path, recomputed)]
    if len(rows) != len(expected):
        yield f"{path}: stated {len(rows)} lines, recomputed {len(expected)}"
    for line, (row, other) in enumerate(zip(rows, expected, strict=False), start=1):
        if row == other:
            continue
        if len(row) != len(other):
            yield f"{path} line {line}: stated {len(row)} fields, recomputed {len(other)}"
        for name, cell, right in zip(expected[0], row, other, strict=False):
            if not _same_cell(cell, right):
                yield f"{path} line {line} {name}: stated {_shown(cell)}, recomputed {_shown(right)}"


def _same_cell(one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return _close(float(one), float(other))
    except ValueError:
        return False
