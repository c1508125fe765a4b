"""What the store refuses, what is too old, and plants that nobody knows: nothing vanishes."""

import base64
import json

import pytest
from picky_stores import PickyReadings

from meterproof_collector.messages.entries import TOO_OLD
from meterproof_collector.messages.intake import Delivered
from meterproof_collector.road import aside
from meterproof_collector.road.road import Road
from meterproof_collector.watching.alarms import reused_alarms
from meterproof_core.errors import StoreError
from meterproof_core.faults import NoFaults
from meterproof_core.memory import MemoryJournal
from meterproof_core.storage import EntryKind
from meterproof_core.wire import Batch, ClockState, Group, Loss, LostRange, Meters, Status, config_digest, encode

BASE = "meterproof/v1/plant-a/gateway-1"
COUNTER = "energy_import_kwh"


def batch(seq, *groups, base=BASE):
    return Delivered(f"{base}/readings", encode(Batch(1, "s1", seq, "c1", ClockState.SYNCED, list(groups))), seq)


def gauges(point, *instants):
    return Group(point, ["power_active_kw"], list(instants), [[float(at) for at in instants]])


def counters(point, *instants):
    return Group(point, [COUNTER], list(instants), [[float(at) for at in instants]], {COUNTER: list(instants)})


class World:
    def __init__(self, **store):
        known = store.pop("known", None)
        self.readings, self.journal = PickyReadings(**store), MemoryJournal()
        self.road = Road(self.readings, self.journal, now_ms=lambda: 5000, faults=NoFaults(), known_plants=known)

    def told(self, *kinds):
        return [dict(entry.data) for entry in self.journal.read(kinds)]

    def payloads(self):
        return [base64.b64decode(data["payload_base64"]) for data in self.told(EntryKind.DEAD_LETTER)]


@pytest.fixture
def world():
    return World(bad=lambda point, at: (point, at) == ("main", 2000))


def test_the_refused_row_is_a_batch_of_its_own_and_the_rest_is_stored_journalled_and_found_by_the_ledger(world):
    outcome = world.road.process([batch(7, gauges("main", 1000, 2000, 3000), gauges("water", 1000))])
    assert world.readings.rows() == {("main", 1000), ("main", 3000), ("water", 1000)}
    (arrival,) = world.told(EntryKind.ARRIVAL)
    assert arrival["points"] == {"main": [1000, 3000, 2], "water": [1000, 1000, 1]}
    (letter,) = [json.loads(payload) for payload in world.payloads()]
    assert [(group["point"], group["t"]) for group in letter["groups"]] == [("main", [2000])]
    ((topic, receipt),) = outcome.receipts
    assert str(topic) == f"{BASE}/receipts"
    assert receipt.stored == []
    assert receipt.rejected[0][:2] == (7, 7)
    assert "the store refuses main: 1 rows are bad" in receipt.rejected[0][2]
    assert (world.road.counts.refused_rows, world.road.counts.dead_letters) == (1, 1)


def test_a_batch_of_which_nothing_is_stored_has_no_arrival(world):
    outcome = world.road.process([batch(7, gauges("main", 2000)), batch(8, gauges("main", 4000))])
    assert [entry["seq"] for entry in world.told(EntryKind.ARRIVAL)] == [8]
    assert outcome.receipts[0][1].stored == [(8, 8)]


def test_the_same_batch_again_is_the_same_dead_letter(world):
    for _ in range(3):
        world.road.process([batch(7, gauges("main", 1000, 2000)), batch(7, gauges("main", 1000, 2000))])
    assert len(world.payloads()) == len(world.told(EntryKind.ARRIVAL)) == 1
    assert world.road.counts.duplicates == 5


