"""Sums over projects: what is shared does not average out, and the interval covers what it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from meterproof_mv.errors import SeriesError
from meterproof_mv.portfolio import NOTHING_SHARED, PortfolioTerms, portfolio_sum, relative_spread

Z90 = float(stats.norm.ppf(0.95))


def terms(value, error, *, spread=(), factor=None, plant=None, freedom=np.inf):
    value, error = np.atleast_1d(np.asarray(value, float)), np.atleast_1d(np.asarray(error, float))
    n = len(value)
    return PortfolioTerms(
        value,
        np.broadcast_to(error, n).astype(float),
        np.broadcast_to(freedom, n).astype(float),
        np.arange(n) if plant is None else np.asarray(plant),
        np.full(n, NOTHING_SHARED if factor is None else 0) if np.ndim(factor) == 0 else np.asarray(factor),
        np.asarray(spread, float),
    )


def half_width(total):
    return (total.upper - total.lower) / 2


def test_nothing_to_add_has_no_sum_and_no_interval():
    total = portfolio_sum(terms([], []))
    assert np.isnan([total.value, total.lower, total.upper, total.averages_out, total.shared]).all()
    assert (total.without_interval, total.without_spread) == (0, 0)


def test_one_project_without_a_shared_factor_keeps_its_own_interval():
    total = portfolio_sum(terms(120.0, 9.0, freedom=7.0))
    half = stats.t.ppf(0.95, 7.0) * 9.0
    assert (total.value, total.lower, total.upper) == pytest.approx((120.0, 120.0 - half, 120.0 + half), rel=1e-12)
    assert (total.averages_out, total.shared) == (pytest.approx(half), 0.0)


def test_one_exact_project_has_an_interval_of_no_width():
    total = portfolio_sum(terms(120.0, 0.0, freedom=7.0))
    assert (total.value, total.lower, total.upper) == (120.0, 120.0, 120.0)


def test_projects_that_share_nothing_are_added_in_quadrature():
    total = portfolio_sum(terms([300.0, 500.0], [30.0, 40.0]))
    assert total.value == 800.0
    assert half_width(total) == pytest.approx(Z90 * 50.0)
    assert total.shared == 0.0


def test_with_everything_shared_and_nothing_else_uncertain_the_relative_width_is_that_of_the_factor():
    for n in (1, 10, 1000):
        total = portfolio_sum(terms(np.full(n, 50.0), 0.0, spread=[0.05], factor=0))
        assert half_width(total) / total.value == pytest.approx(Z90 * 0.05)
        assert total.averages_out == 0.0


def test_the_worked_formula_is_that_of_energies_times_one_factor():
    # energies 1000 +- 100 and 2000 +- 150 MWh, factor 0.5 +- 0.02 t/MWh, one standard error each
    factor, spread = 0.5, 0.02
    energy, error = np.array([1000.0, 2000.0]), np.array([100.0, 150.0])
    variance = (
        factor**2 * (error**2).sum() + spread**2 * energy.sum() ** 2 + spread**2 * (error**2).sum()
    )  # 8125 + 3600 + 13
    assert variance == pytest.approx(11738.0)
    total = portfolio_sum(terms(factor * energy, factor * error, spread=[spread / factor], factor=0))
    assert total.value == 1500.0
    assert half_width(total) == pytest.approx(Z90 * np.sqrt(11738.0), rel=1e-12)
    assert total.shared == pytest.approx(Z90 * 60.0, rel=1e-12)
    assert total.averages_out == pytest.approx(Z90 * np.sqrt(8138.0), rel=1e-12)


def test_two_factors_are_independent_of_each_other():
    total = portfolio_sum(terms([100.0, 100.0], 0.0, spread=[0.1, 0.1], factor=[0, 1]))
    assert half_width(total) == pytest.approx(Z90 * np.hypot(10.0, 10.0))


def test_errors_of_one_plant_are_added_and_of_two_in_quadrature():
    same = portfolio_sum(terms([10.0, 20.0], [3.0, 4.0], plant=[5, 5]))
    apart = portfolio_sum(terms([10.0, 20.0], [3.0, 4.0], plant=[5, 6]))
    assert half_width(same) == pytest.approx(Z90 * 7.0)
    assert half_width(apart) == pytest.approx(Z90 * 5.0)


def test_the_product_of_both_errors_knows_a_plant_too():
    total = portfolio_sum(terms([10.0, 20.0], [3.0, 4.0], plant=[5, 5], spread=[0.5], factor=0))
    assert half_width(total) == pytest.approx(Z90 * np.sqrt(49.0 + 0.25 * 49.0 + 0.25 * 900.0))


def test_a_plant_has_the_least_freedom_of_its_terms():
    total = portfolio_sum(terms([10.0, 20.0], [3.0, 4.0], plant=[5, 5], freedom=[9.0, 4.0]))
    assert half_width(total) == pytest.approx(stats.t.ppf(0.95, 4.0) * 7.0)


def test_equal_projects_have_the_freedom_of_all_of_them_together():
    total = portfolio_sum(terms(np.full(5, 10.0), 2.0, freedom=6.0))
    assert half_width(total) == pytest.approx(stats.t.ppf(0.95, 30.0) * 2.0 * np.sqrt(5))


@pytest.mark.parametrize(
    ("value", "error", "freedom"),
    [(np.nan, 1.0, 5.0), (10.0, np.nan, 5.0), (10.0, 1.0, np.nan), (10.0, 1.0, 0.0), (np.inf, 1.0, 5.0)],
)
def test_a_term_without_an_interval_is_counted_and_left_out(value, error, freedom):
    total = portfolio_sum(terms([value, 40.0], [error, 2.0], freedom=[freedom, np.inf]))
    assert (total.value, total.without_interval) == (40.0, 1)
    assert half_width(total) == pytest.approx(Z90 * 2.0)


def test_a_factor_without_a_known_uncertainty_is_counted_and_not_invented():
    total = portfolio_sum(terms([10.0, 20.0], 1.0, spread=[np.nan, 0.1], factor=[0, 1]))
    assert total.without_spread == 1
    assert total.shared == pytest.approx(Z90 * 2.0)


def test_an_interval_is_as_wide_as_its_confidence():
    narrow = portfolio_sum(terms(10.0, 1.0), confidence=0.8)
    assert half_width(narrow) == pytest.approx(stats.norm.ppf(0.9))
    assert narrow.confidence == 0.8


@pytest.mark.parametrize("confidence", [0.0, 1.0, 90.0, np.nan])
def test_a_confidence_that_is_none_is_refused(confidence):
    with pytest.raises(SeriesError, match="a fraction between 0 and 1"):
        portfolio_sum(terms(10.0, 1.0), confidence=confidence)


def test_columns_of_different_length_are_refused():
    with pytest.raises(SeriesError, match="one length"):
        PortfolioTerms(np.ones(2), np.ones(1), np.ones(2), np.ones(2, int), np.ones(2, int), np.ones(0))


def test_rows_are_taken_by_number_or_by_mask():
    all_terms = terms([1.0, 2.0, 3.0], [0.1, 0.2, 0.3])
    assert all_terms.at([2, 0]).value.tolist() == [3.0, 1.0]
    assert len(all_terms.at(all_terms.value > 1.5)) == 2


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [(0.0, 0.0, 1.0), (-1.0, -2.0, 0.0), (5.0, 6.0, 7.0), (5.0, 4.0, 4.5), (5.0, np.nan, 6.0), (5.0, 4.0, np.nan)],
)
def test_a_range_that_makes_no_sense_gives_no_spread(value, low, high):
    assert np.isnan(relative_spread(value, low, high))


def test_the_wider_side_of_a_printed_range_counts():
    # natural gas 56,100 (54,300 to 58,300) kg/TJ: IPCC 2006 Guidelines, volume 2, table 2.3
    assert relative_spread(56100, 54300, 58300) == pytest.approx(2200 / 56100 / 1.959964, rel=1e-6)


@given(
    st.lists(st.tuples(st.floats(1, 1e6), st.floats(0, 1e5), st.integers(0, 2)), min_size=1, max_size=30),
    st.lists(st.floats(0, 0.5), min_size=3, max_size=3),
)
def test_the_half_width_is_made_of_both_parts_and_never_below_either(rows, spread):
    value, error, factor = (np.array(column) for column in zip(*rows, strict=True))
    total = portfolio_sum(terms(value, error, spread=spread, factor=factor))
    assert half_width(total) == pytest.approx(np.hypot(total.averages_out, total.shared), rel=1e-6, abs=1e-6)
    plain = portfolio_sum(terms(value, error))
    assert half_width(total) >= half_width(plain) * (1 - 1e-9)


@given(st.permutations(range(6)))
def test_the_order_of_the_projects_changes_nothing(order):
    value, error = np.arange(1.0, 7.0) * 100, np.arange(6.0, 0.0, -1.0)
    rows = terms(value, error, spread=[0.05, 0.1], factor=[0, 1, 0, 1, 0, 1], plant=[0, 0, 1, 1, 2, 3], freedom=9.0)
    one, other = portfolio_sum(rows), portfolio_sum(rows.at(list(order)))
    assert (one.value, one.lower, one.upper) == pytest.approx((other.value, other.lower, other.upper))


def test_more_projects_shrink_the_own_part_and_not_the_shared_one():
    few, many = (portfolio_sum(terms(np.full(n, 100.0), 20.0, spread=[0.05], factor=0)) for n in (4, 400))
    assert many.averages_out / many.value == pytest.approx(few.averages_out / few.value / 10)
    assert many.shared / many.value == pytest.approx(few.shared / few.value)


def test_nine_intervals_of_ten_contain_the_truth_and_quadrature_alone_does_not():
    rng, n, rounds, truth, spread = np.random.default_rng(11), 40, 4000, 2.0, 0.05
    energy = rng.uniform(50, 500, n)
    own = 0.15 * energy
    hits = plain_hits = 0
    for _ in range(rounds):
        factor = truth * (1 + spread * rng.standard_normal())  # what was published, wrong for everybody alike
        tonnes = factor * (energy + own * rng.standard_normal(n))
        total = portfolio_sum(terms(tonnes, factor * own, spread=[spread], factor=0))
        plain = portfolio_sum(terms(tonnes, factor * own))
        hits += total.lower <= truth * energy.sum() <= total.upper
        plain_hits += plain.lower <= truth * energy.sum() <= plain.upper
    assert 0.88 < hits / rounds < 0.92
    assert plain_hits / rounds < 0.65


def test_few_projects_with_little_freedom_are_covered_too():
    rng, rounds, freedom = np.random.default_rng(12), 4000, 8.0
    hits = 0
    for _ in range(rounds):
        tonnes = 100 + 10 * rng.standard_normal(3)
        error = 10 * np.sqrt(rng.chisquare(freedom, 3) / freedom)
        total = portfolio_sum(terms(tonnes, error, freedom=freedom))
        hits += total.lower <= 300 <= total.upper
    assert 0.88 < hits / rounds < 0.93
