"""Savings, their interval and the verdict: limit cases first, then what may be claimed."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from meterproof_mv import ClaimContext, SeriesError, Severity, Status, avoided_energy, fit, judge
from meterproof_mv.observations import observe
from meterproof_mv.savings import savings_of
from meterproof_mv.uncertainty import Formula, autocorrelated, independent

BASE = np.datetime64("2023-01-01") + np.arange(365)
REPORT = np.datetime64("2024-01-01") + np.arange(366)
LINKED = ClaimContext(production_drivers=("production_t",), options=("boiler-1",))


def plant(n, seed=1, noise=5.0, rho=0.0):
    """Simulated use of a plant that follows its production."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(50, 150, n)
    e = rng.normal(0, noise, n)
    for i in range(1, n):
        e[i] = rho * e[i - 1] + np.sqrt(1 - rho**2) * e[i]
    return x, 100 + 2 * x + e


def two_years(cut=0.0, **how):
    x, y = plant(731, **how)
    return y[:365], x[:365], x[365:], y[365:] * (1 - cut)


def daily(arrays, **how):
    y, x, x_r, y_r = arrays
    names = {"names": ["production_t"]}
    return avoided_energy(y, x, x_r, y_r, baseline_start=BASE, reporting_start=REPORT, **(names | how))


def codes(findings):
    return {finding.code: finding for finding in findings}


def test_a_period_against_itself_saves_nothing():
    y, x, _, _ = two_years()
    saved = avoided_energy(y, x, x, y, names=["production_t"], interval="daily")
    assert saved.avoided == pytest.approx(0, abs=1e-7)
    assert saved.lower < 0 < saved.upper
    assert "unexplained_shift" not in codes(judge(saved, ClaimContext()).findings)


def test_the_exact_interval_is_the_formula_of_the_book():
    x, y = plant(24)
    saved = avoided_energy(y[:12], x[:12], x[12:], y[12:], interval="monthly")
    X = np.column_stack([np.ones(12), x[:12]])
    b = np.linalg.solve(X.T @ X, X.T @ y[:12])
    e = y[:12] - X @ b
    g = np.array([12, x[12:].sum()])
    se = np.sqrt(e @ e / 10 * (12 + g @ np.linalg.inv(X.T @ X) @ g))
    assert saved.formula is Formula.INDEPENDENT
    assert saved.standard_error == pytest.approx(se, rel=1e-10)
    assert saved.upper - saved.avoided == pytest.approx(stats.t.ppf(0.95, 10) * se, rel=1e-10)
    assert saved.lower_one_sided == pytest.approx(saved.avoided - stats.t.ppf(0.9, 10) * se, rel=1e-10)
    assert (saved.naive.lower, saved.naive.upper) == pytest.approx((saved.lower, saved.upper))


def test_the_aware_interval_is_the_formula_with_the_full_matrix():
    y, x, x_r, y_r = two_years(rho=0.6)
    keep = np.ones(365, bool)
    keep[50:57] = keep[200] = False
    saved = avoided_energy(
        y[keep], x[keep], x_r, y_r, baseline_start=BASE[keep], reporting_start=REPORT, names=["production_t"]
    )
    X, position = np.column_stack([np.ones(keep.sum()), x[keep]]), np.flatnonzero(keep)
    b, *_ = np.linalg.lstsq(X, y[keep], rcond=None)
    e = y[keep] - X @ b
    paired = np.diff(position) == 1
    rho = (e[1:] * e[:-1])[paired].sum() / (e @ e) * (len(e) - 1) / paired.sum()
    s2 = e @ e / (len(e) - 2)
    bread = np.linalg.inv(X.T @ X)
    cov = bread @ (s2 * X.T @ rho ** np.abs(position[:, None] - position) @ X) @ bread
    m = np.arange(366)
    g = np.array([366, x_r.sum()])
    se = np.sqrt(s2 * (rho ** np.abs(m[:, None] - m)).sum() + g @ cov @ g)
    n_eff = len(e) * (1 - rho) / (1 + rho)
    assert saved.formula is Formula.AR1
    assert saved.rho == pytest.approx(rho)
    assert saved.n_eff == pytest.approx(n_eff)
    assert saved.standard_error == pytest.approx(se, rel=1e-9)
    assert saved.degrees_of_freedom == pytest.approx(n_eff - 2)
    assert saved.upper - saved.lower == pytest.approx(2 * stats.t.ppf(0.95, n_eff - 2) * se, rel=1e-9)
    assert saved.naive.upper - saved.naive.lower < 0.7 * (saved.upper - saved.lower)


