"""Published data: the models of a regression textbook, through the library and through the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from meterproof.cli_mv import app
from meterproof.mv_table import read_table
from meterproof_mv import fit

DATA = Path(__file__).parents[2] / "data" / "textbook"
TRUTH = json.loads((DATA / "truth.json").read_text())
CASES = [name for name in TRUTH if name.startswith("T")]


def fitted(case, model):
    truth = TRUTH[case]
    table = read_table(DATA / truth["file"], energy=truth["energy"], drivers=truth["drivers"])
    return fit(table.energy, table.drivers, model=model, start=table.start, end=table.end).to_dict()


def printed(case, model):
    truth = TRUTH[case]
    arguments = ["fit", str(DATA / truth["file"]), "--energy", truth["energy"], "--drivers", ",".join(truth["drivers"])]
    result = CliRunner().invoke(app, [*arguments, "--model", model, "--json"])
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_the_three_cases_are_there():
    assert CASES == ["T8", "T9", "T10"]


@pytest.mark.parametrize("ask", [fitted, printed])
@pytest.mark.parametrize("model", ["auto", "linear"])
@pytest.mark.parametrize("case", CASES)
def test_a_textbook_model_comes_out_as_computed_elsewhere(case, model, ask):
    found, truth = ask(case, model), TRUTH[case]["computed"]
    within = TRUTH["tolerance"]["coefficients_relative"]
    assert found["model"] == truth["model"]
    assert (found["n"], found["p"]) == (truth["n"], truth["p"])
    assert found["coefficients"] == pytest.approx(truth["coefficients"], rel=within)
    assert list(found["coefficients"]) == list(truth["coefficients"])
    assert found["standard_errors"] == pytest.approx(truth["standard_errors"], rel=within)
    assert found["p_values"] == pytest.approx(truth["p_values"], rel=within)
    assert found["r2"] == pytest.approx(truth["r2"], abs=TRUTH["tolerance"]["r2_absolute"])
    assert found["adjusted_r2"] == pytest.approx(truth["adjusted_r2"], abs=TRUTH["tolerance"]["r2_absolute"])
    assert found["rmse"] == pytest.approx(truth["rmse"], rel=within)
    assert found["cv_rmse"] == pytest.approx(truth["cv_rmse"], rel=within)
    assert found["rho1"] == pytest.approx(truth["rho1"], rel=within)
    assert found["f_p_value"] == pytest.approx(truth["model_F_p"], rel=within)
    assert found["nmbe"] == 0.0
    assert found["change_points"] == []
    assert found["interval"] == "monthly"


@pytest.mark.parametrize("case", ["T8", "T9"])
def test_the_coefficients_agree_with_what_the_textbook_is_remembered_to_print(case):
    found, book = fitted(case, "linear"), TRUTH[case]["printed_in_textbook"]
    for name, value in found["coefficients"].items():
        assert value == pytest.approx(book[name], abs=5e-4)
    assert found["r2"] * 100 == pytest.approx(book["r2_percent"], abs=0.05)


@pytest.mark.parametrize("model", ["auto", "linear"])
def test_the_weak_model_says_that_it_is_weak(model):
    codes = {finding["code"]: finding["severity"] for finding in fitted("T10", model)["sufficiency"]}
    assert codes["low_r2"] == "warning"
    assert not any(
        finding["code"] == "low_r2" for case in ("T8", "T9") for finding in fitted(case, model)["sufficiency"]
    )


def test_the_choice_keeps_every_candidate_with_what_speaks_against_it():
    weak = fitted("T10", "auto")["candidates"]
    assert [(one["model"], one["rejected"]) for one in weak] == [
        ("linear", ["R2 0.398 below 0.5"]),
        ("mean", ["R2 0.000 below 0.5"]),
    ]
    assert next(one["drivers"] for one in fitted("T9", "auto")["candidates"]) == ["operating_days", "avg_temp_f"]
    assert len(fitted("T9", "auto")["candidates"]) == 4
