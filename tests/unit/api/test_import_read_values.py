"""Numbers, days and instants as people write them: what means one thing is read, what could mean two is not."""

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_api.importing.dates import day, order_of, period
from meterproof_api.importing.instants import shown_instant
from meterproof_api.importing.numbers import UNSURE, decimal_mark, number, plain
from meterproof_api.importing.problems_of_file import CellError
from meterproof_api.importing.wall_clock import REPEATED, SKIPPED, instants


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("0", None, 0.0),
        ("-12.5", None, -12.5),
        ("\u221212", None, -12.0),
        (".5", None, 0.5),
        ("5.", None, 5.0),
        ("1e-3", None, 0.001),
        ("1,234.5", None, 1234.5),
        ("1,234,567", None, 1234567.0),
        ("0,5", ",", 0.5),
        ("1,234", ".", 1234.0),
        ("1,234", ",", 1.234),
        ("1.234", ",", 1234.0),
        ("1.234", None, 1.234),
        ("1\u00a0234\u00a0567,8", ",", 1234567.8),
        ("1\u2019234.50", None, 1234.5),
        (7, None, 7.0),
        (7.25, ",", 7.25),
    ],
)
def test_a_number_that_means_one_thing_is_read(text, decimal, value):
    assert number(text, decimal) == value
    assert float(plain(text, decimal)) == value


@pytest.mark.parametrize(
    ("text", "decimal", "told"),
    [
        ("", None, "is empty"),
        (None, None, "is empty"),
        ("1,234", None, "could be thousands or a decimal comma"),
        ("-999,999", None, "could be thousands or a decimal comma"),
        ("0,500", None, "has a decimal comma"),
        ("12,5", None, "has a decimal comma"),
        ("12,5", ".", "has a decimal comma"),
        ("12.5", ",", "has a decimal point"),
        ("1,234.5", ",", "has a decimal point"),
        ("1,23,456", ".", "is no number; 1234.5 is accepted, and thousands parted by"),
        ("1 234'567", ".", "is no number"),
        ("12 m3", None, "its unit in a column of its own"),
        ("12%", None, "its unit in a column of its own"),
        ("12-", None, "is no number"),
        ("(12)", None, "is no number"),
        ("1_000", None, "is no number"),
        ("\u0661\u0662", None, "is no number"),
        ("nan", None, "is no number"),
        ("inf", None, "is no number"),
        ("1e999", None, "is no finite number"),
        (math.nan, None, "is no finite number"),
        (True, None, "is no number"),
        ("#REF!", None, "is an error of the spreadsheet"),
    ],
)
def test_a_number_that_is_none_or_could_be_two_is_refused(text, decimal, told):
    with pytest.raises(CellError, match=told):
        number(text, decimal)


@pytest.mark.parametrize("cell", ["1e300", "-1e16", 1e15 + 1])
def test_a_number_that_no_plant_can_mean_is_refused(cell):
    with pytest.raises(CellError, match=r"is too large; up to 1e\+15 is accepted"):
        number(cell, None)


@pytest.mark.parametrize(
    ("cells", "decimal", "delimiter", "mark"),
    [
        (["1.234", "35.120"], None, ";", "?"),
        (["1.234", "35.120", "", None, " 7 "], None, ";", "?"),
        (["1.234.567"], None, ";", "?"),
        (["1.234", "35.12"], None, ";", None),
        (["1.234", "1234"], None, ";", None),
        (["0.234"], None, ";", None),
        (["1.234", "1,5"], None, ";", None),
        (["12", "7"], None, ";", None),
        ([1.234, 35.12], None, ";", None),
        (["1.234", "35.120"], None, ",", None),
        (["1.234", "35.120"], ".", ";", "."),
        (["1.234", "35.120"], ",", ";", ","),
    ],
)
def test_points_that_may_part_thousands_are_told_from_decimal_ones(cells, decimal, delimiter, mark):
    assert decimal_mark(cells, decimal, delimiter) == mark


def test_what_may_be_a_thousand_is_asked_for_and_never_guessed():
    with pytest.raises(CellError, match="could be thousands or a decimal point; say which decimal mark"):
        number("1.234", UNSURE)
    with pytest.raises(CellError, match="could be thousands or a decimal comma"):
        number("1,234", UNSURE)
    assert (number("12", UNSURE), number("1.234", "."), number("1.234", ",")) == (12.0, 1.234, 1234.0)


@given(st.floats(-1e15, 1e15, allow_nan=False))
def test_a_number_as_python_writes_it_is_read_to_the_last_bit(value):
    assert number(repr(value), None) == value
    assert number(repr(value).replace(".", ","), ",") == value


