"""The watch knows what the collector knows, and what only the journal does."""

import json
import threading
import urllib.error
import urllib.request

import pytest

from meterproof_collector.collector import Collector
from meterproof_collector.messages.entries import replay_told
from meterproof_collector.messages.intake import Delivered
from meterproof_collector.road.dead_letters import Result, listed, replay
from meterproof_collector.road.road import Road
from meterproof_collector.road.storing import Trouble
from meterproof_collector.watching.condition import Names, condition, is_ready
from meterproof_collector.watching.health import Answer, HealthServer
from meterproof_collector.watching.metrics import Metrics, TimedReadings
from meterproof_collector.watching.recent import Recent
from meterproof_collector.watching.watch import Watch, WatchPolicy
from meterproof_core.errors import SettingsError, StoreError
from meterproof_core.faults import NoFaults
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings
from meterproof_core.storage import EntryKind, JournalEntry
from meterproof_core.wire import Batch, ClockState, Group, encode

TOPIC = "meterproof/v1/plant-a/gw/readings"
NAMES = Names("c1", "mqtt://b:1883", "memory")
MINUTE_MS = 60_000
DAY_MS = 86_400_000
NOW_MS = 1_800_000_000_000


class Source:
    connected = True

    def __init__(self):
        self.receipts = []
        self.receipted = threading.Condition()

    def start(self, deliver):
        self.deliver = deliver

    def acknowledge(self, delivered):
        pass

    def publish(self, topic, receipt):
        with self.receipted:
            self.receipts.append(receipt)
            self.receipted.notify_all()

    def stop(self):
        pass


def message(seq, stream="s1"):
    group = Group("main", ["power_active_kw"], [seq * 1000 + 1], [[1.0]])
    return Delivered(TOPIC, encode(Batch(1, stream, seq, "c1", ClockState.SYNCED, [group])), seq)


class World:
    def __init__(self):
        self.now_ms = NOW_MS
        self.source, self.journal = Source(), MemoryJournal()
        self.collector = Collector(
            self.source, MemoryReadings(), MemoryIntervals(), self.journal, now_ms=lambda: self.now_ms
        )
        self.watch = Watch(self.collector, self.journal, now_ms=lambda: self.now_ms, broker=NAMES.broker)

    def __enter__(self):
        self.collector.start()
        return self

    def __exit__(self, *_):
        self.collector.stop()

    def send(self, *messages):
        self.collector.road.process(messages)

    def codes(self):
        self.watch.refresh()
        return [alarm.code for alarm in self.watch.alarms()]


@pytest.fixture
def world():
    with World() as running:
        yield running


def test_nothing_is_wrong_with_a_collector_that_works(world):
    world.send(message(1), message(2))
    assert world.codes() == []


def test_a_hole_is_an_alarm_when_nothing_has_come_of_it_for_a_quarter_of_an_hour(world):
    world.send(message(1), message(5))
    assert world.codes() == []
    world.now_ms += 16 * MINUTE_MS
    assert world.codes() == ["gap"]
    assert world.watch.alarms()[0].what == "missing seq 2 to 4"
    world.send(message(2), message(3), message(4))
    assert world.codes() == []


def test_what_another_collector_of_the_group_took_is_no_gap(world):
    other = World()
    other.journal = world.journal
    other.collector.road._journal = world.journal
    world.send(message(1), message(3))
    other.send(message(2))
    world.now_ms += 16 * MINUTE_MS
    assert world.codes() == []


def test_a_gap_is_known_again_after_a_restart(world):
    world.send(message(1), message(5))
    world.now_ms += 16 * MINUTE_MS
    again = World()
    again.now_ms = world.now_ms
    again.watch._journal = again.journal = world.journal
    again.watch.rebuild()
    with again:
        assert again.codes() == ["gap"]


def test_losses_and_dead_letters_are_alarms_for_a_day(world):
    lost = {"gateway": "gw", "lost": [{"point": "main", "samples": 3, "reason": "spool full"}]}
    world.journal.append([JournalEntry("loss/1", EntryKind.LOSS, "plant-a", NOW_MS, lost)])
    world.send(Delivered(TOPIC, b"\x00"))
    assert world.codes() == ["loss", "dead_letters"]
    world.now_ms += DAY_MS + 1
    assert world.codes() == []


def test_what_keeps_the_collector_from_its_work_stands_first(world):
    world.send(message(1), message(5), Delivered(TOPIC, b"\x00"))
    world.source.connected = False
    world.collector.store_state.note(Trouble.AWAY, "gone", NOW_MS)
    assert world.codes() == ["store_away", "broker_away", "dead_letters"]
    assert not is_ready(world.collector)


def test_a_collector_whose_threads_have_ended_says_so():
    stopped = World()
    assert "stopped" in stopped.codes()
    assert not is_ready(stopped.collector)


def test_the_journal_is_asked_in_the_background_and_a_failing_one_is_asked_again(world):
    asked = threading.Event()

    class Flaky(MemoryJournal):
        def __init__(self):
            super().__init__()
            self.errors = [StoreError("away"), TypeError("a fault of ours")]

        def read(self, *arguments, **more):
            if self.errors:
                raise self.errors.pop(0)
            asked.set()
            return super().read(*arguments, **more)

    policy = WatchPolicy(every_s=0.001)
    with Watch(world.collector, Flaky(), now_ms=lambda: world.now_ms, broker="b", policy=policy):
        assert asked.wait(10)


