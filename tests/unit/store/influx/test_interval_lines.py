"""Whatever of a replacement is written before a kill, no two intervals count the same energy."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_core.errors import StoreRefusedError
from meterproof_core.memory import interval_columns
from meterproof_core.storage import SeriesKey
from meterproof_store.influx.interval_lines import FIELDS, Replacement, live_rows, replacement

KEY = SeriesKey("works", "boiler", "energy_import_kwh")
HEAD = "intervals,plant=works,point=boiler,quantity=energy_import_kwh"


def row(start, end, amount=1.0, first=0.0, last=1.0, is_span=False):
    return (start, end, amount, first, last, is_span)


def replaced(old, new):
    return replacement(KEY, interval_columns(old), interval_columns(new))


def test_nothing_is_replaced_by_nothing_without_a_line():
    assert replaced([], []) == Replacement([], [])


def test_a_new_interval_takes_room_and_one_that_is_left_out_makes_it():
    assert replaced([row(0, 900)], [row(900, 1800, 2.5, is_span=True)]) == Replacement(
        [f"{HEAD} amount=0.0,state=0i 0"],
        [f"{HEAD} end_ms=1800i,known=7i,state=2i,amount=2.5,register_start=0.0,register_end=1.0 900"],
    )


def test_what_is_equal_is_not_written_a_nan_neither():
    same = [row(0, 900, first=math.nan), row(900, 1800)]
    assert replaced(same, same) == Replacement([], [])


def test_a_register_that_is_no_longer_known_is_said_to_be_so():
    changed = replaced([row(0, 900)], [row(0, 900, last=math.nan)])
    assert changed.taking_it == [f"{HEAD} end_ms=900i,known=3i,state=1i,amount=1.0,register_start=0.0 0"]


def test_a_long_span_is_cut_before_its_parts_take_their_places():
    changed = replaced([row(0, 3600, is_span=True)], [row(0, 900), row(900, 1800), row(1800, 3600, is_span=True)])
    assert [line.rsplit(" ", 1)[1] for line in changed.making_room] == ["0"]
    assert [line.rsplit(" ", 1)[1] for line in changed.taking_it] == ["900", "1800"]


def test_an_interval_that_grows_waits_until_those_in_its_way_are_gone():
    changed = replaced([row(0, 900), row(900, 1800)], [row(0, 1800, is_span=True)])
    assert changed.making_room == [f"{HEAD} amount=0.0,state=0i 900"]
    assert [line.rsplit(" ", 1)[1] for line in changed.taking_it] == ["0"]


@pytest.mark.parametrize(
    "bad", [SeriesKey("a b", "boiler", "x"), SeriesKey("a", "b\n", "x"), SeriesKey("a", "b", "x y")]
)
def test_a_name_that_cannot_be_a_tag_is_refused(bad):
    with pytest.raises(StoreRefusedError, match=r"is not an? (id|name)"):
        replacement(bad, interval_columns([]), interval_columns([row(0, 900)]))


def test_an_interval_that_no_count_of_nanoseconds_holds_is_refused():
    with pytest.raises(StoreRefusedError, match="does not fit 64 bits"):
        replaced([], [row(2**62, 2**62 + 1)])


@pytest.mark.parametrize("absent", FIELDS)
def test_a_point_that_is_half_there_is_not_taken_for_an_interval(absent):
    whole = {"end_ms": 900, "amount": 1.0, "register_start": 0.0, "register_end": 1.0, "known": 7, "state": 1}
    assert live_rows(["time", *FIELDS], [(0, *(whole[name] for name in FIELDS))]) == [row(0, 900)]
    assert live_rows(["time", *FIELDS], [(0, *((whole | {absent: None})[name] for name in FIELDS))]) == []


# ---------------------------------------------------------------- a kill at any line


@st.composite
def partitions(draw):
    """Draw intervals without overlap."""
    bounds = sorted(draw(st.sets(st.integers(0, 12), min_size=0, max_size=8)))
    pairs = pairwise(bounds)
    return [row(a, b, draw(st.sampled_from([1.0, 2.0]))) for a, b in pairs if draw(st.booleans())]


def applied(old, lines):
    """Return what a database holds after some lines: the same start is the same point."""
    held = {each[0]: each for each in old}
    for line in lines:
        _, fields, start = line.rsplit(" ", 2)
        told = dict(field.split("=") for field in fields.split(","))
        held.pop(int(start), None)
        if told["state"] != "0i":
            held[int(start)] = row(int(start), int(told["end_ms"][:-1]), float(told["amount"]))
    return [held[start] for start in sorted(held)]


def overlaps(rows):
    return [(a, b) for a, b in pairwise(rows) if a[1] > b[0]]


@given(partitions(), partitions(), st.data())
def test_no_part_of_a_replacement_leaves_two_intervals_that_overlap(old, new, data):
    written = replaced(old, new)
    for lines, before in ((written.making_room, []), (written.taking_it, written.making_room)):
        some = data.draw(st.lists(st.sampled_from(lines), unique=True)) if lines else []
        assert overlaps(applied(old, [*before, *some])) == []
    assert applied(old, [*written.making_room, *written.taking_it]) == new
