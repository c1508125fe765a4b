"""What every intervals store does, the fake included."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterproof_core.errors import StoreError
from meterproof_core.memory import MemoryIntervals, interval_columns, interval_rows
from meterproof_core.storage import IntervalColumns, SeriesKey

KEY = SeriesKey("works", "boiler", "energy_import_kwh")
QUARTER_MS = 900_000


def rows(*intervals):
    return interval_columns(intervals)


def quarter(number, amount=1.0, *, first=None, last=None, quarters=1, is_span=False):
    start = number * QUARTER_MS
    registers = (float(number) if first is None else first, number + 1.0 if last is None else last)
    return (start, start + quarters * QUARTER_MS, amount, *registers, is_span)


def read(stores, start=0, end=10**15, key=KEY):
    return plain(stores.intervals.read(key, start, end))


def plain(columns):
    """Return intervals by row, NaN as None, as plain Python values whatever the adapter's arrays are."""
    found = [
        tuple(field.item() if hasattr(field, "item") else field for field in row) for row in interval_rows(columns)
    ]
    return [tuple(None if isinstance(f, float) and math.isnan(f) else f for f in row) for row in found]


def test_a_series_that_was_never_seen_reads_as_nothing(stores):
    assert read(stores) == []
    assert list(stores.intervals.series("works")) == []


def test_what_is_put_in_is_read_back(stores):
    stores.intervals.replace(KEY, 0, 10**9, rows(quarter(0, 2.5), quarter(1, 0.0, quarters=3, is_span=True)))
    assert read(stores) == [
        (0, 900_000, 2.5, 0.0, 1.0, False),
        (900_000, 3_600_000, 0.0, 1.0, 2.0, True),
    ]


def test_arrays_are_taken_as_well_as_lists(stores):
    columns = IntervalColumns(
        *(np.array(column) for column in zip(*[quarter(n, n * 0.5) for n in range(4)], strict=True))
    )
    stores.intervals.replace(KEY, 0, 10**9, columns)
    assert read(stores) == [quarter(n, n * 0.5) for n in range(4)]


def test_a_register_that_is_not_known_is_nan(stores):
    stores.intervals.replace(KEY, 0, 10**9, rows(quarter(0, first=math.nan)))
    assert read(stores) == [(0, 900_000, 1.0, None, 1.0, False)]


def test_a_register_keeps_all_the_digits_of_a_double(stores):
    stores.intervals.replace(KEY, 0, 10**9, rows(quarter(0, 0.1 + 0.2, first=2.0**53 - 1, last=1 / 3)))
    assert read(stores) == [(0, 900_000, 0.1 + 0.2, 2.0**53 - 1, 1 / 3, False)]


