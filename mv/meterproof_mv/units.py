"""The units that people write, with exact factors: a bill says therms, a model counts kWh, and no digit may be lost.

Every factor is a fraction that follows from definitions, so that a conversion rounds once. A gas volume at normal
(0 degC) or standard (15 degC) conditions is another quantity than the m3 of a meter: it never turns into it silently.
"""

from fractions import Fraction
from functools import lru_cache

from meterproof_mv.errors import UnitError
from meterproof_mv.unit_definitions import (
    BY_FOLDED_SPELLING,
    BY_SPELLING,
    TWO_MEANINGS,
    UNITS,
    Unit,
    spelling_key,
)

__all__ = ["UNITS", "Unit", "canonical", "convert", "convert_heat", "heat_kwh", "heat_units", "ratio", "unit"]


def unit(text: str) -> Unit:
    """Return the unit that people spell so; capitals and spaces do not matter where nothing depends on them.

    Parameters
    ----------
    text : str
        Such as ``kWh``, ``kwh``, ``m³``, ``cubic metres``, ``US gal``.

    Raises
    ------
    UnitError
        When it is unknown, or could mean two things, as ``ton`` and ``mWh`` could.

    Examples
    --------
    >>> unit("m³").name, unit("MMBTU").name, unit("Therms").name
    ('m3', 'MMBtu', 'therm')
    """
    key = spelling_key(text)
    found = BY_SPELLING.get(key) or BY_FOLDED_SPELLING.get(key.casefold())
    if found is None:
        meanings = TWO_MEANINGS.get(key.casefold())
        if meanings:
            raise UnitError(f"unit {text!r} does not say which it is; write {meanings}")
        raise UnitError(f"unit {text!r} unknown; accepted are {', '.join(UNITS)} (1 is for pieces)")
    if found.name in ("MWh", "MJ", "Mcal") and not key.startswith(("M", "mega")):
        raise UnitError(f"unit {text!r} could be milli or mega; write {found.name}")
    return found


def canonical(text: str) -> str:
    """Return the unit that such quantities are kept in.

    Raises
    ------
    UnitError
        When the unit is unknown or could mean two things.

    Examples
    --------
    >>> canonical("MMBtu"), canonical("US gal"), canonical("Nm3"), canonical("lb")
    ('kWh', 'm3', 'Nm3', 't')
    """
    return unit(text).canonical


@lru_cache(maxsize=1024)
def ratio(from_unit: str, to_unit: str) -> float:
    """Return how many of one unit another is, for whole columns of numbers.

    Raises
    ------
    UnitError
        When a unit is unknown, or the two measure different things.

    Examples
    --------
    >>> ratio("MWh", "GJ"), ratio("CCF", "ft3")
    (3.6, 100.0)
    """
    return float(_exact(unit(from_unit), unit(to_unit)))


def convert(value: float, from_unit: str, to_unit: str) -> float:
    """Return a value in another unit.

    Parameters
    ----------
    value : float
        The figure [from_unit].
    from_unit, to_unit : str
        Two units of one quantity.

    Raises
    ------
    UnitError
        When a unit is unknown, or the two measure different things.

    Examples
    --------
    >>> convert(1.0, "MMBtu", "MJ"), convert(2.0, "short ton", "lb")
    (1055.05585262, 4000.0)
    """
    return value * ratio(from_unit, to_unit)


def convert_heat(value: float, from_unit: str, to_unit: str) -> float:
    """Return a heat content (energy per volume or mass) in another unit.

    Parameters
    ----------
    value : float
        The figure [from_unit]; net stays net and gross stays gross.
    from_unit, to_unit : str
        Such as ``MJ/m3``, ``kWh/Nm3``, ``GJ/t``, ``TJ/Gg``, ``Btu/lb``.

    Raises
    ------
    UnitError
        When one of them is no energy per volume or mass, or they are not per the same quantity.

    Examples
    --------
    >>> convert_heat(36.0, "MJ/m3", "kWh/m3"), convert_heat(48.0, "TJ/Gg", "GJ/t"), convert_heat(1.0, "Btu/lb", "kJ/kg")
    (10.0, 48.0, 2.326)
    """
    energy, per = heat_units(from_unit)
    wanted, wanted_per = heat_units(to_unit)
    return value * float(_exact(energy, wanted) / _exact(per, wanted_per))


def heat_kwh(amount: float, of: str, *, heat_content: float, heat_unit: str) -> float:
    """Return the heat of an amount of fuel [kWh]; net or gross, as the heat content is.

    Parameters
    ----------
    amount : float
        Volume or mass [of].
    of : str
        Its unit.
    heat_content : float
        In force for this amount [heat_unit].
    heat_unit : str
        Such as ``MJ/m3``.

    Raises
    ------
    UnitError
        When the amount is not of the quantity that the heat content is per.

    Examples
    --------
    >>> heat_kwh(2000.0, "l", heat_content=36.0, heat_unit="MJ/m3")
    20.0
    """
    energy, per = heat_units(heat_unit)
    return amount * heat_content * float(_exact(unit(of), per) * energy.factor)


def heat_units(text: str) -> tuple[Unit, Unit]:
    """Return the energy and the volume or mass of the unit of a heat content.

    Raises
    ------
    UnitError
        When it is no energy per volume or mass.
    """
    energy, slash, per = text.partition("/")
    if slash and "/" not in per:
        above, below = unit(energy), unit(per)
        if above.canonical == "kWh" and below.canonical in ("m3", "Nm3", "Sm3", "t"):
            return above, below
    raise UnitError(f"unit {text!r} is no heat content; energy per volume or mass is accepted, such as MJ/m3 or GJ/t")


def _exact(one: Unit, other: Unit) -> Fraction:
    if one.canonical != other.canonical:
        told = f"unit {one.name!r} measures {one.quantity}, {other.name!r} {other.quantity}"
        same = ", ".join(known.name for known in UNITS.values() if known.canonical == one.canonical)
        raise UnitError(f"{told}; {one.name!r} can become {same}")
    return one.factor / other.factor
