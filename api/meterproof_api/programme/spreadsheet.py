"""The programme as a spreadsheet for people: a sheet a breakdown, real and simulated plants one below the other.

Texts are written as texts, whatever they begin with; nothing in a name becomes a formula or a link.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from meterproof_api import __version__
from meterproof_api.programme.flat import (
    Cell,
    Record,
    block_name,
    exclusion_record,
    row_record,
    statement_record,
)
from meterproof_api.programme.naming import column_label, key_label, outcome_label, reason_label, scope_label
from meterproof_api.programme.notes import block_notes
from meterproof_api.programme.roll_up import Block, Programme
from meterproof_api.wording import say

_LONGEST_TEXT = 32_000  # a cell holds 32,767 characters
_WIDTH = 18
_NAMED = {"technique": key_label, "status": outcome_label, "reason": reason_label, "left_out_of": scope_label}


@dataclass(frozen=True, slots=True)
class _Styles:
    title: Format
    head: Format
    number: Format
    warning: Format


def programme_xlsx(programme: Programme) -> bytes:
    """Return the programme as XLSX: Headline, By country, By sector, By technique, Statements, Exclusions."""
    file = BytesIO()
    book = Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    made = datetime.combine(programme.cut_off, time(), UTC) if programme.cut_off else datetime(1980, 1, 1, tzinfo=UTC)
    book.set_properties({"title": say("programme.title"), "created": made})  # the same content is the same file
    styles = _Styles(
        title=book.add_format({"bold": True, "font_size": 13}),
        head=book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
        number=book.add_format({"num_format": "#,##0.######"}),
        warning=book.add_format({"bold": True, "font_color": "#5b2a86"}),
    )
    _headline(_Sheet(book.add_worksheet("Headline"), styles), programme)
    for name, key in (("By country", "country"), ("By sector", "sector"), ("By technique", "technique")):
        sheet = _Sheet(book.add_worksheet(name), styles)
        for block in programme.blocks:
            sheet.heading(block)
            sheet.table([_named(row_record(row), key) for row in (*getattr(block, f"by_{key}"), block.total)])
    register = _Sheet(book.add_worksheet("Statements"), styles)
    for block in programme.blocks:
        register.heading(block)
        register.table([statement_record(statement, block) for statement in block.statements])
    out = _Sheet(book.add_worksheet("Exclusions"), styles)
    out.table([{"block": block_name(one.simulated), **exclusion_record(one)} for one in programme.exclusions])
    book.close()
    return file.getvalue()


class _Sheet:
    """Writes a sheet downwards."""

    def __init__(self, sheet: Worksheet, styles: _Styles) -> None:
        self._sheet, self._styles, self._line = sheet, styles, 0
        sheet.set_column(0, 40, _WIDTH)

    def heading(self, block: Block) -> None:
        """Write which plants follow."""
        if self._line:
            self._line += 1
        self.line(say("programme.simulated" if block.simulated else "programme.real"), style=self._styles.title)
        if block.simulated:
            self.line(say("programme.simulated_text"), style=self._styles.warning)

    def line(self, *cells: Cell, style: Format | None = None) -> None:
        """Write one line."""
        for column, cell in enumerate(cells):
            self._write(column, cell, style)
        self._line += 1

    def table(self, records: Sequence[Record]) -> None:
        """Write records below their names."""
        if not records:
            self.line(say("figure.none"))
            return
        self.line(*(column_label(name) for name in records[0]), style=self._styles.head)
        for record in records:
            self.line(*(_shown(name, cell) for name, cell in record.items()))

    def _write(self, column: int, cell: Cell, style: Format | None) -> None:
        if cell is None:
            return
        if isinstance(cell, str):
            self._sheet.write_string(self._line, column, cell[:_LONGEST_TEXT], style)
        else:
            self._sheet.write_number(self._line, column, cell, style or self._styles.number)


def _headline(sheet: _Sheet, programme: Programme) -> None:
    sheet.line(say("programme.title"), style=None)
    sheet.line(say("programme_head.cut_off"), programme.cut_off.isoformat() if programme.cut_off else None)
    sheet.line(say("programme_head.confidence"), programme.confidence)
    sheet.line(say("programme_head.program"), f"meterproof {__version__}")
    sheet.line(say("programme_head.exclusions"), len(programme.exclusions))
    sheet.line(say("programme_head.overlaps"), len(programme.overlaps))
    for block in programme.blocks:
        sheet.heading(block)
        for name, cell in row_record(block.total).items():
            if name not in ("key", "statement_ids"):
                sheet.line(column_label(name), cell)
        sheet.line(say("programme_head.gwp_sets"), ", ".join(block.gwp_sets))
        sheet.line(say("programme_head.factors"), ", ".join(block.factors))
        for _, note in block_notes(block):
            sheet.line(say("programme_head.note"), note)


def _named(record: Record, key: str) -> Record:
    """Return a line whose first column says what its keys are."""
    return {key: record["key"], **{name: cell for name, cell in record.items() if name != "key"}}


def _shown(name: str, cell: Cell) -> Cell:
    if name == "statement_ids" and isinstance(cell, str) and len(cell) > _LONGEST_TEXT:
        return say("programme.ids_in_sheet", count=len(cell.split()))
    if isinstance(cell, bool):
        return say("programme.yes" if cell else "programme.no")
    return _NAMED[name](cell) if name in _NAMED and isinstance(cell, str) and cell else cell
