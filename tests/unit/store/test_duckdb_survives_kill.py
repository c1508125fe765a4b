"""kill -9 at the weakest places and at random ones: what was returned as written is there once, the rest not by half."""

import random
import signal
import subprocess
import sys
from collections import Counter

import pytest

from meterproof_core.errors import StoreError
from meterproof_core.storage import EntryKind, ReadingsQuery, SeriesKey
from meterproof_store.duckdb_store import open_duckdb

ROWS = 2000
ROUNDS = 12
KEY = SeriesKey("works", "boiler", "energy_import_kwh")

# Writes number by number and says so once each call has returned; every number's readings are written twice, its
# intervals replace those of the number before. Small checkpoints make sure that some kills hit one.
WRITER = f"""
import sys
from pathlib import Path
from meterproof_core.faults import NoFaults, parse_fault
from meterproof_core.storage import EntryKind, IntervalColumns, JournalEntry, PlantGroup, SeriesKey
from meterproof_core.wire import Group
from meterproof_store.duckdb_store import open_duckdb

ROWS = {ROWS}
path, first, fault = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
store = open_duckdb(path, faults=parse_fault(fault, path.with_suffix(".hits")) if fault else NoFaults())
with store.database.writing() as connection:
    connection.execute("SET checkpoint_threshold = '300KB'")
key = SeriesKey("works", "boiler", "energy_import_kwh")

def samples(number, kw):
    t = list(range(1 + number * ROWS, 1 + (number + 1) * ROWS))
    raw = {{"energy_import_kwh": t}}
    group = Group("boiler", ["energy_import_kwh", "power_active_kw"], t, [[float(at) for at in t], [kw] * ROWS], raw)
    return [PlantGroup("works", "gw1", "s1", number, "c1", group)]

def intervals(number):
    starts = list(range(66))
    return IntervalColumns(
        starts, [at + 1 for at in starts], [float(number)] * 66, [0.0] * 66, [1.0] * 66, [False] * 66
    )

number = first
while True:
    store.readings.write(samples(number, -1.0))
    store.readings.write(samples(number, float(number)))
    print("readings", number, flush=True)
    store.journal.append([JournalEntry(f"arrival/{{number}}/{{part}}", EntryKind.ARRIVAL, "works", 1) for part in range(3)])
    print("journal", number, flush=True)
    store.intervals.replace(key, 0, 66, intervals(number))
    print("intervals", number, flush=True)
    number += 1
"""


def start(path, first, fault=""):
    return subprocess.Popen([sys.executable, "-c", WRITER, path, str(first), fault], stdout=subprocess.PIPE, text=True)


def told(lines):
    """Return the last number that each port has returned as written; -1 when none."""
    last = {"readings": -1, "journal": -1, "intervals": -1}
    for line in lines:
        port, number = line.split()
        last[port] = int(number)
    return last


