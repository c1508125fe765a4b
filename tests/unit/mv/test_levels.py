"""Quarter hours, hours, days, months and shifts by the clock on the plant's wall, and what is summed over them."""

from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise
from math import fsum
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterproof_mv.aggregate import level_totals, period_total
from meterproof_mv.errors import SeriesError
from meterproof_mv.local_clock import local_ms, midnight_ms, utc_offsets_ms
from meterproof_mv.periods import Level, level_periods
from meterproof_mv.shifts import Shift, shift_periods, shifts_from

HOUR = 3_600_000
STEP = HOUR // 4
ZONES = [
    "UTC",
    "Asia/Seoul",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Europe/Vienna",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
]
THREE = shifts_from({"early": time(6), "late": time(14), "night": time(22)})
WORKDAYS = frozenset(range(5))


def instant(zone, *when):
    return round(datetime(*when, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def shown(t_ms, zone):
    return datetime.fromtimestamp(t_ms / 1000, ZoneInfo(zone)).strftime("%a %H:%M")


def hours_of(periods):
    return ((periods.end_ms - periods.start_ms) / HOUR).tolist()


def day_of(zone, *when, level):
    start = instant(zone, *when)
    return level_periods(level, start, midnight_ms(date(*when) + timedelta(days=1), ZoneInfo(zone)), zone)


# ---------------------------------------------------------------- the clock


@pytest.mark.parametrize(
    ("zone", "offset"), [("Asia/Kolkata", 5.5), ("Asia/Kathmandu", 5.75), ("Asia/Seoul", 9), ("UTC", 0)]
)
def test_a_zone_may_stand_half_or_three_quarters_of_an_hour_off(zone, offset):
    assert (utc_offsets_ms(np.array([0, 10**12]) + 1_500_000_000_000, zone) / HOUR).tolist() == [offset, offset]


def test_the_offset_changes_at_the_very_second_at_which_the_clock_does():
    change = instant("UTC", 2018, 3, 25, 1)
    t = np.array([change - HOUR * 24 * 90, change - 1, change, change + 1, change + HOUR * 24 * 300])
    assert (utc_offsets_ms(t, "Europe/Vienna") / HOUR).tolist() == [1, 1, 2, 2, 1]
    assert utc_offsets_ms(t[:1], "Europe/Vienna").tolist() == [HOUR]


def test_a_skipped_time_is_the_instant_of_the_change_and_of_a_repeated_one_the_first_counts():
    vienna = ZoneInfo("Europe/Vienna")
    assert local_ms(date(2018, 3, 25), time(2, 30), vienna) == instant("UTC", 2018, 3, 25, 1)
    assert local_ms(date(2018, 10, 28), time(2, 30), vienna) == instant("UTC", 2018, 10, 28, 0, 30)
    apia = ZoneInfo("Pacific/Apia")  # left 2011-12-30 out
    assert local_ms(date(2011, 12, 30), time(11), apia) == midnight_ms(date(2011, 12, 31), apia)


def test_a_midnight_within_a_gap_is_the_end_of_the_gap():
    toronto = ZoneInfo("America/Toronto")  # 1919-03-30 23:30 became 00:30
    assert midnight_ms(date(1919, 3, 31), toronto) == instant("UTC", 1919, 3, 31, 4, 30)


# ---------------------------------------------------------------- levels


@pytest.mark.parametrize(("when", "hours"), [((2018, 3, 25), 23), ((2018, 10, 28), 25), ((2018, 6, 15), 24)])
def test_a_day_has_as_many_hours_as_the_clock_makes_it_have(when, hours):
    day = day_of("Europe/Vienna", *when, level=Level.HOUR)
    assert hours_of(day) == [1.0] * hours
    assert set(day.day.tolist()) == {date(*when)}
    assert len(day_of("Europe/Vienna", *when, level=Level.QUARTER_HOUR)) == 4 * hours


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu"])
def test_an_hour_begins_on_the_local_full_hour(zone):
    day = day_of(zone, 2024, 5, 1, level=Level.HOUR)
    assert [shown(t, zone)[-3:] for t in day.start_ms] == [":00"] * 24
    assert (day.start_ms % HOUR != 0).all()


def test_a_clock_that_is_put_by_half_an_hour_makes_half_an_hour():
    zone = "Australia/Lord_Howe"  # 02:00 became 02:30 on 2024-10-06, and 01:30 on 2024-04-07
    forward, back = (day_of(zone, 2024, *when, level=Level.HOUR) for when in ((10, 6), (4, 7)))
    assert hours_of(forward) == [1.0, 1.0, 0.5] + [1.0] * 21
    assert hours_of(back) == [1.0, 1.0, 0.5] + [1.0] * 22
    assert (sum(hours_of(forward)), sum(hours_of(back))) == (23.5, 24.5)


def test_a_month_is_a_month_of_the_plant():
    zone = "Europe/Vienna"
    months = level_periods(Level.MONTH, instant(zone, 2023, 12, 31, 23, 59), instant(zone, 2024, 4, 1, 0, 1), zone)
    assert [str(day) for day in months.day] == ["2023-12-01", "2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]
    assert hours_of(months) == [31 * 24, 31 * 24, 29 * 24, 31 * 24 - 1, 30 * 24]
    assert months.start_ms[1] == instant(zone, 2024, 1, 1)


def test_a_period_that_is_touched_is_there_whole_and_no_other():
    zone = "Asia/Kathmandu"
    start = instant(zone, 2024, 5, 1, 10, 20)
    for level, begins in ((Level.QUARTER_HOUR, (10, 15)), (Level.HOUR, (10, 0)), (Level.DAY, (0, 0))):
        only = level_periods(level, start, start + 1, zone)
        assert only.start_ms.tolist() == [instant(zone, 2024, 5, 1, *begins)]
    assert len(level_periods(Level.HOUR, start, instant(zone, 2024, 5, 1, 11), zone)) == 1


@pytest.mark.parametrize("level", Level)
def test_an_empty_period_and_an_unknown_zone_are_refused(level):
    with pytest.raises(SeriesError, match="is empty"):
        level_periods(level, 5, 5, "UTC")
    with pytest.raises(SeriesError, match="IANA name"):
        level_periods(level, 5, 6, "Mars/Olympus")


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 2 * 10**12), st.integers(1, 70 * 24 * HOUR), st.sampled_from(list(Level)))
def test_the_periods_of_a_level_follow_each_other_and_cover_what_was_asked_for(zone, first, length, level):
    periods = level_periods(level, first, first + length, zone)
    assert (periods.start_ms[1:] == periods.end_ms[:-1]).all()
    assert (periods.start_ms[0] <= first) & (periods.end_ms[-1] >= first + length)
    assert (periods.end_ms > first).all()
    assert (periods.start_ms < first + length).all()
    assert (periods.start_ms % STEP == 0).all()  # no quarter hour straddles any of them
    assert len(periods.name) == len(periods.day) == len(periods)
    local = ((periods.start_ms + utc_offsets_ms(periods.start_ms, zone)) // (24 * HOUR)).astype("datetime64[D]")
    assert (periods.day == local).all()


# ---------------------------------------------------------------- shifts


def labels(periods, zone):
    return [
        (name, shown(start, zone), shown(end, zone))
        for name, start, end in zip(periods.name, periods.start_ms, periods.end_ms, strict=True)
    ]


def test_a_night_shift_goes_over_midnight_and_belongs_to_the_day_on_which_it_begins():
    zone = "Asia/Seoul"
    start = instant(zone, 2024, 5, 1)
    found = shift_periods(THREE, start, start + 24 * HOUR, zone)
    assert labels(found, zone) == [
        ("night", "Tue 22:00", "Wed 06:00"),
        ("early", "Wed 06:00", "Wed 14:00"),
        ("late", "Wed 14:00", "Wed 22:00"),
        ("night", "Wed 22:00", "Thu 06:00"),
    ]
    assert [str(day) for day in found.day] == ["2024-04-30", "2024-05-01", "2024-05-01", "2024-05-01"]


@pytest.mark.parametrize(
    ("when", "hours"),
    [((2018, 3, 24), 7), ((2018, 10, 27), 9), ((2018, 6, 15), 8)],
)
def test_the_night_of_a_clock_change_is_an_hour_shorter_or_longer(when, hours):
    zone = "Europe/Vienna"
    start = instant(zone, *when, 22)
    night = shift_periods(THREE, start, start + HOUR, zone)
    assert (night.name, hours_of(night)) == (("night",), [hours])


def test_shifts_that_change_within_a_skipped_or_a_repeated_hour_still_follow_each_other():
    zone = "Europe/Vienna"
    two = shifts_from({"a": time(2, 30), "b": time(14)})
    for when, hours in (((2018, 3, 25), 11.0), ((2018, 10, 28), 12.5)):  # from 03:00, and from the first 02:30
        start = instant(zone, *when, 14) - 12 * HOUR
        found = shift_periods(two, start, start + 24 * HOUR, zone)
        assert (found.start_ms[1:] == found.end_ms[:-1]).all()
        assert ("a", hours) in zip(found.name, hours_of(found), strict=True)


def test_a_shift_may_begin_on_some_weekdays_only():
    zone = "Asia/Kolkata"
    shifts = (
        Shift("day", time(8), time(20), WORKDAYS),
        Shift("night", time(20), time(8), frozenset({0, 1, 2, 3})),
        Shift("weekend", time(10), time(10), frozenset({5})),  # until Sunday 10:00
    )
    start = instant(zone, 2024, 5, 3)  # a Friday
    assert labels(shift_periods(shifts, start, start + 96 * HOUR, zone), zone) == [
        ("night", "Thu 20:00", "Fri 08:00"),
        ("day", "Fri 08:00", "Fri 20:00"),
        ("weekend", "Sat 10:00", "Sun 10:00"),
        ("day", "Mon 08:00", "Mon 20:00"),
        ("night", "Mon 20:00", "Tue 08:00"),
    ]


def test_no_shift_may_touch_what_is_asked_for():
    start = instant("UTC", 2024, 5, 4)  # a Saturday
    none = shift_periods([Shift("day", time(8), time(20), WORKDAYS)], start, start + HOUR, "UTC")
    assert len(none) == 0
    totals = level_totals([start], [start + STEP], [1.0], [False], periods=none)
    assert (len(totals), totals.crossing.tolist()) == (0, [])


@pytest.mark.parametrize(
    ("shifts", "words"),
    [
        ([Shift("a", time(6), time(14)), Shift("b", time(13, 59, 59), time(20))], "'a' and 'b' overlap"),
        ([Shift("a", time(6), time(14)), Shift("b", time(22), time(6, 0, 0, 1))], "'b' and 'a' overlap"),
        ([Shift("a", time(6), time(6)), Shift("b", time(5), time(6))], "overlap"),
    ],
)
def test_shifts_that_overlap_are_refused(shifts, words):
    with pytest.raises(SeriesError, match=words):
        shift_periods(shifts, 0, 1, "UTC")


def test_a_sunday_night_that_reaches_into_monday_may_not_meet_mondays_shift():
    sunday = Shift("sunday", time(22), time(7), frozenset({6}))
    with pytest.raises(SeriesError, match="'sunday' and 'monday' overlap"):
        shift_periods([sunday, Shift("monday", time(6), time(14), frozenset({0}))], 0, 1, "UTC")
    assert len(shift_periods([sunday, Shift("m", time(7), time(14), frozenset({0}))], 0, 7 * 24 * HOUR, "UTC")) == 2


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Shift("", time(6), time(14)), "has no name"),
        (lambda: Shift("a", time(6), time(14), frozenset()), r"weekdays \[\]; some of 0 \(Monday\) to 6"),
        (lambda: Shift("a", time(6), time(14), frozenset({7})), r"weekdays \[7\]"),
        (lambda: Shift("a", time(6, tzinfo=timezone.utc), time(14)), "zone of its own"),  # noqa: UP017 - a plain zone
        (lambda: Shift("a", time(6), time(14, tzinfo=timezone.utc)), "zone of its own"),  # noqa: UP017
        (lambda: shifts_from({}), "at least one"),
        (lambda: shifts_from({"a": time(6), "b": time(6)}), "each at its own time"),
    ],
)
def test_a_shift_that_makes_no_sense_is_refused(make, words):
    with pytest.raises(SeriesError, match=words):
        make()


