"""One suite for whatever is plugged in behind the storage ports: a new adapter adds one entry to `OPENERS`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings
from meterproof_core.storage import IntervalsStore, Journal, ReadingsStore
from meterproof_store.duckdb_store import open_duckdb


@dataclass(frozen=True, slots=True)
class Stores:
    """The three ports of one adapter, empty at first."""

    readings: ReadingsStore
    intervals: IntervalsStore
    journal: Journal


@contextmanager
def in_memory() -> Iterator[Stores]:
    yield Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal())


@contextmanager
def on_duckdb() -> Iterator[Stores]:
    store = open_duckdb(":memory:")
    try:
        yield Stores(store.readings, store.intervals, store.journal)
    finally:
        store.close()


OPENERS = {"memory": in_memory, "duckdb": on_duckdb}


@pytest.fixture(params=OPENERS)
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    """Give one adapter's empty stores."""
    with OPENERS[request.param]() as opened:
        yield opened


@pytest.fixture(params=[name for name in OPENERS if name != "memory"])
def open_stores(request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[Stores]]:
    """Give what opens empty stores of a real adapter, as often as it is called, to be compared with the fake."""
    return OPENERS[request.param]
