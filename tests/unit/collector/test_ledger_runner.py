"""The thread that keeps the ledger: nothing that arrived is forgotten."""

import threading

import pytest

from meterproof_collector.configurations import Configurations
from meterproof_collector.ledger_runner import LedgerRunner
from meterproof_core.errors import StoreError
from meterproof_core.memory import MemoryJournal
from meterproof_core.storage import EntryKind, JournalEntry
from meterproof_core.wire import CounterSpec, Meters, PointConfig

SPEC = CounterSpec("i64", 0.001, None, 1.0, 100.0)
METERS = Meters(1, "c1", [PointConfig("main", "m", 1, 1000, ["energy_import_kwh"], {"energy_import_kwh": SPEC})])


def arrival(seq, first, last, *, at_ms=0, config="c1"):
    data = {"config": config, "points": {"main": [first, last, 2]}}
    return JournalEntry(f"arrival/{seq}", EntryKind.ARRIVAL, "plant-a", at_ms or seq, data)


class Books:
    """Records what it was asked to do; fails as often as it is told to."""

    def __init__(self, failures=0):
        self.calls = []
        self.failures = failures

    def bring_up_to_date(self, plant, point, stretch, at_ms):
        if self.failures:
            self.failures -= 1
            raise StoreError("busy")
        self.calls.append((plant, point, stretch.first_ms, stretch.last_ms))


@pytest.fixture
def journal():
    return MemoryJournal()


def runner(books, journal, *, known=True, mark_every=1000):
    configurations = Configurations()
    if known:
        configurations.add(METERS)
    return LedgerRunner(books, configurations, journal, now_ms=lambda: 99, mark_every=mark_every)


def test_arrivals_of_a_point_are_worked_through_as_one_stretch(journal):
    books = Books()
    ledger = runner(books, journal)
    ledger.add([arrival(1, 10, 20), arrival(2, 5, 12), arrival(3, 30, 40)])
    ledger.start()
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert books.calls == [("plant-a", "main", 5, 40)]


def test_a_restart_takes_up_what_has_arrived_since_the_last_mark(journal):
    journal.append([arrival(1, 10, 20, at_ms=100), arrival(2, 30, 40, at_ms=200)])
    journal.append([JournalEntry("mark", EntryKind.LEDGER_MARK, "", 150, {"through_ms": 150})])
    books = Books()
    ledger = runner(books, journal)
    ledger.start()
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert books.calls == [("plant-a", "main", 30, 40)]


def test_a_clean_stop_finishes_the_work_and_leaves_a_mark(journal):
    books = Books()
    ledger = runner(books, journal)
    ledger.start()
    ledger.add([arrival(1, 10, 20, at_ms=700)])
    ledger.stop()
    assert books.calls == [("plant-a", "main", 10, 20)]
    assert [entry.data["through_ms"] for entry in journal.read([EntryKind.LEDGER_MARK])] == [700]


def test_after_so_many_arrivals_a_mark_is_written_without_a_stop(journal):
    marked = threading.Event()

    class Watched(MemoryJournal):
        def append(self, entries):
            super().append(entries)
            marked.set()

    ledger = runner(Books(), watched := Watched(), mark_every=2)
    ledger.start()
    ledger.add([arrival(1, 10, 20), arrival(2, 20, 30)])
    assert marked.wait(10)
    assert len(watched.read([EntryKind.LEDGER_MARK])) == 1
    ledger.stop()


def test_arrivals_under_an_unknown_configuration_wait_for_it_and_are_not_marked_as_done(journal):
    books = Books()
    ledger = runner(books, journal, known=False)
    ledger.start()
    ledger.add([arrival(1, 10, 20)])
    assert ledger.waiting_points == ["plant-a/main"]
    ledger.configured(METERS)
    assert ledger.wait_until_idle(10)
    assert books.calls == [("plant-a", "main", 10, 20)]
    assert ledger.waiting_points == []
    ledger.stop()


