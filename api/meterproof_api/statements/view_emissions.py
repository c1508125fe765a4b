"""Tonnes by gas, and the factors that they rest on with the place where a stranger finds each number."""

from meterproof_api.statements.amounts import TONNES, amount, between, claimed, signed
from meterproof_api.statements.document import FactorShape, StatementShape, TonnesShape
from meterproof_api.statements.view_parts import TableView
from meterproof_api.wording import knows, say


def emissions_view(tonnes: TonnesShape, gwp_set: str) -> TableView:
    """Return avoided emissions, the gases apart, biogenic CO2 as a memo."""
    bounds = (tonnes.lower, tonnes.upper)
    rows = [
        [say("statement.gas_co2"), signed(tonnes.co2_t, "t")],
        [say("statement.gas_ch4"), signed(tonnes.ch4_t, "t")],
        [say("statement.gas_n2o"), signed(tonnes.n2o_t, "t")],
        [say("statement.gas_co2e", gwp_set=gwp_set), signed(tonnes.co2e_t, TONNES)],
        [say("statement.gas_interval"), between(bounds, TONNES)],
        [say("statement.gas_bound"), amount(tonnes.lower_one_sided, TONNES)],
        [say("statement.gas_verified"), claimed(tonnes.verified_co2e_t, TONNES)],
        [say("statement.gas_biogenic"), signed(tonnes.biogenic_co2_t, "t")],
    ]
    return TableView([say("statement.gas"), say("statement.avoided_tonnes")], rows)


def emissions_text(statement: StatementShape) -> list[str]:
    """Return what must be known beside the tonnes."""
    gwp_set = say("statement.gwp_set", gwp_set=statement.gwp_set)
    which = "statement.which_tonnes" if statement.tonnes else "statement.no_tonnes"
    return [say(which), gwp_set]


def factors_view(factors: list[FactorShape]) -> TableView:
    """Return every pinned record: value as printed, source, edition, table, and whether anybody compared it."""
    head = [say(f"statement.{name}") for name in ("factor", "factor_value", "factor_source", "factor_trust")]
    return TableView(head, [_row(factor) for factor in factors], (0, 1, 2, 3))


def _row(factor: FactorShape) -> list[str]:
    year = say("statement.factor_year", year=factor.reference_year) if factor.reference_year else ""
    basis = say("statement.factor_basis", basis=factor.calorific_basis) if factor.calorific_basis else ""
    source = (factor.publisher, factor.document, factor.edition, factor.page_or_table, year, factor.note)
    return [
        f"{factor.factor_id}@{factor.version}",
        _listed(f"{factor.value} {factor.unit}", factor.gas or "", factor.gwp_set, basis),
        _listed(*source),
        _trust(factor),
    ]


def _trust(factor: FactorShape) -> str:
    key = f"statement.trust_{factor.trust}"
    trust = say(key) if knows(key) else factor.trust
    if not factor.checked_by:
        return say("statement.not_signed_for", trust=trust)
    return say("statement.signed_for", trust=trust, who=factor.checked_by, date=factor.checked_on or "")


def _listed(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
