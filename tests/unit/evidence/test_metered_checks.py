"""A counter's intervals against themselves: an amount that was changed stands out, an honest meter never does."""

from dataclasses import replace

import bundle_worlds as worlds
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_evidence.checks.metered import metered_problems
from meterproof_mv.dossier.series import Metered
from meterproof_mv.ledger import Counter, build_intervals

FIRST = "2025-01-01"


def meter(counts, *, scale=0.001, start=0.0):
    return worlds.counter(counts, first_day=FIRST, scale=scale, start=start)


def joined(*parts):
    """Return parts one behind the other in time, whatever their registers."""
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("amount", "register_start", "register_end", "is_span")
    }
    whole = meter(np.ones(sum(map(len, parts))))
    return replace(whole, **columns)


def changed(series, row, **values):
    columns = {}
    for name, value in values.items():
        columns[name] = getattr(series, name).copy()
        columns[name][row] = value
    return replace(series, **columns)


def problems(series):
    return list(metered_problems("gas", series))


RNG = np.random.default_rng(5)
USUAL = meter(RNG.integers(10, 90, 400))


def test_a_counter_that_only_counts_has_no_problem():
    assert problems(USUAL) == []


def test_no_rows_and_no_registers_have_no_problem():
    assert problems(meter([])) == []
    nothing = np.full(400, np.nan)
    assert problems(replace(USUAL, register_start=nothing, register_end=nothing)) == []


def test_a_register_that_stands_still_counts_nothing():
    still = meter(np.zeros(10), start=5.0)
    assert problems(still) == []
    (told,) = problems(changed(still, 4, amount=1.0))
    assert told == "gas line 6 (2024-12-31T18:00:00Z): amount 1.0, and its registers stood still"


@pytest.mark.parametrize("row", [0, 200, 399])
@pytest.mark.parametrize("by", [1 + 1e-6, 0.0, -1.0, 1000.0])
def test_an_amount_that_is_not_what_its_registers_counted_is_named(row, by):
    forged = changed(USUAL, row, amount=USUAL.amount[row] * by)
    (told,) = problems(forged)
    assert told.startswith(f"gas line {row + 2} (")
    assert told.endswith(
        f"registers differ by {float(USUAL.register_end[row] - USUAL.register_start[row])!r}, each worth 0.001 m3"
    )


def test_amounts_that_were_all_cut_from_some_day_on_are_found_though_they_keep_a_scale_of_their_own():
    cut = USUAL.amount.copy()
    cut[300:] *= 0.9
    assert problems(replace(USUAL, amount=cut))[0].startswith("gas line 302 ")


def test_a_new_meter_may_count_otherwise():
    assert problems(joined(USUAL, meter(RNG.integers(10, 90, 5), scale=0.1, start=77.0))) == []
    assert (
        problems(
            joined(
                meter([3, 4], scale=0.1),
                meter([]),
                replace(USUAL, register_start=USUAL.register_start + 50, register_end=USUAL.register_end + 50),
            )
        )
        == []
    )


def test_a_new_meter_of_a_single_row_cannot_be_told_from_a_forged_row():
    (told,) = problems(joined(USUAL, meter([40], scale=0.1, start=0.0)))
    assert told.startswith("gas line 402 ")


def test_a_register_that_falls_and_does_not_go_on_from_there_is_named():
    (told,) = problems(changed(USUAL, 7, register_end=0.5))
    begins = float(USUAL.register_start[8])
    assert told == f"gas line 10 (2024-12-31T19:00:00Z): its register begins at {begins!r}, the row above ended at 0.5"


def test_counts_that_are_worth_nothing_are_named():
    assert len(problems(replace(USUAL, amount=np.zeros(400)))) == 20


def test_a_row_with_one_register_is_named():
    (told,) = problems(changed(USUAL, 7, register_end=np.nan))
    assert told == "gas line 9 (2024-12-31T18:45:00Z): it has one register; both or none are accepted"


