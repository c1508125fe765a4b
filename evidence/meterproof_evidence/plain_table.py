"""CSV of numbers: a header that is known, then lines of as many fields; split whole, errors name the line.

Tables with texts are written and read field by field: a text may hold commas, quotes and ends of lines.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from meterproof_evidence.errors import BundleError

Fields = dict[str, tuple[str, ...]]


def table_bytes(header: Sequence[str], columns: Sequence[Sequence[str]]) -> bytes:
    """Return columns as CSV; no field may hold a comma, a quote or the end of a line."""
    lines = [",".join(header), *map(",".join, zip(*columns, strict=True)), ""]
    return "\n".join(lines).encode()


def read_table(path: str, content: bytes, header: Sequence[str]) -> Fields:
    """Return the columns of such a file by name.

    Raises
    ------
    BundleError
        Naming the file and the first line that does not fit.
    """
    lines = text_of(path, content).split("\n")
    if lines[0] != ",".join(header):
        raise BundleError(f"{path} line 1: {lines[0][:80]!r}; {','.join(header)!r} is accepted")
    if lines[-1]:
        raise BundleError(f"{path} line {len(lines)}: the line has no end; the file was cut off")
    rows = [line.split(",") for line in lines[1:-1]]
    if any(len(row) != len(header) for row in rows):
        short = next(number for number, row in enumerate(rows) if len(row) != len(header))
        raise BundleError(f"{path} line {short + 2}: {len(rows[short])} fields; {len(header)} are accepted")
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    return dict(zip(header, columns, strict=True))


def text_table_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows, the header first, as CSV with quotes where a text needs them."""
    return "".join(",".join(map(_quoted, row)) + "\n" for row in rows).encode()


def _quoted(text: str) -> str:
    if any(sign in text for sign in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def read_text_table(path: str, content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the number of the line on which it ends.

    Raises
    ------
    BundleError
        Naming the file and the line that is no CSV.
    """
    reader = csv.reader(StringIO(text_of(path, content), newline=""), strict=True)
    try:
        for fields in reader:
            yield reader.line_num, fields
    except csv.Error as error:
        raise BundleError(f"{path} line {reader.line_num}: {error}") from None


def text_of(path: str, content: bytes) -> str:
    """Return a file as text.

    Raises
    ------
    BundleError
        When it is not UTF-8.
    """
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BundleError(f"{path} line {line}: byte {error.start} is no UTF-8") from None
