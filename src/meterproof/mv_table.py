"""Reads the CSV files of ``meterproof mv``: start, end, then numbers and categories. Every error names its line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from meterproof.mv_csv import Line, Sheet, read_lines
from meterproof_core.errors import DataError

Column = npt.NDArray[np.float64] | npt.NDArray[np.object_]


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
    header, lines = read_lines(path, ["start", "end", energy, *drivers])
    sheet = Sheet(path, header, lines)
    start = [_instant(path, line, "start") for line in lines]
    end = [_instant(path, line, "end") for line in lines]
    _check_periods(path, lines, start, end)
    return MvTable(
        start=np.array(start, "datetime64[ms]"),
        end=np.array(end, "datetime64[ms]"),
        energy=_numbers(sheet, energy),
        drivers={name: _column(sheet, name) for name in drivers},
    )


def _instant(path: Path, line: Line, column: str) -> datetime:
    text = line.cells[column]
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        accepted = "ISO 8601 such as 2024-01-31 or 2024-01-31T06:00Z is accepted"
        raise DataError(f"{path}: line {line.number}: {column} {text!r} is no time; {accepted}") from error
    return instant if instant.tzinfo is None else instant.astimezone(UTC)


def _check_periods(path: Path, lines: Sequence[Line], start: list[datetime], end: list[datetime]) -> None:
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


def _column(sheet: Sheet, name: str) -> Column:
    """Return numbers, or a category when no cell of the column is a number."""
    cells = [line.cells[name] for line in sheet.lines]
    if any(cells) and all(sheet.parsed(cell) is None for cell in cells if cell):
        return np.array([cell or None for cell in cells], dtype=object)
    return _numbers(sheet, name)


def _numbers(sheet: Sheet, column: str) -> npt.NDArray[np.float64]:
    return np.array([sheet.number(line, column) for line in sheet.lines], dtype=float)
