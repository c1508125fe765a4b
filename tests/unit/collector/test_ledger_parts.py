"""The small parts of the ledger: work that stays bounded, turns, partitions, the tail's memory."""

from dataclasses import replace

import pytest

from meterproof_collector.ledger import journal_tail, told_events
from meterproof_collector.ledger.agenda import Agenda, Pace
from meterproof_collector.ledger.journal_tail import JournalTail
from meterproof_collector.ledger.partition import Partition
from meterproof_collector.ledger.point_reader import PointReader
from meterproof_collector.ledger.told_events import Decisions, ToldEvents, holding, recount
from meterproof_collector.ledger.workload import Stretch, Workload
from meterproof_core.errors import SettingsError
from meterproof_core.memory import MemoryJournal, MemoryReadings
from meterproof_core.storage import END_OF_TIME_MS, EntryKind, JournalEntry, ReadingsQuery, SeriesKey
from meterproof_mv.ledger import LedgerEvent

HOUR = 3_600_000
KEY = ("plant-a", "main")
SERIES = SeriesKey("plant-a", "main", "energy_import_kwh")


def stretch(first, last, configs=("c1",)):
    return Stretch(first, last, 0, set(configs))


def spans(work, key=KEY):
    return [(each.first_ms, each.last_ms) for each in work[key]]


# ---------------------------------------------------------------- workload


def test_stretches_that_lie_near_each_other_are_one():
    work = Workload()
    work.put(KEY, stretch(0, HOUR))
    work.put(KEY, stretch(5 * HOUR, 6 * HOUR, ["c2"]))
    assert spans(work) == [(0, 6 * HOUR)]
    assert work[KEY][0].configs == {"c1", "c2"}


def test_a_backfill_of_long_ago_does_not_make_the_live_stretch_longer():
    work = Workload()
    work.put(KEY, stretch(1000 * HOUR, 1001 * HOUR))
    work.put(KEY, stretch(0, HOUR))
    assert spans(work) == [(0, HOUR), (1000 * HOUR, 1001 * HOUR)]


def test_a_stretch_that_fills_the_hole_between_two_makes_them_one():
    work = Workload()
    for first in (0, 20, 10):
        work.put(KEY, stretch(first * HOUR, (first + 5) * HOUR))
    assert spans(work) == [(0, 25 * HOUR)]


def test_a_point_never_has_more_than_four_stretches_and_the_nearest_two_are_merged():
    work = Workload()
    for first in (0, 100, 130, 200, 300):
        work.put(KEY, stretch(first * HOUR, first * HOUR))
    assert spans(work) == [(hour * HOUR, end * HOUR) for hour, end in ((0, 0), (100, 130), (200, 200), (300, 300))]


def test_what_is_put_in_is_not_changed():
    mine = stretch(0, HOUR)
    work = Workload()
    work.put(KEY, mine)
    work.put(KEY, stretch(HOUR, 2 * HOUR, ["c2"]))
    assert (mine.last_ms, mine.configs) == (HOUR, {"c1"})


# ---------------------------------------------------------------- agenda


def test_a_point_whose_series_takes_long_rests_ten_times_as_long():
    agenda = Agenda(Pace(pass_every_s=1, hold_s=0), 900_000)
    agenda.put(KEY, stretch(0, 10), 0.0)
    (work,) = agenda.take(0.0, everything=False)
    agenda.done(*work, 3.0, 3.0)
    agenda.put(KEY, stretch(0, 10), 3.0)
    assert agenda.due_s() == 33.0
    assert agenda.take(32.0, everything=False) == []
    assert len(agenda.take(33.0, everything=False)) == 1


def test_a_point_that_rests_is_taken_when_everything_is_asked_for():
    agenda = Agenda(Pace(), 900_000)
    agenda.put(KEY, stretch(0, 10), 0.0)
    agenda.done(KEY, [stretch(0, 10)], 100.0, 100.0)
    assert len(agenda.take(101.0, everything=True)) == 1
    assert agenda.due_s() is None


def test_in_lock_step_nobody_rests():
    agenda = Agenda(Pace(pass_every_s=0, hold_s=0), 900_000)
    agenda.done(KEY, [stretch(0, 10)], 100.0, 100.0)
    agenda.put(KEY, stretch(0, 10), 100.0)
    assert agenda.due_s() <= 100.0


# ---------------------------------------------------------------- partition


@pytest.mark.parametrize(("part", "parts"), [(0, 1), (3, 2), (1, 0)])
def test_a_part_that_is_none_is_refused(part, parts):
    with pytest.raises(SettingsError, match=f"part {part} of {parts}"):
        Partition(part, parts)


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_every_plant_belongs_to_exactly_one_part_and_no_part_is_left_without(parts):
    held = [[Partition(part, parts).holds(f"plant-{number}") for part in range(1, parts + 1)] for number in range(200)]
    assert all(sum(row) == 1 for row in held)
    assert all(any(column) for column in zip(*held, strict=True))


