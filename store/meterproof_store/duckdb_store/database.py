"""One DuckDB file: one writer at a time, a cursor of its own for every reader, and errors that name the file.

Some failures end the whole database inside the process: a checkpoint on a full disk does. DuckDB then serves nothing
more until the file is opened again, so that is what the next call does; what was committed is in the file.
"""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Literal

import duckdb

from meterproof_core.errors import StoreBusyError, StoreError
from meterproof_store.duckdb_store.schema import prepare

IN_MEMORY: Literal[":memory:"] = ":memory:"
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "512MB",  # its default is most of the machine's memory, and what it caches is in the file anyway
}
_HOLDER = re.compile(r"\(PID (\d+)\)")
_THROUGH_THE_API = "while a server runs, commands go through its HTTP API"


class Database:
    """An opened file.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Opened and prepared.
    name : str
        What the user calls it; errors begin with it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        self._root = connection
        self._writer = connection.cursor()
        self._lock = threading.RLock()
        self._ended = False
        self.name = name
        self._place = _place(name)

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give the writer's connection, outside any transaction; nobody else writes meanwhile."""
        with self._lock, self._speaking():
            self._open_again_if_ended()
            yield self._writer

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give the writer's connection in a transaction: committed durably at the end, rolled back on any error."""
        with self.writing() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
            self._check_place()

    def _check_place(self) -> None:
        """Say nothing is stored when the file is no longer where it was: what is written into it goes with us."""
        if _place(self.name) != self._place:
            raise StoreError(
                f"{self.name}: the file was taken away or replaced while it was open, nothing more can be kept in it; "
                "stop, put it back, and start again"
            )

    def _roll_back(self) -> None:
        try:
            self._writer.execute("ROLLBACK")
        except duckdb.Error:
            return  # a failed COMMIT has already ended the transaction; its own error is the one to be told

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor for one reader, in any thread; fetch everything before leaving."""
        with self._speaking():
            with self._lock if self._ended else nullcontext():
                self._open_again_if_ended()
                cursor = self._root.cursor()
            try:
                yield cursor
            finally:
                cursor.close()

    def close(self) -> None:
        """Wait for the writer and close the file; a second call does nothing."""
        with self._lock:
            self._writer.close()
            self._root.close()

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        with _speaking_of(self.name):
            try:
                yield
            except duckdb.FatalException:
                self._ended = True
                raise

    def _open_again_if_ended(self) -> None:
        """Let go of an ended database and open its file; while a reader still holds it, it stays ended."""
        if not self._ended:
            return
        self._writer.close()
        self._root.close()
        self._root = _opened(self.name)
        self._place = _place(self.name)
        self._writer = self._root.cursor()
        self._ended = False


def open_database(path: Path | Literal[":memory:"]) -> Database:
    """Return the database of a file, laid out when it is new.

    Raises
    ------
    StoreBusyError
        When another process, or another store in this one, holds the file.
    StoreError
        When the file is damaged, is not ours, or cannot be opened; it is left as it is.
    """
    name = str(path)
    with _speaking_of(name):
        connection = _opened(name)
    return Database(connection, name)


def _place(name: str) -> tuple[int, int] | None:
    """Return what a file is, whatever its name; None in memory, and when it is not there."""
    if name == IN_MEMORY:
        return None
    try:
        found = os.stat(name)  # noqa: PTH116 - a name of DuckDB's, not a path of ours
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _opened(name: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(name, config=_SETTINGS)
    try:
        _claim(connection, name)
        prepare(connection, name)
    except BaseException:
        connection.close()
        raise
    return connection


def _claim(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Mark the opened file as taken: DuckDB would share it with a second opener inside this process."""
    try:
        connection.execute("ATTACH ':memory:' AS meterproof_claim")
    except duckdb.BinderException:
        raise StoreBusyError(f"{name}: already open in this process; hand its store on instead") from None


@contextmanager
def _speaking_of(name: str) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        text = str(error)
        if "Could not set lock" in text:
            holder = _HOLDER.search(text)
            process = f"process {holder.group(1)}" if holder else "another process"
            raise StoreBusyError(f"{name}: held by {process}; {_THROUGH_THE_API}") from error
        raise StoreError(f"{name}: {text.strip()}") from error
