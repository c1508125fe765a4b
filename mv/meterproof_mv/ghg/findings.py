"""What a reviewer must know of the factors behind tonnes: where they are weak, and where they do not fit."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from meterproof_mv.dossier.plan import Period
from meterproof_mv.errors import FactorError
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.ghg.activity import activity_of, basis_clash, converts_basis
from meterproof_mv.ghg.factors import Factor, FactorTrust, Gas
from meterproof_mv.ghg.record_findings import emission_factors, factor_finding, record_findings, refs
from meterproof_mv.ghg.tonnes import per_unit
from meterproof_mv.heat_content import CalorificBasis, HeatContent


@dataclass(frozen=True, slots=True)
class _Use:
    """The factors of a stream, and what it says of its activity."""

    factors: Sequence[Factor]
    gwp_set: str
    period: Period
    unit: str
    calorific_basis: CalorificBasis | None
    heat_content: HeatContent | None


def is_provisional(factors: Iterable[Factor]) -> bool:
    """Return whether a result rests on a factor that was not compared with what its publisher prints."""
    return any(factor.trust is not FactorTrust.VERIFIED for factor in factors)


def factor_findings(
    factors: Sequence[Factor],
    *,
    gwp_set: str,
    period: Period,
    unit: str,
    calorific_basis: CalorificBasis | None = None,
    heat_content: HeatContent | None = None,
) -> tuple[Finding, ...]:
    """Return what must be known of the factors of a stream; one is a refusal whenever `per_unit` raises.

    Parameters
    ----------
    factors : sequence of Factor
        All that its tonnes need.
    gwp_set : str
        Global warming potentials, such as ``AR5``.
    period : Period
        When the activity was.
    unit : str
        What it is counted in: ``kWh``, ``m3``, ``t``.
    calorific_basis : CalorificBasis or None
        Of a fuel counted in energy.
    heat_content : HeatContent or None
        Of a fuel by volume or mass.
    """
    use = _Use(factors, gwp_set, period, unit, calorific_basis, heat_content)
    found: list[Finding] = []
    try:
        found.extend(record_findings(factors))
        for rule in _RULES:
            found.extend(rule(use))
        per_unit(unit, factors, gwp_set=gwp_set, heat_content=heat_content, calorific_basis=calorific_basis)
    except FactorError as error:
        if not any(finding.code == "factor_basis" for finding in found):
            found.append(factor_finding("factors_do_not_fit", Severity.REFUSAL, f"no tonnes: {error}", factors))
    return tuple(found)


def _other_year(use: _Use) -> Iterator[Finding]:
    for factor in use.factors:
        days = factor.described
        if days and not (days[0] <= use.period.start and use.period.end <= days[1]):
            message = (
                f"{factor.ref} describes {factor.reference_year or factor.reference_days}, "
                f"the activity is from {use.period.start} until {use.period.end}"
            )
            described = [day.isoformat() for day in days]
            yield factor_finding("factor_year", Severity.WARNING, message, [factor], described=described)


def _not_in_force(use: _Use) -> Iterator[Finding]:
    for factor in use.factors:
        starts_late = factor.valid_from is not None and use.period.start < factor.valid_from
        ends_early = factor.valid_to is not None and factor.valid_to < use.period.end
        if starts_late or ends_early:
            message = (
                f"{factor.ref} is in force from {factor.valid_from or 'ever'} to {factor.valid_to or 'now'}, "
                f"not over all of {use.period.start} until {use.period.end}"
            )
            yield factor_finding("factor_not_in_force", Severity.REFUSAL, message, [factor])


def _frozen_set(use: _Use) -> Iterator[Finding]:
    for factor in emission_factors(use.factors):
        if factor.gas is Gas.CO2E and factor.gwp_set != use.gwp_set:
            its = f"the set {factor.gwp_set}" if factor.gwp_set else "a set that its publisher does not name"
            message = f"{factor.ref} is in CO2e under {its}, not {use.gwp_set}; it cannot be converted"
            yield factor_finding("factor_gwp_set", Severity.WARNING, message, [factor], gwp_set=factor.gwp_set)


def _heat(use: _Use) -> Iterator[Finding]:
    found = emission_factors(use.factors)
    carriers = {factor.carrier for factor in found}
    own = [factor for factor in use.factors if factor.carrier in carriers]
    activity = activity_of(use.unit, own, heat_content=use.heat_content, calorific_basis=use.calorific_basis)
    clashing = [(factor, clash) for factor in found if (clash := basis_clash(activity, factor))]
    if clashing:
        which = [factor for factor, _ in clashing]
        yield factor_finding("factor_basis", Severity.REFUSAL, clashing[0][1], which)
    if any(converts_basis(activity, factor) for factor in found) and activity.net_per_gross:
        ratio = activity.net_per_gross
        message = f"net and gross heat are converted with {ratio.ref}, {ratio.value}; the supplier's figures go first"
        yield factor_finding("default_heat_ratio", Severity.WARNING, message, [ratio])
    if activity.heating and not activity.heat_content and activity.unit.canonical == "t":
        message = f"the heat content is the default of {refs(activity.heating)}; the supplier's figure goes first"
        yield factor_finding("default_heating_value", Severity.INFO, message, activity.heating)


_RULES: tuple[Callable[[_Use], Iterator[Finding]], ...] = (_other_year, _not_in_force, _frozen_set, _heat)
