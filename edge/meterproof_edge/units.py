"""From the unit a meter speaks to the canonical unit of a quantity: exact factors, each derived and with its reason.

Factors are kept as fractions and rounded once, to a float, at the end: a watt-hour register scaled by 0.01 then gives
the very float that 1e-5 kWh is, and not one a bit beside it.
"""

from dataclasses import dataclass
from fractions import Fraction

from meterproof_core.errors import SettingsError
from meterproof_core.quantities import Quantity


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that a meter may speak.

    Parameters
    ----------
    dimension : str
        What it measures; only units of one dimension convert into each other.
    factor : Fraction
        Base units of the dimension in one of it, exact.
    why : str
        Where the factor comes from.
    """

    dimension: str
    factor: Fraction
    why: str


_PREFIXES = {"": (Fraction(1), "the base"), "k": (Fraction(1000), "kilo"), "M": (Fraction(10**6), "mega")}
_GIGA = {**_PREFIXES, "G": (Fraction(10**9), "giga")}
_MILLI = {**_PREFIXES, "m": (Fraction(1, 1000), "milli")}
_HOUR_S = 3600  # s per h, exact: 60 min of 60 s


def _family(
    symbol: str, dimension: str, base: Fraction | int = 1, why: str = "", *, prefixes: dict[str, tuple[Fraction, str]]
) -> dict[str, Unit]:
    return {
        f"{prefix}{symbol}": Unit(dimension, factor * base, f"SI prefix: {name}{'; ' + why if why else ''}, exact")
        for prefix, (factor, name) in prefixes.items()
    }


def _volumes() -> dict[str, tuple[Fraction, str]]:
    return {
        "m3": (Fraction(1), "the base"),
        "l": (Fraction(1, 1000), "1 dm3, exact"),
        "hl": (Fraction(1, 10), "100 l, exact"),
        "mm3": (Fraction(1, 10**9), "(1e-3 m)^3, exact"),
        "ft3": (Fraction("0.3048") ** 3, "international foot of 0.3048 m, exact"),
        "gal_us": (231 * Fraction("0.0254") ** 3, "231 cubic inches of 0.0254 m, exact"),
    }


def _masses() -> dict[str, tuple[Fraction, str]]:
    return {"g": (Fraction(1, 1000), "milli"), "kg": (Fraction(1), "the base"), "t": (Fraction(1000), "1000 kg, exact")}


def _with_rates(dimension: str, amounts: dict[str, tuple[Fraction, str]]) -> dict[str, Unit]:
    times = {"s": 1, "min": 60, "h": _HOUR_S, "d": 24 * _HOUR_S}  # s each, exact
    units = {symbol: Unit(dimension, factor, why) for symbol, (factor, why) in amounts.items()}
    for symbol, (factor, why) in amounts.items():
        for time, seconds in times.items():
            units[f"{symbol}/{time}"] = Unit(f"{dimension} flow", factor / seconds, f"{why}; {seconds} s per {time}")
    return units


UNITS: dict[str, Unit] = {
    **_family("J", "energy", prefixes=_GIGA),
    **_family("Wh", "energy", _HOUR_S, "3600 J per Wh", prefixes=_GIGA),
    **_family("varh", "reactive energy", prefixes=_GIGA),
    **_family("VAh", "apparent energy", prefixes=_GIGA),
    **_family("W", "power", prefixes=_GIGA),
    **_family("var", "reactive power", prefixes=_GIGA),
    **_family("VA", "apparent power", prefixes=_GIGA),
    **_family("V", "voltage", prefixes=_MILLI),
    **_family("A", "current", prefixes=_MILLI),
    **_family("Hz", "frequency", prefixes=_MILLI),
    **_family("bar", "pressure", 100_000, "1e5 Pa per bar", prefixes={"": _MILLI[""], "m": _MILLI["m"]}),
    **_family("Pa", "pressure", prefixes=_PREFIXES),
    **_with_rates("volume", _volumes()),
    **_with_rates("mass", _masses()),
    "degC": Unit("temperature", Fraction(1), "the base; other scales have another zero and need more than a factor"),
    "1": Unit("ratio", Fraction(1), "the base"),
    "%": Unit("ratio", Fraction(1, 100), "per hundred, exact"),
}


def exact_factor(unit: str, quantity: Quantity) -> Fraction:
    """Return the canonical units of a quantity in one meter unit, exactly.

    Parameters
    ----------
    unit : str
        Unit that the meter speaks, a key of `UNITS`.
    quantity : Quantity
        What is measured.

    Raises
    ------
    SettingsError
        When the unit is unknown or measures something else; the message lists the units that fit.
    """
    canonical = UNITS[quantity.unit]
    fitting = ", ".join(name for name, other in UNITS.items() if other.dimension == canonical.dimension)
    given = UNITS.get(unit)
    if given is None:
        raise SettingsError(f"unit {unit!r} unknown; for {quantity.name} use {fitting}")
    if given.dimension != canonical.dimension:
        raise SettingsError(f"unit {unit!r} measures {given.dimension}; for {quantity.name} use {fitting}")
    return given.factor / canonical.factor


def to_canonical(unit: str, quantity: Quantity) -> float:
    """Return the factor from a meter's unit to a quantity's canonical unit, rounded once.

    >>> from meterproof_core.quantities import quantity
    >>> to_canonical("Wh", quantity("energy_import_kwh"))
    0.001

    Raises
    ------
    SettingsError
        When the unit is unknown or measures something else.
    """
    return float(exact_factor(unit, quantity))
