"""Whatever the bills: nothing is lost, nothing is made up, and the order of the rows does not matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_mv.calendarisation import calendarise

FIRST = np.datetime64("2023-11-17")


@st.composite
def bills(draw, estimates=False):
    days = draw(st.lists(st.integers(1, 100), min_size=1, max_size=20))
    gaps = draw(st.lists(st.sampled_from([0, 0, 0, 1, 40]), min_size=len(days), max_size=len(days)))
    start = FIRST + np.cumsum(np.array(gaps) + np.array([0, *days[:-1]]))
    amount = draw(st.lists(st.floats(0, 1e9), min_size=len(days), max_size=len(days)))
    flags = draw(st.lists(st.booleans(), min_size=len(days), max_size=len(days))) if estimates else [False] * len(days)
    return start, start + np.array(days), np.array(amount), np.array(flags)


@given(bills())
def test_every_day_and_every_unit_of_use_is_counted_once(drawn):
    start, end, amount, _ = drawn
    months = calendarise(start, end, amount)
    assert months.covered_amount.sum() == pytest.approx(amount.sum(), rel=1e-12)
    assert months.days_covered.sum() == (end - start).astype(int).sum()
    assert (months.days_covered <= months.days).all()


@given(bills(estimates=True), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_bit(drawn, random):
    start, end, amount, estimated = drawn
    order = list(range(len(start)))
    random.shuffle(order)
    one = calendarise(start, end, amount, estimated=estimated)
    other = calendarise(start[order], end[order], amount[order], estimated=estimated[order])
    assert one.amount.tobytes() == other.amount.tobytes()
    assert one.covered_amount.tobytes() == other.covered_amount.tobytes()


@given(bills(estimates=True))
def test_a_month_is_given_exactly_when_bills_that_were_read_cover_all_its_days(drawn):
    start, end, amount, estimated = drawn
    months = calendarise(start, end, amount, estimated=estimated)
    covered = {
        day
        for row in range(len(start))
        if _read_follows(row, start, end, estimated)
        for day in np.arange(start[row], end[row]).astype(str)
    }
    for row in range(len(months)):
        days = np.arange(months.start[row], months.end[row]).astype(str)
        whole = all(day in covered for day in days)
        assert whole == bool(months.complete[row]) == bool(np.isfinite(months.amount[row]))


def _read_follows(row, start, end, estimated):
    while estimated[row]:
        if row + 1 == len(start) or start[row + 1] != end[row]:
            return False
        row += 1
    return True


@given(bills(), st.floats(1e-3, 1e3))
def test_another_unit_gives_the_same_months(drawn, factor):
    start, end, amount, _ = drawn
    one, other = calendarise(start, end, amount), calendarise(start, end, amount * factor)
    assert other.covered_amount == pytest.approx(one.covered_amount * factor, rel=1e-12)
    assert [finding.code for finding in one.findings] == [finding.code for finding in other.findings]


@given(bills())
def test_a_bill_cut_in_two_at_its_own_rate_changes_nothing(drawn):
    start, end, amount, _ = drawn
    days = (end - start).astype(int)
    cut = days // 2
    parts = cut > 0
    starts = np.concatenate([start, (start + cut)[parts]])
    ends = np.concatenate([np.where(parts, start + cut, end), end[parts]])
    split = np.concatenate([np.where(parts, amount * cut / days, amount), (amount * (days - cut) / days)[parts]])
    one, other = calendarise(start, end, amount), calendarise(starts, ends, split)
    assert other.covered_amount == pytest.approx(one.covered_amount, rel=1e-9, abs=1e-6)
    assert other.days_covered.tolist() == one.days_covered.tolist()
