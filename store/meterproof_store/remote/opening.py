"""Opens the storage ports of a store whose file a running server holds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from meterproof_core.errors import StoreBusyError
from meterproof_store.remote.announcement import FILE_NAME, find_server
from meterproof_store.remote.link import ROUTES, ServerLink
from meterproof_store.remote.ports import RemoteIntervals, RemoteJournal, RemoteReadings
from meterproof_store.settings import StoreSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RemoteStore:
    """The three ports as far as a command may use them, and what only the server itself can do.

    Parameters
    ----------
    readings, intervals, journal
        The storage ports of `meterproof_core.storage`; of what is written, only imports are taken.
    link : ServerLink
        The way to the server.
    """

    readings: RemoteReadings
    intervals: RemoteIntervals
    journal: RemoteJournal
    link: ServerLink

    def backup(self) -> Iterator[bytes]:
        """Yield an archive of the whole store in chunks, as the server makes it."""
        return self.link.chunks("POST", f"{ROUTES}/backup")

    def retain(self, *, apply: bool) -> Mapping[str, Any]:
        """Return what retention takes away, or took when it was applied."""
        told: Mapping[str, Any] = self.link.json("POST", f"{ROUTES}/retention?apply={str(apply).lower()}")
        return told

    def replay(self, dead_letter: str) -> Mapping[str, Any]:
        """Return what became of a dead letter that the server's collector takes in again."""
        told: Mapping[str, Any] = self.link.json("POST", f"{ROUTES}/dead-letters/{quote(dead_letter, safe='')}/replay")
        return told

    def close(self) -> None:
        """Do nothing: no connection outlives its question."""


def open_remote(store_file: Path) -> RemoteStore:
    """Return the storage ports of a DuckDB file through the server that holds it.

    Parameters
    ----------
    store_file : Path
        The file that is held.

    Raises
    ------
    StoreBusyError
        When no running server has announced itself beside the file.
    StoreError
        When the server does not answer.
    """
    server = find_server(store_file)
    if server is None:
        raise StoreBusyError(
            f"{store_file}: held by another process that has not announced itself in {FILE_NAME} beside it; "
            "stop that process, or ask through it"
        )
    link = ServerLink(server)
    store = RemoteStore(RemoteReadings(link), RemoteIntervals(link), RemoteJournal(link), link)
    store.intervals.series("")
    return store


def opened_or_remote(settings: StoreSettings, opened: Callable[[], T]) -> T | RemoteStore:
    """Return the store that a call opens; while a server holds its DuckDB file, the way through that server.

    Raises
    ------
    StoreBusyError
        When the file is held by a process that has not announced itself.
    StoreError
        As the call does, or when the server does not answer.
    """
    try:
        return opened()
    except StoreBusyError:
        if settings.duckdb is None:
            raise
        return open_remote(Path(settings.duckdb))
