"""kill -9 of the whole demonstration at its weakest places: the next run ends with the same sum, and nothing twice."""

import signal

import duckdb
import pytest
from demo_process import result_of, run_demo

PLANT = "kr-gwangyang-steel"
DAYS = 20
INTERVALS = DAYS * 96
POLLS = DAYS * 288 + 2
POINTS = [
    "spool.mid_commit:2",
    "edge.receipt_before_delete:1",
    "collector.written_before_receipt:2",
    "store.mid_commit:2",
    "store.mid_commit:5",
    "ledger.mid_replace:3",
]


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory):
    """The energy of the same days without a kill.

    It is not the data set's own sum to the last step: twenty days end between two different rates, and the boundary there
    is interpolated. The whole year has no such end.
    """
    result = result_of(run_demo(tmp_path_factory.mktemp("unharmed"), "--days", str(DAYS)))
    assert result["energy_kwh"][PLANT] == pytest.approx(result["data_set_kwh"][PLANT], rel=1e-5)
    return result["energy_kwh"][PLANT]


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


@pytest.mark.parametrize("point", POINTS)
def test_after_a_kill_the_next_run_ends_with_the_same_sum_and_nothing_twice(point, unharmed, tmp_path):
    data = tmp_path / "data"
    kill_at(point, data, tmp_path)
    after = result_of(run_demo(data, "--days", str(DAYS)))
    assert after["energy_kwh"][PLANT] == unharmed
    assert (after["intervals"], after["spans"]) == (INTERVALS, 0)
    assert held(data) == (POLLS, POLLS, 0)


def test_while_the_agent_is_dead_time_runs_on_and_a_span_keeps_the_total(unharmed, tmp_path):
    data = tmp_path / "data"
    kill_at("spool.mid_commit:2", data, tmp_path)
    after = result_of(run_demo(data, "--days", str(DAYS), "--agent-dead-for", "36"))
    assert after["resumed"]
    assert after["spans"] == 1
    assert INTERVALS - after["intervals"] in range(36 * 4, 36 * 4 + 3)
    assert after["energy_kwh"][PLANT] == pytest.approx(unharmed, abs=1e-6)
    assert held(data)[2] == 0
