"""Bills by month beside drivers by month: the table that ``meterproof mv fit`` reads."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from meterproof.mv_bills import BillQuestion, MeterBills
from meterproof.mv_csv import Sheet
from meterproof_core.errors import DataError
from meterproof_mv.calendarisation import Calendarised, calendarise
from meterproof_mv.findings import Finding, Severity

Column = npt.NDArray[np.float64] | tuple[str, ...]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Dates = npt.NDArray[np.datetime64]
_MONTH = np.timedelta64(1, "M")
_NAMED = 3
"""So many periods stand in a message; the data name all of them."""


@dataclass(frozen=True, slots=True, eq=False)
class DriverRows:
    """A file of drivers in rising time: numbers, NaN where missing, or categories, empty where missing."""

    start: Dates
    end: Dates
    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True, eq=False)
class MeterPeriods:
    """One meter's bills by period, and the columns in which they stand."""

    bills: MeterBills
    by_period: Calendarised
    column: str
    cost_column: str | None


@dataclass(frozen=True, slots=True, eq=False)
class PeriodTable:
    """Periods of which at least one meter is known whole, with drivers beside them.

    Parameters
    ----------
    start, end : (k,) datetime64[D]
        Half-open.
    columns : mapping of name to (k,) float64 or texts
        NaN or empty where not known.
    findings : tuple of Finding
        What joining found.
    """

    start: Dates
    end: Dates
    columns: Mapping[str, Column]
    findings: tuple[Finding, ...]

    def to_csv(self) -> str:
        """Return it as CSV with all digits."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["start", "end", *self.columns])
        cells = [[_cell(value) for value in column] for column in self.columns.values()]
        writer.writerows(zip(self.start.astype(str), self.end.astype(str), *cells, strict=True))
        return file.getvalue()


def read_drivers(sheet: Sheet) -> DriverRows:
    """Return a file of drivers: columns ``start`` and ``end`` (dates), then numbers or categories.

    Raises
    ------
    DataError
        When periods overlap or a cell cannot be used; the message names line, column and value.
    """
    sheet.need("start", "end", *sheet.header)
    rows = sorted(sheet.lines, key=lambda line: sheet.day(line, "start"))
    start = np.array([sheet.day(line, "start") for line in rows], "datetime64[D]")
    end = np.array([sheet.day(line, "end") for line in rows], "datetime64[D]")
    for row in np.flatnonzero(end <= start):
        raise sheet.wrong(rows[row], "end", f"is not after start {start[row]}")
    for row in np.flatnonzero(start[1:] < end[:-1]) + 1:
        raise sheet.wrong(
            rows[row], "start", f"lies before {rows[row - 1].name} ends {end[row - 1]}; no overlap is accepted"
        )
    ordered = replace(sheet, lines=tuple(rows))
    names = [name for name in sheet.header if name not in ("start", "end")]
    return DriverRows(start, end, {name: _driver(ordered, name) for name in names})


def _driver(sheet: Sheet, column: str) -> Column:
    cells = [line.cells[column] for line in sheet.lines]
    if any(cells) and all(sheet.parsed(cell) is None for cell in cells if cell):
        return tuple(cells)
    return np.array([sheet.number(line, column) for line in sheet.lines], float)


def check_months(sheet: Sheet, drivers: DriverRows) -> None:
    """Check that every driver row is a calendar month.

    Raises
    ------
    DataError
        Naming the first that is not: mixing bills by month with production by other periods is what spoils fits.
    """
    first = drivers.start.astype("datetime64[M]")
    wrong = (first.astype("datetime64[D]") != drivers.start) | ((first + _MONTH).astype("datetime64[D]") != drivers.end)
    for row in np.flatnonzero(wrong):
        raise DataError(
            f"{sheet.path}: {drivers.start[row]} to {drivers.end[row]} is no calendar month and cannot stand beside "
            "bills by month; --to drivers spreads the bills over the periods of this file instead"
        )


def by_period(bills: MeterBills, question: BillQuestion, periods: DriverRows | None) -> MeterPeriods:
    """Return one meter's bills by month, or by the periods of drivers.

    Raises
    ------
    SeriesError
        When bills overlap.
    """
    found = calendarise(
        bills.start,
        bills.end,
        bills.amount,
        estimated=bills.estimated,
        beside={} if bills.cost is None else {"cost": bills.cost},
        periods=None if periods is None else (periods.start, periods.end),
        names=bills.names,
    )
    use, cost = (question.energy, question.cost) if question.by is None else (bills.meter, f"{bills.meter} cost")
    return MeterPeriods(
        bills=bills,
        by_period=found,
        column=_column_name(use, bills.unit),
        cost_column=None if bills.cost is None else _column_name(cost or "", None),
    )


def period_table(
    meters: Sequence[MeterPeriods], drivers: DriverRows | None, *, first: date | None, until: date | None
) -> PeriodTable:
    """Return all meters, and the drivers beside them, from a first day to an end, which no longer belongs to it.

    Raises
    ------
    DataError
        When two columns have one name, or no period is known whole.
    """
    rows = _Rows.known(meters, first, until)
    columns: dict[str, Column] = {}
    for name, column in _all_columns(meters, drivers, rows):
        if name in columns or name in ("start", "end"):
            raise DataError(f"two columns would be called {name!r}; rename one in its file")
        columns[name] = column
    found = tuple(_missing_drivers(drivers, rows)) if drivers else ()
    return PeriodTable(rows.start, rows.end, columns, found)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    start: Dates
    end: Dates

    @classmethod
    def known(cls, meters: Sequence[MeterPeriods], first: date | None, until: date | None) -> "_Rows":
        """Return the periods from the first to the last that is known whole of any meter."""
        start, one = np.unique(np.concatenate([meter.by_period.start for meter in meters]), return_index=True)
        end = np.concatenate([meter.by_period.end for meter in meters])[one]
        whole = np.isin(start, np.concatenate([meter.by_period.start[meter.by_period.complete] for meter in meters]))
        wanted = np.ones(len(start), bool)
        if first is not None:
            wanted &= start >= np.datetime64(first, "D")
        if until is not None:
            wanted &= end <= np.datetime64(until, "D")
        known = np.flatnonzero(whole & wanted)
        if not len(known):
            raise DataError("bills cover no period on all its days; nothing to compare")
        kept = slice(known[0], known[-1] + 1)
        return cls(start[kept], end[kept])

    def places(self, start: Dates) -> tuple[IntArray, IntArray]:
        """Return rows of ours and rows of another column of starts that belong to each other."""
        _, ours, theirs = np.intersect1d(self.start, start, assume_unique=True, return_indices=True)
        return ours, theirs


def _all_columns(
    meters: Sequence[MeterPeriods], drivers: DriverRows | None, rows: _Rows
) -> Iterator[tuple[str, Column]]:
    for meter in meters:
        yield meter.column, _placed(meter.by_period.amount, meter.by_period.start, rows)
        if meter.cost_column is not None:
            yield meter.cost_column, _placed(meter.by_period.beside["cost"], meter.by_period.start, rows)
    if drivers is not None:
        for name, cells in drivers.columns.items():
            yield name, _placed(cells, drivers.start, rows)


def _placed(column: Column, start: Dates, rows: _Rows) -> Column:
    ours, theirs = rows.places(start)
    if isinstance(column, tuple):
        texts = [""] * len(rows.start)
        for row, other in zip(ours.tolist(), theirs.tolist(), strict=True):
            texts[row] = column[other]
        return tuple(texts)
    placed = np.full(len(rows.start), np.nan)
    placed[ours] = column[theirs]
    return placed


def _missing_drivers(drivers: DriverRows, rows: _Rows) -> Iterator[Finding]:
    for name, cells in drivers.columns.items():
        placed = _placed(cells, drivers.start, rows)
        missing = [str(start) for start, cell in zip(rows.start, placed, strict=True) if not _cell(cell)]
        if missing:
            told = ", ".join(missing[:_NAMED]) + (f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else "")
            message = f"driver {name!r} is missing in {len(missing)} of {len(rows.start)} periods: {told}"
            yield Finding("driver_missing", Severity.WARNING, message, "meterproof", {"driver": name, "start": missing})


def _column_name(wanted: str, unit: str | None) -> str:
    """Return a name as the files of ``meterproof mv`` have them: snake_case with the unit as suffix."""
    name, suffix = (re.sub(r"\W+", "_", part.casefold()).strip("_") for part in (wanted, unit or ""))
    return name if suffix in ("", "1") or name.endswith(f"_{suffix}") else f"{name}_{suffix}"


def _cell(value: object) -> str:
    return "" if value != value else str(value)