def test_replacing_takes_away_all_that_begin_in_the_period_and_nothing_else(stores):
    stores.intervals.replace(KEY, 0, 10**9, rows(*[quarter(n) for n in range(6)]))
    stores.intervals.replace(KEY, 2 * QUARTER_MS, 4 * QUARTER_MS, rows(quarter(2, 9.0, quarters=2, is_span=True)))
    assert read(stores) == [
        quarter(0),
        quarter(1),
        quarter(2, 9.0, quarters=2, is_span=True),
        quarter(4),
        quarter(5),
    ]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ([quarter(0), quarter(1), quarter(2)], [0, 1, 2, 3]),
        ([quarter(0), quarter(2)], [0, 2, 3]),
        ([quarter(1), quarter(2)], [1, 2, 3]),
        ([quarter(0), quarter(1)], [0, 1, 3]),
        ([], [3]),
        ([quarter(0)], [0, 3]),
    ],
)
def test_what_the_new_intervals_leave_out_is_gone(stores, new, expected):
    stores.intervals.replace(KEY, 0, 10**9, rows(*[quarter(n) for n in range(4)]))
    stores.intervals.replace(KEY, 0, 3 * QUARTER_MS, rows(*new))
    assert [row[0] // QUARTER_MS for row in read(stores)] == expected


@pytest.mark.parametrize(
    "changed",
    [
        quarter(1, 7.0),
        quarter(1, quarters=2),
        quarter(1, first=7.0),
        quarter(1, last=7.0),
        quarter(1, last=math.nan),
        quarter(1, is_span=True),
    ],
)
def test_a_change_in_any_field_is_stored(stores, changed):
    stores.intervals.replace(KEY, 0, 10**9, rows(quarter(0), quarter(1), quarter(3)))
    stores.intervals.replace(KEY, 0, 10**9, rows(quarter(0), changed, quarter(3)))
    assert read(stores) == plain(rows(quarter(0), changed, quarter(3)))


def test_replacing_with_the_same_changes_nothing(stores):
    same = rows(quarter(0, first=math.nan), quarter(1))
    for _ in range(3):
        stores.intervals.replace(KEY, 0, 10**9, same)
    assert read(stores) == plain(same)


@pytest.mark.parametrize("number", [-1, 2, 3])
def test_an_interval_that_begins_outside_the_period_is_refused_and_nothing_changes(stores, number):
    stores.intervals.replace(KEY, -(10**9), 10**9, rows(quarter(0)))
    with pytest.raises(StoreError, match=rf"boiler.*begins at {number * QUARTER_MS}, outside .* \[0, 1800000\)"):
        stores.intervals.replace(KEY, 0, 2 * QUARTER_MS, rows(quarter(1), quarter(number)))
    assert read(stores) == [quarter(0)]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (900_000, 1_800_000, [1]),
        (899_999, 1_800_000, [0, 1]),
        (900_000, 1_800_001, [1, 2]),
        (1_000_000, 1_000_001, [1]),
        (2_000_000, 2_000_001, [2]),
        (5_000_000, 6_000_000, [2]),
        (99 * 900_000, 10**12, []),
    ],
)
def test_reading_gives_all_that_overlap_the_period_long_spans_too(stores, start, end, expected):
    stores.intervals.replace(KEY, 0, 10**9, rows(quarter(0), quarter(1), quarter(2, quarters=10, is_span=True)))
    assert [row[0] // QUARTER_MS for row in read(stores, start, end)] == expected


@pytest.mark.parametrize(("limit", "expected"), [(0, []), (1, [2]), (2, [1, 2]), (9, [0, 1, 2]), (None, [0, 1, 2])])
def test_a_limit_keeps_the_newest_that_overlap_in_rising_time(stores, limit, expected):
    stores.intervals.replace(KEY, 0, 10**9, rows(*[quarter(n) for n in range(5)]))
    found = stores.intervals.read(KEY, 0, 3 * QUARTER_MS, limit=limit)
    assert [start // QUARTER_MS for start in found.start_ms] == expected


def test_series_are_kept_apart_and_listed_sorted_by_plant(stores):
    keys = [SeriesKey("works", "boiler", "heat_kwh"), KEY, SeriesKey("works", "air", "volume_m3")]
    for number, key in enumerate([*keys, SeriesKey("mill", "boiler", "energy_import_kwh")]):
        stores.intervals.replace(key, 0, 10**9, rows(quarter(number)))
    assert list(stores.intervals.series("works")) == sorted(keys)
    assert list(stores.intervals.series()) == [SeriesKey("mill", "boiler", "energy_import_kwh"), *sorted(keys)]
    assert read(stores, key=keys[0]) == [quarter(0)]
    assert read(stores) == [quarter(1)]


def test_a_series_whose_intervals_are_all_taken_away_is_no_longer_listed(stores):
    stores.intervals.replace(KEY, 0, 10**9, rows(quarter(0)))
    stores.intervals.replace(KEY, 0, 10**9, rows())
    assert list(stores.intervals.series("works")) == []
    assert read(stores) == []


amounts = st.sampled_from([1.0, 2.0, math.nan])


@st.composite
def replacements(draw):
    start = draw(st.integers(0, 12))
    end = draw(st.integers(start, 13))
    numbers = sorted(draw(st.sets(st.integers(start, max(start, end - 1)), max_size=8))) if end > start else []
    intervals = [quarter(n, 1.0, first=draw(amounts), is_span=draw(st.booleans())) for n in numbers]
    return start * QUARTER_MS, end * QUARTER_MS, rows(*intervals)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(replacements(), min_size=1, max_size=8), st.integers(0, 13), st.integers(0, 13))
def test_a_store_holds_what_the_fake_holds_after_any_replacements(open_stores, replaced, start, end):
    fake = MemoryIntervals()
    with open_stores() as stores:
        for period in replaced:
            stores.intervals.replace(KEY, *period)
            fake.replace(KEY, *period)
            assert read(stores) == plain(fake.read(KEY, 0, 10**15))
        asked = (start * QUARTER_MS, end * QUARTER_MS)
        assert read(stores, *asked) == plain(fake.read(KEY, *asked))
