"""The thread that keeps the ledger: nothing that arrived is forgotten, whoever wrote it."""

import itertools
import threading

import msgspec
import pytest

from meterproof_collector.ledger.agenda import LOCK_STEP, Pace
from meterproof_collector.ledger.configurations import Configurations
from meterproof_collector.ledger.partition import Partition
from meterproof_collector.ledger.runner import LedgerRunner, last_mark
from meterproof_core.errors import StoreError, StoreInDoubtError, StoreRefusedError
from meterproof_core.memory import MemoryJournal
from meterproof_core.storage import END_OF_TIME_MS, EntryKind, JournalEntry, PointExtent
from meterproof_core.wire import CounterSpec, Meters, PointConfig

NAME = "energy_import_kwh"
SPEC = CounterSpec("i64", 0.001, None, 1.0, 100.0)
METERS = Meters(1, "c1", [PointConfig("main", "m", 1, 1000, [NAME], {NAME: SPEC})])
NOW_MS = 10_000_000
PATIENT = Pace(pass_every_s=0.0, hold_s=0.0, retry_s=0.001)
NEVER = 1e9
"""A pause that no test lives to see the end of [s]."""


def arrival(seq, first, last, *, at_ms=0, config="c1", plant="plant-a", point="main"):
    data = {"config": config, "points": {point: [first, last, 2]}}
    return JournalEntry(f"arrival/{plant}/{seq}", EntryKind.ARRIVAL, plant, at_ms or seq, data)


def configuration(meters, *, at_ms=1, plant="plant-a"):
    return JournalEntry(f"config/{plant}/{meters.config}", EntryKind.CONFIG, plant, at_ms, msgspec.to_builtins(meters))


def mark(through_ms, *, at_ms=1, **data):
    return JournalEntry(f"mark/{at_ms}", EntryKind.LEDGER_MARK, "", at_ms, {"through_ms": through_ms, **data})


class Books:
    """Records what it was asked to do; fails as it is told to."""

    interval_ms = 900_000

    def __init__(self, *errors, extents=(), unknown=()):
        self.calls = []
        self.errors = list(errors)
        self.found = extents
        self.unknown = set(unknown)
        self.called = threading.Semaphore(0)

    def extents(self):
        return self.found

    def bring_up_to_date(self, plant, point, stretch, at_ms):
        if self.errors and (error := self.errors.pop(0)):
            raise error
        self.calls.append((plant, point, stretch.first_ms, stretch.last_ms))
        self.called.release()
        return set(self.unknown)


@pytest.fixture
def journal():
    return MemoryJournal()


def runner(books, journal, *, known=True, pace=LOCK_STEP, partition=None):
    if known:
        journal.append([configuration(METERS)])
    return LedgerRunner(
        books,
        Configurations(journal.read([EntryKind.CONFIG])),
        journal,
        now_ms=lambda: NOW_MS,
        pace=pace,
        partition=partition or Partition(),
    )


def done_by(ledger):
    """Let a runner work off what there is, and end."""
    ledger.start()
    assert ledger.wait_until_idle(10)
    ledger.stop()


def marks(journal):
    return [entry.data["through_ms"] for entry in journal.read([EntryKind.LEDGER_MARK])]


def test_arrivals_of_a_point_are_worked_through_as_one_stretch(journal):
    books = Books()
    ledger = runner(books, journal)
    ledger.add([arrival(1, 10, 20), arrival(2, 5, 12), arrival(3, 30, 40)])
    done_by(ledger)
    assert books.calls == [("plant-a", "main", 5, 40)]


def test_what_another_process_wrote_is_found_in_the_journal(journal):
    books = Books()
    ledger = runner(books, journal)
    ledger.start()
    journal.append([arrival(1, 10, 20, at_ms=NOW_MS)])
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert books.calls == [("plant-a", "main", 10, 20)]


