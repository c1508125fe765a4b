"""What a series says of days and months: a row counts when it is known whole, and nothing is filled in."""

from datetime import date, timedelta

import numpy as np
import pytest
from dossier_worlds import QUARTER_MS, bill, metered, midnights

from meterproof_mv.dossier.amounts import amounts_of
from meterproof_mv.dossier.calendar import calendar_of
from meterproof_mv.dossier.plan import Period, Plan, PlantFacts
from meterproof_mv.dossier.series import Metered, Recorded
from meterproof_mv.dossier.vocabulary import Grain
from meterproof_mv.errors import PlanError

JANUARY, FEBRUARY = Period(date(2024, 1, 1), date(2024, 2, 1)), Period(date(2024, 2, 1), date(2024, 3, 1))


def a_plan(baseline=JANUARY, reporting=FEBRUARY, zone="Asia/Bangkok"):
    facts = PlantFacts("p", "P", "TH", "ceramics", zone, simulated=True, origin="Simulated.", produces=True)
    return Plan(facts, baseline, reporting, ())


def days(plan=None):
    return calendar_of(plan or a_plan(), Grain.DAY)


def months(plan=None):
    return calendar_of(plan or a_plan(), Grain.MONTH)


def as_span(series, first, end):
    """Make one span of rows [first, end), as a gap leaves it."""
    keep = np.r_[0:first, end : len(series)]
    columns = {name: getattr(series, name)[keep] for name in ("start_ms", "end_ms", "amount", "is_span")}
    span = {
        "start_ms": series.start_ms[first],
        "end_ms": series.end_ms[end - 1],
        "amount": series.amount[first:end].sum(),
        "is_span": True,
    }
    placed = {name: np.insert(column, first, span[name]) for name, column in columns.items()}
    none = np.full(len(placed["start_ms"]), np.nan)
    return Metered(series.point, series.quantity, series.unit, **placed, register_start=none, register_end=none)


def test_an_empty_series_knows_no_row():
    found = amounts_of(metered("gas", "volume_m3", "m3", np.zeros(0)), days())
    assert np.isnan(found.amount).all()
    assert found.expected.sum() == 60 * 96
    assert found.present.sum() == 0


def test_days_and_months_add_up_to_what_was_metered():
    series = metered("gas", "volume_m3", "m3", np.arange(60.0))
    assert amounts_of(series, days()).amount == pytest.approx(np.arange(60.0), rel=1e-12)
    assert amounts_of(series, months()).amount == pytest.approx([sum(range(31)), sum(range(31, 60))], rel=1e-12)


def test_a_span_within_a_day_counts_and_one_over_midnight_takes_both_days_out_and_not_the_month():
    whole = metered("gas", "volume_m3", "m3", np.full(60, 96.0))
    inside = amounts_of(as_span(whole, 8, 20), days())
    assert inside.amount == pytest.approx(np.full(60, 96.0))
    assert (inside.present[0], inside.span_hours[0]) == (84, 3.0)
    over = as_span(whole, 90, 100)
    found = amounts_of(over, days())
    assert np.isnan(found.amount[:2]).all()
    assert found.span_hours[:2].tolist() == [1.5, 1.0]
    assert amounts_of(over, months()).amount == pytest.approx([31 * 96.0, 29 * 96.0])


def test_a_missing_quarter_hour_takes_its_day_and_its_month_out():
    whole = metered("gas", "volume_m3", "m3", np.full(60, 96.0))
    columns = {name: np.delete(getattr(whole, name), 200) for name in ("start_ms", "end_ms", "amount", "is_span")}
    none = np.full(len(whole) - 1, np.nan)
    holed = Metered("gas", "volume_m3", "m3", **columns, register_start=none, register_end=none)
    assert np.flatnonzero(np.isnan(amounts_of(holed, days()).amount)).tolist() == [2]
    assert np.isnan(amounts_of(holed, months()).amount).tolist() == [True, False]


def test_intervals_outside_of_the_plans_periods_count_nowhere():
    whole = metered("gas", "volume_m3", "m3", np.full(90, 96.0), first=date(2023, 12, 20))
    found = amounts_of(whole, days())
    assert found.amount == pytest.approx(np.full(60, 96.0))
    assert found.present.sum() == 60 * 96


