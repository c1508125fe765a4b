"""From the bills of a food plant to its model and its savings: through the library and through the command line."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from meterproof.cli_mv import app
from meterproof_mv import avoided_energy, fit
from meterproof_mv.calendarisation import calendarise, day_after

DATA = Path(__file__).parents[2] / "data" / "food_plant_hq"
TRUTH = json.loads((DATA / "truth.json").read_text())
BILLS = [row for row in csv.DictReader((DATA / "bills.csv").read_text().splitlines()) if row["meter"] == "natural_gas"]
MONTHS = list(csv.DictReader((DATA / "monthly.csv").read_text().splitlines()))
DRIVERS = TRUTH["T1"]["drivers"]


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def by_month(dated="start"):
    amount = [float(row["energy"]) for row in BILLS]
    if dated == "read_date":
        return calendarise(None, day_after([row["read_date"] for row in BILLS]), amount)
    return calendarise([row["start"] or "NaT" for row in BILLS], [row["end"] for row in BILLS], amount)


def rows(year):
    """Use and drivers of a year, the use from the bills, the drivers from the table."""
    months = by_month()
    kept = months.complete & (months.month.astype("datetime64[Y]") == np.datetime64(str(year), "Y"))
    drivers = [row for row in MONTHS if row["start"].startswith(str(year))]
    assert kept.sum() == len(drivers) == 12
    return months.amount[kept], {name: np.array([float(row[name]) for row in drivers]) for name in DRIVERS}


@pytest.fixture
def years(tmp_path):
    """Return the files of the years, as the command line makes them from bills and drivers."""
    made = {}
    for year in (2022, 2023, 2024, 2025):
        made[year] = tmp_path / f"{year}.csv"
        arguments = ["calendarise", DATA / "bills.csv", "--energy", "energy", "--meter", "natural_gas"]
        period = ["--from", f"{year}-01-01", "--until", f"{year + 1}-01-01"]
        run(*arguments, "--join", DATA / "drivers.csv", *period, "--out", made[year], "--json")
    return made


def check_model(found, truth, within):
    assert (found["model"], found["n"], found["p"]) == (truth["model"], truth["n"], truth["p"])
    assert found["coefficients"] == pytest.approx(truth["coefficients"], rel=within)
    assert found["r2"] == pytest.approx(truth["r2"], abs=1e-10)
    assert found["standard_errors"] == pytest.approx(truth["standard_errors"], rel=within)
    assert found["cv_rmse"] == pytest.approx(truth["cv_rmse"], rel=within)
    assert found["rho1"] == pytest.approx(truth["rho1"], rel=within)
    assert found["nmbe"] == 0.0


def check_savings(found):
    truth = TRUTH["S1"]
    for name in ("avoided", "lower", "upper", "adjusted_baseline", "actual", "standard_error"):
        assert found[name] == pytest.approx(truth[name], rel=TRUTH["S1"]["tolerance_relative"]), name
    assert found["confidence"] == truth["confidence"]


@pytest.mark.parametrize("dated", ["start", "read_date"])
def test_bills_become_the_months_that_were_computed_elsewhere(dated):
    months = by_month(dated)
    known = months.amount[months.complete]
    assert months.start[months.complete].astype(str).tolist() == [row["start"] for row in MONTHS]
    assert known == pytest.approx([float(row["gas_mmbtu"]) for row in MONTHS], rel=1e-14)


def test_bills_that_are_read_twice_in_a_month_and_not_in_another_are_normal():
    months = by_month()
    reads = [row["read_date"][:7] for row in BILLS]
    assert (reads.count("2025-02"), reads.count("2025-03")) == (0, 2)
    assert months.complete[months.month == np.datetime64("2025-02")].all()
    assert {finding.code for finding in months.findings} == {"first_bill_undated", "period_incomplete"}


def test_the_model_of_2023_from_bills_is_the_one_that_the_origin_stores():
    use, drivers = rows(2023)
    found = fit(use, drivers, model="linear").to_dict()
    check_model(found, TRUTH["T1"]["computed"], TRUTH["T1"]["tolerance"]["coefficients_relative"])
    assert found["coefficients"] == pytest.approx(TRUTH["T1"]["origin_coefficients"], rel=1e-9)
    assert found["r2"] == pytest.approx(TRUTH["T1"]["origin_r2"], abs=1e-10)


def test_the_model_of_2023_comes_out_of_the_command_line(years):
    found = run("fit", years[2023], "--energy", "energy_mmbtu", "--drivers", ",".join(DRIVERS), "--json")
    check_model(found, TRUTH["T1"]["computed"], TRUTH["T1"]["tolerance"]["coefficients_relative"])


@pytest.mark.parametrize("year", TRUTH["other_years"])
def test_other_years_come_out_too(years, year):
    truth = TRUTH["other_years"][year]
    arguments = ["--energy", "energy_mmbtu", "--drivers", ",".join(DRIVERS), "--model", "linear", "--json"]
    found = run("fit", years[int(year)], *arguments)
    assert found["coefficients"] == pytest.approx(truth["coefficients"], rel=1e-9)
    assert found["r2"] == pytest.approx(truth["r2"], abs=1e-10)
    assert found["rho1"] == pytest.approx(truth["rho1"], rel=1e-9)


def test_the_use_rose_in_2024_by_what_was_computed_elsewhere():
    use, drivers = rows(2023)
    after_use, after = rows(2024)
    check_savings(avoided_energy(use, drivers, after, after_use, confidence=0.9, model="linear").to_dict())


def test_the_use_rose_in_2024_through_the_command_line(years):
    arguments = ["--energy", "energy_mmbtu", "--drivers", ",".join(DRIVERS), "--confidence", "0.9", "--json"]
    found = run("savings", years[2023], years[2024], *arguments)
    check_savings(found)
    assert (found["status"], found["verified_amount"]) == ("not_claimable", 0)


def test_bills_put_whole_into_the_month_of_their_read_spoil_the_model():
    whole = {}
    for row in BILLS:
        whole[row["read_date"][:7]] = whole.get(row["read_date"][:7], 0.0) + float(row["energy"])
    _, drivers = rows(2023)
    use = [whole[f"2023-{month:02}"] for month in range(1, 13)]
    assert fit(use, drivers, model="linear").to_dict()["r2"] < TRUTH["T1"]["origin_r2"] - 0.01
