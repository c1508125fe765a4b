"""The programme as its page shows it: figures as people read them, at most so many links that a browser bears them."""

from datetime import date, timedelta

from meterproof_api.programme.columns import technique_of
from meterproof_api.programme.naming import key_label, outcome_label, reason_label, scope_label
from meterproof_api.programme.notes import block_notes
from meterproof_api.programme.roll_up import Block, Programme
from meterproof_api.programme.rows import Row, TonnesSum, UseSum
from meterproof_api.programme.selection import Exclusion
from meterproof_api.programme.statement_fields import Statement
from meterproof_api.programme.view_values import (
    BlockView,
    ExclusionView,
    FigureView,
    ProgrammeView,
    RowView,
    StatementView,
    TableView,
    TonnesView,
)
from meterproof_api.showing import percent, plain, with_unit
from meterproof_api.wording import say

MOST_LINKS = 100
"""So many statements a row links to; the files name all of them."""

MOST_LISTED = 1000
"""So many statements or exclusions are listed; the files hold all of them."""

_TONNES = "t CO2e"
_DASH = "\N{EN DASH}"


def programme_view(
    programme: Programme, *, year_ends: tuple[date, ...] = (), asked: date | None = None
) -> ProgrammeView:
    """Return what the page shows.

    Parameters
    ----------
    programme : Programme
        The totals.
    year_ends : tuple of date
        Other cut-off dates that the page offers.
    asked : date, optional
        The cut-off date that was asked for, to be handed on to the files.
    """
    exclusions = programme.exclusions
    return ProgrammeView(
        cut_off=programme.cut_off.isoformat() if programme.cut_off else "",
        confidence=percent(programme.confidence),
        year_ends=tuple(day.isoformat() for day in year_ends),
        blocks=tuple(_block(block) for block in programme.blocks),
        exclusions=tuple(_exclusion(one) for one in exclusions[:MOST_LISTED]),
        more_exclusions=_more(len(exclusions), MOST_LISTED),
        overlaps=tuple(
            say(
                "programme.overlap",
                plant=one.plant,
                streams=", ".join(one.streams),
                start=one.start.isoformat(),
                last=_last(one.end),
                counted=one.counted,
                left_out=one.left_out,
            )
            for one in programme.overlaps[:MOST_LISTED]
        ),
        asked=f"?cut_off={asked.isoformat()}" if asked else "",
    )


def _block(block: Block) -> BlockView:
    name = "simulated" if block.simulated else "real"
    total = block.total
    parts = (("country", block.by_country), ("sector", block.by_sector), ("technique", block.by_technique))
    tables = tuple(
        TableView(
            id=f"{name}-by-{what}",
            title=say(f"programme.by_{what}"),
            head=say(f"programme_column.{what}"),
            rows=tuple(_row(row) for row in rows),
            total=_row(total, links=False),
        )
        for what, rows in parts
    )
    return BlockView(
        id=name,
        title=say(f"programme.{name}"),
        simulated=block.simulated,
        empty=not block.statements,
        unsigned=say("programme.unsigned", unsigned=plain(total.unsigned), statements=plain(total.statements))
        if total.unsigned
        else "",
        figures=_figures(total),
        tables=tables,
        statements=tuple(_statement(one, block) for one in block.statements[:MOST_LISTED]),
        more=_more(len(block.statements), MOST_LISTED),
        notes=tuple(sentence for _, sentence in block_notes(block)),
    )


def _figures(total: Row) -> tuple[FigureView, ...]:
    counts = {"claimable": total.claimable, "provisional": total.provisional, "not_claimable": total.not_claimable}
    uses = "; ".join(_use(use) for use in total.uses)
    shown: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("annual", with_unit(total.annual.verified_t, _TONNES), {"spread": _spread(total.annual)}),
        ("cumulative", with_unit(total.cumulative.verified_t, _TONNES), {"spread": _spread(total.cumulative)}),
        ("other", with_unit(total.other_periods_t, _TONNES), {}),
        ("plants", plain(total.plants), {"claiming": plain(total.plants_claimable)}),
        ("statements", plain(total.statements), {name: plain(count) for name, count in counts.items()}),
        ("use", uses or say("programme_figure.use_none"), {}),
    )
    return tuple(
        FigureView(name, say(f"programme_figure.{name}"), value, say(f"programme_figure.{name}_text", **gaps))
        for name, value, gaps in shown
    )


def _spread(tonnes: TonnesSum) -> str:
    interval = tonnes.interval
    if not interval.upper >= interval.lower:
        return say("programme_figure.spread_none")
    return say(
        "programme_figure.spread",
        value=plain(interval.value),
        confidence=percent(interval.confidence),
        lower=plain(interval.lower),
        upper=plain(interval.upper),
        own=plain(interval.averages_out),
        shared=plain(interval.shared),
    )


def _row(row: Row, *, links: bool = True) -> RowView:
    count = len(row.statement_ids)
    words = say("programme.statement_count_one") if count == 1 else say("programme.statement_count", count=plain(count))
    return RowView(
        label=key_label(row.key),
        row=row,
        count=words,
        links=row.statement_ids[:MOST_LINKS] if links else (),
        more=_more(count, MOST_LINKS),
        annual=_tonnes(row.annual),
        other=plain(row.other_periods_t),
        cumulative=_tonnes(row.cumulative),
        uses=tuple(_use(use) for use in row.uses),
    )


def _tonnes(tonnes: TonnesSum) -> TonnesView:
    interval = tonnes.interval
    lines = []
    if interval.upper >= interval.lower:
        lines.append(say("programme.point", value=plain(interval.value)))
        lines.append(say("programme.between", lower=plain(interval.lower), upper=plain(interval.upper)))
    elif interval.without_interval:
        lines.append(say("programme.no_interval"))
    if interval.without_interval:
        lines.append(say("programme.without_interval", count=plain(interval.without_interval)))
    if tonnes.provisional_t:
        lines.append(say("programme.provisional_part", tonnes=plain(tonnes.provisional_t)))
    return TonnesView(plain(tonnes.verified_t), tuple(lines))


def _use(use: UseSum) -> str:
    basis = f" ({use.use.calorific_basis})" if use.use.calorific_basis else ""
    return f"{key_label(use.use.carrier)}{basis} {with_unit(use.amount, use.use.unit)}"


def _statement(one: Statement, block: Block) -> StatementView:
    period = one.reporting_period
    return StatementView(
        id=one.statement_id,
        version=one.version,
        name=one.plant.name,
        country=key_label(one.plant.country or "unknown"),
        sector=key_label(one.plant.sector or "unknown"),
        technique=key_label(technique_of(one)),
        period=say("programme.between", lower=period.start.isoformat(), upper=_last(period.end)),
        days=one.days,
        outcome=outcome_label(one.status),
        claimable=one.is_claimable,
        provisional=one.provisional,
        state=one.state,
        issued=one.issued_on.isoformat(),
        verified=plain(one.verified_t) if one.tonnes else _DASH,
        annual=one.statement_id in block.annual,
    )


def _exclusion(one: Exclusion) -> ExclusionView:
    return ExclusionView(
        name=one.statement_id,
        is_statement=one.version is not None,
        version="" if one.version is None else f"v{one.version}",
        simulated=bool(one.simulated),
        reason=reason_label(one.reason.value),
        detail=one.detail,
        scope=scope_label(one.scope.value),
        verified=_DASH if one.verified_t is None else plain(one.verified_t),
    )


def _last(end: date) -> str:
    return (end - timedelta(days=1)).isoformat()


def _more(count: int, most: int) -> str:
    return say("programme.more_statements", count=plain(count - most)) if count > most else ""
