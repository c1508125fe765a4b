"""The storage ports through a server that holds the store: all that is read, and of what is written only imports.

What comes from gateways is the server's own to write.
"""

import math
from collections.abc import Sequence
from typing import NoReturn

import msgspec

from meterproof_core.errors import StoreError
from meterproof_core.storage import (
    EntryKind,
    IntervalColumns,
    JournalEntry,
    PlantGroup,
    PointExtent,
    ReadingColumns,
    ReadingsQuery,
    SeriesKey,
)
from meterproof_store.pieces import (
    EntryPiece,
    IntervalsPiece,
    ReadingsPiece,
    entry_piece,
    interval_columns_of,
    intervals_piece,
    journal_entry,
    reading_columns,
)
from meterproof_store.remote.door import IMPORT_KINDS
from meterproof_store.remote.link import Question, ServerLink

_READINGS = msgspec.json.Decoder(ReadingsPiece)
_INTERVALS = msgspec.json.Decoder(IntervalsPiece)
_ENTRIES = msgspec.json.Decoder(list[EntryPiece])
_EXTENT = msgspec.json.Decoder(PointExtent)
_KEY = msgspec.json.Decoder(SeriesKey)


class RemoteReadings:
    """Readings through a server.

    Parameters
    ----------
    link : ServerLink
        The way to it.
    """

    def __init__(self, link: ServerLink) -> None:
        self._link = link

    def write(self, groups: Sequence[PlantGroup]) -> None:
        """Refuse.

        Raises
        ------
        StoreError
            Always: the server holds the store.
        """
        _refuse(self._link, f"{len(groups)} groups of readings")

    def read(self, query: ReadingsQuery) -> ReadingColumns:
        """Return the readings that a query asks for; empty columns when there are none."""
        question: Question = {
            "plant": query.plant,
            "point": query.point,
            "quantity": query.quantities,
            "start_ms": query.start_ms,
            "end_ms": query.end_ms,
            "neighbours": query.neighbours,
        }
        pieces = [_READINGS.decode(line) for line in self._link.lines("readings", question)]
        return reading_columns(pieces, query.quantities)

    def extents(self, plant: str | None = None) -> Sequence[PointExtent]:
        """Return what is held of each metering point of a plant, or of all plants, sorted by plant and point."""
        return [_EXTENT.decode(line) for line in self._link.lines("extents", {"plant": plant})]


class RemoteIntervals:
    """Intervals through a server.

    Parameters
    ----------
    link : ServerLink
        The way to it.
    """

    def __init__(self, link: ServerLink) -> None:
        self._link = link

    def replace(self, key: SeriesKey, start_ms: int, end_ms: int, intervals: IntervalColumns) -> None:
        """Put imported intervals in the place of all that begin in [start, end).

        Raises
        ------
        StoreRefusedError
            When the ledger holds an interval in that time.
        StoreError
            When the server fails; always for intervals with registers, which are the ledger's to write.
        """
        piece = intervals_piece(intervals)
        registers = (*piece.register_start, *piece.register_end)
        if any(register is not None and not math.isnan(register) for register in registers):
            _refuse(self._link, f"intervals of {key.plant}/{key.point} {key.quantity} with registers")
        body = {
            "key": key,
            "start_ms": start_ms,
            "end_ms": end_ms,
            "start": piece.start,
            "end": piece.end,
            "amount": piece.amount,
            "span": piece.span,
        }
        self._link.send("imports/intervals", msgspec.json.encode(body))

    def read(self, key: SeriesKey, start_ms: int, end_ms: int, *, limit: int | None = None) -> IntervalColumns:
        """Return the intervals and spans that overlap [start, end); a limit keeps the newest so many."""
        question: Question = {
            "plant": key.plant,
            "point": key.point,
            "quantity": key.quantity,
            "start_ms": start_ms,
            "end_ms": end_ms,
            "limit": limit,
        }
        pieces = [_INTERVALS.decode(line) for line in self._link.lines("intervals", question)]
        return interval_columns_of(pieces[::-1])

    def series(self, plant: str | None = None) -> Sequence[SeriesKey]:
        """Return the series of a plant, or of all plants, that have intervals, sorted."""
        return [_KEY.decode(line) for line in self._link.lines("series", {"plant": plant})]


class RemoteJournal:
    """The journal through a server.

    Parameters
    ----------
    link : ServerLink
        The way to it.
    """

    def __init__(self, link: ServerLink) -> None:
        self._link = link

    def append(self, entries: Sequence[JournalEntry]) -> None:
        """Add the entries of an import.

        Raises
        ------
        StoreRefusedError
            When they have not the shape of an import's.
        StoreError
            When the server fails; always for entries of other kinds, which are the server's own.
        """
        own = {entry.kind for entry in entries} - set(IMPORT_KINDS)
        if own:
            _refuse(self._link, f"journal entries of kind {', '.join(sorted(own))}")
        if entries:
            self._link.send("imports/entries", msgspec.json.encode([entry_piece(entry) for entry in entries]))

    def read(
        self, kinds: Sequence[EntryKind], plant: str | None = None, since_ms: int = 0, *, limit: int | None = None
    ) -> Sequence[JournalEntry]:
        """Return entries of some kinds, of one plant or of all, written at or after a time, in the order of time.

        A limit keeps the newest so many of those that match.
        """
        if not kinds:
            return []
        question = {"kind": [str(kind) for kind in kinds], "plant": plant, "since_ms": since_ms, "limit": limit}
        pages = [_ENTRIES.decode(line) for line in self._link.lines("journal", question)]
        return [journal_entry(piece) for page in reversed(pages) for piece in page]


def _refuse(link: ServerLink, what: str) -> NoReturn:
    raise StoreError(f"{link.name}: the server holds the store, so {what} cannot be written here; stop it first")