def test_one_shift_alone_lasts_for_a_day():
    (only,) = shifts_from({"always": time(6)})
    assert hours_of(shift_periods([only], HOUR * 48, HOUR * 48 + 1, "UTC")) == [24]


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 2 * 10**12), st.integers(1, 20 * 24 * HOUR))
def test_shifts_around_the_clock_leave_no_time_out_and_tell_none_twice(zone, first, length):
    found = shift_periods(THREE, first, first + length, zone)
    assert (found.start_ms[1:] == found.end_ms[:-1]).all()
    assert (found.start_ms[0] <= first) & (found.end_ms[-1] >= first + length)


# ---------------------------------------------------------------- sums


def test_a_span_counts_in_every_level_that_contains_it_whole_and_marks_those_that_it_crosses():
    zone = "Asia/Kathmandu"
    start = instant(zone, 2024, 5, 1)
    edges = start + STEP * np.arange(0, 97)
    rows = np.delete(np.column_stack([edges[:-1], edges[1:]]), range(9, 21), axis=0)  # 02:15 to 05:15 is one span
    rows = np.vstack([rows, [start + 9 * STEP, start + 21 * STEP]])
    amount = np.append(np.ones(84), 50.0)
    is_span = np.append(np.zeros(84, bool), True)
    columns = (rows[:, 0], rows[:, 1], amount, is_span)

    hours = level_totals(*columns, periods=level_periods(Level.HOUR, start, start + 24 * HOUR, zone))
    assert hours.amount[:7].tolist() == pytest.approx([4, 4, 1, np.nan, np.nan, 3, 4], nan_ok=True)
    assert hours.completeness[:7].tolist() == [1, 1, 0.25, 0, 0, 0.75, 1]
    assert hours.cut_by_span[:7].tolist() == [False, False, True, True, True, True, False]
    assert hours.is_lower_bound.tolist() == hours.cut_by_span.tolist() == (~hours.complete).tolist()
    assert hours.crossing.tolist() == [84]

    day = level_totals(*columns, periods=level_periods(Level.DAY, start, start + 1, zone))
    assert (day.amount.tolist(), day.from_spans.tolist(), day.complete.tolist()) == ([134.0], [50.0], [True])
    shifts = level_totals(*columns, periods=shift_periods(THREE, start + 6 * HOUR, start + 22 * HOUR, zone))
    assert (shifts.name, shifts.amount.tolist()) == (("early", "late"), [32.0, 32.0])
    night = level_totals(*columns, periods=shift_periods(THREE, start, start + 6 * HOUR, zone))
    assert (night.amount.tolist(), night.completeness.tolist()) == ([12 + 50.0], [0.75])  # it began the day before


