"""The programme as one CSV file: totals, breakdowns, statements and what is left out, told apart by two columns.

A cell that begins as a formula does would be run by a spreadsheet that opens the file; such text gets an apostrophe.
"""

import csv
from collections.abc import Iterator
from io import StringIO

from meterproof_api import __version__
from meterproof_api.programme.flat import (
    Cell,
    Record,
    block_name,
    exclusion_record,
    row_record,
    statement_record,
)
from meterproof_api.programme.roll_up import Block, Programme

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def programme_csv(programme: Programme) -> bytes:
    """Return the programme as CSV (RFC 4180, UTF-8).

    The columns ``table`` and ``block`` say what a line is; lines of different tables or blocks are never to be added.
    """
    records = list(_records(programme))
    header = list(dict.fromkeys(name for record in records for name in record))
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    for record in records:
        writer.writerow([_written(record.get(name)) for name in header])
    return text.getvalue().encode()


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> guarded("=1+1"), guarded("North works")
    ("'=1+1", 'North works')
    """
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def _records(programme: Programme) -> Iterator[Record]:
    same = {
        "cut_off": programme.cut_off.isoformat() if programme.cut_off else None,
        "confidence": programme.confidence,
        "program": f"meterproof {__version__}",
    }
    for block in programme.blocks:
        for table, record in _of_block(block):
            yield {"table": table, "block": block_name(block.simulated), **record, **same}
    for exclusion in programme.exclusions:
        yield {"table": "exclusion", "block": block_name(exclusion.simulated), **exclusion_record(exclusion), **same}


def _of_block(block: Block) -> Iterator[tuple[str, Record]]:
    yield "total", {**row_record(block.total), "gwp_sets": " ".join(block.gwp_sets), "factors": " ".join(block.factors)}
    for table, rows in (
        ("country", block.by_country),
        ("sector", block.by_sector),
        ("technique", block.by_technique),
    ):
        for row in rows:
            yield table, row_record(row)
    for statement in block.statements:
        yield "statement", statement_record(statement, block)


def _written(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return guarded(cell) if isinstance(cell, str) else cell
