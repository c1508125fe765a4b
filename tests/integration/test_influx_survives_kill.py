"""SIGKILL of the database and of the writer, at named places and at random: what was acknowledged is there, once."""

import random
import subprocess
import sys
import threading
from itertools import pairwise

import pytest
from contract.readings_samples import KWH, query
from influx_server import InfluxServer

from meterproof_core.errors import StoreError
from meterproof_core.storage import EntryKind, SeriesKey
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store

pytestmark = pytest.mark.influxdb
ROWS = 500
ROUNDS = 4
KEY = SeriesKey("works", "boiler", KWH)

# Writes number by number and says so once each call has returned. Odd numbers have one long span where even ones have
# 66 short intervals, so that every replacement takes away and puts in.
WRITER = f"""
import sys, time
from pathlib import Path
from meterproof_core.faults import NoFaults, parse_fault
from meterproof_core.errors import StoreError
from meterproof_core.storage import EntryKind, IntervalColumns, JournalEntry, PlantGroup, SeriesKey
from meterproof_core.wire import Group
from meterproof_store.opened import open_store
from meterproof_store.settings import StoreSettings

ROWS = {ROWS}
url, first, fault, hits = sys.argv[1], int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
store = open_store(StoreSettings(influx=url), faults=parse_fault(fault, hits) if fault else NoFaults())
key = SeriesKey("works", "boiler", "energy_import_kwh")

def samples(number):
    t = list(range(1 + number * ROWS, 1 + (number + 1) * ROWS))
    raw = {{"energy_import_kwh": t}}
    group = Group("boiler", ["energy_import_kwh", "power_active_kw"], t, [[float(at) for at in t], [1.0] * ROWS], raw)
    return [PlantGroup("works", "gw1", "s1", number, "c1", group)]

def intervals(number):
    starts = list(range(66)) if number % 2 == 0 else [0]
    ends = [at + 1 for at in starts] if number % 2 == 0 else [66]
    return IntervalColumns(
        starts, ends, [float(number)] * len(starts), [0.0] * len(starts), [1.0] * len(starts), [False] * len(starts)
    )

number = first
while True:
    store.readings.write(samples(number))
    print("readings", number, flush=True)
    arrivals = [
        JournalEntry(f"arrival/{{number}}/{{part}}", EntryKind.ARRIVAL, "works", 1, {{"stream": f"p{{part}}", "seq": number}})
        for part in range(3)
    ]
    store.journal.append(arrivals)
    print("journal", number, flush=True)
    store.intervals.replace(key, 0, 66, intervals(number))
    print("intervals", number, flush=True)
    number += 1
"""


@pytest.fixture
def server(require_program, tmp_path):
    program = require_program("influxd", package="influxdb")
    with InfluxServer(program, tmp_path / "influx") as running:
        set_up(running.settings())
        yield running


def write_until_it_ends(server, first, tmp_path, *, fault="", kill_after=None):
    """Run a writer; kill the database after so many lines, or let the fault kill the writer; return what it said."""
    command = [sys.executable, "-c", WRITER, server.url, str(first), fault, str(tmp_path / "hits")]
    said = {"readings": -1, "journal": -1, "intervals": -1}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        for count, line in enumerate(process.stdout):
            port, number = line.split()
            said[port] = int(number)
            if kill_after is not None and count == kill_after:
                server.kill()
        errors = process.stderr.read()
        watchdog.cancel()
    return said, process.returncode, errors


def check(server, acknowledged):
    """Check that everything acknowledged is there once, and that no interval overlaps another; return the rows there are."""
    store = open_store(server.settings())
    try:
        found = store.readings.read(query(0, 10**12, KWH))
        values = [
            (int(t), float(value), int(raw))
            for t, value, raw in zip(found.t_ms, found.values[KWH], found.raw[KWH].registers, strict=True)
        ]
        assert values == [(at, float(at), at) for at in range(1, len(values) + 1)]
        assert len(values) >= (acknowledged["readings"] + 1) * ROWS
        counted = server.query('SELECT count("_seq") AS n FROM counters.readings', "meterproof")
        assert counted[0]["n"] == len(values)
        entries = [entry.entry_id for entry in store.journal.read([EntryKind.ARRIVAL])]
        assert len(entries) == len(set(entries))
        wanted = {f"arrival/{number}/{part}" for number in range(acknowledged["journal"] + 1) for part in range(3)}
        assert wanted <= set(entries)
        stored = 'SELECT "end_ms", "state" FROM counters.intervals WHERE "state" > 0'  # reading leaves overlaps out
        rows = server.query(stored, "meterproof", epoch="ms")
        assert all(before["end_ms"] <= after["time"] for before, after in pairwise(rows))
        assert len(rows) == len(store.intervals.read(KEY, 0, 66).start_ms)
        return len(values)
    finally:
        store.close()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_what_a_killed_database_acknowledged_is_there_after_it_is_started_again(server, tmp_path, seed):
    draw = random.Random(seed)
    number = 0
    for _ in range(3):
        said, status, errors = write_until_it_ends(server, number, tmp_path, kill_after=draw.randrange(4, 40))
        assert status == 1, errors
        assert "StoreError" in errors or "StoreInDoubtError" in errors
        server.start()
        check(server, said)
        number = said["intervals"] + 1 if said["intervals"] >= 0 else number  # the last one that was worked through


@pytest.mark.parametrize("fault", ["store.mid_commit:7", "ledger.mid_replace:4", "ledger.mid_replace:5"])
def test_a_writer_that_is_killed_at_a_named_place_leaves_holes_at_most_and_doing_it_again_makes_it_whole(
    server, tmp_path, fault
):
    said, status, errors = write_until_it_ends(server, 0, tmp_path, fault=fault)
    assert status == -9, errors
    assert (tmp_path / "hits").read_text() == f"{fault.split(':')[0]}\n"
    rows = check(server, said)
    again, _, _ = write_until_it_ends(server, said["intervals"] + 1, tmp_path, kill_after=9)
    server.start()
    assert check(server, again) >= rows
    assert again["intervals"] > said["intervals"]


def test_a_server_that_is_away_for_a_while_is_an_error_and_then_none(server):
    store = open_store(server.settings())
    server.kill()
    for _ in range(2):
        with pytest.raises(StoreError, match="POST /query failed") as caught:
            store.readings.read(query(0, 9, KWH))
        assert type(caught.value) is StoreError
    server.start()
    assert list(store.readings.read(query(0, 9, KWH)).t_ms) == []
    store.close()
