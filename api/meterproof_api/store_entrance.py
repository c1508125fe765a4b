"""The door to a store that this server holds, and who is let in: whoever carries the operator token."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from fastapi import Request
from starlette.exceptions import HTTPException

from meterproof_api.operator_token import check_token
from meterproof_core.storage import EntryKind, IntervalColumns, JournalEntry, ReadingsQuery, SeriesKey


class Door(Protocol):
    """What a server that holds a store lets an operator read and do."""

    @property
    def replay(self) -> Callable[[str], Mapping[str, Any]] | None:
        """What brings a dead letter in again; None where no collector runs."""
        ...

    @property
    def backup(self) -> Callable[[], Iterator[bytes]]:
        """What makes an archive of the store, in chunks."""
        ...

    @property
    def retain(self) -> Callable[[bool], Mapping[str, Any]]:
        """What takes away gauges that are too old, or says what would go."""
        ...

    def readings(self, query: ReadingsQuery) -> Iterator[bytes]:
        """Yield readings as lines of JSON."""
        ...

    def extents(self, plant: str | None) -> Iterator[bytes]:
        """Yield what is held of each metering point."""
        ...

    def intervals(self, key: SeriesKey, start_ms: int, end_ms: int, *, limit: int | None) -> Iterator[bytes]:
        """Yield intervals and spans."""
        ...

    def series(self, plant: str | None) -> Iterator[bytes]:
        """Yield the series that have intervals."""
        ...

    def journal(
        self, kinds: Sequence[EntryKind], *, plant: str | None, since_ms: int, limit: int | None
    ) -> Iterator[bytes]:
        """Yield entries of the journal."""
        ...

    def take_entries(self, entries: Sequence[JournalEntry]) -> None:
        """Add the entries of an import to the journal; DataError for any other kind."""
        ...

    def take_intervals(self, key: SeriesKey, start_ms: int, end_ms: int, intervals: IntervalColumns) -> None:
        """Put imported intervals in place; DataError where the ledger holds intervals."""
        ...


@dataclass(frozen=True, slots=True)
class Entrance:
    """A door and what opens it."""

    door: Door
    token: str


def let_in(request: Request) -> Door:
    """Return the door that a request with the operator token may go through.

    Raises
    ------
    HTTPException
        401 when it carries none or another.
    """
    entrance = request.app.state.store_entrance
    assert isinstance(entrance, Entrance)  # noqa: S101 # tells the type checker what open_store_routes put there
    check_token(request, entrance.token)
    return entrance.door


def let_in_without_body(request: Request) -> Door:
    """Return the door as `let_in`, for routes that take no body; 413 when there is one."""
    door = let_in(request)
    if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "this route takes no body; leave it out")
    return door


async def bounded_body(request: Request, most_bytes: int) -> bytes:
    """Return a request's body; 413 as soon as it turns out longer than a bound, declared or not.

    Raises
    ------
    HTTPException
        When it is too long.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {most_bytes:,} bytes; send less at once")
    return bytes(body)
