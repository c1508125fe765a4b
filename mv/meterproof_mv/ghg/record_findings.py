"""What a reviewer must know of factor records by themselves: who stands behind them, and what they count."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from meterproof_mv.findings import Finding, Severity
from meterproof_mv.ghg.factors import Factor, FactorQuantity, FactorTrust, Gas
from meterproof_mv.heat_content import CalorificBasis

_IPCC = "2006 IPCC Guidelines, volume 2, chapter 2"
_TRUST = {
    FactorTrust.EXCERPT: "seen in an excerpt, not in the original",
    FactorTrust.UNVERIFIED: "not verified",
}
_INSTITUTIONAL_CH4 = {"gas_diesel_oil": 10.0, "natural_gas": 5.0, "wood": 300.0}
# kg/TJ, net: what the sheet of a widespread workbook (GHG Protocol cross-sector tools v2.0, 2024-03) prints for every
# sector; plants have 3, 1 and 30 (compared with the export of the IPCC Emission Factor Database)


def record_findings(factors: Sequence[Factor]) -> Iterator[Finding]:
    """Yield what must be known of records, whatever they are used for.

    Parameters
    ----------
    factors : sequence of Factor
        All that a result rests on.
    """
    for rule in _RULES:
        yield from rule(factors)


def factor_finding(
    code: str,
    severity: Severity,
    message: str,
    factors: Sequence[Factor],
    *,
    clause: str = "meterproof",
    **data: Any,  # noqa: ANN401 - JSON
) -> Finding:
    """Return a finding that names its records, for people and machines."""
    return Finding(code, severity, message, clause, {"factors": [factor.ref for factor in factors], **data})


def refs(factors: Sequence[Factor]) -> str:
    """Return records as a sentence names them."""
    return ", ".join(factor.ref for factor in factors)


def emission_factors(factors: Sequence[Factor]) -> list[Factor]:
    """Return the emission factors among records."""
    return [factor for factor in factors if factor.quantity is FactorQuantity.EF]


def _not_verified(factors: Sequence[Factor]) -> Iterator[Finding]:
    weak = [factor for factor in factors if factor.trust is not FactorTrust.VERIFIED]
    if weak:
        told = "; ".join(f"{factor.ref} ({_TRUST[factor.trust]})" for factor in weak)
        message = f"not compared with what their publishers print: {told}; the result is provisional"
        yield factor_finding("factor_not_verified", Severity.WARNING, message, weak)


def _not_checked(factors: Sequence[Factor]) -> Iterator[Finding]:
    unsigned = [factor for factor in factors if not factor.checked_by]
    if unsigned:
        message = f"nobody signed for having compared with the original: {refs(unsigned)}"
        yield factor_finding("factor_not_checked", Severity.INFO, message, unsigned)


def _not_official(factors: Sequence[Factor]) -> Iterator[Finding]:
    for factor in factors:
        if factor.official in ("no", "computed"):
            how = "computed from official ones" if factor.official == "computed" else f"of {factor.publisher}"
            message = f"{factor.ref} is no official figure, but one {how}; an official figure goes first"
            yield factor_finding("factor_not_official", Severity.WARNING, message, [factor], official=factor.official)


def _uncertainty_unknown(factors: Sequence[Factor]) -> Iterator[Finding]:
    counted = (FactorQuantity.EF, FactorQuantity.NCV, FactorQuantity.GCV)
    unknown = [factor for factor in factors if factor.quantity in counted and not factor.uncertainty_low]
    if unknown:
        message = f"the uncertainty is not known of {refs(unknown)}: the interval of the tonnes does not contain it"
        yield factor_finding("factor_uncertainty_unknown", Severity.INFO, message, unknown)


def _institutional(factors: Sequence[Factor]) -> Iterator[Finding]:
    for factor in emission_factors(factors):
        if factor.sector == "institutional" or _is_institutional_methane(factor):
            message = (
                f"{factor.ref}, {factor.value} {factor.unit}, is a value of institutional boilers; "
                "plants use those of manufacturing industries"
            )
            clause = f"{_IPCC}, Table 2.3"
            yield factor_finding("institutional_ch4", Severity.REFUSAL, message, [factor], clause=clause)


def _is_institutional_methane(factor: Factor) -> bool:
    """Return whether it is methane of a wrong table under the name of another sector."""
    return (
        factor.gas is Gas.CH4
        and factor.unit == "kg/TJ"
        and factor.calorific_basis is CalorificBasis.NET
        and _INSTITUTIONAL_CH4.get(factor.carrier) == factor.number
    )


def _scope_3(factors: Sequence[Factor]) -> Iterator[Finding]:
    for factor in emission_factors(factors):
        if factor.basis in ("t_and_d", "upstream"):
            message = f"{factor.ref} counts scope 3 alone: losses or the fuel chain, not what the power stations emit"
            yield factor_finding("factor_scope_3", Severity.WARNING, message, [factor])


def _co2_alone(factors: Sequence[Factor]) -> Iterator[Finding]:
    found = emission_factors(factors)
    burnt = [factor for factor in found if factor.sector != "process"]
    if burnt and {factor.gas for factor in found} == {Gas.CO2}:
        message = f"{refs(burnt)} counts CO2 alone: CH4 and N2O are not in the result"
        yield factor_finding("factor_co2_alone", Severity.INFO, message, burnt)


_RULES: tuple[Callable[[Sequence[Factor]], Iterator[Finding]], ...] = (
    _not_verified,
    _not_checked,
    _not_official,
    _uncertainty_unknown,
    _institutional,
    _scope_3,
    _co2_alone,
)