def test_what_is_handed_over_and_stands_in_the_journal_is_done_once(journal):
    books = Books()
    ledger = runner(books, journal)
    ledger.start()
    entry = arrival(1, 10, 20, at_ms=NOW_MS)
    journal.append([entry])
    ledger.add([entry])
    assert ledger.wait_until_idle(10)
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert books.calls == [("plant-a", "main", 10, 20)]


def test_an_arrival_of_a_collector_whose_clock_is_behind_is_found(journal):
    books = Books()
    ledger = runner(books, journal)
    ledger.add([arrival(1, 10, 20, at_ms=NOW_MS)])
    ledger.start()
    assert ledger.wait_until_idle(10)
    journal.append([arrival(2, 50_000_000, 50_000_010, at_ms=NOW_MS - 200_000)])
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert books.calls[-1] == ("plant-a", "main", 50_000_000, 50_000_010)


def test_a_collector_whose_clock_is_ahead_hides_nobody_elses_arrivals(journal):
    books = Books()
    ledger = runner(books, journal)
    ledger.start()
    journal.append([arrival(1, 10, 20, at_ms=NOW_MS + 86_400_000)])
    assert ledger.wait_until_idle(10)
    journal.append([arrival(2, 50_000_000, 50_000_010, at_ms=NOW_MS)])
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert books.calls[-1] == ("plant-a", "main", 50_000_000, 50_000_010)
    assert marks(journal)[-1] == NOW_MS


def test_a_restart_takes_up_what_has_arrived_since_an_overlap_before_the_last_mark(journal):
    journal.append([arrival(1, 10, 20, at_ms=100), arrival(2, 90_000_000, 90_000_010, at_ms=900_000), mark(1_000_000)])
    books = Books()
    done_by(runner(books, journal))
    assert books.calls == [("plant-a", "main", 90_000_000, 90_000_010)]


def test_a_start_without_a_mark_goes_through_all_readings_once(journal):
    extents = [PointExtent("plant-a", "main", 10, 20, 3), PointExtent("plant-a", "new", 10, 20, 3)]
    books = Books(extents=extents)
    ledger = runner(books, journal)
    ledger.start()
    assert ledger.wait_until_idle(10)
    assert ledger.waiting_points == ["plant-a/new"]
    ledger.stop()
    assert books.calls == [("plant-a", "main", 10, 20)]
    again = Books(extents=extents)
    done_by(runner(again, journal))
    assert again.calls == []


def test_a_mark_of_another_partitioning_is_none(journal):
    journal.append([mark(1_000_000, partition="1/2")])
    assert last_mark(journal, Partition(1, 2)) is not None
    assert last_mark(journal, Partition(1, 3)) is None
    books = Books(extents=[PointExtent("plant-a", "main", 10, 20, 3)])
    done_by(runner(books, journal))
    assert books.calls == [("plant-a", "main", 10, 20)]


def test_a_mark_that_is_hidden_behind_many_of_another_partition_is_found(journal):
    journal.append([mark(5, partition="2/2", at_ms=1)])
    journal.append([mark(number, partition="1/2", at_ms=number) for number in range(10, 200)])
    assert last_mark(journal, Partition(2, 2)).data["through_ms"] == 5
    assert last_mark(journal).data["through_ms"] == 199


def test_each_partition_works_for_its_own_plants_only(journal):
    plants = [f"plant-{number}" for number in range(20)]
    journal.append([configuration(METERS, plant=plant) for plant in plants])
    both = []
    for part in (1, 2):
        books = Books()
        ledger = runner(books, journal, partition=Partition(part, 2))
        ledger.start()
        journal.append([arrival(1, 10, 20, at_ms=NOW_MS, plant=plant) for plant in plants])
        assert ledger.wait_until_idle(10)
        ledger.stop()
        assert 0 < len(books.calls) < 20
        both += [call[0] for call in books.calls]
    assert sorted(both) == sorted(plants)


