"""Which emission factors a plant's streams use: chosen from the records that ship, exactly one a gas."""

from meterproof_api.plants import Plant, StreamInfo
from meterproof_mv.ghg.factors import Factor, FactorQuantity
from meterproof_mv.ghg.library import shipped_factors
from meterproof_mv.ghg.selection import Wanted, gwp_factors, stream_factors
from meterproof_mv.heat_content import CalorificBasis


def stream_factors_of(plant: Plant, stream: StreamInfo) -> tuple[Factor, ...]:
    """Return the factors that turn a stream into tonnes; none when it chooses none.

    Raises
    ------
    FactorError
        When no record, or more than one, matches the choice; the message lists them.
    """
    choice = stream.emissions
    if choice is None:
        return ()
    basis = stream.calorific_basis or (stream.heat_content.basis if stream.heat_content else None)
    wanted = Wanted(
        carrier=stream.carrier,
        sector=choice.sector,
        region=choice.region,
        basis=choice.basis,
        calorific_basis=basis,
        on=plant.reporting_period.start,
    )
    known = [factor for factor in shipped_factors() if factor.factor_id.startswith(choice.factor)]
    chosen = stream_factors([f for f in known if f.quantity is not FactorQuantity.GWP], wanted)
    return (*chosen, *_default_heating_value(chosen)) if basis is None else chosen


def _default_heating_value(chosen: tuple[Factor, ...]) -> tuple[Factor, ...]:
    """Return the heating value that stands beside factors per energy: a fuel by mass needs it, where none is stated."""
    bases = {factor.calorific_basis for factor in chosen if factor.calorific_basis}
    families = {factor.factor_id.rpartition(".")[0] for factor in chosen}
    kinds = {CalorificBasis.NET: FactorQuantity.NCV, CalorificBasis.GROSS: FactorQuantity.GCV}
    return tuple(
        factor
        for factor in shipped_factors()
        if factor.factor_id.rpartition(".")[0] in families and factor.quantity in {kinds[basis] for basis in bases}
    )


def plant_factors(plant: Plant) -> tuple[Factor, ...]:
    """Return every record that a plant's tonnes need, each once: factors of its streams, potentials of its set."""
    chosen = [factor for stream in plant.streams for factor in stream_factors_of(plant, stream)]
    if not chosen:
        return ()
    found = {factor.ref: factor for factor in (*chosen, *gwp_factors(shipped_factors(), plant.gwp_set))}
    return tuple(found.values())
