"""Reads the CSV files of ``meterproof mv``: start, end, then numbers and categories. Every error names its line."""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from meterproof_core.errors import DataError

Column = npt.NDArray[np.float64] | npt.NDArray[np.object_]

_LARGEST = 1e50
"""Beyond it squares and their sums leave the range of a float64, and no plant uses that much of anything."""


@dataclass(frozen=True, slots=True, eq=False)
class MvTable:
    """The columns that an analysis asked for.

    Parameters
    ----------
    start, end : (n,) datetime64[ms]
        Half-open [start, end) of each row, UTC where the file gave a zone.
    energy : (n,) float64
        Use in each row, NaN where the cell is empty [the column's unit].
    drivers : mapping of name to (n,) float64 or text
        Text columns are categories; an empty cell is NaN or None.
    """

    start: npt.NDArray[np.datetime64]
    end: npt.NDArray[np.datetime64]
    energy: npt.NDArray[np.float64]
    drivers: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: Mapping[str, str]


def read_table(path: Path, *, energy: str, drivers: Sequence[str]) -> MvTable:
    """Return the wanted columns of a file.

    Parameters
    ----------
    path : Path
        CSV with a header, columns ``start`` and ``end`` (ISO 8601) and the wanted ones; a byte-order mark is accepted.
    energy : str
        Column of use; every cell a number or empty.
    drivers : sequence of str
        Columns of the drivers.

    Raises
    ------
    DataError
        When the file or a column is missing, or a cell cannot be read; the message names line, column and value.
    """
    if energy in drivers:
        raise DataError(f"{path}: column {energy!r} is the use and cannot explain itself; take it out of the drivers")
    lines = _lines(path, ["start", "end", energy, *drivers])
    start = [_instant(path, line, "start") for line in lines]
    end = [_instant(path, line, "end") for line in lines]
    _check_periods(path, lines, start, end)
    return MvTable(
        start=np.array(start, "datetime64[ms]"),
        end=np.array(end, "datetime64[ms]"),
        energy=_numbers(path, lines, energy),
        drivers={name: _column(path, lines, name) for name in drivers},
    )


def _lines(path: Path, wanted: Sequence[str]) -> list[_Line]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(_checked(path, csv.reader(file, strict=True), wanted))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{path}: {error}") from error
    if not lines:
        raise DataError(f"{path}: no rows below the header")
    return lines


def _checked(path: Path, reader: Iterator[list[str]], wanted: Sequence[str]) -> Iterator[_Line]:
    header = [name.strip() for name in next(reader, [])]
    absent = [name for name in wanted if name not in header]
    if absent:
        there = ", ".join(header) or "none: the file is empty"
        raise DataError(f"{path}: line 1: column {absent[0]!r} is missing; there are {there}")
    twice = [name for name in wanted if header.count(name) > 1]
    if twice:
        raise DataError(f"{path}: line 1: column {twice[0]!r} is there twice; one of each name is accepted")
    for cells in reader:
        number = reader.line_num  # type: ignore[attr-defined]  # typeshed's Iterator hides the csv reader
        if not cells:
            continue
        if len(cells) != len(header):
            raise DataError(f"{path}: line {number}: {len(cells)} cells under {len(header)} columns")
        yield _Line(number, {name: cell.strip() for name, cell in zip(header, cells, strict=True)})


def _instant(path: Path, line: _Line, column: str) -> datetime:
    text = line.cells[column]
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        accepted = "ISO 8601 such as 2024-01-31 or 2024-01-31T06:00Z is accepted"
        raise DataError(f"{path}: line {line.number}: {column} {text!r} is no time; {accepted}") from error
    return instant if instant.tzinfo is None else instant.astimezone(UTC)


def _check_periods(path: Path, lines: Sequence[_Line], start: list[datetime], end: list[datetime]) -> None:
    zoned = [instant.tzinfo is not None for pair in zip(start, end, strict=True) for instant in pair]
    if len(set(zoned)) > 1:
        raise DataError(f"{path}: some times have a zone and some have none; all or none is accepted")
    start[:] = [instant.replace(tzinfo=None) for instant in start]
    end[:] = [instant.replace(tzinfo=None) for instant in end]
    for line, first, last in zip(lines, start, end, strict=True):
        if last <= first:
            raise DataError(f"{path}: line {line.number}: end {last} is not after start {first}")
    order = sorted(range(len(lines)), key=start.__getitem__)
    for one, other in pairwise(order):
        if start[other] < end[one]:
            raise DataError(
                f"{path}: line {lines[other].number} starts {start[other]}, before line {lines[one].number} ends "
                f"{end[one]}; rows may not overlap"
            )


def _numbers(path: Path, lines: Sequence[_Line], column: str) -> npt.NDArray[np.float64]:
    return np.array([_number(path, line, column) for line in lines], dtype=float)


def _number(path: Path, line: _Line, column: str) -> float:
    text = line.cells[column]
    if not text:
        return math.nan
    value = _parsed(text)
    if value is not None and math.isfinite(value) and abs(value) > _LARGEST:
        raise DataError(f"{path}: line {line.number}: {column} {text!r} is too large; at most {_LARGEST:g} is accepted")
    if value is None or not math.isfinite(value):
        accepted = "a finite number with a decimal point, or nothing where it is missing, is accepted"
        raise DataError(f"{path}: line {line.number}: {column} {text!r} is not a number; {accepted}")
    return value


def _parsed(text: str) -> float | None:
    if "_" in text:  # Python reads 1_000 as a number; a person would not
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _column(path: Path, lines: Sequence[_Line], name: str) -> Column:
    """Return numbers, or a category when no cell of the column is a number."""
    cells = [line.cells[name] for line in lines]
    if any(cells) and all(_parsed(cell) is None for cell in cells if cell):
        return np.array([cell or None for cell in cells], dtype=object)
    return _numbers(path, lines, name)