def test_negative_autocorrelation_never_narrows_the_interval():
    y, x, x_r, y_r = two_years(rho=-0.5)
    saved = daily((y, x, x_r, y_r))
    assert saved.model.rho1 < -0.3
    assert saved.rho == 0
    assert saved.n_eff == 365
    assert saved.upper - saved.lower == pytest.approx(saved.naive.upper - saved.naive.lower)


def test_monthly_rows_are_independent_unless_they_show_otherwise():
    x, y = plant(72, rho=0.8, seed=4)
    assert avoided_energy(y[:36], x[:36], x[36:], y[36:], interval="monthly").formula is Formula.AR1
    x, y = plant(72, rho=0.0, seed=4)
    assert avoided_energy(y[:36], x[:36], x[36:], y[36:], interval="monthly").formula is Formula.INDEPENDENT
    assert avoided_energy(y[:36], x[:36], x[36:], y[36:]).formula is Formula.AR1


def test_the_band_ends_where_the_interval_does():
    saved = daily(two_years(0.1, rho=0.5))
    band = saved.cumulative
    assert len(band.cumulative) == 366
    assert band.cumulative[-1] == pytest.approx(saved.avoided)
    assert (band.lower[-1], band.upper[-1]) == pytest.approx((saved.lower, saved.upper))
    assert (np.diff(band.upper - band.lower) > 0).all()
    assert band.adjusted_baseline.sum() == pytest.approx(saved.adjusted_baseline)
    assert band.actual.sum() == pytest.approx(saved.actual)
    assert band.row.tolist() == list(range(366))


@given(st.integers(0, 365))
def test_each_step_of_the_band_is_the_interval_of_a_shorter_period(last):
    arrays = two_years(0.1, rho=0.5)
    whole = daily(arrays).cumulative
    short = avoided_energy(
        arrays[0], arrays[1], arrays[2][: last + 1], arrays[3][: last + 1], interval="daily", names=["production_t"]
    )
    assert (whole.lower[last], whole.upper[last]) == pytest.approx((short.lower, short.upper))


def test_the_order_of_rows_does_not_matter_when_times_are_given():
    arrays = two_years(0.1, rho=0.5)
    mixed = np.random.default_rng(1).permutation(365)
    shuffled = avoided_energy(
        arrays[0][mixed],
        arrays[1][mixed],
        arrays[2][::-1],
        arrays[3][::-1],
        baseline_start=BASE[mixed],
        reporting_start=REPORT[::-1],
        names=["production_t"],
    )
    assert shuffled.to_dict() == daily(arrays).to_dict()


# ---------------------------------------------------------------- refusals


def test_too_few_points_give_a_value_without_an_interval():
    x, y = plant(20)
    saved = avoided_energy(y[:4], x[:4], x[4:], y[4:], interval="monthly")
    assert np.isfinite(saved.avoided)
    assert np.isnan([saved.lower, saved.upper, saved.lower_one_sided, saved.standard_error]).all()
    assert np.isnan(saved.cumulative.lower).all()
    refused = [finding for finding in saved.findings if finding.severity is Severity.REFUSAL]
    assert [finding.code for finding in refused] == ["few_dof"]
    assert "n - p is 2 and 3 are needed; 5 baseline points" in refused[0].message
    assert saved.to_dict()["lower"] is None
    assert judge(saved, LINKED).status is Status.NOT_CLAIMABLE
    assert json.dumps(saved.to_dict(), allow_nan=False)


def test_points_that_are_worth_too_few_refuse_below_24_and_widen_above():
    x = np.random.default_rng(1).uniform(0, 1, 60)
    short = avoided_energy(100 + x[:12] + np.arange(12), x[:12], x[12:20], x[12:20], interval="daily")
    assert np.isnan(short.lower)
    assert "n' - p is" in codes(short.findings)["few_dof"].message
    long = avoided_energy(100 + x[:40] + np.arange(40), x[:40], x[40:], x[40:], interval="daily")
    assert long.n_eff - 2 < 3
    assert long.degrees_of_freedom == 2
    assert np.isfinite(long.lower)


