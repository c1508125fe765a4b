"""Puts an archive into a store, whichever store it came from, and reads the store back to see that it is all there.

Every step may be done again: readings are united, a journal entry with a known id is passed over, an interval that is
there is left alone. So a restore that was killed is simply repeated into what it left.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from meterproof_core.errors import DataError, SettingsError, StoreRetentionError
from meterproof_core.storage import PlantGroup, SeriesKey
from meterproof_core.wire import Group, RawValue
from meterproof_store.archive.comparing import Comparison, Restored
from meterproof_store.archive.differing import IntervalRow, interval_rows
from meterproof_store.archive.reading import Archive
from meterproof_store.archive.writing import ALL_KINDS, BEGIN_OF_TIME_MS, Ports, Tick, no_tick
from meterproof_store.pieces import (
    IntervalsPiece,
    ReadingsPiece,
    interval_columns_of,
    intervals_piece,
    journal_entry,
    part,
)

_LOT_VALUES = 50_000


def restore(
    archive: Archive, ports: Ports, *, into_existing: bool = False, is_checked: bool = False, tick: Tick = no_tick
) -> Restored:
    """Put an archive into a store and compare the store with it.

    The archive is checked first; nothing of one that was changed gets into a store.

    Parameters
    ----------
    archive : Archive
        An opened archive.
    ports : Ports
        Of the store.
    into_existing : bool
        Whether the store may hold something already: then readings are united and the archive's win, the journal grows
        by what it does not know, and an interval is added where the store has none.
    is_checked : bool
        Whether the caller has checked the archive already.
    tick : callable
        Told how many rows of readings went by since it was last told; three times as many in all as there are.

    Raises
    ------
    SettingsError
        When the store is not empty and `into_existing` is false.
    DataError
        When the archive is not whole, or the store does not read back what was written: names the first difference.
    StoreError
        When the store fails.
    """
    if not is_checked:
        archive.check(tick)
    if not into_existing:
        _check_empty(ports)
    put = _put(archive, ports, tick)
    comparison = Comparison(archive, ports, may_age=put.aged, whole=not into_existing)
    first = next(comparison.differences(tick), None)
    otherwise = comparison.told.intervals_kept
    if first is None and otherwise != put.intervals_left:
        first = f"{otherwise} intervals are otherwise in the store; before, {put.intervals_left} were"
    if first is not None:
        raise DataError(f"{archive.path}: the store does not read back what the archive holds: {first}")
    return comparison.told


def _check_empty(ports: Ports) -> None:
    extent = next(iter(ports.readings.extents()), None)
    key = next(iter(ports.intervals.series()), None)
    entry = next(iter(ports.journal.read(ALL_KINDS, since_ms=BEGIN_OF_TIME_MS, limit=1)), None)
    held = (
        (extent and f"{extent.rows} readings of {extent.plant}/{extent.point}")
        or (key and f"intervals of {key.plant}/{key.point} {key.quantity}")
        or (entry and f"a journal whose newest entry is {entry.entry_id}")
    )
    if held:
        raise SettingsError(
            f"the store is not empty: it holds {held}; name an empty one, or give --into-existing to unite them "
            "or to repeat a restore that was cut off"
        )


@dataclass(slots=True)
class _Put:
    """Whether some readings were older than what the store keeps, and how many intervals it had otherwise."""

    aged: bool = False
    intervals_left: int = 0


def _put(archive: Archive, ports: Ports, tick: Tick) -> _Put:
    """Write everything, the journal last."""
    done = _Put()
    for point in archive.manifest.points:
        for piece in archive.readings(point):
            for lot in _lots(plant_groups(point.plant, point.point, piece)):
                try:
                    ports.readings.write(lot)
                except StoreRetentionError:
                    done.aged = True  # all the rest is stored; the comparison finds out what is not
            tick(len(piece.t))
    for key in archive.manifest.series:
        for intervals in archive.intervals(key):
            left = _add_intervals(ports, SeriesKey(key.plant, key.point, key.quantity), intervals)
            done.intervals_left += left
    for entries in archive.journal():
        ports.journal.append([journal_entry(entry) for entry in entries])
    return done


def plant_groups(plant: str, point: str, piece: ReadingsPiece) -> Iterator[PlantGroup]:
    """Yield the groups by which a piece came: rows that follow each other and are of one batch."""
    flags: dict[int, list[tuple[str, str, str]]] = {}
    for row, *flag in piece.flags:
        flags.setdefault(row, []).append((flag[0], flag[1], flag[2]))
    unflagged = msgspec.structs.replace(piece, flags=[])
    for first, end in _runs(piece):
        gateway, stream, config = piece.sources[piece.source[first]]
        flagged = [(row - first, *flag) for row in range(first, end) for flag in flags.get(row, ())] if flags else []
        group = _group(point, part(unflagged, first, end), flagged)
        yield PlantGroup(plant, gateway, stream, piece.seq[first], config, group)


def _group(point: str, piece: ReadingsPiece, flags: list[tuple[int, str, str, str]]) -> Group:
    """Return the rows of one batch; a quantity of which the batch says nothing is left out, as it was when it came."""
    raw: dict[str, list[RawValue]] = {
        name: list(column) for name, column in piece.raw.items() if not all(map(_is_none, column))
    }
    held = {name for name, column in piece.values.items() if not all(map(_is_none, column))}
    names = sorted({*held, *raw, *(name for _, name, _, _ in flags)})
    places = {name: place for place, name in enumerate(names)}
    nothing: list[float | None] = [None] * len(piece.t)
    return Group(
        point=point,
        quantities=names,
        t=piece.t,
        values=[piece.values.get(name, nothing) for name in names],
        raw=raw,
        q=[(row, places[name], level, reason) for row, name, level, reason in flags],
    )


def _is_none(value: object) -> bool:
    return value is None


def _runs(piece: ReadingsPiece) -> Iterator[tuple[int, int]]:
    first = 0
    batches = list(zip(piece.source, piece.seq, strict=True))
    for row in range(1, len(batches) + 1):
        if row == len(batches) or batches[row] != batches[first]:
            yield first, row
            first = row


def _lots(groups: Iterator[PlantGroup]) -> Iterator[list[PlantGroup]]:
    lot: list[PlantGroup] = []
    values = 0
    for each in groups:
        lot.append(each)
        values += len(each.group.t) * max(len(each.group.quantities), 1)
        if values >= _LOT_VALUES:
            yield lot
            lot, values = [], 0
    if lot:
        yield lot


def _add_intervals(ports: Ports, key: SeriesKey, piece: IntervalsPiece) -> int:
    """Add archived intervals where the store has none; return how many are left because it has others, maybe newer."""
    start_ms, end_ms = piece.start[0], piece.end[-1]
    rows, held = interval_rows(piece), interval_rows(intervals_piece(ports.intervals.read(key, start_ms, end_ms)))
    added = not_overlapping(rows, held)
    if added:
        period_ms = (start_ms, piece.start[-1] + 1)
        kept = [row for row in held if period_ms[0] <= row[0] < period_ms[1]]
        united = sorted([*added, *kept], key=lambda row: row[0])
        start, end, amount, first, last, span = (list(column) for column in zip(*united, strict=True))
        columns = interval_columns_of([IntervalsPiece(start, end, amount, first, last, span)])
        ports.intervals.replace(key, *period_ms, columns)
    return len(rows) - len(added) - len(set(rows) & set(held))


def not_overlapping(rows: list[IntervalRow], held: list[IntervalRow]) -> list[IntervalRow]:
    """Return the intervals that overlap none of those held; both in rising time."""
    found = []
    at = 0
    for row in rows:
        while at < len(held) and held[at][1] <= row[0]:
            at += 1
        if at == len(held) or held[at][0] >= row[1]:
            found.append(row)
    return found