@given(st.integers(-(10**14), 10**14), st.integers(0, 99), st.sampled_from([",.", ".,", " .", " ,", "'."]))
def test_separators_of_thousands_change_nothing(whole, cents, marks):
    group, point = marks
    text = f"{whole:,}".replace(",", group) + f"{point}{cents:02}"
    assert number(text, point) == float(f"{whole}.{cents:02}")


DAYS = st.dates(date(1970, 1, 1), date(2199, 12, 31))


@given(DAYS)
def test_each_way_to_write_a_day_gives_that_day(asked):
    for text in (asked.isoformat(), f"{asked:%Y/%m/%d}", f"{asked:%Y%m%d}", f"{asked.isoformat()} 00:00:00"):
        assert day(text, day_first=None) == asked
    assert day(f"{asked:%d/%m/%Y}", day_first=True) == asked
    assert day(f"{asked.day}.{asked.month}.{asked.year}", day_first=True) == asked
    assert day(f"{asked:%m/%d/%Y}", day_first=False) == asked
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[asked.month - 1]  # noqa: SIM905 - read more easily
    assert day(f"{asked.day} {month} {asked.year}", day_first=None) == asked
    assert day((asked - date(1899, 12, 30)).days, day_first=None, serial_1904=False) == asked


@given(DAYS)
def test_a_day_with_its_year_last_is_refused_exactly_where_it_could_be_two(asked):
    text = f"{asked:%d/%m/%Y}"
    if asked.day <= 12 and asked.day != asked.month:
        with pytest.raises(CellError, match=f"could be {asked} or"):
            day(text, day_first=None)
    else:
        assert day(text, day_first=None) == asked
    assert order_of(text) is (True if asked.day > 12 else None)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("", "is empty"),
        (None, "is empty"),
        ("2024-02-30", "is no day of the calendar"),
        ("1969-12-31", "is the year 1969; dates from 1970 to 2199 are accepted"),
        (date(1904, 1, 1), "is the year 1904"),
        ("31/12/24", "is no date"),
        ("2024-01/02", "is no date"),
        ("4 Foo 2024", "is no date"),
        ("45292", "is no date"),
        (45292, "is no date"),
        ("2024-01-01 06:00", "is no date"),
    ],
)
def test_what_is_no_day_is_refused(cell, told):
    with pytest.raises(CellError, match=told):
        day(cell, day_first=None)


@pytest.mark.parametrize("day_first", [True, False])
def test_a_date_against_the_stated_order_is_refused(day_first):
    with pytest.raises(CellError, match="is no day of the calendar"):
        day("04/13/2025" if day_first else "13/04/2025", day_first=day_first)


@given(st.dates(date(1970, 1, 1), date(2199, 11, 30)))
def test_a_month_and_a_week_hold_their_days_whole(asked):
    start, end = period(f"{asked:%Y-%m}", day_first=None)
    assert start == asked.replace(day=1)
    assert (end - timedelta(days=1)).month == asked.month
    assert end.day == 1
    assert period(f"{asked:%m/%Y}", day_first=None) == period(f"{asked:%b %Y}", day_first=None) == (start, end)
    year, week, _ = asked.isocalendar()
    if year >= 1971:
        monday, next_monday = period(f"{year}-W{week:02}", day_first=None)
        assert monday <= asked < next_monday == monday + timedelta(days=7)
    assert period(asked, day_first=None) == (asked, asked + timedelta(days=1))


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("2024-W54", "is no week of that year"),
        ("2024-13", "is no day of the calendar"),
        ("Foo 2024", "a week .2025-W14. or a month .2025-03. is accepted"),
        ("2024", "a week .2025-W14. or a month .2025-03. is accepted"),
        ("", "is empty"),
    ],
)
def test_what_is_no_period_is_refused(cell, told):
    with pytest.raises(CellError, match=told):
        period(cell, day_first=None)


def test_the_ninth_month_is_also_called_sept_and_september():
    assert period("Sept 2024", day_first=None) == period("September 2024", day_first=None)


