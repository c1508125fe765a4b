"""One suite for whatever is plugged in behind the storage ports: a new adapter adds one entry to `OPENERS`."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest
from influx_server import InfluxServer

from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings
from meterproof_core.storage import IntervalsStore, Journal, ReadingsStore
from meterproof_store.duckdb_store import open_duckdb
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store


@dataclass(frozen=True, slots=True)
class Stores:
    """The three ports of one adapter, empty at first."""

    readings: ReadingsStore
    intervals: IntervalsStore
    journal: Journal


Opener = Callable[[], AbstractContextManager[Stores]]

WITNESSED: list[str] = []
"""What bare queries, asked beside the adapter, found in each server: printed at the end of the run."""
NAMED_URL = os.environ.get("METERPROOF_TEST_INFLUX_URL")
_DATABASES = itertools.count(1)


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


@pytest.fixture(scope="session")
def influx_server(require_program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    """Give a running InfluxDB 1.6."""
    program = require_program("influxd", package="influxdb")
    with InfluxServer(program, tmp_path_factory.mktemp("influx")) as server:
        yield server
        WITNESSED.append(f"influx-1.6: {witness(server)}")


def witness(server: InfluxServer) -> str:
    """Return what a bare query finds: server, version, and points of every measurement in all databases of the run."""
    counted: dict[str, int] = {}
    for number in range(1, next(_DATABASES)):
        for policy in ("counters", "gauges"):
            for measurement, field in (("readings", "_seq"), ("intervals", "state"), ("journal", "entry_id")):
                rows = server.query(
                    f'SELECT count("{field}") AS n FROM "{policy}"."{measurement}"', f"contract{number}"
                )
                counted[measurement] = counted.get(measurement, 0) + sum(row["n"] for row in rows)
    held = ", ".join(f"{rows:,} {measurement}" for measurement, rows in counted.items())
    return f"InfluxDB {server.version} at {server.url}; read back by a raw query: {held}"


def on_influx_1_6(server: InfluxServer) -> Opener:
    @contextmanager
    def opener() -> Iterator[Stores]:
        settings = server.settings(f"contract{next(_DATABASES)}")
        set_up(settings)
        store = open_store(settings)
        try:
            yield Stores(store.readings, store.intervals, store.journal)
        finally:
            store.close()

    return opener


OPENERS = {"memory": in_memory, "duckdb": on_duckdb}
ADAPTERS = [
    "memory",
    "duckdb",
    pytest.param("influx-1.6", marks=pytest.mark.influxdb),
]


def opener_of(name: str, request: pytest.FixtureRequest) -> Opener:
    if name == "influx-1.6":
        return on_influx_1_6(request.getfixturevalue("influx_server"))
    return OPENERS[name]


@pytest.fixture(params=ADAPTERS)
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    """Give one adapter's empty stores."""
    with opener_of(request.param, request)() as opened:
        yield opened


@pytest.fixture(params=[adapter for adapter in ADAPTERS if adapter != "memory"])
def open_stores(request: pytest.FixtureRequest) -> Opener:
    """Give what opens empty stores of a real adapter, as often as it is called, to be compared with the fake."""
    return opener_of(request.param, request)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which servers the contract was run on, and what a bare query found there."""
    for line in WITNESSED:
        terminalreporter.write_line(f"contract on {line}")
