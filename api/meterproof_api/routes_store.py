"""The store's routes: what commands ask of a server that holds the embedded store, behind the operator token.

They exist only where a composition root opens them (`open_store_routes`): a server on a store that every process can
reach has no need of them. The door behind them speaks lines of JSON (`application/x-ndjson`), so that an answer of any
length needs little memory on either side.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Query, Response
from starlette.responses import StreamingResponse

from meterproof_api.answers import JSON
from meterproof_api.problems import ProblemError, not_accepted
from meterproof_api.routes_imports import imports
from meterproof_api.store_entrance import Door, Entrance, let_in_without_body
from meterproof_core.errors import DataError, SettingsError
from meterproof_core.storage import END_OF_TIME_MS, EntryKind, ReadingsQuery, SeriesKey

LINES = "application/x-ndjson"
ARCHIVE = "application/zip"
MOST_NEIGHBOURS = 10_000
MOST_QUANTITIES = 1_000
_NO_STORE = {"Cache-Control": "no-store"}


def open_store_routes(app: FastAPI, door: Door, token: str) -> None:
    """Add the store's routes to an application.

    Parameters
    ----------
    app : FastAPI
        As `create_app` returns it; it must not serve yet.
    door : Door
        What the routes read from.
    token : str
        What every request has to carry.
    """
    app.state.store_entrance = Entrance(door, token)
    app.include_router(store)
    app.include_router(imports)


Entered = Annotated[Door, Depends(let_in_without_body)]
store = APIRouter(prefix="/api/v1/store", tags=["store"])
Ms = Annotated[int, Query(ge=-END_OF_TIME_MS, le=2**63 - 1)]
Limit = Annotated[int | None, Query(ge=0)]


@dataclass(frozen=True, slots=True)
class SeriesName:
    """Which series an address asks for."""

    plant: str
    point: str
    quantity: str


@store.get("/readings")
def readings(
    door: Entered,
    plant: str,
    point: str,
    start_ms: Ms,
    end_ms: Ms,
    quantity: Annotated[list[str], Query(max_length=MOST_QUANTITIES)],
    neighbours: Annotated[int, Query(ge=0, le=MOST_NEIGHBOURS)] = 0,
) -> Response:
    """Return readings of one metering point with raw registers, quality and origin, in rising time."""
    query = ReadingsQuery(plant, point, tuple(quantity), start_ms, end_ms, neighbours)
    return _streamed(door.readings(query), LINES)


@store.get("/extents")
def extents(door: Entered, plant: str | None = None) -> Response:
    """Return what is held of each metering point of a plant, or of all plants."""
    return _streamed(door.extents(plant), LINES)


@store.get("/intervals")
def intervals(
    door: Entered,
    series_name: Annotated[SeriesName, Depends()],
    start_ms: Ms,
    end_ms: Ms,
    limit: Limit = None,
) -> Response:
    """Return the intervals and spans of a series that overlap a period, the newest piece first."""
    key = SeriesKey(series_name.plant, series_name.point, series_name.quantity)
    return _streamed(door.intervals(key, start_ms, end_ms, limit=limit), LINES)


@store.get("/series")
def series(door: Entered, plant: str | None = None) -> Response:
    """Return the series of a plant, or of all plants, that have intervals."""
    return _streamed(door.series(plant), LINES)


@store.get("/journal")
def journal(
    door: Entered,
    kind: Annotated[list[EntryKind], Query(min_length=1)],
    plant: str | None = None,
    since_ms: Ms = 0,
    limit: Limit = None,
) -> Response:
    """Return entries of the journal, the newest piece first, rising inside a piece."""
    return _streamed(door.journal(kind, plant=plant, since_ms=since_ms, limit=limit), LINES)


@store.post("/backup")
def backup(door: Entered) -> Response:
    """Return an archive of the whole store."""
    return _streamed(door.backup(), ARCHIVE)


@store.post("/retention")
def retention(door: Entered, *, apply: bool = False) -> Response:
    """Return what retention takes away of the gauges; take it away when told to."""
    try:
        told = door.retain(apply)
    except SettingsError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    return Response(msgspec.json.encode(told), media_type=JSON, headers=_NO_STORE)


@store.post("/dead-letters/{letter:path}/replay")
def replay(door: Entered, letter: str) -> Response:
    """Bring a dead letter in again; return what became of it."""
    if door.replay is None:
        raise ProblemError(HTTPStatus.CONFLICT, "no collector runs in this server; replay where the collector runs")
    try:
        told = door.replay(letter)
    except DataError as error:
        raise not_accepted(str(error)) from error
    return Response(msgspec.json.encode(told), media_type=JSON, headers=_NO_STORE)


def _streamed(chunks: Iterator[bytes], media_type: str) -> Response:
    """Return an answer that is sent as it is made; what fails before the first chunk is still a problem of its own."""
    first = next(chunks, b"")
    return StreamingResponse(chain((first,), chunks), media_type=media_type, headers=_NO_STORE)
