"""Makes an archive of a store through its ports, as a stream of bytes that needs no room of its own.

The order makes the cut: first the journal, then readings and intervals. A batch is entered in the journal after its
readings are stored, so whatever the archived journal says is there is in the archive; what arrives while the archive is
made may be in it besides.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Protocol, TypeVar
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec

from meterproof_core.storage import (
    END_OF_TIME_MS,
    EntryKind,
    IntervalsStore,
    Journal,
    PointExtent,
    ReadingsQuery,
    ReadingsStore,
    SeriesKey,
)
from meterproof_store import __version__
from meterproof_store.archive import manifest as m
from meterproof_store.archive.draining import Drain
from meterproof_store.archive.members import JOURNAL, intervals_member, readings_member
from meterproof_store.archive.tally import JournalTally, PointTally, SeriesTally
from meterproof_store.pieces import EntryPiece, entry_piece, intervals_piece, readings_piece, without_empty_rows
from meterproof_store.walking import held_quantities, intervals_backwards, journal_backwards, readings_in_pieces

BEGIN_OF_TIME_MS = -END_OF_TIME_MS
ALL_KINDS = tuple(EntryKind)
_LEVEL = 1  # of deflate: three times as fast as the usual 6, and 15 % larger
_ENCODER = msgspec.json.Encoder()
Tick = Callable[[int], None]
T = TypeVar("T")


class Ports(Protocol):
    """The three storage ports."""

    @property
    def readings(self) -> ReadingsStore:
        """The readings."""
        ...

    @property
    def intervals(self) -> IntervalsStore:
        """The intervals."""
        ...

    @property
    def journal(self) -> Journal:
        """The journal."""
        ...


def no_tick(_rows: int) -> None:
    """Tell nobody of progress."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What an archive says of its making.

    Parameters
    ----------
    made_ms : int
        Now [ms since 1970-01-01 UTC].
    source : str
        The store, as people call it.
    """

    made_ms: int
    source: str


def archive_chunks(ports: Ports, occasion: Occasion, tick: Tick = no_tick) -> Iterator[bytes]:
    """Yield an archive of all that a store holds, in chunks.

    Parameters
    ----------
    ports : Ports
        Of the store.
    occasion : Occasion
        What the archive says of its making.
    tick : callable
        Told how many rows of readings went by since it was last told.
    """
    drain = Drain()
    with ZipFile(drain, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as file:
        for _ in _Making(ports, file, tick).everything(occasion):
            if chunk := drain.take():
                yield chunk
    yield drain.take()


class _Making:
    """One archive on its way."""

    def __init__(self, ports: Ports, file: ZipFile, tick: Tick) -> None:
        self._ports = ports
        self._file = file
        self._tick = tick
        self._gateways: dict[str, str] = {}
        self._members: list[m.MemberEntry] = []

    def everything(self, occasion: Occasion) -> Iterator[None]:
        """Write every member; give way after every line."""
        newest = self._ports.journal.read(ALL_KINDS, limit=1)
        cut_ms = newest[0].at_ms if newest else None
        journal = JournalTally()
        points: list[m.PointEntry] = []
        series: list[m.SeriesEntry] = []
        yield from self._journal(journal)
        for extent in self._ports.readings.extents():
            yield from self._point(extent, points)
        for key in self._ports.intervals.series():
            yield from self._series(key, series)
        told = m.Manifest(
            format=m.FORMAT,
            version=m.VERSION,
            made_ms=occasion.made_ms,
            program=__version__,
            source=occasion.source,
            cut_ms=cut_ms,
            points=points,
            series=series,
            journal=journal.entries(),
            members=self._members,
        )
        self._file.writestr(m.MEMBER, msgspec.json.format(_ENCODER.encode(told), indent=1))
        yield

    def _journal(self, tally: JournalTally) -> Iterator[None]:
        for pieces in self._written(JOURNAL, self._pages()):
            tally.add(pieces)
            yield

    def _pages(self) -> Iterator[list[EntryPiece]]:
        """Yield the journal's pages, the first even when it is empty, and keep the gateways that they name in mind."""
        for page in journal_backwards(self._ports.journal, ALL_KINDS, since_ms=BEGIN_OF_TIME_MS):
            for entry in page:
                if entry.kind is EntryKind.ARRIVAL:
                    self._gateways.setdefault(str(entry.data.get("stream")), str(entry.data.get("gateway", "")))
            yield [entry_piece(entry) for entry in page]

    def _point(self, extent: PointExtent, told: list[m.PointEntry]) -> Iterator[None]:
        plant, point = extent.plant, extent.point
        names = held_quantities(self._ports.readings, plant, point)
        query = ReadingsQuery(plant, point, names, extent.first_ms, extent.last_ms + 1)
        found = readings_in_pieces(self._ports.readings, query, extent)
        pieces = (without_empty_rows(readings_piece(columns, self._gateway)) for columns in found)
        tally = PointTally()
        for piece in self._written(readings_member(plant, point), (piece for piece in pieces if piece.t)):
            tally.add(piece)
            self._tick(len(piece.t))
            yield
        if tally.rows:
            told.append(tally.entry(plant, point))

    def _series(self, key: SeriesKey, told: list[m.SeriesEntry]) -> Iterator[None]:
        found = intervals_backwards(self._ports.intervals, key, (BEGIN_OF_TIME_MS, END_OF_TIME_MS))
        tally = SeriesTally()
        for piece in self._written(intervals_member(key.plant, key.point, key.quantity), map(intervals_piece, found)):
            tally.add(piece)
            yield
        if tally.rows:
            told.append(tally.entry(key.plant, key.point, key.quantity))

    def _gateway(self, stream: str) -> str:
        """Return the gateway of a stream as its arrivals name it; one that arrived first during the backup has none."""
        return self._gateways.get(stream, "")

    def _written(self, name: str, pieces: Iterable[T]) -> Iterator[T]:
        """Write pieces into a member and yield each; without any piece there is no member."""
        sha, size = hashlib.sha256(), 0
        left = iter(pieces)
        for first in left:
            with self._file.open(name, "w", force_zip64=True) as member:
                for piece in chain((first,), left):
                    line = _ENCODER.encode(piece) + b"\n"
                    sha.update(line)
                    size += len(line)
                    member.write(line)
                    yield piece
            self._members.append(m.MemberEntry(name, size, sha.hexdigest()))
