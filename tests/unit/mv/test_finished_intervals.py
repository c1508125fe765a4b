"""Meters that show the amount of their last finished interval: what is counted, what is told, and what stays unknown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterproof_mv.errors import CounterError, SeriesError
from meterproof_mv.ledger import IntervalMeter, LedgerRules, finished_intervals

MIN = 60_000
STEP = 15 * MIN
RULES = LedgerRules()
QUARTER = IntervalMeter(scale=0.1, interval_ms=STEP, resolution=1, max_rate_per_h=1000.0)


def meter(minutes, **more):
    return IntervalMeter(
        **({"scale": 0.1, "interval_ms": minutes * MIN, "resolution": 1, "max_rate_per_h": 1e3} | more)
    )


def shown(amounts, *, minutes=15, every=5, offset_ms=0, start=2):
    """Return what is read every few minutes of a meter whose n-th interval ends at n + 1 lengths with `amounts[n]`."""
    t = np.arange(start * MIN, (len(amounts) + 1) * minutes * MIN, every * MIN)
    n = (t - offset_ms) // (minutes * MIN) - 1
    seen = (n >= 0) & (n < len(amounts))
    return t[seen], np.asarray(amounts)[n[seen]]


def book(t, register, given=QUARTER, **more):
    return finished_intervals(t, register, np.ones(len(t), bool), meter=given, **more)


def rows(result):
    i = result.intervals
    return list(zip((i.start_ms // MIN).tolist(), (i.end_ms // MIN).tolist(), i.amount.tolist(), i.is_span.tolist(), strict=True))  # fmt: skip


def codes(result):
    return [event.code for event in result.events]


# ---------------------------------------------------------------- limit cases


def test_nothing_gives_nothing():
    result = book([], [])
    assert (len(result.intervals), result.events, result.provisional_from_ms) == (0, (), None)


def test_samples_near_the_end_of_an_interval_alone_give_nothing():
    result = book([STEP, STEP + MIN - 1, 2 * STEP - 1], [7, 7, 7])
    assert (len(result.intervals), result.events) == (0, ())


def test_one_reading_alone_decides_only_when_no_other_came_before_the_next_interval():
    assert rows(book([STEP + MIN], [7])) == []
    assert rows(book([STEP + MIN, 2 * STEP + MIN], [7, 9])) == [(0, 15, pytest.approx(0.7), False)]
    assert rows(book([STEP + MIN, STEP + 2 * MIN, STEP + 3 * MIN], [7, 7, 7])) == [(0, 15, pytest.approx(0.7), False)]


def test_the_interval_that_was_shown_last_is_open():
    result = book(*shown([120, 80, 80]))
    assert result.provisional_from_ms == 2 * STEP
    assert rows(result) == [(0, 15, 12.0, False), (15, 30, 8.0, False), (30, 45, 8.0, False)]


# ---------------------------------------------------------------- counting


def test_the_same_interval_shown_many_times_counts_once():
    for every in (1, 5):
        assert [row[2] for row in rows(book(*shown([120, 0, 30], every=every)))] == [12.0, 0.0, 3.0]


def test_equal_amounts_one_after_the_other_are_intervals_of_their_own():
    assert [row[2] for row in rows(book(*shown([120] * 5)))] == [12.0] * 5


def test_the_registers_of_an_interval_say_what_was_shown():
    result = book(*shown([120, 80]))
    assert result.intervals.register_start.tolist() == [0, 0]
    assert result.intervals.register_end.tolist() == [120, 80]


def test_a_floating_register_is_counted_too():
    t, amounts = shown([12.25, 8.5, 8.5])
    assert [row[2] for row in rows(book(t, amounts, meter(15, scale=1.0)))] == [12.25, 8.5, 8.5]


def test_five_minute_intervals_add_up_to_the_grid_and_what_is_left_of_it_is_a_span():
    t, amounts = shown(list(range(1, 13)), minutes=5, every=1, start=0)
    result = book(t, amounts, meter(5, scale=1.0))
    assert rows(result) == [(0, 15, 6.0, False), (15, 30, 15.0, False), (30, 45, 24.0, False), (45, 60, 33.0, False)]
    known = (t < 25 * MIN) | (t >= 30 * MIN)  # the fifth interval, from 20 to 25, was never seen
    holed = book(t[known], amounts[known], meter(5, scale=1.0))
    assert rows(holed)[1:3] == [(15, 20, 4.0, True), (25, 30, 6.0, True)]
    assert codes(holed) == ["interval_missed"]


@pytest.mark.parametrize(("minutes", "every"), [(10, 2), (20, 5), (30, 5), (60, 5)])
def test_intervals_that_do_not_divide_the_grid_stand_as_spans(minutes, every):
    result = book(*shown([1, 2, 3], minutes=minutes, every=every), meter(minutes, scale=1.0))
    assert rows(result) == [(n * minutes, (n + 1) * minutes, n + 1.0, True) for n in range(3)]


def test_a_ten_minute_interval_within_one_quarter_hour_is_still_a_span_of_its_own():
    t, amounts = shown([1, 2, 3], minutes=10, every=2)
    assert rows(book(t, amounts, meter(10, scale=1.0)))[0] == (0, 10, 1.0, True)


def test_hours_of_a_zone_that_is_half_an_hour_off_end_at_half_past():
    half = 30 * MIN
    t, amounts = shown([5, 6, 7], minutes=60, offset_ms=half)
    assert rows(book(t, amounts, meter(60, offset_ms=half, scale=1.0)))[:2] == [
        (30, 90, 5.0, True),
        (90, 150, 6.0, True),
    ]


def test_five_minute_intervals_with_an_offset_cross_the_grid_as_spans():
    offset = 2 * MIN
    t, amounts = shown([1, 2, 3, 4, 5, 6, 7], minutes=5, every=1, offset_ms=offset, start=0)
    found = rows(book(t, amounts, meter(5, offset_ms=offset, scale=1.0)))
    assert found == [(2, 12, 3.0, True), (12, 17, 3.0, True), (17, 27, 9.0, True), (27, 32, 6.0, True)]


# ---------------------------------------------------------------- what is told


def test_missed_intervals_are_told_and_nothing_is_made_up_for_them():
    t, amounts = shown([10, 20, 30, 40, 50, 60])
    keep = (t < 45 * MIN) | (t >= 90 * MIN)  # what ended at 45, 60 and 75 was never seen
    result = book(t[keep], amounts[keep])
    assert [(row[0], row[2]) for row in rows(result)] == [(0, 1.0), (15, 2.0), (75, 6.0)]
    (told,) = result.events
    assert (told.code, told.t_ms, told.data) == ("interval_missed", 30 * MIN, {"end_ms": 75 * MIN, "intervals": 3})


def test_a_reading_that_differs_is_outvoted_and_told():
    t, amounts = shown([120, 80, 90], every=2)
    amounts[t == 22 * MIN] = 0
    result = book(t, amounts)
    assert [row[2] for row in rows(result)] == [12.0, 8.0, 9.0]
    (told,) = result.events
    assert (told.code, told.t_ms) == ("interval_disputed", 0)
    assert told.data == {"end_ms": STEP, "samples": 7, "agree": 6, "taken": 120, "lowest": 0, "highest": 120}


def test_readings_of_which_no_amount_has_the_majority_give_no_interval():
    t, amounts = shown([120, 80], every=5)
    amounts[t < 2 * STEP] = [1, 2, 3]
    result = book(t, amounts)
    assert [row[0] for row in rows(result)] == [15]
    assert codes(result) == ["interval_disputed"]
    assert result.events[0].data["taken"] is None


def test_a_dispute_is_not_told_before_the_interval_is_over():
    t, amounts = shown([120], every=1)
    amounts[:4] = 0
    result = book(t, amounts)
    assert (codes(result), result.provisional_from_ms) == ([], 0)
    assert [row[2] for row in rows(result)] == [12.0]


def test_a_meter_that_is_slow_to_finish_is_not_disputed_within_the_guard():
    t = np.arange(STEP, 4 * STEP, 10_000)
    amounts = np.array([10, 20, 30, 99])[(t - 50_000) // STEP - 1]  # 50 s behind the gateway's clock; 99 before
    result = book(t, amounts)
    assert codes(result) == []
    assert [row[2] for row in rows(result)] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(("counts", "told"), [(2502, 250.2), (-1, -0.1)])
def test_an_amount_that_no_rate_explains_is_told_and_not_counted(counts, told):
    result = book(*shown([120, counts, 80]))
    assert [row[0] for row in rows(result)] == [0, 30]
    (event,) = result.events
    assert (event.code, event.t_ms) == ("interval_implausible", STEP)
    assert event.data == {
        "end_ms": 2 * STEP,
        "register": counts,
        "amount_not_counted": pytest.approx(told),
        "limit_counts": 2501.0,
    }


def test_a_rate_without_limit_switches_that_test_off():
    free = meter(15, max_rate_per_h=float("inf"))
    assert [row[2] for row in rows(book(*shown([10**9, 5]), free))] == [1e8, 0.5]
    assert book(*shown([-1, 5]), free).events[0].data["limit_counts"] is None


# ---------------------------------------------------------------- the meter's own clock


def test_the_end_may_come_from_the_meters_own_clock():
    t, amounts = shown([120, 80, 90])
    late = t + 7 * MIN  # read late: the gateway alone would tell them to the wrong interval
    result = book(late, amounts, end_ms=t // STEP * STEP)
    assert [row[:3] for row in rows(result)] == [(0, 15, 12.0), (15, 30, 8.0), (30, 45, 9.0)]


def test_an_interval_that_the_meter_ends_off_the_grid_stands_as_a_span():
    ends = np.array([STEP + 7000] * 3 + [2 * STEP + 7000] * 3)
    result = book(ends + [60_000, 90_000, 120_000] * 2, [10] * 3 + [20] * 3, end_ms=ends)
    assert result.intervals.start_ms.tolist() == [7000, STEP + 7000]
    assert result.intervals.is_span.all()
    assert result.intervals.amount.tolist() == [1.0, 2.0]


def test_a_meters_clock_that_is_off_is_told_and_not_believed():
    t = np.array([STEP + 2 * MIN, STEP + 5 * MIN, STEP + 8 * MIN, STEP + 11 * MIN])
    ends = np.array([0, 99 * STEP, 99 * STEP, STEP])
    result = book(t, [9, 9, 9, 120], end_ms=ends - [STEP, 0, 0, 0])
    assert [(event.code, event.t_ms, event.data) for event in result.events] == [
        ("meter_clock_off", int(t[0]), {"end_ms": -STEP, "samples": 1, "last_ms": int(t[0])}),
        ("meter_clock_off", int(t[1]), {"end_ms": 99 * STEP, "samples": 2, "last_ms": int(t[2])}),
    ]


def test_intervals_that_overlap_by_the_meters_clock_are_put_aside_both():
    ends = np.array([STEP] * 3 + [2 * STEP] * 3 + [2 * STEP + 5 * MIN] * 3 + [4 * STEP] * 3)
    t = ends + np.tile([MIN, 2 * MIN, 3 * MIN], 4)
    result = book(t, np.repeat([10, 20, 30, 40], 3), end_ms=ends)
    assert [row[2] for row in rows(result)] == [1.0, 4.0]
    assert codes(result) == ["interval_overlap", "interval_overlap", "interval_missed"]
    assert result.events[0].data == {"end_ms": 2 * STEP, "register": 20, "amount_not_counted": 2.0}


def test_of_doubles_that_tell_of_two_intervals_the_order_decides_nothing():
    t, register = [STEP + 5 * MIN] * 2 + [STEP + 6 * MIN], [10] * 3
    ends = np.array([STEP, STEP - 5 * MIN, STEP])
    one = book(t, register, end_ms=ends)
    other = book([t[1], t[0], t[2]], register, end_ms=ends[[1, 0, 2]])
    assert rows(one) == rows(other)


@pytest.mark.parametrize("end_ms", [[0], [0.5, 1.5], [[0, 1]]])
def test_ends_that_do_not_fit_are_refused(end_ms):
    with pytest.raises(SeriesError, match=r"one whole number of ms \(int64\) a sample is accepted"):
        book([0, 1], [1, 2], end_ms=end_ms)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scale": 0.0}, "interval meter scale 0.0"),
        ({"resolution": -1}, "interval meter resolution -1"),
        ({"interval_ms": 0}, "interval meter interval_ms 0"),
        ({"max_rate_per_h": float("nan")}, "interval meter max_rate_per_h nan"),
        ({"offset_ms": -1}, "offset_ms -1: 0 or more and less than interval_ms 900000"),
        ({"offset_ms": STEP}, "offset_ms 900000"),
    ],
)
def test_an_interval_meter_that_makes_no_sense_is_refused(change, words):
    with pytest.raises(CounterError, match=words):
        meter(15, **change)


# ---------------------------------------------------------------- whatever it shows


@st.composite
def readings(draw):
    """Draw an interval meter read at some rhythm, with readings missing and wrong ones among them."""
    minutes = draw(st.sampled_from([5, 10, 15, 30]))
    amounts = draw(st.lists(st.integers(0, 900), min_size=8, max_size=40))
    t, register = shown(amounts, minutes=minutes, every=draw(st.integers(1, max(1, minutes // 3))), start=0)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    register = np.where(rng.random(len(t)) < 0.05, 0, register)
    kept = rng.random(len(t)) > draw(st.sampled_from([0.0, 0.1, 0.6]))
    return meter(minutes), t[kept] + rng.integers(0, MIN // 2, kept.sum()), register[kept]


@settings(max_examples=200)
@given(readings(), st.randoms(use_true_random=False))
def test_neither_order_nor_doubles_change_anything(series, rng):
    given_meter, t, register = series
    straight = book(t, register, given_meter)
    mixed = list(range(len(t))) + [rng.randrange(len(t)) for _ in range(5) if len(t)]
    rng.shuffle(mixed)
    again = book(t[mixed], register[mixed], given_meter)
    assert rows(again) == rows(straight)
    assert (again.events, again.provisional_from_ms) == (straight.events, straight.provisional_from_ms)


@settings(max_examples=200)
@given(readings(), st.data())
def test_a_part_gives_what_the_whole_gives(series, data):
    given_meter, t, register = series
    whole = book(t, register, given_meter).intervals
    if not len(whole):
        return
    first = data.draw(st.integers(0, len(whole) - 1))
    last = data.draw(st.integers(first, len(whole) - 1))
    start, end = whole.start_ms[first], whole.end_ms[last]
    length, guard = given_meter.interval_ms, given_meter.guard_ms
    later = (t >= end + length) & (t % length >= guard) & (t % length < length - guard)
    seen = (t >= start - STEP) & (t <= t[np.append(np.flatnonzero(later), len(t) - 1)[0]])
    part = book(t[seen], register[seen], given_meter).intervals
    inside = (part.start_ms >= start) & (part.end_ms <= end)
    wanted = slice(first, last + 1)
    for name in ("start_ms", "end_ms", "amount", "register_start", "register_end", "is_span"):
        assert getattr(part, name)[inside].tolist() == getattr(whole, name)[wanted].tolist()


@given(readings())
def test_no_row_overlaps_another_or_has_an_amount_that_was_never_shown(series):
    given_meter, t, register = series
    i = book(t, register, given_meter).intervals
    assert (i.start_ms[1:] >= i.end_ms[:-1]).all()
    assert (i.amount >= 0).all()
    assert i.amount.sum() <= register.max(initial=0) * 0.1 * 40 + 1e-9
