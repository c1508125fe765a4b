"""Whether the dates of a file are written in one order: half of them swapped by a spreadsheet look like dates, too."""

from collections.abc import Iterator, Sequence
from datetime import date

from meterproof_api.importing.cells import Source
from meterproof_api.importing.dates import order_of
from meterproof_api.importing.tables import Cell

DATE_FIELDS = ("start", "end", "last_day", "read_date", "period", "time")


def check_date_order(source: Source) -> None:
    """Note where a file changes between day first and month first, or between dates and text that looks like them."""
    seen: dict[bool, str] = {}
    for field in DATE_FIELDS:
        cells = source.cells(field)
        if source.table.sheet:
            _tell_half_converted(field, cells, source)
        if source.layout.day_first is not None:
            continue
        for line, cell, day_first in _ordered(cells, source):
            if not seen:
                seen[day_first] = f"{cell!r} in line {line}"
            elif day_first not in seen:
                how = "day first" if day_first else "month first"
                message = f"is {how}, unlike {next(iter(seen.values()))}; say which holds, and correct the others"
                source.tell(line, field, cell, message)
                return


def _ordered(cells: Sequence[Cell], source: Source) -> Iterator[tuple[int, str, bool]]:
    for line, cell in zip(source.table.lines, cells, strict=False):
        order = order_of(cell) if isinstance(cell, str) else None
        if isinstance(cell, str) and order is not None:
            yield line, cell, order


def _tell_half_converted(field: str, cells: Sequence[Cell], source: Source) -> None:
    real = next((line for line, cell in zip(source.table.lines, cells, strict=False) if isinstance(cell, date)), None)
    text = next(_ordered(cells, source), None)
    if real is not None and text is not None:
        message = (
            f"is text, but row {real} of the column is a date: the spreadsheet may have swapped day and month where it "
            "could; write the column anew as 2025-03-31"
        )
        source.tell(text[0], field, text[1], message)
