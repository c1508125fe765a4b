"""The collector's thread: answers follow the store, and a stop loses nothing that was taken."""

import threading

from meterproof_collector.collector import Collector
from meterproof_collector.ledger.plan import LedgerPlan
from meterproof_collector.limits import Limits, Retry
from meterproof_collector.messages.intake import Delivered
from meterproof_collector.rising_clock import RisingClock
from meterproof_collector.watching.watch import Watch
from meterproof_core.errors import StoreError
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings
from meterproof_core.storage import EntryKind, JournalEntry
from meterproof_core.wire import Batch, ClockState, Group, encode


def message(seq):
    group = Group("main", ["power_active_kw"], [seq * 1000 + 1], [[1.0]])
    payload = encode(Batch(1, "s1", seq, "c1", ClockState.SYNCED, [group]))
    return Delivered("meterproof/v1/plant-a/gw/readings", payload, seq)


class Source:
    """A source under the test's control; `answered` is set after so many receipts."""

    def __init__(self, expect=1):
        self.acknowledged, self.receipts, self.expect = [], [], expect
        self.answered = threading.Event()
        self.deliver = None
        self.connected = True

    def start(self, deliver):
        self.deliver = deliver

    def acknowledge(self, delivered):
        self.acknowledged += [item.token for item in delivered]

    def publish(self, topic, receipt):
        self.receipts.append(receipt)
        if sum(last - first + 1 for told in self.receipts for first, last in told.stored) >= self.expect:
            self.answered.set()

    def stop(self):
        self.deliver = None


def collector(source, readings=None, journal=None, **limits):
    return Collector(
        source, readings or MemoryReadings(), MemoryIntervals(), journal or MemoryJournal(),
        now_ms=lambda: 1000, limits=Limits(retry=Retry(0.01, 0.01), **limits),
    )  # fmt: skip


def test_messages_are_acknowledged_in_the_order_they_came_and_receipted():
    source = Source(expect=50)
    running = collector(source, lot=7)
    running.start()
    for seq in range(50):
        source.deliver(message(seq))
    assert source.answered.wait(10)
    running.stop()
    assert source.acknowledged == list(range(50))
    assert running.counts.batches == 50
    assert (running.waiting_points, running.failed_points) == (["plant-a/main"], {})


def test_a_store_that_fails_for_a_while_is_tried_again_and_only_then_answered():
    class Flaky(MemoryReadings):
        failures = 3

        def write(self, groups):
            if self.failures:
                self.failures -= 1
                assert not source.acknowledged
                raise StoreError("busy")
            super().write(groups)

    source = Source()
    running = collector(source, Flaky())
    running.start()
    source.deliver(message(1))
    assert source.answered.wait(10)
    running.stop()
    assert source.acknowledged == [1]


def test_a_stop_while_the_store_is_away_answers_nothing():
    class Away(MemoryReadings):
        def write(self, groups):
            tried.set()
            raise StoreError("gone")

    tried = threading.Event()
    source = Source()
    running = collector(source, Away())
    running.start()
    source.deliver(message(1))
    assert tried.wait(10)
    running.stop()
    assert (source.acknowledged, source.receipts) == ([], [])


def test_a_full_queue_makes_the_source_wait_instead_of_dropping():
    gate = threading.Event()

    class Slow(MemoryReadings):
        def write(self, groups):
            gate.wait(10)
            super().write(groups)

    source = Source(expect=30)
    running = collector(source, Slow(), queue=2, lot=1)
    running.start()
    feeder = threading.Thread(target=lambda: [source.deliver(message(seq)) for seq in range(30)])
    feeder.start()
    gate.set()
    assert source.answered.wait(10)
    feeder.join()
    running.stop()
    assert source.acknowledged == list(range(30))


def test_what_was_taken_before_a_stop_is_stored():
    journal = MemoryJournal()
    source = Source()
    running = collector(source, journal=journal)
    running.start()
    for seq in range(20):
        source.deliver(message(seq))
    running.stop()
    assert len(journal.read([EntryKind.ARRIVAL])) == 20


def test_the_clock_of_the_journal_never_goes_back():
    times = iter([5, 3, 9])
    clock = RisingClock(lambda: next(times), 4)
    assert [clock(), clock(), clock()] == [5, 5, 9]


def test_a_message_that_meets_a_fault_of_ours_is_set_aside_and_the_others_go_on():
    class Faulty(MemoryReadings):
        def write(self, groups):
            if any(item.seq == 3 for item in groups):
                raise TypeError("a fault of ours")
            super().write(groups)

    journal = MemoryJournal()
    source = Source(expect=5)
    running = collector(source, Faulty(), journal)
    running.start()
    for seq in range(6):
        source.deliver(message(seq))
    assert source.answered.wait(10)
    running.stop()
    assert sorted(source.acknowledged) == list(range(6))
    (letter,) = journal.read([EntryKind.DEAD_LETTER])
    assert letter.data["reason"] == "TypeError: a fault of ours"
    stored = [seq for told in source.receipts for first, last in told.stored for seq in range(first, last + 1)]
    assert sorted(stored) == [0, 1, 2, 4, 5]
    assert not any(told.rejected for told in source.receipts)


