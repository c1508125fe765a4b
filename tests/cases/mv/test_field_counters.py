"""What happens to counters in the field, as others have reported it, and what the ledger makes of it.

CN1: evcc-io/evcc #29286; CN2: evcc-io/evcc PR 30592; CN3: esphome/esphome PR 15286; CN4: DrozmotiX/ioBroker.sourceanalytix
#594 and jomjol/AI-on-the-edge-device #3026; CN5: johanmeijer/grott #99; CN7: influxdata/flux #4605; CN8:
Security-Onion-Solutions/securityonion #1725. CN6 is a rule of ours, and CN9 is computed from IEEE 754.
"""

import numpy as np
import pytest

from meterproof_mv.ledger import Counter, LedgerRules, build_intervals

MIN = 60_000
STEP = 15 * MIN


def read(registers, counter, *, every_min=5, rules=None):
    t = np.arange(len(registers)) * every_min * MIN - MIN
    return build_intervals(
        t, np.asarray(registers), [True] * len(t), counter=counter, **({} if rules is None else {"rules": rules})
    )


def codes(result):
    return [event.code for event in result.events]


FIVE_KW = Counter(scale=0.001, modulus=None, resolution=1, max_rate_per_h=5.0)


def test_cn1_a_momentary_zero_never_books_the_lifetime_total_of_a_5_kw_site_as_one_interval():
    line = [53_700_000 + 400 * i for i in range(20)]  # Wh; 4.8 kW
    glitched = [*line[:9], 0, *line[10:]]
    result = read(glitched, FIVE_KW)
    assert codes(result) == ["glitch"]
    assert result.events[0].data["zero"]
    assert result.intervals.amount.tolist() == pytest.approx(read(line, FIVE_KW).intervals.amount.tolist())
    assert result.intervals.amount.max() < 5.0 / 4


def test_cn2_a_real_reset_is_not_taken_for_such_a_zero():
    result = read([53_700_000 + 400 * i for i in range(9)] + [400 * i for i in range(12)], FIVE_KW)
    assert codes(result) == ["reset"]
    assert result.events[0].data["confirmations"] == LedgerRules().confirmations
    assert result.intervals.amount.tolist() == pytest.approx([1.2] * 5)  # on both sides of it


def test_cn3_a_reset_is_no_rollover_that_adds_three_megawatt_hours():
    meter = Counter(scale=0.001, modulus=2**32, resolution=1, max_rate_per_h=20.0)
    result = read([2**32 - 3_000_000 - 900 + 100 * i for i in range(9)] + [100 * i for i in range(9)], meter)
    assert codes(result) == ["reset"]
    assert result.events[0].data["rate_if_rollover_per_h"] == pytest.approx(36_001.2)  # kW: 3,000.1 kWh in 5 min
    assert result.intervals.amount.sum() == pytest.approx(0.3 * 4)


@pytest.mark.parametrize(
    ("modulus", "scale"),
    [(2**23, 0.1), (10**6, 0.1), (10**5, 1.0)],
    ids=["23 bits of 0.1 Wh, up to 838,860.7 Wh", "six digits", "five digits"],
)
def test_cn4_a_short_or_odd_modulus_is_counted_through(modulus, scale):
    meter = Counter(scale=scale, modulus=modulus, resolution=1, max_rate_per_h=1e5)
    result = read([(modulus - 1000 + 37 * i) % modulus for i in range(60)], meter)
    assert codes(result) == ["rollover"]
    assert result.intervals.amount.tolist() == pytest.approx([3 * 37 * scale] * 19)


def test_cn5_a_step_back_by_one_digit_books_nothing_and_above_all_not_the_whole_register():
    meter = Counter(scale=0.1, modulus=None, resolution=1, max_rate_per_h=50.0)
    result = read([2155, 2156, 2157, 2156, 2156, 2157, 2158, 2159, 2160, 2161], meter)  # 215.7 to 215.6 kWh
    assert codes(result) == ["step_back"]
    assert (result.intervals.amount >= 0).all()
    assert result.intervals.amount.sum() == pytest.approx(0.1 * (2158.2 - 2155.2))


def test_cn6_another_meter_is_another_segment_and_another_unit_that_answers_for_a_moment_is_none():
    old, new = [8_000_000 + 100 * i for i in range(9)], [1_200_000 + 100 * i for i in range(9)]
    assert codes(read(old + new, FIVE_KW)) == ["replacement"]
    assert codes(read(new + old, FIVE_KW)) == ["jump"]
    moment = read([*old[:5], 1_200_400, *old[6:]], FIVE_KW)
    assert (codes(moment), moment.events[0].data["zero"]) == (["glitch"], False)


def test_cn7_energy_between_the_last_reading_of_one_interval_and_the_first_of_the_next_is_in_one_of_them():
    meter = Counter(scale=1.0, modulus=None, resolution=1, max_rate_per_h=1e6)
    registers = [0, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600]  # every 7 min: two readings in some intervals
    rows = read(registers, meter, every_min=7).intervals
    last_minus_first = [60, 60, 60]  # what is lost when each interval stands for itself
    assert rows.amount.tolist() == pytest.approx([60 * 15 / 7] * 4)
    assert sum(last_minus_first) < rows.amount[:3].sum()
    assert rows.amount.sum() == pytest.approx(rows.register_end[-1] - rows.register_start[0])


def test_cn8_no_interval_is_negative_whatever_the_register_does():
    fall = [900_000 - 300 * i for i in range(12)]
    for registers in (fall, [*range(0, 900, 100), *fall, *range(0, 900, 100)], [5, 4, 3, 2, 1, 0] * 5):
        assert (read(registers, FIVE_KW).intervals.amount >= 0).all()


@pytest.mark.parametrize(("kwh", "step_wh"), [(16_800, 2), (1_074_000, 128)])
def test_cn9_a_32_bit_float_register_may_step_back_by_its_own_steps_which_widen_as_it_grows(kwh, step_wh):
    register = np.float32(kwh * 1000)
    step = float(np.spacing(register))
    assert step == step_wh
    base = float(register)
    wavering = [
        base,
        base + step,
        base,
        base + step,
        base - step,
        base + 2 * step,
        *(base + 2 * step * i for i in range(2, 8)),
    ]
    meter = Counter(scale=0.001, modulus=None, resolution=1, max_rate_per_h=500.0, significand_bits=24)
    result = read(wavering, meter)
    assert set(codes(result)) == {"step_back"}
    assert result.events[0].data["tolerance_counts"] == 3 * step
    assert (result.intervals.amount >= 0).all()
    blind = Counter(scale=0.001, modulus=None, resolution=0.5, max_rate_per_h=500.0)
    assert set(codes(read(wavering, blind))) != {"step_back"}


def test_cn9_a_32_bit_float_loses_small_steps_and_the_sum_still_holds():
    true = 1_074_000_000 + 10.0 * np.arange(60)  # Wh; 120 W: a step of 128 Wh an hour
    register = true.astype(np.float32).astype(np.float64)
    meter = Counter(scale=0.001, modulus=None, resolution=1, max_rate_per_h=5.0, significand_bits=24)
    result = read(register.tolist(), meter)
    assert result.events == ()
    assert abs(result.intervals.amount.sum() - 0.01 * 3 * len(result.intervals)) <= 0.128
    assert 0.0 in result.intervals.amount.tolist()  # no flow is not what such an interval says
