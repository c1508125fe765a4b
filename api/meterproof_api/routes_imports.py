"""What a command writes through a server that holds the store: the rows of an import, and nothing else.

Both routes stand behind the operator token, as all of the store's. A body has a bound, is looked at before anything is
written, and has the one shape that an import writes; whatever comes from gateways stays the server's own to write.
"""

import math
from http import HTTPStatus
from itertools import pairwise
from typing import Annotated, TypeVar

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from meterproof_api.importing.journal_entries import MOST_ENTRY_BYTES, check_import_entries
from meterproof_api.problems import not_accepted
from meterproof_api.store_entrance import Door, bounded_body, let_in
from meterproof_core.errors import DataError, StoreRefusedError
from meterproof_core.names import is_column, is_id
from meterproof_core.quantities import QUANTITIES
from meterproof_core.storage import END_OF_TIME_MS, EntryKind, IntervalColumns, JournalEntry, SeriesKey

MOST_ENTRIES = 20
MOST_INTERVALS = 20_000
_MOST_ENTRIES_BYTES = MOST_ENTRIES * (MOST_ENTRY_BYTES + 1_000)
_MOST_INTERVALS_BYTES = MOST_INTERVALS * 100 + 1_000
T = TypeVar("T")


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry as it travels."""

    id: str
    kind: EntryKind
    plant: str
    at_ms: int
    data: dict[str, object]


class _Intervals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Imported intervals as they travel, by column: they have no registers."""

    key: SeriesKey
    start_ms: int
    end_ms: int
    start: list[int]
    end: list[int]
    amount: list[float]
    span: list[bool]


_ENTRIES = msgspec.json.Decoder(list[_Entry])
_INTERVALS = msgspec.json.Decoder(_Intervals)
imports = APIRouter(prefix="/api/v1/store/imports", tags=["store"])
Entered = Annotated[Door, Depends(let_in)]


@imports.post("/entries")
async def entries(request: Request, door: Entered) -> Response:
    """Add the entries of an import to the journal."""
    given = _decoded(_ENTRIES, await bounded_body(request, _MOST_ENTRIES_BYTES))
    if len(given) > MOST_ENTRIES:
        raise not_accepted(f"{len(given)} entries; send at most {MOST_ENTRIES} at once")
    told = [JournalEntry(one.id, one.kind, one.plant, one.at_ms, one.data) for one in given]
    await run_in_threadpool(_take_entries, door, told)
    return _done()


@imports.post("/intervals")
async def intervals(request: Request, door: Entered) -> Response:
    """Put imported intervals in the place of others that were imported."""
    given = _decoded(_INTERVALS, await bounded_body(request, _MOST_INTERVALS_BYTES))
    _check(given)
    unknown = [math.nan] * len(given.start)
    columns = IntervalColumns(given.start, given.end, given.amount, unknown, unknown, given.span)
    await run_in_threadpool(_take_intervals, door, given, columns)
    return _done()


def _take_entries(door: Door, told: list[JournalEntry]) -> None:
    try:
        for entry in told:
            if not (is_id(entry.plant) and 0 <= entry.at_ms < END_OF_TIME_MS):
                raise not_accepted(f"journal entry {entry.entry_id!r}: plant {entry.plant!r} at {entry.at_ms} is none")
        check_import_entries(told)
        door.take_entries(told)
    except (DataError, StoreRefusedError) as error:
        raise not_accepted(str(error)) from error


def _take_intervals(door: Door, given: _Intervals, columns: IntervalColumns) -> None:
    try:
        door.take_intervals(given.key, given.start_ms, given.end_ms, columns)
    except (DataError, StoreRefusedError) as error:
        raise not_accepted(str(error)) from error


def _check(given: _Intervals) -> None:
    rows = len(given.start)
    if not (is_id(given.key.plant) and is_id(given.key.point) and is_column(given.key.quantity)):
        raise not_accepted(f"series {given.key} is none; name a plant, a point and a quantity")
    if given.key.quantity not in QUANTITIES:
        raise not_accepted(f"quantity {given.key.quantity!r} unknown; see docs/nomenclature.md for the list")
    if not rows == len(given.end) == len(given.amount) == len(given.span) <= MOST_INTERVALS:
        raise not_accepted(f"columns of {rows:,} intervals differ in length, or are more than {MOST_INTERVALS:,}")
    bounds = [0, *(bound for pair in zip(given.start, given.end, strict=True) for bound in pair), END_OF_TIME_MS]
    rising = all(one <= other for one, other in pairwise(bounds))
    if not rising or any(one >= other for one, other in zip(given.start, given.end, strict=True)):
        raise not_accepted("intervals overlap or do not rise; send them in the order of time, each longer than nothing")
    if rows and not given.start_ms <= given.start[0] <= given.end[-1] <= given.end_ms:
        raise not_accepted(f"intervals lie outside [{given.start_ms}, {given.end_ms})")


def _done() -> Response:
    return Response(status_code=HTTPStatus.OK, headers={"Cache-Control": "no-store"})


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise not_accepted(f"the body is not what an import sends: {error}") from None
