"""Fitting: limit cases, findings, and what is refused."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_mv import ModelError, SeriesError, Severity, fit
from meterproof_mv.autocorrelation import correlated_square, earlier_sum, lag_one
from meterproof_mv.models.least_squares import solve
from meterproof_mv.models.selection import bic
from meterproof_mv.thresholds import THRESHOLDS, Threshold, Trust

RNG = np.random.default_rng(7)
DAYS = np.datetime64("2023-01-01") + np.arange(365)
MONTHS = np.arange("2021-01", "2024-01", dtype="datetime64[M]")
WEEKEND = np.where(np.is_busday(DAYS), "weekday", "weekend").astype(object)


def codes(fitted):
    return {finding.code: finding for finding in fitted.sufficiency}


def noisy_line(n=36, noise=3.0, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.uniform(50, 150, n)
    return x, 100 + 2 * x + rng.normal(0, noise, n)


def test_an_exact_line_is_found_exactly():
    x = np.arange(20.0)
    fitted = fit(5 + 3 * x, x, model="linear", interval="monthly")
    assert fitted.coefficients == pytest.approx({"intercept": 5, "x1": 3}, rel=1e-12)
    assert fitted.r2 == pytest.approx(1)
    assert fitted.nmbe == 0.0


def test_a_large_offset_costs_no_digits():
    x = np.arange(40.0)
    fitted = fit(1e9 + 3 * x, x + 1e6, model="linear")
    assert fitted.coefficients["x1"] == pytest.approx(3, rel=1e-7)


def test_the_mean_model_is_shown_as_such():
    y = [1.0, 2.0, 3.0, 4.0]
    shown = fit(y, model="mean").to_dict()
    assert shown["model"] == "mean"
    assert shown["coefficients"] == {"intercept": 2.5}
    assert (shown["n"], shown["p"], shown["r2"], shown["nmbe"]) == (4, 1, 0.0, 0.0)
    assert shown["rmse"] == pytest.approx(np.std(y, ddof=1))
    assert shown["f_statistic"] is None
    assert "low_r2" not in {finding["code"] for finding in shown["sufficiency"]}


def test_the_ratio_goes_through_the_origin_and_may_be_biased():
    fitted = fit([11.0, 19.0, 32.0], [1.0, 2.0, 3.0], names=["production_t"], model="ratio")
    assert fitted.coefficients == pytest.approx({"production_t": (11 + 38 + 96) / 14})
    assert fitted.nmbe != 0
    assert fitted.p == 1
    assert np.isnan(fitted.f_statistic)


@pytest.mark.parametrize("x", [None, np.ones((5, 2)), np.array(["a", "b", "a", "b", "a"], object)])
def test_the_ratio_takes_one_number(x):
    if isinstance(x, np.ndarray) and x.ndim == 2:
        x = x * np.arange(5)[:, None] + np.array([0, 1]) * np.arange(5)[:, None] ** 2
    with pytest.raises(ModelError, match="takes one driver that is a number"):
        fit(np.arange(5.0), x, model="ratio")


def test_a_category_has_a_step_for_every_level_but_the_first():
    y = np.where(WEEKEND == "weekday", 100.0, 60.0)
    fitted = fit(y, {"day_type": WEEKEND}, model="linear", start=DAYS)
    assert fitted.coefficients == pytest.approx({"intercept": 100, "day_type=weekend": -40})
    assert fitted.observations.interval == "daily"
    assert "negative_coefficient" not in codes(fitted)


def test_levels_are_sorted_and_counted_in_p():
    shift = np.array(["c", "a", "b"] * 10, object)
    effect = np.array([{"a": 1.0, "b": 5.0, "c": 9.0}[level] for level in shift])
    fitted = fit(effect + np.arange(30), {"shift": shift, "t": np.arange(30)}, model="linear")
    assert list(fitted.coefficients) == ["intercept", "shift=b", "shift=c", "t"]
    assert fitted.coefficients == pytest.approx({"intercept": 1, "shift=b": 4, "shift=c": 8, "t": 1})
    assert fitted.p == 4


@given(st.permutations(range(36)))
def test_the_order_of_rows_does_not_matter_when_their_start_is_given(order):
    x, y = noisy_line()
    straight = fit(y, x, model="auto", start=MONTHS).to_dict()
    mixed = fit(y[order], x[order], model="auto", start=MONTHS[order]).to_dict()
    assert mixed == straight


def test_json_carries_no_nan():
    for fitted in (fit([5.0, 5.0, 5.0], model="mean"), fit([0.0, 0.0, 0.0], [1.0, 2.0, 4.0], model="ratio")):
        assert json.dumps(fitted.to_dict(), allow_nan=False)
        assert fitted.to_dict()["cv_rmse"] in (0.0, None)


def test_rows_without_a_value_are_left_out_and_told():
    x, y = noisy_line()
    y[4], x[9] = np.nan, np.nan
    fitted = fit(y, x, model="linear", start=MONTHS)
    keep = ~np.isnan(x) & ~np.isnan(y)
    assert fitted.coefficients == fit(y[keep], x[keep], model="linear", start=MONTHS[keep]).coefficients
    assert fitted.n == 34
    assert codes(fitted)["gap"].data == {"rows": [4, 9], "count": 2}


def test_intervals_without_a_row_are_told():
    x, y = noisy_line()
    keep = np.arange(36) != 20
    fitted = fit(y[keep], x[keep], model="linear", start=MONTHS[keep])
    assert codes(fitted)["gap"].data == {"intervals": 1}


def test_missing_levels_and_none_are_missing():
    level = np.array(["a", "b", None, "", float("nan"), "a", "b", "a"], object)
    fitted = fit([1.0, 2.0, 3.0, 4.0, 5.0, 1.1, 2.1, None], {"kind": level}, model="linear")
    assert fitted.n == 4
    assert fitted.observations.missing == (2, 3, 4, 7)


def test_few_points_and_few_degrees_of_freedom_are_told():
    x, y = noisy_line(8)
    found = codes(fit(y, x, model="linear", interval="monthly"))
    assert found["few_points"].data["n"] == 8
    assert found["few_dof"].data == {"n": 8, "p": 2, "threshold": 8}
    daily = codes(fit(*noisy_line(59)[::-1], model="linear", interval="daily"))
    assert "few_points" in daily
    assert "few_dof" not in daily
    assert "few_points" not in codes(fit(*noisy_line(60)[::-1], model="linear", interval="daily"))


def test_a_weak_or_noisy_model_is_told():
    x, y = noisy_line(noise=200)
    found = codes(fit(y, x, model="linear", interval="monthly"))
    assert {"low_r2", "high_cv"} <= set(found)
    assert found["high_cv"].data["threshold"] == 0.15
    assert found["high_cv"].clause == "ASHRAE Guideline 14 (seen in an excerpt)"
    assert codes(fit(y, x, model="linear", interval="daily"))["high_cv"].data["threshold"] == 0.30


def test_a_flat_load_has_a_low_r2_and_no_high_cv():
    x, y = noisy_line(noise=1)
    found = codes(fit(1000 + 0.001 * y, x[::-1], model="linear", interval="monthly"))
    assert "low_r2" in found
    assert "high_cv" not in found


def test_signs_that_a_plant_cannot_explain_are_told():
    x, _ = noisy_line()
    found = codes(fit(-50 + 3 * x, x, names=["production_t"], model="linear"))
    assert found["negative_intercept"].severity is Severity.WARNING
    y = 500 - x + RNG.normal(0, 1, 36)
    as_production = fit(y, x, names=["production_t"], model="linear", production_drivers=["production_t"])
    assert codes(as_production)["negative_coefficient"].severity is Severity.WARNING
    as_weather = fit(y, x, names=["temperature_c"], model="linear", production_drivers=["production_t"])
    assert codes(as_weather)["negative_coefficient"].severity is Severity.INFO
    assert "no_production_driver" in codes(as_weather)
    assert "no_production_driver" not in codes(as_production)
    assert "no_production_driver" not in codes(fit(y, x, model="linear"))


def test_drivers_that_follow_each_other_are_told():
    x, y = noisy_line()
    twin = x + RNG.normal(0, 1, 36)
    found = [f for f in fit(y, np.stack([x, twin], 1), model="linear").sufficiency if f.code == "collinear"]
    assert any("drivers" in finding.data for finding in found)
    assert any("condition_number" in finding.data for finding in found)


def test_residuals_that_follow_each_other_are_told():
    x = RNG.uniform(0, 1, 365)
    drift = np.sin(np.arange(365) / 20)
    found = codes(fit(100 + x + drift, x, model="linear", start=DAYS))
    assert found["autocorrelated"].data["rho1"] > 0.9


def test_values_that_stand_out_or_are_negative_are_told():
    x, y = noisy_line()
    y[7], y[11] = 5000.0, -3.0
    found = codes(fit(y, x, model="linear", start=MONTHS))
    assert found["extreme_value"].data["rows"] == [7]
    assert found["extreme_value"].clause == "CalTRACK 2.2"
    assert found["negative_use"].data["rows"] == [11]


def test_what_is_not_verified_may_only_inform():
    doubtful = Threshold("x", 1.0, "Some standard", "2014", Trust.UNVERIFIED, "all")
    assert doubtful.severity(Severity.REFUSAL) is Severity.INFO
    assert doubtful.clause == "Some standard 2014 (to be checked against the original)"
    assert THRESHOLDS["r2"].severity(Severity.WARNING) is Severity.WARNING


# ---------------------------------------------------------------- the choice


def test_the_choice_finds_the_drivers_that_matter():
    rng = np.random.default_rng(3)
    drivers = {name: rng.normal(100, 10, 60) for name in ("a", "b", "c", "d", "e")}
    y = 50 + 2 * drivers["b"] + 3 * drivers["d"] + rng.normal(0, 2, 60)
    fitted = fit(y, drivers, interval="monthly")
    assert list(fitted.coefficients) == ["intercept", "b", "d"]
    assert len(fitted.candidates) == 1 + 5 + 10 + 10 + 5
    assert all(len(candidate.drivers) <= 4 for candidate in fitted.candidates)
    assert next(one.p for one in fitted.candidates if not one.rejected) >= 3


def test_a_driver_of_noise_gives_the_mean():
    rng = np.random.default_rng(5)
    fitted = fit(rng.normal(100, 5, 40), {"noise": rng.normal(0, 1, 40)}, interval="monthly")
    assert fitted.model == "mean"
    assert [one.model for one in fitted.candidates] == ["mean", "linear"]
    assert all(one.rejected for one in fitted.candidates)


@pytest.mark.parametrize(("better_by", "drivers"), [(1.9, ["x"]), (2.1, ["x", "z"])])
def test_a_larger_model_must_be_better_by_more_than_2_bic(better_by, drivers):
    columns = np.column_stack([np.ones(36), np.random.default_rng(2).normal(size=(36, 3))])
    _, x, z, e = np.linalg.qr(columns)[0].T
    # adding z to x lowers n ln(SSE / n) by ln(n) and so much more
    strength = np.sqrt(np.exp((np.log(36) + better_by) / 36) - 1)
    fitted = fit(100 + 5 * x + strength * z + e, {"x": x, "z": z}, interval="monthly")
    assert list(fitted.coefficients) == ["intercept", *drivers]


def test_a_driver_of_noise_stays_out():
    x, y = noisy_line()
    fitted = fit(y, {"x": x, "y": np.sin(np.arange(36))}, interval="monthly")
    assert list(fitted.coefficients) == ["intercept", "x"]


def test_the_bic_is_the_one_of_the_book():
    x, y = noisy_line()
    fitted = fit(y, x, model="linear")
    assert bic(fitted) == pytest.approx(36 * np.log(fitted.solution.sse / 36) + 2 * np.log(36))


def test_exact_fits_do_not_let_rounding_choose():
    x = np.arange(40.0)
    fitted = fit(1 + x, {"x": x, "z": np.cos(x)})
    assert list(fitted.coefficients) == ["intercept", "x"]
    assert fit([0.0] * 20, {"x": np.arange(20.0)}).model == "mean"


def test_candidates_need_enough_points():
    x, y = noisy_line(9)
    small = fit(y, x, interval="monthly")
    assert small.model == "mean"
    assert "n - p of at least 8" in small.candidates[-1].rejected[0]
    x, y = noisy_line(19)
    daily = fit(y, x, interval="daily")
    assert daily.model == "mean"
    assert "at least 20 points" in daily.candidates[-1].rejected[0]
    assert fit(*noisy_line(20)[::-1], interval="daily").model == "linear"


def test_drivers_that_explain_nothing_or_the_same_stay_in_the_table():
    x, y = noisy_line()
    fitted = fit(y, {"x": x, "twice": 2 * x, "still": np.full(36, 5.0), "one": np.array(["a"] * 36, object)})
    reasons = {one.drivers: one.rejected[0] for one in fitted.candidates if one.p == 0}
    assert "depend on each other" in reasons[("x", "twice")]
    assert "is 5 in every row" in reasons[("still",)]
    assert "is 'a' in every row" in reasons[("one",)]
    assert fitted.p == 2


def test_a_category_of_many_levels_is_tested_as_one():
    rng = np.random.default_rng(8)
    shift = np.array(["a", "b", "c"] * 20, object)
    y = np.select([shift == "b", shift == "c"], [5.0, 50.0], 0.0) + 100 + rng.normal(0, 5, 60)
    fitted = fit(y, {"shift": shift}, interval="monthly")
    assert fitted.model == "linear"
    assert not fitted.candidates[0].rejected
    other = fit(y, {"shift": np.repeat(shift[:3], 20), "x": y + rng.normal(0, 3, 60)}, interval="monthly")
    table = {one.drivers: one.rejected for one in other.candidates}
    assert any("shift p-value" in reason for reason in table[("shift",)])


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("model", ["3pc", "towt", "", "Linear"])
def test_an_unknown_model_is_refused_with_the_known_ones(model):
    with pytest.raises(ModelError, match="auto, mean, ratio, linear are accepted"):
        fit([1.0, 2.0], [1.0, 3.0], model=model)


@pytest.mark.parametrize(
    ("y", "x", "words"),
    [
        ([], [], "no usable rows"),
        ([np.nan, np.nan], [1.0, 2.0], "no usable rows"),
        ([1.0, 2.0], [1.0, 2.0], "2 usable rows for 2 coefficients; at least 3"),
        ([1.0, 2.0, 3.0], [4.0, 4.0, 4.0], "'x1' is 4 in every row"),
        ([1.0, 2.0, 3.0], np.array([["a"], ["a"], ["a"]], object), "'x1' is 'a' in every row"),
        (np.arange(6.0), np.stack([np.arange(6.0), 2 * np.arange(6.0)], 1), "depend on each other exactly"),
        ([1.0, 2.0, 3.0], None, "needs a driver"),
    ],
)
def test_data_that_carry_no_model_are_refused(y, x, words):
    with pytest.raises(ModelError, match=words):
        fit(y, x, model="linear")


def test_a_ratio_to_nothing_is_refused():
    with pytest.raises(ModelError, match="'x1' is 0 in every row"):
        fit([1.0, 2.0, 3.0], np.array([[0.0], [0.0], [0.0]]), model="ratio")


@pytest.mark.parametrize(
    ("y", "x", "words"),
    [
        ([[1.0]], [1.0], "use has shape"),
        (["a", "b"], [1.0, 2.0], "use of row 0 is 'a'"),
        ([1.0, "b"], [1.0, 2.0], "numbers as text|use of row"),
        (np.array([1.0, "b"], object), [1.0, 2.0], "use of row 1 is 'b'"),
        ([1.0, np.inf], [1.0, 2.0], "use of row 1 is inf"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], "driver 'x1' has shape"),
        ([1.0, 2.0], np.ones((2, 1, 1)), "drivers have shape"),
        ([1.0, 2.0], [1.0, -np.inf], "driver 'x1' of row 1 is -inf"),
        ([1.0, 2.0], np.array([1.0, "a"], object), "driver 'x1' of row 1 is 'a'"),
        ([1.0, 2.0], np.array(["1.5", "2"]), "numbers as text"),
        ([1.0, 2.0], np.array([1j, 2j]), "has type complex"),
    ],
)
def test_arrays_that_would_give_a_silent_number_are_refused(y, x, words):
    with pytest.raises(SeriesError, match=words):
        fit(y, x, model="linear")


def test_names_must_fit_the_drivers():
    with pytest.raises(SeriesError, match="one name of its own"):
        fit([1.0, 2.0], [1.0, 2.0], names=["a", "b"])
    with pytest.raises(SeriesError, match="one name of its own"):
        fit([1.0, 2.0], np.ones((2, 2)), names=["a", "a"])
    with pytest.raises(SeriesError, match="driver 'b' is not there; there are a"):
        fit([1.0, 2.0], {"a": [1.0, 2.0]}, names=["b"])


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({"end": [1, 2, 3]}, "no start"),
        ({"start": ["2020-01-01", "2020-01-02"]}, "one time for each"),
        ({"start": ["2020-01-01", "x", "2020-01-03"]}, "ISO 8601"),
        ({"start": np.array(["2020-01-01", "NaT", "2020-01-03"], "datetime64[D]")}, "start of row 1 is missing"),
        ({"start": ["2020-01-01", "2020-01-01", "2020-01-03"]}, "rows 0 and 1 overlap"),
        (
            {"start": ["2020-01-03", "2020-01-01", "2020-01-05"], "end": ["2020-01-05", "2020-01-04", "2020-01-06"]},
            "rows 1 and 0 overlap",
        ),
        ({"start": ["2020-01-01", "2020-01-02", "2020-01-03"], "end": ["2020-01-02"] * 3}, "row 1 ends before or when"),
        ({"interval": "fortnightly"}, "hourly, daily, weekly, monthly are accepted"),
    ],
)
def test_times_that_make_no_sense_are_refused(times, words):
    with pytest.raises(SeriesError, match=words):
        fit([1.0, 2.0, 3.0], model="mean", **times)


@pytest.mark.parametrize(
    ("step", "kind"), [(15, "hourly"), (60, "hourly"), (1440, "daily"), (7 * 1440, "weekly"), (30 * 1440, "monthly")]
)
def test_the_kind_of_data_comes_from_the_times(step, kind):
    start = np.datetime64("2020-01-01T00:00") + np.arange(5) * step
    assert fit(np.arange(5.0), model="mean", start=start).observations.interval == kind
    assert fit(np.arange(5.0), model="mean", start=start, end=start + step).observations.interval == kind
    assert fit(np.arange(5.0), model="mean", start=start, interval="weekly").observations.interval == "weekly"


@pytest.mark.parametrize("model", ["mean", "auto"])
def test_a_single_row_has_no_spacing_and_carries_no_model(model):
    with pytest.raises(ModelError, match="1 usable rows"):
        fit([1.0], model=model, start=["2020-01-01"])


def test_a_column_of_zeros_is_refused():
    with pytest.raises(ModelError, match="0 in every row"):
        solve(np.array([[1.0, 0.0]] * 4), np.arange(4.0))


# ---------------------------------------------------------------- autocorrelation


@given(st.integers(1, 40), st.floats(0, 0.99), st.integers(0, 2**31))
def test_the_recursive_pass_is_the_full_matrix(n, rho, seed):
    rng = np.random.default_rng(seed)
    position = np.cumsum(rng.integers(1, 5, n))
    X = rng.normal(size=(n, 3))
    lag = np.abs(position[:, None] - position[None, :])
    full = X.T @ (rho**lag) @ X
    assert correlated_square(X, position, rho) == pytest.approx(full, rel=1e-9, abs=1e-9)


def test_rho_pairs_true_neighbours_only():
    residual = np.array([1.0, 1.0, -1.0, -1.0])
    assert lag_one(residual, np.array([0, 1, 2, 3])) == pytest.approx(1 / 4)
    assert lag_one(residual, np.array([0, 1, 5, 6])) == pytest.approx(2 / 4 * 3 / 2)
    assert np.isnan(lag_one(residual, np.array([0, 2, 4, 6])))
    assert np.isnan(lag_one(np.zeros(4), np.arange(4)))


def test_without_correlation_nothing_comes_from_earlier_rows():
    assert not earlier_sum(np.ones((5, 1)), np.arange(5), 0.0).any()
    assert earlier_sum(np.ones((3, 1)), np.arange(3), 0.5)[:, 0].tolist() == [0, 0.5, 0.75]


def test_the_room_stands_alone():
    code = "import meterproof_mv, sys; print(sorted(m for m in sys.modules if m.startswith(('meterproof_', 'pandas'))))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert all(name.split(".")[0] == "meterproof_mv" for name in eval(loaded))
