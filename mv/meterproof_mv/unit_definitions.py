"""The definitions behind units: what each is, exactly, and how people spell it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction


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
TWO_MEANINGS: Mapping[str, str] = {
    **dict.fromkeys(("ton", "tons"), "t, short ton or long ton"),
    **dict.fromkeys(("gal", "gals", "gallon", "gallons"), "US gal or imp gal"),
    **dict.fromkeys(("mbtu", "mbtus"), "kBtu (thousand) or MMBtu (million)"),
    "mt": "t (metric ton) or kt (a thousand of them; a megatonne is 1000 kt)",
    "mg": "t (a megagram) or kg",
    "ml": "l or kl (a megalitre is 1000 kl)",
    **dict.fromkeys(("unit", "units"), "kWh, as on some electricity bills, or pieces"),
    **dict.fromkeys(("w", "kw", "mw", "gw"), "kWh, MWh or GWh: this is power, and a bill counts energy"),
}


def spelling_key(text: str) -> str:
    """Return a spelling without what carries no meaning: m³ is m3, kW·h is kWh, gal (US) is galUS."""
    plain = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s._^()·⋅*]|-(?=[A-Za-z])", "", plain)


def spellings() -> Iterator[tuple[str, Unit]]:
    """Yield every spelling that is accepted as it stands, with its unit."""
    for name, known in UNITS.items():
        yield spelling_key(name), known
        for spelling in _OTHER_SPELLINGS.get(name, "").split():
            yield spelling, known


BY_SPELLING: Mapping[str, Unit] = dict(spellings())
BY_FOLDED_SPELLING: Mapping[str, Unit] = {key.casefold(): known for key, known in BY_SPELLING.items()}