def test_a_clean_stop_finishes_the_work_and_leaves_a_mark(journal):
    books = Books()
    ledger = runner(books, journal)
    ledger.start()
    ledger.add([arrival(1, 10, 20, at_ms=700_000)])
    ledger.stop()
    assert books.calls == [("plant-a", "main", 10, 20)]
    assert marks(journal)[-1] == 700_000


def test_a_mark_is_written_without_a_stop(journal):
    marked = threading.Event()

    class Watched(MemoryJournal):
        def append(self, entries):
            super().append(entries)
            if entries[0].kind is EntryKind.LEDGER_MARK and entries[0].data["through_ms"] == 700_000:
                marked.set()

    ledger = runner(Books(), watched := Watched(), pace=Pace(pass_every_s=0, hold_s=0, mark_every_s=0, look_every_s=0))
    ledger.start()
    ledger.add([arrival(1, 10, 20, at_ms=700_000)])
    assert marked.wait(10)
    ledger.stop()
    assert marks(watched)[-1] == 700_000


def test_arrivals_under_an_unknown_configuration_wait_for_it(journal):
    books = Books()
    ledger = runner(books, journal, known=False)
    ledger.start()
    ledger.add([arrival(1, 10, 20)])
    assert ledger.waiting_points == ["plant-a/main"]
    journal.append([configuration(METERS)])
    ledger.configured("plant-a", METERS)
    assert ledger.wait_until_idle(10)
    assert books.calls == [("plant-a", "main", 10, 20)]
    assert ledger.waiting_points == []
    ledger.stop()


def test_a_configuration_that_another_process_wrote_is_found_however_old_its_entry_is(journal):
    books = Books()
    ledger = runner(books, journal, known=False)
    ledger.start()
    ledger.add([arrival(1, 10, 20, at_ms=NOW_MS)])
    journal.append([configuration(METERS, at_ms=1)])
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert books.calls == [("plant-a", "main", 10, 20)]


def test_readings_under_an_unknown_configuration_among_others_wait_alone(journal):
    books = Books(unknown={"c9"})
    ledger = runner(books, journal)
    ledger.start()
    ledger.add([arrival(1, 10, 20)])
    assert ledger.wait_until_idle(10)
    assert books.calls == [("plant-a", "main", 10, 20)]
    assert ledger.waiting_points == ["plant-a/main"]
    ledger.stop()


def test_a_limit_that_is_loosened_brings_back_all_readings_of_the_point(journal):
    books = Books()
    ledger = runner(books, journal)
    ledger.start()
    looser = Meters(
        1,
        "c2",
        [PointConfig("main", "m", 1, 1000, [NAME], {NAME: msgspec.structs.replace(SPEC, max_rate_per_h=900.0)})],
    )
    journal.append([configuration(looser, at_ms=NOW_MS)])
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert books.calls == [("plant-a", "main", 0, END_OF_TIME_MS - 1)]


def test_a_restart_while_arrivals_wait_for_their_configuration_finds_them_in_the_mark(journal):
    ledger = runner(Books(), journal, known=False)
    ledger.start()
    journal.append([waiting := arrival(1, 10, 20, at_ms=70), arrival(2, 1, 2, at_ms=NOW_MS, point="other")])
    ledger.add([waiting])
    ledger.stop()
    assert marks(journal)[-1] == NOW_MS
    books = Books()
    done_by(runner(books, journal))
    assert books.calls == [("plant-a", "main", 10, 20)]


def test_what_a_mark_cannot_list_holds_it_back(journal):
    journal.append([mark(50)])
    many = [arrival(number, 10, 20, at_ms=number * 1000, point=f"new-{number}") for number in range(1, 301)]
    ledger = runner(Books(), journal, known=False)
    ledger.start()
    ledger.add(many)
    ledger.stop()
    newest = journal.read([EntryKind.LEDGER_MARK])[-1]
    assert len(newest.data["undone"]) == 200
    assert newest.data["through_ms"] == 201 * 1000 - 1