def check(path, acknowledged):
    """Check that everything acknowledged is there once, and nothing by half; return the next number."""
    store = open_duckdb(path)
    query = ReadingsQuery("works", "boiler", ("energy_import_kwh", "power_active_kw"), 0, 10**15)
    readings = store.readings.read(query)
    t = list(readings.t_ms)
    assert t == list(range(1, 1 + len(t))), "each instant once, none missing"
    assert len(t) % ROWS == 0, "no half write"
    assert len(t) >= (acknowledged["readings"] + 1) * ROWS
    assert list(readings.raw["energy_import_kwh"].registers) == t if t else True
    for number in range(len(t) // ROWS):
        powers = set(readings.values["power_active_kw"][number * ROWS : (number + 1) * ROWS])
        last_and_unfinished = number > acknowledged["readings"]
        assert powers == {float(number)} or (last_and_unfinished and powers == {-1.0})
    entries = Counter(entry.entry_id.rpartition("/")[0] for entry in store.journal.read([EntryKind.ARRIVAL]))
    assert set(entries.values()) <= {3}, "no half append, none twice"
    assert len(entries) >= acknowledged["journal"] + 1
    amounts = store.intervals.read(KEY, 0, 66).amount
    assert (len(amounts), len(set(amounts))) in {(0, 0), (66, 1)}, "no half replacement"
    assert len(amounts) == 0 or amounts[0] >= acknowledged["intervals"]
    assert len(amounts) or acknowledged["intervals"] == -1
    store.close()
    return len(t) // ROWS


def run_until_fault(path, fault):
    child = start(path, 0, fault)
    output, _ = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL
    assert path.with_suffix(".hits").read_text() == fault.partition(":")[0] + "\n"
    return told(output.splitlines())


@pytest.mark.parametrize("reach", [1, 2, 5])
def test_killed_before_the_commit_of_a_write_nothing_of_it_is_there_and_all_before_it(tmp_path, reach):
    path = tmp_path / "store.duckdb"
    acknowledged = run_until_fault(path, f"store.mid_commit:{reach}")
    assert acknowledged["readings"] == (reach - 1) // 2 - 1
    if reach == 1:
        assert open_and_count(path) == 0
        return
    check(path, acknowledged)
    assert open_and_count(path) == (reach // 2) * ROWS


def open_and_count(path):
    store = open_duckdb(path)
    extents = store.readings.extents("works")
    store.close()
    return extents[0].rows if extents else 0


@pytest.mark.parametrize("reach", [1, 3])
def test_killed_in_the_middle_of_a_replacement_the_old_intervals_stand(tmp_path, reach):
    path = tmp_path / "store.duckdb"
    acknowledged = run_until_fault(path, f"ledger.mid_replace:{reach}")
    assert acknowledged["intervals"] == reach - 2
    check(path, acknowledged)
    store = open_duckdb(path)
    assert set(store.intervals.read(KEY, 0, 66).amount) == ({float(reach - 2)} if reach > 1 else set())
    store.close()


def test_killed_at_random_moments_and_started_again_everything_acknowledged_is_there_once(tmp_path):
    path = tmp_path / "store.duckdb"
    draw = random.Random(851)
    acknowledged, following = {"readings": -1, "journal": -1, "intervals": -1}, 0
    for _ in range(ROUNDS):
        child = start(path, following)
        lines = [child.stdout.readline() for _ in range(draw.randrange(1, 40))]
        child.kill()
        lines += child.communicate(timeout=60)[0].splitlines(keepends=True)
        assert child.returncode == -signal.SIGKILL
        whole = [line for line in lines if line.endswith("\n")]
        now = told(whole)
        acknowledged = {port: max(acknowledged[port], now[port]) for port in acknowledged}
        following = check_after_kill(path, acknowledged)
    assert following > ROUNDS


def check_after_kill(path, acknowledged):
    following = check(path, acknowledged)
    # the last number may have been cut between its two writes: the next start writes it again
    return max(0, following - 1)


def killed_with_a_log(tmp_path):
    path = tmp_path / "store.duckdb"
    acknowledged = run_until_fault(path, "store.mid_commit:6")
    log = path.with_suffix(".duckdb.wal")
    assert log.exists()
    return path, log, acknowledged


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_log_that_a_power_cut_tore_off_gives_whole_writes_up_to_the_tear(tmp_path, kept):
    path, log, _ = killed_with_a_log(tmp_path)
    whole = log.read_bytes()
    log.write_bytes(whole[: int(len(whole) * kept)])
    check(path, {"readings": -1, "journal": -1, "intervals": -1})


def test_a_log_with_changed_bytes_is_refused_and_left_as_it_is(tmp_path):
    path, log, _ = killed_with_a_log(tmp_path)
    damaged = bytearray(log.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    log.write_bytes(damaged)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"store\.duckdb: .*[Cc]orrupt WAL"):
        open_duckdb(path)
    assert (path.read_bytes(), log.read_bytes()) == (before, bytes(damaged))
