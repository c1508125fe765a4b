"""What a register can do besides counting, one case each."""

import numpy as np
import pytest

from meterproof_mv.errors import CounterError, SeriesError
from meterproof_mv.ledger import Counter, LedgerRules, build_intervals

MIN = 60_000
STEP = 15 * MIN
DEFAULT = LedgerRules()
WH = Counter(
    scale=0.001, modulus=None, resolution=1, max_rate_per_h=1000.0
)  # at most 1 MWh an hour: 83,333 counts in 5 min


def every_5_min(registers, start=-MIN):
    return [start + 5 * MIN * i for i in range(len(registers))]


def build(registers, t=None, *, usable=None, counter=WH, rules=DEFAULT, dtype=None):
    t = every_5_min(registers) if t is None else t
    usable = [True] * len(registers) if usable is None else usable
    return build_intervals(t, np.asarray(registers, dtype=dtype), usable, counter=counter, rules=rules)


def codes(result):
    return [event.code for event in result.events]


def counting(n, start=0, step=100):
    return [start + step * i for i in range(n)]


def test_nothing_gives_nothing():
    result = build_intervals([], [], [], counter=WH)
    assert len(result.intervals) == 0
    assert result.events == ()
    assert result.provisional_from_ms is None


@pytest.mark.parametrize("t", [[0], [7]])
def test_a_single_sample_gives_no_interval(t):
    result = build([5], t)
    assert len(result.intervals) == 0
    assert result.provisional_from_ms is None


def test_all_samples_unusable_is_nothing():
    assert len(build(counting(10), usable=[False] * 10).intervals) == 0


def test_samples_on_the_boundaries_need_no_interpolation():
    result = build([10, 20, 50], [0, STEP, 2 * STEP])
    assert result.intervals.start_ms.tolist() == [0, STEP]
    assert result.intervals.end_ms.tolist() == [STEP, 2 * STEP]
    assert result.intervals.amount.tolist() == pytest.approx([0.010, 0.030])
    assert result.intervals.register_start.tolist() == [10, 20]
    assert result.intervals.register_end.tolist() == [20, 50]


def test_a_boundary_is_interpolated_between_its_neighbours():
    result = build([0, 30, 60], [-5 * MIN, 10 * MIN, 20 * MIN])
    # 2 counts a minute up to minute 10, 3 a minute after: 10 counts at 0, 45 at 15 min
    assert result.intervals.register_start.tolist() == pytest.approx([10])
    assert result.intervals.register_end.tolist() == pytest.approx([45])
    assert result.intervals.amount.tolist() == pytest.approx([0.035])


def test_only_bracketed_intervals_are_given_out():
    result = build(counting(9), every_5_min(range(9), start=MIN))  # from minute 1 to minute 41
    assert result.intervals.start_ms.tolist() == [STEP]


def test_a_large_register_loses_no_count():
    big = 10**12
    near_zero = build(counting(40, 0, 7)).intervals.amount
    assert build(counting(40, big, 7)).intervals.amount.tolist() == near_zero.tolist()
    assert build(counting(40, 2**62, 7)).intervals.amount.tolist() == near_zero.tolist()