def test_a_stop_while_arrivals_wait_for_their_configuration_leaves_them_to_the_next_run(journal):
    ledger = runner(Books(), journal, known=False)
    ledger.start()
    journal.append([waiting := arrival(1, 10, 20, at_ms=70)])
    ledger.add([waiting])
    ledger.stop()
    books = Books()
    again = runner(books, journal)
    again.start()
    again.stop()
    assert books.calls == [("plant-a", "main", 10, 20)]


def test_a_store_that_is_busy_for_a_moment_is_asked_again(journal, monkeypatch):
    monkeypatch.setattr("meterproof_collector.ledger_runner._RETRY_S", 0.01)
    books = Books(failures=2)
    ledger = runner(books, journal)
    ledger.start()
    ledger.add([arrival(1, 10, 20)])
    ledger.wait_until_idle(10)
    ledger.stop()
    assert books.calls == [("plant-a", "main", 10, 20)]


def test_a_stop_does_not_wait_for_a_store_that_stays_away(journal):
    ledger = runner(Books(failures=10**9), journal)
    ledger.add([arrival(1, 10, 20)])
    ledger.start()
    ledger.stop()
    assert journal.read([EntryKind.LEDGER_MARK]) == []


def test_a_configuration_that_changes_nothing_for_a_point_keeps_its_counters():
    configurations = Configurations()
    configurations.add(METERS)
    assert configurations.counters("c1", "main") == ("energy_import_kwh",)
    assert configurations.counter("c1", "main", "energy_import_kwh") == SPEC
    assert configurations.counter("c1", "main", "other") is None
    assert not configurations.knows("c2", "main")


def test_a_point_that_fails_stops_no_other_and_is_shown(journal):
    class Picky(Books):
        def bring_up_to_date(self, plant, point, stretch, at_ms):
            if point == "bad":
                raise ValueError("no register makes sense")
            super().bring_up_to_date(plant, point, stretch, at_ms)

    bad = JournalEntry("arrival/9", EntryKind.ARRIVAL, "plant-a", 9, {"config": "c1", "points": {"bad": [1, 2, 2]}})
    points = [*METERS.points, PointConfig("bad", "m", 1, 1000, ["energy_import_kwh"])]
    books = Picky()
    ledger = runner(books, journal)
    ledger.configured(Meters(1, "c1", points))
    ledger.start()
    ledger.add([bad, arrival(1, 10, 20)])
    assert ledger.wait_until_idle(10)
    assert ledger.failed_points == {"plant-a/bad": "ValueError: no register makes sense"}
    ledger.add([arrival(2, 30, 40)])
    ledger.stop()
    assert books.calls == [("plant-a", "main", 10, 20), ("plant-a", "main", 30, 40)]


def test_a_point_that_recovers_is_no_longer_shown(journal):
    class Once(Books):
        def bring_up_to_date(self, *arguments):
            if not self.calls:
                self.calls.append("failed")
                raise ValueError("not yet")

    ledger = runner(Once(), journal)
    ledger.start()
    ledger.add([arrival(1, 10, 20)])
    assert ledger.wait_until_idle(10)
    assert list(ledger.failed_points) == ["plant-a/main"]
    ledger.add([arrival(2, 30, 40)])
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert ledger.failed_points == {}


def test_a_point_that_waits_for_its_configuration_holds_the_mark_back_only_to_its_own_arrival(journal):
    ledger = runner(Books(), journal, known=False)
    ledger.configured(METERS)
    waiting = JournalEntry(
        "arrival/5", EntryKind.ARRIVAL, "plant-a", 500, {"config": "c9", "points": {"new": [1, 2, 2]}}
    )
    ledger.start()
    ledger.add([arrival(1, 10, 20, at_ms=100), waiting, arrival(2, 30, 40, at_ms=900)])
    ledger.stop()
    assert [entry.data["through_ms"] for entry in journal.read([EntryKind.LEDGER_MARK])] == [499]
