"""kill -9 of the whole demonstration at its weakest places: the next run ends with the same sums, and nothing twice."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import duckdb
import pytest
from demo_process import plant_of, result_of, run_demo, statement_of

from meterproof.broker.embedded import free_port

STEEL, CERAMICS = "kr-gwangyang-steel", "th-simulated-ceramics"
PLAYED = STEEL, CERAMICS
DAYS = 20
INTERVALS = {STEEL: DAYS * 96, CERAMICS: 4 * DAYS * 96}
POLLS = {STEEL: DAYS * 288 + 2, CERAMICS: 3 * (DAYS * 86_400 // 440 + 2)}
TIMEOUT_S = 60
POINTS = [
    "spool.mid_commit:2",
    "edge.receipt_before_delete:1",
    "collector.written_before_receipt:2",
    "store.mid_commit:2",
    "store.mid_commit:5",
    "ledger.mid_replace:3",
    "import.rows_before_entry:1",
    "import.rows_before_entry:4",
]


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory):
    """What a run of the same days without a kill says.

    Its energy is not the data set's own sum to the last step: twenty days end between two different rates, and the
    boundary there is interpolated. The whole year has no such end.
    """
    result = result_of(run_demo(tmp_path_factory.mktemp("unharmed"), "--days", str(DAYS)))
    for plant in PLAYED:
        assert result["energy_kwh"][plant] == pytest.approx(result["data_set_kwh"][plant], rel=1e-5)
        told = plant_of(result, plant)
        assert (told["intervals"], told["readings_stored"]) == (INTERVALS[plant], POLLS[plant])
    return result


def held(data):
    """Return what the store's file itself says: readings, distinct readings, overlaps between intervals."""
    with duckdb.connect(str(data / "meterproof.duckdb"), read_only=True) as store:
        rows, distinct = store.execute("SELECT count(*), count(DISTINCT (_point, _t_ms)) FROM readings").fetchone()
        overlaps = store.execute(
            "SELECT count(*) FROM (SELECT start_ms < lag(end_ms) OVER (PARTITION BY _series ORDER BY start_ms) AS bad "
            "FROM intervals) WHERE bad"
        ).fetchone()[0]
    return rows, distinct, overlaps


def kill_at(point, data, tmp_path):
    log = tmp_path / "fault.log"
    killed = run_demo(data, "--days", str(DAYS), fault=point, log=log)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert log.read_text() == point.split(":")[0] + "\n"


def figures(result):
    """Return the figures of a run's statements, without what names run and place."""
    changing = {"bundle", "new", "issued_at"}
    return [{key: said[key] for key in said if key not in changing} for said in result["statements"]]


def check_same(after, unharmed, data):
    assert after["energy_kwh"] == unharmed["energy_kwh"]
    for plant in PLAYED:
        told, before = plant_of(after, plant), plant_of(unharmed, plant)
        assert told["counters"] == before["counters"]
        assert (told["intervals"], told["spans"]) == (INTERVALS[plant], 0)
    assert figures(after) == figures(unharmed)
    assert held(data) == (sum(POLLS.values()), sum(POLLS.values()), 0)


@pytest.mark.parametrize("point", POINTS)
def test_after_a_kill_the_next_run_ends_with_the_same_sums_and_nothing_twice(point, unharmed, tmp_path):
    data = tmp_path / "data"
    kill_at(point, data, tmp_path)
    check_same(result_of(run_demo(data, "--days", str(DAYS))), unharmed, data)


def readings_come(port, plant):
    """Wait until a plant is being played; the server's own answers pace the loop."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/plants/{plant}/points", timeout=5) as answer:
                if sum(point["readings"] for point in json.load(answer)["points"]) > 0:
                    return
        except urllib.error.URLError:
            continue
    pytest.fail(f"no reading of {plant} came")


def test_killed_while_the_second_plant_is_played_it_goes_on_there(unharmed, tmp_path):
    data, port = tmp_path / "data", free_port()
    command = [sys.executable, "-m", "meterproof", "demo", "--once", "--json", "--data", str(data), "--port", str(port)]
    process = subprocess.Popen([*command, "--days", str(DAYS)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        readings_come(port, CERAMICS)
    finally:
        process.kill()
        output, _ = process.communicate(timeout=TIMEOUT_S)
    assert output == b""
    after = result_of(run_demo(data, "--days", str(DAYS)))
    assert plant_of(after, STEEL)["readings_polled"] == 0
    assert 0 < plant_of(after, CERAMICS)["readings_polled"] < POLLS[CERAMICS]
    check_same(after, unharmed, data)


def test_while_the_agent_is_dead_time_runs_on_and_a_span_keeps_the_total(unharmed, tmp_path):
    data = tmp_path / "data"
    kill_at("spool.mid_commit:2", data, tmp_path)
    after = result_of(run_demo(data, "--days", str(DAYS), "--agent-dead-for", "36"))
    told = plant_of(after, STEEL)
    assert told["resumed"]
    assert told["spans"] == 1
    assert INTERVALS[STEEL] - told["intervals"] in range(36 * 4, 36 * 4 + 3)
    assert after["energy_kwh"][STEEL] == pytest.approx(unharmed["energy_kwh"][STEEL], abs=1e-6)
    assert held(data)[2] == 0
    assert statement_of(after, STEEL)["status"] == "not_claimable"
