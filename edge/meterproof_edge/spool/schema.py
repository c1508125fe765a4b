"""The spool's file: how it is opened, what it must be, and what happens when it is damaged.

Only one process may hold a spool, so the file is locked exclusively (and SQLite then needs no shared memory beside
it). A damaged file must not keep a gateway from metering: it is moved aside and a new one begins, under a new stream.
"""

import logging
import os
import sqlite3
import uuid
from dataclasses import dataclass
from pathlib import Path

from meterproof_core.errors import SettingsError
from meterproof_edge.spool.soundness import checksum

_log = logging.getLogger(__name__)

_APPLICATION_ID = 0x4D505350  # "MPSP" in SQLite's header, so that nobody's database is mistaken for a spool
_SMALLEST_BYTES = 512  # SQLite's smallest page
_VERSION = 2
_FIRST_VERSION = 1  # without checksums
_WAL_LIMIT_BYTES = 4 << 20  # after a checkpoint the log is cut back to this, so that one burst does not keep the disk

WAITING = 0
SET_ASIDE = 1

_TABLES = (
    "CREATE TABLE meta (stream TEXT NOT NULL, next_seq INTEGER NOT NULL, again TEXT)",
    """CREATE TABLE batch (
        seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, state INTEGER NOT NULL, gauges INTEGER NOT NULL,
        size INTEGER NOT NULL, payload BLOB NOT NULL, crc INTEGER)""",
    "CREATE INDEX batch_gauges ON batch (seq) WHERE gauges = 1",
    "CREATE INDEX batch_set_aside ON batch (seq) WHERE state = 1",
    "CREATE INDEX batch_loss ON batch (seq) WHERE kind = 'loss'",
    "CREATE TABLE cursor (point TEXT PRIMARY KEY, last_ms INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE loss (
        point TEXT NOT NULL, reason TEXT NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
        samples INTEGER NOT NULL, PRIMARY KEY (point, reason)) WITHOUT ROWID""",
)
AGAIN = "stream || ' ' || next_seq"
"""What `meta.again` holds, in SQL: stream and number a second time, so that a change of either shows itself."""
_DAMAGE = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_FORMAT,
    }
)
_COLUMNS = (
    "seq, kind, state, gauges, size, payload, crc FROM batch",
    "point, last_ms FROM cursor",
    "point, reason, first_ms, last_ms, samples FROM loss",
)
_OURS = {"meta", "batch", "cursor", "loss"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A sound spool file.

    Parameters
    ----------
    connection : sqlite3.Connection
        Exclusive.
    aside : Path or None
        Where a damaged file was moved whose place it took.
    """

    connection: sqlite3.Connection
    aside: Path | None = None


class _DamagedError(Exception):
    """The file is no sound database."""


def open_spool(path: Path) -> Opened:
    """Return an exclusive connection to a sound spool file, made when there is none.

    Raises
    ------
    SettingsError
        When the path cannot hold a spool: a folder, not writable, another process's or another program's.
    """
    if path.is_dir():
        raise SettingsError(f"spool {path} is a folder; name a file")
    if not path.parent.is_dir():
        raise SettingsError(f"spool {path}: the folder {path.parent} does not exist; make it first")
    try:
        return Opened(_connected(path))
    except _DamagedError as damage:
        aside = _move_aside(path)
        _log.error("spool %s is damaged (%s): kept as %s, a new stream begins", path, damage, aside)
    return Opened(_connected(path), aside)


def _connected(path: Path) -> sqlite3.Connection:
    connection = None
    try:
        _check_size(path)
        connection = sqlite3.connect(path, timeout=0.0, isolation_level=None, check_same_thread=False)
        _prepare(connection, path)
    except sqlite3.Error as error:
        _close(connection)
        if _speaks_of_damage(error, path):
            raise _DamagedError(str(error)) from error
        raise _unusable(path, error) from error
    except UnicodeDecodeError as error:  # of SQLite's own words about what it found
        _close(connection)
        raise _DamagedError(f"its text cannot be read: {error.reason}") from error
    except (SettingsError, _DamagedError):
        _close(connection)
        raise
    return connection


