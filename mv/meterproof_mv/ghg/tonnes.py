"""From one unit of activity to tonnes, the gases apart; CO2e is a view of them under a named set of potentials."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from meterproof_mv.errors import FactorError
from meterproof_mv.ghg.activity import activity_of, amount_counted
from meterproof_mv.ghg.emission_units import emission_unit
from meterproof_mv.ghg.factors import Factor, FactorQuantity, Gas
from meterproof_mv.ghg.keys import BASES_NOT_USED
from meterproof_mv.heat_content import CalorificBasis, HeatContent


@dataclass(frozen=True, slots=True)
class Emissions:
    """What one unit of activity emits.

    Parameters
    ----------
    co2_t, ch4_t, n2o_t : float
        Of each gas; 0 of one that no factor counts, NaN where a CO2e factor added them up [t].
    co2e_t : float
        All together, without biogenic CO2 [t CO2e].
    biogenic_co2_t : float
        Memo item, outside the total [t].
    """

    co2_t: float
    ch4_t: float
    n2o_t: float
    co2e_t: float
    biogenic_co2_t: float


def per_unit(
    unit: str,
    factors: Sequence[Factor],
    *,
    gwp_set: str,
    heat_content: HeatContent | None = None,
    calorific_basis: CalorificBasis | None = None,
) -> Emissions:
    """Return what one unit of activity emits; linear, so that an interval is carried through.

    Parameters
    ----------
    unit : str
        What the activity is counted in: ``kWh``, ``m3``, ``t``.
    factors : sequence of Factor
        The emission factors of one carrier, with the potentials and the heating value that they need.
    gwp_set : str
        Global warming potentials, such as ``AR5``; a CO2e factor keeps the set that is frozen in it.
    heat_content : HeatContent or None
        Of a fuel by volume or mass; a fuel by mass may use the heating value of its table instead.
    calorific_basis : CalorificBasis or None
        Of a fuel counted in energy.

    Raises
    ------
    FactorError
        When units or calorific bases do not fit, something needed is missing, or something would count twice.

    Examples
    --------
    >>> from meterproof_mv.ghg.library import by_ref, shipped_factors
    >>> known = by_ref(shipped_factors())
    >>> grid = known["grid.kr.national.generation_2021@1"]
    >>> per_unit("MWh", [grid], gwp_set="AR5").co2e_t
    0.3706
    """
    emission = _emission_factors(factors)
    carrier = emission[0].carrier
    own = [factor for factor in factors if factor.carrier == carrier]
    activity = activity_of(unit, own, heat_content=heat_content, calorific_basis=calorific_basis)
    losses = _losses(own, emission)
    emitted = {(one.gas, _memo(one)): _per_own_unit(one) * amount_counted(activity, one) * losses for one in emission}
    if (Gas.CO2E, False) in emitted:
        return Emissions(math.nan, math.nan, math.nan, emitted[Gas.CO2E, False], 0.0)
    co2, ch4, n2o = (emitted.get((gas, False), 0.0) for gas in (Gas.CO2, Gas.CH4, Gas.N2O))
    warming = sum(
        tonnes * _potential(gas, factors, gwp_set) for gas, tonnes in ((Gas.CH4, ch4), (Gas.N2O, n2o)) if tonnes
    )
    return Emissions(co2, ch4, n2o, co2 + warming, emitted.get((Gas.CO2, True), 0.0))


def _per_own_unit(factor: Factor) -> float:
    return factor.number * emission_unit(factor.unit).tonnes


def _memo(factor: Factor) -> bool:
    return factor.biogenic and factor.gas is Gas.CO2


def _emission_factors(factors: Sequence[Factor]) -> list[Factor]:
    """Return the emission factors, once nothing among the factors would be left out or counted twice."""
    found = [factor for factor in factors if factor.quantity is FactorQuantity.EF]
    if not found:
        raise FactorError("no emission factor among the factors; at least one is accepted")
    told = ", ".join(factor.ref for factor in found)
    if len({factor.carrier for factor in found}) > 1:
        raise FactorError(f"emission factors {told} are of several carriers; those of one are accepted")
    gases = [factor.gas for factor in found]
    if len(set(gases)) < len(gases) or (Gas.CO2E in gases and len(gases) > 1):
        raise FactorError(f"emission factors {told} count a gas twice; one of each gas, or one of CO2e, is accepted")
    for factor in factors:
        _check_use(factor)
    return found


def _check_use(factor: Factor) -> None:
    if factor.basis in BASES_NOT_USED:
        raise FactorError(f"{factor.ref} is of basis {factor.basis!r}, which must not be used; {factor.note}")
    if factor.quantity is FactorQuantity.SHARE and factor.basis != "net_per_gross":
        raise FactorError(
            f"{factor.ref} is a share ({factor.note or factor.carrier}), which is not applied here; "
            "a factor per activity that contains it is accepted"
        )


def _losses(own: Sequence[Factor], emission: Sequence[Factor]) -> float:
    """Return by how much more is sent out than arrives: 1 unless losses are counted, and counted nowhere else."""
    losses = [factor for factor in own if factor.quantity is FactorQuantity.LOSS]
    if not losses:
        return 1.0
    told = ", ".join(factor.ref for factor in losses)
    contain = [factor for factor in emission if factor.includes_losses != "no"]
    if len(losses) > 1 or contain:
        beside = f" beside {contain[0].ref}, which may contain losses" if contain else ""
        raise FactorError(
            f"losses {told}{beside} would be counted twice; "
            "one loss beside a factor of includes_losses 'no' is accepted"
        )
    return 1 / (1 - losses[0].number)


def _potential(gas: Gas, factors: Sequence[Factor], gwp_set: str) -> float:
    potentials = [factor for factor in factors if factor.quantity is FactorQuantity.GWP and factor.gas is gas]
    found = [factor for factor in potentials if factor.gwp_set == gwp_set and factor.basis in ("", "default")]
    if len(found) != 1:
        told = ", ".join(factor.ref for factor in potentials) or "none"
        raise FactorError(
            f"global warming potential of {gas} in the set {gwp_set!r}: {len(found)} records; "
            f"exactly one is accepted, and there are {told}"
        )
    return found[0].number
