"""The road: durable first, answered afterwards."""

import pytest

from meterproof_collector.messages.intake import Delivered
from meterproof_collector.road.road import Road
from meterproof_core.errors import StoreError
from meterproof_core.faults import NoFaults
from meterproof_core.memory import MemoryJournal, MemoryReadings
from meterproof_core.storage import EntryKind, ReadingsQuery
from meterproof_core.wire import (
    Batch,
    ClockState,
    CounterSpec,
    Group,
    Loss,
    LostRange,
    Meters,
    PointConfig,
    Status,
    config_digest,
    encode,
)

BASE = "meterproof/v1/plant-a/gateway-1"


def readings(seq, first_t=1000, value=1.0, point="main"):
    group = Group(point, ["power_active_kw"], [first_t, first_t + 1000], [[value, value]])
    return Delivered(f"{BASE}/readings", encode(Batch(1, "s1", seq, "c1", ClockState.SYNCED, [group])), seq)


class Recorder(NoFaults):
    def __init__(self):
        self.reached = []

    def reach(self, point):
        self.reached.append(point)


@pytest.fixture
def stores():
    return MemoryReadings(), MemoryJournal()


@pytest.fixture
def road(stores):
    return Road(*stores, now_ms=lambda: 5000, faults=NoFaults())


def stored(stores, point="main"):
    return list(stores[0].read(ReadingsQuery("plant-a", point, ("power_active_kw",), 0, 10**9)).t_ms)


def test_nothing_delivered_does_nothing(road):
    outcome = road.process([])
    assert (outcome.receipts, outcome.arrivals) == ([], [])


def test_a_batch_is_stored_journalled_and_receipted(road, stores):
    outcome = road.process([readings(1), readings(2, 5000)])
    assert stored(stores) == [1000, 2000, 5000, 6000]
    assert [(str(topic), told.stored) for topic, told in outcome.receipts] == [(f"{BASE}/receipts", [(1, 2)])]
    assert [entry.data["points"] for entry in stores[1].read([EntryKind.ARRIVAL])] == [
        {"main": [1000, 2000, 2]},
        {"main": [5000, 6000, 2]},
    ]


def test_a_batch_that_comes_twice_is_stored_once_and_receipted_twice(road, stores):
    road.process([readings(1)])
    outcome = road.process([readings(1)])
    assert stored(stores) == [1000, 2000]
    assert len(stores[1].read([EntryKind.ARRIVAL])) == 1
    assert outcome.receipts[0][1].stored == [(1, 1)]


def test_a_bad_message_beside_good_ones_is_kept_aside_and_rejected(road, stores):
    bad = Delivered(f"{BASE}/readings", b'{"v": 1, "stream": "s1", "seq": 2}')
    outcome = road.process([readings(1), bad, readings(3, 9000)])
    assert stored(stores) == [1000, 2000, 9000, 10000]
    told = outcome.receipts[0][1]
    assert told.stored == [(1, 1), (3, 3)]
    assert told.rejected[0][:2] == (2, 2)
    assert len(stores[1].read([EntryKind.DEAD_LETTER])) == 1
    assert road.counts.dead_letters == 1


def test_a_message_without_a_name_is_kept_aside_and_nobody_is_answered(road, stores):
    outcome = road.process([Delivered(f"{BASE}/readings", b"\x00")])
    assert outcome.receipts == []
    assert len(stores[1].read([EntryKind.DEAD_LETTER])) == 1


def test_a_store_that_fails_leaves_nothing_to_acknowledge(stores):
    class Failing(MemoryReadings):
        def write(self, groups):
            raise StoreError("disk full")

    road = Road(Failing(), stores[1], now_ms=lambda: 1, faults=NoFaults())
    with pytest.raises(StoreError, match="disk full"):
        road.process([readings(1)])
    assert not stores[1].read([EntryKind.ARRIVAL])


def test_losses_are_journalled_and_receipted(road, stores):
    loss = Loss(1, "s1", 9, [LostRange("main", 1, 2, 3, "spool full")])
    outcome = road.process([Delivered(f"{BASE}/loss", encode(loss))])
    assert outcome.receipts[0][1].stored == [(9, 9)]
    assert stores[1].read([EntryKind.LOSS])[0].data["lost"][0]["samples"] == 3
    assert road.counts.losses == 1


def test_a_configuration_is_journalled_once_and_handed_on(road, stores):
    points = [
        PointConfig(
            "main", "m", 1, 1000, ["energy_import_kwh"], {"energy_import_kwh": CounterSpec("i64", 0.001, None, 1, 100)}
        )
    ]
    message = Delivered(f"{BASE}/meters", encode(Meters(1, config_digest(points), points)))
    outcome = road.process([message, message])
    assert len(outcome.configurations) == 2
    assert len(stores[1].read([EntryKind.CONFIG])) == 1


def test_a_status_is_taken_and_leaves_no_trace(road, stores):
    outcome = road.process([Delivered(f"{BASE}/status", encode(Status(1, True, 1)))])
    assert (outcome.receipts, stores[1].read(list(EntryKind))) == ([], [])


def test_the_fault_points_lie_behind_the_write_and_on_both_sides_of_the_journal(stores):
    faults = Recorder()
    seen = []
    faults.reach = lambda point: seen.append((point, stored(stores), len(stores[1].read([EntryKind.ARRIVAL]))))
    Road(*stores, now_ms=lambda: 1, faults=faults).process([readings(1)])
    assert seen == [
        ("collector.readings_before_journal", [1000, 2000], 0),
        ("collector.written_before_receipt", [1000, 2000], 1),
    ]


def test_a_point_that_two_gateways_feed_is_told_once_and_counted(road, stores):
    other = readings(1, 9000)
    other = Delivered(other.topic.replace("gateway-1", "gateway-2"), other.payload)
    road.process([readings(1), other, readings(2, 5000)])
    road.process([other])
    (event,) = [one for one in stores[1].read([EntryKind.EVENT]) if one.data["code"] == "two_gateways"]
    assert (event.data["code"], event.data["gateways"]) == ("two_gateways", ["gateway-1", "gateway-2"])
    assert road.counts.points_with_two_gateways == 1


def test_counts_tell_messages_batches_rows_and_values(road):
    road.process([readings(1), readings(2, 7000)])
    counts = road.counts
    assert (counts.messages, counts.batches, counts.rows, counts.values) == (2, 2, 4, 4)
