"""The units that people write, with exact factors: a bill says therms, a model counts kWh, and no digit may be lost.

Every factor is a fraction that follows from definitions, so that a conversion rounds once. A gas volume at normal
(0 degC) or standard (15 degC) conditions is another quantity than the m3 of a meter: it never turns into it silently.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from meterproof_mv.errors import UnitError


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of something that is counted.

    Parameters
    ----------
    name : str
        As we write it.
    canonical : str
        The unit that its quantity is kept in: ``kWh``, ``m3``, ``Nm3``, ``Sm3``, ``t`` or ``1``.
    factor : Fraction
        How many canonical units it is, exactly.
    quantity : str
        What it measures, for people.
    """

    name: str
    canonical: str
    factor: Fraction
    quantity: str


_KWH = 3_600_000  # J, exact: 1000 W x 3600 s
_LB = Fraction("0.45359237")  # kg, exact: international yard and pound agreement of 1959
_BTU = _LB * 2326  # J, exact: 1 Btu (IT) per lb is 2326 J per kg, so 1055.05585262 J
_KCAL = Fraction("4186.8")  # J, exact: the international table calorie, of which a toe has 1e10
_FT3 = Fraction("0.3048") ** 3  # m3, exact: the international foot; 0.028316846592
_US_GALLON = 231 * Fraction("0.0254") ** 3  # m3, exact: 231 cubic inches; 0.003785411784
_IMPERIAL_GALLON = Fraction("0.00454609")  # m3, exact by definition
_KILO, _MEGA, _GIGA, _TERA = 10**3, 10**6, 10**9, 10**12

_ENERGY_J: Mapping[str, Fraction | int] = {
    "kWh": _KWH,
    "Wh": Fraction(_KWH, _KILO),
    "MWh": _KWH * _KILO,
    "GWh": _KWH * _MEGA,
    "J": 1,
    "kJ": _KILO,
    "MJ": _MEGA,
    "GJ": _GIGA,
    "TJ": _TERA,
    "Btu": _BTU,
    "kBtu": _BTU * _KILO,
    "MMBtu": _BTU * _MEGA,
    "therm": _BTU * 100_000,  # of the international table; the therm of the United States is 0.024 % smaller
    "Dth": _BTU * _MEGA,  # dekatherm: ten therms
    "kcal": _KCAL,
    "Mcal": _KCAL * _KILO,
    "Gcal": _KCAL * _MEGA,
    "toe": _KCAL * 10**7,  # tonne of oil equivalent: 10 Gcal, 41.868 GJ
    "tce": _KCAL * 7 * 10**6,  # tonne of coal equivalent: 7 Gcal, 29.3076 GJ
}
_VOLUME_M3: Mapping[str, Fraction | int] = {
    "m3": 1,
    "l": Fraction(1, _KILO),
    "hl": Fraction(1, 10),
    "kl": 1,
    "ft3": _FT3,
    "CCF": _FT3 * 100,  # C is the Roman hundred
    "Mcf": _FT3 * _KILO,  # M is the Roman thousand
    "MMcf": _FT3 * _MEGA,
    "US gal": _US_GALLON,
    "imp gal": _IMPERIAL_GALLON,
    "bbl": _US_GALLON * 42,  # barrel of oil
}
_MASS_KG: Mapping[str, Fraction | int] = {
    "t": _KILO,
    "kg": 1,
    "g": Fraction(1, _KILO),
    "kt": _MEGA,
    "Gg": _MEGA,
    "lb": _LB,
    "short ton": _LB * 2000,
    "long ton": _LB * 2240,
}


def _units() -> Iterator[Unit]:
    for name, joule in _ENERGY_J.items():
        yield Unit(name, "kWh", Fraction(joule) / _KWH, "energy")
    for name, cubic_metres in _VOLUME_M3.items():
        yield Unit(name, "m3", Fraction(cubic_metres), "volume")
    yield Unit("Nm3", "Nm3", Fraction(1), "gas volume at 0 degC and 1.01325 bar")
    yield Unit("Sm3", "Sm3", Fraction(1), "gas volume at 15 degC and 1.01325 bar")
    for name, kilograms in _MASS_KG.items():
        yield Unit(name, "t", Fraction(kilograms) / _KILO, "mass")
    yield Unit("1", "1", Fraction(1), "number of pieces")


UNITS: Mapping[str, Unit] = {unit.name: unit for unit in _units()}
"""Every unit by the name that we write."""

_OTHER_SPELLINGS: Mapping[str, str] = {
    "kWh": "kwhr kwhrs kilowatthour kilowatthours",
    "MWh": "Mwhr megawatthour megawatthours",
    "GWh": "gwhr gigawatthour gigawatthours",
    "Btu": "btus",
    "MMBtu": "mmbtus millionbtu",
    "therm": "therms thm",
    "Dth": "dekatherm dekatherms decatherm decatherms",
    "toe": "tonneofoilequivalent",
    "m3": "cbm cum cubicmeter cubicmeters cubicmetre cubicmetres",
    "Nm3": "m3n normalm3 ncm",
    "Sm3": "standardm3 scm",
    "l": "liter liters litre litres ltr",
    "kl": "kiloliter kiloliters kilolitre kilolitres",
    "ft3": "cf cuft cubicfoot cubicfeet",
    "CCF": "hcf",
    "MMcf": "mmft3",
    "US gal": "galus usgallon usgallons gallonus",
    "imp gal": "galimp ukgal galuk imperialgallon imperialgallons ukgallon ukgallons",
    "bbl": "barrel barrels",
    "t": "tonne tonnes metricton metrictons",
    "kg": "kgs kilogram kilograms",
    "lb": "lbs pound pounds",
    "short ton": "shorttons uston ustons",
    "long ton": "longtons ukton uktons",
    "1": "piece pieces pc pcs",
}
_TWO_MEANINGS: Mapping[str, str] = {
    **dict.fromkeys(("ton", "tons"), "t, short ton or long ton"),
    **dict.fromkeys(("gal", "gals", "gallon", "gallons"), "US gal or imp gal"),
    **dict.fromkeys(("mbtu", "mbtus"), "kBtu (thousand) or MMBtu (million)"),
    "mt": "t (metric ton) or kt (a thousand of them; a megatonne is 1000 kt)",
    "mg": "t (a megagram) or kg",
    "ml": "l or kl (a megalitre is 1000 kl)",
    **dict.fromkeys(("unit", "units"), "kWh, as on some electricity bills, or pieces"),
    **dict.fromkeys(("w", "kw", "mw", "gw"), "kWh, MWh or GWh: this is power, and a bill counts energy"),
}


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
    key = _key(text)
    found = _BY_KEY.get(key) or _BY_FOLDED.get(key.casefold())
    if found is None:
        meanings = _TWO_MEANINGS.get(key.casefold())
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


def _key(text: str) -> str:
    """Return a spelling without what carries no meaning: m³ is m3, kW·h is kWh, gal (US) is galUS."""
    plain = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s._^()·⋅*]|-(?=[A-Za-z])", "", plain)


def _keys() -> Iterator[tuple[str, Unit]]:
    for name, known in UNITS.items():
        yield _key(name), known
        for spelling in _OTHER_SPELLINGS.get(name, "").split():
            yield spelling, known


_BY_KEY: Mapping[str, Unit] = dict(_keys())
_BY_FOLDED: Mapping[str, Unit] = {key.casefold(): known for key, known in _BY_KEY.items()}
