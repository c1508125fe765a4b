"""Reads a store back after a restore and holds it against the archive, piece by piece."""

from collections.abc import Iterator
from dataclasses import dataclass

from meterproof_core.storage import JournalEntry, ReadingsQuery, SeriesKey
from meterproof_store.archive.differing import PointComparison, interval_rows
from meterproof_store.archive.manifest import PointEntry, SeriesEntry
from meterproof_store.archive.reading import Archive
from meterproof_store.archive.writing import ALL_KINDS, BEGIN_OF_TIME_MS, Ports, Tick
from meterproof_store.pieces import EntryPiece, entry_piece, intervals_piece, readings_piece
from meterproof_store.walking import journal_backwards


@dataclass(slots=True)
class Restored:
    """What a store was seen to hold of an archive.

    Parameters
    ----------
    rows, values : int
        Of readings.
    aged : int
        Values of gauges that the store does not keep any more; they are not in it.
    intervals : int
        That are in it as the archive has them.
    intervals_kept : int
        Archived intervals in whose time the store had others; those stay.
    entries : int
        Of the journal.
    """

    rows: int = 0
    values: int = 0
    aged: int = 0
    intervals: int = 0
    intervals_kept: int = 0
    entries: int = 0


class Comparison:
    """One look through a store and an archive.

    Parameters
    ----------
    archive : Archive
        What was restored.
    ports : Ports
        Where it was restored to.
    may_age : bool
        Whether the store said that some readings are older than what it keeps.
    whole : bool
        Whether the store may hold nothing besides.
    """

    def __init__(self, archive: Archive, ports: Ports, *, may_age: bool, whole: bool) -> None:
        self._archive = archive
        self._ports = ports
        self._may_age = may_age
        self._whole = whole
        self._besides = 0
        self.told = Restored()

    def differences(self, tick: Tick) -> Iterator[str]:
        """Yield every difference; `told` is complete afterwards."""
        for point in self._archive.manifest.points:
            for text in self._point(point, tick):
                yield f"readings of {point.plant}/{point.point}: {text}"
        for key in self._archive.manifest.series:
            for text in self._series(key):
                yield f"intervals of {key.plant}/{key.point} {key.quantity}: {text}"
        for text in self._journal():
            yield f"journal: {text}"
        if self._whole:
            yield from self._counts()

    def _point(self, point: PointEntry, tick: Tick) -> Iterator[str]:
        comparison = PointComparison(self._may_age)
        names = tuple(quantity.quantity for quantity in point.quantities)
        for piece in self._archive.readings(point):
            query = ReadingsQuery(point.plant, point.point, names, piece.t[0], piece.t[-1] + 1)
            found = readings_piece(self._ports.readings.read(query), lambda _stream: "")
            yield from comparison.differences(piece, found)
            tick(len(piece.t))
        self.told.rows += point.rows
        self.told.values += sum(quantity.values for quantity in point.quantities) - comparison.aged
        self.told.aged += comparison.aged

    def _series(self, key: SeriesEntry) -> Iterator[str]:
        series = SeriesKey(key.plant, key.point, key.quantity)
        for piece in self._archive.intervals(key):
            answer = self._ports.intervals.read(series, piece.start[0], piece.end[-1])
            held = interval_rows(intervals_piece(answer))
            equal = set(held)
            for row in interval_rows(piece):
                if row in equal:
                    self.told.intervals += 1
                elif not self._whole and any(other[0] < row[1] and other[1] > row[0] for other in held):
                    self.told.intervals_kept += 1
                else:
                    yield f"the one that begins at {row[0]} is {row[1:]} in the archive and not so in the store"

    def _journal(self) -> Iterator[str]:
        held = _descending(
            [entry_piece(entry) for entry in page]
            for page in journal_backwards(self._ports.journal, ALL_KINDS, since_ms=BEGIN_OF_TIME_MS)
        )
        other = next(held, None)
        for entry in _descending(self._archive.journal()):
            while other is not None and _place(other) > _place(entry):
                self._besides += 1
                other = next(held, None)
            if other == entry:
                other = next(held, None)
            elif not self._told_otherwise(entry):
                yield f"entry {entry.id!r} of {entry.at_ms} is in the archive and not so in the store"
            self.told.entries += 1
        self._besides += (other is not None) + sum(1 for _ in held)

    def _told_otherwise(self, entry: EntryPiece) -> bool:
        """Return whether a store that was not empty had an entry of that id: then its own telling stays."""
        if self._whole:
            return False
        told: Iterator[JournalEntry] = iter(self._ports.journal.read([entry.kind], since_ms=BEGIN_OF_TIME_MS))
        return any(other.entry_id == entry.id for other in told)

    def _counts(self) -> Iterator[str]:
        manifest = self._archive.manifest
        rows = sum(extent.rows for extent in self._ports.readings.extents())
        if rows != manifest.rows and not self.told.aged:
            yield f"{manifest.rows} rows of readings in the archive, {rows} in the store"
        series = [(key.plant, key.point, key.quantity) for key in self._ports.intervals.series()]
        if series != [(key.plant, key.point, key.quantity) for key in manifest.series]:
            yield f"{len(manifest.series)} series of intervals in the archive, {len(series)} in the store"
        if self._besides:
            held = manifest.entries + self._besides
            yield f"{manifest.entries} entries of the journal in the archive, {held} in the store"


def _place(entry: EntryPiece) -> tuple[int, str]:
    return entry.at_ms, entry.id


def _descending(pages: Iterator[list[EntryPiece]]) -> Iterator[EntryPiece]:
    for page in pages:
        yield from sorted(page, key=_place, reverse=True)
