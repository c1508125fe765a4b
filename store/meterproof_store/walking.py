"""Walks through a store in pieces of bounded size, whatever the store: nobody holds ten years of a meter in memory.

The ports have no paging, so a period is cut where the density of the rows seen so far suggests; a stretch without rows
is jumped over by asking for the next neighbour. Intervals and the journal are walked from the newest backwards, because
that is what the ports' limits offer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from meterproof_core.quantities import QUANTITIES
from meterproof_core.storage import (
    EntryKind,
    IntervalColumns,
    IntervalsStore,
    Journal,
    JournalEntry,
    PointExtent,
    ReadingColumns,
    ReadingsQuery,
    ReadingsStore,
    SeriesKey,
)

PIECE_ROWS = 20_000
PIECE_ENTRIES = 10_000
_STEP = 16


@runtime_checkable
class KnowsQuantities(Protocol):
    """A readings store that can tell cheaply which quantities it holds of a point."""

    def quantities(self, plant: str, point: str) -> Sequence[str]:
        """Return the quantities of which there is a value, a raw register or a flag, sorted."""
        ...


@runtime_checkable
class PagedJournal(Protocol):
    """A journal that can be read backwards page by page.

    One whose pages may tell an id again that another page told has ``holds_copies = True``.
    """

    def page(
        self,
        kinds: Sequence[EntryKind],
        plant: str | None = None,
        since_ms: int = 0,
        *,
        before_ms: int | None = None,
        limit: int | None = None,
    ) -> Sequence[JournalEntry]:
        """Return what `Journal.read` returns, of the entries written before a time."""
        ...


def held_quantities(readings: ReadingsStore, plant: str, point: str) -> tuple[str, ...]:
    """Return the quantities to ask for when all is wanted that a store holds of a point.

    A store that cannot tell is asked for the whole catalogue: the wire takes nothing else.
    """
    if isinstance(readings, KnowsQuantities):
        return tuple(readings.quantities(plant, point))
    return tuple(QUANTITIES)


def readings_in_pieces(
    readings: ReadingsStore, query: ReadingsQuery, extent: PointExtent, *, rows: int = PIECE_ROWS
) -> Iterator[ReadingColumns]:
    """Yield the readings of a period in pieces of about so many rows, in rising time; neighbours are left out.

    Parameters
    ----------
    readings : ReadingsStore
        Where they lie.
    query : ReadingsQuery
        What is wanted.
    extent : PointExtent
        What is held of the point.
    rows : int
        How many rows a piece should have.
    """
    at_ms: int | None = max(query.start_ms, extent.first_ms)
    end_ms = min(query.end_ms, extent.last_ms + 1)
    average_ms = max(1, (extent.last_ms - extent.first_ms + 1) * rows // max(extent.rows, 1))
    width_ms = average_ms
    while at_ms is not None and at_ms < end_ms:
        until_ms = min(at_ms + width_ms, end_ms)
        piece = readings.read(replace(query, start_ms=at_ms, end_ms=until_ms, neighbours=0))
        found = len(piece.t_ms)
        if found:
            yield piece
            at_ms = until_ms
            fitting_ms = width_ms * rows // found
            width_ms = max(1, min(fitting_ms, width_ms * _STEP, average_ms * _STEP))
        else:
            at_ms = _next_instant(readings, query, until_ms)
            width_ms = max(1, average_ms // _STEP)


def _next_instant(readings: ReadingsStore, query: ReadingsQuery, from_ms: int) -> int | None:
    beside = readings.read(replace(query, start_ms=from_ms, end_ms=from_ms, neighbours=1))
    return next((int(t) for t in beside.t_ms if t >= from_ms), None)


def intervals_backwards(
    intervals: IntervalsStore,
    key: SeriesKey,
    period_ms: tuple[int, int],
    *,
    limit: int | None = None,
    rows: int = PIECE_ROWS,
) -> Iterator[IntervalColumns]:
    """Yield the intervals that overlap a period, the newest piece first, rising inside a piece.

    Parameters
    ----------
    intervals : IntervalsStore
        Where they lie.
    key : SeriesKey
        Of which series.
    period_ms : (int, int)
        Half-open [start, end) [ms since 1970-01-01 UTC].
    limit : int, optional
        The newest so many.
    rows : int
        How many intervals a piece has at most.
    """
    start_ms, end_ms = period_ms
    left = limit
    while left is None or left > 0:
        asked = rows if left is None else min(rows, left)
        piece = intervals.read(key, start_ms, end_ms, limit=asked)
        found = len(piece.start_ms)
        if found:
            yield piece
        if found < asked:
            return
        end_ms = int(piece.start_ms[0])  # they do not overlap, so no other one begins from here on
        left = None if left is None else left - found


def journal_backwards(
    journal: Journal,
    kinds: Sequence[EntryKind],
    *,
    plant: str | None = None,
    since_ms: int = 0,
    before_ms: int | None = None,
    entries: int = PIECE_ENTRIES,
) -> Iterator[Sequence[JournalEntry]]:
    """Yield the journal in pieces, the newest piece first, rising inside a piece.

    All entries of one millisecond lie in one piece, because only there their order is kept. A journal that has no pages
    is read at once. Of an entry that a journal holds in copies of several times one is told; for that, one number
    of each entry is kept in mind.
    """
    if not isinstance(journal, PagedJournal):
        whole = journal.read(kinds, plant, since_ms)
        yield from _cut([entry for entry in whole if before_ms is None or entry.at_ms < before_ms], entries)
        return
    pages = _pages(journal, kinds, plant, (since_ms, before_ms), entries)
    yield from _without_copies(pages) if getattr(journal, "holds_copies", False) else pages


def _pages(
    journal: PagedJournal,
    kinds: Sequence[EntryKind],
    plant: str | None,
    period_ms: tuple[int, int | None],
    entries: int,
) -> Iterator[Sequence[JournalEntry]]:
    since_ms, before_ms = period_ms
    while True:
        page = journal.page(kinds, plant, since_ms, before_ms=before_ms, limit=entries)
        if len(page) < entries:
            yield page
            return
        first_ms = page[0].at_ms
        whole = [entry for entry in page if entry.at_ms > first_ms]
        if whole:
            yield whole
            before_ms = first_ms + 1
        else:
            yield journal.page(kinds, plant, first_ms, before_ms=before_ms)
            before_ms = first_ms


def _without_copies(pages: Iterator[Sequence[JournalEntry]]) -> Iterator[Sequence[JournalEntry]]:
    """Yield pages without the ids that a page before them told."""
    seen: set[int] = set()
    for page in pages:
        fresh = [entry for entry in page if hash(entry.entry_id) not in seen]
        seen.update(hash(entry.entry_id) for entry in fresh)
        yield fresh


def _cut(rising: Sequence[JournalEntry], entries: int) -> Iterator[Sequence[JournalEntry]]:
    end = len(rising)
    if not end:
        yield rising
    while end:
        first = max(end - entries, 0)
        while first and rising[first - 1].at_ms == rising[first].at_ms:
            first -= 1
        yield rising[first:end]
        end = first
