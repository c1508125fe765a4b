"""The read side of the storage ports through a server; writing stays with the server that holds the store."""

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
    interval_columns_of,
    journal_entry,
    reading_columns,
)
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

    def replace(self, key: SeriesKey, start_ms: int, end_ms: int, intervals: IntervalColumns) -> None:  # noqa: ARG002 - the port's
        """Refuse.

        Raises
        ------
        StoreError
            Always: the server holds the store.
        """
        _refuse(self._link, f"intervals of {key.plant}/{key.point} {key.quantity}")

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
        """Refuse.

        Raises
        ------
        StoreError
            Always: the server holds the store.
        """
        _refuse(self._link, f"{len(entries)} journal entries")

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
