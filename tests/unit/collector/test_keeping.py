"""What a store will take is stored; what it will not is found without asking for each row."""

from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st
from picky_stores import PickyReadings, group

from meterproof_collector.road.keeping import keep, rows_of
from meterproof_core.errors import StoreAccessError, StoreError
from meterproof_core.memory import MemoryReadings

COUNTER = "energy_import_kwh"


def refused_rows(kept):
    return {(part.item.group.point, at) for part in kept.refused for at in part.item.group.t}


def too_old_rows(kept):
    return {(part.item.group.point, at) for part in kept.too_old for at in part.item.group.t}


def test_nothing_to_store_asks_nobody():
    store = PickyReadings()
    assert (keep(store, []).calls, store.calls) == (0, 0)


def test_what_is_good_is_stored_in_one_call():
    store = PickyReadings()
    kept = keep(store, [group("a", [1, 2]), group("b", [3])])
    assert (kept.refused, kept.too_old, kept.calls) == ([], [], 1)
    assert store.rows() == {("a", 1), ("a", 2), ("b", 3)}


@pytest.mark.parametrize("stores_the_rest", [False, True])
def test_one_bad_row_among_many_stands_alone_at_last(stores_the_rest):
    store = PickyReadings(lambda point, at: (point, at) == ("p77", 500), stores_the_rest=stores_the_rest)
    groups = [group(f"p{number}", range(1, 1001)) for number in range(256)]
    kept = keep(store, groups)
    assert refused_rows(kept) == {("p77", 500)}
    assert len(store.rows()) == 256 * 1000 - 1
    assert kept.calls <= 1 + 2 * (log2(256) + ceil(log2(1000)))


def test_a_few_bad_groups_cost_a_few_times_the_logarithm():
    store = PickyReadings(lambda point, at: point in {"p3", "p99", "p200"})
    kept = keep(store, [group(f"p{number}", [1]) for number in range(256)])
    assert refused_rows(kept) == {("p3", 1), ("p99", 1), ("p200", 1)}
    assert kept.calls <= 1 + 3 * 2 * log2(256)


def test_a_group_that_is_bad_through_and_through_is_one_part_after_a_bounded_search():
    store = PickyReadings(lambda point, at: point == "bad")
    kept = keep(store, [group("bad", range(1, 5001)), group("good", [1])])
    (part,) = kept.refused
    assert part.item.group.t == list(range(1, 5001))
    assert store.rows() == {("good", 1)}
    assert kept.calls < 300


def test_a_store_that_refuses_everything_is_asked_a_bounded_number_of_times():
    store = PickyReadings(lambda point, at: True)
    groups = [group(f"p{number}", range(1, 21)) for number in range(2000)]
    kept = keep(store, groups)
    assert len(refused_rows(kept)) == 2000 * 20
    assert kept.calls < 2 * 2000 + 100


def test_many_bad_groups_with_many_rows_take_no_good_group_with_them():
    store = PickyReadings(lambda point, at: point.startswith("bad"), stores_the_rest=True)
    groups = [group(f"bad{n}" if n % 10 == 0 else f"good{n}", range(1, 31)) for n in range(1500)]
    kept = keep(store, groups)
    assert {part.item.group.point for part in kept.refused} == {f"bad{n}" for n in range(0, 1500, 10)}
    assert len(store.rows()) == 1350 * 30
    assert kept.calls < 2100


def test_calls_that_are_left_find_the_bad_row_of_each_bad_group():
    store = PickyReadings(lambda point, at: point.startswith("bad") and at == 7)
    kept = keep(store, [group(f"bad{n}" if n % 10 == 0 else f"good{n}", range(1, 31)) for n in range(300)])
    assert refused_rows(kept) == {(f"bad{n}", 7) for n in range(0, 300, 10)}


@pytest.mark.parametrize("error", [StoreError("gone"), StoreAccessError("who are you")])
def test_a_store_that_fails_in_the_middle_of_the_search_is_not_a_refusal(error):
    class Failing(PickyReadings):
        def write(self, groups):
            if self.calls == 3:
                raise error
            super().write(groups)

    with pytest.raises(type(error)):
        keep(Failing(lambda point, at: point == "p7"), [group(f"p{number}", [1]) for number in range(16)])


