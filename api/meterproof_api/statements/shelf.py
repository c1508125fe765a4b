"""The shelf: a folder of bundles, one file a version of a statement; what lies there is what was issued."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock

import msgspec

from meterproof_api.statements.bundle_file import member
from meterproof_api.statements.document import Json, StatementShape, shaped
from meterproof_core.errors import DataError

_Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Shelved:
    """One version of a statement.

    Parameters
    ----------
    document : dict
        Its ``statement.json``.
    shape : StatementShape
        The same, typed.
    path : Path
        Its bundle.
    """

    document: Json
    shape: StatementShape
    path: Path

    @property
    def statement_id(self) -> str:
        """The same for all versions."""
        return self.shape.statement_id

    @property
    def version(self) -> int:
        """From 1."""
        return self.shape.version

    @property
    def issued_at(self) -> datetime:
        """When it was issued."""
        return self.shape.issued_at

    def pdf(self) -> bytes:
        """Return the statement on paper, as it was issued.

        Raises
        ------
        DataError
            When the bundle holds none.
        """
        return member(self.path, "statement.pdf")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file on the shelf that is no bundle of ours, and why."""

    path: Path
    reason: str


class Shelf:
    """Bundles in a folder.

    A file is read once and again when its size or time changes, so that a look at a long shelf is cheap. A file that
    is no bundle is named in `unreadable` and hides no other.

    Parameters
    ----------
    folder : Path or None
        Made when the first statement is put there; None is a shelf that stays empty, of a server that keeps none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[_Key, Shelved | Unreadable] = {}
        self._lock = Lock()

    def look(self) -> tuple[tuple[Shelved, ...], tuple[Unreadable, ...]]:
        """Return every version of every statement, by id and version, and the files that are no bundle of ours."""
        entries = self._entries()
        found = [entry for entry in entries if isinstance(entry, Shelved)]
        found.sort(key=lambda entry: (entry.statement_id, entry.version))
        return tuple(found), tuple(entry for entry in entries if isinstance(entry, Unreadable))

    def statements(self) -> tuple[Shelved, ...]:
        """Return every version of every statement, by id and version."""
        return self.look()[0]

    def unreadable(self) -> tuple[Unreadable, ...]:
        """Return the files that are no bundle of ours, by name."""
        return self.look()[1]

    def current(self, cut_off: date | None = None) -> tuple[Shelved, ...]:
        """Return the newest version of each statement, by id.

        Parameters
        ----------
        cut_off : date, optional
            Last day (UTC) on which a version may have been issued.
        """
        newest: dict[str, Shelved] = {}
        for entry in self.statements():
            if cut_off is None or entry.issued_at.astimezone(UTC).date() <= cut_off:
                newest[entry.statement_id] = entry
        return tuple(newest.values())

    def find(self, statement_id: str, version: int | None = None) -> Shelved | None:
        """Return a version of a statement, the newest where none is named; None when there is none."""
        versions = [entry for entry in self.statements() if entry.statement_id == statement_id]
        wanted = [entry for entry in versions if version in (None, entry.version)]
        return wanted[-1] if wanted else None

    def put(self, bundle: bytes) -> Path:
        """Keep a bundle, whole or not at all; the same bundle again changes nothing.

        Raises
        ------
        DataError
            When it is no bundle, or that version was issued before with another content: a correction is a new version.
        """
        if self._folder is None:
            raise DataError("there is no folder for statements here; name one")
        entry = _read(bundle, Path())
        target = self._folder / _file_name(entry.shape)
        with self._lock:
            if target.exists():
                if target.read_bytes() == bundle:
                    return target
                raise DataError(
                    f"statement {entry.statement_id} version {entry.version} is issued already ({target.name}); "
                    "an issued statement is not edited, give the correction the next version"
                )
            self._folder.mkdir(parents=True, exist_ok=True)
            _write_whole(target, bundle)
        return target

    def _entries(self) -> list[Shelved | Unreadable]:
        folder = self._folder
        if folder is None:
            return []
        with self._lock:
            self._known = {key: self._known.get(key) or _entry(folder / key[0]) for key in sorted(_keys(folder))}
            return list(self._known.values())


def _keys(folder: Path) -> Iterator[_Key]:
    """Yield name, size and time of each file that may be a bundle."""
    try:
        files = os.scandir(folder)
    except FileNotFoundError:  # no statement was put there yet
        return
    with files:
        for file in files:
            if not file.name.endswith(".zip"):
                continue
            try:
                status = file.stat()
            except FileNotFoundError:  # taken away since the folder was listed
                continue
            yield file.name, status.st_size, status.st_mtime_ns


def _entry(path: Path) -> Shelved | Unreadable:
    try:
        entry = _read(path, path)
    except DataError as error:
        return Unreadable(path, str(error))
    name = _file_name(entry.shape)
    if path.name != name:
        return Unreadable(path, f"holds {entry.statement_id} version {entry.version}; name it {name}")
    return entry


def _read(bundle: Path | bytes, path: Path) -> Shelved:
    content = member(bundle, "statement.json")
    try:
        document = msgspec.json.decode(content, type=Json)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(f"statement.json is no JSON object ({error})") from None
    return Shelved(document, shaped(document), path)


def _file_name(shape: StatementShape) -> str:
    return f"{shape.statement_id}.v{shape.version}.zip"


def _write_whole(target: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
