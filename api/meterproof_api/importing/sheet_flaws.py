"""What a sheet's cells hide: merged ranges, formulas whose result was never stored, hidden rows.

A reader of values sees all three as empty cells or as ordinary rows, and would take a missing bill for no bill.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries

from meterproof_api.importing.problems_of_file import ImportFileError
from meterproof_api.importing.tables import MOST_COLUMNS, Unreadable

_WORTH_A_LOOK = re.compile(rb"<(?:\w+:)?(?:f|mergeCell)[\s/>]|<(?:\w+:)?row\s[^>]*hidden=")
_MOST_MERGED = 200_000  # cells: more than any table that people look at
_NO_RESULT = "holds a formula whose result is not stored; save the workbook in a spreadsheet program, or paste values"


@dataclass(frozen=True, slots=True)
class Flaws:
    """Cells of a sheet that cannot be read as they stand.

    Parameters
    ----------
    cells : mapping of (line, column) to Unreadable
        Lines counted from 1, columns from 0.
    lines : frozenset of int
        Lines with such cells.
    hidden_rows : int
        How many rows are hidden.
    """

    cells: Mapping[tuple[int, int], Unreadable] = field(default_factory=dict)
    lines: frozenset[int] = frozenset()
    hidden_rows: int = 0

    def at(self, line: int, index: int) -> Unreadable | None:
        """Return what is wrong with a cell."""
        return self.cells.get((line, index))


def flaws_of(xml: bytes) -> Flaws:
    """Return what the cells of a sheet hide.

    Parameters
    ----------
    xml : bytes
        The sheet's part of the workbook.

    Raises
    ------
    ImportFileError
        When more cells are merged than can be told.
    """
    if xml[:2] not in (b"\xff\xfe", b"\xfe\xff") and not _WORTH_A_LOOK.search(xml):
        return Flaws()
    found: dict[tuple[int, int], Unreadable] = {}
    hidden = 0
    for _, element in ET.iterparse(io.BytesIO(xml)):  # noqa: S314 - expat bounds what entities grow to
        tag = element.tag.rpartition("}")[2]
        if tag == "c":
            _look_at_cell(element, found)
        elif tag == "row":
            hidden += element.get("hidden") in ("1", "true")
            element.clear()
        elif tag == "mergeCell":
            _look_at_merged(element.get("ref", ""), found)
    return Flaws(found, frozenset(line for line, _ in found), hidden)


def _look_at_cell(cell: ET.Element, found: dict[tuple[int, int], Unreadable]) -> None:
    children = {child.tag.rpartition("}")[2]: child for child in cell}
    if "f" not in children or cell.get("t") == "str":
        return
    value = children.get("v")
    if value is None or not value.text:
        line, column = coordinate_to_tuple(cell.get("r", ""))
        found[line, column - 1] = Unreadable(f"={children['f'].text or ''}", _NO_RESULT)


def _look_at_merged(ref: str, found: dict[tuple[int, int], Unreadable]) -> None:
    left, top, right, bottom = range_boundaries(ref)
    right = min(right, MOST_COLUMNS)
    if (right - left + 1) * (bottom - top + 1) + len(found) > _MOST_MERGED:
        raise ImportFileError(f"the cells {ref} are merged; unmerge them, and fill in every cell")
    flaw = Unreadable("", f"is part of the merged cells {ref}; unmerge them, and fill in every cell")
    for line in range(top, bottom + 1):
        for column in range(left, right + 1):
            found[line, column - 1] = flaw
