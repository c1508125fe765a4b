"""``meterproof mv calendarise``: from a file of bills to the rows that a model can be fitted to."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from meterproof.cli_mv_output import print_object, stop
from meterproof.mv_bills import BillQuestion, bills_of
from meterproof.mv_csv import Sheet, read_sheet
from meterproof.mv_periods import (
    DriverRows,
    MeterPeriods,
    PeriodTable,
    by_period,
    check_months,
    period_table,
    read_drivers,
)
from meterproof.mv_report import show_periods
from meterproof_core.command_line import table_width
from meterproof_core.errors import DataError
from meterproof_mv.errors import MvError, UnitError
from meterproof_mv.findings import finite_or_none
from meterproof_mv.units import unit as unit_of

_POINT = "a finite number with a decimal point is accepted; --decimal-comma reads 1234,5 and 1.234,5"
_COMMA = "a number with a decimal comma, such as 1234,5 or 1.234,5, is accepted"


class Periods(StrEnum):
    """Over which periods bills are spread."""

    MONTHLY = "monthly"
    DRIVERS = "drivers"


def calendarise(
    file: Annotated[
        Path, typer.Argument(metavar="BILLS.csv", help="One line a bill: start,end or read_date, and the use.")
    ],
    energy: Annotated[str, typer.Option(help="Column of the use.")],
    group_by: Annotated[
        str | None, typer.Option(help="Column that tells meters apart; each becomes a column of the result.")
    ] = None,
    meter: Annotated[str | None, typer.Option(help="The one meter that is wanted.")] = None,
    unit: Annotated[
        str | None, typer.Option(help="Unit of the result; the file's column 'unit' says what each bill is in.")
    ] = None,
    cost: Annotated[str | None, typer.Option(help="Column of the cost, spread likewise.")] = None,
    to: Annotated[
        Periods, typer.Option(help="monthly: calendar months; drivers: the periods of --join.")
    ] = Periods.MONTHLY,
    join: Annotated[
        Path | None, typer.Option(help="CSV with the drivers: start,end, then columns that are set beside the bills.")
    ] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day that is wanted.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day that is no longer wanted.")
    ] = None,
    end_included: Annotated[
        bool, typer.Option("--end-included", help="The end of a bill is its last day, not the day after.")
    ] = False,
    decimal_comma: Annotated[bool, typer.Option("--decimal-comma", help="Numbers have a decimal comma.")] = False,
    decimal_point: Annotated[bool, typer.Option("--decimal-point", help="Numbers have a decimal point.")] = False,
    out: Annotated[Path | None, typer.Option(help="CSV to write, as mv fit reads it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Spread bills over the days they cover and add them up by calendar month.

    A bill read on a day covers the days after the previous read up to and including that day. A month counts only
    when bills cover all its days; estimated bills are added to the next read.

    For example:

        meterproof mv calendarise bills.csv --energy energy --group-by meter

        meterproof mv calendarise bills.csv --energy gas_mmbtu --join drivers.csv --out gas.csv
    """
    decimal = _decimal(comma=decimal_comma, point=decimal_point)
    question = BillQuestion(energy, cost, group_by, meter, unit, end_included=end_included)
    try:
        drivers = _drivers(join, to, decimal=decimal)
        meters = _meters(file, question, drivers if to is Periods.DRIVERS else None, decimal=decimal)
        table = period_table(meters, drivers, first=first and first.date(), until=until and until.date())
        if out is not None:
            _write(out, table, read=(file, join))
    except (DataError, MvError) as error:
        stop(file, error)
    if as_json:
        print_object(_told(file, to, meters, table))
    else:
        show_periods(Console(width=table_width()), meters, table)


def _drivers(join: Path | None, to: Periods, *, decimal: str | None) -> DriverRows | None:
    if join is None:
        if to is Periods.DRIVERS:
            raise DataError("--to drivers needs the file whose periods are meant; say --join FILE")
        return None
    sheet = _sheet(join, decimal=decimal)
    drivers = read_drivers(sheet)
    if to is Periods.MONTHLY:
        check_months(sheet, drivers)
    return drivers


def _meters(
    file: Path, question: BillQuestion, periods: DriverRows | None, *, decimal: str | None
) -> tuple[MeterPeriods, ...]:
    if question.unit is not None:
        try:
            unit_of(question.unit)
        except UnitError as error:
            raise DataError(f"--unit: {error}") from error
    bills = bills_of(_sheet(file, decimal=decimal), question)
    return tuple(by_period(meter, question, periods) for meter in bills)


def _decimal(*, comma: bool, point: bool) -> str | None:
    return "," if comma else "." if point else None


def _sheet(path: Path, *, decimal: str | None) -> Sheet:
    return read_sheet(path, decimal=decimal, accepted=_COMMA if decimal == "," else _POINT)


def _write(out: Path, table: PeriodTable, *, read: tuple[Path, Path | None]) -> None:
    """Write the table whole or not at all."""
    if any(path is not None and path.resolve() == out.resolve() for path in read):
        raise DataError(f"--out {out} is a file that was read; name another one")
    part = out.with_name(f"{out.name}.part")
    try:
        part.write_text(table.to_csv(), encoding="utf-8")
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DataError(f"--out {out}: {error.strerror}") from error


def _told(file: Path, to: Periods, meters: Sequence[MeterPeriods], table: PeriodTable) -> dict[str, Any]:
    return {
        "file": str(file),
        "periods": to.value,
        "columns": ["start", "end", *table.columns],
        "meters": [_told_meter(meter) for meter in meters],
        "rows": [
            {"start": str(start), "end": str(end)} | {name: _plain(cells[row]) for name, cells in table.columns.items()}
            for row, (start, end) in enumerate(zip(table.start, table.end, strict=True))
        ],
        "findings": [finding.to_dict() for finding in table.findings],
    }


def _told_meter(meter: MeterPeriods) -> dict[str, Any]:
    found, bills = meter.by_period, meter.bills
    return {
        "meter": bills.meter,
        "column": meter.column,
        "cost_column": meter.cost_column,
        "unit": bills.unit,
        "calorific_basis": bills.basis or None,
        "bills": len(bills.end),
        "periods": [
            {
                "start": str(found.start[row]),
                "end": str(found.end[row]),
                "amount": finite_or_none(found.amount[row]),
                "covered_amount": float(found.covered_amount[row]),
                "days_covered": int(found.days_covered[row]),
                "days": int(found.days[row]),
                "complete": bool(found.complete[row]),
            }
            for row in range(len(found))
        ],
        "findings": [finding.to_dict() for finding in found.findings],
    }


def _plain(value: str | np.float64) -> str | float | None:
    """Return a cell as JSON has it; what is missing becomes null."""
    return value or None if isinstance(value, str) else finite_or_none(float(value))
