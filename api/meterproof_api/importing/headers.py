"""Which column holds what: usual headers are known, others are named, and two that could be meant are asked about."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from meterproof_api.importing.kinds import Kind, Layout
from meterproof_api.importing.problems_of_file import Problems
from meterproof_api.importing.tables import Table, Unreadable, header_text, index_of_letters
from meterproof_core.errors import SettingsError
from meterproof_mv.errors import UnitError
from meterproof_mv.units import heat_units
from meterproof_mv.units import unit as known_unit

_DAYS = {
    "start": ("start", "from", "period_start", "start_date", "begin"),
    "end": ("end", "period_end", "end_date"),
    "last_day": ("last_day", "to", "until", "through"),
}
_AMOUNT = ("amount", "value", "quantity", "usage", "use", "consumption", "energy", "volume", "mass")
_COMMON = {
    "amount": _AMOUNT,
    "unit": ("unit", "units", "uom", "unit_of_measure"),
    "estimated": ("estimated", "estimate", "read_type", "reading_type"),
    "cost": ("cost", "costs", "price", "charge", "total_cost", "amount_due"),
    "currency": ("currency", "currency_code"),
}
_PERIOD = {"period": ("date", "day", "week", "month", "period")}
_HEAT = {
    "heat_content": ("heat_content", "calorific_value", "heating_value"),
    "heat_content_unit": ("heat_content_unit", "calorific_value_unit", "heating_value_unit"),
    "calorific_basis": ("calorific_basis", "basis", "heating_value_basis"),
}
_HAND_KEPT = {**_DAYS, **_PERIOD, **_COMMON}
USUAL: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    Kind.BILLS: {
        **_DAYS,
        "read_date": ("read_date", "reading_date", "meter_read_date", "date_of_reading"),
        **_COMMON,
        **_HEAT,
        "series": ("series", "fuel", "carrier", "energy_source"),
    },
    Kind.PRODUCTION: {**_HAND_KEPT, "amount": (*_AMOUNT, "production", "output"), "series": ("series", "product")},
    Kind.DRIVERS: {**_HAND_KEPT, "series": ("series", "driver", "variable")},
    Kind.MATERIALS: {**_HAND_KEPT, **_HEAT, "series": ("series", "material")},
    Kind.WASTE: {**_HAND_KEPT, "series": ("series", "waste", "waste_type")},
    Kind.INTERVALS: {
        "start": _DAYS["start"],
        "end": (*_DAYS["end"], "to", "until"),
        "time": ("time", "timestamp", "date_time", "datetime", "date"),
        "amount": _AMOUNT,
    },
    Kind.READINGS: {
        "time": ("time", "timestamp", "date_time", "datetime", "date"),
        "amount": ("reading", "register", "counter", *_AMOUNT),
    },
}
"""The fields of each kind, with the headers that they usually have."""

_BRACKETS = re.compile(r"(.*?)\s*[\[(]\s*([^\[\]()]+?)\s*[\])]\s*")


@dataclass(frozen=True, slots=True)
class Mapped:
    """Where the fields of a file are.

    Parameters
    ----------
    index : mapping of field to int
        Its column, counted from 0.
    unit : mapping of field to str
        The unit that the header itself names, as in ``Gas [m3]``.
    """

    index: Mapping[str, int]
    unit: Mapping[str, str]

    def __contains__(self, field: str) -> bool:
        return field in self.index


def mapped(table: Table, layout: Layout, problems: Problems) -> Mapped:
    """Return where the fields are; what is not clear is noted as a problem of the header line.

    Raises
    ------
    SettingsError
        When the layout names a field that its kind does not have.
    """
    _check_fields(layout)
    plain = [_plain(header_text(header)) for header in table.headers]
    _tell_unreadable(table, problems)
    found: dict[str, int] = {}
    for field, header in layout.columns.items():
        index = _named(table, plain, field, header, problems) if header else None
        if index is not None:
            found[field] = index
    _find_usual(table, layout, plain, found, problems)
    _tell_shared(table, found, problems)
    units = {field: _unit_in(header_text(table.headers[index])) for field, index in found.items()}
    return Mapped(found, {field: name for field, name in units.items() if name})


def _check_fields(layout: Layout) -> None:
    usual = USUAL[layout.kind]
    for field in layout.columns:
        if field not in usual and not (layout.kind.by_column and "/" in field):
            extra = ", point/quantity" if layout.kind.by_column else ""
            accepted = ", ".join(usual)
            raise SettingsError(f"{layout.kind} have no field {field!r}; use {accepted}{extra}")
    if layout.series is not None and layout.columns.get("series"):
        raise SettingsError(f"series {layout.series!r} is given, and a column for it too; use one of them")


def _tell_unreadable(table: Table, problems: Problems) -> None:
    for index, header in enumerate(table.headers):
        if isinstance(header, Unreadable):
            cell = table.cell_name(index, table.header_line)
            problems.add(table.header_line, "", header.shown, f"the header {header.message}", cell=cell)


def _named(table: Table, plain: list[str], field: str, header: str, problems: Problems) -> int | None:
    wanted = " ".join(header.split())
    exact = [index for index, cell in enumerate(table.headers) if header_text(cell) == wanted]
    alike = exact or [index for index, name in enumerate(plain) if name and name == _plain(wanted)]
    if len(alike) == 1:
        return alike[0]
    if alike:
        letters = ", ".join(table.cell_name(index, table.header_line) or f"column {index + 1}" for index in alike)
        told = f"stands over several columns ({letters}); name the column of {field} by its letters, such as C"
        problems.add(table.header_line, header, "", told)
        return None
    index = index_of_letters(header)
    if index is not None and index < len(table.headers):
        return index
    there = ", ".join(repr(table.header(index)) for index in range(len(table.headers)))
    problems.add(table.header_line, header, "", f"is no header of this file, but is named for {field}; it has {there}")
    return None


def _find_usual(table: Table, layout: Layout, plain: list[str], found: dict[str, int], problems: Problems) -> None:
    taken = set(found.values())
    for field, names in USUAL[layout.kind].items():
        if field in layout.columns or (field == "series" and layout.series is not None):
            continue
        if field == "amount" and any("/" in other for other in layout.columns):
            continue
        alike = [index for index, name in enumerate(plain) if name in names and index not in taken]
        if len(alike) > 1:
            alike = [index for index in alike if plain[index] == field] or alike
        if len(alike) == 1:
            found[field] = alike[0]
        elif alike:
            headers = " or ".join(repr(table.header(index)) for index in alike)
            problems.add(
                table.header_line,
                "",
                "",
                f"{field} could be {headers}; say which: --map {field}=HEADER, or --map {field}=C by letter",
            )


def _tell_shared(table: Table, found: Mapping[str, int], problems: Problems) -> None:
    by_index: dict[int, str] = {}
    for field, index in found.items():
        if index in by_index:
            told = f"is named for {by_index[index]} and for {field}; a column holds one of them"
            problems.add(table.header_line, table.header(index), "", told)
        by_index[index] = field


def _plain(header: str) -> str:
    """Return a header without what people write differently: ``Energy (kWh)`` is ``energy``."""
    inside = _BRACKETS.fullmatch(header)
    return re.sub(r"[\W_]+", "_", inside[1] if inside else header).strip("_").casefold()


def _unit_in(header: str) -> str:
    inside = _BRACKETS.fullmatch(header)
    if not inside:
        return ""
    try:
        heat_units(inside[2]) if "/" in inside[2] else known_unit(inside[2])
    except UnitError:
        return ""
    return inside[2]