def _check_size(path: Path) -> None:
    if path.exists() and 0 < path.stat().st_size < _SMALLEST_BYTES:
        raise _DamagedError("it is cut short")  # SQLite would take it for a new one


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.text_factory = _text
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA journal_size_limit={_WAL_LIMIT_BYTES}")
    connection.execute("BEGIN IMMEDIATE")  # takes the lock now, not at the first flush
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        _create(connection)
    connection.execute("COMMIT")
    _check_identity(connection, path)
    verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        raise _DamagedError(verdict)
    for columns in _COLUMNS:
        connection.execute(f"SELECT {columns} LIMIT 0")
    _check_numbers(connection)
    connection.execute("UPDATE batch SET state = ? WHERE state NOT IN (?, ?)", (WAITING, WAITING, SET_ASIDE))


def _text(content: bytes) -> str:
    """Return a text whatever the disk made of it; what it belongs to then fails its checksum, and not the query."""
    return content.decode("utf-8", errors="replace")


def _create(connection: sqlite3.Connection) -> None:
    for table in _TABLES:
        connection.execute(table)
    connection.execute("INSERT INTO meta VALUES (?, 1, NULL)", (uuid.uuid4().hex,))
    connection.execute(f"UPDATE meta SET again = {AGAIN}")  # noqa: S608 - a constant of ours
    connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={_VERSION}")


def _check_identity(connection: sqlite3.Connection, path: Path) -> None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        if tables >= _OURS:
            raise _DamagedError("its header says that it is no spool")
        raise SettingsError(f"spool {path} is another program's database; name a file of its own")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == _FIRST_VERSION:
        _add_checksums(connection)
    elif version != _VERSION:
        raise SettingsError(f"spool {path} has version {version}; this program reads version {_VERSION}")


def _check_numbers(connection: sqlite3.Connection) -> None:
    """Check that no number can go out twice: a receipt would then delete what was never stored."""
    rows = connection.execute(f"SELECT again = {AGAIN}, next_seq FROM meta").fetchall()  # noqa: S608 - a constant
    newest = connection.execute("SELECT max(seq) FROM batch").fetchone()[0] or 0
    if len(rows) != 1 or rows[0][0] != 1 or rows[0][1] <= newest:
        raise _DamagedError("its stream or its numbers were altered")


def _add_checksums(connection: sqlite3.Connection) -> None:
    """Bring a file of the first version up to date, in one transaction."""
    connection.create_function("checksum", 3, checksum, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ALTER TABLE batch ADD COLUMN crc INTEGER")
    connection.execute("UPDATE batch SET crc = checksum(seq, kind, payload)")
    connection.execute("ALTER TABLE meta ADD COLUMN again TEXT")
    connection.execute(f"UPDATE meta SET again = {AGAIN}")  # noqa: S608 - a constant of ours
    connection.execute(f"PRAGMA user_version={_VERSION}")
    connection.execute("COMMIT")


def _move_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.corrupt-{number}")).exists():
        number += 1
    path.rename(aside)
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        log.rename(aside.with_name(f"{aside.name}-wal"))  # what was not folded back yet belongs to it
    return aside


def _speaks_of_damage(error: sqlite3.Error, path: Path) -> bool:
    """Return whether an error comes from what the file holds, and not from who may use it."""
    code = _code(error)
    if code == sqlite3.SQLITE_READONLY:  # a header of a later format can be read only
        return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return code in _DAMAGE or (code == 0 and "decode" in str(error).lower())


def _unusable(path: Path, error: sqlite3.Error) -> SettingsError:
    if _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return SettingsError(f"spool {path} is in use by another process; stop it, or name another file")
    return SettingsError(f"spool {path} cannot be opened ({error}); name a file that can be written")


def _code(error: sqlite3.Error) -> int:
    extended: int | None = getattr(error, "sqlite_errorcode", None)
    return (extended or 0) & 0xFF  # the low byte is the primary code


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()
