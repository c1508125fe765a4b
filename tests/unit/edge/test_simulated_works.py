import csv
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from meterproof_core.clock import ManualClock
from meterproof_core.errors import DataError
from meterproof_edge.map_library import find_map
from meterproof_edge.pulse_inputs import PulseInput, pulse_registers
from meterproof_edge.simulator.ceramics_draws import END_DAY
from meterproof_edge.simulator.ceramics_history import COLUMNS, write_history
from meterproof_edge.simulator.ceramics_meters import ELECTRICITY_UNIT_ID, LOGGER_UNIT_ID, ceramics_bus
from meterproof_edge.simulator.ceramics_works import (
    CUT_FROM,
    ELECTRICITY,
    GAS,
    PRODUCTION,
    SEED,
    WATER,
    CeramicsWorks,
)

YEAR_2024 = date(2024, 1, 1), date(2025, 1, 1)
YEAR_2025 = date(2025, 1, 1), date(2026, 1, 1)
HOUR_MS = 3_600_000
TOTALS_2024 = {
    GAS: 2_588_394_340,
    ELECTRICITY: 4_968_891_240,
    WATER: 18_868_180,
    PRODUCTION: 37_158_954,
}  # litres, watt-hours, litres, kilograms


@pytest.fixture(scope="module")
def works():
    return CeramicsWorks()


@pytest.fixture(scope="module")
def untouched():
    """The same works, where nothing was done."""
    return CeramicsWorks(cut_from=END_DAY)


def daily(series, name):
    amounts = series.amounts[name]
    return [sum(amounts[n : n + 96]) / series.parts for n in range(0, len(amounts), 96)]


def test_where_nothing_was_done_there_is_no_true_saving(untouched):
    assert untouched.true_saving_m3(*YEAR_2024) == 0
    assert untouched.true_saving_m3(*YEAR_2025) == 0


def test_before_the_measure_the_works_is_the_one_where_nothing_was_done(works, untouched):
    assert works.series(*YEAR_2024) == untouched.series(*YEAR_2024)
    assert works.true_saving_m3(*YEAR_2024) == 0


def test_from_the_measure_on_the_kiln_takes_exactly_nine_tenths_of_its_gas_in_every_quarter_hour(works, untouched):
    cut, uncut = (one.series(*YEAR_2025).amounts[GAS] for one in (works, untouched))
    assert all(10 * less == 9 * more for less, more in zip(cut, uncut, strict=True))


def test_the_measure_changes_neither_production_nor_electricity_nor_water(works, untouched):
    with_it, without = works.series(*YEAR_2025).amounts, untouched.series(*YEAR_2025).amounts
    assert [name for name in with_it if with_it[name] != without[name]] == [GAS]


def test_the_true_saving_is_the_difference_between_the_two_works_to_the_litre(works, untouched):
    start, end = date(2025, 3, 3), date(2025, 5, 20)
    taken, would_be = (sum(one.series(start, end).amounts[GAS]) for one in (works, untouched))
    assert works.true_saving_m3(start, end) == (would_be - taken) / 1000


def test_a_period_that_begins_before_the_measure_saves_only_from_the_measure_on(works):
    assert works.true_saving_m3(date(2024, 7, 1), END_DAY) == works.true_saving_m3(CUT_FROM, END_DAY)


def test_a_period_that_ends_before_the_measure_saves_nothing(works):
    assert works.true_saving_m3(date(2024, 2, 1), date(2024, 3, 1)) == 0


def test_the_same_seed_gives_the_same_works_on_every_machine(works):
    totals = {name: sum(amounts) for name, amounts in works.series(*YEAR_2024).amounts.items()}
    assert totals == TOTALS_2024
    assert CeramicsWorks(SEED + 1).series(*YEAR_2024) != works.series(*YEAR_2024)


def test_a_day_that_is_not_simulated_is_refused_with_what_is(works):
    with pytest.raises(DataError, match="day 2026-01-02 is not simulated; use 2024-01-01 to 2026-01-01"):
        works.series(date(2025, 1, 1), date(2026, 1, 2))


def test_at_songkran_nothing_leaves_the_kiln_and_it_still_takes_gas(works):
    songkran = works.series(date(2025, 4, 12), date(2025, 4, 17))
    assert daily(songkran, PRODUCTION) == [0, 0, 0, 0, 0]
    assert min(daily(songkran, GAS)) > 500


def test_a_sunday_makes_less_than_the_days_around_it(works):
    made = daily(works.series(*YEAR_2025), PRODUCTION)
    by_weekday = {n: [made[d] for d in range(365) if (YEAR_2025[0] + timedelta(d)).weekday() == n] for n in range(7)}
    mean = {n: sum(days) / len(days) for n, days in by_weekday.items()}
    assert mean[6] < 0.8 * min(mean[n] for n in range(6))


