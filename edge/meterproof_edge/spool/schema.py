"""The spool's file: how it is opened, what it must be, and what happens when it is damaged.

Only one process may hold a spool, so the file is locked exclusively (and SQLite then needs no shared memory beside
it). A damaged file must not keep a gateway from metering: it is moved aside and a new one begins, under a new stream.
"""

import logging
import sqlite3
import uuid
from pathlib import Path

from meterproof_core.errors import SettingsError

_log = logging.getLogger(__name__)

_APPLICATION_ID = 0x4D505350  # "MPSP" in SQLite's header, so that nobody's database is mistaken for a spool
_VERSION = 1
_WAL_LIMIT_BYTES = 4 << 20  # after a checkpoint the log is cut back to this, so that one burst does not keep the disk

WAITING = 0
SET_ASIDE = 1

_TABLES = (
    "CREATE TABLE meta (stream TEXT NOT NULL, next_seq INTEGER NOT NULL)",
    """CREATE TABLE batch (
        seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, state INTEGER NOT NULL, gauges INTEGER NOT NULL,
        size INTEGER NOT NULL, payload BLOB NOT NULL)""",
    "CREATE INDEX batch_gauges ON batch (seq) WHERE gauges = 1",
    "CREATE INDEX batch_set_aside ON batch (seq) WHERE state = 1",
    "CREATE INDEX batch_loss ON batch (seq) WHERE kind = 'loss'",
    "CREATE TABLE cursor (point TEXT PRIMARY KEY, last_ms INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE loss (
        point TEXT NOT NULL, reason TEXT NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
        samples INTEGER NOT NULL, PRIMARY KEY (point, reason)) WITHOUT ROWID""",
)
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class _DamagedError(Exception):
    """The file is no sound database."""


def open_spool(path: Path) -> sqlite3.Connection:
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
        return _connected(path)
    except _DamagedError as damage:
        aside = _move_aside(path)
        _log.error("spool %s is damaged (%s): kept as %s, a new stream begins", path, damage, aside)
    return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=0.0, isolation_level=None, check_same_thread=False)
        _prepare(connection, path)
    except sqlite3.Error as error:
        _close(connection)
        if _code(error) in _DAMAGE:
            raise _DamagedError(str(error)) from error
        raise _unusable(path, error) from error
    except (SettingsError, _DamagedError):
        _close(connection)
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA journal_size_limit={_WAL_LIMIT_BYTES}")
    connection.execute("BEGIN IMMEDIATE")  # takes the lock now, not at the first flush
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        _create(connection)
    connection.execute("COMMIT")
    _check_identity(connection, path)
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise _DamagedError(verdict)


def _create(connection: sqlite3.Connection) -> None:
    for table in _TABLES:
        connection.execute(table)
    connection.execute("INSERT INTO meta VALUES (?, 1)", (uuid.uuid4().hex,))
    connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={_VERSION}")


def _check_identity(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise SettingsError(f"spool {path} is another program's database; name a file of its own")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != _VERSION:
        raise SettingsError(f"spool {path} has version {version}; this program reads version {_VERSION}")


def _move_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.corrupt-{number}")).exists():
        number += 1
    path.rename(aside)
    return aside


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
