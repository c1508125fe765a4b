"""Heat contents of fuels: what is plausible for a carrier, and what stands out of a file.

The limits catch a wrong unit or a slipped digit, not an unusual fuel: they are half and one and a half times the net
calorific value of the IPCC default, so that gross values and wet or lean fuels fit; a volume goes by the density named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from meterproof_api.importing.cells import Source
from meterproof_api.importing.rows import Line
from meterproof_api.importing.tables import told
from meterproof_mv.errors import UnitError
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.units import canonical, convert_heat, heat_units

_FAR = 0.2
"""Share of the median from which a heat content stands out: gas of one grid stays within a tenth."""
_FEWEST = 3
_VOLUMES = ("m3", "Nm3", "Sm3")


@dataclass(frozen=True, slots=True)
class _Fuel:
    """Net calorific value [GJ/t] (IPCC 2006 Guidelines, Volume 2, Chapter 1, Table 1.2) and a round density [t/m3]."""

    net_gj_per_t: float
    t_per_m3: float = 0.0


_GAS, _LIQUID_GAS = 0.0008, 0.54
_FUELS: Mapping[str, _Fuel] = {
    "natural_gas": _Fuel(48.0, _GAS),
    "anthracite": _Fuel(26.7),
    "coking_coal": _Fuel(28.2),
    "other_bituminous_coal": _Fuel(25.8),
    "sub_bituminous_coal": _Fuel(18.9),
    "lignite": _Fuel(11.9),
    "coke_oven_coke": _Fuel(28.2),
    "petroleum_coke": _Fuel(32.5),
    "residual_fuel_oil": _Fuel(40.4, 0.96),
    "gas_diesel_oil": _Fuel(43.0, 0.84),
    "diesel": _Fuel(43.0, 0.84),
    "motor_gasoline": _Fuel(44.3, 0.74),
    "other_kerosene": _Fuel(43.8, 0.80),
    "lpg": _Fuel(47.3, _LIQUID_GAS),
    "wood": _Fuel(15.6),
    "charcoal": _Fuel(29.5),
}
_ANY_PER_T, _ANY_PER_M3 = (1.0, 150.0), (0.002, 60.0)  # GJ: from blast furnace gas to hydrogen; to heavy oil


def check_heat(lines: Sequence[Line], source: Source) -> list[Finding]:
    """Return what stands out among the heat contents of a series; a wrong one is noted as a problem of the file."""
    carrier = source.layout.carrier or lines[0].series
    values: dict[str, list[tuple[Line, float]]] = {}
    for line in lines:
        if not line.heat_content:
            continue
        wrong = _wrong(line, carrier)
        if wrong:
            source.tell(line.line, "heat_content", f"{line.heat_content} {line.heat_content_unit}".strip(), wrong)
        else:
            per = _per(line.heat_content_unit)
            values.setdefault(f"{per} {line.basis}", []).append((line, _in_gj(line, per)))
    return [finding for group in values.values() for finding in _outstanding(group, source)]


@lru_cache(maxsize=256)
def counted_in(unit: str) -> str:
    """Return the unit that amounts in a unit are kept in.

    Raises
    ------
    UnitError
        When the unit is unknown.
    """
    return canonical(unit)


@lru_cache(maxsize=256)
def heat_factor(from_unit: str, to_unit: str) -> float:
    """Return how many of one unit of heat content another is.

    Raises
    ------
    UnitError
        When one of them is none, or they are not per the same quantity.
    """
    return convert_heat(1.0, from_unit, to_unit)


@lru_cache(maxsize=256)
def _per(unit: str) -> str:
    return heat_units(unit)[1].canonical


def _wrong(line: Line, carrier: str) -> str:
    """Return what is wrong with the heat content of a line; empty when nothing is."""
    try:
        per = _per(line.heat_content_unit)
    except UnitError as error:
        return f"has no unit that can be read: {error}"
    counted = counted_in(line.unit)
    if counted not in ("kWh", per):
        return f"is per {per}, but the row counts {line.unit}; use a heat content of what is counted"
    if line.basis is None:
        return "does not say net or gross, which is a tenth apart for gas; say calorific_basis"
    value = _in_gj(line, per)
    low, high = _limits(carrier, per)
    if not low <= value <= high:
        scale, unit = (1.0, f"GJ/{per}") if per == "t" else (1000.0, f"MJ/{per}")
        return (
            f"is {value * scale:.6g} {unit}, which {carrier} cannot have; {low * scale:.4g} to "
            f"{high * scale:.4g} {unit} is accepted: look at the unit and the decimal mark"
        )
    return ""


def _limits(carrier: str, per: str) -> tuple[float, float]:
    fuel = _FUELS.get(carrier)
    if fuel is None or (per != "t" and not fuel.t_per_m3):
        return _ANY_PER_T if per == "t" else _ANY_PER_M3
    middle = fuel.net_gj_per_t * (1.0 if per == "t" else fuel.t_per_m3)
    return middle / 2, middle * 1.5


def _in_gj(line: Line, per: str) -> float:
    return float(line.heat_content) * heat_factor(line.heat_content_unit, f"GJ/{per}")


def _outstanding(group: list[tuple[Line, float]], source: Source) -> list[Finding]:
    middle = median(value for _, value in group)
    far = [line for line, value in group if abs(value - middle) > _FAR * middle]
    if len(group) < _FEWEST or not far:
        return []
    index = source.mapped.index.get("heat_content")
    column = "" if index is None else f", column {source.table.header(index)!r}"
    shown = ", ".join(f"line {line.line}: {line.heat_content} {line.heat_content_unit}" for line in far[:5])
    which = f"{shown} ({len(far)} of {len(group)})"
    message = f"heat contents more than 20 % away from the median of their series{column}: {which}"
    lines = [line.line for line in far[:20]]
    return [told("heat_content_outstanding", message, severity=Severity.WARNING, lines=lines, count=len(far))]
