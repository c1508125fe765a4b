"""Intervals as rows and lines, and what has to be written in which order to replace some by others. Pure.

Nothing can be deleted everywhere (3.x cannot), so an interval that is taken away stays with state 0. No write to
several points is all or nothing either, so what makes room is written before what takes it: whoever is killed between
leaves a hole, never two intervals that count the same energy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import isnan
from typing import Any

from meterproof_core.errors import StoreRefusedError
from meterproof_core.memory import IntervalRow, interval_rows
from meterproof_core.names import is_column
from meterproof_core.storage import IntervalColumns, SeriesKey
from meterproof_store.influx.schema import INTERVALS, MAX_MS, MIN_MS, checked_id

FIELDS: Mapping[str, type] = {
    "end_ms": int,
    "amount": float,
    "register_start": float,
    "register_end": float,
    "known": int,
    "state": int,
}
"""Fields of an interval; its time is its start. ``known`` has a bit for each float that is a number and no NaN."""
_FLOATS = ("amount", "register_start", "register_end")


class State(IntEnum):
    """What stands at a start."""

    TAKEN_AWAY = 0
    INTERVAL = 1
    SPAN = 2


@dataclass(frozen=True, slots=True)
class Replacement:
    """What replacing intervals writes: first what makes room, then what takes it."""

    making_room: list[str]
    taking_it: list[str]


def replacement(key: SeriesKey, held: IntervalColumns, given: IntervalColumns) -> Replacement:
    """Return the lines that put given intervals in the place of those held; what is equal is not written.

    Parameters
    ----------
    key : SeriesKey
        Of the series.
    held, given : IntervalColumns
        That begin in the replaced period, in rising time and without overlap.

    Raises
    ------
    StoreRefusedError
        When a name or an instant cannot be stored.
    """
    head = _head(key)
    old, new = _by_start(held), _by_start(given)
    making_room = [f"{head} amount=0.0,state={State.TAKEN_AWAY:d}i {start}" for start in old if start not in new]
    taking_it: list[str] = []
    for start, row in new.items():
        before = old.get(start)
        if before is not None and _plain(before) == _plain(row):
            continue
        shrinks = before is not None and row[1] < before[1]
        (making_room if shrinks else taking_it).append(_line(head, row))
    return Replacement(making_room, taking_it)


def _head(key: SeriesKey) -> str:
    plant, point = checked_id("plant", key.plant), checked_id("point", key.point)
    if not is_column(key.quantity):
        raise StoreRefusedError(f"quantity {key.quantity!r} is not a name; use a-z, 0-9 and '_'")
    return f"{INTERVALS},plant={plant},point={point},quantity={key.quantity}"


def _by_start(columns: IntervalColumns) -> dict[int, IntervalRow]:
    return {int(row[0]): row for row in interval_rows(columns)}


def _plain(row: IntervalRow) -> tuple[object, ...]:
    """Return a row in a form that compares by value, a NaN being equal to another."""
    start, end, *numbers, is_span = row
    return (int(start), int(end), *(None if isnan(number) else float(number) for number in numbers), bool(is_span))


def _line(head: str, row: IntervalRow) -> str:
    start, end, *numbers, is_span = _plain(row)
    if not (isinstance(start, int) and isinstance(end, int) and MIN_MS <= start <= MAX_MS and abs(end) < 2**63):
        raise StoreRefusedError(f"{head}: interval [{start}, {end}) does not fit 64 bits in ns")
    told = [(place, name, number) for place, (name, number) in enumerate(zip(_FLOATS, numbers, strict=True))]
    known = sum(1 << place for place, _, number in told if number is not None)
    floats = "".join(f",{name}={number!r}" for _, name, number in told if number is not None)
    state = State.SPAN if is_span else State.INTERVAL
    return f"{head} end_ms={end}i,known={known}i,state={state:d}i{floats} {start}"


def live_rows(columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> list[IntervalRow]:
    """Return the intervals of an answer, in ms, without what was taken away and what the server is still taking in."""
    places = [columns.index(name) for name in FIELDS]
    found = []
    for row in rows:
        end, *numbers, known, state = (row[place] for place in places)
        if None in (end, known, state) or state == State.TAKEN_AWAY:
            continue
        wanted = [known >> place & 1 for place in range(len(numbers))]
        if any(want and number is None for want, number in zip(wanted, numbers, strict=True)):
            continue
        amount, first, last = (number if want else float("nan") for want, number in zip(wanted, numbers, strict=True))
        found.append((row[0], end, amount, first, last, state == State.SPAN))
    return found