@st.composite
def series(draw):
    """Draw quarter hours and spans of a few weeks, with holes, from an instant on the grid."""
    start = draw(st.integers(0, 2 * 10**12 // STEP)) * STEP
    lengths = draw(st.lists(st.sampled_from([1] * 12 + [2, 5, 40, 200]), min_size=1, max_size=120))
    ends = start + STEP * np.cumsum(lengths)
    starts = np.append(start, ends[:-1])
    kept = np.asarray(draw(st.lists(st.booleans(), min_size=len(ends), max_size=len(ends)))) | draw(st.booleans())
    counts = np.asarray(draw(st.lists(st.integers(0, 10**6), min_size=len(ends), max_size=len(ends))))
    return starts[kept], ends[kept], counts[kept] * 0.001, (ends - starts)[kept] > STEP


@settings(deadline=None, max_examples=150)
@given(series(), st.sampled_from(ZONES), st.sampled_from([*Level, "shifts", "weird"]), st.data())
def test_a_partition_adds_up_each_crossing_row_once(rows, zone, level, data):
    starts, ends, amount, is_span = rows
    if not len(starts):
        return
    first, last = int(starts[0]), int(ends[-1])
    if level == "shifts":
        periods = shift_periods(THREE, first, last, zone)
    elif level == "weird":
        some = [shift for shift in THREE if data.draw(st.booleans())] or [THREE[0]]
        periods = shift_periods(some, first, last, zone)  # shifts with time between them
    else:
        periods = level_periods(level, first, last, zone)
    if not len(periods):
        return
    totals = level_totals(starts, ends, amount, is_span, periods=periods)
    known = fsum(np.nan_to_num(totals.amount))
    crossing = totals.crossing.tolist()
    outside = [row for row in range(len(starts)) if untouched(starts[row], ends[row], periods)]
    assert known + fsum(amount[crossing]) + fsum(amount[outside]) == pytest.approx(fsum(amount), rel=1e-12, abs=1e-12)
    assert not set(crossing) & set(outside)
    if level != "weird":
        whole = period_total(starts, ends, amount, is_span, period_ms=(first, last))
        assert known + fsum(amount[crossing]) == pytest.approx(whole.amount, rel=1e-12, abs=1e-12)
        assert outside == []
    time_known = (totals.completeness * (totals.end_ms - totals.start_ms)).sum() + (ends - starts)[crossing].sum()
    assert time_known + (ends - starts)[outside].sum() == pytest.approx((ends - starts).sum())
    assert (totals.is_lower_bound | ~totals.cut_by_span).all()


def untouched(start, end, periods):
    return not ((periods.start_ms < end) & (periods.end_ms > start)).any()


@settings(deadline=None, max_examples=60)
@given(series(), st.sampled_from(ZONES), st.lists(st.integers(1, 10**9), max_size=6))
def test_any_cut_of_a_period_into_parts_adds_up(rows, zone, cuts):
    starts, ends, amount, is_span = rows
    if not len(starts):
        return
    first, last = int(starts[0]), int(ends[-1])
    edges = sorted({first, last, *(first + cut for cut in cuts if first + cut < last)})
    parts = [period_total(starts, ends, amount, is_span, period_ms=cut) for cut in pairwise(edges)]
    crossing = [amount[i] for i in range(len(starts)) if any(starts[i] < edge < ends[i] for edge in edges[1:-1])]
    known = fsum(part.amount for part in parts if part.completeness > 0)
    assert known + fsum(crossing) == pytest.approx(fsum(amount), rel=1e-12, abs=1e-12)