def test_a_store_that_is_busy_for_a_moment_is_asked_again(journal):
    books = Books(StoreError("busy"), StoreError("busy"))
    ledger = runner(books, journal, pace=PATIENT)
    ledger.start()
    ledger.add([arrival(1, 10, 20)])
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert books.calls == [("plant-a", "main", 10, 20)]


def test_a_store_that_fails_in_the_middle_of_a_pass_leaves_all_that_was_not_reached(journal):
    points = [PointConfig(name, "m", 1, 1000, [NAME], {NAME: SPEC}) for name in ("a", "b", "c")]
    journal.append([configuration(Meters(1, "c1", points))])
    books = Books(None, StoreError("away"))
    ledger = runner(books, journal, known=False, pace=PATIENT)
    ledger.add([arrival(seq, 10, 20, point=name) for seq, name in enumerate("abc", 1)])
    done_by(ledger)
    assert [call[1] for call in books.calls] == ["a", "c", "b"]


def test_a_journal_that_cannot_be_read_for_a_moment_is_asked_again(journal):
    class Shaky(MemoryJournal):
        failures = 0

        def read(self, *arguments, **options):
            if self.failures:
                self.failures -= 1
                raise StoreError("away")
            return super().read(*arguments, **options)

    books = Books()
    ledger = runner(books, shaky := Shaky(), pace=PATIENT)
    ledger.start()
    shaky.append([arrival(1, 10, 20, at_ms=NOW_MS)])
    shaky.failures = 3
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert books.calls == [("plant-a", "main", 10, 20)]


def test_a_stop_does_not_wait_for_a_store_that_stays_away(journal):
    ledger = runner(Books(*[StoreError("away")] * 1000), journal)
    ledger.start()
    ledger.add([arrival(1, 10, 20, at_ms=900)])
    ledger.stop()
    assert max(marks(journal), default=0) < 900


def test_a_mark_that_cannot_be_written_leaves_the_work_to_a_restart(journal):
    class Full(MemoryJournal):
        def append(self, entries):
            if entries[0].kind is EntryKind.LEDGER_MARK:
                raise StoreError("full")
            super().append(entries)

    full = Full()
    books = Books()
    ledger = runner(books, full)
    ledger.start()
    full.append([arrival(1, 10, 20, at_ms=NOW_MS)])
    ledger.stop()
    assert books.calls == [("plant-a", "main", 10, 20)]
    assert marks(full) == []


def test_a_point_that_fails_stops_no_other_is_shown_and_comes_again_with_its_next_readings(journal):
    points = [*METERS.points, PointConfig("bad", "m", 1, 1000, [NAME])]
    journal.append([configuration(Meters(1, "c1", points))])
    books = Books(ValueError("no register makes sense"))
    ledger = runner(books, journal, known=False)
    ledger.start()
    ledger.add([arrival(9, 1, 2, point="bad"), arrival(1, 10, 20)])
    assert ledger.wait_until_idle(10)
    assert ledger.failed_points == {"plant-a/bad": "ValueError: no register makes sense"}
    assert books.calls == [("plant-a", "main", 10, 20)]
    ledger.add([arrival(10, 5, 6, point="bad")])
    assert ledger.wait_until_idle(10)
    assert books.calls[-1] == ("plant-a", "bad", 1, 6)
    assert ledger.failed_points == {}
    ledger.stop()


def test_what_the_store_refuses_for_good_stops_no_other_point(journal):
    books = Books(StoreRefusedError("too many bits"))
    ledger = runner(books, journal)
    ledger.add([arrival(1, 10, 20)])
    ledger.start()
    assert ledger.wait_until_idle(10)
    assert ledger.failed_points == {"plant-a/main": "StoreRefusedError: too many bits"}
    ledger.stop()


