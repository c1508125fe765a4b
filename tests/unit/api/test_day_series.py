from datetime import date

import numpy as np
import pytest
from plant_worlds import QUARTER_MS, a_plant, as_span, columns_of, midnight, quarter_hours

from meterproof_api.day_series import coverage, day_series
from meterproof_api.plants import Period
from meterproof_core.memory import interval_columns

JANUARY = Period(date(2018, 1, 1), date(2018, 2, 1))


def series_of(rows, zone="Asia/Seoul", first=date(2018, 1, 1), end=date(2018, 5, 1)):
    return day_series(columns_of(rows), zone, first, end)


def test_an_empty_store_gives_days_without_energy_and_periods_without_intervals():
    series = series_of([])
    assert np.isnan(series.energy_kwh).all()
    found = coverage(series, JANUARY)
    assert (found.expected, found.present, found.spans, found.energy_kwh, found.share) == (31 * 96, 0, 0, 0.0, 0.0)


def test_a_whole_history_is_complete_and_its_days_add_up_to_its_energy():
    rows = quarter_hours(a_plant())
    series = series_of(rows)
    assert coverage(series, JANUARY).share == 1.0
    assert np.isclose(series.energy_kwh.sum(), sum(row[2] for row in rows), rtol=1e-12)


def test_a_span_inside_a_day_is_in_the_days_energy_but_not_among_its_intervals():
    whole = quarter_hours(a_plant())
    series = series_of(as_span(whole, 96 + 8, 96 + 20))
    assert np.isclose(series.energy_kwh[1], sum(row[2] for row in whole[96:192]), rtol=1e-12)
    assert series.present[1] == 96 - 12
    assert series.span_hours[1] == 3.0
    found = coverage(series, JANUARY)
    assert (found.spans, found.span_hours) == (1, 3.0)
    assert found.present == found.expected - 12
    assert np.isclose(found.energy_kwh, sum(row[2] for row in whole[: 31 * 96]), rtol=1e-12)


def test_a_span_over_midnight_takes_both_days_out_but_stays_in_the_periods_energy():
    whole = quarter_hours(a_plant())
    series = series_of(as_span(whole, 90, 100))
    assert np.isnan(series.energy_kwh[:2]).all()
    assert series.span_hours[:2].tolist() == [1.5, 1.0]
    assert np.isclose(coverage(series, JANUARY).energy_kwh, sum(row[2] for row in whole[: 31 * 96]), rtol=1e-12)


def test_a_span_over_the_end_of_a_period_is_not_in_its_energy():
    whole = quarter_hours(a_plant())
    end = 31 * 96
    found = coverage(series_of(as_span(whole, end - 4, end + 4)), JANUARY)
    assert found.spans == 0
    assert found.present == found.expected - 4
    assert np.isclose(found.energy_kwh, sum(row[2] for row in whole[: end - 4]), rtol=1e-12)


def test_a_missing_quarter_hour_takes_its_day_out():
    whole = quarter_hours(a_plant())
    series = series_of([*whole[:200], *whole[201:]])
    assert np.isnan(series.energy_kwh[2])
    assert series.present[2] == 95
    assert np.isfinite(series.energy_kwh[[1, 3]]).all()


@pytest.mark.parametrize(("day", "hours"), [(date(2018, 3, 25), 23), (date(2018, 6, 1), 24), (date(2018, 10, 28), 25)])
def test_a_day_has_room_for_as_many_intervals_as_its_clock_has_hours(day, hours):
    begin = midnight(day, "Europe/Zurich")
    rows = [(begin + n * QUARTER_MS, begin + (n + 1) * QUARTER_MS, 1.0, 0.0, 0.0, False) for n in range(hours * 4)]
    series = day_series(interval_columns(rows), "Europe/Zurich", day, date.fromordinal(day.toordinal() + 1))
    assert series.expected.tolist() == series.present.tolist() == [hours * 4]
    assert series.energy_kwh.tolist() == [hours * 4.0]
