"""A lot is stored however long that takes, and it is known how it goes with the store."""

import threading

import pytest
from picky_stores import PickyReadings

from meterproof_collector.limits import Retry
from meterproof_collector.messages.intake import Delivered
from meterproof_collector.road.road import Road
from meterproof_collector.road.storing import Storing, Trouble
from meterproof_core.errors import StoreAccessError, StoreError, StoreRefusedError
from meterproof_core.faults import NoFaults
from meterproof_core.memory import MemoryJournal, MemoryReadings
from meterproof_core.storage import EntryKind
from meterproof_core.wire import Batch, ClockState, Group, encode

TOPIC = "meterproof/v1/plant-a/gateway-1/readings"


def message(seq, point="main"):
    batch = Batch(1, "s1", seq, "c1", ClockState.SYNCED, [Group(point, ["power_active_kw"], [seq * 1000 + 1], [[1.0]])])
    return Delivered(TOPIC, encode(batch), seq)


class Failing(MemoryReadings):
    """Raises what it is told to, one after the other, and then stores."""

    def __init__(self, *errors):
        super().__init__()
        self.errors = list(errors)

    def write(self, groups):
        if self.errors:
            raise self.errors.pop(0)
        super().write(groups)


QUICK = Retry(0.001, 0.002)


class World:
    def __init__(self, readings=None, journal=None, retry=QUICK):
        self.journal = journal or MemoryJournal()
        self.now_ms = 1000
        self.answers = []
        self.road = Road(readings or MemoryReadings(), self.journal, now_ms=self._now, faults=NoFaults())
        self.storing = Storing(
            self.road,
            lambda lot, outcome: self.answers.append((len(lot.delivered), outcome)),
            retry=retry,
            now_ms=self._now,
            monotonic=lambda: 0.0,
        )

    def _now(self):
        self.now_ms += 1
        return self.now_ms

    def store(self, *messages):
        self.storing.store(self.road.read_all(messages))

    def letters(self):
        return [entry.data["reason"] for entry in self.journal.read([EntryKind.DEAD_LETTER])]


def test_a_lot_that_is_stored_is_answered():
    world = World()
    world.store(message(1), message(2))
    ((messages, outcome),) = world.answers
    assert (messages, len(outcome.arrivals)) == (2, 2)
    assert world.storing.state.last_success_ms > 1000
    assert world.storing.state.trouble is None


def test_a_store_that_fails_is_tried_until_it_takes_the_lot():
    world = World(Failing(StoreError("busy"), StoreError("busy"), StoreError("late")))
    world.store(message(1))
    assert len(world.answers) == 1
    assert (world.storing.state.retries, world.storing.state.trouble) == (3, None)


@pytest.mark.parametrize(
    ("error", "kind"), [(StoreError("gone"), Trouble.AWAY), (StoreAccessError("401"), Trouble.ACCESS)]
)
def test_a_store_that_fails_for_ever_is_a_trouble_since_its_beginning_and_answers_nothing(error, kind):
    tried = threading.Event()

    class Away(MemoryReadings):
        tries = 0

        def write(self, groups):
            self.tries += 1
            if self.tries == 3:
                tried.set()
            raise error

    world = World(Away())
    thread = threading.Thread(target=world.store, args=(message(1),))
    thread.start()
    assert tried.wait(10)
    world.storing.stop()
    thread.join(10)
    trouble = world.storing.state.trouble
    assert (trouble.kind, trouble.error, trouble.is_failure) == (kind, str(error), True)
    assert trouble.since_ms < world.now_ms - 1
    assert (world.answers, world.storing.gave_up) == ([], True)


def test_while_the_store_turns_us_away_the_pause_is_the_longest():
    world = World(retry=Retry(0.001, 7.0))
    from meterproof_core.backoff import Backoff

    backoff = Backoff(first_s=0.001, chance=lambda: 1.0)
    assert world.storing._pause_s(StoreAccessError("403"), backoff) == 7.0
    pauses = [world.storing._pause_s(StoreError("away"), backoff) for _ in range(20)]
    assert pauses[:3] == [0.001, 0.002, 0.004]
    assert max(pauses) == 7.0


def test_a_store_that_refuses_all_readings_is_a_trouble_but_the_road_goes_on():
    world = World(PickyReadings(lambda point, at: True))
    world.store(message(1), message(2))
    assert world.storing.state.trouble.kind is Trouble.REFUSES
    assert not world.storing.state.trouble.is_failure
    assert len(world.letters()) == 2
    world.road._readings.bad = lambda point, at: False
    world.store(message(3))
    assert world.storing.state.trouble is None


def test_messages_without_readings_do_not_end_the_trouble_of_a_store_that_refuses():
    world = World(PickyReadings(lambda point, at: True))
    world.store(message(1))
    world.store(Delivered(TOPIC, b"\x00"))
    assert world.storing.state.trouble.kind is Trouble.REFUSES


def test_a_message_that_meets_a_fault_of_ours_is_set_aside_and_all_others_are_stored():
    class Faulty(MemoryReadings):
        calls = 0

        def write(self, groups):
            self.calls += 1
            if any(item.seq == 33 for item in groups):
                raise TypeError("a fault of ours")
            super().write(groups)

    readings = Faulty()
    world = World(readings)
    world.store(*(message(seq) for seq in range(64)))
    assert world.letters() == ["TypeError: a fault of ours"]
    assert len(world.journal.read([EntryKind.ARRIVAL])) == 63
    assert sum(messages for messages, _ in world.answers) == 64
    assert readings.calls <= 1 + 2 * 6


def test_a_message_that_the_journal_refuses_is_acknowledged_and_not_receipted():
    class Choosy(MemoryJournal):
        def append(self, entries):
            if any(entry.kind is not EntryKind.ARRIVAL or entry.data["seq"] == 2 for entry in entries):
                raise StoreRefusedError("not this one")
            super().append(entries)

    world = World(journal=Choosy())
    world.store(message(1), message(2), message(3))
    assert sorted((messages, outcome is None) for messages, outcome in world.answers) == [
        (1, False),
        (1, False),
        (1, True),
    ]


def test_a_stop_in_the_middle_of_a_search_for_a_fault_gives_up_at_once():
    class Broken(MemoryReadings):
        def write(self, groups):
            if len(groups) > 1:
                raise TypeError("a fault of ours")
            world.storing.stop()
            raise StoreError("gone")

    world = World(Broken())
    world.store(message(1), message(2), message(3), message(4))
    assert world.answers == []
    assert world.storing.gave_up


def test_a_dead_letter_of_ours_waits_for_a_journal_that_is_away():
    class Away(MemoryJournal):
        def append(self, entries):
            world.storing.stop()
            raise StoreError("gone")

    class Faulty(MemoryReadings):
        def write(self, groups):
            raise TypeError("a fault of ours")

    world = World(Faulty(), Away())
    world.store(message(1))
    assert world.answers == []
