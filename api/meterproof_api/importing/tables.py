"""A table as a file holds it: headers, and cells by column, each with its line; nothing of it is interpreted yet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from meterproof_api.importing.problems_of_file import ImportFileError
from meterproof_mv.findings import Finding, Severity

Cell = object
"""Text; from a sheet also a number, a truth value, a date, an instant, None, or `Unreadable`."""

MOST_BYTES = 64 * 2**20
"""Of a file: a year of quarter hours at 20 metering points is a tenth of it."""
MOST_UNPACKED_BYTES = 128 * 2**20
"""Of what a workbook holds inside: some three million cells."""
MOST_ROWS = 1_048_576
"""Of a table: what a sheet can hold."""
MOST_COLUMNS = 256
"""Of a table."""

MOST_TEXT = 1_000
"""Characters of a cell."""
_MOST_HEADER = 200

_LETTERS = re.compile(r"[A-Z]{1,2}")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell that holds something else than a value.

    Parameters
    ----------
    shown : str
        What stands there, for people.
    message : str
        Why it cannot be read, and what to do.
    """

    shown: str
    message: str

    def __str__(self) -> str:
        return self.shown


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Cells by column.

    Parameters
    ----------
    name : str
        Of the file, without folders.
    sheet : str
        Of a workbook; else empty.
    header_line : int
        Line of the headers, counted from 1.
    headers : tuple of Cell
        As they stand there.
    lines : sequence of int
        Line of each row; empty lines are no rows.
    columns : tuple of columns
        One for each header, each with a cell for each row.
    broken : tuple of (line, shown, message)
        Lines that are no rows of this table.
    serial_1904 : bool or None
        How a workbook counts days; None where numbers are no dates.
    findings : tuple of Finding
        What was understood in a way that somebody should know.
    delimiter : str
        Between the cells of a text file; empty of a sheet.
    """

    name: str
    sheet: str
    header_line: int
    headers: tuple[Cell, ...]
    lines: Sequence[int]
    columns: tuple[Sequence[Cell], ...]
    broken: tuple[tuple[int, str, str], ...] = ()
    serial_1904: bool | None = None
    findings: tuple[Finding, ...] = ()
    delimiter: str = ""

    def place(self, line: int) -> str:
        """Return file and line, as evidence of a row."""
        return f"{self.name}, sheet {self.sheet}, row {line}" if self.sheet else f"{self.name}, line {line}"

    def header(self, index: int) -> str:
        """Return the header of a column as people see it; its letters where it has none."""
        return header_text(self.headers[index]) or letters_of(index)

    def cell_name(self, index: int, line: int) -> str:
        """Return the name of a cell in a sheet, such as ``B7``; empty for a text file."""
        return f"{letters_of(index)}{line}" if self.sheet else ""


def header_text(cell: Cell) -> str:
    """Return a header as text in one line."""
    return "" if cell is None else " ".join(str(cell).split())[:_MOST_HEADER]


def letters_of(index: int) -> str:
    """Return a column's letters.

    Examples
    --------
    >>> letters_of(0), letters_of(25), letters_of(26)
    ('A', 'Z', 'AA')
    """
    return (chr(ord("A") + index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)


def index_of_letters(text: str) -> int | None:
    """Return the column that letters name, counted from 0; None when they are no such letters.

    Examples
    --------
    >>> index_of_letters("A"), index_of_letters("AA"), index_of_letters("Gas")
    (0, 26, None)
    """
    if not _LETTERS.fullmatch(text):
        return None
    index = 0
    for letter in text:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def check_size(*, rows: int, columns: int) -> None:
    """Check that a table is not larger than what can be imported at a time.

    Raises
    ------
    ImportFileError
        Naming the limit.
    """
    if rows > MOST_ROWS:
        raise ImportFileError(f"the table has more than {MOST_ROWS:,} lines; split it, for example by year")
    if columns > MOST_COLUMNS:
        raise ImportFileError(
            f"the table has {columns:,} columns; up to {MOST_COLUMNS} are accepted: leave out what is not imported"
        )


def told(code: str, message: str, *, severity: Severity = Severity.INFO, **data: object) -> Finding:
    """Return a finding of reading a file."""
    return Finding(code, severity, message, "import", data)
