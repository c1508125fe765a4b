"""Killed in the middle of any replacement, by a store without transactions, the books end as if nothing had happened."""

import numpy as np
import pytest
from book_worlds import KINDS, IntervalsThatDie, IntervalsThatDieInOrder, Killed, Series, World, rows_of, series_of

from meterproof_collector.ledger import counting, point_reader, sight
from meterproof_collector.ledger.journal_tail import JournalTail
from meterproof_collector.ledger.marks import Mark
from meterproof_collector.ledger.partition import Partition
from meterproof_collector.ledger.taking_up import take_up
from meterproof_collector.ledger.workload import Workload, add_arrivals


class Ledger:
    """What `LedgerRunner` does, without a thread, and killed again and again."""

    def __init__(self, world):
        self.world = world
        self.work = Workload()

    def take(self, arrival):
        add_arrivals(self.work, [arrival])
        while True:
            try:
                self._work_off()
            except Killed:
                self._restart()
            else:
                return

    def mark(self):
        self.world.now_ms += 1  # behind the arrival, which would be taken up once more
        self.world.journal.append([Mark(self.world.now_ms).entry(Partition(), self.world.now_ms)])

    def _work_off(self):
        while len(self.work):
            key = next(iter(self.work))
            for stretch in list(self.work[key]):
                self.world.books.bring_up_to_date(*key, stretch, self.world.now_ms)
            self.work.pop(key)

    def _restart(self):
        world = self.world
        world.books = world.another_bookkeeper()
        tail = JournalTail(world.journal, lambda _: True, now_ms=lambda: world.now_ms, overlap_ms=0)
        self.work = take_up(world.journal, world.books, tail, Partition())
        add_arrivals(self.work, [entry for entry in tail.look_widely() if entry.kind == "arrival"])


def played(seed, *, chance, shuffled):
    draw = np.random.default_rng(seed)
    series = series_of(draw, KINDS[seed % len(KINDS)])
    parts = [rows for rows in np.array_split(np.arange(len(series)), int(draw.integers(4, 30))) if len(rows)]
    if shuffled:
        draw.shuffle(parts)
    else:
        parts.append(parts.pop(int(draw.integers(len(parts)))))
    world = World(intervals=IntervalsThatDie(draw, chance))
    ledger = Ledger(world)
    for rows in parts:
        ledger.take(world.store(series[rows]))
        if draw.random() < 0.5:
            ledger.mark()
    return world, series


@pytest.fixture
def short_sighted(monkeypatch):
    """Let the ledger see so little at a time that it must widen its look, go on behind a stretch, or begin anew."""
    for module in (sight, point_reader):
        monkeypatch.setattr(module, "NEIGHBOURS", 6)
    monkeypatch.setattr(sight, "_SPARE", 3)
    monkeypatch.setattr(point_reader, "PART_MS", 3 * 3_600_000)
    monkeypatch.setattr(point_reader, "_ROWS", 30)
    monkeypatch.setattr(counting, "_MOST_ROWS", 60)


@pytest.mark.parametrize("seed", range(400))
def test_however_little_it_sees_at_a_time_its_intervals_are_those_of_all_readings_at_once(seed, short_sighted):
    world, series = played(seed, chance=0.4 * (seed % 3 > 0), shuffled=bool(seed % 2))
    assert world.rows() == rows_of(series.at_once())


@pytest.mark.parametrize("seed", range(150))
def test_a_ledger_that_is_killed_again_and_again_has_the_intervals_of_all_readings_at_once(seed):
    world, series = played(seed, chance=0.4, shuffled=bool(seed % 2))
    assert world.rows() == rows_of(series.at_once())


def test_the_store_of_these_tests_does_die():
    assert sum(played(seed, chance=0.4, shuffled=True)[0].intervals.deaths for seed in range(5)) > 10


@pytest.mark.parametrize("seed", range(100))
def test_the_decisions_that_hold_in_the_end_are_those_of_all_readings_at_once(seed):
    world, series = played(seed, chance=0.2 * (seed % 3), shuffled=bool(seed % 2))
    expected = sorted(
        ((event.code, event.t_ms, dict(event.data)) for event in series.at_once().events), key=lambda e: e[:2]
    )
    told = [decision for decision in world.decisions() if decision[0] != "unbracketed"]
    assert told == [decision for decision in expected if decision[0] != "unbracketed"]
    assert {d[:2] for d in world.decisions()} == {d[:2] for d in expected}


@pytest.mark.parametrize("hours", range(1, 25, 2))
def test_a_change_that_reaches_far_beyond_what_is_seen_is_finished_after_a_kill(hours):
    """An idle counter that once showed two counts more: the higher count is held until the counter rises again."""
    size = 400
    t_ms = 1_600_000_000_000 + np.arange(size) * 300_000
    register = 5000 + np.maximum(np.arange(size) - 350, 0) * 100
    register[20] += 2
    series = Series(t_ms, register, np.zeros(size, bool))
    world = World(intervals=IntervalsThatDieInOrder())
    ledger = Ledger(world)
    ledger.take(world.store(series[np.arange(size) != 20]))
    ledger.mark()
    world.intervals.dies_at_ms = int(t_ms[20]) // 900_000 * 900_000 + hours * 3_600_000 + 450_000
    ledger.take(world.store(series[20:21]))
    assert world.intervals.dies_at_ms is None
    assert world.rows() == rows_of(series.at_once())
