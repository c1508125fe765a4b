"""The storage ports in memory: the fake that tests use, and the shortest reading of what a store must do."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from meterproof_core.errors import StoreRefusedError
from meterproof_core.storage import (
    EntryKind,
    FlagRow,
    IntervalColumns,
    JournalEntry,
    PlantGroup,
    PointExtent,
    RawColumn,
    ReadingColumns,
    ReadingsQuery,
    SeriesKey,
)

IntervalRow = tuple[int, int, float, float, float, bool]


@dataclass(slots=True)
class _Row:
    values: dict[str, float] = field(default_factory=dict)
    raw: dict[str, int | float] = field(default_factory=dict)
    flags: dict[str, tuple[str, str]] = field(default_factory=dict)
    config: str = ""
    stream: str = ""
    seq: int = 0


class MemoryReadings:
    """Readings in a dictionary."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], dict[int, _Row]] = {}

    def write(self, groups: Sequence[PlantGroup]) -> None:
        """Store samples; the same point and instant again is a union, last write wins."""
        for item in groups:
            rows = self._rows.setdefault((item.plant, item.group.point), {})
            for row, instant in enumerate(item.group.t):
                _merge(rows.setdefault(instant, _Row()), item, row)

    def read(self, query: ReadingsQuery) -> ReadingColumns:
        """Return the readings that a query asks for."""
        rows = self._rows.get((query.plant, query.point), {})
        instants = _with_neighbours(sorted(rows), query)
        picked = [rows[instant] for instant in instants]
        raw = {}
        for name in query.quantities:
            registers = [row.raw.get(name) for row in picked]
            if any(register is not None for register in registers):
                raw[name] = RawColumn([register or 0 for register in registers], [r is not None for r in registers])
        return ReadingColumns(
            t_ms=instants,
            values={name: [row.values.get(name, math.nan) for row in picked] for name in query.quantities},
            raw=raw,
            flags=[
                FlagRow(index, name, *row.flags[name])
                for index, row in enumerate(picked)
                for name in query.quantities
                if name in row.flags
            ],
            config=[row.config for row in picked],
            stream=[row.stream for row in picked],
            seq=[row.seq for row in picked],
        )

    def extents(self, plant: str | None = None) -> Sequence[PointExtent]:
        """Return what is held of each metering point of a plant, or of all plants."""
        return [
            PointExtent(of_plant, point, min(rows), max(rows), len(rows))
            for (of_plant, point), rows in sorted(self._rows.items())
            if plant in (None, of_plant) and rows
        ]


def _merge(into: _Row, item: PlantGroup, row: int) -> None:
    group = item.group
    into.config, into.stream, into.seq = item.config, item.stream, item.seq
    for name, column in zip(group.quantities, group.values, strict=True):
        value = column[row]
        if _is_there(value):
            into.values[name] = value
            into.flags.pop(name, None)
    for name, registers in group.raw.items():
        register = registers[row]
        if isinstance(register, int | float):
            into.raw[name] = register
    for at, column_index, level, reason in group.q:
        name = group.quantities[column_index]
        if at == row and (_is_there(group.values[column_index][row]) or name not in into.values):
            into.flags[name] = (level, reason)


def _is_there(value: float | None) -> TypeGuard[float]:
    return value is not None and not math.isnan(value)


def _with_neighbours(instants: list[int], query: ReadingsQuery) -> list[int]:
    inside = [index for index, instant in enumerate(instants) if query.start_ms <= instant < query.end_ms]
    if inside:
        first, last = inside[0], inside[-1] + 1
    else:
        first = last = sum(instant < query.start_ms for instant in instants)
    return instants[max(first - query.neighbours, 0) : last + query.neighbours]


class MemoryIntervals:
    """Intervals in a dictionary."""

    def __init__(self) -> None:
        self._rows: dict[SeriesKey, dict[int, IntervalRow]] = {}

    def replace(self, key: SeriesKey, start_ms: int, end_ms: int, intervals: IntervalColumns) -> None:
        """Put intervals in the place of all that begin in [start, end).

        Raises
        ------
        StoreRefusedError
            When an interval begins outside that period.
        """
        outside = [at for at in intervals.start_ms if not start_ms <= at < end_ms]
        if outside:
            raise StoreRefusedError(
                f"{key}: interval begins at {outside[0]}, outside the replaced period [{start_ms}, {end_ms})"
            )
        kept = {at: row for at, row in self._rows.get(key, {}).items() if not start_ms <= at < end_ms}
        kept.update((row[0], row) for row in interval_rows(intervals))
        self._rows[key] = kept

    def read(self, key: SeriesKey, start_ms: int, end_ms: int, *, limit: int | None = None) -> IntervalColumns:
        """Return the intervals and spans that overlap [start, end); a limit keeps the newest so many."""
        rows = sorted(self._rows.get(key, {}).values())
        found = [row for row in rows if row[0] < end_ms and row[1] > start_ms]
        return interval_columns(found if limit is None else found[max(len(found) - limit, 0) :])

    def series(self, plant: str | None = None) -> Sequence[SeriesKey]:
        """Return the series of a plant, or of all plants, that have intervals, sorted."""
        return sorted(key for key, rows in self._rows.items() if plant in (None, key.plant) and rows)


def interval_rows(columns: IntervalColumns) -> list[IntervalRow]:
    """Return intervals by row: start, end [ms], amount [unit], registers at start and end [counts], is it a span."""
    return list(
        zip(
            columns.start_ms,
            columns.end_ms,
            columns.amount,
            columns.register_start,
            columns.register_end,
            columns.is_span,
            strict=True,
        )
    )


def interval_columns(rows: Iterable[IntervalRow]) -> IntervalColumns:
    """Return intervals by column; the reverse of `interval_rows`."""
    columns = list(zip(*rows, strict=True)) or [(), (), (), (), (), ()]
    return IntervalColumns(*columns)


class MemoryJournal:
    """A journal in a dictionary."""

    def __init__(self) -> None:
        self._entries: dict[str, JournalEntry] = {}

    def append(self, entries: Sequence[JournalEntry]) -> None:
        """Add entries; one whose id is already there is passed over. Their data come back as JSON gives them."""
        for entry in entries:
            data = json.loads(json.dumps(dict(entry.data)))
            self._entries.setdefault(entry.entry_id, replace(entry, data=data))

    def read(
        self, kinds: Sequence[EntryKind], plant: str | None = None, since_ms: int = 0, *, limit: int | None = None
    ) -> Sequence[JournalEntry]:
        """Return entries of some kinds, of one plant or of all, written at or after a time, in the order of time.

        A limit keeps the newest so many of those that match.
        """
        found = [
            entry
            for entry in self._entries.values()
            if entry.kind in kinds and plant in (None, entry.plant) and entry.at_ms >= since_ms
        ]
        found.sort(key=lambda entry: entry.at_ms)
        return found if limit is None else found[max(len(found) - limit, 0) :]
