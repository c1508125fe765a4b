"""Reads CSV files cell by cell, so that whatever is wrong can be told with its line and its column."""

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from meterproof_api.importing.numbers import UNSURE, decimal_mark
from meterproof_core.errors import DataError

_LARGEST = 1e50
"""Beyond it squares and their sums leave the range of a float64, and no plant uses that much of anything."""

_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+(,\d+)?|\d+(,\d+)?)")
"""Numbers with a decimal comma, with or without points that part the thousands."""

_POINT = "a finite number with a decimal point, or nothing where it is missing, is accepted"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: its number, counted from 1, and its cells by column."""

    number: int
    cells: Mapping[str, str]

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"line {self.number}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file with a header.

    Parameters
    ----------
    path : Path
        Where it was read.
    header : tuple of str
        Its columns.
    lines : tuple of Line
        At least one.
    decimal : str or None
        The decimal mark of its numbers, ``.`` or ``,``; None where nobody said it: a point, and what a point may part
        into thousands is refused.
    delimiter : str
        Between its cells.
    accepted : str
        What is told where a cell is no number.
    """

    path: Path
    header: tuple[str, ...]
    lines: tuple[Line, ...]
    decimal: str | None = None
    delimiter: str = ","
    accepted: str = _POINT
    _marks: dict[str, str | None] = field(default_factory=dict)

    def number(self, line: Line, column: str) -> float:
        """Return the number in a cell, NaN where it is empty.

        Raises
        ------
        DataError
            When it is none, or too large.
        """
        text = line.cells[column]
        if not text:
            return math.nan
        if "." in text and self.decimal_of(column) == UNSURE:
            raise self.wrong(
                line, column, "could be thousands or a decimal point; say --decimal-comma or --decimal-point"
            )
        value = self.parsed(text)
        if value is not None and math.isfinite(value) and abs(value) > _LARGEST:
            raise self.wrong(line, column, f"is too large; at most {_LARGEST:g} is accepted")
        if value is None or not math.isfinite(value):
            raise self.wrong(line, column, f"is not a number; {self.accepted}")
        return value

    def decimal_of(self, column: str) -> str | None:
        """Return the decimal mark of a column, `UNSURE` where its figures do not tell."""
        if column not in self._marks:
            cells = (line.cells[column] for line in self.lines)
            self._marks[column] = decimal_mark(cells, self.decimal, self.delimiter)
        return self._marks[column]

    def parsed(self, text: str) -> float | None:
        """Return the number that a text is, or None."""
        if self.decimal == ",":
            return float(text.replace(".", "").replace(",", ".")) if _COMMA.fullmatch(text) else None
        if "_" in text:  # Python reads 1_000 as a number; a person would not
            return None
        try:
            return float(text)
        except ValueError:
            return None

    def day(self, line: Line, column: str) -> date:
        """Return the date in a cell.

        Raises
        ------
        DataError
            When it is none in ISO 8601, or has a time of day other than midnight.
        """
        try:
            instant = datetime.fromisoformat(line.cells[column])
        except ValueError as error:
            raise self.wrong(line, column, "is no date; ISO 8601 such as 2024-01-31 is accepted") from error
        if (instant.hour, instant.minute, instant.second, instant.microsecond) != (0, 0, 0, 0) or instant.tzinfo:
            raise self.wrong(line, column, "has a time of day; bills cover whole days: a date is accepted")
        return instant.date()

    def wrong(self, line: Line, column: str, why: str) -> DataError:
        """Return the error of a cell."""
        return DataError(f"{self.path}: {line.name}: {column} {line.cells[column]!r} {why}")

    def need(self, *columns: str) -> None:
        """Check that columns are there, each once.

        Raises
        ------
        DataError
            Naming the first that is not.
        """
        check_header(self.path, self.header, columns)


def read_sheet(path: Path, *, decimal: str | None, accepted: str) -> Sheet:
    """Return a file whose cells are separated by commas, or by semicolons or tabs where the header has those.

    Raises
    ------
    DataError
        When it cannot be read or has no rows.
    """
    header, lines, delimiter = _read(path, (), delimiters=",;\t")
    return Sheet(path, header, lines, decimal=decimal, delimiter=delimiter, accepted=accepted)


def read_lines(path: Path, wanted: Sequence[str], *, delimiters: str = ",") -> tuple[tuple[str, ...], tuple[Line, ...]]:
    """Return header and lines of a file, without blank lines and with cells stripped.

    Raises
    ------
    DataError
        When the file or a wanted column is missing, or a line has too many or too few cells.
    """
    header, lines, _ = _read(path, wanted, delimiters=delimiters)
    return header, lines


def _read(path: Path, wanted: Sequence[str], *, delimiters: str) -> tuple[tuple[str, ...], tuple[Line, ...], str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            delimiter = max(delimiters, key=first.count)
            header, lines = _checked(path, csv.reader(file, strict=True, delimiter=delimiter), wanted)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{path}: {error}") from error
    if not lines:
        raise DataError(f"{path}: no rows below the header")
    return header, lines, delimiter


def check_header(path: Path, header: Sequence[str], wanted: Sequence[str]) -> None:
    """Check that wanted columns are there, each once.

    Raises
    ------
    DataError
        Naming the first that is not, and what there is.
    """
    absent = [name for name in wanted if name not in header]
    if absent:
        there = ", ".join(header) or "none: the file is empty"
        raise DataError(f"{path}: line 1: column {absent[0]!r} is missing; there are {there}")
    twice = [name for name in wanted if header.count(name) > 1]
    if twice:
        raise DataError(f"{path}: line 1: column {twice[0]!r} is there twice; one of each name is accepted")


def _checked(
    path: Path, reader: Iterator[list[str]], wanted: Sequence[str]
) -> tuple[tuple[str, ...], tuple[Line, ...]]:
    header = tuple(name.strip() for name in next(reader, []))
    check_header(path, header, wanted)
    lines = []
    for cells in reader:
        number = reader.line_num  # type: ignore[attr-defined]  # typeshed's Iterator hides the csv reader
        if not cells:
            continue
        if len(cells) != len(header):
            raise DataError(f"{path}: line {number}: {len(cells)} cells under {len(header)} columns")
        lines.append(Line(number, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    return header, tuple(lines)
