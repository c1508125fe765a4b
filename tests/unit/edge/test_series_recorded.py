from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_core.errors import DataError
from meterproof_edge.simulator.recorded import RecordedSeries, RecordedValues

STEP = 900_000
ENERGY = "energy_import_kwh"
DAY = 96


def series(*amounts: int, start_ms: int = 0, step_ms: int = STEP) -> RecordedSeries:
    return RecordedSeries(start_ms, step_ms, 100, {ENERGY: amounts, "reactive_energy_import_kvarh": amounts})


def counted(values: RecordedValues, t_ms: int, quantity: str = ENERGY) -> Fraction:
    return Fraction(*values.counter(quantity, t_ms))


def test_at_the_records_start_the_counter_shows_its_start_register():
    assert counted(RecordedValues(series(300), start_register=5), 0) == 5


def test_inside_an_interval_the_counter_rises_evenly():
    values = RecordedValues(series(300, 600), start_register=10)
    assert counted(values, STEP // 3) == 11
    assert counted(values, STEP) == 13
    assert counted(values, STEP + STEP // 2) == 16
    assert counted(values, 2 * STEP) == 19


def test_the_counter_runs_on_for_one_interval_on_both_sides():
    values = RecordedValues(series(300, 600), start_register=10)
    assert counted(values, -STEP) == 7
    assert counted(values, -STEP // 3) == 9
    assert counted(values, 3 * STEP) == 25


def test_before_that_it_stands_still():
    values = RecordedValues(series(300, 600), start_register=10)
    assert counted(values, -50 * STEP) == counted(values, -STEP)


def test_a_year_repeats_after_364_days_so_that_a_monday_stays_a_monday():
    year = tuple(100 + (index * 7919) % 500 for index in range(365 * DAY))
    values = RecordedValues(series(*year), start_register=10)
    shift = 364 * DAY
    for index in (365 * DAY + 1, 366 * DAY + 5, 365 * DAY + shift + 3, 365 * DAY + 2 * shift + 17):
        source = index
        while source >= 365 * DAY:
            source -= shift
        risen = counted(values, (index + 1) * STEP) - counted(values, index * STEP)
        assert risen == Fraction(year[source], 100)


def test_a_record_shorter_than_a_week_repeats_as_it_is():
    values = RecordedValues(series(100, 200, 300), start_register=10)
    risen = [counted(values, (index + 1) * STEP) - counted(values, index * STEP) for index in range(9)]
    assert risen == [1, 2, 3, 3, 2, 3, 1, 2, 3]  # the fourth is the one that runs on


@given(
    st.lists(st.integers(0, 20_000), min_size=1, max_size=800),
    st.lists(st.integers(-2_000_000, 2_000_000_000), min_size=2, max_size=20),
)
def test_a_counter_never_falls(amounts, instants):
    values = RecordedValues(series(*amounts), start_register=1000)
    totals = [counted(values, t_ms) for t_ms in sorted(instants)]
    assert totals == sorted(totals)


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=50), st.integers(1, 900_000))
def test_over_the_whole_record_a_counter_rises_by_its_sum_exactly(amounts, step_ms):
    record = series(*amounts, step_ms=step_ms)
    values = RecordedValues(record, start_register=1000)
    assert counted(values, record.end_ms) - counted(values, record.start_ms) == Fraction(*record.total(ENERGY))


def test_a_phase_counts_a_third_and_nothing_is_exported():
    values = RecordedValues(series(300, 600), start_register=9)
    assert counted(values, STEP, "energy_import_l2_kwh") == 4
    assert counted(values, STEP, "energy_both_directions_kwh") == 12
    assert counted(values, STEP, "energy_export_kwh") == 0


def test_power_is_the_intervals_energy_over_its_length():
    values = RecordedValues(series(300, 600), start_register=9)
    assert values.gauge("power_active_kw", STEP + 1) == 24.0
    assert values.gauge("power_active_l1_kw", STEP + 1) == 8.0
    assert values.gauge("power_reactive_kvar", STEP + 1) == 24.0
    assert values.gauge("power_factor", STEP + 1) == pytest.approx(0.5**0.5)


def test_what_the_record_does_not_speak_of_comes_from_elsewhere():
    values = RecordedValues(series(300), start_register=9)
    assert values.gauge("temperature_c", 0) > 0
    assert counted(values, 2_000_000_000_000, "volume_m3") > 0


def test_without_reactive_energy_the_power_factor_is_one():
    values = RecordedValues(RecordedSeries(0, STEP, 100, {ENERGY: (300,)}), start_register=9)
    assert values.gauge("power_factor", 0) == 1.0


def test_a_start_register_that_would_begin_below_zero_is_refused():
    with pytest.raises(DataError, match="start_register 2 of energy_import_kwh is too small; use 3 or more"):
        RecordedValues(series(250), start_register=2)