def test_a_refused_part_that_would_be_too_long_is_kept_as_it_came(world):
    instants = ",".join(str(at) for at in range(2000, 2900))
    long = "1" * 60
    payload = (
        '{"v":1,"stream":"s1","seq":7,"config":"c1","clock":"synced","groups":[{"point":"main",'
        f'"quantities":["power_active_kw"],"t":[{instants}],"values":[[{",".join([long] * 900)}]]}}]}}'
    ).encode()
    every = World(bad=lambda point, at: True)
    every.road.process([Delivered(f"{BASE}/readings", payload)])
    assert len(payload) < 65_536
    assert [len(kept) <= 65_536 for kept in every.payloads()] == [True]


def test_gauges_that_are_too_old_are_a_journalled_loss_and_no_dead_letter():
    world = World(gauges_since=2500)
    outcome = world.road.process([batch(7, gauges("main", 1000, 2000, 3000), counters("energy", 1000, 3000))])
    (loss,) = world.told(EntryKind.LOSS)
    assert loss["lost"] == [
        {
            "point": "main",
            "first_ms": 1000,
            "last_ms": 2000,
            "samples": 2,
            "quantities": ["power_active_kw"],
            "reason": TOO_OLD,
        }
    ]
    assert (loss["gateway"], loss["stream"], loss["seq"]) == ("gateway-1", "s1", 7)
    assert world.payloads() == []
    assert outcome.receipts[0][1].rejected == [(7, 7, TOO_OLD)]
    (arrival,) = world.told(EntryKind.ARRIVAL)
    assert arrival["points"] == {"main": [3000, 3000, 1], "energy": [1000, 3000, 2]}
    assert world.road.lost_samples == {TOO_OLD: 2}


def test_old_rows_that_left_their_counters_in_the_store_are_still_the_ledgers_work():
    world = World(gauges_since=2500)
    both = Group("main", ["power_active_kw", COUNTER], [1000, 3000], [[1.0, 3.0], [1.0, 3.0]], {COUNTER: [1, 3]})
    world.road.process([batch(7, both)])
    (arrival,) = world.told(EntryKind.ARRIVAL)
    assert arrival["points"] == {"main": [1000, 3000, 2]}
    (lost,) = world.told(EntryKind.LOSS)[0]["lost"]
    assert (lost["samples"], lost["quantities"]) == (1, ["power_active_kw"])
    assert lost["reason"] == f"{TOO_OLD}; its counters are stored"


def test_a_batch_that_is_too_old_in_one_part_and_refused_in_another_is_told_of_both():
    world = World(bad=lambda point, at: at == 4000, gauges_since=2500)
    outcome = world.road.process([batch(7, gauges("main", 1000, 3000, 4000))])
    assert len(world.told(EntryKind.LOSS)) == len(world.payloads()) == 1
    assert "refuses" in outcome.receipts[0][1].rejected[0][2]
    assert world.told(EntryKind.ARRIVAL)[0]["points"] == {"main": [3000, 3000, 1]}


def test_old_rows_that_are_found_in_several_parts_are_one_loss_with_all_of_them():
    world = World(bad=lambda point, at: at == 8000, gauges_since=6500)
    twice = [batch(7, gauges("main", *range(1000, 9000, 1000)))] * 2
    world.road.process(twice)
    (loss,) = world.told(EntryKind.LOSS)
    assert loss["lost"] == [
        {
            "point": "main",
            "first_ms": 1000,
            "last_ms": 6000,
            "samples": 6,
            "quantities": ["power_active_kw"],
            "reason": TOO_OLD,
        }
    ]
    assert world.told(EntryKind.ARRIVAL)[0]["points"] == {"main": [7000, 7000, 1]}


def test_counters_that_old_rows_left_in_the_store_are_the_ledgers_work_beside_a_refused_row_too():
    world = World(bad=lambda point, at: at == 8000, gauges_since=6500)
    instants = list(range(1000, 9000, 1000))
    values = [float(at) for at in instants]
    both = Group("main", ["power_active_kw", COUNTER], instants, [values, values], {COUNTER: instants})
    world.road.process([batch(7, both)])
    assert world.told(EntryKind.ARRIVAL)[0]["points"] == {"main": [1000, 7000, 7]}
    assert world.told(EntryKind.LOSS)[0]["lost"][0]["samples"] == 6


