"""The server's end: what the storage ports answer, as lines of JSON of bounded size, the last of which counts them.

A reader that does not find the count at the end knows that something is missing.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from meterproof_core.errors import DataError
from meterproof_core.storage import (
    EntryKind,
    IntervalColumns,
    IntervalsStore,
    Journal,
    JournalEntry,
    ReadingsQuery,
    ReadingsStore,
    SeriesKey,
)
from meterproof_store.pieces import ReadingsPiece, entry_piece, intervals_piece, part, readings_piece
from meterproof_store.walking import PIECE_ENTRIES, intervals_backwards, journal_backwards, readings_in_pieces

IMPORT_KINDS = (EntryKind.IMPORT, EntryKind.RECORDS)
"""What a command may add to the journal of a store that a server holds."""
_ENCODER = msgspec.json.Encoder()


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line: how many pieces came before it."""

    pieces: int


@dataclass(frozen=True, slots=True)
class StoreDoor:
    """What a server that holds a store lets an operator read and do.

    Parameters
    ----------
    readings_port, intervals_port, journal_port : ports of core
        Of the store that is held.
    backup : callable
        Returns an archive of the store in chunks.
    retain : callable
        Takes whether to apply; returns what retention takes away, as JSON-able values.
    replay : callable, optional
        Takes the id of a dead letter and brings it in again; returns what became of it, as JSON-able values.
    """

    readings_port: ReadingsStore
    intervals_port: IntervalsStore
    journal_port: Journal
    backup: Callable[[], Iterator[bytes]]
    retain: Callable[[bool], Mapping[str, Any]]
    replay: Callable[[str], Mapping[str, Any]] | None = None

    def readings(self, query: ReadingsQuery) -> Iterator[bytes]:
        """Yield the readings of a question, its neighbours included, in rising time."""
        return _lines(self._readings(query))

    def _readings(self, query: ReadingsQuery) -> Iterator[ReadingsPiece]:
        extent = next((e for e in self.readings_port.extents(query.plant) if e.point == query.point), None)
        if extent is None:
            return
        yield from self._beside(query, query.start_ms, before=True)
        for columns in readings_in_pieces(self.readings_port, query, extent):
            yield readings_piece(columns, _unknown_gateway)
        yield from self._beside(query, max(query.start_ms, query.end_ms), before=False)

    def _beside(self, query: ReadingsQuery, at_ms: int, *, before: bool) -> Iterator[ReadingsPiece]:
        if not query.neighbours:
            return
        asked = ReadingsQuery(query.plant, query.point, query.quantities, at_ms, at_ms, query.neighbours)
        piece = readings_piece(self.readings_port.read(asked), _unknown_gateway)
        earlier = sum(t < at_ms for t in piece.t)
        yield part(piece, 0, earlier) if before else part(piece, earlier, len(piece.t))

    def extents(self, plant: str | None) -> Iterator[bytes]:
        """Yield what is held of each metering point."""
        return _lines(asdict(extent) for extent in self.readings_port.extents(plant))

    def intervals(self, key: SeriesKey, start_ms: int, end_ms: int, *, limit: int | None) -> Iterator[bytes]:
        """Yield the intervals and spans that overlap [start, end), the newest piece first."""
        pieces = intervals_backwards(self.intervals_port, key, (start_ms, end_ms), limit=limit)
        return _lines(intervals_piece(columns) for columns in pieces)

    def series(self, plant: str | None) -> Iterator[bytes]:
        """Yield the series that have intervals."""
        return _lines(asdict(key) for key in self.intervals_port.series(plant))

    def journal(
        self, kinds: Sequence[EntryKind], *, plant: str | None, since_ms: int, limit: int | None
    ) -> Iterator[bytes]:
        """Yield entries of the journal, the newest piece first, rising inside a piece."""
        if limit is not None and limit <= PIECE_ENTRIES:
            pages = iter([self.journal_port.read(kinds, plant, since_ms, limit=limit)])
        else:
            pages = journal_backwards(self.journal_port, kinds, plant=plant, since_ms=since_ms)
        return _lines([entry_piece(entry) for entry in page] for page in _newest(pages, limit))

    def take_entries(self, entries: Sequence[JournalEntry]) -> None:
        """Add the entries of an import to the journal.

        Raises
        ------
        DataError
            When one tells of anything else: that is the server's own to tell.
        """
        strange = next((entry for entry in entries if entry.kind not in IMPORT_KINDS), None)
        if strange is not None:
            raise DataError(
                f"journal entry {strange.entry_id!r}: kind {strange.kind} is the server's own; "
                f"use {' or '.join(IMPORT_KINDS)}"
            )
        self.journal_port.append(entries)

    def take_intervals(self, key: SeriesKey, start_ms: int, end_ms: int, intervals: IntervalColumns) -> None:
        """Put imported intervals, which have no registers, in the place of others that were imported.

        Raises
        ------
        DataError
            When the ledger holds an interval in that time: metered data are never overwritten.
        """
        held = self.intervals_port.read(key, start_ms, end_ms)
        for at_ms, *registers in zip(held.start_ms, held.register_start, held.register_end, strict=True):
            if not all(map(math.isnan, registers)):
                raise DataError(
                    f"{key.plant}/{key.point} {key.quantity}: the interval from {int(at_ms)} is the ledger's; metered "
                    "data are never overwritten: leave that time out"
                )
        self.intervals_port.replace(key, start_ms, end_ms, intervals)


def _newest(pages: Iterator[Sequence[Any]], limit: int | None) -> Iterator[Sequence[Any]]:
    for page in pages:
        if limit is None:
            yield page
            continue
        yield page[max(len(page) - limit, 0) :]
        limit -= len(page)
        if limit <= 0:
            return


def _lines(pieces: Iterator[Any]) -> Iterator[bytes]:
    count = 0
    for piece in pieces:
        yield _ENCODER.encode(piece) + b"\n"
        count += 1
    yield _ENCODER.encode(End(count)) + b"\n"


def _unknown_gateway(_stream: str) -> str:
    return ""