def test_an_entry_of_another_collector_that_lies_a_day_ahead_holds_no_clock_and_is_told():
    journal = MemoryJournal()
    data = {"gateway": "gw-b", "stream": "sb", "seq": 1, "config": "c", "points": {}}
    journal.append([JournalEntry("arrival/b", EntryKind.ARRIVAL, "plant-b", 86_400_000, data)])
    source = Source()
    running = collector(source, journal=journal)
    running.start()
    source.deliver(message(1))
    assert source.answered.wait(10)
    running.stop()
    assert [entry.at_ms for entry in journal.read([EntryKind.ARRIVAL], "plant-a")] == [1000]
    (event,) = journal.read([EntryKind.EVENT])
    assert (event.data["code"], event.data["entry"], event.at_ms) == ("clock_ahead", "arrival/b", 1000)
    (alarm,) = [one for one in Watch(running, journal, now_ms=lambda: 1000, broker="b").alarms() if "clock" in one.code]
    assert "plant-b/gw-b" in alarm.thing


def test_a_clock_put_back_over_a_restart_skips_no_arrival():
    journal = MemoryJournal()
    journal.append([JournalEntry("m", EntryKind.LEDGER_MARK, "", 10, {"through_ms": 250_000})])
    source = Source()
    running = collector(source, journal=journal)
    running.start()
    source.deliver(message(1))
    assert source.answered.wait(10)
    running.stop()
    (entry,) = journal.read([EntryKind.ARRIVAL])
    assert entry.at_ms >= 250_000


def test_a_source_that_cannot_take_an_answer_does_not_stop_the_road():
    class Deaf(Source):
        deaf = True

        def acknowledge(self, delivered):
            if self.deaf:
                self.deaf = False
                raise TypeError("a fault of the driver")
            super().acknowledge(delivered)

    source = Deaf()
    running = collector(source, lot=1)
    running.start()
    source.deliver(message(1))
    source.deliver(message(2))
    assert source.answered.wait(10)
    assert running.alive
    running.stop()
    assert source.acknowledged == [2]


def test_a_lot_is_closed_by_its_values_and_by_its_wait():
    sizes = []

    class Seeing(MemoryReadings):
        def write(self, groups):
            sizes.append(len(groups))
            super().write(groups)

    source = Source(expect=10)
    running = collector(source, Seeing(), lot_values=3, lot_wait_s=0.02)
    for seq in range(10):
        running._gathering.deliver(message(seq))
    running.start()
    assert source.answered.wait(10)
    running.stop()
    assert max(sizes) == 3
    assert sum(sizes) == 10


def test_payload_bytes_bound_what_is_held_and_nothing_is_dropped():
    gate, held = threading.Event(), []

    class Slow(MemoryReadings):
        def write(self, groups):
            gate.wait(10)
            held.append(running.held[1])
            super().write(groups)

    size = len(message(100).payload)
    source = Source(expect=50)
    running = collector(source, Slow(), queue_bytes=5 * size, lot=2)
    running.start()
    feeder = threading.Thread(target=lambda: [source.deliver(message(100 + seq)) for seq in range(50)])
    feeder.start()
    gate.set()
    assert source.answered.wait(10)
    feeder.join()
    running.stop()
    assert source.acknowledged == [100 + seq for seq in range(50)]
    assert max(held) <= 5 * size
    assert running.held == (0, 0)


def test_a_stop_is_bounded_while_the_store_hangs_and_nothing_is_answered():
    release, hanging = threading.Event(), threading.Event()

    class Hanging(MemoryReadings):
        def write(self, groups):
            hanging.set()
            release.wait(60)

    source = Source()
    running = collector(source, Hanging(), stop_s=0.05)
    running.start()
    source.deliver(message(1))
    assert hanging.wait(10)
    running.stop()
    assert (source.acknowledged, source.receipts) == ([], [])
    release.set()


def test_a_dead_letter_is_replayed_beside_what_comes_and_its_gateway_gets_a_receipt():
    source, journal = Source(expect=2), MemoryJournal()
    running = collector(source, journal=journal)
    running.start()
    running.road.set_aside(message(7), TypeError("a fault of ours, mended by now"))
    (letter,) = journal.read([EntryKind.DEAD_LETTER])
    assert running.replay(letter.entry_id)["result"] == "stored"
    source.deliver(message(8))
    assert source.answered.wait(10)
    running.stop()
    assert [told.stored for told in source.receipts] == [[(7, 7)], [(8, 8)]]


def test_a_collector_without_a_ledger_stores_and_answers_all_the_same():
    source, journal = Source(), MemoryJournal()
    running = Collector(
        source, MemoryReadings(), MemoryIntervals(), journal, now_ms=lambda: 1000, ledger=LedgerPlan(None)
    )
    running.start()
    source.deliver(message(1))
    assert source.answered.wait(10)
    assert running.wait_until_idle(0)
    running.stop()
    assert (running.waiting_points, running.failed_points) == ([], {})
    assert journal.read([EntryKind.LEDGER_MARK]) == []
