"""``meterproof mv``: what it prints, and how a file that cannot be used is told."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from meterproof.cli_mv import app
from meterproof.mv_table import read_table
from meterproof_core.errors import DataError

MONTHS = [str(month) for month in np.arange("2021-01", "2024-02", dtype="datetime64[M]")]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def rows(first, last, cut=0.0, noise=5.0):
    rng = np.random.default_rng(first)
    lines = []
    for month in range(first, last):
        production = round(rng.uniform(100, 200), 2)
        shift = ("day", "night", "week")[month % 3]
        use = (500 + 3 * production + {"day": 0, "night": 20, "week": -20}[shift] + rng.normal(0, noise)) * (1 - cut)
        lines.append(f"{MONTHS[month]}-01,{MONTHS[month + 1]}-01,{use:.4f},{production},{shift}")
    return lines


def write(path, lines, header="start,end,gas_mmbtu,production_t,shift", encoding="utf-8"):
    path.write_text("\n".join([header, *lines]) + "\n", encoding=encoding)
    return path


@pytest.fixture
def base(tmp_path):
    return write(tmp_path / "base.csv", rows(0, 24))


@pytest.fixture
def report(tmp_path):
    return write(tmp_path / "report.csv", rows(24, 36, cut=0.1))


def test_fit_prints_the_contract(base):
    result = run("fit", base, "--energy", "gas_mmbtu", "--drivers", "production_t,shift", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    contract = {"model", "n", "p", "coefficients", "change_points", "r2", "cv_rmse", "nmbe", "rho1", "sufficiency"}
    assert contract <= set(found)
    assert list(found["coefficients"]) == ["intercept", "production_t", "shift=night", "shift=week"]
    assert found["coefficients"]["production_t"] == pytest.approx(3, abs=0.2)
    assert found["nmbe"] == 0
    assert "no_production_driver" not in {finding["code"] for finding in found["sufficiency"]}


def test_fit_without_drivers_is_the_mean(base):
    found = json.loads(run("fit", base, "--energy", "gas_mmbtu", "--json").stdout)
    assert found["model"] == "mean"
    assert {finding["code"] for finding in found["sufficiency"]} == {"no_production_driver"}


def test_production_may_be_named(base):
    arguments = ["fit", base, "--energy", "gas_mmbtu", "--drivers", "shift", "--model", "linear", "--json"]
    without = json.loads(run(*arguments).stdout)["sufficiency"]
    named = json.loads(run(*arguments, "--production", "shift").stdout)["sufficiency"]
    assert {f["code"] for f in without} - {f["code"] for f in named} == {"no_production_driver"}
    wrong = run(*arguments, "--production", "output_t")
    assert wrong.exit_code == 2
    assert "--production 'output_t' is no driver; there are shift" in wrong.stderr


def test_savings_prints_the_contract(base, report):
    arguments = [
        "savings",
        base,
        report,
        "--energy",
        "gas_mmbtu",
        "--drivers",
        "production_t,shift",
        "--confidence",
        "0.8",
    ]
    result = run(*arguments, "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    contract = {"avoided", "lower", "upper", "confidence", "adjusted_baseline", "actual", "status", "findings"}
    assert contract <= set(found)
    assert found["confidence"] == 0.8
    assert found["lower"] < found["avoided"] < found["upper"]
    assert found["avoided"] == pytest.approx(found["adjusted_baseline"] - found["actual"])
    assert found["status"] == "not_claimable"
    assert {"no_option", "unexplained_shift"} <= {finding["code"] for finding in found["findings"]}
    linked = json.loads(run(*arguments, "--option", "boiler-1", "--json").stdout)
    assert linked["status"] == "claimable"
    assert 0 < linked["verified_amount"] <= linked["lower_one_sided_90"]


def test_a_refused_interval_is_null(base, tmp_path, report):
    short = write(tmp_path / "short.csv", rows(0, 4))
    result = run("savings", short, report, "--energy", "gas_mmbtu", "--drivers", "production_t", "--json")
    found = json.loads(result.stdout)
    assert found["lower"] is None
    assert found["upper"] is None
    assert any(finding["severity"] == "refusal" for finding in found["findings"])
    shown = run("savings", short, report, "--energy", "gas_mmbtu", "--drivers", "production_t").stdout
    assert "none to none" in shown


def test_nothing_is_claimed_of_periods_that_do_not_follow_each_other(base, report):
    asked = ["--energy", "gas_mmbtu", "--drivers", "production_t", "--option", "boiler-1", "--json"]
    for one, other in ((report, base), (base, base)):
        found = json.loads(run("savings", one, other, *asked).stdout)
        assert (found["status"], found["verified_amount"]) == ("not_claimable", 0)
        assert "periods_overlap" in {finding["code"] for finding in found["findings"]}


def test_a_period_against_itself_finds_nothing(base):
    asked = ["--energy", "gas_mmbtu", "--drivers", "production_t,shift", "--json"]
    found = json.loads(run("savings", base, base, *asked).stdout)
    assert abs(found["avoided"]) < 1e-6
    assert found["lower"] < 0 < found["upper"]
    assert "unexplained_shift" not in {finding["code"] for finding in found["findings"]}


def test_an_option_without_an_id_is_refused(base, report):
    result = run("savings", base, report, "--energy", "gas_mmbtu", "--drivers", "production_t", "--option", " ")
    assert result.exit_code == 2
    assert "'' is empty; the id" in result.stderr


def test_people_get_tables(base, report):
    shown = run("fit", base, "--energy", "gas_mmbtu", "--drivers", "production_t,shift").stdout
    assert "shift=night" in shown
    assert "CV(RMSE)" in shown
    assert "chosen from 4 candidates" in shown
    named = run("fit", base, "--energy", "gas_mmbtu", "--drivers", "production_t", "--model", "linear").stdout
    assert "chosen from" not in named
    result = run("savings", base, report, "--energy", "gas_mmbtu", "--drivers", "production_t", "--option", "b").stdout
    assert "claimable" in result
    assert "degrees of freedom" in result
    assert "none verified" in run("savings", base, report, "--energy", "gas_mmbtu", "--drivers", "production_t").stdout


@pytest.mark.parametrize("command", ["fit", "savings"])
def test_help_has_examples(command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "meterproof mv" in result.stdout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--model", "3pc"], "model '3pc' is not known here; auto, mean, ratio, linear are accepted"),
        (["--drivers", "a,,b"], "--drivers 'a,,b'"),
        (["--drivers", "shift,shift"], "each once"),
        (["--drivers", "gas_mmbtu"], "cannot explain itself"),
        (["--drivers", "steam_t"], "column 'steam_t' is missing; there are start, end, gas_mmbtu, production_t, shift"),
    ],
)
def test_a_wrong_question_is_told_and_ends_with_2(base, change, words):
    result = run("fit", base, "--energy", "gas_mmbtu", *change)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_savings_tell_a_wrong_question_too(base, report):
    asked = ["savings", base, report, "--energy", "gas_mmbtu", "--drivers", "production_t"]
    assert run(*asked, "--confidence", "95").exit_code == 2
    assert "fraction" in run(*asked, "--confidence", "95").stderr
    assert run("savings", base, "nowhere.csv", "--energy", "gas_mmbtu").exit_code == 2


GOOD = ["2024-01-01,2024-02-01,10,5", "2024-02-01,2024-03-01,11,6"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "no rows below the header"),
        ([GOOD[0], "2024-02-01,2024-03-01,eleven,6"], "line 3: use 'eleven' is not a number"),
        ([GOOD[0], '2024-02-01,2024-03-01,"1,5",6'], "line 3: use '1,5' is not a number"),
        ([GOOD[0], "2024-02-01,2024-03-01,1_000,6"], "line 3: use '1_000' is not a number"),
        ([GOOD[0], "2024-02-01,2024-03-01,1e302,6"], "line 3: use '1e302' is too large; at most 1e+50 is accepted"),
        ([GOOD[0], "2024-02-01,2024-03-01,inf,6"], "line 3: use 'inf' is not a number"),
        ([GOOD[0], "2024-02-01,2024-03-01,11,six"], "line 3: x 'six' is not a number"),
        (["day,2024-02-01,10,5"], "line 2: start 'day' is no time; ISO 8601"),
        (["2024-01-01,01/02/2024,10,5"], "line 2: end '01/02/2024' is no time"),
        (["2024-02-01,2024-01-01,10,5"], "line 2: end 2024-01-01 00:00:00 is not after start"),
        (["2024-01-01,2024-01-01,10,5"], "line 2: end"),
        ([*GOOD, "2024-02-15,2024-03-15,1,1"], "line 4 starts 2024-02-15 00:00:00, before line 3 ends"),
        ([GOOD[0], "2024-02-01T00:00Z,2024-03-01T00:00Z,11,6"], "some times have a zone"),
        (["2024-01-01,2024-02-01,10"], "line 2: 3 cells under 4 columns"),
        (['2024-01-01,2024-02-01,"10,5'], "base.csv: "),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path, lines, words):
    path = write(tmp_path / "base.csv", lines, header="start,end,use,x")
    with pytest.raises(DataError) as caught:
        read_table(path, energy="use", drivers=["x"])
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_no_text_or_empty_is_told(tmp_path):
    path = write(tmp_path / "latin.csv", GOOD, header="start,end,use,Öl", encoding="latin-1")
    with pytest.raises(DataError, match="is not UTF-8"):
        read_table(path, energy="use", drivers=[])
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(DataError, match="the file is empty"):
        read_table(tmp_path / "empty.csv", energy="use", drivers=[])
    with pytest.raises(DataError, match="No such file"):
        read_table(tmp_path / "nowhere.csv", energy="use", drivers=[])
    twice = write(tmp_path / "twice.csv", GOOD, header="start,end,use,use")
    with pytest.raises(DataError, match="'use' is there twice"):
        read_table(twice, energy="use", drivers=[])


def test_a_byte_order_mark_blank_lines_and_empty_cells_are_accepted(tmp_path):
    lines = [GOOD[0], "", "2024-02-01,2024-03-01,, ", "2024-03-01,2024-04-01,12,7"]
    path = write(tmp_path / "bom.csv", lines, header="start,end,use,x", encoding="utf-8-sig")
    table = read_table(path, energy="use", drivers=["x"])
    assert np.isnan(table.energy).tolist() == [False, True, False]
    assert np.isnan(table.drivers["x"]).tolist() == [False, True, False]


def test_times_with_a_zone_become_utc(tmp_path):
    path = write(tmp_path / "zoned.csv", ["2024-01-01T09:00+09:00,2024-01-02T00:00Z,1"], header="start,end,use")
    table = read_table(path, energy="use", drivers=[])
    assert table.start.astype(str).tolist() == ["2024-01-01T00:00:00.000"]


def test_a_column_of_text_is_a_category_and_its_empty_cells_are_missing(tmp_path):
    lines = ["2024-01-01,2024-02-01,10,day", "2024-02-01,2024-03-01,11,"]
    path = write(tmp_path / "text.csv", lines, header="start,end,use,kind")
    assert read_table(path, energy="use", drivers=["kind"]).drivers["kind"].tolist() == ["day", None]
