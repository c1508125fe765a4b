"""What a gateway's spool holds on disk, read from a copy by plain SQLite while no process has it."""

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory


@dataclass(frozen=True, slots=True)
class SpoolState:
    """What lies in a spool file.

    Parameters
    ----------
    stream : str
        Its name.
    newest_seq : int
        The last number that was given out.
    cursors : mapping of point to ms
        Instant of the last reading that was committed [ms since 1970-01-01 UTC].
    batches : int
        Messages that wait.
    losses : int
        Samples in its loss ledger that were not told yet.
    """

    stream: str
    newest_seq: int
    cursors: dict[str, int]
    batches: int
    losses: int


def read_spool(path: Path) -> SpoolState | None:
    """Return what a spool file holds; None when there is none yet."""
    if not path.exists():
        return None
    with TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        for suffix in ("", "-wal"):
            if (source := path.with_name(path.name + suffix)).exists():
                shutil.copyfile(source, copy.with_name(copy.name + suffix))
        connection = sqlite3.connect(copy)
        try:
            return _state(connection)
        finally:
            connection.close()


def _state(connection: sqlite3.Connection) -> SpoolState | None:
    if not connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0]:
        return None
    stream, next_seq = connection.execute("SELECT stream, next_seq FROM meta").fetchone()
    return SpoolState(
        stream=stream,
        newest_seq=next_seq - 1,
        cursors=dict(connection.execute("SELECT point, last_ms FROM cursor")),
        batches=connection.execute("SELECT count(*) FROM batch").fetchone()[0],
        losses=connection.execute("SELECT coalesce(sum(samples), 0) FROM loss").fetchone()[0],
    )
