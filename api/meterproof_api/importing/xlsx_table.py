"""Workbooks: one sheet that is named or the only one, refused before it is unpacked when it would be too large."""

import io
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from meterproof_api.importing.problems_of_file import ImportFileError
from meterproof_api.importing.sheet_flaws import Flaws, flaws_of
from meterproof_api.importing.tables import (
    MOST_COLUMNS,
    MOST_UNPACKED_BYTES,
    Cell,
    Table,
    check_size,
    told,
)
from meterproof_mv.findings import Finding, Severity

_MOST_PARTS = 10_000


def xlsx_table(data: bytes, name: str, *, header_line: int, sheet: str | None) -> Table:
    """Return the table of a sheet.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        Of the file.
    header_line : int
        Row of the headers, counted from 1.
    sheet : str or None
        Which one; None where the workbook has but one that is visible.

    Raises
    ------
    ImportFileError
        When it is no workbook that can be read, too large, or the sheet is not there or not clear.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of features that do not matter here, and of dates that come out as errors
            return _table(data, name, header_line, sheet)
    except ImportFileError:
        raise
    except Exception as error:  # noqa: BLE001 - the reader raises whatever a damaged part happens to make it raise
        told_so = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ImportFileError(f"the workbook is damaged ({told_so}); open it and save it as XLSX again") from None


def _table(data: bytes, name: str, header_line: int, wanted: str | None) -> Table:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        _check_parts(archive)
    reader = ExcelReader(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    reader.read()
    sheet, findings = _chosen(reader.wb.worksheets, wanted)
    path = next(rel.target for found, rel in reader.parser.find_sheets() if found.name == sheet.title)
    flaws = flaws_of(reader.archive.read(path))
    headers = _headers(sheet, header_line)
    lines, columns = _body(sheet, header_line, len(headers), flaws)
    if flaws.hidden_rows:
        message = f"sheet {sheet.title!r} has {flaws.hidden_rows} hidden rows, which were read like all others"
        findings = (*findings, told("hidden_rows", message, severity=Severity.WARNING, rows=flaws.hidden_rows))
    return Table(
        name,
        sheet.title,
        header_line,
        tuple(flaws.at(header_line, index) or cell for index, cell in enumerate(headers)),
        lines,
        columns,
        serial_1904=reader.wb.epoch == CALENDAR_MAC_1904,
        findings=findings,
    )


def _check_parts(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED_BYTES or len(parts) > _MOST_PARTS:
        raise ImportFileError(
            f"the workbook unpacks to {unpacked:,} bytes in {len(parts):,} parts; up to {MOST_UNPACKED_BYTES:,} "
            f"bytes in {_MOST_PARTS:,} are accepted: split it, or save the sheet as CSV"
        )
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names:
        raise ImportFileError("the file is a zip archive and no XLSX workbook; save the table as XLSX or CSV")
    if "xl/workbook.bin" in names:
        raise ImportFileError("the file is a binary workbook (XLSB); save it as XLSX or CSV")


def _chosen(sheets: list[Any], wanted: str | None) -> tuple[Any, tuple[Finding, ...]]:
    names = ", ".join(repr(sheet.title) for sheet in sheets)
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    if wanted is not None:
        found = next((sheet for sheet in sheets if sheet.title == wanted), None)
        if found is None:
            raise ImportFileError(f"the workbook has no sheet {wanted!r}; it has {names}")
        if found not in visible:
            message = f"sheet {wanted!r} is hidden in the workbook, and was read because it was named"
            return found, (told("hidden_sheet", message, severity=Severity.WARNING, sheet=wanted),)
        return found, ()
    if len(visible) != 1:
        how_many = "several sheets" if visible else "no visible sheet"
        raise ImportFileError(f"the workbook has {how_many}; name the one to read: {names}")
    hidden = [sheet.title for sheet in sheets if sheet not in visible]
    if hidden:
        message = f"hidden sheets were not read: {', '.join(map(repr, hidden))}"
        return visible[0], (told("hidden_sheet", message, severity=Severity.WARNING, sheets=hidden),)
    return visible[0], ()


def _headers(sheet: Any, header_line: int) -> list[Cell]:  # noqa: ANN401 - the library has no types
    sheet.reset_dimensions()  # what a workbook says of its own size may be wrong
    rows = sheet.iter_rows(min_row=header_line, max_row=header_line, max_col=MOST_COLUMNS + 1, values_only=True)
    headers = list(next(rows, ()))
    while headers and headers[-1] is None:
        headers.pop()
    check_size(rows=0, columns=len(headers))
    if not headers:
        raise ImportFileError(f"row {header_line} of sheet {sheet.title!r} is empty; the headers are expected there")
    return headers


def _body(sheet: Any, header_line: int, width: int, flaws: Flaws) -> tuple[list[int], tuple[tuple[Cell, ...], ...]]:  # noqa: ANN401 - the same
    lines: list[int] = []
    rows: list[tuple[Cell, ...]] = []
    for line, cells in _numbered(sheet, header_line + 1, width):
        if line in flaws.lines:
            cells = tuple(flaws.at(line, index) or cell for index, cell in enumerate(cells))
        if any(cell is not None and cell != "" for cell in cells):
            lines.append(line)
            rows.append(cells)
    return lines, tuple(zip(*rows, strict=True)) if rows else ((),) * width


def _numbered(sheet: Any, first: int, width: int) -> Iterator[tuple[int, tuple[Cell, ...]]]:  # noqa: ANN401 - the same
    for line, cells in enumerate(sheet.iter_rows(min_row=first, max_col=width, values_only=True), start=first):
        check_size(rows=line - first, columns=width)
        yield line, cells
