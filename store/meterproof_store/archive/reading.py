"""Reads an archive, and believes nothing of it: names, sizes, checksums and content are looked at before it is used."""

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile, ZipFile

import msgspec

from meterproof_core.errors import DataError
from meterproof_store.archive import manifest as m
from meterproof_store.archive.members import JOURNAL, intervals_member, is_member, readings_member
from meterproof_store.archive.tally import JournalTally, PointTally, SeriesTally
from meterproof_store.archive.writing import Tick, no_tick
from meterproof_store.pieces import EntryPiece, IntervalsPiece, ReadingsPiece

T = TypeVar("T")
_READINGS = msgspec.json.Decoder(ReadingsPiece)
_INTERVALS = msgspec.json.Decoder(IntervalsPiece)
_ENTRIES = msgspec.json.Decoder(list[EntryPiece])
_MANIFEST = msgspec.json.Decoder(m.Manifest)
_NAME_ONE = "name an archive of `meterproof store backup`"
_LOCAL_HEADER = b"PK\x03\x04"
_NAME_AT, _LENGTH_AT = 30, 26


class Archive:
    """An opened archive; a context manager.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    DataError
        When it is no archive of ours, is cut short, or does not hold what its manifest says.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = ZipFile(path)
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror}); {_NAME_ONE}") from error
        except BadZipFile as error:
            raise DataError(_cut_short(path)) from error
        try:
            self.manifest = self._manifest()
            self._members = {member.name: member for member in self.manifest.members}
            self._check_names()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _manifest(self) -> m.Manifest:
        if m.MEMBER not in self._file.namelist():
            raise DataError(f"{self.path}: there is no {m.MEMBER} in it; it is no archive of a store")
        text = b"".join(self._chunks(m.MEMBER))
        try:
            told = _MANIFEST.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DataError(f"{self.path}: {m.MEMBER}: {error}") from error
        if told.format != m.FORMAT or told.version != m.VERSION:
            raise DataError(
                f"{self.path}: {m.MEMBER}: {told.format} version {told.version} unknown; "
                f"this program reads {m.FORMAT} version {m.VERSION}"
            )
        return told

    def _check_names(self) -> None:
        held = self._file.namelist()
        named = {m.MEMBER, JOURNAL}
        named |= {readings_member(point.plant, point.point) for point in self.manifest.points}
        named |= {intervals_member(key.plant, key.point, key.quantity) for key in self.manifest.series}
        for name in sorted(set(held) - named | set(held) - set(self._members) - {m.MEMBER}):
            raise DataError(f"{self.path}: member {name!r} is not in its {m.MEMBER}; the archive was changed")
        for name in sorted(named - set(held)):
            raise DataError(f"{self.path}: member {name!r} is missing; the archive was changed")
        if len(held) != len(set(held)):
            twice = next(name for name in held if held.count(name) > 1)
            raise DataError(f"{self.path}: member {twice!r} is in it twice; the archive was changed")

    def readings(self, point: m.PointEntry) -> Iterator[ReadingsPiece]:
        """Yield a metering point's readings in rising time. Raises as `check`."""
        return self._pieces(readings_member(point.plant, point.point), _READINGS)

    def intervals(self, key: m.SeriesEntry) -> Iterator[IntervalsPiece]:
        """Yield a series' intervals, the newest piece first. Raises as `check`."""
        return self._pieces(intervals_member(key.plant, key.point, key.quantity), _INTERVALS)

    def journal(self) -> Iterator[list[EntryPiece]]:
        """Yield the journal, the newest piece first. Raises as `check`."""
        return self._pieces(JOURNAL, _ENTRIES)

    def check(self, tick: Tick = no_tick) -> None:
        """Read all of it and compare it with its manifest.

        Parameters
        ----------
        tick : callable
            Told how many rows of readings went by since it was last told.

        Raises
        ------
        DataError
            Naming the first member that is cut short, was changed, or does not hold what the manifest says.
        """
        for point in self.manifest.points:
            points = PointTally()
            for piece in self.readings(point):
                points.add(piece)
                tick(len(piece.t))
            self._compare(readings_member(point.plant, point.point), point, points.entry(point.plant, point.point))
        for key in self.manifest.series:
            series = SeriesTally()
            for intervals in self.intervals(key):
                series.add(intervals)
            member = intervals_member(key.plant, key.point, key.quantity)
            self._compare(member, key, series.entry(key.plant, key.point, key.quantity))
        journal = JournalTally()
        for entries in self.journal():
            journal.add(entries)
        self._compare(JOURNAL, self.manifest.journal, journal.entries())

    def _compare(self, member: str, told: object, found: object) -> None:
        if told != found:
            raise DataError(f"{self.path}: member {member!r} holds {found}, but {m.MEMBER} says {told}")

    def _pieces(self, member: str, decoder: msgspec.json.Decoder[T]) -> Iterator[T]:
        told = self._members[member]
        sha, size, rest = hashlib.sha256(), 0, b""
        for chunk in self._chunks(member):
            sha.update(chunk)
            size += len(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield self._decoded(member, line, decoder)
        if (size, sha.hexdigest(), rest) != (told.bytes, told.sha256, b""):
            raise DataError(f"{self.path}: member {member!r} is not the one of its {m.MEMBER}; the archive was changed")

    def _decoded(self, member: str, line: bytes, decoder: msgspec.json.Decoder[T]) -> T:
        try:
            return decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DataError(f"{self.path}: member {member!r}: {error}; the archive was changed") from error

    def _chunks(self, member: str) -> Iterator[bytes]:
        try:
            with self._file.open(member) as file:
                while chunk := file.read(1 << 20):
                    yield chunk
        except (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise DataError(
                f"{self.path}: member {member!r} cannot be read ({error}); the archive is damaged"
            ) from error


def _cut_short(path: Path) -> str:
    """Return what is said of a file without a table of contents: the last member that begins in it is not whole."""
    name = _last_member(path)
    if name is None:
        return f"{path}: no zip file; {_NAME_ONE}"
    return (
        f"{path}: ends before its table of contents, member {name!r} is the last that begins: the archive is cut short"
    )


def _last_member(path: Path, block: int = 1 << 20) -> str | None:
    """Return the name in the last member's header; the file is searched from its end, where the cut is."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        while end > 0:
            first = max(end - block, 0)
            file.seek(first)
            text = file.read(block + 1024)
            at = len(text)
            while (at := text.rfind(_LOCAL_HEADER, 0, at)) >= 0:
                length = int.from_bytes(text[at + _LENGTH_AT : at + _LENGTH_AT + 2], "little")
                name = text[at + _NAME_AT : at + _NAME_AT + length].decode(errors="replace")
                if is_member(name):
                    return name
            end = first
    return None
