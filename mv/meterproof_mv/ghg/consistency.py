"""What a factor's fields must say together: a record that contradicts itself would be chosen, or added up, wrongly."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from meterproof_mv.errors import FactorError, UnitError
from meterproof_mv.ghg.emission_units import emission_unit
from meterproof_mv.ghg.factors import Factor, FactorQuantity, Gas
from meterproof_mv.heat_content import CalorificBasis
from meterproof_mv.units import heat_units

NOT_BURNT = frozenset({"electricity", "steam", "heat", "hot_water", "cooling", "compressed_air"})
"""Carriers of energy that have no heating value, and so neither net nor gross."""

_HEATING = {FactorQuantity.NCV: CalorificBasis.NET, FactorQuantity.GCV: CalorificBasis.GROSS}


class Contradiction(NamedTuple):
    """A field that does not fit the others: which, and what is accepted."""

    field: str
    accepted: str


def contradictions(factor: Factor) -> Iterator[Contradiction]:
    """Yield every field that does not fit the others.

    Parameters
    ----------
    factor : Factor
        With each field readable by itself.
    """
    yield from _keys(factor)
    yield from _times(factor)
    yield from _CHECKS[factor.quantity](factor)


def _keys(factor: Factor) -> Iterator[Contradiction]:
    of_a_gas = factor.quantity in (FactorQuantity.EF, FactorQuantity.GWP)
    if of_a_gas and factor.gas is None:
        yield Contradiction("gas", f"CO2, CH4, N2O or CO2e of quantity {factor.quantity}")
    if not of_a_gas and factor.gas is not None:
        yield Contradiction("gas", f"no gas of quantity {factor.quantity}")
    if not factor.carrier and factor.quantity is not FactorQuantity.GWP:
        yield Contradiction("carrier", "a fuel, electricity, steam or material")


def _times(factor: Factor) -> Iterator[Contradiction]:
    if factor.valid_from and factor.valid_to and factor.valid_from >= factor.valid_to:
        yield Contradiction("valid_to", f"a day after valid_from {factor.valid_from}")
    try:
        _ = factor.described
    except FactorError:
        if factor.reference_days:
            yield Contradiction("reference_days", "two rising days such as 2024-04-01/2025-04-01")
        else:
            accepted = "a year such as 2022 or 2015-2017, of a fiscal year with reference_days,"
            yield Contradiction("reference_year", accepted)


def _emission(factor: Factor) -> Iterator[Contradiction]:
    try:
        read = emission_unit(factor.unit)
    except FactorError:
        yield Contradiction("unit", "a mass per activity such as kg/TJ, tCO2/MWh or t/t")
        return
    if read.gas not in (None, factor.gas):
        yield Contradiction("unit", f"a unit of the gas {factor.gas or 'of its column'}")
    if factor.carrier == "electricity" and read.gas is None:
        yield Contradiction("unit", "a unit that says what it counts, CO2 or CO2e, such as tCO2/MWh,")
    burnt = read.per.canonical == "kWh" and factor.carrier not in NOT_BURNT
    if burnt and factor.calorific_basis is None:
        yield Contradiction("calorific_basis", "net or gross of a fuel per energy")
    if not burnt and factor.calorific_basis is not None:
        yield Contradiction("calorific_basis", f"no basis of {factor.carrier} per {read.per.name}")
    if factor.biogenic and factor.gas is Gas.CO2E:
        yield Contradiction("biogenic", "no, of a sum of gases whose parts are not told,")


def _heating(factor: Factor) -> Iterator[Contradiction]:
    try:
        heat_units(factor.unit)
    except UnitError:
        yield Contradiction("unit", "energy per volume or mass such as TJ/Gg")
    if factor.calorific_basis is not _HEATING[factor.quantity]:
        yield Contradiction("calorific_basis", f"{_HEATING[factor.quantity]} of quantity {factor.quantity}")
    if factor.number == 0:
        yield Contradiction("value", "a heating value above 0")


def _potential(factor: Factor) -> Iterator[Contradiction]:
    if not factor.gwp_set:
        yield Contradiction("gwp_set", "the name of the set, such as AR5,")
    if factor.unit != "tCO2e/t":
        yield Contradiction("unit", "tCO2e/t")


def _share(factor: Factor) -> Iterator[Contradiction]:
    if factor.unit not in ("fraction", "factor"):
        yield Contradiction("unit", "fraction, or factor of a correction,")
    elif factor.unit == "fraction" and factor.number > 1:
        yield Contradiction("value", "a fraction from 0 to 1")
    if factor.quantity is FactorQuantity.LOSS and (factor.unit == "factor" or factor.number >= 1):
        yield Contradiction("value", "a fraction of energy sent out, below 1,")
    if factor.basis == "net_per_gross" and not 0 < factor.number <= 1:
        yield Contradiction("value", "a ratio above 0 and up to 1")


_CHECKS: Mapping[FactorQuantity, Callable[[Factor], Iterator[Contradiction]]] = {
    FactorQuantity.EF: _emission,
    FactorQuantity.NCV: _heating,
    FactorQuantity.GCV: _heating,
    FactorQuantity.GWP: _potential,
    FactorQuantity.SHARE: _share,
    FactorQuantity.LOSS: _share,
}
