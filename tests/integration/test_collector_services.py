"""Collectors as processes on a real Mosquitto: killed, stopped, without their database, two of a group."""

import os
import threading

import pytest
from collector_process import CollectorProcess
from influx_server import InfluxServer
from mosquitto_server import KEEPING, MosquittoServer
from publishing import publishing
from spooling import everything, fill, open_roomy
from typer.testing import CliRunner

from meterproof_collector.cli import app
from meterproof_collector.road.dead_letters import listed
from meterproof_core.storage import EntryKind
from meterproof_store.duckdb_store import open_duckdb
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store

pytestmark = pytest.mark.mosquitto
_TIMEOUT_S = 40.0


@pytest.fixture
def spool(tmp_path):
    spool = open_roomy(tmp_path / "spool.db")
    yield spool
    spool.close()


@pytest.fixture
def broker(require_program, tmp_path):
    with MosquittoServer(require_program("mosquitto"), tmp_path / "broker", KEEPING) as running:
        yield running


@pytest.fixture
def influx(require_program, tmp_path):
    with InfluxServer(require_program("influxd", package="influxdb"), tmp_path / "influx") as server:
        set_up(server.settings())
        yield server


def until(holds):
    tick = threading.Event()
    for _ in range(round(_TIMEOUT_S / 0.05)):
        if holds():
            return True
        tick.wait(0.05)
    return False


def seqs(journal):
    return sorted(entry.data["seq"] for entry in journal.read([EntryKind.ARRIVAL]))


def test_a_collector_stores_answers_says_how_it_is_and_stops_when_asked(spool, broker, tmp_path):
    numbers = fill(spool, 100)
    with CollectorProcess(tmp_path, "c1", broker={"url": broker.url}, store={"duckdb": "readings.duckdb"}) as running:
        with publishing(spool, broker.url, mqtt5=True) as gateway:
            assert gateway.wait_until_empty(_TIMEOUT_S)
        told = running.health()
        assert (told["ok"], told["counts"]["batches"], told["broker"]["connected"]) == (True, 100, True)
        assert running.stop() == 0
    store = open_duckdb(tmp_path / "readings.duckdb")
    assert seqs(store.journal) == numbers
    assert [extent.rows for extent in store.readings.extents()] == [1000]
    store.close()


def test_a_collector_killed_between_store_and_receipt_has_everything_once_after_its_next_start(spool, broker, tmp_path):
    numbers = fill(spool, 100)
    log = tmp_path / "hits"
    armed = {**os.environ, "METERPROOF_FAULT": "collector.written_before_receipt:2", "METERPROOF_FAULT_LOG": str(log)}
    places = {"broker": {"url": broker.url}, "store": {"duckdb": "readings.duckdb"}}
    tables = "[limits]\nlot_messages = 20\n"
    with publishing(spool, broker.url) as gateway:
        with CollectorProcess(tmp_path, "c1", **places, tables=tables, environment=armed) as running:
            assert running.wait() == -9
        assert log.read_text() == "collector.written_before_receipt\n"
        with CollectorProcess(tmp_path, "c1", **places):
            assert gateway.wait_until_empty(_TIMEOUT_S)
    store = open_duckdb(tmp_path / "readings.duckdb")
    assert seqs(store.journal) == numbers
    assert [extent.rows for extent in store.readings.extents()] == [1000]
    store.close()


def test_a_plant_that_is_not_known_keeps_its_readings_in_its_gateway_and_gets_them_stored_once_it_is(
    spool, broker, tmp_path
):
    numbers = fill(spool, 20)
    places = {"broker": {"url": broker.url}, "store": {"duckdb": "readings.duckdb"}}
    with publishing(spool, broker.url) as gateway:
        with CollectorProcess(tmp_path, "c1", **places, tables='[plants]\nknown = ["other"]\n') as running:
            assert until(lambda: running.health()["counts"]["unknown_plants"] > 20)
            assert [alarm["code"] for alarm in running.health()["alarms"]][:1] == ["unknown_plant"]
            assert len(everything(spool)) == 20
            assert running.stop() == 0
        with CollectorProcess(tmp_path, "c1", **places, tables='[plants]\nknown = ["steel-works"]\n'):
            assert gateway.wait_until_empty(_TIMEOUT_S)
    store = open_duckdb(tmp_path / "readings.duckdb")
    assert seqs(store.journal) == numbers
    assert 0 < len(listed(store.journal)) <= 100
    store.close()


@pytest.mark.influxdb
def test_of_two_collectors_one_is_killed_and_nothing_is_lost_or_stored_twice(spool, broker, influx, tmp_path):
    numbers = fill(spool, 400, rows=5)
    settings = influx.settings()
    places = {
        "broker": {"url": broker.url, "share_group": "all"},
        "store": {"influx": settings.influx, "database": settings.database},
    }
    tables = "[limits]\nlot_messages = 5\n[ledger]\nenabled = false\n"
    with (
        CollectorProcess(tmp_path, "c1", **places, tables=tables) as one,
        CollectorProcess(tmp_path, "c2", **places, tables=tables) as two,
    ):
        assert until(lambda: all(each.health()["broker"]["connected"] for each in (one, two)))
        with publishing(spool, broker.url, mqtt5=True) as gateway:
            assert until(lambda: all(each.health()["counts"]["batches"] > 5 for each in (one, two)))
            two.kill()
            assert gateway.wait_until_empty(_TIMEOUT_S)
        assert one.stop() == 0
    store = open_store(settings, writer="test")
    assert seqs(store.journal) == numbers
    store.close()
    (counted,) = influx.query('SELECT count("energy_import_kwh") FROM "counters"."readings"', settings.database)
    assert counted["count"] == 400 * 5


@pytest.mark.influxdb
def test_a_database_that_is_killed_and_comes_back_is_waited_for_from_the_start_on(spool, broker, influx, tmp_path):
    numbers = fill(spool, 100)
    settings = influx.settings()
    places = {"broker": {"url": broker.url}, "store": {"influx": settings.influx, "database": settings.database}}
    tables = "[limits]\nretry_s = 0.05\nretry_max_s = 0.2\n"
    influx.kill()
    started = threading.Timer(0.5, influx.start)
    started.start()
    with (
        CollectorProcess(tmp_path, "c1", **places, tables=tables) as running,
        publishing(spool, broker.url, mqtt5=True) as gateway,
    ):
        started.join()
        assert gateway.wait_until_at_most(50, _TIMEOUT_S)
        influx.kill()
        numbers += fill(spool, 50, start_ms=10_000_000)
        gateway.notify()
        assert until(lambda: "store_away" in [alarm["code"] for alarm in running.health()["alarms"]])
        influx.start()
        assert gateway.wait_until_empty(_TIMEOUT_S)
        assert until(lambda: running.health()["ok"])
        assert running.stop() == 0
    store = open_store(settings, writer="test")
    assert seqs(store.journal) == numbers
    store.close()


def test_a_check_that_connects_is_let_in_beside_a_running_collector(broker, tmp_path):
    places = {"broker": {"url": broker.url}, "store": {"duckdb": "readings.duckdb"}}
    with CollectorProcess(tmp_path, "c1", **places) as running:
        shown = CliRunner().invoke(app, ["check", str(running.file), "--connect"])
        assert (shown.exit_code, shown.stderr) == (0, "")
        assert "broker   lets us in and takes the subscription" in shown.stdout
        assert until(lambda: running.health()["broker"]["connected"])