@pytest.mark.parametrize(("day", "hours"), [(date(2018, 3, 25), 23), (date(2018, 6, 1), 24), (date(2018, 10, 28), 25)])
def test_a_day_has_room_for_as_many_intervals_as_its_clock_has_hours(day, hours):
    after = day + timedelta(1)
    calendar = days(a_plan(Period(day, after), Period(after, after + timedelta(1)), "Europe/Zurich"))
    start = calendar.edges_ms[0] + np.arange(hours * 4) * QUARTER_MS
    ones = np.ones(hours * 4)
    series = Metered("p", "volume_m3", "m3", start, start + QUARTER_MS, ones, ones, ones, np.zeros(hours * 4, bool))
    found = amounts_of(series, calendar)
    assert found.expected[0] == found.present[0] == hours * 4
    assert found.amount[0] == hours * 4.0


def test_a_date_that_the_zone_left_out_has_room_for_nothing():
    plan = a_plan(
        Period(date(2011, 12, 1), date(2011, 12, 20)), Period(date(2011, 12, 20), date(2012, 1, 2)), "Pacific/Apia"
    )
    calendar = days(plan)
    gone = calendar.day.tolist().index(date(2011, 12, 30))
    assert amounts_of(metered("p", "volume_m3", "m3", np.zeros(0)), calendar).expected[gone] == 0


def test_bills_are_spread_over_their_days_and_a_month_counts_when_it_is_covered_whole():
    rows = (
        bill(date(2023, 12, 27), date(2024, 1, 27), 31 * 10.0),
        bill(date(2024, 1, 27), date(2024, 2, 25), 29 * 20.0),
    )
    found = amounts_of(Recorded("bills/gas", "kWh", rows, spread=True), months())
    assert found.amount[0] == pytest.approx(26 * 10 + 5 * 20)
    assert np.isnan(found.amount[1])
    assert found.expected.tolist() == [0, 0]


def test_bills_are_refused_by_day():
    series = Recorded("bills/gas", "kWh", (bill(date(2024, 1, 1), date(2024, 2, 1), 1.0),), spread=True)
    with pytest.raises(PlanError, match="bills/gas: bills cannot be compared by day"):
        amounts_of(series, days())


def test_what_was_written_down_counts_where_it_lies_whole_and_is_never_spread():
    rows = (
        bill(date(2024, 1, 1), date(2024, 1, 2), 1.0),
        bill(date(2024, 1, 2), date(2024, 1, 4), 5.0),
        bill(date(2024, 1, 4), date(2024, 1, 5), 2.0),
        bill(date(2024, 1, 5), date(2024, 2, 1), 27.0),
        bill(date(2024, 2, 20), date(2024, 3, 20), 9.0),
    )
    series = Recorded("production/output", "t", rows, spread=False)
    by_day = amounts_of(series, days()).amount
    assert np.flatnonzero(~np.isnan(by_day)).tolist() == [0, 3]
    by_month = amounts_of(series, months()).amount
    assert by_month[0] == 35.0
    assert np.isnan(by_month[1])


def test_records_outside_of_the_periods_are_passed_over():
    rows = (bill(date(2023, 12, 31), date(2024, 1, 1), 1.0), bill(date(2024, 3, 1), date(2024, 3, 2), 1.0))
    assert np.isnan(amounts_of(Recorded("production/output", "t", rows, spread=False), days()).amount).all()


@pytest.mark.parametrize(
    ("baseline", "reporting", "said"),
    [
        (Period(date(2024, 1, 1), date(2024, 1, 1)), FEBRUARY, "baseline period 2024-01-01 to 2024-01-01 holds no day"),
        (JANUARY, Period(date(2024, 1, 31), date(2024, 3, 1)), "the reporting period starts 2024-01-31, before"),
        (Period(date(2024, 1, 2), date(2024, 2, 1)), FEBRUARY, "baseline period: 2024-01-02 is no first of a month"),
        (JANUARY, Period(date(2024, 2, 1), date(2024, 2, 28)), "reporting period: 2024-02-28 is no first of a month"),
    ],
)
def test_periods_that_make_no_sense_are_refused(baseline, reporting, said):
    with pytest.raises(PlanError, match=said):
        months(a_plan(baseline, reporting))


def test_local_days_are_those_of_the_plants_zone():
    assert days().edges_ms[:60].tolist() == midnights(date(2024, 1, 1), 60).tolist()