def test_gauges_before_the_retention_are_too_old_and_all_else_is_stored():
    store = PickyReadings(gauges_since=50)
    kept = keep(store, [group("a", [10, 40, 60]), group("b", [55, 70]), group("c", [49, 50])])
    assert too_old_rows(kept) == {("a", 10), ("a", 40), ("c", 49)}
    assert store.rows() == {("a", 60), ("b", 55), ("b", 70), ("c", 50)}
    assert kept.refused == []


def test_counters_that_are_kept_longer_are_no_loss():
    store = PickyReadings(gauges_since=50)
    kept = keep(store, [group("a", [10, 60]), group("c", [20, 60], quantities=(COUNTER,))])
    assert too_old_rows(kept) == {("a", 10)}
    assert ("c", 20) in store.rows()


def test_a_lot_that_is_too_old_altogether_is_found_out_with_few_calls():
    store = PickyReadings(gauges_since=10**9)
    kept = keep(store, [group(f"p{number}", range(1, 101)) for number in range(100)])
    assert len(too_old_rows(kept)) == 100 * 100
    assert kept.calls < 20


def test_bad_rows_and_old_rows_in_one_lot_are_told_apart():
    store = PickyReadings(lambda point, at: (point, at) == ("b", 70), gauges_since=50)
    kept = keep(store, [group("a", [10, 60]), group("b", [55, 70]), group("c", [80])])
    assert (refused_rows(kept), too_old_rows(kept)) == ({("b", 70)}, {("a", 10)})
    assert store.rows() == {("a", 60), ("b", 55), ("c", 80)}


def test_a_bad_row_in_a_group_with_old_rows_takes_no_good_row_with_it():
    store = PickyReadings(lambda point, at: at == 70, gauges_since=50)
    kept = keep(store, [group("a", [10, 20, 55, 60, 70, 80])])
    assert refused_rows(kept) == {("a", 70)}
    assert too_old_rows(kept) == {("a", 10), ("a", 20)}
    assert store.rows() == {("a", 55), ("a", 60), ("a", 80)}


@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=8),
    bad=st.sets(st.tuples(st.integers(0, 7), st.integers(1, 12)), max_size=6),
    gauges_since=st.integers(0, 14),
    stores_the_rest=st.booleans(),
)
def test_every_row_is_stored_or_named(sizes, bad, gauges_since, stores_the_rest):
    def is_bad(point, at):
        return (int(point[1:]), at) in bad

    store = PickyReadings(is_bad, gauges_since=gauges_since, stores_the_rest=stores_the_rest)
    groups = [group(f"p{number}", range(1, size + 1)) for number, size in enumerate(sizes)]
    kept = keep(store, groups)
    rows = {(f"p{number}", at) for number, size in enumerate(sizes) for at in range(1, size + 1)}
    assert refused_rows(kept) == {(point, at) for point, at in rows if is_bad(point, at)}
    assert too_old_rows(kept) == {(point, at) for point, at in rows if at < gauges_since and not is_bad(point, at)}
    assert store.rows() == rows - refused_rows(kept) - too_old_rows(kept)


@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=8),
    bad=st.sets(st.tuples(st.integers(0, 7), st.integers(1, 12)), max_size=6),
    gauges_since=st.integers(0, 14),
)
def test_a_store_that_speaks_of_age_before_it_speaks_of_bad_rows_hides_none(sizes, bad, gauges_since):
    def is_bad(point, at):
        return (int(point[1:]), at) in bad

    store = PickyReadings(is_bad, gauges_since=gauges_since, old_first=True)
    groups = [group(f"p{number}", range(1, size + 1)) for number, size in enumerate(sizes)]
    kept = keep(store, groups)
    rows = {(f"p{number}", at) for number, size in enumerate(sizes) for at in range(1, size + 1)}
    good = {(point, at) for point, at in rows if at >= gauges_since and not is_bad(point, at)}
    assert store.rows() == good
    assert refused_rows(kept) | too_old_rows(kept) == rows - good


def test_a_part_of_a_group_keeps_registers_and_quality_with_their_rows():
    whole = group("a", [1, 2, 3], quantities=("power_active_kw", COUNTER))
    whole.group.q.append((2, 0, "bad", "sentinel"))
    part = rows_of(whole, [0, 2]).group
    assert (part.t, part.raw, part.q) == ([1, 3], {COUNTER: [1, 3]}, [(1, 0, "bad", "sentinel")])
    MemoryReadings().write([rows_of(whole, [0, 2])])
