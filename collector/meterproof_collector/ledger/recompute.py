"""Whether the books are what the registers say: every interval of a counter computed anew, and compared bit for bit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain

import numpy as np

from meterproof_collector.ledger.configurations import Configurations
from meterproof_collector.ledger.counting import Ports
from meterproof_collector.ledger.interval_rows import (
    Difference,
    IntervalRows,
    computed_rows,
    difference,
    stored_rows,
    with_what_overlaps,
)
from meterproof_collector.ledger.registers import as_stored
from meterproof_collector.ledger.segments import changes, intervals_of, segments
from meterproof_collector.ledger.told_events import Decisions, ToldEvents, recount
from meterproof_core.storage import (
    END_OF_TIME_MS,
    FlagRow,
    PointExtent,
    RawColumn,
    ReadingColumns,
    ReadingsQuery,
    ReadingsStore,
    SeriesKey,
)
from meterproof_mv.ledger import LedgerEvent, LedgerRules

_ROWS_A_READ = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Recomputed:
    """What all readings of a counter give, and what the books hold.

    Parameters
    ----------
    key : SeriesKey
        The counter.
    computed, stored : IntervalRows
        The intervals.
    imported : IntervalRows
        What the books hold of files, which no register can recompute.
    events : tuple of LedgerEvent
        The decisions that lead to them.
    found : Difference
        Where they differ.
    last_ms : int or None
        The last usable reading [ms since 1970-01-01 UTC].
    """

    key: SeriesKey
    computed: IntervalRows
    stored: IntervalRows
    imported: IntervalRows
    events: tuple[LedgerEvent, ...]
    found: Difference
    last_ms: int | None

    @property
    def agrees(self) -> bool:
        """Whether the books are what the registers say, bit for bit."""
        return self.found.period is None

    def first_difference(self) -> str:
        """Return a sentence that names the first interval that differs; empty when all agree."""
        if self.agrees:
            return ""
        computed, stored = (_row(rows, self.found.before) for rows in (self.computed, self.stored))
        return f"{self.key.plant}/{self.key.point} {self.key.quantity}: registers give {computed}; stored is {stored}"


def series_of(ports: Ports, configurations: Configurations, plant: str, point: str | None) -> list[SeriesKey]:
    """Return the counters of a plant, or of one of its points, that have readings or intervals."""
    keys = set(ports.intervals.series(plant))
    for extent in ports.readings.extents(plant):
        keys |= {SeriesKey(plant, extent.point, name) for name in configurations.counters(plant, extent.point)}
    return sorted(key for key in keys if point in (None, key.point))


def recompute(ports: Ports, configurations: Configurations, key: SeriesKey, rules: LedgerRules) -> Recomputed:
    """Return what all readings of a counter give, beside what the books hold; nothing is written.

    Parameters
    ----------
    ports : Ports
        The three storage ports.
    configurations : Configurations
        What is known of each counter.
    key : SeriesKey
        The counter.
    rules : LedgerRules
        Interval length, longest gap, confirmations.
    """
    spec_of = partial(configurations.counter, key.plant, key.point, quantity=key.quantity)
    parts = segments(key.quantity, all_readings(ports.readings, key), spec_of)
    results = [intervals_of(part, rules) for part in parts]
    computed = computed_rows(results)
    held = stored_rows(ports.intervals.read(key, 0, END_OF_TIME_MS))
    imported = held.imported()
    stored = held[~imported]
    usable_ms = np.concatenate([np.zeros(0, np.int64), *(part.t_ms[part.usable] for part in parts)])
    return Recomputed(
        key=key,
        computed=computed,
        stored=stored,
        events=(*chain.from_iterable(result.events for result in results), *changes(parts)),
        imported=held[imported],
        found=difference(computed, stored),
        last_ms=int(usable_ms[-1]) if len(usable_ms) else None,
    )


def put_in_place(ports: Ports, recomputed: Recomputed, at_ms: int) -> None:
    """Make the books what the registers say: decisions first, then the intervals that differ.

    Parameters
    ----------
    ports : Ports
        The three storage ports.
    recomputed : Recomputed
        What the registers say.
    at_ms : int
        When it is told in the journal [ms since 1970-01-01 UTC].
    """
    key, imported = recomputed.key, recomputed.imported
    period = recomputed.found.period and with_what_overlaps(recomputed.found.period, imported)
    decisions = Decisions(key, 0, END_OF_TIME_MS, recomputed.events, recomputed.last_ms)
    entries = ToldEvents(ports.journal).news(decisions, at_ms)
    if period is not None:
        entries = [recount(key, period, at_ms), *entries]
    if entries:
        ports.journal.append(entries)
    if period is not None:
        rows = recomputed.computed.within(*period).beside(imported.beginning_in(*period))
        ports.intervals.replace(key, *period, rows.columns())


def all_readings(store: ReadingsStore, key: SeriesKey) -> ReadingColumns:
    """Return all readings of a counter, without their values and batches; read in pieces."""
    pieces = [
        store.read(ReadingsQuery(key.plant, key.point, (key.quantity,), start_ms, end_ms))
        for extent in store.extents(key.plant)
        if extent.point == key.point
        for start_ms, end_ms in _periods(extent)
    ]
    flags: list[FlagRow] = []
    first = 0
    for piece in pieces:
        flags += [FlagRow(flag.row + first, flag.quantity, flag.level, flag.reason) for flag in piece.flags]
        first += len(piece.t_ms)
    return ReadingColumns(
        t_ms=np.concatenate([np.zeros(0, np.int64), *(np.asarray(piece.t_ms, np.int64) for piece in pieces)]),
        values={},
        raw={key.quantity: _joined([(piece.raw.get(key.quantity), len(piece.t_ms)) for piece in pieces])}
        if first
        else {},
        flags=flags,
        config=[config for piece in pieces for config in piece.config],
        stream=[],
        seq=[],
    )


def _periods(extent: PointExtent) -> Iterator[tuple[int, int]]:
    span_ms = extent.last_ms + 1 - extent.first_ms
    step_ms = max(span_ms * _ROWS_A_READ // max(extent.rows, 1), 1)
    for start_ms in range(extent.first_ms, extent.last_ms + 1, step_ms):
        yield start_ms, min(start_ms + step_ms, extent.last_ms + 1)


def _joined(columns: Sequence[tuple[RawColumn | None, int]]) -> RawColumn:
    """Return raw registers one after the other, each as exactly as it was stored; None has so many rows of nothing."""
    arrays = [None if raw is None else as_stored(raw.registers) for raw, _ in columns]
    dtypes = {array.dtype for array in arrays if array is not None}
    dtype = dtypes.pop() if len(dtypes) == 1 else np.dtype(object)
    registers = [
        np.zeros(rows, dtype) if array is None else array.astype(dtype)
        for array, (_, rows) in zip(arrays, columns, strict=True)
    ]
    present = [np.zeros(rows, bool) if raw is None else np.asarray(raw.present, bool) for raw, rows in columns]
    return RawColumn(np.concatenate([np.zeros(0, dtype), *registers]), np.concatenate([np.zeros(0, bool), *present]))


def _row(rows: IntervalRows, place: int) -> str:
    if place >= len(rows):
        return "no interval"
    start, end = (
        f"{datetime.fromtimestamp(int(column[place]) / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
        for column in (rows.start_ms, rows.end_ms)
    )
    registers = f"{float(rows.register_start[place])!r} to {float(rows.register_end[place])!r}"
    return f"{float(rows.amount[place])!r} from {start} to {end}, register {registers}"