def test_the_condition_is_one_object_that_json_can_carry(world):
    world.send(message(1))
    told = condition(NAMES, world.collector, world.watch, world.now_ms)
    assert json.loads(json.dumps(told))["counts"]["batches"] == 1
    assert (told["ok"], told["store"]["last_success_age_s"]) == (True, None)
    world.source.connected = False
    told = condition(NAMES, world.collector, world.watch, world.now_ms)
    assert (told["ok"], told["alarms"][0]["code"]) == (False, "broker_away")


# ---------------------------------------------------------------- figures and HTTP


def test_the_figures_are_those_of_the_collector(world):
    metrics = Metrics()
    metrics.watch(world.collector, world.watch)
    world.send(message(1), message(1), message(5), Delivered(TOPIC, b"\x00"))
    world.now_ms += 16 * MINUTE_MS
    world.watch.refresh()
    metrics.observe_write(0.3)
    page = metrics.page().decode()
    for line in (
        "meterproof_collector_batches_total 3.0",
        "meterproof_collector_duplicates_total 1.0",
        "meterproof_collector_dead_letters_total 1.0",
        "meterproof_collector_missing_batches 3.0",
        'meterproof_collector_alarms{code="gap"} 1.0',
        'meterproof_collector_store_write_seconds_bucket{le="0.5"} 1.0',
    ):
        assert line in page.splitlines()


def test_losses_are_shown_by_reason(world):
    metrics = Metrics()
    metrics.watch(world.collector, world.watch)
    world.collector.road.lost_samples["spool full"] += 7
    assert 'meterproof_collector_lost_samples_total{reason="spool full"} 7.0' in metrics.page().decode()


def test_a_write_is_timed_also_when_it_fails():
    class Failing(MemoryReadings):
        def write(self, groups):
            raise StoreError("gone")

    seen = []
    times = iter([1.0, 3.5])
    timed = TimedReadings(Failing(), seen.append, lambda: next(times))
    with pytest.raises(StoreError):
        timed.write([])
    assert seen == [2.5]
    assert timed.extents() == []


def test_the_server_answers_its_routes_and_nothing_else():
    routes = {"/good": lambda: Answer(b"{}"), "/bad": lambda: Answer(b"x", "text/plain", 503)}
    with HealthServer(routes) as server:
        with urllib.request.urlopen(f"{server.url}/good?x=1", timeout=10) as answer:
            assert (answer.status, answer.read(), answer.headers["Content-Type"]) == (200, b"{}", "application/json")
        for path, status in (("/bad", 503), ("/", 404)):
            with pytest.raises(urllib.error.HTTPError) as error:
                urllib.request.urlopen(f"{server.url}{path}", timeout=10)
            assert error.value.code == status
            error.value.close()


def test_a_port_that_is_taken_is_a_setting_that_cannot_be_used():
    with HealthServer({}) as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(SettingsError, match=f"health: 127.0.0.1:{port} cannot be listened on"):
            HealthServer({}, port=port)


# ---------------------------------------------------------------- what the journal told lately


def letter(number, at_ms):
    data = {"topic": TOPIC, "reason": "no", "bytes": 4, "payload_base64": "YWJj", "stream": None, "seq": None}
    return JournalEntry(f"dead-letter/{number}", EntryKind.DEAD_LETTER, "plant-a", at_ms, data)


def test_a_look_reads_only_what_is_new_and_a_little_before():
    asked = []

    class Seen(MemoryJournal):
        def read(self, kinds, plant=None, since_ms=0, *, limit=None):
            asked.append((since_ms, limit))
            return super().read(kinds, plant, since_ms, limit=limit)

    now_ms = NOW_MS
    journal = Seen()
    recent = Recent(journal, now_ms=lambda: now_ms, keep_ms=DAY_MS)
    recent.look()
    now_ms += 3_600_000
    recent.look()
    assert asked == [
        (since_ms, limit) for since_ms in (NOW_MS - DAY_MS, NOW_MS - 300_000) for limit in (500, 500, 5000)
    ]


def test_letters_are_held_without_their_payload_and_closed_by_a_replay_that_another_process_told():
    journal = MemoryJournal()
    journal.append([letter(1, NOW_MS - 10), letter(2, NOW_MS - 5)])
    recent = Recent(journal, now_ms=lambda: NOW_MS, keep_ms=DAY_MS)
    recent.look()
    assert ["payload_base64" in one.entry.data for one in recent.letters] == [False, False]
    journal.append([replay_told(letter(1, NOW_MS - 10), {"result": "stored", "reason": ""}, NOW_MS)])
    recent.look()
    recent.look()
    assert [(one.is_open, one.replays) for one in recent.letters] == [(False, ("stored",)), (True, ())]


def test_what_is_held_is_bounded(monkeypatch):
    monkeypatch.setattr("meterproof_collector.watching.recent._MOST_HELD", 3)
    journal = MemoryJournal()
    journal.append([letter(number, NOW_MS - 100 + number) for number in range(10)])
    recent = Recent(journal, now_ms=lambda: NOW_MS, keep_ms=DAY_MS)
    recent.look()
    assert [one.entry.entry_id for one in recent.letters] == ["dead-letter/7", "dead-letter/8", "dead-letter/9"]


def test_what_a_command_replayed_beside_a_running_collector_reaches_its_ledger(world):
    world.collector.road.set_aside(message(7), TypeError("mended by now"))
    (letter,) = listed(world.journal)
    beside = Road(MemoryReadings(), world.journal, now_ms=lambda: world.now_ms, faults=NoFaults())
    assert replay(world.journal, letter, beside.process, world.now_ms).result is Result.STORED
    assert world.collector.waiting_points == []
    world.watch.refresh()
    assert world.collector.waiting_points == ["plant-a/main"]