NOON = 1704110400000  # 2024-01-01 12:00 on a clock that is counted as UTC


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("2024-01-01 12:00", (NOON, None)),
        ("2024-01-01T12:00:00", (NOON, None)),
        ("2024-01-01T12:00:00.250Z", (NOON + 250, 0)),
        ("2024-01-01 12:00:07,5", (NOON + 7500, None)),
        ("2024-01-01 12:00 +0530", (NOON, 19_800_000)),
        ("2024-01-01T12:00-03:30", (NOON, -12_600_000)),
        ("01/01/2024 12:00 PM", (NOON, None)),
        ("1 Jan 2024 12:00 p.m.", (NOON, None)),
        ("2024-01-01 12:30 am", (NOON - 41_400_000, None)),
        ("2024-01-01", (NOON - 43_200_000, None)),
        ("2023-12-31 24:00", (NOON - 43_200_000, None)),
        (date(2024, 1, 1), (NOON - 43_200_000, None)),
        (45292.5, (NOON, None)),
        (45292, (NOON - 43_200_000, None)),
        (45292 + 0.5208333333, (NOON + 1_800_000, None)),
        (45292 + 0.52083336, (NOON + 1_800_000, None)),
        (45292 + 0.5208335, (NOON + 1_800_014, None)),
    ],
)
def test_an_instant_is_read_as_the_clock_showed_it(cell, shown):
    assert shown_instant(cell, day_first=None, serial_1904=False) == shown


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("", "is empty"),
        ("12:00", "is no instant"),
        ("2024-01-01 24:15", "is no time of day"),
        ("2024-01-01 12:60", "is no time of day"),
        ("2024-01-01 12:00:60", "is no time of day"),
        ("2024-01-01 25:00", "is no time of day"),
        ("2024-01-01 13:00 PM", "is no time of day"),
        ("2024-01-01 0:30 AM", "is no time of day"),
        ("2024-02-30 12:00", "is no day of the calendar"),
        ("02/03/2024 12:00", "could be 2024-03-02 or 2024-02-03"),
        (True, "is no date"),
        (0.5, "is a number and no date"),
    ],
)
def test_what_is_no_instant_is_refused(cell, told):
    with pytest.raises(CellError, match=told):
        shown_instant(cell, day_first=None, serial_1904=False)


ZONES = st.sampled_from(
    [
        "Europe/Vienna",
        "America/New_York",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "America/Havana",
        "Asia/Seoul",
        "UTC",
    ]
)


@given(ZONES, st.datetimes(datetime(1975, 1, 1), datetime(2036, 12, 1)), st.sampled_from([15, 30, 60]))  # noqa: DTZ001 - drawn
def test_what_the_clock_showed_over_two_days_gives_back_the_instants(zone, begin, minutes):
    place = ZoneInfo(zone)
    first = int(begin.replace(minute=0, second=0, microsecond=0, tzinfo=UTC).timestamp()) * 1000
    t_ms = first + np.arange(2 * 1440 // minutes, dtype=np.int64) * minutes * 60_000
    moments = [datetime.fromtimestamp(ms / 1000, place) for ms in t_ms.tolist()]
    shown = np.array([int(moment.replace(tzinfo=UTC).timestamp() * 1000) for moment in moments], np.int64)
    found, wrong = instants(shown, place)
    assert set(wrong.values()) <= {REPEATED}
    right = [row for row in range(len(t_ms)) if row not in wrong]
    assert (found[right] == t_ms[right]).all()
    if not wrong:
        return
    cut_off = [row in wrong for row in (0, len(t_ms) - 1)]
    assert any(cut_off)  # a repeated hour is unclear only where the file begins or ends within it


def test_a_repeated_hour_that_is_cut_off_is_refused_and_a_skipped_one_named():
    vienna = ZoneInfo("Europe/Vienna")
    hour = 3_600_000
    autumn = int(datetime(2024, 10, 27, tzinfo=UTC).timestamp() * 1000)
    found, wrong = instants(np.array([autumn + hour * step for step in (1, 2, 2, 3)]), vienna)
    assert wrong == {}
    assert np.diff(found).tolist() == [hour, hour, hour]
    assert instants(np.array([autumn + hour * step for step in (1, 2, 3)]), vienna)[1] == {1: REPEATED}
    spring = int(datetime(2024, 3, 31, tzinfo=UTC).timestamp() * 1000)
    assert instants(np.array([spring + hour * step for step in (1, 2, 3)]), vienna)[1] == {1: SKIPPED}


def test_two_repeated_hours_of_one_file_are_told_apart():
    vienna, hour = ZoneInfo("Europe/Vienna"), 3_600_000
    autumns = [int(datetime(year, 10, on, 2, tzinfo=UTC).timestamp() * 1000) for year, on in ((2023, 29), (2024, 27))]
    found, wrong = instants(np.array([autumn for autumn in autumns for _ in range(2)]), vienna)
    assert wrong == {}
    assert np.diff(found)[[0, 2]].tolist() == [hour, hour]
