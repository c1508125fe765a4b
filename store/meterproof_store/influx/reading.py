"""Asks for readings and puts the answers of both policies together by instant."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from meterproof_core.names import is_column
from meterproof_core.storage import FlagRow, ReadingColumns, ReadingsQuery
from meterproof_store.influx.asking import Asker
from meterproof_store.influx.influxql import instant, name, text
from meterproof_store.influx.registers import raw_column
from meterproof_store.influx.schema import (
    CONFIG,
    FLAG,
    MISSING,
    RAW_IS,
    READINGS,
    SEQ,
    STREAM,
    policy_of,
    raw_field,
    reading_type,
    value_field,
)

_SOURCE = (CONFIG, SEQ, STREAM)
_SUFFIXES = "__v|__flag|__missing|__raw_i|__raw_f|__raw_u|__raw_is"
_Row = dict[str, object]


@dataclass(slots=True)
class _Found:
    """Rows by instant, before, within and behind the period."""

    before: dict[int, _Row]
    inside: dict[int, _Row]
    behind: dict[int, _Row]

    def within_reach(self, neighbours: int) -> list[tuple[int, _Row]]:
        """Return the rows of the period and the nearest neighbours, in rising time."""
        before, behind = sorted(self.before.items()), sorted(self.behind.items())
        return [*before[max(len(before) - neighbours, 0) :], *sorted(self.inside.items()), *behind[:neighbours]]


def read_readings(asker: Asker, query: ReadingsQuery) -> ReadingColumns:
    """Return the readings that a query asks for; only the policies of its quantities are asked.

    Where gauges and counters of one instant came in different batches, the row names that of the counters.
    """
    names = [quantity for quantity in dict.fromkeys(query.quantities) if is_column(quantity)]
    found = _Found({}, {}, {})
    parts = (found.inside, found.before, found.behind)
    for policy in sorted({policy_of(quantity) for quantity in names}, reverse=True):  # the last one names the source
        mine = [quantity for quantity in names if policy_of(quantity) is policy]
        statements = list(_statements(asker.source(policy, READINGS), query, mine))
        for series in asker.ask(statements, policy, reading_type):
            _take_in(parts[series.statement], series.columns, series.rows)
    return _columns(query, found.within_reach(query.neighbours))


def _statements(source: str, query: ReadingsQuery, quantities: Sequence[str]) -> Iterator[str]:
    select = (
        f"SELECT {', '.join(map(name, _SOURCE))}, /^({'|'.join(quantities)})({_SUFFIXES})?$/ FROM {source}"  # noqa: S608
        f' WHERE "plant" = {text(query.plant)} AND "point" = {text(query.point)}'
    )
    start_ms, end_ms = query.start_ms, max(query.start_ms, query.end_ms)
    yield f"{select} AND time >= {instant(start_ms)} AND time < {instant(end_ms)}"
    if query.neighbours:
        yield f"{select} AND time < {instant(start_ms)} ORDER BY time DESC LIMIT {query.neighbours}"
        yield f"{select} AND time >= {instant(end_ms)} ORDER BY time ASC LIMIT {query.neighbours}"


def _take_in(rows: dict[int, _Row], columns: Sequence[str], found: Iterable[tuple[object, ...]]) -> None:
    for row in found:
        at_ms = row[0]
        assert isinstance(at_ms, int)  # noqa: S101 decoded as such
        fields = {column: value for column, value in zip(columns[1:], row[1:], strict=True) if value is not None}
        rows.setdefault(at_ms, {}).update(fields)


def _columns(query: ReadingsQuery, rows: Sequence[tuple[int, _Row]]) -> ReadingColumns:
    raw, flags, values = {}, [], {}
    for quantity in query.quantities:
        if not is_column(quantity):
            values[quantity] = np.full(len(rows), np.nan)
            continue
        field = value_field(quantity)
        values[quantity] = np.array([row.get(field, np.nan) for _, row in rows], dtype=np.float64)
        registers = raw_column(quantity, _raw_fields(quantity, rows))
        if registers is not None:
            raw[quantity] = registers
    for index, (_, row) in enumerate(rows):
        flags += _flags(index, row, query.quantities)
    return ReadingColumns(
        t_ms=np.array([at_ms for at_ms, _ in rows], dtype=np.int64),
        values=values,
        raw=raw,
        flags=flags,
        config=[str(row.get(CONFIG, "")) for _, row in rows],
        stream=[str(row.get(STREAM, "")) for _, row in rows],
        seq=np.array([row.get(SEQ, 0) for _, row in rows], dtype=np.int64),
    )


def _raw_fields(quantity: str, rows: Sequence[tuple[int, _Row]]) -> Mapping[str, Sequence[object]]:
    fields = [*(raw_field(quantity, kind) for kind in "ifu"), f"{quantity}{RAW_IS}"]
    return {field: [row.get(field) for _, row in rows] for field in fields}


def _flags(index: int, row: _Row, quantities: Iterable[str]) -> Iterator[FlagRow]:
    for quantity in quantities:
        told = row.get(f"{quantity}{FLAG}" if value_field(quantity) in row else f"{quantity}{MISSING}")
        if not told:
            continue
        level, reason, *speaks_of = json.loads(str(told))
        if not speaks_of or speaks_of == [row[value_field(quantity)]]:
            yield FlagRow(index, quantity, level, reason)
