"""Reads files of bills: one line a bill, dated by start and end or by its read date, in the units that stand there."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from meterproof.mv_csv import Line, Sheet
from meterproof_core.errors import DataError
from meterproof_mv.errors import UnitError
from meterproof_mv.units import canonical, convert, heat_kwh, unit

FloatArray = npt.NDArray[np.float64]

_DAY = timedelta(days=1)
_YES = frozenset({"1", "yes", "y", "true", "x", "e", "estimated"})
_NO = frozenset({"", "0", "no", "n", "false", "a", "actual", "read"})
_HEAT, _HEAT_UNIT, _BASIS = "heat_content", "heat_content_unit", "calorific_basis"
NO_METER = "all"
"""What the one meter is called of a file that names none."""


@dataclass(frozen=True, slots=True)
class BillQuestion:
    """Which columns of a file of bills are wanted, and how they are written.

    Parameters
    ----------
    energy : str
        Column of use.
    cost : str or None
        Column of cost.
    by : str or None
        Column by which the bills are told apart.
    meter : str or None
        The one meter that is wanted; None takes all.
    unit : str or None
        Unit of the result; None keeps that of the file.
    end_included : bool
        Whether the end of a bill is its last day.
    """

    energy: str
    cost: str | None = None
    by: str | None = None
    meter: str | None = None
    unit: str | None = None
    end_included: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class MeterBills:
    """The bills of one meter, as columns in the order of the file.

    Parameters
    ----------
    meter : str
        Its name.
    unit : str or None
        Unit of the amounts; None where the file states none.
    basis : str
        ``net``, ``gross`` or empty: of a fuel counted as heat.
    start, end : (n,) datetime64[D]
        Half-open; NaT where a start is not known.
    amount, cost : (n,) float64
        NaN where empty [unit; the currency of the file].
    estimated : (n,) bool
        Whether the meter was not read.
    names : tuple of str, length n
        Line of each.
    """

    meter: str
    unit: str | None
    basis: str
    start: npt.NDArray[np.datetime64]
    end: npt.NDArray[np.datetime64]
    amount: FloatArray
    cost: FloatArray | None
    estimated: npt.NDArray[np.bool_]
    names: tuple[str, ...]


def bills_of(sheet: Sheet, question: BillQuestion) -> tuple[MeterBills, ...]:
    """Return the bills of each wanted meter, in the order in which the file names them.

    Raises
    ------
    DataError
        When a column is missing or a cell cannot be used; the message names line, column and value.
    """
    sheet.need(question.energy, *(column for column in (question.cost, question.by) if column))
    groups = _groups(sheet, question)
    return tuple(_meter(sheet, lines, name, question) for name, lines in groups.items())


def _groups(sheet: Sheet, question: BillQuestion) -> Mapping[str, list[Line]]:
    by = question.by or ("meter" if "meter" in sheet.header else None)
    if by is None:
        if question.meter is not None:
            raise DataError(f"{sheet.path}: line 1: --meter {question.meter!r} needs a column 'meter'")
        return {NO_METER: list(sheet.lines)}
    groups: dict[str, list[Line]] = {}
    for line in sheet.lines:
        if not line.cells[by]:
            raise sheet.wrong(line, by, "is empty; the name of a meter is accepted")
        groups.setdefault(line.cells[by], []).append(line)
    if question.meter is not None:
        if question.meter not in groups:
            raise DataError(f"{sheet.path}: column {by!r} has no {question.meter!r}; there are {', '.join(groups)}")
        return {question.meter: groups[question.meter]}
    if question.by is None and len(groups) > 1:
        raise DataError(
            f"{sheet.path}: column {by!r} has {', '.join(groups)}: bills of different meters are not added; "
            f"say --meter NAME or --group-by {by}"
        )
    return groups


def _meter(sheet: Sheet, lines: Sequence[Line], name: str, question: BillQuestion) -> MeterBills:
    wanted = _unit(sheet, lines, question)
    cost = question.cost
    estimated = "estimated" in sheet.header
    starts, ends = _periods(sheet, lines, end_included=question.end_included)
    return MeterBills(
        meter=name,
        unit=wanted,
        basis=_basis(sheet, lines),
        start=starts,
        end=ends,
        amount=np.array([_amount(sheet, line, question.energy, wanted) for line in lines], float),
        cost=np.array([sheet.number(line, cost) for line in lines], float) if cost else None,
        estimated=np.array([estimated and _is_estimated(sheet, line) for line in lines], bool),
        names=tuple(line.name for line in lines),
    )


def _periods(
    sheet: Sheet, lines: Sequence[Line], *, end_included: bool
) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.datetime64]]:
    reads = "read_date" in sheet.header
    if "end" not in sheet.header:
        if not reads:
            sheet.need("end")
        ends = [sheet.day(line, "read_date") + _DAY for line in lines]
    else:
        ends = [sheet.day(line, "end") + (_DAY if end_included else timedelta()) for line in lines]
        if reads:
            _compare(sheet, lines, ends)
    stated = "start" in sheet.header
    starts = [sheet.day(line, "start") if stated and line.cells["start"] else None for line in lines]
    for line, start, end in zip(lines, starts, ends, strict=True):
        if start is not None and start >= end:
            last = line.cells["end" if "end" in sheet.header else "read_date"]
            raise sheet.wrong(line, "start", f"is not before the bill's last day or end {last!r}")
    return np.array(starts, "datetime64[D]"), np.array(ends, "datetime64[D]")


def _compare(sheet: Sheet, lines: Sequence[Line], ends: Sequence[object]) -> None:
    for line, end in zip(lines, ends, strict=True):
        if line.cells["read_date"] and sheet.day(line, "read_date") + _DAY != end:
            why = f"does not fit end {line.cells['end']!r}: a bill ends the day after its read"
            raise sheet.wrong(line, "read_date", f"{why}; --end-included takes the end as its last day")


def _unit(sheet: Sheet, lines: Sequence[Line], question: BillQuestion) -> str | None:
    """Return the unit of the result and check every unit of these lines."""
    if "unit" not in sheet.header:
        if question.unit is not None:
            raise DataError(
                f"{sheet.path}: line 1: column 'unit' is missing, so that nothing can become {question.unit!r}"
            )
        return None
    names = {line.number: _unit_of(sheet, line, "unit") for line in lines}
    if question.unit is not None:
        return unit(question.unit).name
    first = lines[0]
    for line in lines:
        if names[line.number] != names[first.number]:
            raise sheet.wrong(
                line, "unit", f"stands beside {first.cells['unit']!r} of {first.name}; --unit says which one is wanted"
            )
    return names[first.number]


def _unit_of(sheet: Sheet, line: Line, column: str) -> str:
    try:
        return unit(line.cells[column]).name
    except UnitError as error:
        raise DataError(f"{sheet.path}: {line.name}: {column}: {error}") from error


def _amount(sheet: Sheet, line: Line, column: str, wanted: str | None) -> float:
    value = sheet.number(line, column)
    if wanted is None or math.isnan(value):
        return value
    given = line.cells["unit"]
    try:
        if canonical(wanted) == "kWh" and canonical(given) != "kWh" and _HEAT in sheet.header:
            return convert(_heat(sheet, line, value), "kWh", wanted)
        return convert(value, given, wanted)
    except UnitError as error:
        raise DataError(f"{sheet.path}: {line.name}: unit: {error}") from error


def _heat(sheet: Sheet, line: Line, value: float) -> float:
    sheet.need(_HEAT, _HEAT_UNIT)
    content = sheet.number(line, _HEAT)
    if not content > 0:
        raise sheet.wrong(line, _HEAT, "is no heat content; a number above 0 is accepted")
    return heat_kwh(value, line.cells["unit"], heat_content=content, heat_unit=line.cells[_HEAT_UNIT])


def _basis(sheet: Sheet, lines: Sequence[Line]) -> str:
    if _BASIS not in sheet.header:
        return ""
    first = lines[0]
    for line in lines:
        if line.cells[_BASIS] not in ("net", "gross", ""):
            raise sheet.wrong(line, _BASIS, "is unknown; net or gross is accepted")
        if line.cells[_BASIS] != first.cells[_BASIS]:
            raise sheet.wrong(
                line,
                _BASIS,
                f"stands beside {first.cells[_BASIS]!r} of {first.name}; one basis for a meter is accepted",
            )
    return first.cells[_BASIS]


def _is_estimated(sheet: Sheet, line: Line) -> bool:
    told = line.cells["estimated"].casefold()
    if told not in _YES | _NO:
        raise sheet.wrong(line, "estimated", "is unknown; yes, no or nothing is accepted")
    return told in _YES
