"""One suite for whatever is plugged in behind the storage ports: a new adapter adds one entry to `OPENERS`."""

import itertools
import json
import os
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest
from influx_server import InfluxServer, rows_of

from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings
from meterproof_core.storage import IntervalsStore, Journal, ReadingsStore
from meterproof_store.duckdb_store import open_duckdb
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store
from meterproof_store.settings import StoreSettings


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
NAMED_TOKEN = os.environ.get("METERPROOF_TEST_INFLUX_TOKEN")
NAMED_ORG = os.environ.get("METERPROOF_TEST_INFLUX_ORG", "-")
_RUN = f"contract-{os.getpid()}"  # a named server may hold the databases of an earlier run
_databases: dict[str, list[str]] = {"influx-1.6": [], "influx-named": []}


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
def influx_server(
    require_program, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], StoreSettings]]:
    """Give the settings of a database on a running InfluxDB 1.6, by its name."""
    program = require_program("influxd", package="influxdb")
    with InfluxServer(program, tmp_path_factory.mktemp("influx")) as server:
        yield server.settings
        WITNESSED.append(witness("influx-1.6", server.url, {}))


@pytest.fixture(scope="session")
def named_server() -> Iterator[Callable[[str], StoreSettings]]:
    """Give the settings of a database on the server that the environment names."""
    assert NAMED_URL is not None
    yield lambda database: StoreSettings(influx=NAMED_URL, database=database, org=NAMED_ORG, gauge_days=0)
    headers = {"Authorization": f"Token {NAMED_TOKEN}"} if NAMED_TOKEN else {}
    WITNESSED.append(witness("influx-named", NAMED_URL, headers))


def witness(adapter: str, url: str, headers: dict[str, str]) -> str:
    """Return what bare queries find: server, version, and points of every measurement in all databases of the run."""
    with urllib.request.urlopen(urllib.request.Request(f"{url}/ping", headers=headers), timeout=60) as answer:
        version = answer.headers["X-Influxdb-Version"]
    counted = {"readings": 0, "intervals": 0, "journal": 0}
    fields = {"readings": "_seq", "intervals": "state", "journal": "entry_id"}
    for database, policy, measurement in itertools.product(_databases[adapter], ("counters", "gauges"), counted):
        params = {
            "db": database,
            "rp": policy,
            "q": f'SELECT count("{fields[measurement]}") AS n FROM "{policy}"."{measurement}"',
        }
        asked = urllib.request.Request(f"{url}/query?{urllib.parse.urlencode(params)}", headers=headers)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            counted[measurement] += sum(row["n"] for row in rows_of(json.load(answer)))
    held = ", ".join(f"{rows:,} {measurement}" for measurement, rows in counted.items())
    return f"{adapter}: InfluxDB {version} at {url}; read back by raw queries in {len(_databases[adapter])} databases: {held}"


def on_influx(adapter: str, settings_of: Callable[[str], StoreSettings], token: str | None = None) -> Opener:
    @contextmanager
    def opener() -> Iterator[Stores]:
        database = f"{_RUN}-{len(_databases[adapter])}"
        _databases[adapter].append(database)
        settings = settings_of(database)
        set_up(settings, token=token)
        store = open_store(settings, token=token)
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
    *([pytest.param("influx-named", marks=pytest.mark.influxdb)] if NAMED_URL else []),
]


def opener_of(name: str, request: pytest.FixtureRequest) -> Opener:
    if name == "influx-1.6":
        return on_influx(name, request.getfixturevalue("influx_server"))
    if name == "influx-named":
        return on_influx(name, request.getfixturevalue("named_server"), NAMED_TOKEN)
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
