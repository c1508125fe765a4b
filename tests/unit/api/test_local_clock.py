from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from meterproof_api.local_clock import DAY_MS, HOUR_MS, day_numbers, hours_of_day, local_ms, local_text
from meterproof_mv.aggregate import midnight_ms

ZONES = ("Asia/Seoul", "Europe/Zurich", "America/Bogota", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo")


def test_nothing_stays_nothing():
    assert len(local_ms(np.array([], np.int64), ZoneInfo("Asia/Seoul"))) == 0


def test_a_day_with_a_change_of_the_clocks_is_23_or_25_hours_long():
    zurich = ZoneInfo("Europe/Zurich")
    lengths = [
        (midnight_ms(day + timedelta(days=1), zurich) - midnight_ms(day, zurich)) // HOUR_MS
        for day in (date(2018, 3, 25), date(2018, 6, 1), date(2018, 10, 28))
    ]
    assert lengths == [23, 24, 25]


def test_the_plants_clock_is_written_with_its_offset():
    assert local_text(1_514_732_400_000, ZoneInfo("Asia/Seoul")) == "2018-01-01 00:00+09:00"


@given(st.sampled_from(ZONES), st.lists(st.integers(1_480_000_000_000, 1_800_000_000_000), min_size=1, max_size=40))
def test_many_instants_at_once_read_like_each_alone(zone, instants):
    place = ZoneInfo(zone)
    local = local_ms(np.array(instants, np.int64), place)
    moments = [datetime.fromtimestamp(instant / 1000, place) for instant in instants]
    first = date(2016, 1, 1)
    assert day_numbers(local, first).tolist() == [(moment.date() - first).days for moment in moments]
    assert hours_of_day(local).tolist() == [moment.hour for moment in moments]
    assert (local % DAY_MS >= 0).all()
