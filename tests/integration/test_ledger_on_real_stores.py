"""The ledger on a real DuckDB and a real InfluxDB: late readings, kills in the middle, and several ledgers at once."""

from dataclasses import dataclass, field

import msgspec
import numpy as np
import pytest
from book_worlds import KINDS, POINT, SPEC, Killed, World, meters_of, rows_of, series_of
from influx_server import InfluxServer

from meterproof_collector.ledger.agenda import LOCK_STEP
from meterproof_collector.ledger.bookkeeper import Bookkeeper
from meterproof_collector.ledger.configurations import Configurations
from meterproof_collector.ledger.counting import Ports
from meterproof_collector.ledger.explain import explain
from meterproof_collector.ledger.partition import Partition
from meterproof_collector.ledger.recompute import recompute
from meterproof_collector.ledger.runner import LedgerRunner
from meterproof_collector.ledger.taking_up import whole_point
from meterproof_collector.ledger.workload import Stretch
from meterproof_core.faults import NoFaults
from meterproof_core.storage import EntryKind, JournalEntry, SeriesKey
from meterproof_mv.ledger import LedgerRules
from meterproof_store.duckdb_store import open_duckdb
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store

LOOSER = msgspec.structs.replace(SPEC, max_rate_per_h=900.0)
PLANTS = [f"plant-{number}" for number in range(8)]


@pytest.fixture(scope="module")
def influx(require_program, tmp_path_factory):
    with InfluxServer(require_program("influxd", package="influxdb"), tmp_path_factory.mktemp("influx")) as server:
        yield server


@pytest.fixture(params=["duckdb", pytest.param("influx", marks=pytest.mark.influxdb)])
def opener(request, tmp_path):
    """Return a function that opens the store of this test, for another process' sake again and again."""
    opened = []
    if request.param == "duckdb":
        duck = open_duckdb(tmp_path / "plant.duckdb", faults=(dying := Dying()))
        duck_store = (duck, dying)
        opened.append(duck)
        yield lambda: duck_store  # one process holds the file, so all share it
    else:
        server = request.getfixturevalue("influx")
        settings = server.settings(f"ledger-{request.node.name.partition('[')[0][-40:]}")
        set_up(settings)

        def another():
            dying = Dying()
            store = open_store(settings, faults=dying, writer=f"writer-{len(opened)}")
            opened.append(store)
            return store, dying

        yield another
    for store in opened:
        store.close()


@dataclass
class Dying(NoFaults):
    """Kills the process, as far as its caller can see, at some of the replacements."""

    draw: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))
    chance: float = 0.0
    deaths: int = 0

    def reach(self, point):
        if point == "ledger.mid_replace" and self.draw.random() < self.chance:
            self.deaths += 1
            raise Killed


def world_on(store, **options):
    return World(store.readings, store.intervals, store.journal, **options)


def parts_of(series, draw, most=12):
    return [series[rows] for rows in np.array_split(np.arange(len(series)), int(draw.integers(4, most))) if len(rows)]


