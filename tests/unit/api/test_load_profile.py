from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from plant_worlds import QUARTER_MS, a_plant, as_span, columns_of, midnight, quarter_hours

from meterproof_api.load_profile import load_profile
from meterproof_core.memory import interval_columns

SEOUL = ZoneInfo("Asia/Seoul")


def row(start_ms, energy_kwh, quarters=1, *, span=False):
    return (start_ms, start_ms + quarters * QUARTER_MS, energy_kwh, 0.0, 0.0, span)


def test_without_intervals_every_figure_is_missing_and_none_is_zero():
    profile = load_profile(interval_columns([]), SEOUL, date(2018, 1, 1), date(2018, 1, 3))
    for figures in (profile.least_kw, profile.mean_kw, profile.most_kw, profile.hourly_kw):
        assert len(figures) == 2
        assert np.isnan(figures).all()


def test_a_quarter_hour_of_25_kwh_is_a_demand_of_100_kw():
    begin = midnight(date(2018, 1, 1))
    profile = load_profile(
        interval_columns([row(begin, 25.0), row(begin + QUARTER_MS, 5.0)]), SEOUL, date(2018, 1, 1), date(2018, 1, 2)
    )
    assert (profile.least_kw[0], profile.mean_kw[0], profile.most_kw[0]) == (20.0, 60.0, 100.0)
    assert profile.hourly_kw[0, 0] == 60.0
    assert np.isnan(profile.hourly_kw[0, 1:]).all()


def test_a_span_has_no_demand_because_its_distribution_is_not_known():
    begin = midnight(date(2018, 1, 1))
    profile = load_profile(
        interval_columns([row(begin, 400.0, 8, span=True), row(begin + 8 * QUARTER_MS, 25.0)]),
        SEOUL,
        date(2018, 1, 1),
        date(2018, 1, 2),
    )
    assert profile.most_kw[0] == 100.0
    assert np.isnan(profile.hourly_kw[0, 0])


def test_intervals_outside_the_days_are_left_out():
    before, behind = midnight(date(2017, 12, 31)), midnight(date(2018, 1, 2))
    rows = [row(before, 99.0), row(behind, 99.0)]
    profile = load_profile(interval_columns(rows), SEOUL, date(2018, 1, 1), date(2018, 1, 2))
    assert np.isnan(profile.most_kw).all()


def test_energy_is_kept_the_mean_of_a_whole_day_times_24_is_its_energy():
    plant = a_plant()
    rows = as_span(quarter_hours(plant), 96 * 3, 96 * 4)
    profile = load_profile(columns_of(rows), SEOUL, plant.baseline_period.start, plant.reporting_period.end)
    first_day = sum(row[2] for row in rows[:96])
    assert np.isclose(profile.mean_kw[0] * 24, first_day, rtol=1e-12)
    assert np.isclose(np.nansum(profile.hourly_kw), sum(row[2] for row in rows if not row[5]), rtol=1e-12)
    assert np.isnan(profile.mean_kw[3])
    assert profile.day(3) == plant.baseline_period.start + timedelta(days=3)
