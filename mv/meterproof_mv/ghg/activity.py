"""How much of what a factor counts is in one unit of activity: heat of a cubic metre, net or gross, never mixed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from meterproof_mv.errors import FactorError, UnitError
from meterproof_mv.ghg.consistency import NOT_BURNT
from meterproof_mv.ghg.emission_units import emission_unit
from meterproof_mv.ghg.factors import Factor, FactorQuantity
from meterproof_mv.heat_content import CalorificBasis, HeatContent
from meterproof_mv.units import Unit, convert_heat, ratio, unit

_HEATING = {FactorQuantity.NCV: CalorificBasis.NET, FactorQuantity.GCV: CalorificBasis.GROSS}


@dataclass(frozen=True, slots=True)
class Activity:
    """One unit of what a stream counts.

    Parameters
    ----------
    unit : Unit
        What the stream is counted in.
    heat_content : HeatContent or None
        The supplier's, of a fuel by volume or mass.
    calorific_basis : CalorificBasis or None
        Of a fuel counted in energy.
    heating : tuple of Factor
        Heating values from tables, for a fuel by mass without a supplier's figure.
    net_per_gross : Factor or None
        Ratio that somebody chose to convert one basis into the other with.
    """

    unit: Unit
    heat_content: HeatContent | None
    calorific_basis: CalorificBasis | None
    heating: tuple[Factor, ...]
    net_per_gross: Factor | None

    def heat(self, basis: CalorificBasis | None) -> HeatContent | None:
        """Return the heat of one unit: the supplier's, else the table's, of a wanted basis if there is one."""
        if self.heat_content is not None:
            return self.heat_content
        if not self.heating:
            return None
        fitting = [factor for factor in self.heating if _HEATING[factor.quantity] is basis] or self.heating
        return HeatContent(fitting[0].value, fitting[0].unit, _HEATING[fitting[0].quantity], fitting[0].ref)

    def basis(self, wanted: CalorificBasis | None) -> CalorificBasis | None:
        """Return on which basis the heat of one unit is known."""
        if self.unit.canonical == "kWh":
            return self.calorific_basis
        heat = self.heat(wanted)
        return heat.basis if heat else None


def activity_of(
    text: str,
    factors: Sequence[Factor],
    *,
    heat_content: HeatContent | None,
    calorific_basis: CalorificBasis | None,
) -> Activity:
    """Return one unit of a stream's activity.

    Parameters
    ----------
    text : str
        The unit: ``kWh``, ``m3``, ``t``.
    factors : sequence of Factor
        Among them heating values and ratios of one fuel.
    heat_content, calorific_basis : HeatContent or None, CalorificBasis or None
        What the stream says of its fuel.

    Raises
    ------
    FactorError
        When the unit is unknown, or more than one ratio is there.
    """
    try:
        known = unit(text)
    except UnitError as error:
        raise FactorError(f"unit of the activity: {error}") from error
    ratios = [factor for factor in factors if factor.basis == "net_per_gross"]
    if len(ratios) > 1:
        raise FactorError(f"ratios of net to gross {', '.join(one.ref for one in ratios)}; at most one is accepted")
    return Activity(
        unit=known,
        heat_content=heat_content,
        calorific_basis=calorific_basis,
        heating=tuple(factor for factor in factors if factor.quantity in _HEATING),
        net_per_gross=ratios[0] if ratios else None,
    )


def amount_counted(activity: Activity, factor: Factor) -> float:
    """Return how many of the units that an emission factor is per one unit of activity holds.

    Parameters
    ----------
    activity : Activity
        One unit.
    factor : Factor
        Of emissions.

    Raises
    ------
    FactorError
        When they do not measure the same, a heat content is missing, or net would be multiplied by gross.
    """
    per = emission_unit(factor.unit).per
    if per.canonical == activity.unit.canonical:
        amount = ratio(activity.unit.name, per.name)
    elif per.canonical == "kWh" and activity.unit.canonical != "1":
        amount = _heat_of_one(activity, factor, per)
    else:
        raise FactorError(
            f"{factor.ref} is per {per.name}, the activity is counted in {activity.unit.name}; "
            f"a factor per {activity.unit.canonical} or, of a fuel, per energy is accepted"
        )
    return amount * _to_basis(activity, factor)


def _heat_of_one(activity: Activity, factor: Factor, per: Unit) -> float:
    heat = activity.heat(factor.calorific_basis)
    if heat is None:
        raise FactorError(
            f"{factor.ref} is per {per.name}, {factor.carrier} is counted in {activity.unit.name}, and its heat "
            f"content is not stated; the supplier's figure per {activity.unit.name}, net or gross, is accepted"
        )
    try:
        return convert_heat(_positive(heat), heat.unit, f"{per.name}/{activity.unit.name}")
    except UnitError as error:
        raise FactorError(f"heat content of {factor.carrier}, {heat.value} {heat.unit}: {error}") from error


def _positive(heat: HeatContent) -> float:
    try:
        value = float(heat.value)
    except ValueError:
        value = math.nan
    if not (0 < value < math.inf):
        raise FactorError(f"heat content {heat.value!r} {heat.unit} ({heat.source}); a number above 0 is accepted")
    return value


def basis_clash(activity: Activity, factor: Factor) -> str:
    """Return why the heat of one unit must not be multiplied by a factor; empty when it may, or needs no heat.

    Parameters
    ----------
    activity : Activity
        One unit.
    factor : Factor
        Of emissions.
    """
    if _without_heat(factor):
        return ""
    wanted, known = factor.calorific_basis, activity.basis(factor.calorific_basis)
    if known is None and activity.unit.canonical != "kWh":
        return ""  # there is no heat content, which is told first
    if wanted is None or known is None:
        what = factor.ref if wanted is None else f"the heat of {factor.carrier}"
        return f"{what} does not say whether it is net or gross; net or gross is accepted"
    if wanted is known or activity.net_per_gross is not None:
        return ""
    return (
        f"{factor.ref} is on a {wanted} basis, the heat of {factor.carrier} is {known}; "
        f"factors on a {known} basis are accepted, or a {wanted} heat content"
    )


def converts_basis(activity: Activity, factor: Factor) -> bool:
    """Return whether heat is known on the other basis than the factor's, and a ratio stands between them."""
    if _without_heat(factor) or activity.net_per_gross is None:
        return False
    return factor.calorific_basis is not activity.basis(factor.calorific_basis)


def _without_heat(factor: Factor) -> bool:
    return factor.carrier in NOT_BURNT or emission_unit(factor.unit).per.canonical != "kWh"


def _to_basis(activity: Activity, factor: Factor) -> float:
    """Return what turns the heat as it is known into heat on the factor's basis."""
    clash = basis_clash(activity, factor)
    if clash:
        raise FactorError(clash)
    if activity.net_per_gross is None or not converts_basis(activity, factor):
        return 1.0
    share = activity.net_per_gross.number
    if not 0 < share <= 1:
        raise FactorError(f"{activity.net_per_gross.ref}: ratio {share:g}; above 0 and up to 1 is accepted")
    return share if factor.calorific_basis is CalorificBasis.NET else 1 / share
