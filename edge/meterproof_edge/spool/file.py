"""The spool's file under its lock: transactions that hold whole or not at all, and errors that a user can read."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from meterproof_core.errors import StoreError
from meterproof_edge.spool.bound import Tally
from meterproof_edge.spool.schema import SET_ASIDE, open_spool


class SpoolFile:
    """An open spool file and the tally of what it holds; for use by several threads.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    SettingsError
        When the path cannot hold a spool.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        opened = open_spool(path)
        self._connection = opened.connection
        self.aside = opened.aside
        self._tally = self._counted()

    @property
    def tally(self) -> Tally:
        """What the last finished transaction left; a copy."""
        with self._lock:
            return replace(self._tally)

    def rows(self, query: str, values: tuple[int, ...] = ()) -> list[tuple[Any, ...]]:
        """Return what a query finds.

        Raises
        ------
        StoreError
            When the file cannot be read.
        """
        with self._lock, self._translated():
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[tuple[sqlite3.Connection, Tally]]:
        """Give a connection and a tally to work on; both hold once the block ends without an error.

        Raises
        ------
        StoreError
            When the file cannot be written; it is then as it was before.
        """
        with self._lock, self._translated():
            tally = replace(self._tally)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection, tally
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._tally = tally

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise StoreError(f"spool {self._path}: {error}; see that the disk is sound and has room") from error

    def _counted(self) -> Tally:
        tally = Tally(newest_seq=self.rows("SELECT next_seq - 1 FROM meta")[0][0])
        for state, size in self.rows("SELECT state, size FROM batch"):
            tally.enter(size)
            tally.move(int(state == SET_ASIDE))
        return tally