def test_rows_that_end_early_or_overlap_are_named():
    backwards = changed(USUAL, 3, end_ms=int(USUAL.start_ms[3]))
    assert problems(backwards) == ["gas line 5 (2024-12-31T17:45:00Z): it ends before or when it starts"]
    overlapping = changed(USUAL, 3, end_ms=int(USUAL.end_ms[3]) + 1)
    assert problems(overlapping) == ["gas line 6 (2024-12-31T18:00:00Z): it begins before the one above it ends"]


def test_a_counter_that_went_round_has_no_problem():
    modulus = 100_000
    register = np.cumsum(RNG.integers(1000, 9000, 3000)) % modulus
    t = np.arange(3000) * 300_000
    counter = Counter(scale=0.01, modulus=modulus, resolution=1, max_rate_per_h=10_000.0)
    series = from_ledger(build_intervals(t, register, np.ones(3000, bool), counter=counter).intervals)
    assert (series.register_end < series.register_start).sum() > 50
    assert problems(series) == []


def test_a_counter_that_went_round_in_a_span_has_no_problem():
    start = np.append(USUAL.register_start, USUAL.register_end[-1])
    end = np.append(USUAL.register_end, USUAL.register_end[-1] + 5)
    series = joined(USUAL, meter([5]))
    series = replace(series, register_start=start, register_end=end)
    series = changed(series, 400, amount=(5 + 65536) * 0.001, is_span=True)
    assert problems(series) == []
    assert len(problems(changed(series, 400, is_span=False))) == 1
    assert len(problems(changed(series, 400, amount=(5 + 60000.5) * 0.001))) == 1


def from_ledger(intervals):
    columns = ("start_ms", "end_ms", "amount", "register_start", "register_end", "is_span")
    return Metered("kiln", "volume_m3", "m3", *(getattr(intervals, name) for name in columns))


@given(
    seed=st.integers(0, 10**6),
    start=st.sampled_from([0, 10**6, 10**10, 2**40]),
    scale=st.sampled_from([1e-3, 0.01, 1.0, 10.0, 0.0036]),
    most=st.sampled_from([1, 20, 5000]),
)
def test_what_the_ledger_makes_of_a_meter_has_no_problem_whatever_its_size(seed, start, scale, most):
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.integers(20_000, 400_000, 500))
    register = start + np.cumsum(rng.integers(0, most + 1, 500))
    usable = rng.random(500) > 0.1
    counter = Counter(scale=scale, modulus=None, resolution=1, max_rate_per_h=1e12)
    series = from_ledger(build_intervals(t, register, usable, counter=counter).intervals)
    assert problems(series) == []


@given(seed=st.integers(0, 10**6), row=st.integers(0, 399), by=st.floats(1.0001, 3))
def test_any_amount_that_is_raised_is_found(seed, row, by):
    series = meter(np.random.default_rng(seed).integers(1, 50, 400), start=10.0**6)
    assert len(problems(changed(series, row, amount=series.amount[row] * by))) == 1


SHOWN = RNG.integers(10, 90, 400).astype(float)


def interval_meter(scale):
    return replace(meter(SHOWN, scale=scale), register_start=np.zeros(400), register_end=SHOWN)


def test_a_meter_that_shows_each_interval_has_no_problem():
    assert problems(interval_meter(0.5)) == []


@pytest.mark.parametrize("rows", [slice(9, 10), slice(9, 12), slice(399, 400)])
def test_forged_rows_of_a_meter_that_shows_each_interval_are_found(rows):
    series = interval_meter(0.5)
    told = problems(changed(series, rows, amount=series.amount[rows] * 0.9))
    assert len(told) == rows.stop - rows.start


def test_more_contradictions_than_anybody_reads_are_not_all_printed():
    assert len(problems(replace(USUAL, amount=USUAL.amount + RNG.random(400)))) == 20