def test_what_is_still_refused_on_a_replay_keeps_its_letter_and_what_is_stored_has_an_arrival_of_its_own(world):
    world.road.process([batch(7, gauges("main", 1000, 2000, 3000))])
    (payload,) = world.payloads()
    world.readings.bad = lambda point, at: False
    outcome = world.road.process([Delivered(f"{BASE}/readings", payload, letter="dead-letter/x")])
    (arrival,) = outcome.arrivals
    assert arrival.entry_id.startswith("arrival/plant-a/gateway-1/s1/7/")
    assert arrival.entry_id.endswith("/dead-letter/x")
    assert len(world.told(EntryKind.ARRIVAL)) == 2
    assert ("main", 2000) in world.readings.rows()


# ---------------------------------------------------------------- unknown plants


def strangers(count, plant="nobody"):
    return [batch(seq, gauges("main", seq + 1), base=f"meterproof/v1/{plant}/gw") for seq in range(count)]


def test_a_message_of_an_unknown_plant_is_kept_and_not_answered_so_that_its_gateway_keeps_it():
    world = World(known=["plant-a"])
    outcome = world.road.process([*strangers(1), batch(1, gauges("main", 1))])
    assert [str(topic) for topic, _ in outcome.receipts] == [f"{BASE}/receipts"]
    (letter,) = world.told(EntryKind.DEAD_LETTER)
    assert letter["reason"].startswith("unknown plant 'nobody'")
    assert world.readings.rows() == {("main", 1)}
    assert (world.road.counts.unknown_plants, dict(world.road.of_unknown_plants)) == (1, {"nobody": 1})


def test_a_flood_of_an_unknown_plant_is_counted_and_some_of_it_is_kept():
    world = World(known=["plant-a"])
    for message in strangers(300):
        world.road.process([message])
    assert len(world.payloads()) == 100
    assert world.road.of_unknown_plants["nobody"] == 300


def test_a_flood_of_unknown_plants_is_bounded(monkeypatch):
    monkeypatch.setattr(aside, "_MOST_PLANTS", 3)
    world = World(known=[])
    for number in range(10):
        world.road.process(strangers(2, f"plant-{number}"))
    assert len(world.road.of_unknown_plants) == 3
    assert len(world.payloads()) == 6
    assert world.road.counts.unknown_plants == 20


def test_what_comes_again_and_again_is_told_once():
    appended = []

    class Counting(MemoryJournal):
        def append(self, entries):
            appended.extend(entries)
            super().append(entries)

    world = World(known=[])
    world.road._journal = Counting()
    for _ in range(5):
        world.road.process(strangers(1))
    assert len(appended) == 1


def test_the_status_of_an_unknown_plant_is_only_counted():
    world = World(known=[])
    world.road.process([Delivered("meterproof/v1/nobody/gw/status", encode(Status(1, True, 1)))])
    assert (world.payloads(), world.road.counts.unknown_plants) == ([], 1)


def test_the_meters_of_an_unknown_plant_are_kept_so_that_a_replay_finds_them():
    world = World(known=[])
    world.road.process([Delivered("meterproof/v1/nobody/gw/meters", encode(Meters(1, config_digest([]), [])))])
    assert len(world.payloads()) == 1


# ---------------------------------------------------------------- what is followed


def test_a_gateway_with_a_new_spool_file_is_an_event():
    world = World()
    other = encode(Batch(1, "s2", 0, "c1", ClockState.SYNCED, [gauges("main", 9)]))
    for _ in range(2):
        world.road.process([batch(1, gauges("main", 1)), Delivered(f"{BASE}/readings", other)])
    (event,) = world.told(EntryKind.EVENT)
    assert (event["code"], event["gateway"], event["before"], event["stream"]) == (
        "new_stream",
        "gateway-1",
        "s1",
        "s2",
    )
    assert world.road.counts.new_streams == 1


