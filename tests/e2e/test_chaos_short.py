"""A short chaos run on each store: the harness itself works, and the road holds. ``make chaos`` is the long one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

CHAOS = Path(__file__).parents[1] / "chaos" / "chaos.py"
TIMEOUT_S = 300


def run_chaos(*arguments):
    command = [sys.executable, CHAOS, "--seed", "20261122", "--malformed", "600", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def counts(said):
    return {name: int(count) for name, count in re.findall(r"^(.+?)\s{2,}(\d+)$", said, re.MULTILINE)}


def held(done):
    """Return what was counted of a run that held."""
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    found = counts(done.stdout)
    assert (found["duplicates"], found["lost in silence"], found["left in spools"]) == (0, 0, 0)
    assert found["stored"] > 100
    assert found["energy_import_kwh: counted by the meters"] > 0
    assert found["dead letters"] == found["malformed published"] >= 600
    return found


@pytest.mark.mosquitto
def test_on_duckdb_a_collector_killed_before_its_receipt_loses_nothing_and_stores_nothing_twice(require_program):
    require_program("mosquitto")
    found = held(run_chaos("--store", "duckdb", "--rounds", "2", "--only", "point collector.written_before_receipt"))
    assert found["hit collector.written_before_receipt"] >= 1


@pytest.mark.mosquitto
@pytest.mark.influxdb
def test_on_influxdb_everything_killed_at_once_comes_back_whole(require_program):
    require_program("mosquitto")
    require_program("influxd", package="influxdb")
    found = held(run_chaos("--store", "influx", "--rounds", "2", "--only", "kill everything"))
    assert found["killed"] >= 10