# ---------------------------------------------------------------- tail


def entry(number, at_ms=0):
    return JournalEntry(f"arrival/{number}", EntryKind.ARRIVAL, "plant-a", at_ms or number, {})


def test_what_was_seen_longest_ago_is_forgotten_and_told_again(monkeypatch):
    monkeypatch.setattr(journal_tail, "_MOST_IDS", 3)
    tail = JournalTail(MemoryJournal(), lambda _: True, now_ms=lambda: 10, overlap_ms=5)
    assert len(tail.saw([entry(number) for number in range(5)])) == 5
    assert [seen.entry_id for seen in tail.saw([entry(1), entry(2), entry(4)])] == ["arrival/1"]


def test_what_other_plants_bring_moves_the_tail_on():
    journal = MemoryJournal()
    tail = JournalTail(journal, lambda _: False, now_ms=lambda: 10**9, overlap_ms=5)
    journal.append([entry(1, 1000)])
    assert tail.look_widely() == []
    assert (tail.covered_ms, tail.newest_ms, tail.since_ms) == (1000, 1000, 995)


# ---------------------------------------------------------------- point reader


NO_READINGS = MemoryReadings().read(ReadingsQuery("plant-a", "main", (), 0, 1))


def reader_of(rows=0):
    asked = Stretch(0, 10_000 * HOUR, 0, {"c1"}, rows)
    return PointReader(MemoryReadings(), "plant-a", "main", asked, 900_000, 900_000)


def readings_at(*t_ms):
    return replace(NO_READINGS, t_ms=list(t_ms))


def test_behind_the_last_reading_there_is_no_part():
    part = reader_of().first_part()
    assert reader_of().part_behind(part, NO_READINGS) is None
    assert reader_of().part_behind(part, readings_at(part.last_ms)) is None


def test_a_stretch_of_few_readings_is_one_part_and_one_of_many_is_cut():
    few, many = reader_of(100).first_part(), reader_of(1_000_000).first_part()
    assert few.last_ms == 10_000 * HOUR
    assert many.last_ms == 1_000 * HOUR
    assert reader_of().first_part().last_ms == 48 * HOUR


def test_a_part_behind_begins_with_the_next_reading_and_is_as_long_as_readings_are_dense():
    reader = reader_of()
    next_ms = reader.first_part().last_ms + 5 * HOUR
    behind = reader.part_behind(reader.first_part(), readings_at(next_ms - 100, next_ms))
    assert (behind.first_ms, behind.last_ms) == (next_ms - 100, next_ms - 100 + 50 * 100_000)


# ---------------------------------------------------------------- told events


def decisions(*events, key=SERIES):
    return Decisions(key, 0, END_OF_TIME_MS, events, None)


def test_a_decision_that_holds_is_told_once_withdrawn_once_and_told_again_under_another_name():
    journal = MemoryJournal()
    glitch = LedgerEvent("glitch", 5, {"samples": 1})
    for at_ms, events in enumerate([[glitch], [glitch], [], [], [glitch]]):
        journal.append(ToldEvents(journal).news(decisions(*events), at_ms))
    told = journal.read([EntryKind.EVENT])
    assert [entry.data["code"] for entry in told] == ["glitch", "withdrawn", "glitch"]
    assert told[1].data["withdraws"] == told[0].entry_id
    assert told[2].entry_id == f"{told[0].entry_id}/again/1"
    assert [entry.entry_id for entry in holding(told)] == [told[0].entry_id]


def test_other_events_of_the_plant_and_recounts_are_no_decisions():
    journal = MemoryJournal()
    others = {"point": "main", "code": "two_gateways", "t_ms": 5}
    journal.append([JournalEntry("event/1", EntryKind.EVENT, "plant-a", 1, others), recount(SERIES, (0, 900_000), 2)])
    assert ToldEvents(journal).news(decisions(), 3) == []


def test_plants_that_were_asked_for_longest_ago_are_forgotten_and_read_again(monkeypatch):
    monkeypatch.setattr(told_events, "_MOST_TOLD", 2)
    reads = []

    class Watched(MemoryJournal):
        def read(self, kinds, plant=None, since_ms=0, *, limit=None):
            reads.append(plant)
            return super().read(kinds, plant, since_ms, limit=limit)

    journal, names = Watched(), ("plant-a", "plant-b", "plant-c")
    told = ToldEvents(journal)
    for name in (*names, "plant-a"):
        key = SeriesKey(name, "main", "energy_import_kwh")
        news = told.news(decisions(LedgerEvent("glitch", 5, {}), LedgerEvent("reset", 6, {}), key=key), 1)
        journal.append(news)
        told.told(news)
    assert reads == [*names, "plant-a"]
    assert len(journal.read([EntryKind.EVENT])) == 6