def test_an_event_is_not_forgotten_when_the_journal_fails_the_first_time():
    class Once(MemoryJournal):
        failed = False

        def append(self, entries):
            if not self.failed and any(entry.kind is EntryKind.EVENT for entry in entries):
                self.failed = True
                raise StoreError("gone")
            super().append(entries)

    world = World()
    world.road._journal = world.journal = Once()
    world.road.process([batch(1, gauges("main", 1))])
    lot = [batch(2, gauges("main", 2), base="meterproof/v1/plant-a/gateway-2")]
    with pytest.raises(StoreError):
        world.road.process(lot)
    world.road.process(lot)
    assert [event["code"] for event in world.told(EntryKind.EVENT)] == ["two_gateways"]
    assert world.road.counts.duplicates == 0


def test_losses_are_counted_by_reason_and_a_flood_of_reasons_is_bounded():
    world = World()
    for seq in range(80):
        lost = [LostRange("main", 1, 2, 3, "spool full" if seq < 2 else f"reason {seq}")]
        world.road.process([Delivered(f"{BASE}/loss", encode(Loss(1, "s1", seq, lost)))])
    assert world.road.lost_samples["spool full"] == 6
    assert len(world.road.lost_samples) == 51
    assert sum(world.road.lost_samples.values()) == world.road.counts.lost_samples == 240


# ---------------------------------------------------------------- spool files put back or copied


@pytest.mark.parametrize(
    ("base", "instants"),
    [("meterproof/v1/plant-a/gateway-2", (1000, 2000)), (BASE, (3000, 4000))],
    ids=["a card copied to another gateway", "an image put back"],
)
def test_a_batchs_name_that_comes_with_other_content_is_told_to_the_ledger_and_raises_an_alarm(base, instants):
    world = World()
    world.road.process([batch(7, counters("main", 1000, 2000))])
    for _ in range(2):
        world.road.process([batch(7, counters("main", *instants), base=base)])
    assert len(world.told(EntryKind.ARRIVAL)) == 2
    (event,) = [data for data in world.told(EntryKind.EVENT) if data["code"] == "stream_reused"]
    assert (event["stream"], event["seq"]) == ("s1", 7)
    assert world.road.counts.streams_reused == 1
    (alarm,) = reused_alarms(world.road.reused)
    assert (alarm.code, "gateway-1" in alarm.thing) == ("stream_reused", True)


def test_a_batch_that_only_comes_again_reuses_no_stream():
    world = World()
    for _ in range(3):
        world.road.process([batch(7, counters("main", 1000, 2000)), batch(8, counters("main", 3000))])
    assert world.told(EntryKind.EVENT) == []
    assert len(world.told(EntryKind.ARRIVAL)) == 2


def test_a_loss_under_a_name_that_has_been_is_another_loss():
    world = World()
    for first_ms in (10, 500):
        lost = Loss(1, "s1", 9, [LostRange("main", first_ms, first_ms + 1, 2, "spool full")])
        world.road.process([Delivered(f"{BASE}/loss", encode(lost))])
    assert len(world.told(EntryKind.LOSS)) == 2
    assert [data["code"] for data in world.told(EntryKind.EVENT)] == ["stream_reused"]


def test_another_gateway_under_a_name_of_before_the_restart_is_told():
    before, after = World(), World()
    before.road.process([batch(7, counters("main", 1000, 2000))])
    after.road.following.take_up(before.journal.read([EntryKind.ARRIVAL]))
    after.road.process([batch(7, counters("main", 1000))])
    assert after.told(EntryKind.EVENT) == []
    after.road.process([batch(7, counters("press", 1000), base="meterproof/v1/plant-a/gateway-2")])
    assert [data["code"] for data in after.told(EntryKind.EVENT)] == ["stream_reused"]