def test_drivers_outside_the_baseline_are_told_with_their_share_of_the_result():
    y, x, x_r, y_r = two_years()
    x_r, y_r = x_r.copy(), y_r.copy()
    slope, start = np.polyfit(x, y, 1)
    x_r[:10] = 400.0
    y_r[:10] = start + slope * x_r[:10]
    saved = daily((y, x, x_r, y_r))
    finding = codes(saved.findings)["driver_out_of_range"]
    assert finding.severity is Severity.INFO
    outside = (x_r < x.min()) | (x_r > x.max())
    assert finding.data["rows"] == outside.sum()
    difference = saved.cumulative.adjusted_baseline - saved.cumulative.actual
    shares = [abs(of[outside].sum() / of.sum()) for of in (y_r, saved.cumulative.adjusted_baseline, difference)]
    noise = saved.model.rmse * np.sqrt(len(y_r))
    assert finding.data["share"] == pytest.approx(max(shares if difference.sum() > noise else shares[:2]))
    assert finding.data["ranges"]["production_t"] == [x.min(), x.max()]


def test_a_combination_never_seen_is_outside_too():
    rng = np.random.default_rng(1)
    a = rng.uniform(0, 100, 100)
    b = a + rng.normal(0, 1, 100)
    y = a + b + rng.normal(0, 1, 100)
    saved = avoided_energy(y, np.stack([a, b], 1), [[10.0, 90.0]], [100.0], names=["a", "b"])
    finding = codes(saved.findings)["driver_out_of_range"]
    assert finding.data["drivers"] == []
    assert "combination" in finding.message
    nothing = avoided_energy(y, np.stack([a, b], 1), [[10.0, 90.0]], [0.0], names=["a", "b"])
    assert codes(nothing.findings)["driver_out_of_range"].data["share"] == 1.0


def test_extrapolation_bars_a_claim_until_an_engineer_signs():
    y, x, x_r, _y_r = two_years(0.5)
    x_r = x_r + 60
    saved = daily((y, x, x_r, (100 + 2 * x_r) * 0.5))
    finding = codes(saved.findings)["driver_out_of_range"]
    assert finding.severity is Severity.WARNING
    assert finding.data["drivers"] == ["production_t"]
    assert np.isfinite(saved.lower)
    assert judge(saved, LINKED).status is Status.NOT_CLAIMABLE
    signed = ClaimContext(
        production_drivers=("production_t",), options=("boiler-1",), extrapolation_accepted_by="A. Engineer"
    )
    assert judge(saved, signed).status is Status.CLAIMABLE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"confidence": 1.0}, "confidence 1.0"),
        ({"confidence": 0.0}, "confidence 0.0"),
        ({"reporting_start": np.datetime64("2024-01-01") + 30 * np.arange(366)}, "the baseline is daily"),
    ],
)
def test_questions_that_make_no_sense_are_refused(change, words):
    y, x, x_r, y_r = two_years()
    given = {"baseline_start": BASE, "reporting_start": REPORT} | change
    with pytest.raises(SeriesError, match=words):
        avoided_energy(y, x, x_r, y_r, **given)


def test_a_reporting_period_that_does_not_fit_the_baseline_is_refused():
    level = np.array(["a", "b"] * 10, object)
    y = np.arange(20.0)
    with pytest.raises(SeriesError, match="level 'c' in row 1; the baseline knows a, b"):
        avoided_energy(y, {"kind": level}, {"kind": np.array(["a", "c"], object)}, [1.0, 2.0])
    with pytest.raises(SeriesError, match="'kind' holds numbers; the baseline has text"):
        avoided_energy(y, {"kind": level}, {"kind": [1.0, 2.0]}, [1.0, 2.0])
    with pytest.raises(SeriesError, match="'x' holds text; the baseline has numbers"):
        avoided_energy(y, {"x": y}, {"x": np.array(["a", "c"], object)}, [1.0, 2.0])
    with pytest.raises(SeriesError, match="'kind' is not there; there are x"):
        avoided_energy(y, {"kind": level}, {"x": [1.0, 2.0]}, [1.0, 2.0])
    with pytest.raises(SeriesError, match="no usable reporting rows"):
        avoided_energy(y, {"kind": level}, {"kind": np.array(["a"], object)}, [np.nan])


