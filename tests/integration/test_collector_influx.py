"""What a real InfluxDB refuses, and what is older than it keeps: the road tells, and stores all the rest."""

import base64
import time

import pytest
from influx_server import InfluxServer

from meterproof_collector.messages.entries import TOO_OLD
from meterproof_collector.messages.intake import Delivered
from meterproof_collector.road.dead_letters import Result, listed, replay
from meterproof_collector.road.road import Road
from meterproof_core.clock import SystemClock
from meterproof_core.faults import NoFaults
from meterproof_core.storage import EntryKind, ReadingsQuery
from meterproof_core.wire import Batch, ClockState, Group, MessageKind, decode, encode
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store

pytestmark = pytest.mark.influxdb
TOPIC = "meterproof/v1/north-mill/gateway-1/readings"
COUNTER, GAUGE = "energy_import_kwh", "power_active_kw"
_DAY_MS = 86_400_000


@pytest.fixture
def server(require_program, tmp_path):
    with InfluxServer(require_program("influxd", package="influxdb"), tmp_path) as running:
        yield running


def road_on(server, **settings):
    chosen = server.settings(**settings)
    set_up(chosen)
    store = open_store(chosen, writer="test")
    return store, Road(store.readings, store.journal, now_ms=SystemClock().now_ms, faults=NoFaults())


def batch(seq, *groups):
    return Delivered(TOPIC, encode(Batch(1, "s1", seq, "c1", ClockState.SYNCED, list(groups))))


def group(point, *instants, gauge=GAUGE):
    values = [float(at % 1000) for at in instants]
    return Group(point, [gauge, COUNTER], list(instants), [values, values], {COUNTER: [at % 1000 for at in instants]})


def held(store, point, quantity):
    return list(store.readings.read(ReadingsQuery("north-mill", point, (quantity,), 0, 1 << 42)).t_ms)


def test_gauges_that_are_too_old_are_a_loss_and_their_counters_are_stored(server):
    store, road = road_on(server, gauge_days=90)
    now_ms = time.time_ns() // 1_000_000
    old, new = now_ms - 100 * _DAY_MS, now_ms - 1000
    outcome = road.process([batch(1, group("old", old, old + 1000, new)), batch(2, group("new", new))])
    (loss,) = store.journal.read([EntryKind.LOSS])
    assert [(one["point"], one["first_ms"], one["last_ms"], one["samples"]) for one in loss.data["lost"]] == [
        ("old", old, old + 1000, 2)
    ]
    ((_, receipt),) = outcome.receipts
    assert (receipt.stored, receipt.rejected) == ([(2, 2)], [(1, 1, TOO_OLD)])
    assert held(store, "old", COUNTER) == [old, old + 1000, new]
    assert held(store, "old", GAUGE) == [new]
    assert store.journal.read([EntryKind.DEAD_LETTER]) == []
    assert {entry.data["seq"]: entry.data["points"] for entry in store.journal.read([EntryKind.ARRIVAL])} == {
        1: {"old": [old, new, 3]},
        2: {"new": [new, new, 1]},
    }
    store.close()


def test_a_field_that_somebody_made_of_another_type_costs_its_rows_only_and_a_replay_stores_them_once_it_is_gone(
    server,
):
    store, road = road_on(server)
    database = server.settings().database
    server.write('readings,plant=other,point=x power_reactive_kvar="text" 1', database, "gauges")
    lot = [batch(seq, group(f"p{seq}", 1000 * seq, 1000 * seq + 1)) for seq in range(1, 40)]
    lot.insert(17, batch(99, group("poisoned", 5000, 6000, gauge="power_reactive_kvar"), group("beside", 7000)))
    outcome = road.process(lot)
    ((_, receipt),) = outcome.receipts
    assert receipt.stored == [(1, 39)]
    assert [one[:2] for one in receipt.rejected] == [(99, 99)]
    (letter,) = listed(store.journal)
    message = decode(MessageKind.READINGS, base64.b64decode(letter.entry.data["payload_base64"]))
    assert [(one.point, one.t) for one in message.groups] == [("poisoned", [5000, 6000])]
    assert held(store, "beside", GAUGE) == [7000]
    assert [len(held(store, f"p{seq}", GAUGE)) for seq in range(1, 40)] == [2] * 39
    assert replay(store.journal, letter, road.process, 5).result is Result.REFUSED
    assert [one.is_open for one in listed(store.journal)] == [True]
    for shard in server.query("SHOW SHARDS"):
        if (shard["database"], shard["retention_policy"]) == (database, "gauges"):
            server.query(f"DROP SHARD {shard['id']}")  # a field's type is forgotten with its shard only
    assert replay(store.journal, letter, road.process, 5).result is Result.STORED
    assert held(store, "poisoned", "power_reactive_kvar") == [5000, 6000]
    store.close()
