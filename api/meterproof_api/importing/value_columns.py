"""Columns of numbers: read whole when every cell is plain, and cell by cell when one is not, to name it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meterproof_api.importing import dates
from meterproof_api.importing.cells import Source
from meterproof_api.importing.kinds import Kind
from meterproof_api.importing.numbers import UNSURE, number
from meterproof_api.importing.tables import Cell, told
from meterproof_core.errors import SettingsError
from meterproof_core.names import ID_RULE, is_id
from meterproof_core.quantities import Kind as Behaviour
from meterproof_core.quantities import Quantity, quantity
from meterproof_mv.errors import UnitError
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.units import ratio

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """A column of values of one quantity at one metering point.

    Parameters
    ----------
    field : str
        As the layout names it.
    point : str
        Metering point.
    quantity : Quantity
        What was measured.
    """

    field: str
    point: str
    quantity: Quantity


def value_columns(source: Source) -> list[ValueColumn]:
    """Return the value columns of a file of intervals or readings.

    Raises
    ------
    SettingsError
        When a point is no id, or a quantity unknown or of the wrong kind.
    """
    layout = source.layout
    found = []
    for field in source.mapped.index:
        point, slash, name = field.partition("/")
        if slash:
            found.append(_checked(field, point, name, layout.kind))
    if "amount" in source.mapped:
        if layout.point is None or layout.quantity is None:
            raise SettingsError(
                "point and quantity of the values are not stated: --point, --quantity or --map point/quantity=HEADER"
            )
        found.append(_checked("amount", layout.point, layout.quantity, layout.kind))
    strange = sorted(set(layout.units) - {column.field for column in found})
    if strange and found:
        raise SettingsError(f"a unit is said for {strange[0]!r}, which is no value column of this file")
    if not found:
        source.tell_table("no column holds the values; name it: --map amount=HEADER or --map point/quantity=HEADER")
    return found


def _checked(field: str, point: str, name: str, kind: Kind) -> ValueColumn:
    if not is_id(point):
        raise SettingsError(f"point {point!r} is not an id; use {ID_RULE}")
    found = quantity(name)
    if kind is Kind.INTERVALS and found.kind is not Behaviour.COUNTER:
        raise SettingsError(
            f"quantity {name!r} is a gauge; intervals hold amounts of counters, such as energy_import_kwh"
        )
    return ValueColumn(field, point, found)


def values_of(column: ValueColumn, source: Source) -> tuple[FloatArray, list[Finding]]:
    """Return the numbers of a column in its quantity's unit; NaN where a cell is empty or wrong."""
    factor = _factor(column, source)
    cells = source.cells(column.field)
    decimal = source.decimal(column.field)
    values = None if decimal == UNSURE else _at_once(cells, decimal)
    if values is None:
        read = source.each(column.field, lambda cell: number(cell, decimal) if dates.written(cell) else None)
        values = np.array([np.nan if value is None else value for value in read], float)
    values = values * factor
    _tell_implausible(values, column, source)
    return values, _empty_cells(values, column, source)


def _at_once(cells: Sequence[Cell], decimal: str | None) -> FloatArray | None:
    """Return plain numbers; None when a cell has to be looked at."""
    kinds = set(map(type, cells))
    if not kinds <= {str, int, float, type(None)}:
        return None
    if str in kinds:
        text = "".join(cell for cell in cells if isinstance(cell, str))
        if "_" in text or (decimal == "," and "." in text):
            return None
        if decimal == ",":
            cells = [cell.replace(",", ".") if isinstance(cell, str) else cell for cell in cells]
    try:
        numbers = [float("nan") if cell is None or cell == "" else float(cell) for cell in cells]  # type: ignore[arg-type] # the kinds are checked
    except ValueError:
        return None
    values = np.array(numbers, float)
    empty = sum(cell is None or cell == "" for cell in cells)
    return values if np.count_nonzero(~np.isfinite(values)) == empty else None


def _factor(column: ValueColumn, source: Source) -> float:
    layout, own = source.layout, column.quantity.unit
    unit = layout.units.get(column.field) or layout.unit or source.mapped.unit.get(column.field) or own
    if unit == own:
        return 1.0
    try:
        return ratio(unit, own)
    except UnitError as error:
        source.tell_table(f"values of {column.quantity.name} are kept in {own}: {error}")
        return 1.0


def _tell_implausible(values: FloatArray, column: ValueColumn, source: Source) -> None:
    known = column.quantity
    low = max(known.low, 0.0) if source.layout.kind is Kind.INTERVALS else known.low
    for row in np.flatnonzero((values < low) | (values > known.high)).tolist():
        if values[row] < 0 <= low:
            message = "is negative, and neither use nor a register is ever below 0"
        else:
            message = f"is outside {low:g} to {known.high:g} {known.unit}: {known.why}"
        source.tell_row(row, column.field, message)


def _empty_cells(values: FloatArray, column: ValueColumn, source: Source) -> list[Finding]:
    empty = np.flatnonzero(np.isnan(values)).tolist()
    if not empty:
        return []
    header = source.table.header(source.mapped.index[column.field])
    first = source.table.lines[empty[0]]
    message = f"column {header!r} has empty cells, the first of {len(empty)} in line {first}: not known, not 0"
    return [told("empty_cells", message, severity=Severity.WARNING, column=header, count=len(empty), line=first)]
