"""The simulated works is a fair test: a plain model finds the known saving as often as its interval promises."""

from datetime import date

import numpy as np
import pytest

from meterproof_edge.simulator.ceramics_draws import END_DAY
from meterproof_edge.simulator.ceramics_works import CUT_FROM, GAS, PRODUCTION, SEED, CeramicsWorks
from meterproof_mv import avoided_energy

BASELINE = date(2024, 1, 1), date(2025, 1, 1)
REPORTING = date(2025, 1, 1), date(2026, 1, 1)
SEEDS = range(1, 41)
LEAST_COVERED = 31  # of 40: at 90 % fewer come up once in 200 times


def daily(works, period, name):
    series = works.series(*period)
    return np.array(series.amounts[name]).reshape(-1, 96).sum(axis=1) / series.parts


def found(works):
    baseline, reporting = (
        (daily(works, period, GAS), {"production_t": daily(works, period, PRODUCTION)})
        for period in (BASELINE, REPORTING)
    )
    return avoided_energy(baseline[0], baseline[1], reporting[1], reporting[0], interval="daily")


def covered(seed, cut_from):
    works = CeramicsWorks(seed, cut_from)
    savings = found(works)
    return savings.lower <= works.true_saving_m3(*REPORTING) <= savings.upper


@pytest.mark.parametrize("seed", [SEED, *SEEDS[:5]])
def test_a_straight_line_through_the_baselines_days_scatters_by_five_to_ten_percent(seed):
    works = CeramicsWorks(seed)
    gas, made = daily(works, BASELINE, GAS), daily(works, BASELINE, PRODUCTION)
    residuals = gas - np.polyval(np.polyfit(made, gas, 1), made)
    assert 0.05 < np.sqrt(residuals @ residuals / (len(gas) - 2)) / gas.mean() < 0.10


@pytest.mark.parametrize("seed", [SEED, *SEEDS[:5]])
def test_the_strays_of_neighbouring_days_are_alike_as_at_a_real_kiln(seed):
    works = CeramicsWorks(seed)
    gas, made = daily(works, BASELINE, GAS), daily(works, BASELINE, PRODUCTION)
    residuals = gas - np.polyval(np.polyfit(made, gas, 1), made)
    assert 0.3 < np.corrcoef(residuals[:-1], residuals[1:])[0, 1] < 0.7


@pytest.mark.parametrize("cut_from", [END_DAY, CUT_FROM], ids=["nothing done", "a tenth less"])
def test_the_interval_covers_the_truth_as_often_as_it_promises(cut_from):
    assert sum(covered(seed, cut_from) for seed in SEEDS) >= LEAST_COVERED


def test_the_shipped_works_is_found_to_have_saved_within_the_interval():
    """Its seed was chosen for that, and says so; how often others are covered is measured above."""
    works = CeramicsWorks()
    savings = found(works)
    assert 0 < savings.lower < works.true_saving_m3(*REPORTING) < savings.upper
