"""Adds the columns of counted statements up: in all, and by country, sector and technique."""

from dataclasses import dataclass

import numpy as np

from meterproof_api.programme.columns import SEVERAL, UNKNOWN, BoolArray, Coded, Columns, IntArray
from meterproof_api.programme.rows import STATES, TOTAL, Row, TonnesSum, UseSum
from meterproof_mv.dossier.vocabulary import Technique
from meterproof_mv.portfolio import portfolio_sum

_TECHNIQUES = {technique.value: place for place, technique in enumerate(Technique)}
_LAST = {SEVERAL: 1, UNKNOWN: 2}


@dataclass(frozen=True, slots=True, eq=False)
class Adding:
    """What is added, and how sure the intervals are to be.

    Parameters
    ----------
    columns : Columns
        Counted statements of one block.
    confidence : float
        Of the intervals, as a fraction.
    """

    columns: Columns
    confidence: float

    def total(self) -> Row:
        """Return the sum over all statements."""
        return self._row(TOTAL, np.arange(len(self.columns.statements)), np.arange(len(self.columns.option_state.code)))

    def by_country(self) -> tuple[Row, ...]:
        """Return a row for each country, by code."""
        return self._rows(self.columns.country, self.columns.option_country)

    def by_sector(self) -> tuple[Row, ...]:
        """Return a row for each sector, by name."""
        return self._rows(self.columns.sector, self.columns.option_sector)

    def by_technique(self) -> tuple[Row, ...]:
        """Return a row for each technique; a statement with options of several techniques is not split."""
        return self._rows(self.columns.technique, self.columns.option_technique)

    def _rows(self, of_statement: Coded, of_option: Coded) -> tuple[Row, ...]:
        statements, options = _parts(of_statement), _parts(of_option)
        nothing = np.empty(0, np.int64)
        keys = sorted({*statements, *options}, key=_place)
        return tuple(self._row(key, statements.get(key, nothing), options.get(key, nothing)) for key in keys)

    def _row(self, key: str, rows: IntArray, options: IntArray) -> Row:
        columns = self.columns
        member = np.zeros(len(columns.statements), bool)
        member[rows] = True
        claiming = member & columns.claimable
        return Row(
            key=key,
            plants=_distinct(columns.plant.code[rows]),
            plants_claimable=_distinct(columns.plant.code[claiming]),
            options=_states(columns.option_state, options),
            statements=len(rows),
            claimable=int(claiming.sum()),
            provisional=int((member & columns.provisional).sum()),
            not_claimable=int((member & ~columns.claimable).sum()),
            unsigned=int((member & columns.unsigned).sum()),
            annual=self._tonnes(member & columns.annual),
            other_periods_t=float(columns.verified[member & ~columns.is_year].sum()),
            cumulative=self._tonnes(member),
            uses=self._uses(member),
            statement_ids=tuple(columns.statements[row].statement_id for row in rows.tolist()),
        )

    def _tonnes(self, member: BoolArray) -> TonnesSum:
        columns = self.columns
        return TonnesSum(
            verified_t=float(columns.verified[member].sum()),
            provisional_t=float(columns.verified[member & columns.provisional].sum()),
            interval=portfolio_sum(columns.terms.at(member[columns.term_row]), confidence=self.confidence),
        )

    def _uses(self, member: BoolArray) -> tuple[UseSum, ...]:
        columns = self.columns
        of_row = member[columns.use_row]
        kinds = columns.use_kind[of_row]
        amounts = np.bincount(kinds, columns.use_amount[of_row], minlength=len(columns.uses)).tolist()
        return tuple(UseSum(columns.uses[kind], amounts[kind]) for kind in np.unique(kinds).tolist())


def _parts(column: Coded) -> dict[str, IntArray]:
    """Return the rows of each key."""
    if not column.names:
        return {}
    order = np.argsort(column.code, kind="stable")
    edges = np.cumsum(np.bincount(column.code, minlength=len(column.names)))[:-1]
    return dict(zip(column.names, np.split(order, edges), strict=True))


def _place(key: str) -> tuple[int, int, str]:
    """Return where a key stands: techniques in their own order, other keys by name, what is not known last."""
    return _LAST.get(key, 0), _TECHNIQUES.get(key, 0), key


def _distinct(codes: IntArray) -> int:
    return len(np.unique(codes))


def _states(state: Coded, options: IntArray) -> tuple[int, ...]:
    counts = np.bincount(state.code[options], minlength=len(state.names)).tolist()
    found = dict(zip(state.names, counts, strict=True))
    return tuple(int(found.get(name, 0)) for name in STATES)
