"""What is wrong with a file, place by place: a person corrects all of it at once instead of one line a try."""

from dataclasses import dataclass

from meterproof_core.errors import DataError

MOST_PROBLEMS = 200
"""How many are told one by one; of what comes behind them only the number."""
_MOST_TEXT = 60


class ImportFileError(DataError):
    """A file of which nothing can be read: not there, too large, no table, no such sheet."""


class CellError(ValueError):
    """What is wrong with the text of one cell, and what is accepted; whoever knows the place adds it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in a file that has to be corrected there.

    Parameters
    ----------
    line : int
        Line of the file or row of the sheet, counted from 1.
    column : str
        Header; empty where the whole line is meant.
    value : str
        As it stands there, cut to a readable length.
    message : str
        What is wrong with it, and what is accepted.
    sheet, cell : str
        Of a workbook, such as ``B7``; else empty.
    """

    line: int
    column: str
    value: str
    message: str
    sheet: str = ""
    cell: str = ""

    def __str__(self) -> str:
        row = f"cell {self.cell}" if self.cell else f"row {self.line}"
        place = f"sheet {self.sheet!r} {row}" if self.sheet else f"line {self.line}"
        column = f" column {self.column!r}" if self.column else ""
        value = f" {self.value!r}" if self.value else ""
        return f"{place}{column}:{value} {self.message}"


class Problems:
    """Collects what is wrong, up to a bound, and counts the rest.

    Parameters
    ----------
    sheet : str
        Of a workbook; else empty.
    """

    def __init__(self, sheet: str = "") -> None:
        self._sheet = sheet
        self._told: list[Problem] = []
        self.count = 0

    def add(self, line: int, column: str, value: object, message: str, *, cell: str = "") -> None:
        """Note that something is wrong at a place."""
        self.count += 1
        if len(self._told) < MOST_PROBLEMS:
            self._told.append(Problem(line, column, shown(value), message, self._sheet, cell if self._sheet else ""))

    @property
    def told(self) -> tuple[Problem, ...]:
        """The first of them, in the order of the lines."""
        return tuple(sorted(self._told, key=lambda problem: problem.line))

    @property
    def more(self) -> int:
        """How many there are beyond those."""
        return self.count - len(self._told)


def shown(value: object) -> str:
    """Return a cell's value as a message can carry it."""
    text = "" if value is None else str(value)
    return text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 3]}..."
