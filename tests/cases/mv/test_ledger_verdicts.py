"""Every row of the table of verdicts in docs/ledger.md is a case here: the event comes, with the evidence that it names.

The table is read, so that a row without a case, a case without a row and a field that is not documented fail.
"""

import re
from pathlib import Path

import numpy as np
import pytest

from meterproof_mv.ledger import Counter, IntervalMeter, build_intervals, finished_intervals

DOCUMENT = Path(__file__).parents[3] / "docs" / "ledger.md"
MIN = 60_000
STEP = 15 * MIN
WH = Counter(scale=0.001, modulus=None, resolution=1, max_rate_per_h=12.0)  # 1000 counts in 5 min
SIX_DIGITS = Counter(scale=0.001, modulus=10**6, resolution=1, max_rate_per_h=12.0)
DEMAND = IntervalMeter(scale=0.1, interval_ms=STEP, resolution=1, max_rate_per_h=1000.0)


def counting(n, start=0, step=100):
    return [start + step * i for i in range(n)]


def every_5_min(registers, counter=WH):
    t = [-MIN + 5 * MIN * i for i in range(len(registers))]
    return build_intervals(t, np.asarray(registers), [True] * len(t), counter=counter)


def at(t, registers, counter=WH):
    return build_intervals(t, np.asarray(registers), [True] * len(t), counter=counter)


def shown(amounts, ends=None):
    """Return what is made of an interval meter read five times an interval; the last amount only ends the one before."""
    t = [STEP * (n + 1) + 3 * MIN * i for n in range(len(amounts)) for i in range(1, 5)]
    register = np.repeat(amounts, 4)
    own = None if ends is None else np.repeat(ends, 4)
    return finished_intervals(t, register, [True] * len(t), meter=DEMAND, end_ms=own)


def disputed():
    t = [STEP + MIN * i for i in (2, 4, 6, 8)] + [2 * STEP + 2 * MIN]
    return finished_intervals(t, [120, 120, 0, 120, 80], [True] * 5, meter=DEMAND)


CASES = {  # name: (code, what the ledger makes of it, amounts that must be counted, evidence that must be said)
    "a register of six digits rolls over": (
        "rollover",
        every_5_min([r % 10**6 for r in counting(12, 999_250)], SIX_DIGITS),
        [0.3] * 3,
        {"register_before": 999_950, "register_after": 50, "counts": 100, "amount": 0.1, "implied_rate_per_h": 1.2},
    ),
    "a register starts anew near zero": (
        "reset",
        every_5_min(counting(10, 500_000) + counting(10, 40)),
        [0.3] * 4,
        {"register_before": 500_900, "register_after": 40, "counts_since_reset": 40, "confirmations": 3},
    ),
    "a reset far from the modulus is none that rolled over": (
        "reset",
        every_5_min(counting(10, 500_000) + counting(10, 40), SIX_DIGITS),
        [0.3] * 4,
        {"rate_if_rollover_per_h": (10**6 - 500_900 + 40) * 0.012, "limit_counts": 1003.0},
    ),
    "another meter answers, whose register is lower": (
        "replacement",
        every_5_min(counting(10, 10**9) + counting(10, 5 * 10**8)),
        [0.3] * 4,
        {"register_before": 10**9 + 900, "register_after": 5 * 10**8, "confirmations": 3},
    ),
    "another meter answers, and the fall is near the modulus": (
        "replacement",
        every_5_min(counting(10, 990_000) + counting(10, 400_000), SIX_DIGITS),
        [0.3] * 4,
        {"rate_if_rollover_per_h": (10**6 - 990_900 + 400_000) * 0.012},
    ),
    "somebody presets a register": (
        "jump",
        every_5_min(counting(10) + counting(10, 50_000)),
        [0.3] * 4,
        {"counts_not_counted": 49_100, "amount_not_counted": 49.1, "implied_rate_per_h": 589.2, "limit_counts": 1003.0},
    ),
    "a register of six digits is preset": (
        "jump",
        every_5_min(counting(10) + counting(10, 50_000), SIX_DIGITS),
        [0.3] * 4,
        {"counts_not_counted": 49_100},
    ),
    "a momentary zero": (
        "glitch",
        every_5_min([*counting(6, 7000), 0, *counting(5, 7700)]),
        [0.3] * 3,
        {"zero": True, "samples": 1, "register_before": 7500, "register_after": 7700, "after_ms": 34 * MIN},
    ),
    "a momentary value of another kind": (
        "glitch",
        every_5_min([*counting(6, 7000), 2**31, *counting(5, 7700)]),
        [0.3] * 3,
        {"zero": False, "lowest": 2**31, "highest": 2**31},
    ),
    "a step back by a digit": (
        "step_back",
        at([0, STEP, 2 * STEP, 3 * STEP], [2150, 2157, 2156, 2160]),
        [0.007, 0, 0.003],
        {"register": 2156, "held": 2157, "before_ms": STEP, "tolerance_counts": 3.0},
    ),
    "a largest rate that is set too low": (
        "unsettled",
        every_5_min(counting(8) + counting(12, 800 + 1400, 1400)),
        [0.3, 0.3],
        {"register_before": 700, "register_after": 2200, "limit_counts": 1003.0, "implied_rate_per_h": 18.0},
    ),
    "nothing is read for an hour": (
        "gap",
        at([0, STEP, 5 * STEP, 6 * STEP], [0, 100, 500, 600]),
        [0.1, 0.4, 0.1],
        {"end_ms": 5 * STEP, "amount": 0.4},
    ),
    "a meter is read every 20 minutes": (
        "unbracketed",
        at([MIN + 20 * MIN * i for i in range(4)], [500, 600, 700, 800]),
        [],
        {"counts": 300, "amount": 0.3},
    ),
    "two registers at one instant": (
        "conflicting_time",
        at([0, STEP, 2 * STEP, 2 * STEP, 3 * STEP], [0, 100, 150, 200, 300]),
        [0.1, 0.2],
        {"lowest": 150, "highest": 200, "samples": 2},
    ),
    "no number": ("not_finite", at([0, STEP, STEP + 1], [0.0, 100.0, float("nan")]), [0.1], {}),
    "all ones": (
        "out_of_range",
        at([0, STEP, STEP + 1], np.array([0, 100, 2**64 - 1], np.uint64)),
        [0.1],
        {"register": 2**64 - 1},
    ),
    "an interval that nobody read": (
        "interval_missed",
        finished_intervals(
            [STEP + 2 * MIN, 3 * STEP + 2 * MIN, 4 * STEP + 2 * MIN], [10, 30, 9], [True] * 3, meter=DEMAND
        ),
        [1.0, 3.0],
        {"end_ms": 2 * STEP, "intervals": 1},
    ),
    "a wrong reading of a finished interval": (
        "interval_disputed",
        disputed(),
        [12.0],
        {"agree": 3, "samples": 4, "taken": 120, "lowest": 0, "highest": 120},
    ),
    "a finished interval of more than can be": (
        "interval_implausible",
        shown([120, 9999, 80]),
        [12.0, 8.0],
        {"register": 9999, "amount_not_counted": 999.9, "limit_counts": 2501.0},
    ),
    "a meter whose clock is set back": (
        "interval_overlap",
        shown([120, 90, 80], ends=[STEP, STEP + 5 * MIN, 3 * STEP]),
        [8.0],
        {"end_ms": STEP, "register": 120},
    ),
    "a meter whose clock stands in the year 2000": (
        "meter_clock_off",
        shown([120, 80], ends=[STEP, -(10**9)]),
        [12.0],
        {"samples": 4},
    ),
}


