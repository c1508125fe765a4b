"""From the lines of a hand-kept record to the rows of its series, each in one unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from meterproof_api.importing.cells import Source
from meterproof_api.importing.kinds import Kind
from meterproof_api.importing.row_heat import check_heat, counted_in, heat_factor
from meterproof_api.importing.row_periods import placed
from meterproof_api.importing.rows import Line, lines_of
from meterproof_api.importing.tables import told
from meterproof_core.errors import SettingsError
from meterproof_mv.dossier.series import RecordRow
from meterproof_mv.findings import Finding
from meterproof_mv.units import ratio

_ENERGY = "kWh"


@dataclass(frozen=True, slots=True)
class HandKept:
    """The series of a hand-kept record.

    Parameters
    ----------
    records : mapping of series to tuple of RecordRow
        By names such as ``bills/natural_gas``, in rising time.
    units : mapping of series to str
        The canonical unit of each.
    findings : tuple of Finding
        What was understood in a way that somebody should know.
    """

    records: Mapping[str, tuple[RecordRow, ...]]
    units: Mapping[str, str]
    findings: tuple[Finding, ...]


def hand_kept(source: Source) -> HandKept:
    """Return the series of a table; what is wrong with it is noted in the source.

    Raises
    ------
    SettingsError
        When the layout asks for a unit that rows are not converted into.
    """
    if source.layout.target_unit not in (None, _ENERGY):
        raise SettingsError(f"target unit {source.layout.target_unit!r} unknown; use {_ENERGY}, or leave it out")
    lines, told_of_lines = lines_of(source)
    by_series: dict[str, list[Line]] = {}
    for line in lines:
        by_series.setdefault(line.series, []).append(line)
    findings = list(told_of_lines)
    records, units = {}, {}
    for series, own in by_series.items():
        whole, found = placed(own, source)
        findings += found
        if not whole:
            continue
        name = f"{source.layout.kind}/{series}"
        units[name], amounts, converted = _counted(whole, source)
        records[name] = tuple(_row(line, amount, source) for line, amount in zip(whole, amounts, strict=True))
        findings += converted
    return HandKept(records, units, tuple(findings))


def _row(line: Line, amount: float, source: Source) -> RecordRow:
    return RecordRow(
        start=line.start,
        end=line.end,
        amount=amount,
        written=line.written,
        written_unit=line.unit,
        origin=source.layout.origin,
        estimated=line.estimated,
        heat_content=line.heat_content,
        heat_content_unit=line.heat_content_unit,
        calorific_basis=line.basis,
        cost=line.cost,
        currency=line.currency,
        source=source.table.place(line.line),
    )


def _counted(lines: Sequence[Line], source: Source) -> tuple[str, list[float], list[Finding]]:
    """Return the unit of a series, the amount of each line in it, and what was found on the way."""
    if source.layout.kind is Kind.DRIVERS:
        return _as_stated(lines, source)
    findings = check_heat(lines, source)
    there = {counted_in(line.unit): line for line in lines}
    unit = next(iter(there)) if len(there) == 1 else _ENERGY
    if source.layout.target_unit is None and len(there) == 1:
        _tell_bases([line for line in lines if unit == _ENERGY or line.heat_content], source)
        return unit, [line.amount * ratio(line.unit, unit) for line in lines], findings
    bought = [line for line in lines if counted_in(line.unit) != _ENERGY]
    for line in bought:
        if not line.heat_content:
            source.tell(line.line, "unit", line.unit, _lacks_heat(line, there))
    _tell_bases(lines, source)
    if source.problems.count or not bought:
        return _ENERGY, [line.amount * ratio(line.unit, counted_in(line.unit)) for line in lines], findings
    message = f"{lines[0].series}: {len(bought)} lines became kWh with the heat content in force for each"
    findings.append(told("converted_with_heat_content", message, count=len(bought)))
    return _ENERGY, [_in_kwh(line) for line in lines], findings


def _as_stated(lines: Sequence[Line], source: Source) -> tuple[str, list[float], list[Finding]]:
    unit = lines[0].unit
    for line in lines:
        if line.unit != unit:
            message = f"is another unit than {unit!r} of line {lines[0].line}; a driver has one unit"
            source.tell(line.line, "unit", line.unit, message)
    return unit, [line.amount for line in lines], []


def _lacks_heat(line: Line, there: Mapping[str, Line]) -> str:
    others = [other for unit, other in there.items() if unit != counted_in(line.unit)]
    if others:
        mixed = f"is another quantity than {others[0].unit} in line {others[0].line} of the same series"
    else:
        mixed = f"cannot become {_ENERGY}"
    return f"{mixed}; without a heat content they are never added: state it, or give them series of their own"


def _tell_bases(lines: Sequence[Line], source: Source) -> None:
    first = next((line for line in lines if line.basis is not None), None)
    for line in lines:
        if first is not None and line.basis != first.basis:
            own = f"{line.basis} heat" if line.basis else "heat of an unknown basis"
            message = f"is {own}, line {first.line} is {first.basis}; say calorific_basis, and never add net to gross"
            source.tell(line.line, "calorific_basis", "", message)


def _in_kwh(line: Line) -> float:
    counted = counted_in(line.unit)
    amount = line.amount * ratio(line.unit, counted)
    if counted == _ENERGY:
        return amount
    return amount * float(line.heat_content) * heat_factor(line.heat_content_unit, f"{_ENERGY}/{counted}")
