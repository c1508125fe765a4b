"""An import that is killed between its rows and the entry that makes them count: nothing of it counts, and doing it
again completes it. Real processes, real stores, SIGKILL."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from itertools import pairwise

import pytest
from influx_server import InfluxServer

from meterproof_api.importing.records import imported_ranges, read_records
from meterproof_core.storage import EntryKind, SeriesKey
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store
from meterproof_store.settings import StoreSettings

IMPORT = "import sys; from meterproof.cli_import import app; app(sys.argv[1:])"
POINT = "import.rows_before_entry"
KEY = SeriesKey("mill", "main", "energy_import_kwh")
TIMEOUT_S = 60


@pytest.fixture(scope="module")
def influx(require_program, tmp_path_factory):
    with InfluxServer(require_program("influxd", package="influxdb"), tmp_path_factory.mktemp("influx")) as server:
        yield server


@pytest.fixture(params=["duckdb", pytest.param("influx", marks=pytest.mark.influxdb)])
def place(request, tmp_path):
    """Give the options that name a store, and what opens it."""
    if request.param == "duckdb":
        settings = StoreSettings(duckdb=str(tmp_path / "data" / "meterproof.duckdb"))
        return ["--data", tmp_path / "data"], settings
    server = request.getfixturevalue("influx")
    settings = server.settings(tmp_path.name.replace("_", "-"))
    set_up(settings)
    return ["--influx", server.url, "--database", settings.database], settings


@contextmanager
def opened(settings):
    store = open_store(settings)
    try:
        yield store
    finally:
        store.close()


def call(*arguments, fault=None, folder=None):
    environment = dict(os.environ)
    if fault is not None:
        environment |= {"METERPROOF_FAULT": fault, "METERPROOF_FAULT_LOG": str(folder / "hit")}
    command = [sys.executable, "-c", IMPORT, *map(str, arguments), "--json"]
    return subprocess.run(command, env=environment, timeout=TIMEOUT_S, check=False, capture_output=True, text=True)


def bills(folder, rows=1200):
    file = folder / "water.csv"
    days = (f"{2020 + n // 336}-{n // 28 % 12 + 1:02d}-{n % 28 + 1:02d}" for n in range(rows))
    file.write_text("date,amount\n" + "".join(f"{day},{n % 90}.25\n" for n, day in enumerate(days)))
    return file


def history(folder):
    file = folder / "history.csv"
    hours = [f"2024-01-0{1 + n // 24}T{n % 24:02d}:00:00Z" for n in range(49)]
    rows = (f"{one},{other},{n}.5\n" for n, (one, other) in enumerate(pairwise(hours)))
    file.write_text("start,end,amount\n" + "".join(rows))
    return file


def test_records_of_a_killed_import_do_not_count_until_it_is_done_again(place, tmp_path):
    options, settings = place
    asked = ["production", bills(tmp_path), "--plant", "mill", "--series", "output", "--unit", "t", *options]
    killed = call(*asked, fault=POINT, folder=tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (tmp_path / "hit").read_text() == f"{POINT}\n"
    with opened(settings) as store:
        left = store.journal.read([EntryKind.RECORDS], "mill")
        assert sum(entry.data["length"] for entry in left) == 1200
        assert store.journal.read([EntryKind.IMPORT]) == []
        assert read_records(store.journal, "mill") == {}
    done = call(*asked)
    assert done.returncode == 0, done.stderr
    with opened(settings) as store:
        assert len(read_records(store.journal, "mill")["production/output"]) == 1200
        assert [entry.entry_id for entry in store.journal.read([EntryKind.RECORDS], "mill")] == [
            entry.entry_id for entry in left
        ]
    again = call(*asked)
    assert (again.returncode, json.loads(again.stdout)["import"]) == (0, None)


@pytest.mark.parametrize("fault", [POINT, "ledger.mid_replace"])
def test_intervals_of_a_killed_import_are_whole_once_it_is_done_again(place, tmp_path, fault):
    options, settings = place
    where = ["--plant", "mill", "--point", "main", "--quantity", "energy_import_kwh", *options]
    killed = call("intervals", history(tmp_path), *where, fault=fault, folder=tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with opened(settings) as store:
        assert imported_ranges(store.journal, "mill") == {}
    done = call("intervals", history(tmp_path), *where)
    assert done.returncode == 0, done.stderr
    with opened(settings) as store:
        held = store.intervals.read(KEY, 0, 10**13)
        assert [float(amount) for amount in held.amount] == [n + 0.5 for n in range(48)]
        (only,) = imported_ranges(store.journal, "mill")[KEY]
        assert (only.start_ms, only.end_ms) == (int(held.start_ms[0]), int(held.end_ms[-1]))