def test_a_point_that_failed_is_tried_again_without_new_readings(journal):
    books = Books(ValueError("not yet"))
    ledger = runner(books, journal, pace=Pace(pass_every_s=0, hold_s=0, retry_point_s=0.001))
    ledger.start()
    ledger.add([arrival(1, 10, 20)])
    assert books.called.acquire(timeout=10)
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert ledger.failed_points == {}


def test_a_point_that_failed_is_tried_again_after_a_restart(journal):
    ledger = runner(Books(ValueError("not yet")), journal)
    ledger.add([arrival(1, 10, 20, at_ms=100)])
    ledger.start()
    ledger.add([arrival(2, 1, 2, at_ms=NOW_MS, point="other")])
    ledger.stop()
    books = Books()
    done_by(runner(books, journal))
    assert ("plant-a", "main", 10, 20) in books.calls


def test_passes_keep_their_distance_and_what_comes_between_is_done_in_one_go(journal):
    books = Books()
    ledger = runner(books, journal, pace=Pace(pass_every_s=NEVER, hold_s=0))
    ledger.start()
    ledger.add([arrival(1, 10, 20)])
    assert books.called.acquire(timeout=10)
    ledger.add([arrival(2, 1_000_000, 1_000_020)])
    ledger.add([arrival(3, 2_000_000, 2_000_020)])
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert books.calls[1:] == [("plant-a", "main", 1_000_000, 2_000_020)]


def test_readings_that_cross_no_boundary_wait_and_those_that_do_are_worked_through(journal):
    books = Books()
    ledger = runner(books, journal, pace=Pace(pass_every_s=0, hold_s=NEVER))
    ledger.start()
    ledger.add([arrival(1, 10, 20)])
    assert books.called.acquire(timeout=10)
    ledger.add([arrival(2, 30, 40)])
    ledger.add([arrival(3, 900_000, 900_010)])
    assert books.called.acquire(timeout=10)
    assert books.calls[1:] == [("plant-a", "main", 30, 900_010)]
    ledger.add([arrival(4, 50, 60)])
    assert books.called.acquire(timeout=10)
    ledger.stop()


def test_a_runner_that_was_never_started_can_be_stopped(journal):
    ledger = runner(Books(), journal)
    ledger.add([arrival(1, 10, 20)])
    assert not ledger.wait_until_idle(0)
    ledger.stop()


def test_a_recount_that_was_cut_short_is_done_again(journal):
    data = {"point": "main", "quantity": NAME, "code": "recount", "t_ms": 900_000, "end_ms": 8_100_000}
    told = {"point": "main", "quantity": NAME, "code": "reset", "t_ms": 900_000}
    journal.append([JournalEntry("event/1", EntryKind.EVENT, "plant-a", 1_000_001, data)])
    journal.append([JournalEntry("event/2", EntryKind.EVENT, "plant-a", 1_000_001, told), mark(1_000_000)])
    books = Books()
    done_by(runner(books, journal))
    assert books.calls == [("plant-a", "main", 900_000, 8_099_999)]


def test_a_ledger_to_which_everything_is_handed_over_does_not_read_the_journal_again():
    reads = []

    class Watched(MemoryJournal):
        def read(self, kinds, *arguments, **options):
            reads.append(tuple(kinds))
            return super().read(kinds, *arguments, **options)

    journal, books = Watched(), Books()
    ledger = runner(books, journal, known=False, pace=Pace(pass_every_s=0, hold_s=0, look_every_s=0))
    ledger.start()
    journal.append([configuration(METERS), entry := arrival(1, 10, 20, at_ms=NOW_MS)])
    reads.clear()
    ledger.configured("plant-a", METERS)
    ledger.add([entry])
    assert ledger.wait_until_idle(10)
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert books.calls == [("plant-a", "main", 10, 20)]
    assert set(reads) <= {(EntryKind.CONFIG,)}
    assert marks(journal)[-1] == NOW_MS


