"""Numbers that came, as ranges."""

from hypothesis import given
from hypothesis import strategies as st

from meterproof_collector.messages.receipts import ranges
from meterproof_collector.messages.seq_ranges import MissingRange, SeqRanges


def added(*numbers, at_ms=0):
    found = SeqRanges()
    for number in numbers:
        found.add(number, at_ms)
    return found


def test_a_stream_that_runs_is_one_range():
    assert added(*range(5, 900)).seen == [(5, 899)]


def test_a_number_that_came_before_is_not_new():
    found = added(1, 2, 5)
    assert [found.add(number, 0) for number in (1, 2, 5, 3)] == [False, False, False, True]


def test_a_hole_is_missing_until_it_is_filled():
    found = added(1, 5)
    assert found.missing(0) == [MissingRange(2, 4, 0)]
    for number in (3, 2, 4):
        found.add(number, 0)
    assert (found.seen, found.missing(0)) == ([(1, 5)], [])


def test_a_hole_that_is_being_filled_is_not_missing_yet():
    found = added(1, 100, at_ms=10)
    found.add(2, 500)
    assert found.missing(499) == []
    assert found.missing(500) == [MissingRange(3, 99, 500)]


def test_a_hole_filled_from_its_far_end_or_split_in_the_middle_counts_anew():
    found = added(1, 100, at_ms=10)
    found.add(99, 20)
    assert found.missing(20) == [MissingRange(2, 98, 20)]
    found.add(50, 30)
    assert found.missing(30) == [MissingRange(2, 49, 30), MissingRange(51, 98, 30)]


def test_memory_is_bounded_and_the_oldest_hole_is_the_one_forgotten():
    found = SeqRanges(most=3)
    for number in (0, 10, 20, 30):
        found.add(number, 0)
    assert found.seen == [(0, 10), (20, 20), (30, 30)]


@given(st.lists(st.integers(0, 60)))
def test_ranges_are_those_of_the_set_of_numbers(numbers):
    found = SeqRanges()
    news = [found.add(number, 0) for number in numbers]
    assert found.seen == ranges(numbers)
    assert news == [number not in numbers[:place] for place, number in enumerate(numbers)]
    missing = {seq for one in found.missing(0) for seq in range(one.first, one.last + 1)}
    assert missing == (set(range(min(numbers), max(numbers) + 1)) - set(numbers) if numbers else set())
