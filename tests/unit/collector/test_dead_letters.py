"""Dead letters are listed, found and replayed, and the journal says what became of them."""

import pytest
from picky_stores import PickyReadings

from meterproof_collector.messages.intake import Delivered
from meterproof_collector.road.dead_letters import Result, find, listed, replay
from meterproof_collector.road.road import Road
from meterproof_core.errors import DataError, StoreError
from meterproof_core.faults import NoFaults
from meterproof_core.memory import MemoryJournal
from meterproof_core.storage import EntryKind
from meterproof_core.wire import Batch, ClockState, Group, encode

TOPIC = "meterproof/v1/plant-a/gateway-1/readings"


class World:
    def __init__(self, known=None):
        self.now_ms = 0
        self.journal = MemoryJournal()
        self.readings = PickyReadings()
        self.road = self.make_road(known)

    def make_road(self, known=None):
        return Road(self.readings, self.journal, now_ms=self.tick, faults=NoFaults(), known_plants=known)

    def tick(self):
        self.now_ms += 1
        return self.now_ms

    def replay(self, letter, road=None):
        return replay(self.journal, letter, (road or self.road).process, self.tick())


def message(*instants, point="main", topic=TOPIC):
    group = Group(point, ["power_active_kw"], list(instants), [[1.0] * len(instants)])
    return Delivered(topic, encode(Batch(1, "s1", 1, "c1", ClockState.SYNCED, [group])))


def test_dead_letters_are_listed_by_plant_and_time_oldest_first():
    world = World()
    world.road.process([Delivered(TOPIC, b"one")])
    world.road.process([Delivered(TOPIC, b"two"), Delivered("elsewhere", b"three")])
    assert [letter.entry.data["bytes"] for letter in listed(world.journal)] == [3, 3, 5]
    assert len(listed(world.journal, plant="plant-a")) == 2
    assert len(listed(world.journal, plant="")) == 1
    assert len(listed(world.journal, since_ms=world.now_ms)) == 2
    assert len(listed(world.journal, limit=1)) == 1
    assert listed(MemoryJournal()) == []


def test_a_letter_is_found_by_the_beginning_of_its_id_and_only_when_that_is_clear():
    world = World()
    world.road.process([Delivered(TOPIC, b"one"), Delivered(TOPIC, b"two")])
    one = listed(world.journal)[0].entry.entry_id
    assert find(world.journal, one).entry.entry_id == one
    assert find(world.journal, one.removeprefix("dead-letter/")[:8]).entry.entry_id == one
    with pytest.raises(DataError, match="no dead letter has it"):
        find(world.journal, "zzz")
    with pytest.raises(DataError, match="2 dead letters begin so"):
        find(world.journal, "dead-letter/")
    with pytest.raises(DataError, match="no dead letter has it"):
        find(world.journal, "")


def test_what_the_store_takes_by_now_is_stored_on_a_replay_and_the_letter_is_closed():
    world = World()
    world.readings.bad = lambda point, at: at == 2
    world.road.process([message(1, 2, 3)])
    world.readings.bad = lambda point, at: False
    (letter,) = listed(world.journal)
    assert world.replay(letter).result is Result.STORED
    assert world.readings.rows() == {("main", 1), ("main", 2), ("main", 3)}
    (letter,) = listed(world.journal)
    assert (letter.is_open, letter.replays) == (False, ["stored"])
    assert (letter.as_data()["open"], "payload_base64" in letter.as_data()) == (False, False)


def test_what_is_still_refused_stays_a_dead_letter_and_is_told_once():
    world = World()
    world.readings.bad = lambda point, at: at == 2
    world.road.process([message(1, 2, 3)])
    (letter,) = listed(world.journal)
    for _ in range(3):
        done = world.replay(letter)
        assert (done.result, "refuses" in done.reason) == (Result.REFUSED, True)
    (letter,) = listed(world.journal)
    assert (letter.is_open, letter.replays) == (True, ["refused"])


def test_of_what_is_partly_refused_on_a_replay_a_smaller_letter_remains():
    world = World()
    world.readings.bad = lambda point, at: True
    world.road.process([message(1, 2, 3)])
    world.readings.bad = lambda point, at: at == 2
    assert world.replay(listed(world.journal)[0]).result is Result.PARTLY
    assert [letter.is_open for letter in listed(world.journal)] == [False, True]


def test_a_plant_that_is_known_by_now_gets_its_readings():
    world = World(known=[])
    world.road.process([message(1)])
    (letter,) = listed(world.journal)
    assert world.replay(letter).result is Result.REFUSED
    assert world.replay(letter, world.make_road(["plant-a"])).result is Result.STORED
    assert world.readings.rows() == {("main", 1)}
    assert not listed(world.journal)[0].is_open


def test_a_replay_that_meets_the_fault_again_says_so():
    world = World()
    world.road.set_aside(message(1), TypeError("once"))

    def process(delivered):
        raise TypeError("again")

    done = replay(world.journal, listed(world.journal)[0], process, 5)
    assert (done.result, done.reason) == (Result.REFUSED, "TypeError: again")


def test_a_replay_on_a_store_that_is_away_says_nothing():
    world = World()
    world.road.set_aside(message(1), TypeError("once"))

    def process(delivered):
        raise StoreError("gone")

    with pytest.raises(StoreError):
        replay(world.journal, listed(world.journal)[0], process, 5)
    assert world.journal.read([EntryKind.EVENT]) == []


def test_a_payload_that_was_too_long_to_be_kept_cannot_be_replayed():
    world = World()
    world.road.process([Delivered(TOPIC, b"x" * 70_000)])
    with pytest.raises(DataError, match="70000 bytes came, 65536 are kept"):
        world.replay(listed(world.journal)[0])