def test_campaigns_last_for_weeks_so_that_a_month_differs_from_the_next(works):
    made = daily(works.series(*YEAR_2025), PRODUCTION)
    weeks = [sum(made[n : n + 7]) for n in range(0, 364, 7)]
    assert max(weeks) > 1.25 * sorted(weeks)[5]


def test_neighbouring_quarter_hours_of_a_day_are_alike(works):
    for name in (GAS, ELECTRICITY, PRODUCTION):
        amounts = works.series(date(2025, 2, 3), date(2025, 2, 4)).amounts[name]
        assert max(abs(after - before) for before, after in pairwise(amounts)) < 0.025 * max(amounts)


def test_the_logger_shows_each_meter_in_pulses_of_its_own_weight(works):
    series = works.series(*YEAR_2025)
    clock = ManualClock(series.start_ms)
    bus = ceramics_bus(series, clock)
    before = bus.read(LOGGER_UNIT_ID, 4, 16, 8)
    clock.move_to(series.start_ms + 24 * 365 * HOUR_MS)
    after = bus.read(LOGGER_UNIT_ID, 4, 16, 8)
    pulses = [65536 * (after[n] - before[n]) + after[n + 1] - before[n + 1] for n in range(0, 8, 2)]
    total = {name: Fraction(sum(series.amounts[name]), series.parts) for name in series.amounts}
    assert pulses == [int(total[GAS] * 10), int(total[WATER] * 100), int(total[PRODUCTION] * 100), 0]


def test_the_electricity_meter_counts_the_works_electricity_and_its_power_follows(works):
    series = works.series(*YEAR_2025)
    clock = ManualClock(series.start_ms)
    meter = ceramics_bus(series, clock).meters[ELECTRICITY_UNIT_ID]
    day_ms = 24 * HOUR_MS
    counted = meter.amount_between(ELECTRICITY, series.start_ms, series.start_ms + day_ms)
    assert counted == Fraction(sum(series.amounts[ELECTRICITY][:96]), series.parts)
    clock.move_to(series.start_ms + day_ms // 2)
    assert meter.raw_at("power_active_kw", clock.now_ms()) == pytest.approx(
        series.amounts[ELECTRICITY][48] / series.parts * 4
    )


def test_an_agent_that_is_told_the_weights_reads_cubic_metres_and_tonnes_again(works):
    series = works.series(*YEAR_2025)
    clock = ManualClock(series.start_ms)
    meter = ceramics_bus(series, clock).meters[LOGGER_UNIT_ID]
    told = {"volume_m3": PulseInput("0", "m3", pulses_per_unit=10)}
    (register,) = pulse_registers(find_map("moxa-iologik-e1210"), told)
    assert meter.raw_at(GAS, clock.now_ms()) * register.scale == pytest.approx(100_000)


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_history_is_called_simulated_in_its_name_and_in_every_column(works, tmp_path):
    path = write_history(tmp_path, works)
    assert path.name == "simulated-ceramics-2024.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header[:2] == ["start", "end"]
    assert header[2:] == list(COLUMNS)
    assert all(column.startswith("simulated_") for column in header[2:])


def test_the_history_holds_every_quarter_hour_of_2024_once_and_the_works_own_totals(works, tmp_path):
    rows = rows_of(write_history(tmp_path, works))
    starts = [datetime.fromisoformat(row["start"]) for row in rows]
    assert len(rows) == 366 * 96
    assert Counter(after - before for before, after in pairwise(starts)) == {timedelta(minutes=15): 366 * 96 - 1}
    assert [row["end"] for row in rows[:-1]] == [row["start"] for row in rows[1:]]
    assert (rows[0]["start"], rows[-1]["end"]) == ("2024-01-01T00:00:00+07:00", "2025-01-01T00:00:00+07:00")
    totals = {column: sum(Decimal(row[column]) for row in rows) * 1000 for column in COLUMNS}
    assert totals == {
        "simulated_gas_m3": TOTALS_2024[GAS],
        "simulated_electricity_kwh": TOTALS_2024[ELECTRICITY],
        "simulated_water_m3": TOTALS_2024[WATER],
        "simulated_production_t": TOTALS_2024[PRODUCTION],
    }


def test_writing_the_history_twice_gives_the_same_bytes(works, tmp_path):
    first = write_history(tmp_path, works).read_bytes()
    assert write_history(tmp_path, CeramicsWorks()).read_bytes() == first
