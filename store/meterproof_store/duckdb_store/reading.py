"""Reads a period of one metering point with its neighbours, in one query wherever the guess of their distance holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np

from meterproof_core.storage import FlagRow, RawColumn, ReadingColumns, ReadingsQuery
from meterproof_store.duckdb_store.columns import Array, join_raw, value_column
from meterproof_store.duckdb_store.extents import Extent
from meterproof_store.duckdb_store.table import Table
from meterproof_store.duckdb_store.uniting import flags_of, quality_texts

_WIDER = 16
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class _Reach:
    """From where to where rows are fetched: half-open [ms]."""

    start_ms: int
    end_ms: int


def empty_readings(query: ReadingsQuery) -> ReadingColumns:
    """Return the answer when there is nothing."""
    return ReadingColumns(
        t_ms=[], values={name: [] for name in query.quantities}, raw={}, flags=[], config=[], stream=[], seq=[]
    )


def read_readings(cursor: duckdb.DuckDBPyConnection, table: Table, query: ReadingsQuery) -> ReadingColumns:
    """Return the readings that a query asks for."""
    point = table.points.get((query.plant, query.point))
    extent = None if point is None else table.extents.get(point)
    if point is None or extent is None:
        return empty_readings(query)
    statement = _statement(table, query, point)
    distance = max(1, _AHEAD * query.neighbours * (extent.last_ms - extent.first_ms) // extent.rows)
    while True:
        reach = _reach(query, extent, distance)
        fetched = cursor.execute(statement, [reach.start_ms, reach.end_ms]).fetchnumpy()
        picked = _picked(fetched["_t_ms"], query)
        if _enough(reach, query, extent, fetched["_t_ms"]):
            return _columns(table, query, {name: column[picked] for name, column in fetched.items()})
        distance *= _WIDER


def _statement(table: Table, query: ReadingsQuery, point: int) -> str:
    columns = {"_t_ms", "_source", "_seq", "_quality"}
    for name in query.quantities:
        columns.update({value_column(name)} & table.columns)
        columns.update(table.raw_columns(name).values())
    listed = ", ".join(f'"{column}"' for column in sorted(columns))
    return (
        f"SELECT {listed} FROM readings WHERE _point = {point}"  # noqa: S608 checked names
        " AND _t_ms >= ? AND _t_ms < ? ORDER BY _t_ms"
    )


def _reach(query: ReadingsQuery, extent: Extent, distance: int) -> _Reach:
    if not query.neighbours:
        return _Reach(query.start_ms, query.end_ms)
    end_ms = max(query.start_ms, query.end_ms)
    return _Reach(
        max(extent.first_ms, min(query.start_ms, extent.last_ms) - distance),
        min(extent.last_ms, max(end_ms, extent.first_ms) + distance) + 1,
    )


def _picked(t_ms: Array, query: ReadingsQuery) -> slice:
    first = int(np.searchsorted(t_ms, query.start_ms))
    last = max(first, int(np.searchsorted(t_ms, query.end_ms)))
    return slice(max(first - query.neighbours, 0), last + query.neighbours)


def _enough(reach: _Reach, query: ReadingsQuery, extent: Extent, t_ms: Array) -> bool:
    """Return whether every neighbour is fetched: enough of them on each side, or all that there are."""
    before = int(np.searchsorted(t_ms, query.start_ms))
    behind = len(t_ms) - max(before, int(np.searchsorted(t_ms, query.end_ms)))
    return (before >= query.neighbours or reach.start_ms <= extent.first_ms) and (
        behind >= query.neighbours or reach.end_ms > extent.last_ms
    )


def _columns(table: Table, query: ReadingsQuery, fetched: Mapping[str, Array]) -> ReadingColumns:
    rows = len(fetched["_t_ms"])
    sources = [table.sources.key(source) for source in fetched["_source"].tolist()]
    nothing = np.full(rows, np.nan)
    raw = {}
    for name in query.quantities:
        held = {kind: fetched[column] for kind, column in table.raw_columns(name).items() if column in fetched}
        registers, present = join_raw(held, rows)
        if any(present):
            raw[name] = RawColumn(registers, present)
    return ReadingColumns(
        t_ms=fetched["_t_ms"],
        values={name: np.ma.filled(fetched.get(value_column(name), nothing), np.nan) for name in query.quantities},
        raw=raw,
        flags=_flags(query, quality_texts(fetched["_quality"])),
        config=[source[2] for source in sources],
        stream=[source[1] for source in sources],
        seq=fetched["_seq"],
    )


def _flags(query: ReadingsQuery, texts: Array) -> Sequence[FlagRow]:
    found = []
    for row in np.flatnonzero(texts != None).tolist():  # noqa: E711 elementwise
        flags = flags_of(texts[row])
        found += [FlagRow(row, name, *flags[name]) for name in query.quantities if name in flags]
    return found
