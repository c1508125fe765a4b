"""The whole road with the whole years: what was metered is conserved, and each answer is honest."""

import csv
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest
from demo_process import plant_of, result_of, run_demo, statement_of

from meterproof_edge.simulator.ceramics_works import CeramicsWorks

STEEL, CERAMICS, FOOD = "kr-gwangyang-steel", "th-simulated-ceramics", "us-hq-food"
DATA_SET = Path(__file__).parents[2] / "edge/meterproof_edge/simulator/data/steel_industry_2018.csv"
DATA_SET_KWH = 959_636.71
REGISTER_STEP_KWH = 0.001
STEEL_POLLS = 105_122  # every five minutes from one poll before the year to one after it
CERAMICS_SAMPLES = 3 * 71_675  # three points every 440 s, the same way
YEAR_2025 = date(2025, 1, 1), date(2026, 1, 1)


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
    assert year["data_set_kwh"][STEEL] == DATA_SET_KWH
    assert year["energy_kwh"][STEEL] == pytest.approx(DATA_SET_KWH, abs=REGISTER_STEP_KWH)


def test_three_plants_are_there_and_only_the_invented_one_is_called_simulated(year):
    told = [(plant["id"], plant["name"], plant["simulated"]) for plant in year["plants"]]
    assert told == [
        (STEEL, "Steel works, Gwangyang", False),
        (CERAMICS, "Simulated ceramics works, Thailand", True),
        (FOOD, "Food plant HQ", False),
    ]


@pytest.mark.parametrize(("plant", "samples", "counters"), [(STEEL, STEEL_POLLS, 1), (CERAMICS, CERAMICS_SAMPLES, 4)])
def test_every_reading_and_every_interval_of_a_played_year_is_there(year, plant, samples, counters):
    told = plant_of(year, plant)
    assert (told["readings_polled"], told["readings_stored"]) == (samples, samples)
    assert (told["intervals"], told["spans"], told["completeness"]) == (counters * 35_040, 0, 1.0)


def test_the_totals_at_the_top_are_the_plants_sums(year):
    played = [plant_of(year, plant) for plant in (STEEL, CERAMICS)]
    for key in ("readings_polled", "readings_stored", "intervals", "spans"):
        assert year[key] == sum(plant[key] for plant in played)
    assert year["completeness"] == 1.0


def test_what_four_meters_of_the_simulated_works_counted_is_in_the_intervals_to_a_pulse(year):
    pulse = {"m3": 0.1, "t": 0.01, "kWh": 0.001}
    counters = plant_of(year, CERAMICS)["counters"]
    assert len(counters) == 4
    for counter in counters:
        assert counter["amount"] == pytest.approx(counter["meter_amount"], abs=2 * pulse[counter["unit"]])


def test_the_store_itself_holds_every_reading_and_interval_once(year, data):
    with duckdb.connect(str(data / "meterproof.duckdb"), read_only=True) as store:
        rows, distinct = store.execute("SELECT count(*), count(DISTINCT (_point, _t_ms)) FROM readings").fetchone()
        assert rows == distinct == year["readings_stored"] == STEEL_POLLS + CERAMICS_SAMPLES
        starts = store.execute(
            "SELECT start_ms, end_ms, amount FROM intervals JOIN series ON _series = id "
            "WHERE quantity = 'energy_import_kwh' AND start_ms >= 1514732400000 AND end_ms <= 1546268400000 "
            "ORDER BY start_ms"
        ).fetchnumpy()
    assert len(starts["start_ms"]) == 35_040
    assert np.array_equal(starts["end_ms"][:-1], starts["start_ms"][1:])
    assert np.sum(starts["amount"]) == pytest.approx(DATA_SET_KWH, abs=REGISTER_STEP_KWH)


def codes(findings):
    return {finding["code"] for finding in findings}


def test_a_plant_where_nothing_was_done_may_claim_nothing_and_is_told_why(year):
    statement = statement_of(year, STEEL)
    (stream,) = statement["streams"]
    told = codes(statement["findings"]) | codes(stream["findings"])
    assert statement["status"] == "not_claimable"
    assert {"no_production_driver", "high_cv", "autocorrelated", "unexplained_shift", "no_option"} <= told
    assert (statement["verified_kwh"], statement["claimed_co2e_t"]) == (0, 0)


def test_a_naive_analyst_would_have_seen_a_saving(year):
    found = statement_of(year, STEEL)["avoided"]
    naive = found["naive_for_comparison"]
    assert 0 < naive["lower"] < found["avoided"] < naive["upper"]
    assert naive["upper"] - naive["lower"] < found["upper"] - found["lower"]


def test_a_plant_whose_use_rose_has_nothing_verified_and_its_figures_are_those_of_a_published_model(year):
    statement = statement_of(year, FOOD)
    assert (statement["status"], statement["claimed_co2e_t"], statement["verified_kwh"]) == ("not_claimable", 0, 0)
    mmbtu = 293.07107017222  # kWh: 1055.05585262 MJ / 3.6
    found = statement["avoided"]
    told = [found[name] / mmbtu for name in ("avoided", "lower", "upper")]
    assert told == pytest.approx([-1013.20, -2040.05, 13.65], abs=0.006)


def test_the_simulated_works_may_claim_what_it_surely_saved_and_not_more_than_the_truth(year):
    statement = statement_of(year, CERAMICS)
    (kiln,) = [stream for stream in statement["streams"] if stream["id"] == "kiln-gas"]
    truth_m3 = CeramicsWorks().true_saving_m3(*YEAR_2025)
    assert (statement["status"], statement["simulated"]) == ("claimable", True)
    assert 0.5 * truth_m3 < kiln["verified"] < truth_m3
    assert statement["claimed_co2e_t"] > 0
    assert year["known_savings"] == [
        {
            "plant": CERAMICS,
            "stream": "kiln-gas",
            "unit": "m3",
            "amount": truth_m3,
            "in_interval": kiln["savings"]["lower"] <= truth_m3 <= kiln["savings"]["upper"],
        }
    ]


@pytest.mark.parametrize("plant", [STEEL, CERAMICS, FOOD])
def test_each_bundle_stands_up_to_whoever_recomputes_it(year, plant):
    bundle = statement_of(year, plant)["bundle"]
    command = [sys.executable, "-m", "meterproof", "verify", bundle]
    verified = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_second_run_on_the_same_folder_reads_nothing_again_and_says_the_same(year, data):
    again = result_of(run_demo(data))
    assert (again["resumed"], again["readings_polled"]) == (True, 0)
    for key in ("energy_kwh", "intervals"):
        assert again[key] == year[key]
    assert [statement.pop("new") for statement in again["statements"]] == [False, False, False]
    said = json.loads(json.dumps(year["statements"]))
    assert [statement.pop("new") for statement in said] == [True, True, True]
    assert again["statements"] == said