@pytest.mark.parametrize("seed", [1, 3, 4, 8])
def test_after_late_and_repeated_readings_and_a_looser_limit_recomputing_gives_what_is_stored(opener, seed):
    store, _ = opener()
    draw = np.random.default_rng(seed)
    world, witness = world_on(store, plant=f"plant-{seed}"), World(plant=f"plant-{seed}")
    parts = parts_of(series_of(draw, KINDS[seed % len(KINDS)]), draw)
    arriving = [(part, "c1" if place < len(parts) // 2 else "c2") for place, part in enumerate(parts)]
    arriving += arriving[1:3]
    draw.shuffle(arriving)
    for each in (world, witness):
        for seq, (part, config) in enumerate(arriving, 1):
            for point in each.configurations.add(each.plant, meters_of(LOOSER if config == "c2" else SPEC, config)):
                each.books.bring_up_to_date(each.plant, point, whole_point(0), each.now_ms)
            each.arrive(part, config=config, seq=seq)
    key = SeriesKey(world.plant, POINT, "energy_import_kwh")
    found = recompute(Ports(store.readings, store.intervals, store.journal), world.configurations, key, LedgerRules())
    assert found.agrees, found.first_difference()
    assert world.rows() == witness.rows()
    assert world.decisions() == witness.decisions()


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_a_ledger_killed_between_taking_intervals_away_and_putting_others_leaves_no_hole(opener, seed):
    store, dying = opener()
    draw = np.random.default_rng(seed)
    series = series_of(draw, KINDS[seed % len(KINDS)])
    parts = parts_of(series, draw)
    draw.shuffle(parts)
    world = world_on(store, plant=f"plant-{seed}")
    dying.chance = 0.3
    for part in parts:
        world.store(part)
        stretch = Stretch(int(part.t_ms[0]), int(part.t_ms[-1]), 0, {"c1"})
        while True:
            try:
                world.books.bring_up_to_date(world.plant, POINT, stretch, world.now_ms)
            except Killed:
                world.books = world.another_bookkeeper()
            else:
                break
    assert dying.deaths > 0
    assert world.rows() == rows_of(series.at_once())


def runner_on(store, partition):
    configurations = Configurations(store.journal.read([EntryKind.CONFIG]))
    books = Bookkeeper(store.readings, store.intervals, store.journal, configurations=configurations)
    return LedgerRunner(
        books,
        configurations,
        store.journal,
        now_ms=lambda: 1_700_000_100_000,
        partition=partition,
        pace=LOCK_STEP,
    )


def test_two_ledgers_of_two_parts_over_one_journal_do_what_one_would_do(opener):
    store, _ = opener()
    ledgers = []
    for part in (1, 2):
        ledgers.append(runner_on(opener()[0], Partition(part, 2)))
        ledgers[-1].start()
    expected = {}
    for number, plant in enumerate(PLANTS):
        draw = np.random.default_rng(number)
        series = series_of(draw, KINDS[number % len(KINDS)])
        parts = parts_of(series, draw, most=6)
        draw.shuffle(parts)
        # collectors whose clocks differ by up to a minute
        world = world_on(store, plant=plant, now_ms=1_700_000_000_000 - int(draw.integers(0, 60_000)))
        meters = msgspec.to_builtins(meters_of())
        store.journal.append([JournalEntry(f"config/{plant}", EntryKind.CONFIG, plant, world.now_ms, meters)])
        for seq, part in enumerate(parts, 1):
            world.store(part, seq=seq)
        expected[plant] = (world, rows_of(series.at_once()))
    assert all(ledger.wait_until_idle(60) for ledger in ledgers)
    for ledger in ledgers:
        ledger.stop()
        assert ledger.waiting_points == []
        assert ledger.failed_points == {}
    for world, rows in expected.values():
        assert world.rows() == rows


def test_an_explanation_names_the_batch_that_brought_each_boundary(opener):
    store, _ = opener()
    draw = np.random.default_rng(2)
    series = series_of(draw, ("reset",), size=60)
    world = world_on(store, plant="plant-e")
    meters = msgspec.to_builtins(meters_of())
    store.journal.append([JournalEntry("config/e", EntryKind.CONFIG, "plant-e", world.now_ms, meters)])
    for seq, rows in enumerate(np.array_split(np.arange(len(series)), 6), 1):
        world.arrive(series[rows], seq=seq)
    key = SeriesKey("plant-e", POINT, "energy_import_kwh")
    told = explain(Ports(store.readings, store.intervals, store.journal), key, (0, 1 << 50), rules=LedgerRules())
    assert len(told) == len(world.rows())
    bounds = np.array_split(series.t_ms, 6)
    for each in told:
        assert each.reproduced
        for boundary in (each.start, each.end):
            for sample in (boundary.before, boundary.behind):
                assert sample is None or sample.t_ms in bounds[sample.seq - 1]
        assert {batch.seq for batch in each.arrivals} == {
            sample.seq for end in (each.start, each.end) for sample in (end.before, end.behind) if sample
        }
