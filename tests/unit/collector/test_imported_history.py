"""History that was imported from a file lies in the books beside what registers gave, and the ledger lets it lie."""

import numpy as np
import pytest

from meterproof_collector.ledger.bookkeeper import Bookkeeper
from meterproof_collector.ledger.configurations import Configurations
from meterproof_collector.ledger.interval_rows import stored_rows
from meterproof_collector.ledger.recompute import put_in_place, recompute
from meterproof_collector.ledger.workload import Stretch
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings, interval_columns, interval_rows
from meterproof_core.storage import END_OF_TIME_MS, PlantGroup, SeriesKey
from meterproof_core.wire import CounterSpec, Group, Meters, PointConfig
from meterproof_mv.ledger import LedgerRules

NAME = "volume_m3"
KEY = SeriesKey("plant-a", "gas", NAME)
QUARTER = 900_000
START = 1_735_689_600_000 // QUARTER * QUARTER
NAN = float("nan")


class Works:
    """Memory stores with a history, and a bookkeeper over them."""

    def __init__(self, history):
        self.readings, self.intervals, self.journal = MemoryReadings(), MemoryIntervals(), MemoryJournal()
        self.configurations = Configurations()
        spec = CounterSpec("u32", 0.1, None, 0.1, 1000.0)
        self.configurations.add("plant-a", Meters(1, "c1", [PointConfig("gas", "m", 1, 300_000, [NAME], {NAME: spec})]))
        self.history = history
        if history:
            self.intervals.replace(KEY, history[0][0], history[-1][1], interval_columns(history))

    def count(self, first, samples, step_ms=300_000):
        """Let readings of a meter arrive that counts 10 every step, from an instant on."""
        t = [first + n * step_ms for n in range(samples)]
        registers = [1000 + 10 * ((at - START) // step_ms) for at in t]
        group = Group("gas", [NAME], t, [[r / 10 for r in registers]], {NAME: registers})
        self.readings.write([PlantGroup("plant-a", "gw", "s", 1, "c1", group)])
        books = Bookkeeper(self.readings, self.intervals, self.journal, configurations=self.configurations)
        books.bring_up_to_date("plant-a", "gas", Stretch(t[0], t[-1], 0, {"c1"}), 42)

    def rows(self):
        return interval_rows(self.intervals.read(KEY, 0, END_OF_TIME_MS))

    def kept(self):
        return [row[:3] for row in self.rows() if row[3] != row[3]]

    def recomputed(self):
        return recompute(self, self.configurations, KEY, LedgerRules())


def quarters(first, count, amount=7.0):
    return [(first + n * QUARTER, first + (n + 1) * QUARTER, amount, NAN, NAN, False) for n in range(count)]


def day(first, amount=500.0):
    return (first, first + 96 * QUARTER, amount, NAN, NAN, True)


def told(history):
    return [row[:3] for row in history]


@pytest.mark.parametrize("first", [START, START - 150_000, START + 3 * QUARTER + 1])
def test_history_before_the_first_reading_stays(first):
    works = Works(quarters(START - 96 * QUARTER, 90))
    works.count(first, 40)
    assert works.kept() == told(works.history)
    assert len(works.rows()) > len(works.history) + 5


def test_history_stays_through_every_later_arrival_and_restart():
    works = Works([day(START - 200 * QUARTER), *quarters(START - 96 * QUARTER, 96)])
    for turn in range(12):
        works.count(START + turn * 20 * 300_000, 20)
    assert works.kept() == told(works.history)
    counted = [row for row in works.rows() if row[3] == row[3]]
    assert sum(row[2] for row in counted) == pytest.approx(sum(row[4] - row[3] for row in counted) * 0.1)


def test_late_readings_take_the_place_of_the_history_that_they_contradict_and_of_no_other():
    works = Works(quarters(START - 96 * QUARTER, 96))
    works.count(START, 200)
    works.count(START - 10 * QUARTER, 30)
    assert works.kept() == told(works.history[:86])
    assert [row[0] for row in works.rows()] == sorted(row[0] for row in works.rows())
    ends = [row[1] for row in works.rows()]
    assert all(end <= row[0] for end, row in zip(ends, works.rows()[1:], strict=False))


def test_a_day_of_history_that_readings_reach_into_gives_way_whole():
    works = Works([day(START - 192 * QUARTER), day(START - 96 * QUARTER)])
    works.count(START - 8 * QUARTER, 60)
    assert works.kept() == told(works.history[:1])


def test_history_behind_the_last_reading_stays_until_readings_come_there():
    works = Works(quarters(START + 1000 * QUARTER, 4))
    works.count(START, 60)
    assert works.kept() == told(works.history)


def test_recomputing_compares_what_registers_gave_and_writing_leaves_history():
    works = Works(quarters(START - 96 * QUARTER, 96))
    works.count(START, 60)
    assert works.recomputed().agrees
    spoilt = [
        (a, b, amount + 1 if start == start else amount, start, end, span)
        for a, b, amount, start, end, span in works.rows()
    ]
    works.intervals.replace(KEY, 0, END_OF_TIME_MS, interval_columns(spoilt))
    found = works.recomputed()
    assert not found.agrees
    put_in_place(works, found, 43)
    assert works.recomputed().agrees
    assert works.kept() == told(works.history)


def test_recomputing_puts_registers_before_history_that_overlaps():
    works = Works([])
    works.count(START, 60)
    first = works.rows()[0][0]
    spoilt = [day(first - 90 * QUARTER), *[row for row in works.rows() if row[0] >= first + 6 * QUARTER]]
    works.intervals.replace(KEY, 0, END_OF_TIME_MS, interval_columns(spoilt))
    put_in_place(works, works.recomputed(), 43)
    assert works.kept() == []
    assert works.recomputed().agrees


@pytest.mark.parametrize("seed", range(20))
def test_rows_beside_others_never_overlap_and_lose_only_what_overlaps(seed):
    random = np.random.default_rng(seed)
    edges = np.cumsum(random.integers(1, 4, 60))

    def some(share):
        kept = random.random(59) < share
        pairs = [
            (int(a), int(b), 1.0, NAN, NAN, False) for a, b, k in zip(edges[:-1], edges[1:], kept, strict=True) if k
        ]
        return stored_rows(interval_columns(pairs))

    ours, others = some(0.4), some(0.6)
    both = ours.beside(others)
    assert (both.end_ms[:-1] <= both.start_ms[1:]).all()
    mine = set(ours.start_ms.tolist())
    assert set(both.start_ms.tolist()) == mine | set(others.start_ms.tolist())
