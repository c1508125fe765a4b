"""A ledger in a process of its own, killed and started again, beside a collector that only stores."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import msgspec
import numpy as np
import pytest
from book_worlds import World, meters_of, rows_of, series_of
from influx_server import InfluxServer

from meterproof_core.storage import EntryKind, JournalEntry
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store

pytestmark = pytest.mark.influxdb
NOW_MS = 1_763_791_200_000


@pytest.fixture
def influx(require_program, tmp_path):
    with InfluxServer(require_program("influxd", package="influxdb"), tmp_path / "influx") as server:
        yield server


def settings_file(folder, server):
    file = folder / "ledger.toml"
    file.write_text(
        f'name = "ledger-test"\n[broker]\nurl = "mqtt://127.0.0.1:1"\n[store]\ninflux = "{server.url}"\n'
        'database = "chain"\n'
    )
    return file


@contextmanager
def ledger(file, *arguments, environment=None):
    """Run `ledger run` and yield the process once it is ready."""
    command = [sys.executable, "-m", "meterproof_collector", "ledger", "run", str(file), *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)
        process.stderr.close()


def ready(process):
    for line in process.stderr:
        if line.startswith("ready"):
            return line
    raise AssertionError("the ledger ended before it was ready")


def ended(process):
    process.send_signal(signal.SIGTERM)
    return process.wait(30)


def plant_of(store, number):
    """Return a plant whose readings are stored and whose arrivals stand in the journal."""
    draw = np.random.default_rng(number)
    series = series_of(draw, ("reset", "glitch", "gap"))
    parts = [rows for rows in np.array_split(np.arange(len(series)), 6) if len(rows)]
    draw.shuffle(parts)
    world = World(store.readings, store.intervals, store.journal, now_ms=NOW_MS, plant=f"plant-{number}")
    meters = msgspec.to_builtins(meters_of())
    store.journal.append([JournalEntry(f"config/{world.plant}", EntryKind.CONFIG, world.plant, NOW_MS, meters)])
    for seq, rows in enumerate(parts, 1):
        world.store(series[rows], seq=seq)
    return world, rows_of(series.at_once())


def test_two_ledgers_killed_in_the_middle_and_started_again_bring_the_books_of_all_plants_up_to_date(influx, tmp_path):
    settings = influx.settings("chain")
    set_up(settings)
    store = open_store(settings)
    plants = [plant_of(store, number) for number in range(6)]
    file, log = settings_file(tmp_path, influx), tmp_path / "fault.log"
    fault = {"METERPROOF_FAULT": "ledger.mid_replace:2", "METERPROOF_FAULT_LOG": str(log)}
    for part in ("1", "2"):
        with ledger(file, "--part", part, "--parts", "2", environment=fault) as process:
            assert process.wait(60) == -signal.SIGKILL
        with ledger(file, "--part", part, "--parts", "2") as process:
            assert f"part {part}/2" in ready(process)
            assert ended(process) == 0
    assert log.read_text().split() == ["ledger.mid_replace"] * 2
    for world, expected in plants:
        assert world.rows() == expected, world.plant
    marks = store.journal.read([EntryKind.LEDGER_MARK])
    assert {entry.data["partition"] for entry in marks} == {"1/2", "2/2"}
    store.close()


def test_a_ledger_that_is_told_to_stop_has_worked_through_what_stood_in_the_journal(influx, tmp_path):
    settings = influx.settings("chain")
    set_up(settings)
    store = open_store(settings)
    file = settings_file(tmp_path, influx)
    with ledger(file) as process:
        ready(process)
        world, expected = plant_of(store, 7)
        assert ended(process) == 0
    assert world.rows() == expected
    store.close()
