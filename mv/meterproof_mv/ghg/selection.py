"""Chooses factors: exactly one record a gas, by what was used, where and when; else an error with the list.

Nothing takes the place of what is not there: no average for a missing margin, no natural gas for biogas.
"""

from collections.abc import Iterable, Sequence

from meterproof_mv.errors import FactorError
from meterproof_mv.ghg.factors import Factor, FactorQuantity, Gas
from meterproof_mv.ghg.library import by_ref
from meterproof_mv.ghg.matching import Wanted, current, matching, the_one, told

__all__ = ["Wanted", "gwp_factors", "heating_value", "pinned", "select", "stream_factors"]


def select(factors: Iterable[Factor], wanted: Wanted, gas: Gas) -> Factor:
    """Return the one emission factor of a gas.

    A record that says until when it is valid is never chosen outside that. Of records that only say which days their
    data describe, those of the activity's day are chosen, else the newest before it, else the oldest after it; the
    finding `factor_year` tells of the difference.

    Parameters
    ----------
    factors : iterable of Factor
        To choose from.
    wanted : Wanted
        The keys.
    gas : Gas
        Which.

    Raises
    ------
    FactorError
        When none or more than one matches.
    """
    known = tuple(factors)
    fitting = [factor for factor in _emission_factors(known, wanted) if factor.gas is gas]
    return the_one(fitting, wanted, f"{gas} factor", known)


def stream_factors(factors: Iterable[Factor], wanted: Wanted) -> tuple[Factor, ...]:
    """Return the emission factors of a stream: CO2, CH4, N2O of a fuel, or the one CO2 or CO2e of a grid or material.

    Parameters
    ----------
    factors : iterable of Factor
        To choose from.
    wanted : Wanted
        The keys.

    Raises
    ------
    FactorError
        When a gas has none or more than one, or CO2e would count gases again.
    """
    known = tuple(factors)
    fitting = _emission_factors(known, wanted)
    gases = {factor.gas for factor in fitting}
    if gases <= {Gas.CO2, Gas.CO2E}:
        return (the_one(fitting, wanted, "CO2 or CO2e factor", known),)
    if Gas.CO2E in gases:
        raise FactorError(
            f"{wanted}: CO2e beside CO2, CH4 or N2O would count gases twice; one kind is accepted: {told(fitting)}"
        )
    return tuple(select(known, wanted, gas) for gas in (Gas.CO2, Gas.CH4, Gas.N2O))


def heating_value(factors: Iterable[Factor], wanted: Wanted) -> Factor:
    """Return the one heating value of a fuel, net or gross as `wanted` says.

    Parameters
    ----------
    factors : iterable of Factor
        To choose from.
    wanted : Wanted
        The keys.

    Raises
    ------
    FactorError
        When none or more than one matches.
    """
    known = tuple(factors)
    heating = [factor for factor in known if factor.quantity in (FactorQuantity.NCV, FactorQuantity.GCV)]
    return the_one(matching(heating, wanted), wanted, "heating value", known)


def gwp_factors(factors: Iterable[Factor], gwp_set: str) -> tuple[Factor, ...]:
    """Return the potentials of CO2, CH4 and N2O of a named set, its default variant.

    Parameters
    ----------
    factors : iterable of Factor
        To choose from.
    gwp_set : str
        Such as ``AR5``.

    Raises
    ------
    FactorError
        When the set is unknown, or a gas has none or more than one.
    """
    potentials = [factor for factor in current(tuple(factors)) if factor.quantity is FactorQuantity.GWP]
    found = []
    for gas in (Gas.CO2, Gas.CH4, Gas.N2O):
        of_gas = [factor for factor in potentials if factor.gas is gas and factor.basis in ("", "default")]
        in_set = [factor for factor in of_gas if factor.gwp_set == gwp_set]
        if len(in_set) != 1:
            sets = ", ".join(sorted({factor.gwp_set for factor in of_gas})) or "none: no record of any set is there"
            raise FactorError(
                f"global warming potential of {gas} in the set {gwp_set!r}: {told(in_set)}; "
                f"exactly one record is accepted, and sets are {sets}"
            )
        found.append(in_set[0])
    return tuple(found)


def pinned(factors: Iterable[Factor], refs: Sequence[str]) -> tuple[Factor, ...]:
    """Return the records that somebody pinned, in that order.

    Parameters
    ----------
    factors : iterable of Factor
        Each id and version once.
    refs : sequence of str
        ``id@version``.

    Raises
    ------
    FactorError
        When one is not there, or a record is there twice.
    """
    known = by_ref(factors)
    for ref in refs:
        if ref not in known:
            like = [other for other in known if other.partition("@")[0] == ref.partition("@")[0]]
            raise FactorError(f"factor {ref!r} is not among {len(known)} records; {_near(like)}")
    return tuple(known[ref] for ref in refs)


def _near(refs: Sequence[str]) -> str:
    return f"of that id there are {', '.join(refs)}" if refs else "an id@version of a known record is accepted"


def _emission_factors(known: Sequence[Factor], wanted: Wanted) -> list[Factor]:
    return matching([factor for factor in known if factor.quantity is FactorQuantity.EF], wanted)
