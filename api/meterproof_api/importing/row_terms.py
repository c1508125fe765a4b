"""What a line of a hand-kept record says beside its days and its amount: unit, heat content, money, an estimate."""

import re
from collections.abc import Sequence
from functools import lru_cache

from meterproof_api.importing import dates
from meterproof_api.importing.cells import Source
from meterproof_api.importing.kinds import Kind
from meterproof_api.importing.numbers import plain
from meterproof_api.importing.problems_of_file import CellError
from meterproof_api.importing.tables import Cell
from meterproof_mv.errors import UnitError
from meterproof_mv.heat_content import CalorificBasis
from meterproof_mv.units import unit as known_unit

HeatTerms = tuple[str, str, CalorificBasis | None]
"""A heat content, its unit and its basis; empty where not stated."""

_YES = frozenset(("yes", "y", "true", "1", "x", "e", "est", "estimate", "estimated"))
_NO = frozenset(("", "no", "n", "false", "0", "a", "act", "actual", "read", "measured", "metered"))
_BASES = {
    **dict.fromkeys(("net", "lower", "lhv", "ncv"), CalorificBasis.NET),
    **dict.fromkeys(("gross", "higher", "upper", "hhv", "gcv"), CalorificBasis.GROSS),
}
_NO_FUELS = frozenset(("electricity", "water", "waste_water", "wastewater", "heat", "steam", "compressed_air"))
_CURRENCY = re.compile(r"[A-Z]{3}")


def is_currency(text: str) -> bool:
    """Return whether a text has the form of an ISO 4217 code."""
    return _CURRENCY.fullmatch(text) is not None


def flags(source: Source) -> list[bool | None]:
    """Return of each row whether the meter was not read for it."""
    return source.each("estimated", _flag, absent=False)


def units(source: Source) -> list[str | None]:
    """Return the unit of each row; None where there is none."""
    layout, header = source.layout, source.mapped.unit.get("amount")
    check = _stated if layout.kind is Kind.DRIVERS else _known
    default = layout.unit or header
    if layout.unit and header and layout.kind is not Kind.DRIVERS:
        _tell_two_units(source, layout.unit, header)
    if default is not None:
        try:
            default = check(default)
        except CellError as error:
            source.tell_table(f"unit {default!r} {error}")
            default = None
    elif "unit" not in source.mapped:
        source.tell_table("no unit is stated; say it, or name its column as in unit=HEADER")
    return source.each("unit", lambda cell: check(cell) if dates.written(cell) else _needed(default), absent=default)


def _tell_two_units(source: Source, stated: str, header: str) -> None:
    try:
        if known_unit(stated) != known_unit(header):
            source.tell_table(f"the header says {header}, but the unit is said to be {stated}; use one of them")
    except UnitError:
        return  # told where the unit is read


def _stated(cell: Cell) -> str:
    return dates.written(cell)


def _known(cell: Cell) -> str:
    return _known_text(dates.written(cell))


@lru_cache(maxsize=256)
def _known_text(text: str) -> str:
    try:
        known_unit(text)
    except UnitError as error:
        raise CellError(str(error).removeprefix(f"unit {text!r} ")) from None
    return text


def _needed(unit: str | None) -> str:
    if unit is None:
        raise CellError("is empty; a unit is needed here, or one for all rows that have none")
    return unit


def _flag(cell: Cell) -> bool:
    word = dates.written(cell).casefold()
    if word in _YES:
        return True
    if word not in _NO:
        raise CellError("does not say whether the read was estimated; use yes, no, estimated, actual or an empty cell")
    return False


def heat_contents(source: Source, series: Sequence[str | None]) -> list[HeatTerms]:
    """Return the heat content in force for each row.

    Parameters
    ----------
    source : Source
        The cells.
    series : sequence of str
        Of each row: what is stated for a whole file holds for its fuels, not for its electricity.
    """
    layout = source.layout
    mark = source.decimal("heat_content")
    values = source.each("heat_content", lambda cell: plain(cell, mark) if dates.written(cell) else None)
    own_units = source.each("heat_content_unit", dates.written)
    bases = source.each("calorific_basis", _basis)
    unit = layout.heat_content_unit or source.mapped.unit.get("heat_content") or ""
    found = []
    for name, value, own, basis in zip(series, values, own_units, bases, strict=True):
        fuel = name not in _NO_FUELS
        stated = value or (layout.heat_content if fuel else "") or ""
        found.append((*_stated_heat(stated, own or unit), basis or (layout.calorific_basis if fuel else None)))
    return found


def _stated_heat(value: str, unit: str) -> tuple[str, str]:
    return (value, unit) if value else ("", "")


def _basis(cell: Cell) -> CalorificBasis | None:
    word = dates.written(cell).casefold()
    if word and word not in _BASES:
        raise CellError("is no calorific basis; use net or gross")
    return _BASES.get(word)


def costs(source: Source) -> list[tuple[str, str]]:
    """Return the cost of each row and its currency; empty where not stated."""
    layout = source.layout
    mark = source.decimal("cost")
    amounts = source.each("cost", lambda cell: plain(cell, mark) if dates.written(cell) else "")
    if "cost" not in source.mapped:
        return [("", "")] * len(amounts)
    if "currency" not in source.mapped and not layout.currency:
        source.tell_table("costs have no currency; say it, name its column, or leave the costs out with cost=")
        return [("", "")] * len(amounts)
    currencies = source.each("currency", lambda cell: _currency(dates.written(cell) or layout.currency))
    return [
        (cost, currency or layout.currency) if cost else ("", "")
        for cost, currency in zip(amounts, currencies, strict=True)
    ]


def _currency(text: str) -> str:
    if not text:
        raise CellError("is empty; a cost needs its currency, an ISO 4217 code such as USD")
    if not is_currency(text.upper()):
        raise CellError("is no currency; an ISO 4217 code such as USD is accepted")
    return text.upper()
