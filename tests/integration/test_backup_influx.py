"""A backup of one store restored into another: DuckDB to a real InfluxDB and back, with the same checksums."""

import itertools
import time
from contextlib import contextmanager

import pytest
from archiving import archived, filled, in_memory, restored
from contract.readings_samples import KW, KWH, group, plain, query
from contract.test_journal_contract import entries as any_entries
from contract.test_readings_against_the_fake import writes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from influx_server import InfluxServer

from meterproof_store.duckdb_store import open_duckdb
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store

pytestmark = pytest.mark.influxdb
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def server(require_program, tmp_path_factory):
    program = require_program("influxd", package="influxdb")
    with InfluxServer(program, tmp_path_factory.mktemp("influx")) as server:
        yield server


numbers = itertools.count()


@contextmanager
def influx(server, **settings):
    """Open an empty database of the server."""
    named = server.settings(f"backup{next(numbers)}", **settings)
    set_up(named)
    store = open_store(named)
    try:
        yield store
    finally:
        store.close()


def test_duckdb_to_influxdb_and_back_keeps_every_checksum(server, tmp_path):
    duck, again = open_duckdb(":memory:"), open_duckdb(":memory:")
    first = archived(filled(duck), tmp_path / "1.zip")
    with influx(server) as store:
        restored(tmp_path / "1.zip", store)
        second = archived(store, tmp_path / "2.zip")
        told = restored(tmp_path / "1.zip", store, into_existing=True)
        assert (told.rows, told.values, told.intervals, told.entries) == (7, 8, 7, 5)
        assert archived(store, tmp_path / "2b.zip").content == first.content
    restored(tmp_path / "2.zip", again)
    third = archived(again, tmp_path / "3.zip")
    assert second.content == first.content
    assert third.content == first.content


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=writes(), told=st.lists(any_entries, max_size=8))
def test_whatever_was_held_comes_back_through_influxdb(server, tmp_path_factory, written, told):
    folder = tmp_path_factory.mktemp("any")
    source, duck = in_memory(), open_duckdb(":memory:")
    for each in written:
        source.readings.write(each)
    source.journal.append(told)
    first = archived(source, folder / "1.zip")
    with influx(server) as store:
        restored(folder / "1.zip", store)
        assert archived(store, folder / "2.zip").content == first.content
    restored(folder / "2.zip", duck)
    assert archived(duck, folder / "3.zip").content == first.content


def test_gauges_that_influxdb_no_longer_keeps_are_counted_and_all_else_is_restored(server, tmp_path):
    now_ms = time.time_ns() // 1_000_000
    old, young = now_ms - 200 * DAY_MS, now_ms - 2 * DAY_MS
    source = in_memory()
    source.readings.write(
        [
            group([old, old + 1000, young], {KWH: [1.0, 2.0, 3.0], KW: [5.0, 6.0, 7.0]}, raw={KWH: [1, 2, 3]}),
            group([old + 500], {KW: [9.0]}, seq=2),
        ]
    )
    archived(source, tmp_path / "1.zip")
    with influx(server, gauge_days=90) as store:
        told = restored(tmp_path / "1.zip", store)
        read = plain(store.readings.read(query(0, 10**13, KWH, KW)))
    assert (told.rows, told.values, told.aged) == (4, 4, 3)
    assert (read["t"], read["values"][KWH]) == ([old, old + 1000, young], [1.0, 2.0, 3.0])
    assert read["values"][KW] == [None, None, 7.0]