def test_a_replacement_that_was_not_answered_is_looked_at_once_more_after_a_whole_pause(journal):
    books = Books(StoreInDoubtError("no answer"))
    pace = Pace(pass_every_s=0.0, hold_s=0.0, retry_s=0.001, retry_point_s=0.05)
    ledger = runner(books, journal, pace=pace)
    ledger.start()
    ledger.add([arrival(1, 10, 20)])
    assert ledger.wait_until_idle(10)
    for _ in range(2):  # done at the second try, and looked at again when the server may have carried out the first
        assert books.called.acquire(timeout=10)
    ledger.stop()
    assert books.calls == [("plant-a", "main", 10, 20)] * 2


def test_what_was_in_doubt_stands_in_the_mark_until_it_was_looked_at(journal):
    journal.append([configuration(METERS)])
    known, times = Configurations(journal.read([EntryKind.CONFIG])), itertools.count(NOW_MS)
    books = Books(StoreInDoubtError("no answer"))
    ledger = LedgerRunner(books, known, journal, now_ms=lambda: next(times), pace=PATIENT)
    ledger.start()
    ledger.add([arrival(1, 10, 20)])
    assert ledger.wait_until_idle(10)
    ledger.stop()
    again = Books()
    later = runner(again, journal)
    later.start()
    assert later.wait_until_idle(10)
    later.stop()
    assert ("plant-a", "main", 10, 20) in again.calls


def test_a_configuration_of_a_later_version_ends_nobodys_books(journal, caplog):
    later = msgspec.to_builtins(Meters(1, "c9", METERS.points)) | {"points": [{"point": "main", "meter": 7}]}
    journal.append([JournalEntry("config/plant-a/c9", EntryKind.CONFIG, "plant-a", 1, later), configuration(METERS)])
    books = Books()
    ledger = LedgerRunner(
        books, Configurations(journal.read([EntryKind.CONFIG])), journal, now_ms=lambda: NOW_MS, pace=PATIENT
    )
    ledger.start()
    ledger.add([arrival(1, 10, 20), arrival(2, 30, 40, config="c9", point="other")])
    assert ledger.wait_until_idle(10)
    assert books.calls == [("plant-a", "main", 10, 20)]
    assert ledger.waiting_points == ["plant-a/other"]
    assert ledger.alive
    assert "config/plant-a/c9 is not understood" in caplog.text
    ledger.stop()


def test_a_fault_of_ours_does_not_end_the_thread_and_no_mark_hides_what_it_left(journal, monkeypatch):
    books = Books()
    ledger = runner(books, journal)
    taken_in = []

    def fails_once(*args, **kwargs):
        taken_in.append(args)
        if len(taken_in) == 1:
            raise RuntimeError("ours")

    ledger.start()
    monkeypatch.setattr(ledger._desk, "take_in", fails_once)
    ledger.wait_until_idle(0.2)
    assert ledger.wait_until_idle(10)
    assert ledger.alive
    assert ledger.failed_points == {"the ledger itself": "RuntimeError: ours"}
    ledger.add([arrival(1, 10, 20, at_ms=500)])
    assert ledger.wait_until_idle(10)
    assert books.calls == [("plant-a", "main", 10, 20)]
    ledger.stop()
    entry = last_mark(journal)
    assert entry is None or entry.data["through_ms"] < 500


def test_a_configuration_that_is_known_asks_for_nothing(journal):
    reads = []
    read = journal.read
    journal.append([configuration(METERS)])
    ledger = runner(Books(), journal)
    ledger.start()
    assert ledger.wait_until_idle(10)
    journal.read = lambda kinds, *args, **kwargs: (reads.append(list(kinds)), read(kinds, *args, **kwargs))[1]
    for _ in range(5):
        ledger.configured("plant-a", METERS)
    assert ledger.wait_until_idle(10)
    ledger.stop()
    assert [EntryKind.CONFIG] not in reads
