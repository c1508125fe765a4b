"""Estimates: only where there is something to stand on, marked row by row, a span's total kept to the last digit."""

import ast
from datetime import datetime
from math import fsum
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_mv.errors import EstimateError, SeriesError
from meterproof_mv.estimation import Method, estimated

ROOT = Path(__file__).parents[3]
HOUR = 3_600_000
STEP = HOUR // 4
DAY, WEEK = 24 * HOUR, 168 * HOUR


def instant(zone, *when):
    return round(datetime(*when, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def weeks_around(gap, *, zone="UTC", weeks=2, span=None):
    """Return quarter hours of some weeks around a gap, each of its own local quarter hour, and a span in the gap."""
    start = np.arange(gap[0] // DAY * DAY - weeks * WEEK, gap[1] + weeks * WEEK, STEP)
    start = start[(start + STEP <= gap[0]) | (start >= gap[1])]
    local = [datetime.fromtimestamp(t / 1000, ZoneInfo(zone)) for t in start.tolist()]
    amount = np.array([at.weekday() * 100 + at.hour * 4 + at.minute // 15 + 1.0 for at in local])
    rows = [start, start + STEP, amount, np.zeros(len(start), bool)]
    if span is not None:
        extra = (gap[0], gap[1], span, True)
        rows = [np.append(column, one) for column, one in zip(rows, extra, strict=True)]
    return rows


def test_a_span_in_equal_shares_of_time():
    made = estimated([0], [2 * STEP], [9.0], [True], gap_ms=(0, 2 * STEP), method=Method.LINEAR, zone="UTC")
    assert made.amount.tolist() == [4.5, 4.5]
    assert (made.start_ms.tolist(), made.end_ms.tolist()) == ([0, STEP], [STEP, 2 * STEP])
    assert (made.estimated.tolist(), made.method) == ([True, True], (Method.LINEAR, Method.LINEAR))
    assert (len(made), made.total, made.neighbours.tolist()) == (2, 9.0, [0, 0])


def test_a_span_off_the_grid_gives_parts_of_a_quarter_hour_at_its_ends():
    gap = (STEP // 3, 2 * STEP + STEP // 3)
    made = estimated([gap[0]], [gap[1]], [6.0], [True], gap_ms=gap, method=Method.LINEAR, zone="UTC")
    assert made.amount.tolist() == pytest.approx([2.0, 3.0, 1.0])
    assert (made.start_ms[1:] == made.end_ms[:-1]).all()
    short = estimated([5], [9], [6.0], [True], gap_ms=(5, 9), method=Method.LINEAR, zone="UTC")
    assert (short.start_ms.tolist(), short.amount.tolist()) == ([5], [6.0])


def test_a_span_takes_the_shape_of_the_weeks_around_it():
    gap = (instant("UTC", 2024, 5, 15, 6), instant("UTC", 2024, 5, 15, 8))
    made = estimated(*weeks_around(gap, span=1000.0), gap_ms=gap, method=Method.PROFILE, zone="UTC")
    shape = np.arange(24, 32) + 201.0  # a Wednesday
    assert made.amount == pytest.approx(1000 * shape / shape.sum(), rel=1e-12)
    assert made.neighbours.tolist() == [4] * 8
    assert fsum(made.amount) == 1000.0


def test_an_unknown_is_filled_with_the_mean_of_the_weeks_around_it():
    gap = (instant("UTC", 2024, 5, 15, 6), instant("UTC", 2024, 5, 15, 7))
    made = estimated(*weeks_around(gap), gap_ms=gap, method=Method.PROFILE, zone="UTC")
    assert made.amount.tolist() == [225.0, 226.0, 227.0, 228.0]
    assert np.isnan(made.total)
    assert made.method == (Method.PROFILE,) * 4


def test_a_part_of_a_quarter_hour_is_filled_in_proportion():
    gap = (instant("UTC", 2024, 5, 15, 6), instant("UTC", 2024, 5, 15, 6, 5))
    rows = weeks_around((gap[0], gap[0] + STEP))
    assert estimated(*rows, gap_ms=gap, method=Method.PROFILE, zone="UTC").amount.tolist() == [75.0]


@pytest.mark.parametrize("when", [(2018, 3, 28), (2018, 3, 21), (2018, 10, 31)])
def test_the_weeks_around_a_change_of_the_clocks_are_compared_by_local_time(when):
    zone = "Europe/Vienna"
    gap = (instant(zone, *when, 6), instant(zone, *when, 7))
    made = estimated(*weeks_around(gap, zone=zone), gap_ms=gap, method=Method.PROFILE, zone=zone)
    assert made.amount.tolist() == [225.0, 226.0, 227.0, 228.0]


def test_a_time_that_another_week_skipped_is_not_taken_from_another_time():
    zone = "Europe/Vienna"
    gap = (instant(zone, 2018, 4, 1, 2), instant(zone, 2018, 4, 1, 3))  # the Sunday before skipped this hour
    made = estimated(*weeks_around(gap, zone=zone), gap_ms=gap, method=Method.PROFILE, zone=zone)
    assert made.neighbours.tolist() == [3] * 4
    assert made.amount.tolist() == [609.0, 610.0, 611.0, 612.0]


def test_only_what_was_measured_is_looked_at():
    gap = (instant("UTC", 2024, 5, 15, 6), instant("UTC", 2024, 5, 15, 7))
    start, end, amount, is_span = weeks_around(gap)
    is_span[start < gap[0]] = True  # nothing before it is measured by the quarter hour
    made = estimated(start, end, amount, is_span, gap_ms=gap, method=Method.PROFILE, zone="UTC")
    assert made.neighbours.tolist() == [2] * 4


# ---------------------------------------------------------------- refused


def refusal(rows, gap, method):
    with pytest.raises(EstimateError) as caught:
        estimated(*rows, gap_ms=gap, method=method, zone="UTC")
    text = str(caught.value)
    assert text.startswith(f"estimate of [{gap[0]}, {gap[1]}): ")
    return text


def test_without_a_total_nothing_can_be_shared():
    assert "no total is known; a span, or method profile, is accepted" in refusal(([], [], [], []), (0, STEP), "linear")


@pytest.mark.parametrize(
    ("rows", "gap"),
    [
        (([0], [STEP], [1.0], [False]), (0, STEP)),  # measured
        (([0], [4 * STEP], [1.0], [True]), (0, STEP)),  # a part of a span
        (([0], [STEP], [1.0], [True]), (0, 2 * STEP)),  # more than the span
        (([0, STEP], [STEP, 2 * STEP], [1.0, 1.0], [True, True]), (0, 2 * STEP)),
    ],
)
def test_what_is_known_already_is_not_estimated(rows, gap):
    for method in Method:
        assert "row(s) tell of it already; exactly one span, or a stretch without any" in refusal(rows, gap, method)


def test_weeks_that_say_nothing_are_nothing_to_stand_on():
    gap = (instant("UTC", 2024, 5, 15, 6), instant("UTC", 2024, 5, 15, 7))
    start, end, amount, is_span = weeks_around(gap, span=5.0)
    gone = (start % DAY == gap[0] % DAY + STEP) & ~is_span
    rows = [column[~gone] for column in (start, end, amount, is_span)]
    words = f"nothing was measured at the time of [{gap[0] + STEP}, {gap[0] + 2 * STEP}) in 4 weeks before and behind"
    assert words in refusal(rows, gap, Method.PROFILE)
    assert "nothing was measured" in refusal(([], [], [], []), gap, Method.PROFILE)


def test_a_total_cannot_take_the_shape_of_weeks_of_standstill():
    gap = (instant("UTC", 2024, 5, 15, 6), instant("UTC", 2024, 5, 15, 7))
    rows = weeks_around(gap, span=5.0)
    rows[2] = np.where(rows[3], rows[2], 0.0)
    assert "a total of 5.0 and nothing in the weeks around it; method linear is accepted" in refusal(
        rows, gap, Method.PROFILE
    )
    rows[2] = np.zeros(len(rows[2]))
    assert estimated(*rows, gap_ms=gap, method=Method.PROFILE, zone="UTC").amount.tolist() == [0.0] * 4


def test_a_method_may_be_given_by_its_name_and_an_unknown_one_is_refused():
    rows = ([0], [STEP], [1.0], [True])
    assert estimated(*rows, gap_ms=(0, STEP), method="linear", zone="UTC").method == (Method.LINEAR,)
    assert refusal(rows, (0, STEP), "cubic").endswith("method 'cubic' unknown; linear, profile are accepted")


def test_an_empty_stretch_is_refused():
    with pytest.raises(SeriesError, match="is empty"):
        estimated([], [], [], [], gap_ms=(5, 5), method=Method.LINEAR, zone="UTC")


# ---------------------------------------------------------------- whatever it is asked for


@given(
    st.floats(0, 1e9, allow_subnormal=False).filter(lambda total: total == 0 or total > 1e-6),
    st.lists(st.integers(0, 1000), min_size=1, max_size=60).filter(any),
    st.randoms(use_true_random=False),
)
def test_the_shares_add_up_to_the_total_exactly_and_in_any_order(total, shape, rng):
    start = STEP * np.arange(len(shape))
    gap = (WEEK, WEEK + len(shape) * STEP)
    rows = [np.append(start, gap[0]), np.append(start + STEP, gap[1]), np.append(shape, total)]
    made = estimated(*rows, [False] * len(shape) + [True], gap_ms=gap, method=Method.PROFILE, zone="Asia/Kathmandu")
    amounts = made.amount.tolist()
    assert fsum(amounts) == total
    rng.shuffle(amounts)
    assert sum(amounts) == total
    assert min(amounts) >= 0


def imported(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_nothing_that_stores_sums_or_claims_knows_of_estimates():
    files = [
        *(ROOT / "mv" / "meterproof_mv").glob("*.py"),
        *(ROOT / "mv" / "meterproof_mv" / "ledger").glob("*.py"),
        *(ROOT / "mv" / "meterproof_mv" / "models").glob("*.py"),
        *(ROOT / "collector").rglob("*.py"),
        *(ROOT / "store").rglob("*.py"),
        *(ROOT / "evidence").rglob("*.py"),
        ROOT / "api" / "meterproof_api" / "gathering.py",
    ]
    assert len(files) > 50
    assert [file.name for file in files if "meterproof_mv.estimation" in imported(file)] == []
