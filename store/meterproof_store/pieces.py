"""What a store holds, in pieces that travel: over HTTP from a server that holds the file, and into an archive.

A piece is one line of JSON. 64-bit registers stay JSON integers, so that they lose no digit; a value that is not there
is ``null``; a float register stays a number with a point in it. Nothing here knows a database.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from meterproof_core.storage import (
    Column,
    EntryKind,
    FlagRow,
    IntervalColumns,
    JournalEntry,
    RawColumn,
    ReadingColumns,
)

Register = int | float | None
Source = tuple[str, str, str]
"""Gateway, stream and digest of the meter configuration."""


class ReadingsPiece(msgspec.Struct, frozen=True):
    """Readings of one metering point over some time, by column, in rising time.

    Parameters
    ----------
    t : list of int, length n
        Acquisition instants [ms since 1970-01-01 UTC].
    values : dict of quantity to list of float or None, length n
        Canonical units; a quantity without any value is left out.
    raw : dict of quantity to list of register or None, length n
        Raw registers; a quantity without any is left out.
    flags : list of (row, quantity, level, reason)
        Sparse quality.
    sources : list of (gateway, stream, config)
        Where rows came from.
    source : list of int, length n
        Place of each row's source in `sources`.
    seq : list of int, length n
        Number of the batch in its stream.
    """

    t: list[int]
    values: dict[str, list[float | None]]
    raw: dict[str, list[Register]]
    flags: list[tuple[int, str, str, str]]
    sources: list[Source]
    source: list[int]
    seq: list[int]


class IntervalsPiece(msgspec.Struct, frozen=True):
    """Intervals of one series by column, in rising time; what is not known is None."""

    start: list[int]
    end: list[int]
    amount: list[float | None]
    register_start: list[float | None]
    register_end: list[float | None]
    span: list[bool]


class EntryPiece(msgspec.Struct, frozen=True):
    """One entry of the journal."""

    id: str
    kind: EntryKind
    plant: str
    at_ms: int
    data: dict[str, Any]


def as_list(column: Column[Any]) -> list[Any]:
    """Return a column, which may be an array, as a list of plain Python values."""
    to_list: Callable[[], list[Any]] | None = getattr(column, "tolist", None)
    return to_list() if to_list else [getattr(each, "item", lambda each=each: each)() for each in column]


def readings_piece(columns: ReadingColumns, gateway_of: Callable[[str], str]) -> ReadingsPiece:
    """Return readings as a piece.

    Parameters
    ----------
    columns : ReadingColumns
        What a store answered.
    gateway_of : callable
        Returns the gateway of a stream; empty when it is not known.
    """
    values = {name: as_list(column) for name, column in columns.values.items()}
    raw = {name: _registers(column) for name, column in columns.raw.items()}
    places: dict[tuple[str, str], int] = {}
    source = [
        places.setdefault(pair, len(places))
        for pair in zip(as_list(columns.stream), as_list(columns.config), strict=True)
    ]
    return ReadingsPiece(
        t=as_list(columns.t_ms),
        values={name: column for name, column in values.items() if not all(map(math.isnan, column))},
        raw={name: column for name, column in raw.items() if any(register is not None for register in column)},
        flags=[(int(flag.row), flag.quantity, flag.level, flag.reason) for flag in columns.flags],
        sources=[(gateway_of(stream), stream, config) for stream, config in places],
        source=source,
        seq=as_list(columns.seq),
    )


def _registers(column: RawColumn) -> list[Register]:
    registers, present = as_list(column.registers), as_list(column.present)
    if all(present):
        return registers
    return [register if there else None for register, there in zip(registers, present, strict=True)]


def reading_columns(pieces: Sequence[ReadingsPiece], quantities: Iterable[str]) -> ReadingColumns:
    """Return pieces, in their order, as a store answers a question for some quantities."""
    wanted = tuple(quantities)
    flags: list[FlagRow] = []
    offset = 0
    for piece in pieces:
        flags += [FlagRow(offset + row, name, *flag) for row, name, *flag in piece.flags if name in wanted]
        offset += len(piece.t)
    sources = [piece.sources[place] for piece in pieces for place in piece.source]
    return ReadingColumns(
        t_ms=[t for piece in pieces for t in piece.t],
        values={name: [v for piece in pieces for v in _floats(piece.values.get(name), piece)] for name in wanted},
        raw={name: _raw_column(name, pieces) for name in wanted if any(name in piece.raw for piece in pieces)},
        flags=flags,
        config=[config for _, _, config in sources],
        stream=[stream for _, stream, _ in sources],
        seq=[seq for piece in pieces for seq in piece.seq],
    )


def _floats(column: Sequence[float | None] | None, piece: ReadingsPiece) -> list[float]:
    if column is None:
        return [math.nan] * len(piece.t)
    return [math.nan if value is None else value for value in column]


def _raw_column(name: str, pieces: Sequence[ReadingsPiece]) -> RawColumn:
    registers = [r for piece in pieces for r in piece.raw.get(name, [None] * len(piece.t))]
    return RawColumn([r if r is not None else 0 for r in registers], [r is not None for r in registers])


def without_empty_rows(piece: ReadingsPiece) -> ReadingsPiece:
    """Return a piece without the rows that hold neither value, register nor flag."""
    held = np.zeros(len(piece.t), dtype=bool)
    for values in piece.values.values():
        held |= ~np.isnan(np.array(values, dtype=np.float64))
    for registers in piece.raw.values():
        held |= np.array([register is not None for register in registers])
    held[[row for row, *_ in piece.flags]] = True
    if held.all():
        return piece
    kept = np.flatnonzero(held).tolist()
    place = {row: new for new, row in enumerate(kept)}
    return ReadingsPiece(
        t=[piece.t[row] for row in kept],
        values={name: [column[row] for row in kept] for name, column in piece.values.items()},
        raw={name: [column[row] for row in kept] for name, column in piece.raw.items()},
        flags=[(place[row], name, level, reason) for row, name, level, reason in piece.flags],
        sources=piece.sources,
        source=[piece.source[row] for row in kept],
        seq=[piece.seq[row] for row in kept],
    )


def intervals_piece(columns: IntervalColumns) -> IntervalsPiece:
    """Return intervals as a piece."""
    return IntervalsPiece(
        start=as_list(columns.start_ms),
        end=as_list(columns.end_ms),
        amount=as_list(columns.amount),
        register_start=as_list(columns.register_start),
        register_end=as_list(columns.register_end),
        span=as_list(columns.is_span),
    )


def interval_columns_of(pieces: Sequence[IntervalsPiece]) -> IntervalColumns:
    """Return pieces, in their order, as a store answers."""

    def floats(name: str) -> list[float]:
        return [math.nan if value is None else value for piece in pieces for value in getattr(piece, name)]

    return IntervalColumns(
        start_ms=[start for piece in pieces for start in piece.start],
        end_ms=[end for piece in pieces for end in piece.end],
        amount=floats("amount"),
        register_start=floats("register_start"),
        register_end=floats("register_end"),
        is_span=[span for piece in pieces for span in piece.span],
    )


def entry_piece(entry: JournalEntry) -> EntryPiece:
    """Return a journal entry as a piece."""
    return EntryPiece(entry.entry_id, entry.kind, entry.plant, entry.at_ms, dict(entry.data))


def journal_entry(piece: EntryPiece) -> JournalEntry:
    """Return the journal entry of a piece."""
    data: Mapping[str, Any] = piece.data
    return JournalEntry(piece.id, piece.kind, piece.plant, piece.at_ms, data)


def part(piece: ReadingsPiece, first: int, end: int) -> ReadingsPiece:
    """Return the rows [first, end) of a piece."""
    return ReadingsPiece(
        t=piece.t[first:end],
        values={name: column[first:end] for name, column in piece.values.items()},
        raw={name: column[first:end] for name, column in piece.raw.items()},
        flags=[(row - first, name, level, reason) for row, name, level, reason in piece.flags if first <= row < end],
        sources=piece.sources,
        source=piece.source[first:end],
        seq=piece.seq[first:end],
    )