def test_missing_reporting_rows_leave_both_sums():
    y, x, x_r, y_r = two_years()
    y_r = y_r.copy()
    y_r[100] = np.nan
    saved = daily((y, x, x_r, y_r))
    assert saved.actual == pytest.approx(np.nansum(y_r))
    keep = np.arange(366) != 100
    fitted = fit(y, x, names=["production_t"], model="linear")
    expected = fitted.coefficients["intercept"] * 365 + fitted.coefficients["production_t"] * x_r[keep].sum()
    assert saved.adjusted_baseline == pytest.approx(expected)
    assert codes(saved.findings)["gap"].data["rows"] == [100]


# ---------------------------------------------------------------- the verdict


def test_a_cut_behind_a_linked_option_is_claimable():
    saved = daily(two_years(0.1))
    verdict = judge(saved, LINKED)
    assert verdict.status is Status.CLAIMABLE
    assert verdict.verified_amount == np.floor(saved.lower_one_sided)
    assert 0 < verdict.verified_amount < saved.avoided
    truth = 0.1 / 0.9 * saved.actual
    assert saved.lower < truth < saved.upper


def test_the_verified_amount_is_floored_at_its_last_digit():
    y, x, x_r, y_r = (part / 1000 for part in two_years(0.1))
    saved = daily((y, x, x_r, y_r))
    coarse = judge(saved, LINKED).verified_amount
    fine = judge(saved, ClaimContext(production_drivers=("production_t",), options=("b",), verified_digits=3))
    assert coarse <= fine.verified_amount <= saved.lower_one_sided < fine.verified_amount + 0.001
    assert coarse == np.floor(saved.lower_one_sided)


def test_the_same_cut_without_an_option_is_an_unexplained_shift():
    verdict = judge(daily(two_years(0.1)), ClaimContext(production_drivers=("production_t",)))
    assert verdict.status is Status.NOT_CLAIMABLE
    assert verdict.verified_amount == 0
    assert {"no_option", "unexplained_shift"} <= set(codes(verdict.findings))


def test_a_rise_without_an_option_is_an_unexplained_shift_too():
    verdict = judge(daily(two_years(-0.1)), ClaimContext(production_drivers=("production_t",)))
    assert {"no_option", "unexplained_shift", "not_distinguishable"} <= set(codes(verdict.findings))


def test_a_plant_that_produces_needs_a_production_driver():
    saved = daily(two_years(0.1))
    verdict = judge(saved, ClaimContext(options=("boiler-1",)))
    assert verdict.status is Status.NOT_CLAIMABLE
    assert set(codes(verdict.findings)) - {"driver_out_of_range"} == {"no_production_driver"}
    assert judge(saved, ClaimContext(plant_produces=False, options=("x",))).status is Status.CLAIMABLE


def test_a_finding_is_told_once():
    y, x, x_r, y_r = two_years(0.1)
    fitted = fit(y, x, names=["production_t"], model="linear", interval="daily", production_drivers=[])
    assert "no_production_driver" in codes(fitted.sufficiency)
    verdict = judge(
        savings_of(fitted, observe(y_r, x_r, names=["production_t"], interval="daily")), ClaimContext(options=("x",))
    )
    told = [finding for finding in verdict.findings if finding.code == "no_production_driver"]
    assert [finding.severity for finding in told] == [Severity.WARNING]


def test_savings_within_the_noise_verify_nothing():
    verdict = judge(daily(two_years(0.0, noise=50.0)), LINKED)
    assert verdict.status is Status.NOT_CLAIMABLE
    assert set(codes(verdict.findings)) - {"driver_out_of_range"} == {"not_distinguishable"}
    assert verdict.verified_amount == 0


def steel_works(seed=1):
    """A simulated works whose half-years differ, with day type as its only driver and no measure anywhere."""
    rng = np.random.default_rng(seed)
    day = np.datetime64("2018-01-01") + np.arange(365)
    kind = np.where(np.is_busday(day), "weekday", "weekend").astype(object)
    e = rng.normal(0, 1000, 365)
    for i in range(1, 365):
        e[i] += 0.5 * e[i - 1]
    y = np.maximum(np.where(kind == "weekday", 3000, 1500) + e, 100) - np.where(np.arange(365) < 181, 0, 600)
    return day, kind, np.maximum(y, 50)


