"""From a file to rows that can be counted, or to everything that is wrong with it: nothing in between."""

import hashlib
from dataclasses import replace
from pathlib import Path

from meterproof_api.importing.cells import Source
from meterproof_api.importing.csv_table import csv_table
from meterproof_api.importing.hand_kept import hand_kept
from meterproof_api.importing.headers import mapped
from meterproof_api.importing.kinds import Layout
from meterproof_api.importing.metered_columns import metered_columns
from meterproof_api.importing.numbers import number
from meterproof_api.importing.parsed_file import Columns, InstantColumns, IntervalColumns, ParsedFile
from meterproof_api.importing.problems_of_file import CellError, ImportFileError, Problems
from meterproof_api.importing.row_terms import is_currency
from meterproof_api.importing.tables import MOST_BYTES, Table
from meterproof_api.importing.xlsx_table import xlsx_table
from meterproof_core.errors import SettingsError

__all__ = ["Columns", "InstantColumns", "IntervalColumns", "ParsedFile", "read_file"]

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"  # the container of XLS, and of workbooks behind a password


def read_file(path: Path, layout: Layout) -> ParsedFile:
    """Return what a CSV or XLSX file says; with a problem in it there are no rows.

    Parameters
    ----------
    path : Path
        The file; its content tells which of the two it is.
    layout : Layout
        How to read it.

    Raises
    ------
    ImportFileError
        When nothing of it can be read.
    SettingsError
        When the layout contradicts itself or names what there is not.
    """
    _check(layout)
    data = _bytes_of(path)
    table = _table(data, path.name, layout)
    problems = Problems(table.sheet)
    for line, shown, message in table.broken:
        problems.add(line, "", shown, message)
    source = Source(table, layout, mapped(table, layout, problems), problems)
    parsed = ParsedFile(layout.kind, path.name, hashlib.sha256(data).hexdigest(), layout)
    return _filled(parsed, source)


def _filled(parsed: ParsedFile, source: Source) -> ParsedFile:
    problems, told = source.problems, source.table.findings
    if not source.table.lines:
        source.tell_table("has no rows below it")
    if parsed.kind.by_column:
        columns, findings = metered_columns(source)
        parsed = replace(parsed, columns=columns, findings=(*told, *findings))
    else:
        kept = hand_kept(source)
        parsed = replace(parsed, records=kept.records, units=kept.units, findings=(*told, *kept.findings))
    if not problems.count:
        return parsed
    nothing = replace(parsed, records={}, units={}, columns={}, findings=told)
    return replace(nothing, problems=problems.told, more_problems=problems.more)


def _check(layout: Layout) -> None:
    if layout.decimal not in (None, ".", ","):
        raise SettingsError(f'decimal mark {layout.decimal!r} unknown; use "." or ","')
    if layout.header_line < 1:
        raise SettingsError(f"header line {layout.header_line} is none; lines are counted from 1")
    if layout.delimiter is not None and (len(layout.delimiter) != 1 or layout.delimiter in '"\r\n'):
        raise SettingsError(f"separator {layout.delimiter!r} cannot be used; use one character, such as ','")
    if layout.currency and not is_currency(layout.currency):
        raise SettingsError(f"currency {layout.currency!r} is none; an ISO 4217 code such as USD is accepted")
    if layout.heat_content is not None:
        _check_heat_content(layout.heat_content)
    if layout.decimal is not None and layout.decimal == layout.delimiter:
        raise SettingsError(f"{layout.decimal!r} cannot be the decimal mark and the separator of one file")


def _check_heat_content(text: str) -> None:
    try:
        number(text, ".")
    except CellError as error:
        raise SettingsError(f"heat content {text!r} {error}") from None


def _bytes_of(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise ImportFileError(f"{path} has {size:,} bytes; up to {MOST_BYTES:,} are accepted: split it by year")
        data = path.read_bytes()
    except OSError as error:
        raise ImportFileError(f"{path} cannot be read: {error.strerror or error}") from None
    if not data.strip():
        raise ImportFileError(f"{path} is empty")
    return data


def _table(data: bytes, name: str, layout: Layout) -> Table:
    try:
        return _opened(data, name, layout)
    except ImportFileError as error:
        raise ImportFileError(f"{name}: {error}") from None


def _opened(data: bytes, name: str, layout: Layout) -> Table:
    if data.startswith(_ZIP):
        return xlsx_table(data, name, header_line=layout.header_line, sheet=layout.sheet)
    if data.startswith(_OLE):
        raise ImportFileError("it is an old workbook (XLS), or one behind a password; save it as XLSX without one")
    if layout.sheet is not None:
        raise ImportFileError(f"it is a text file and has no sheets, but sheet {layout.sheet!r} is wanted")
    return csv_table(data, name, header_line=layout.header_line, delimiter=layout.delimiter)
