"""The whole road with the whole year: energy is conserved and the answer is honest."""

import csv
from pathlib import Path

import duckdb
import numpy as np
import pytest
from demo_process import result_of, run_demo

PLANT = "kr-gwangyang-steel"
DATA_SET = Path(__file__).parents[2] / "edge/meterproof_edge/simulator/data/steel_industry_2018.csv"
DATA_SET_KWH = 959_636.71
REGISTER_STEP_KWH = 0.001
POLLS = 105_122  # every five minutes from one poll before the year to one after it


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("year")


@pytest.fixture(scope="module")
def year(data):
    return result_of(run_demo(data))


def test_the_sum_of_the_intervals_is_the_data_sets_total_to_one_step_of_the_register(year):
    with DATA_SET.open(encoding="utf-8-sig", newline="") as file:
        independent = sum(round(float(row["Usage_kWh"]) * 100) for row in csv.DictReader(file)) / 100
    assert independent == DATA_SET_KWH
    assert year["data_set_kwh"][PLANT] == DATA_SET_KWH
    assert year["energy_kwh"][PLANT] == pytest.approx(DATA_SET_KWH, abs=REGISTER_STEP_KWH)


def test_every_interval_of_the_year_is_there(year):
    assert (year["intervals"], year["spans"], year["completeness"]) == (35_040, 0, 1.0)
    assert (year["readings_polled"], year["readings_stored"]) == (POLLS, POLLS)
    assert year["plants"] == [{"id": PLANT, "name": "Steel works, Gwangyang", "simulated": False}]


def test_the_store_itself_holds_every_reading_and_interval_once(year, data):
    with duckdb.connect(str(data / "meterproof.duckdb"), read_only=True) as store:
        rows, distinct = store.execute("SELECT count(*), count(DISTINCT (_point, _t_ms)) FROM readings").fetchone()
        assert rows == distinct == POLLS
        starts = store.execute(
            "SELECT start_ms, end_ms, amount FROM intervals JOIN series ON _series = id "
            "WHERE quantity = 'energy_import_kwh' AND start_ms >= 1514732400000 AND end_ms <= 1546268400000 "
            "ORDER BY start_ms"
        ).fetchnumpy()
    assert len(starts["start_ms"]) == 35_040
    assert np.array_equal(starts["end_ms"][:-1], starts["start_ms"][1:])
    assert np.sum(starts["amount"]) == pytest.approx(DATA_SET_KWH, abs=REGISTER_STEP_KWH)


def test_a_plant_where_nothing_was_done_may_claim_nothing_and_is_told_why(year):
    (statement,) = year["statements"]
    codes = {finding["code"] for finding in statement["findings"]}
    assert statement["status"] == "not_claimable"
    assert {"no_production_driver", "high_cv", "autocorrelated", "unexplained_shift", "no_option"} <= codes
    assert (statement["verified_kwh"], statement["claimed_co2e_t"]) == (0, 0)


def test_a_naive_analyst_would_have_seen_a_saving(year):
    (statement,) = year["statements"]
    naive = statement["naive_interval"]
    assert 0 < naive["lower_kwh"] < statement["avoided_kwh"] < naive["upper_kwh"]
    assert naive["upper_kwh"] - naive["lower_kwh"] < statement["upper_kwh"] - statement["lower_kwh"]


def test_a_second_run_on_the_same_folder_reads_nothing_again_and_says_the_same(year, data):
    again = result_of(run_demo(data))
    assert (again["resumed"], again["readings_polled"]) == (True, 0)
    assert {key: again[key] for key in ("energy_kwh", "intervals", "statements")} == {
        key: year[key] for key in ("energy_kwh", "intervals", "statements")
    }