def test_a_difference_that_nothing_explains_is_never_a_saving():
    day, kind, y = steel_works()
    first = np.arange(365) < 181

    def compare(rows, use):
        return avoided_energy(
            y[first],
            {"day_type": kind[first]},
            {"day_type": kind[rows]},
            use,
            baseline_start=day[first],
            reporting_start=day[rows],
        )

    plain = compare(~first, y[~first])
    verdict = judge(plain, ClaimContext())
    assert plain.naive.lower > 0
    assert verdict.status is Status.NOT_CLAIMABLE
    assert verdict.verified_amount == 0
    wanted = {"no_production_driver", "high_cv", "autocorrelated", "unexplained_shift", "no_option"}
    assert wanted <= set(codes(verdict.findings))

    cut = compare(~first, 0.8 * y[~first])
    assert cut.avoided - plain.avoided == pytest.approx(0.2 * y[~first].sum())
    assert judge(cut, ClaimContext()).status is Status.NOT_CLAIMABLE

    same = compare(first, y[first])
    assert same.avoided == pytest.approx(0, abs=1e-6)
    found = judge(same, ClaimContext())
    assert found.status is Status.NOT_CLAIMABLE
    assert "unexplained_shift" not in codes(found.findings)


def test_an_exact_fit_against_itself_is_no_shift():
    x = np.arange(30.0)
    saved = avoided_energy(5 + 3 * x, x, x, 5 + 3 * x)
    assert "unexplained_shift" not in codes(judge(saved, ClaimContext()).findings)


# ---------------------------------------------------------------- do the intervals keep their promise?


def hits(replications, n, m, *, rho, cut, interval, which):
    """Count intervals that hold the true savings of a simulated plant, and false claims when nothing was cut."""
    rng = np.random.default_rng(20)
    held = claims = 0
    for _ in range(replications):
        T = np.arange(n + m)
        x = 20 + 10 * np.sin(2 * np.pi * T / (365 if interval == "daily" else 12)) + rng.normal(0, 3, n + m)
        mu = 100 + 2 * x
        e = rng.normal(0, 15, n + m)
        for i in range(1, n + m):
            e[i] = rho * e[i - 1] + np.sqrt(1 - rho**2) * e[i]
        y = mu + e
        y[n:] -= cut * mu[n:]
        saved = avoided_energy(y[:n], x[:n], x[n:], y[n:], interval=interval, names=["production_t"])
        bounds = (saved.naive.lower, saved.naive.upper) if which == "naive" else (saved.lower, saved.upper)
        held += bounds[0] <= cut * mu[n:].sum() <= bounds[1]
        claims += saved.lower_one_sided > 0
    return held, claims


def binomial_bounds(replications, probability):
    """The range that a right method leaves once in 10,000 runs."""
    return stats.binom.interval(0.9999, replications, probability)


@pytest.mark.parametrize(("n", "m", "interval"), [(24, 12, "monthly"), (120, 90, "daily")])
def test_independent_residuals_are_covered_at_the_stated_rate(n, m, interval):
    held, _ = hits(400, n, m, rho=0.0, cut=0.1, interval=interval, which="used")
    low, high = binomial_bounds(400, 0.9)
    assert low <= held <= high


def test_autocorrelated_residuals_are_covered_where_the_naive_interval_fails():
    aware, _ = hits(300, 365, 90, rho=0.6, cut=0.1, interval="daily", which="used")
    naive, _ = hits(300, 365, 90, rho=0.6, cut=0.1, interval="daily", which="naive")
    low, high = binomial_bounds(300, 0.88)
    assert low <= aware <= high
    assert naive < 0.75 * 300


def test_nothing_changed_is_claimed_no_more_often_than_stated():
    _, claims = hits(400, 24, 12, rho=0.0, cut=0.0, interval="monthly", which="used")
    low, high = binomial_bounds(400, 0.10)
    assert low <= claims <= high


def test_the_two_uncertainties_agree_when_nothing_follows():
    x, y = plant(100)
    fitted = fit(y, x, model="linear", interval="daily")
    if fitted.rho1 > 0:
        fitted = fit(y * 0 + 100 + 2 * x + np.where(np.arange(100) % 2, 3.0, -3.0), x, model="linear")
    exact, aware = independent(fitted), autocorrelated(fitted)
    assert aware.covariance == pytest.approx(exact.covariance)
    assert aware.degrees_of_freedom == exact.degrees_of_freedom
