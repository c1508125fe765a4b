"""The lines of a hand-kept record, cell by cell: what each says by itself, before lines are compared."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from meterproof_api.importing import dates
from meterproof_api.importing.cells import Source
from meterproof_api.importing.date_order import check_date_order
from meterproof_api.importing.kinds import Kind
from meterproof_api.importing.numbers import number
from meterproof_api.importing.problems_of_file import CellError
from meterproof_api.importing.row_terms import costs, flags, heat_contents, units
from meterproof_api.importing.tables import Cell, told
from meterproof_core.names import is_column
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.heat_content import CalorificBasis


@dataclass(frozen=True, slots=True)
class Line:
    """What one line of a file says.

    Parameters
    ----------
    line : int
        Of the file.
    series : str
        Name behind the kind.
    has_start : bool
        Whether it says when it began; else `start` is its end, and the line before has to tell.
    start, end : date
        The local days it covers, half-open.
    amount : float
        As written [unit].
    written, unit : str
        The figure and its unit exactly as they stand in the file.
    estimated : bool
        Whether the meter was not read for it.
    heat_content, heat_content_unit : str
        In force for it; empty where not stated.
    basis : CalorificBasis or None
        Where stated.
    cost, currency : str
        Empty where not stated.
    """

    line: int
    series: str
    has_start: bool
    start: date
    end: date
    amount: float
    written: str
    unit: str
    estimated: bool
    heat_content: str
    heat_content_unit: str
    basis: CalorificBasis | None
    cost: str
    currency: str


def lines_of(source: Source) -> tuple[list[Line], tuple[Finding, ...]]:
    """Return the lines that can be read, in the file's order, and what was understood; the rest are problems."""
    table = source.table
    check_date_order(source)
    series = _names(source)
    starts, ends = _days(source)
    amounts, findings = _amounts(source)
    terms = units(source), flags(source), heat_contents(source, series), costs(source)
    rows = zip(series, starts, ends, amounts, *terms, strict=True)
    lines = [
        Line(
            table.lines[row],
            name,
            start is not None,
            start or end,
            end,
            amount[0],
            amount[1],
            unit,
            bool(flag),
            *burning,
            *paid,
        )
        for row, (name, start, end, amount, unit, flag, burning, paid) in enumerate(rows)
        if row not in source.bad and name is not None and end is not None and amount is not None and unit is not None
    ]
    return lines, (*findings, *_converted(source))


def _names(source: Source) -> list[str | None]:
    said = source.layout.series
    if "series" not in source.mapped and said is None:
        source.tell_table("no column names the series; name the series, or its column as in series=HEADER")
    return source.each("series", _series, absent=said and _checked_series(source, said))


def _series(cell: Cell) -> str:
    slug = re.sub(r"[\W_]+", "_", dates.written(cell)).strip("_").casefold()
    if not is_column(slug):
        raise CellError("cannot name a series; use a-z, 0-9 and '_', starting with a letter, up to 64 of them")
    return slug


def _checked_series(source: Source, name: str) -> str | None:
    if is_column(name):
        return name
    source.tell_table(f"series {name!r} is no name; use a-z, 0-9 and '_', starting with a letter, up to 64 of them")
    return None


def _days(source: Source) -> tuple[list[date | None], list[date | None]]:
    layout, found = source.layout, source.mapped
    how = {"day_first": layout.day_first, "serial_1904": source.table.serial_1904}
    if "start" in found and ("end" in found or "last_day" in found):
        may_lack = layout.kind is Kind.BILLS
        starts = source.each("start", partial(_day_or_none, may_lack=may_lack, **how))
        field = "end" if "end" in found else "last_day"
        return starts, _shifted(source.each(field, partial(dates.day, **how)), 0 if field == "end" else 1)
    if "read_date" in found:
        ends = _shifted(source.each("read_date", partial(dates.day, **how)), 1)
        return [None] * len(ends), ends
    if "period" in found:
        both = source.each("period", partial(dates.period, **how))
        return [days and days[0] for days in both], [days and days[1] for days in both]
    others = "read_date" if layout.kind is Kind.BILLS else "period (a column of days, weeks or months)"
    source.tell_table(f"no columns say which days a row covers; name start and end, start and last_day, or {others}")
    nothing: list[date | None] = [None] * len(source.table.lines)
    return nothing, nothing


def _day_or_none(cell: Cell, *, may_lack: bool, day_first: bool | None, serial_1904: bool | None) -> date | None:
    if may_lack and not dates.written(cell):
        return None
    return dates.day(cell, day_first=day_first, serial_1904=serial_1904)


def _shifted(days: Sequence[date | None], by: int) -> list[date | None]:
    return [day and day + timedelta(days=by) for day in days]


def _amounts(source: Source) -> tuple[list[tuple[float, str] | None], tuple[Finding, ...]]:
    if "amount" not in source.mapped:
        source.tell_table("no column holds the amounts; name it, as in --map amount=HEADER")
        return [None] * len(source.table.lines), ()
    optional, signed = source.layout.kind is not Kind.BILLS, source.layout.kind is Kind.DRIVERS
    read = partial(_amount, decimal=source.decimal("amount"), optional=optional, signed=signed)
    amounts = source.each("amount", read)
    empty = [
        line for line, cell in zip(source.table.lines, source.cells("amount"), strict=True) if not dates.written(cell)
    ]
    if not optional or not empty:
        return amounts, ()
    message = f"lines without an amount were left out, the first of {len(empty)} is line {empty[0]}: not known, not 0"
    return amounts, (told("empty_amount", message, severity=Severity.WARNING, lines=empty[:20], count=len(empty)),)


def _amount(cell: Cell, *, decimal: str | None, optional: bool, signed: bool) -> tuple[float, str] | None:
    if optional and not dates.written(cell):
        return None
    value = number(cell, decimal)
    if value < 0 and not signed:
        raise CellError(
            "is negative; use is never below 0: leave credits and corrections out, or correct the line meant"
        )
    return value, dates.written(cell)


def _converted(source: Source) -> Iterator[Finding]:
    if not source.table.sheet:
        return
    for code, fields, kinds, what in (
        ("number_as_text", ("amount", "cost", "heat_content"), str, "numbers stored as text, read as numbers"),
        (
            "date_as_number",
            ("start", "end", "last_day", "read_date", "period"),
            (int, float),
            "dates stored as numbers",
        ),
    ):
        for field in fields:
            cells = zip(source.table.lines, source.cells(field), strict=False)
            lines = [line for line, cell in cells if isinstance(cell, kinds) and dates.written(cell)]
            if lines:
                index = source.mapped.index[field]
                first = source.table.cell_name(index, lines[0])
                message = f"column {source.table.header(index)!r} holds {len(lines)} {what}, the first in {first}"
                yield told(code, message, count=len(lines), cell=first)
