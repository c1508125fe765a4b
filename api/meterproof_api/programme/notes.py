"""What must be known of a block's totals before they are quoted; each note only where it applies."""

from collections.abc import Iterator

from meterproof_api.programme.columns import SEVERAL
from meterproof_api.programme.roll_up import Block
from meterproof_api.showing import plain
from meterproof_api.wording import say


def block_notes(block: Block) -> list[tuple[str, str]]:
    """Return code and sentence of each note."""
    return [*_of_rows(block), *_of_tonnes(block)]


def _of_rows(block: Block) -> Iterator[tuple[str, str]]:
    if any(row.key == SEVERAL for row in block.by_technique):
        yield "several_techniques", say("programme_note.several_techniques")
    for what, rows in (
        ("country", block.by_country),
        ("sector", block.by_sector),
        ("technique", block.by_technique),
    ):
        added = sum(row.plants for row in rows)
        if added != block.total.plants:
            sentence = say(
                "programme_note.plants_in_several_rows",
                what=say(f"programme_what.{what}"),
                sum=added,
                plants=block.total.plants,
            )
            yield "plants_in_several_rows", sentence


def _of_tonnes(block: Block) -> Iterator[tuple[str, str]]:
    cumulative = block.total.cumulative
    if len(block.gwp_sets) > 1:
        yield "several_gwp_sets", say("programme_note.several_gwp_sets", sets=", ".join(block.gwp_sets))
    if cumulative.provisional_t:
        yield "provisional", say("programme_note.provisional", tonnes=plain(cumulative.provisional_t))
    if cumulative.interval.without_spread:
        count = cumulative.interval.without_spread
        yield "factor_spread_unknown", say("programme_note.factor_spread_unknown", count=count)
    if cumulative.interval.without_interval:
        count = cumulative.interval.without_interval
        yield "without_interval", say("programme_note.without_interval", count=count)
