"""Asks for readings and puts the answers of both policies together by instant, by column."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_core.names import is_column
from meterproof_core.storage import FlagRow, ReadingColumns, ReadingsQuery
from meterproof_store.influx.asking import Asker
from meterproof_store.influx.influxql import instant, name, text
from meterproof_store.influx.registers import raw_column
from meterproof_store.influx.schema import (
    CONFIG,
    FLAG,
    MISSING,
    READINGS,
    SEQ,
    STREAM,
    policy_of,
    reading_type,
    value_field,
)

_SOURCE = (CONFIG, SEQ, STREAM)
_SUFFIXES = "__v|__flag|__missing|__raw_i|__raw_f|__raw_u|__raw_is"


@dataclass(slots=True)
class _Fetched:
    """What one statement gave: columns by field, None where there is nothing."""

    t_ms: list[int] = field(default_factory=list)
    fields: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Take in a part of the answer; every part has the same columns."""
        times, *found = zip(*rows, strict=True)
        self.t_ms += times
        for column, values in zip(columns[1:], found, strict=True):
            self.fields.setdefault(column, []).extend(values)


def read_readings(asker: Asker, query: ReadingsQuery) -> ReadingColumns:
    """Return the readings that a query asks for; only the policies of its quantities are asked.

    Where gauges and counters of one instant came in different batches, the row names that of the counters.
    """
    names = [quantity for quantity in dict.fromkeys(query.quantities) if is_column(quantity)]
    places: tuple[list[_Fetched], ...] = ([], [], [])
    for policy in sorted({policy_of(quantity) for quantity in names}, reverse=True):  # the last one names the source
        mine = [quantity for quantity in names if policy_of(quantity) is policy]
        fetched = [_Fetched() for _ in places]
        statements = list(_statements(asker.source(policy, READINGS), query, mine))
        for series in asker.ask(statements, policy, reading_type):
            if series.rows:
                fetched[series.statement].add(series.columns, series.rows)
        for place, each in zip(places, fetched, strict=True):
            place.append(each)
    return _columns(query, *_whole(*_within_reach(places, query.neighbours)))


def _statements(source: str, query: ReadingsQuery, quantities: Sequence[str]) -> Iterator[str]:
    select = (
        f"SELECT {', '.join(map(name, _SOURCE))}, /^({'|'.join(quantities)})({_SUFFIXES})?$/ FROM {source}"  # noqa: S608
        f' WHERE "plant" = {text(query.plant)} AND "point" = {text(query.point)}'
    )
    start_ms, end_ms = query.start_ms, max(query.start_ms, query.end_ms)
    yield f"{select} AND time >= {instant(start_ms)} AND time < {instant(end_ms)}"
    if query.neighbours:
        whole = f"{name(SEQ)} >= 0"  # what `_whole` leaves out must not use up the limit: fewer would look like an end
        yield f"{select} AND {whole} AND time < {instant(start_ms)} ORDER BY time DESC LIMIT {query.neighbours}"
        yield f"{select} AND {whole} AND time >= {instant(end_ms)} ORDER BY time ASC LIMIT {query.neighbours}"


_Times = npt.NDArray[np.int64]
_Fields = Mapping[str, list[Any]]


def _within_reach(places: Sequence[Sequence[_Fetched]], neighbours: int) -> tuple[_Times, _Fields]:
    """Return rows of the period and the nearest neighbours, in rising time, as one set of columns."""
    inside, before, behind = (_instants(place) for place in places)
    t_ms = np.concatenate([before[max(len(before) - neighbours, 0) :], inside, behind[:neighbours]])
    fields: dict[str, list[Any]] = {}
    for each in (each for place in places for each in place if each.t_ms):
        rows = np.searchsorted(t_ms, each.t_ms)
        kept = _is_at(t_ms, rows, np.array(each.t_ms, dtype=np.int64))
        whole = len(rows) == len(t_ms) and bool(kept.all()) and bool((np.diff(rows) > 0).all())
        for column, values in each.fields.items():
            if whole and column not in fields:
                fields[column] = values
            else:
                _put(fields.setdefault(column, [None] * len(t_ms)), values, zip(rows, kept, strict=True))
    return t_ms, fields


def _whole(t_ms: _Times, fields: _Fields) -> tuple[_Times, _Fields]:
    """Leave out rows without their source: while the server takes a row, it already shows some of its fields."""
    seq = fields.get(SEQ, [None] * len(t_ms))
    if None not in seq:
        return t_ms, fields
    rows = [row for row, told in enumerate(seq) if told is not None]
    return t_ms[rows], {column: [values[row] for row in rows] for column, values in fields.items()}


def _instants(place: Sequence[_Fetched]) -> _Times:
    return np.unique(np.array([at for each in place for at in each.t_ms], dtype=np.int64))


def _is_at(t_ms: _Times, rows: npt.NDArray[np.intp], asked: _Times) -> npt.NDArray[np.bool_]:
    """Return whether each instant is among those that are wanted: a policy's neighbour may be none of both."""
    inside = rows < len(t_ms)
    return inside & (t_ms[np.minimum(rows, len(t_ms) - 1)] == asked) if len(t_ms) else inside


def _put(column: list[Any], values: Sequence[Any], places: "Iterator[tuple[Any, Any]]") -> None:
    for value, (row, kept) in zip(values, places, strict=True):
        if kept and value is not None:
            column[row] = value


def _columns(query: ReadingsQuery, t_ms: _Times, fields: _Fields) -> ReadingColumns:
    nothing = np.full(len(t_ms), np.nan)
    names = [quantity for quantity in query.quantities if is_column(quantity)]
    held = {quantity: fields[value_field(quantity)] for quantity in names if value_field(quantity) in fields}
    raw = {quantity: raw_column(quantity, fields) for quantity in names}
    return ReadingColumns(
        t_ms=t_ms,
        values={
            quantity: np.array(held[quantity], dtype=np.float64) if quantity in held else nothing
            for quantity in query.quantities
        },
        raw={quantity: registers for quantity, registers in raw.items() if registers is not None},
        flags=_flags(names, fields, len(t_ms)),
        config=fields.get(CONFIG, []),
        stream=fields.get(STREAM, []),
        seq=np.array(fields.get(SEQ, []), dtype=np.int64),
    )


def _flags(quantities: Sequence[str], fields: _Fields, rows: int) -> list[FlagRow]:
    found = []
    for place, quantity in enumerate(quantities):
        values = fields.get(value_field(quantity), [None] * rows)
        for row, told in enumerate(fields.get(f"{quantity}{FLAG}", ())):
            if told and values[row] is not None:
                level, reason, speaks_of = json.loads(told)
                if speaks_of == values[row]:
                    found.append((row, place, FlagRow(row, quantity, level, reason)))
        for row, told in enumerate(fields.get(f"{quantity}{MISSING}", ())):
            if told and values[row] is None:
                found.append((row, place, FlagRow(row, quantity, *json.loads(told))))
    return [flag for _, _, flag in sorted(found, key=lambda each: each[:2])]
