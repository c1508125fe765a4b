"""A whole statement in words and formatted figures: one definition for the page and for paper."""

from datetime import UTC

from meterproof_api.statements.document import OptionShape, StatementShape, StreamShape
from meterproof_api.statements.view_emissions import emissions_text, emissions_view, factors_view
from meterproof_api.statements.view_findings import finding_views
from meterproof_api.statements.view_limits import limits
from meterproof_api.statements.view_outcome import (
    CLAIMABLE,
    figures,
    first_reasons,
    of_the_claim,
    reasons_for,
    sentences,
)
from meterproof_api.statements.view_parts import ChartView, StatementView, Term
from meterproof_api.statements.view_stream import chart_view, period_text, stream_view
from meterproof_api.wording import knows, say

UNSIGNED = "unsigned"


def statement_view(statement: StatementShape) -> StatementView:
    """Return everything that page and paper show of a statement."""
    plant, reporting = statement.plant, period_text(statement.reporting_period)
    claimable = statement.status == CLAIMABLE
    bundle = f"{statement.statement_id}.v{statement.version}.zip"
    return StatementView(
        id=statement.statement_id,
        version=statement.version,
        plant_id=plant.id,
        plant=plant.name,
        where=f"{country_name(plant.country)} · {sector_name(plant.sector)}",
        simulated=statement.simulated,
        marks=marks(statement),
        identity=_identity(statement),
        status=statement.status,
        badge=say(f"statement.badge_{statement.status}"),
        sentences=sentences(statement, reporting),
        figures=figures(statement),
        why=say("statement.why_claimable" if claimable else "statement.why_not_claimable"),
        reasons=reasons_for(statement) if claimable else first_reasons(statement),
        project=_project(statement),
        chart=_first_chart(statement),
        options=[_option(option, statement) for option in statement.options],
        streams=[stream_view(stream, claimable=claimable) for stream in statement.streams],
        findings=finding_views(statement.findings),
        emissions=emissions_view(statement.tonnes, statement.gwp_set) if statement.tonnes else None,
        emissions_text=emissions_text(statement),
        factors=factors_view(statement.factors) if statement.factors else None,
        limits=limits(statement),
        verify=[say(f"statement.verify_{part}", bundle=bundle) for part in ("bundle", "alone", "command")],
        command=f"meterproof-verify {bundle}",
    )


def marks(statement: StatementShape) -> list[str]:
    """Return what stands atop every view: simulated, signed or not, provisional."""
    unsigned = statement.state == UNSIGNED
    state = say("statement.unsigned") if unsigned else say("statement.state_other", state=statement.state)
    return [
        *([say("statement.simulated")] if statement.simulated else []),
        state,
        *([say("statement.limit_provisional")] if statement.provisional else []),
    ]


def country_name(code: str) -> str:
    """Return a country as people call it."""
    return say(f"country.{code}") if knows(f"country.{code}") else code


def sector_name(sector: str) -> str:
    """Return a sector as people call it."""
    return sector.replace("_", " ")


def technique_name(key: str) -> str:
    """Return a technique of cleaner production as people call it."""
    return say(f"technique.{key}") if knows(f"technique.{key}") else key


def _identity(statement: StatementShape) -> list[Term]:
    supersedes = statement.supersedes
    earlier = say("statement.supersedes_none") if supersedes is None else str(supersedes)
    return [
        (
            say("statement.number"),
            f"{statement.statement_id}, {say('statement.version_of', version=statement.version)}",
        ),
        (say("statement.issued"), f"{statement.issued_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"),
        (say("statement.program"), f"{statement.program} ({statement.state})"),
        (say("statement.supersedes"), earlier),
    ]


def _project(statement: StatementShape) -> list[Term]:
    plant = statement.plant
    options = [f"{option.title} ({technique_name(option.technique)})" for option in statement.options]
    return [
        (say("statement.country"), f"{country_name(plant.country)} ({plant.country})"),
        (say("statement.sector"), sector_name(plant.sector)),
        (say("statement.options"), "; ".join(options) or say("statement.option_none")),
        (say("statement.baseline_period"), period_text(statement.baseline_period)),
        (say("statement.reporting_period"), period_text(statement.reporting_period)),
        (say("statement.time_zone"), say("statement.days_of", zone=plant.time_zone)),
        (say("statement.origin"), plant.origin),
    ]


def _option(option: OptionShape, statement: StatementShape) -> list[Term]:
    labels = {stream.id: stream.label for stream in statement.streams}
    state = say(f"option_state.{option.state}") if knows(f"option_state.{option.state}") else option.state
    return [
        (say("statement.option"), f"{option.title} ({option.id})"),
        (say("statement.technique"), technique_name(option.technique)),
        (say("statement.option_cause"), option.cause),
        (say("statement.option_state"), state),
        (say("statement.option_start"), str(option.start_up)),
        (say("statement.option_streams"), ", ".join(labels.get(name, name) for name in option.streams)),
    ]


def _first_chart(statement: StatementShape) -> ChartView | None:
    shown: list[StreamShape] = [stream for stream in of_the_claim(statement) or statement.streams if stream.savings]
    return chart_view(shown[0], "months") if shown else None
