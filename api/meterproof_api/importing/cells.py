"""Reads the cells of a column one by one, noting each that cannot be read with its place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from meterproof_api.importing.headers import Mapped
from meterproof_api.importing.kinds import Layout
from meterproof_api.importing.numbers import decimal_mark
from meterproof_api.importing.problems_of_file import CellError, Problems
from meterproof_api.importing.tables import MOST_TEXT, Cell, Table, Unreadable

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A table together with what is known of it: what every reader of cells needs.

    Parameters
    ----------
    table : Table
        The cells.
    layout : Layout
        How they are written.
    mapped : Mapped
        Where the fields are.
    problems : Problems
        Takes what is wrong.
    bad : set of int
        Rows, counted from 0, with a cell that could not be read.
    """

    table: Table
    layout: Layout
    mapped: Mapped
    problems: Problems
    bad: set[int] = field(default_factory=set)

    def cells(self, field: str) -> Sequence[Cell]:
        """Return the cells of a field; none where it has no column."""
        index = self.mapped.index.get(field)
        return () if index is None else self.table.columns[index]

    def decimal(self, field: str) -> str | None:
        """Return the decimal mark of a field's figures."""
        return decimal_mark(self.cells(field), self.layout.decimal, self.table.delimiter)

    def each(self, field: str, read: Callable[[Cell], T | None], *, absent: T | None = None) -> list[T | None]:
        """Return what each cell of a field says; None where it says nothing or cannot be read.

        Parameters
        ----------
        field : str
            Which.
        read : callable
            Gives the value of a cell, or raises CellError.
        absent : object
            What holds for all rows where the field has no column.
        """
        if field not in self.mapped:
            return [absent] * len(self.table.lines)
        found: list[T | None] = []
        for row, (line, cell) in enumerate(zip(self.table.lines, self.cells(field), strict=True)):
            try:
                found.append(read(_readable(cell)))
            except CellError as error:
                self.tell(line, field, cell, str(error))
                self.bad.add(row)
                found.append(None)
        return found

    def tell(self, line: int, field: str, cell: Cell, message: str) -> None:
        """Note what is wrong with a field in a line."""
        index = self.mapped.index.get(field)
        header = "" if index is None else self.table.header(index)
        name = "" if index is None else self.table.cell_name(index, line)
        self.problems.add(line, header, cell, message, cell=name)

    def tell_row(self, row: int, field: str, message: str) -> None:
        """Note what is wrong with a field in a row, counted from 0; the row is bad."""
        cells = self.cells(field)
        self.tell(self.table.lines[row], field, cells[row] if cells else None, message)
        self.bad.add(row)

    def tell_table(self, message: str) -> None:
        """Note what is wrong with the table as a whole, at its header line."""
        self.problems.add(self.table.header_line, "", "", message)


def _readable(cell: Cell) -> Cell:
    if isinstance(cell, Unreadable):
        raise CellError(cell.message)
    if isinstance(cell, str) and len(cell) > MOST_TEXT:
        raise CellError(f"has {len(cell):,} characters; up to {MOST_TEXT:,} are accepted")
    return cell