def test_a_gap_keeps_its_total_as_one_span_on_the_grid():
    registers = counting(30)
    usable = [not 5 <= i <= 19 for i in range(30)]  # nothing between minute 19 and minute 99
    result = build(registers, usable=usable)
    assert result.intervals.is_span.tolist() == [False, True, False, False]
    assert (result.intervals.start_ms // STEP).tolist() == [0, 1, 7, 8]
    assert (result.intervals.end_ms // STEP).tolist() == [1, 7, 8, 9]
    assert result.intervals.amount[1] == pytest.approx(0.001 * 20 * 90)  # 20 counts a minute throughout
    assert codes(result) == ["gap"]
    assert result.events[0].t_ms == STEP
    assert result.events[0].data["end_ms"] == 7 * STEP


def test_a_sample_on_a_boundary_inside_a_gap_makes_it_known():
    result = build([0, 10, 20, 30], [0, 4 * STEP, 8 * STEP, 9 * STEP])
    assert (result.intervals.end_ms // STEP).tolist() == [4, 8, 9]
    assert result.intervals.is_span.tolist() == [True, True, False]


def test_two_gaps_without_a_known_boundary_between_them_are_one_span():
    t = [0, MIN, 4 * STEP + MIN, 4 * STEP + 2 * MIN, 8 * STEP + MIN, 9 * STEP]
    result = build([0, 1, 2, 3, 4, 9], t)
    assert (result.intervals.start_ms // STEP).tolist() == [0]
    assert (result.intervals.end_ms // STEP).tolist() == [9]


def test_the_longest_gap_that_may_be_interpolated_is_a_rule():
    t, registers = [0, STEP, 3 * STEP, 4 * STEP], [0, 1, 3, 4]
    assert build(registers, t).intervals.is_span.tolist() == [False, True, False]
    wide = build(registers, t, rules=LedgerRules(max_gap_ms=2 * STEP))
    assert wide.intervals.amount.tolist() == pytest.approx([0.001] * 4)
    narrow = build(counting(9), rules=LedgerRules(max_gap_ms=MIN))
    assert len(narrow.intervals) == 0


def test_a_momentary_zero_is_dropped_and_told():
    registers = counting(12, 53_700_000)
    clean = build(registers).intervals.amount.tolist()
    registers[6] = 0
    result = build(registers)
    assert codes(result) == ["glitch"]
    assert result.events[0].t_ms == 29 * MIN
    told = dict(result.events[0].data)
    assert told.pop("implied_rate_per_h") == pytest.approx(-53_700.5 * 12)  # in 5 minutes
    assert told.pop("limit_counts") == pytest.approx(1_000_000 / 12 + 3)
    assert told == {
        "before_ms": 24 * MIN,
        "register_before": 53_700_500,
        "samples": 1,
        "lowest": 0,
        "highest": 0,
        "zero": True,
        "after_ms": 34 * MIN,
        "register_after": 53_700_700,
        "max_rate_per_h": 1000.0,
    }
    assert result.intervals.amount.tolist() == pytest.approx(clean)


def test_a_momentary_jump_is_dropped_and_told():
    registers = counting(12)
    registers[6] = 2**32 - 1
    result = build(registers)
    assert codes(result) == ["glitch"]
    assert result.intervals.amount.tolist() == pytest.approx([0.3] * 3)


def test_nonsense_of_any_length_without_a_new_line_is_one_glitch():
    registers = counting(20)
    registers[6:12] = [10**9, 5 * 10**11, 3, 10**9, 77 * 10**9, 2]
    result = build(registers)
    assert codes(result) == ["gap", "glitch"]
    assert result.events[1].data["samples"] == 6
    assert result.intervals.amount.sum() == pytest.approx(0.3 * 6)


def test_a_glitch_in_the_middle_of_a_reset_does_not_hide_the_reset():
    registers = [*counting(10, 10**6), 10**9, *counting(10)]
    result = build(registers)
    assert codes(result) == ["glitch", "reset"]


def test_a_reset_starts_anew_and_no_interval_crosses_it():
    registers = counting(10, 10**7) + counting(10, 40)  # the first low sample at minute 49
    result = build(registers)
    assert codes(result) == ["reset"]
    event = result.events[0]
    assert event.t_ms == 49 * MIN
    told = dict(event.data)
    assert told.pop("implied_rate_per_h") == pytest.approx((40 - 10**7 - 900) * 0.012)
    assert told.pop("limit_counts") == pytest.approx(1_000_000 / 12 + 3)
    assert told == {
        "before_ms": 44 * MIN,
        "register_before": 10**7 + 900,
        "register_after": 40,
        "max_rate_per_h": 1000.0,
        "confirmations": 3,
        "confirmed_ms": 59 * MIN,
        "counts_since_reset": 40,
        "amount_since_reset": 0.04,
    }
    assert (result.intervals.start_ms // STEP).tolist() == [0, 1, 4, 5]
    assert result.intervals.amount.tolist() == pytest.approx([0.3] * 4)
    assert not result.intervals.is_span.any()


def test_another_meter_with_a_lower_register_of_its_own_is_a_replacement():
    result = build(counting(10, 10**9) + counting(10, 5 * 10**8))
    assert codes(result) == ["replacement"]
    assert result.intervals.amount.tolist() == pytest.approx([0.3] * 4)
    told = result.events[0].data
    assert "amount_since_reset" not in told
    assert "rate_if_rollover_per_h" not in told
    assert (told["register_before"], told["register_after"]) == (10**9 + 900, 5 * 10**8)


def test_a_register_that_jumps_ahead_and_stays_is_a_jump_and_what_it_jumped_is_not_counted():
    result = build(counting(10) + counting(10, 5 * 10**8))
    assert codes(result) == ["jump"]
    assert result.intervals.amount.tolist() == pytest.approx([0.3] * 4)
    told = dict(result.events[0].data)
    assert told.pop("implied_rate_per_h") == pytest.approx((5 * 10**8 - 900) * 0.012)
    assert told.pop("limit_counts") == pytest.approx(1_000_000 / 12 + 3)
    assert told.pop("amount_not_counted") == pytest.approx((5 * 10**8 - 900) * 0.001)
    assert told == {
        "before_ms": 44 * MIN,
        "register_before": 900,
        "register_after": 5 * 10**8,
        "max_rate_per_h": 1000.0,
        "confirmations": 3,
        "confirmed_ms": 59 * MIN,
        "counts_not_counted": 5 * 10**8 - 900,
    }


def test_a_rise_that_time_explains_is_no_jump():
    usable = [True] * 3 + [False] * 12 + [True] * 5
    registers = counting(15) + counting(5, 900_000)  # 0.9 MWh in 65 min at up to 1 MWh an hour
    result = build(registers, usable=usable)
    assert codes(result) == ["gap"]
    assert result.intervals.amount.sum() == pytest.approx((900_300 + 20 - 20) * 0.001, abs=0.2)


ROLLING = Counter(scale=0.001, modulus=1_000_000, resolution=1, max_rate_per_h=1000.0)


def test_a_rollover_near_the_modulus_counts_on():
    registers = [r % 1_000_000 for r in counting(12, 999_250)]
    result = build(registers, counter=ROLLING)
    assert codes(result) == ["rollover"]
    assert result.intervals.amount.tolist() == pytest.approx([0.3] * 3)
    # boundary 30 min lies between 999,850 (minute 29) and 999,950; 45 min is past the rollover at minute 39
    assert result.intervals.register_end.tolist() == pytest.approx([999_570, 999_870, 170])


def test_the_boundary_within_the_step_of_a_rollover_shows_what_the_meter_would_have_shown():
    registers = [r % 1_000_000 for r in counting(12, 999_985 - 300)]  # minute 14: 999,985; minute 19: 85
    result = build(registers, counter=ROLLING)
    assert result.intervals.register_end[0] == pytest.approx(5)
    assert result.intervals.register_start[1] == pytest.approx(5)


def test_many_rollovers_add_up():
    small = Counter(scale=1.0, modulus=1000, resolution=1, max_rate_per_h=1300.0)
    registers = [r % 1000 for r in counting(400, 0, 90)]
    result = build(registers, counter=small)
    assert set(codes(result)) == {"rollover"}
    assert result.intervals.amount.tolist() == pytest.approx([270.0] * len(result.intervals))
    assert len(result.intervals) == 132


def test_a_fall_far_from_the_modulus_is_a_reset():
    assert codes(build(counting(10, 500_000) + counting(10), counter=ROLLING)) == ["reset"]


def test_a_fall_near_the_modulus_that_no_rate_explains_is_no_rollover():
    assert codes(build(counting(10, 990_000) + counting(10, 400_000), counter=ROLLING)) == ["replacement"]


def test_a_fall_far_from_the_modulus_is_a_reset_even_when_a_long_gap_would_explain_a_whole_turn():
    t = [*every_5_min(range(10)), *every_5_min(range(10), start=2 * 60 * MIN)]
    assert codes(build(counting(10, 500_000) + counting(10), t, counter=ROLLING)) == ["reset"]
    assert codes(build(counting(10, 900_000) + counting(10), t, counter=ROLLING))[-1] == "rollover"


def test_a_momentary_zero_near_the_modulus_is_no_rollover():
    registers = counting(12, 998_000)
    registers[6] = 0
    result = build(registers, counter=ROLLING)
    assert codes(result) == ["glitch"]
    assert result.intervals.amount.tolist() == pytest.approx([0.3] * 3)


def test_a_modulus_past_62_bits_never_rolls():
    endless = Counter(scale=0.001, modulus=2**63, resolution=1, max_rate_per_h=1000.0)
    assert codes(build(counting(10, 2**63 - 2000) + counting(10), counter=endless)) == ["reset"]


def test_a_register_above_its_modulus_is_shown_as_read():
    result = build(counting(12, 2_000_000), counter=ROLLING)
    assert result.intervals.register_start[0] == pytest.approx(2_000_020)


def test_a_step_back_by_rounding_is_held():
    registers = [2150, 2157, 2156, 2156, 2156, 2160, 2163]
    t = [0, STEP, 2 * STEP, 3 * STEP, 4 * STEP, 5 * STEP, 6 * STEP]
    result = build(registers, t)
    assert codes(result) == ["step_back"]
    assert result.events[0].t_ms == 2 * STEP
    assert result.events[0].data == {"before_ms": STEP, "register": 2156, "held": 2157, "tolerance_counts": 3.0}
    assert result.intervals.amount.tolist() == pytest.approx([0.007, 0, 0, 0, 0.003, 0.003])


def test_a_step_back_at_the_end_is_held():
    result = build([2150, 2157, 2156], [0, STEP, 2 * STEP])
    assert codes(result) == ["step_back"]
    assert result.intervals.amount.tolist() == pytest.approx([0.007, 0])


def test_a_slow_slide_below_the_held_value_ends_as_a_new_line():
    registers = [100, 99, 98, 97, 96, 95, 96, 97, 98]
    t = [STEP * i for i in range(9)]
    result = build(registers, t)
    assert codes(result) == ["step_back", "reset"]
    assert (result.intervals.amount >= 0).all()


def test_a_step_back_on_a_new_line_is_held_there_too():
    registers = [*counting(6, 10**7), 500, 499, 500, 501, 502, 503]
    t = [STEP * i for i in range(12)]
    result = build(registers, t)
    assert codes(result) == ["reset"]
    assert result.intervals.amount.tolist() == pytest.approx([0.1] * 5 + [0, 0, 0.001, 0.001, 0.001])


def test_a_new_line_whose_last_confirmation_is_held_goes_on_held():
    registers = [*counting(6, 10**7), 500, 501, 500, 500, 502]
    result = build(registers, [STEP * i for i in range(11)])
    assert codes(result) == ["reset"]
    assert result.intervals.amount.tolist() == pytest.approx([0.1] * 5 + [0.001, 0, 0, 0.001])


def test_the_old_line_may_resume_with_a_held_value():
    registers = [*counting(6, 10**7), 0, 10**7 + 499, *counting(4, 10**7 + 600)]  # the span holds 0
    result = build(registers, [STEP * i for i in range(12)])
    assert codes(result) == ["gap", "glitch"]
    assert result.intervals.amount.tolist() == pytest.approx([0.1] * 5 + [0] + [0.1] * 4)


def test_a_suspicion_at_the_end_is_provisional():
    for tail in ([0], [0, 100], [10**9]):
        result = build(counting(10, 10**7) + tail)
        assert result.provisional_from_ms == 49 * MIN
        assert result.events == ()
        assert (result.intervals.end_ms // STEP).tolist() == [1, 2]


def test_confirmations_are_a_rule():
    once = build([*counting(10, 10**7), 0], rules=LedgerRules(confirmations=1))
    assert codes(once) == ["reset"]
    five = build(counting(10, 10**7) + counting(4), rules=LedgerRules(confirmations=5))
    assert five.provisional_from_ms == 49 * MIN


def test_order_of_the_samples_does_not_matter():
    registers = counting(40, 10**9)
    t = every_5_min(registers)
    mixed = np.random.default_rng(1).permutation(40)
    straight = build(registers, t)
    shuffled = build([registers[i] for i in mixed], [t[i] for i in mixed])
    assert shuffled.intervals.amount.tolist() == straight.intervals.amount.tolist()
    assert shuffled.events == ()


def test_the_same_sample_twice_counts_once():
    registers = counting(12)
    t = every_5_min(registers)
    twice = build(registers + registers[3:6], t + t[3:6])
    assert twice.intervals.amount.tolist() == build(registers, t).intervals.amount.tolist()
    assert twice.events == ()


def test_two_registers_at_one_instant_are_both_put_aside():
    registers = counting(12)
    t = every_5_min(registers)
    result = build([*registers, 444], [*t, t[4]])
    assert codes(result) == ["conflicting_time"]
    assert result.events[0].t_ms == t[4]
    assert result.events[0].data == {"lowest": 400, "highest": 444, "samples": 2}
    assert result.intervals.amount.sum() == pytest.approx(0.9)


def test_a_float_register_works_and_a_number_that_is_none_is_told():
    registers = [float(r) for r in counting(12)]
    registers[4], registers[7] = float("nan"), float("inf")
    result = build(registers)
    assert codes(result) == ["not_finite", "not_finite"]
    assert result.intervals.amount.tolist() == pytest.approx([0.3] * 3)
    clean = build([float(r) for r in counting(12)])
    assert clean.intervals.amount.tolist() == pytest.approx([0.3] * 3)


def test_unsigned_registers_are_accepted_up_to_63_bits():
    assert build(counting(12), dtype=np.uint64).intervals.amount.tolist() == pytest.approx([0.3] * 3)


ALL_ONES = 2**64 - 1


def test_a_register_of_all_ones_that_is_known_to_be_bad_is_not_looked_at():
    registers = counting(12)
    registers[6] = ALL_ONES
    result = build(registers, usable=[i != 6 for i in range(12)], dtype=np.uint64)
    assert result.events == ()
    assert result.intervals.amount.tolist() == pytest.approx([0.3] * 3)


@pytest.mark.parametrize(("dtype", "told"), [(np.uint64, ALL_ONES), (np.float64, 2.0**64), (None, 2.0**64)])
def test_a_register_past_63_bits_is_told_and_not_used(dtype, told):
    registers = counting(12)
    registers[6] = ALL_ONES
    result = build(registers, dtype=dtype)
    assert codes(result) == ["out_of_range"]
    assert result.events[0].t_ms == 29 * MIN
    assert result.events[0].data == {"register": told}
    assert result.intervals.amount.tolist() == pytest.approx([0.3] * 3)


def test_the_ends_of_a_signed_register_are_in_range():
    registers = [-(2**63), -(2**63) + 1, -(2**63) + 2]
    result = build(registers, [0, STEP, 2 * STEP], dtype=np.int64)
    assert result.intervals.amount.tolist() == pytest.approx([0.001, 0.001])
    assert codes(build([2**63 - 2, 2**63 - 1, 2**63], [0, STEP, 2 * STEP], dtype=np.uint64)) == ["out_of_range"]


def test_registers_that_are_all_past_63_bits_give_no_interval():
    result = build([ALL_ONES] * 3, [2 * STEP, 0, STEP], dtype=np.uint64)
    assert len(result.intervals) == 0
    assert [event.t_ms for event in result.events] == [0, STEP, 2 * STEP]


def test_a_meter_that_is_read_too_seldom_for_any_boundary_is_told_with_what_it_counted():
    t = [MIN + 20 * MIN * i for i in range(4)]  # 20 min apart, never on the grid, 15 min may be interpolated
    result = build(counting(4, 500), t)
    assert len(result.intervals) == 0
    assert codes(result) == ["unbracketed"]
    assert result.events[0].t_ms == MIN
    told = dict(result.events[0].data)
    assert told.pop("amount") == pytest.approx(0.3)
    assert told == {"start_ms": MIN, "end_ms": 61 * MIN, "counts": 300}


def test_a_stretch_between_two_resets_without_a_boundary_is_told_by_itself():
    low = [0, 7, 9]
    t = [*every_5_min(range(10)), 50 * MIN + STEP, 52 * MIN + 2 * STEP, 53 * MIN + 3 * STEP]
    t += every_5_min(range(9), start=54 * MIN + 3 * STEP)
    result = build([*counting(10, 10**9), *low, *counting(9, 5 * 10**8)], t)
    assert codes(result) == ["reset", "unbracketed", "jump"]
    told = result.events[1]
    assert told.t_ms == told.data["start_ms"] == 65 * MIN
    assert (told.data["end_ms"], told.data["counts"]) == (98 * MIN, 9)


def test_a_short_stretch_without_a_boundary_lost_no_interval_and_is_not_told():
    assert build(counting(3), [MIN, 5 * MIN, 14 * MIN]).events == ()
    assert build(counting(2), [MIN, STEP + MIN - 1], rules=LedgerRules(max_gap_ms=MIN)).events == ()
    assert codes(build(counting(2), [MIN, STEP + MIN], rules=LedgerRules(max_gap_ms=MIN))) == ["unbracketed"]


def test_a_rollover_counts_in_what_an_unbracketed_stretch_counted():
    registers = [999_900, 50, 150, 250]
    result = build(registers, [MIN + 20 * MIN * i for i in range(4)], counter=ROLLING)
    assert codes(result) == ["unbracketed", "rollover"]
    assert result.events[0].data["counts"] == 350


@pytest.mark.parametrize(
    ("t", "register", "usable", "words"),
    [
        ([0, 1], [0], [True], "equal length"),
        ([0], [[0]], [True], "one-dimensional"),
        ([0.5], [0], [True], "whole milliseconds"),
        ([0], ["x"], [True], "int64 or float64"),
    ],
)
def test_columns_that_do_not_fit_are_refused(t, register, usable, words):
    with pytest.raises(SeriesError, match=words):
        build_intervals(t, register, usable, counter=WH)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scale": 0.0}, "scale 0.0"),
        ({"scale": float("nan")}, "scale nan"),
        ({"resolution": -1}, "resolution -1"),
        ({"max_rate_per_h": float("nan")}, "max_rate_per_h nan"),
        ({"modulus": 0}, "modulus 0"),
        ({"significand_bits": 0}, "significand_bits 0"),
    ],
)
def test_a_counter_that_makes_no_sense_is_refused(change, words):
    given = {"scale": 1.0, "modulus": None, "resolution": 1, "max_rate_per_h": 1.0}
    with pytest.raises(CounterError, match=words):
        Counter(**(given | change))


@pytest.mark.parametrize(
    "change", [{"interval_ms": 0}, {"max_gap_ms": -1}, {"confirmations": 0}, {"step_back_resolutions": -1.0}]
)
def test_rules_that_make_no_sense_are_refused(change):
    with pytest.raises(CounterError, match=next(iter(change))):
        LedgerRules(**change)


def test_a_rate_without_limit_switches_the_test_off():
    free = Counter(scale=1.0, modulus=None, resolution=1, max_rate_per_h=float("inf"))
    assert build([0, 10**15, 10**15 + 1], [0, STEP, 2 * STEP], counter=free).events == ()


def test_a_fall_over_the_whole_range_of_64_bits_is_seen_as_one():
    top = [2**63 - 40 + i for i in range(6)]
    result = build([*top, -(2**63) + 1, *[top[-1] + 1 + i for i in range(6)]], dtype=np.int64)
    assert codes(result) == ["glitch"]
    assert result.events[0].data["lowest"] == -(2**63) + 1
    assert result.intervals.amount.sum() == pytest.approx(0.008)  # 9 samples' rise, and a step that took 10 minutes


def test_a_pulse_input_that_lost_power_starts_anew_even_when_it_had_counted_but_three_pulses():
    pulses = Counter(scale=0.01, modulus=2**32, resolution=1, max_rate_per_h=60.0, never_steps_back=True)
    result = build([1, 2, 3, 3, 3, 0, 0, 1, 1, 2, 3, 4], counter=pulses)
    assert codes(result) == ["reset"]
    told = result.events[0].data
    assert (told["register_before"], told["register_after"], told["counts_since_reset"]) == (3, 0, 0)
    assert told["rate_if_rollover_per_h"] == pytest.approx((2**32 - 3) * 0.12)


def test_a_suspicion_is_told_as_unsettled_only_when_it_has_lasted_for_an_interval():
    short = build([*counting(10, 10**7), 10**9, 3, 10**9])
    assert (short.events, short.provisional_from_ms) == ((), 49 * MIN)
    long = build([*counting(10, 10**7), 10**9, 3, 10**9, 3])
    assert (codes(long), long.provisional_from_ms) == (["unsettled"], 49 * MIN)
    assert long.events[0].t_ms == 49 * MIN


def test_a_rate_that_is_set_too_low_shows_itself_as_a_jump_when_the_plant_rests():
    slow = Counter(scale=0.001, modulus=None, resolution=1, max_rate_per_h=12.0)  # 1000 counts in 5 min
    work, rest = counting(12, 0, 1500), counting(9, 11 * 1500 + 100, 100)
    assert codes(build(work, counter=slow)) == ["unsettled"]
    result = build(work + rest, counter=slow)
    assert codes(result) == ["glitch", "jump"]
    assert result.events[0].data["implied_rate_per_h"] == pytest.approx(18.0)
    assert result.events[1].data["counts_not_counted"] == 11 * 1500
    assert result.intervals.amount.tolist() == pytest.approx([0.3, 0.3])  # of the rest alone


def test_a_rate_that_is_exceeded_for_a_moment_gives_the_whole_total_when_the_mean_is_plausible_again():
    slow = Counter(scale=0.001, modulus=None, resolution=1, max_rate_per_h=12.0)
    result = build([0, 1500, 1600, 1700, 1800, 1900, 2000, 2100], counter=slow)
    assert codes(result) == ["glitch"]
    assert result.intervals.amount.sum() == pytest.approx(0.001 * (2020 - 160))
