"""Readers in any thread see whole writes only, and disturb nobody."""

import threading
from concurrent.futures import ThreadPoolExecutor

from meterproof_core.storage import EntryKind, IntervalColumns, JournalEntry, PlantGroup, ReadingsQuery, SeriesKey
from meterproof_core.wire import Group
from meterproof_store.duckdb_store import open_duckdb

ROWS = 50
KEY = SeriesKey("works", "boiler", "energy_import_kwh")
QUERY = ReadingsQuery("works", "boiler", ("energy_import_kwh",), 0, 10**15, 1)


def samples(number, *names):
    t = list(range(1 + number * ROWS, 1 + (number + 1) * ROWS))
    group = Group("boiler", list(names), t, [[float(number)] * ROWS for _ in names])
    return [PlantGroup("works", "gw1", "s1", number, "c1", group)]


def test_readers_never_see_half_a_write_while_columns_are_added_and_rows_are_written_again(tmp_path):
    store = open_duckdb(tmp_path / "store.duckdb")
    store.readings.write(samples(0, "energy_import_kwh"))
    done = threading.Event()

    def read_until_done():
        seen = []
        while not done.is_set():
            readings = store.readings.read(QUERY)
            seen.append((len(readings.t_ms), sorted(set(readings.values["energy_import_kwh"][-ROWS:].tolist()))))
        return seen

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read_until_done) for _ in range(4)]
        try:
            for number in range(1, 40):
                store.readings.write(samples(number, "energy_import_kwh", f"extra_{number}_kw"))
                store.readings.write(samples(number - 1, "energy_import_kwh"))
        finally:
            done.set()
    seen = [each for reader in readers for each in reader.result()]
    assert {rows % ROWS for rows, _ in seen} == {0}
    assert {len(values) for _, values in seen} == {1}
    assert len(store.readings.read(QUERY).t_ms) == 40 * ROWS
    store.close()


def test_intervals_are_never_seen_half_replaced(tmp_path):
    store = open_duckdb(tmp_path / "store.duckdb")
    done = threading.Event()

    def replace(amount):
        starts = list(range(ROWS))
        ends = [start + 1 for start in starts]
        columns = IntervalColumns(starts, ends, [amount] * ROWS, [0.0] * ROWS, [1.0] * ROWS, [False] * ROWS)
        store.intervals.replace(KEY, 0, ROWS, columns)

    def read_until_done():
        seen = set()
        while not done.is_set():
            amounts = store.intervals.read(KEY, 0, ROWS).amount
            seen.add((len(amounts), len(set(amounts.tolist()))))
        return seen

    replace(0.0)
    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read_until_done) for _ in range(2)]
        try:
            for number in range(1, 60):
                replace(float(number))
        finally:
            done.set()
    assert set().union(*(reader.result() for reader in readers)) == {(ROWS, 1)}
    store.close()


def test_several_threads_may_write_at_once_and_nothing_is_lost(tmp_path):
    store = open_duckdb(tmp_path / "store.duckdb")

    def write(worker):
        for number in range(10):
            store.readings.write(samples(worker * 10 + number, "energy_import_kwh", f"extra_{worker}_kw"))
            entry = JournalEntry(f"{worker}/{number}", EntryKind.ARRIVAL, "works", 1)
            store.journal.append([entry, JournalEntry(f"same/{number}", EntryKind.ARRIVAL, "works", 1)])
            key = SeriesKey("works", f"p{worker}", "energy_import_kwh")
            store.intervals.replace(
                key, number, number + 1, IntervalColumns([number], [number + 1], [1.0], [0.0], [1.0], [False])
            )

    with ThreadPoolExecutor(4) as pool:
        for worker in [pool.submit(write, worker) for worker in range(4)]:
            worker.result()
    assert list(store.readings.read(QUERY).t_ms) == list(range(1, 1 + 40 * ROWS))
    assert len(store.journal.read([EntryKind.ARRIVAL])) == 50
    assert [len(store.intervals.read(key, 0, 99).amount) for key in store.intervals.series("works")] == [10] * 4
    store.close()