def documented():
    """Return the evidence that each row of the table names, apart from what it says to come with a modulus only."""
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\|([^|]*)\|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    table = {}
    for code, evidence in rows:
        if code in {"cumulative", "pulse", "interval"}:
            continue
        sometimes = set(re.findall(r"`(\w+)` \(with a modulus\)", evidence))
        table[code] = (set(re.findall(r"`(\w+)`", evidence)) - sometimes, sometimes)
    return table


TABLE = documented()


def test_every_row_of_the_table_has_a_case_and_every_case_a_row():
    assert {code for code, *_ in CASES.values()} == set(TABLE)
    assert len(TABLE) == 17


@pytest.mark.parametrize("name", CASES)
def test_the_verdict_comes_with_the_evidence_that_the_table_names(name):
    code, result, _, evidence = CASES[name]
    told = [event for event in result.events if event.code == code]
    assert told, f"{code} is not among {[event.code for event in result.events]}"
    always, sometimes = TABLE[code]
    assert always <= set(told[0].data) <= always | sometimes
    for field, value in evidence.items():
        assert told[0].data[field] == pytest.approx(value), field


@pytest.mark.parametrize("name", CASES)
def test_what_the_table_says_is_counted_and_nothing_else(name):
    _, result, amounts, _ = CASES[name]
    assert result.intervals.amount.tolist() == pytest.approx(amounts)


def test_no_verdict_on_a_new_line_before_it_is_confirmed_and_the_end_is_provisional_until_then():
    new_lines = {"rollover": 999_250, "reset": 500_000, "replacement": 990_000, "jump": 0}
    for code, start in new_lines.items():
        begin = {"rollover": 50, "reset": 40, "replacement": 400_000, "jump": 50_000}[code]
        line = counting(8, start) + counting(3, begin)
        for seen in (9, 10):
            early = every_5_min(line[:seen], SIX_DIGITS)
            assert (early.events, early.provisional_from_ms) == ((), 39 * MIN)
        settled = every_5_min(line, SIX_DIGITS)
        assert [event.code for event in settled.events] == [code]
        assert settled.provisional_from_ms is None
        assert settled.events[0].data["confirmed_ms"] == 49 * MIN
