"""The units of emission factors: which mass of which gas, per how much of what."""

import re
from dataclasses import dataclass

from meterproof_mv.errors import FactorError, UnitError
from meterproof_mv.ghg.factors import Gas
from meterproof_mv.units import Unit, ratio, unit

_FORM = re.compile(r"(?P<mass>kg|g|t|lb) ?(?P<gas>CO2e|CO2|CH4|N2O)?/(?P<per>[^/]+)")


@dataclass(frozen=True, slots=True)
class EmissionUnit:
    """The unit of an emission factor, taken apart.

    Parameters
    ----------
    tonnes : float
        How many tonnes its mass is [t].
    gas : Gas or None
        The gas that it names; None when it names none, as in ``kg/TJ``.
    per : Unit
        Of the activity: energy, volume, mass or pieces.
    """

    tonnes: float
    gas: Gas | None
    per: Unit


def emission_unit(text: str) -> EmissionUnit:
    """Return the unit of an emission factor, taken apart.

    Parameters
    ----------
    text : str
        Such as ``kg/TJ``, ``tCO2/MWh``, ``kg/MMBtu``, ``t/t``.

    Raises
    ------
    FactorError
        When it is no mass per activity.

    Examples
    --------
    >>> read = emission_unit("tCO2e/MWh")
    >>> read.tonnes, read.gas.value, read.per.name
    (1.0, 'CO2e', 'MWh')
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise FactorError(f"unit {text!r} of an emission factor; such as kg/TJ, tCO2/MWh, tCO2e/MWh or t/t is accepted")
    try:
        per = unit(form["per"])
    except UnitError as error:
        raise FactorError(f"unit {text!r} of an emission factor: {error}") from error
    return EmissionUnit(ratio(form["mass"], "t"), Gas(form["gas"]) if form["gas"] else None, per)
