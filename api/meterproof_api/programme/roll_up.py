"""The programme table: verified values of current statements added up at a cut-off date.

Real and simulated plants stand in two blocks that are never added; nor are an annual rate and a sum over time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from meterproof_api.programme.adding import Adding
from meterproof_api.programme.columns import columns_of
from meterproof_api.programme.rows import Row
from meterproof_api.programme.selection import (
    Exclusion,
    Overlap,
    Reason,
    newest_years,
    select,
    without_tonnes,
)
from meterproof_api.programme.statement_fields import Statement, statement_of
from meterproof_core.errors import DataError

CONFIDENCE = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The totals of real plants, or of simulated ones.

    Parameters
    ----------
    simulated : bool
        Which.
    total : Row
        All of them.
    by_country, by_sector, by_technique : tuple of Row
        The same statements, broken down; ``unknown`` is a row.
    statements : tuple of Statement
        Those that count, by plant and reporting period.
    annual : frozenset of str
        Ids of those that tell the annual rate of their plant.
    gwp_sets, factors : tuple of str
        The sets of global warming potentials and the records behind the tonnes.
    """

    simulated: bool
    total: Row
    by_country: tuple[Row, ...]
    by_sector: tuple[Row, ...]
    by_technique: tuple[Row, ...]
    statements: tuple[Statement, ...]
    annual: frozenset[str]
    gwp_sets: tuple[str, ...]
    factors: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """What a programme officer reports.

    Parameters
    ----------
    cut_off : date or None
        Last day that counts; None when nothing was ever issued.
    confidence : float
        Of the intervals, as a fraction.
    real, simulated : Block
        Never added.
    exclusions : tuple of Exclusion
        What is left out, of what, and why.
    overlaps : tuple of Overlap
        How overlaps were resolved.
    """

    cut_off: date | None
    confidence: float
    real: Block
    simulated: Block
    exclusions: tuple[Exclusion, ...]
    overlaps: tuple[Overlap, ...]

    @property
    def blocks(self) -> tuple[Block, Block]:
        """Real plants, then simulated ones."""
        return self.real, self.simulated


def programme_table(
    documents: Iterable[Mapping[str, Any]],
    cut_off: date | None = None,
    *,
    unreadable: Sequence[tuple[str, str]] = (),
) -> Programme:
    """Return the programme's totals.

    Parameters
    ----------
    documents : iterable of mapping
        Every version of every statement (``statement.json``).
    cut_off : date, optional
        Last day that counts (UTC). Default: the day of the newest statement.
    unreadable : sequence of (str, str)
        Files that held no statement at all, and why: they are named among the exclusions.
    """
    statements, unusable = read_statements(documents)
    exclusions = [*(_no_statement(name, fault) for name, fault in unreadable), *unusable]
    if cut_off is None:
        cut_off = max((one.issued_on for one in statements), default=None)
    if cut_off is None:
        return Programme(
            None,
            CONFIDENCE,
            _block((), frozenset(), simulated=False),
            _block((), frozenset(), simulated=True),
            tuple(exclusions),
            (),
        )
    selection = select(statements, cut_off)
    real = [one for one in selection.counted if not one.is_simulated]
    simulated = [one for one in selection.counted if one.is_simulated]
    annual, earlier = newest_years(selection.counted)
    exclusions += [*selection.exclusions, *without_tonnes(selection.counted), *earlier]
    return Programme(
        cut_off=cut_off,
        confidence=CONFIDENCE,
        real=_block(real, annual, simulated=False),
        simulated=_block(simulated, annual, simulated=True),
        exclusions=tuple(exclusions),
        overlaps=selection.overlaps,
    )


def read_statements(documents: Iterable[Mapping[str, Any]]) -> tuple[list[Statement], list[Exclusion]]:
    """Return the documents that can be used, and those that cannot, with their fault."""
    statements, unusable = [], []
    for document in documents:
        try:
            statements.append(statement_of(document))
        except DataError as error:
            unusable.append(_no_statement(str(document.get("statement_id", "?")), str(error)))
    return statements, unusable


def _no_statement(name: str, fault: str) -> Exclusion:
    return Exclusion(name, None, "", None, Reason.UNUSABLE, fault, None)


def _block(statements: Sequence[Statement], annual: frozenset[str], *, simulated: bool) -> Block:
    columns = columns_of(statements, annual)
    adding = Adding(columns, CONFIDENCE)
    claiming = [one for one in statements if one.is_claimable and one.tonnes]
    return Block(
        simulated=simulated,
        total=adding.total(),
        by_country=adding.by_country(),
        by_sector=adding.by_sector(),
        by_technique=adding.by_technique(),
        statements=columns.statements,
        annual=annual & {one.statement_id for one in statements},
        gwp_sets=tuple(sorted({one.gwp_set for one in claiming})),
        factors=tuple(sorted({factor.ref for one in claiming for factor in one.factors})),
    )
