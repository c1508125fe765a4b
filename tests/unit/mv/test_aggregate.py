"""Sums over plant-local days and over periods: what is in them, and what is not."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from meterproof_mv.aggregate import daily_totals, local_days, period_total
from meterproof_mv.errors import SeriesError

HOUR = 3_600_000
STEP = HOUR // 4


def instant(zone, *when):
    return round(datetime(*when, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def quarter_hours(start, end):
    edges = np.arange(start, end + 1, STEP)
    return edges[:-1], edges[1:], np.ones(len(edges) - 1), np.zeros(len(edges) - 1, bool)


def test_nothing_gives_no_days():
    totals = daily_totals([], [], [], [], zone="Asia/Seoul")
    assert len(totals) == 0
    assert totals.complete.tolist() == []


def test_a_plants_day_begins_at_its_own_midnight():
    zone = "Asia/Seoul"  # 9 h ahead of UTC, no clock changes
    start = instant(zone, 2018, 7, 1)
    totals = daily_totals(*quarter_hours(start, start + 48 * HOUR), zone=zone)
    assert totals.day.astype(str).tolist() == ["2018-07-01", "2018-07-02"]
    assert totals.start_ms[0] == instant("UTC", 2018, 6, 30, 15)
    assert totals.amount.tolist() == [96, 96]
    assert totals.complete.tolist() == [True, True]
    assert totals.completeness.tolist() == [1, 1]


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 25, 23), (10, 28, 25), (6, 15, 24)])
def test_a_day_of_clock_change_has_its_own_length(month, day, hours):
    zone = "Europe/Vienna"
    start = instant(zone, 2018, month, day)
    totals = daily_totals(*quarter_hours(start, start + hours * HOUR), zone=zone)
    assert totals.amount.tolist() == [4 * hours]
    assert totals.complete.tolist() == [True]
    assert (totals.end_ms - totals.start_ms).tolist() == [hours * HOUR]


def test_a_day_whose_midnight_the_clock_skips_begins_at_the_change():
    zone = "America/Sao_Paulo"  # 2018-11-04 began at 01:00
    days, edges = local_days(instant(zone, 2018, 11, 3, 12), instant(zone, 2018, 11, 5, 12), zone)
    assert days.astype(str).tolist() == ["2018-11-03", "2018-11-04", "2018-11-05"]
    assert (np.diff(edges) / HOUR).tolist() == [24, 23, 24]


def test_a_date_that_a_zone_left_out_is_no_day():
    zone = "Pacific/Apia"  # crossed the date line: 2011-12-29 was followed by 2011-12-31
    start = instant(zone, 2011, 12, 29)
    days, edges = local_days(start, start + 48 * HOUR, zone)
    assert days.astype(str).tolist() == ["2011-12-29", "2011-12-31"]
    assert (np.diff(edges) / HOUR).tolist() == [24, 24]
    totals = daily_totals(*quarter_hours(start, start + 48 * HOUR), zone=zone)
    assert totals.amount.tolist() == [96, 96]
    assert totals.complete.tolist() == [True, True]
    assert totals.cut_by_span.tolist() == [False, False]


def test_a_missing_quarter_of_an_hour_makes_a_day_incomplete():
    start, end, amount, is_span = quarter_hours(0, 24 * HOUR)
    keep = np.arange(96) != 40
    totals = daily_totals(start[keep], end[keep], amount[keep], is_span[keep], zone="UTC")
    assert totals.amount.tolist() == [95]
    assert totals.completeness.tolist() == pytest.approx([95 / 96])
    assert totals.complete.tolist() == [False]
    assert totals.cut_by_span.tolist() == [False]


def test_a_day_without_any_row_is_there_and_has_no_number():
    totals = daily_totals([0, 48 * HOUR], [STEP, 48 * HOUR + STEP], [1, 1], [False, False], zone="UTC")
    assert len(totals) == 3
    assert np.isnan(totals.amount[1])
    assert totals.completeness[1] == 0


def spanned(first, last):
    """Three days of quarter hours with one span of a total of its own in the place of some of them."""
    start, end, amount, is_span = quarter_hours(0, 72 * HOUR)
    keep = (end <= first) | (start >= last)
    return (
        np.append(start[keep], first),
        np.append(end[keep], last),
        np.append(amount[keep], 50.0),
        np.append(is_span[keep], True),
    )


def test_a_span_within_a_day_counts_in_it():
    totals = daily_totals(*spanned(30 * HOUR, 40 * HOUR), zone="UTC")
    assert totals.amount.tolist() == [96, 96 - 40 + 50, 96]
    assert totals.from_spans.tolist() == [0, 50, 0]
    assert totals.complete.tolist() == [True] * 3


def test_a_span_over_midnight_counts_in_no_day_and_cuts_both():
    rows = spanned(20 * HOUR, 30 * HOUR)
    totals = daily_totals(*rows, zone="UTC")
    assert totals.amount.tolist() == [80, 72, 96]
    assert totals.cut_by_span.tolist() == [True, True, False]
    assert totals.complete.tolist() == [False, False, True]
    whole = period_total(*rows, period_ms=(0, 72 * HOUR))
    assert (whole.amount, whole.from_spans, whole.completeness) == (80 + 50 + 72 + 96, 50, 1)
    assert not whole.cut_by_span


def test_a_span_over_several_days_leaves_the_middle_one_empty():
    totals = daily_totals(*spanned(20 * HOUR, 60 * HOUR), zone="UTC")
    assert totals.cut_by_span.tolist() == [True, True, True]
    assert np.isnan(totals.amount[1])


def test_a_period_says_what_it_cuts_and_when_nothing_is_known():
    rows = spanned(20 * HOUR, 30 * HOUR)
    cut = period_total(*rows, period_ms=(0, 24 * HOUR))
    assert cut.amount == 80
    assert cut.cut_by_span
    assert cut.completeness == pytest.approx(20 / 24)
    nothing = period_total(*rows, period_ms=(100 * HOUR, 101 * HOUR))
    assert np.isnan(nothing.amount)
    assert nothing.completeness == 0


def test_the_order_of_rows_does_not_matter():
    rows = quarter_hours(0, 48 * HOUR)
    mixed = np.random.default_rng(1).permutation(len(rows[0]))
    assert daily_totals(*(column[mixed] for column in rows), zone="UTC").amount.tolist() == [96, 96]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (([0], [1], [1.0, 2.0], [False]), "equal length"),
        (([[0]], [[1]], [[1.0]], [[False]]), "one-dimensional"),
        (([5], [5], [1.0], [False]), "interval at 5 ends at 5"),
        (([0, 5], [6, 9], [1.0, 1.0], [False, False]), "interval at 5 begins before the one before it ends at 6"),
    ],
)
def test_rows_that_make_no_sense_are_refused(rows, words):
    with pytest.raises(SeriesError, match=words):
        daily_totals(*rows, zone="UTC")


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "../etc"])
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(SeriesError, match="IANA name"):
        daily_totals([0], [1], [1.0], [False], zone=zone)


def test_an_empty_period_is_refused():
    with pytest.raises(SeriesError, match="is empty"):
        period_total([0], [1], [1.0], [False], period_ms=(5, 5))
