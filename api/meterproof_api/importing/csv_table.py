"""Text files with a separator: the encoding and the separator are found out and told, broken quoting is an error."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TextIO

from meterproof_api.importing.problems_of_file import ImportFileError
from meterproof_api.importing.tables import Cell, Table, check_size, told
from meterproof_mv.findings import Finding, Severity

Row = tuple[int, list[str]]
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}


def csv_table(data: bytes, name: str, *, header_line: int, delimiter: str | None) -> Table:
    """Return the table of a text file.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        Of the file.
    header_line : int
        Line of the headers, counted from 1.
    delimiter : str or None
        None: found in the header line.

    Raises
    ------
    ImportFileError
        When it is no table of text.
    """
    text, findings = _decoded(data)
    stream = io.StringIO(text, newline="")
    for _ in range(header_line - 1):
        stream.readline()
    start = stream.tell()
    header = stream.readline()
    if not header.strip():
        raise ImportFileError(f"line {header_line} is empty; the headers are expected there")
    stream.seek(start)
    mark = delimiter or _delimiter(header, header_line)
    rows = list(_rows(stream, mark, header_line))
    headers = tuple(rows[0][1])
    body, broken = _sorted_out(rows[1:], len(headers), mark)
    lines = [line for line, _ in body]
    columns = _columns((cells for _, cells in body), len(headers), len(lines))
    return Table(name, "", header_line, headers, lines, columns, broken, findings=findings, delimiter=mark)


def _decoded(data: bytes) -> tuple[str, tuple[Finding, ...]]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data:
        raise ImportFileError("the file is no text in UTF-8 or Windows-1252 (UTF-16, or binary); save it as CSV UTF-8")
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ImportFileError(
            f"line {line} is text neither in UTF-8 nor in Windows-1252; save the file as CSV UTF-8"
        ) from None
    message = f"line {line} is no UTF-8: the file was read as Windows-1252; look at its accents and signs"
    return text, (told("encoding_guessed", message, severity=Severity.WARNING, line=line, encoding="cp1252"),)


def _delimiter(header: str, header_line: int) -> str:
    cells = {mark: len(next(csv.reader([header], delimiter=mark))) for mark in DELIMITERS if mark in header}
    if not cells:
        return ","  # a file of one column has none
    most = max(cells.values())
    found = [mark for mark, count in cells.items() if count == most]
    if len(found) > 1:
        names = " and ".join(DELIMITERS[mark] for mark in found)
        raise ImportFileError(f"line {header_line}: {names} divide the headers alike; say which one is the separator")
    return found[0]


def _rows(stream: TextIO, delimiter: str, first_line: int) -> Iterator[Row]:
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    line = first_line
    try:
        for count, cells in enumerate(reader):
            check_size(rows=count, columns=len(cells))
            yield line, [cell.strip() for cell in cells]
            line = first_line + reader.line_num
    except csv.Error as error:
        raise ImportFileError(
            f"line {line}: the quotes are broken ({error}); write a quote inside of quotes twice, or leave quotes out"
        ) from None


def _sorted_out(rows: list[Row], width: int, delimiter: str) -> tuple[list[Row], tuple[tuple[int, str, str], ...]]:
    body, broken = [], []
    message = (
        f"has more cells than there are headers ({width}); where the separator, a "
        f"{DELIMITERS.get(delimiter, repr(delimiter))}, stands inside of a number or a text, put quotes around it"
    )
    for line, cells in rows:
        if len(cells) > width and any(cells[width:]):
            broken.append((line, delimiter.join(cells), message))
        elif any(cells):
            body.append((line, cells))
    return body, tuple(broken)


def _columns(rows: Iterable[list[str]], width: int, length: int) -> tuple[tuple[Cell, ...], ...]:
    found: tuple[tuple[Cell, ...], ...] = tuple(zip_longest(*rows, fillvalue=""))[:width]
    return found + (("",) * length,) * (width - len(found))
