"""What every readings store does, the fake included."""

import math

import pytest
from contract.readings_samples import KW, KWH, group, plain, query

from meterproof_core.storage import PointExtent


def read(stores, *args, **kwargs):
    return plain(stores.readings.read(query(*args, **kwargs)))


# ---------------------------------------------------------------- nothing, little, all


def test_a_point_that_was_never_seen_reads_as_empty_columns_of_what_was_asked(stores):
    assert read(stores) == {"t": [], "values": {KWH: [], KW: []}, "raw": {}, "flags": [], "config": [], "batch": []}
    assert read(stores, 5, 6, KW, neighbours=3)["t"] == []
    assert list(stores.readings.extents("works")) == []


def test_writing_nothing_stores_nothing(stores):
    stores.readings.write([])
    stores.readings.write([group([], {KW: []})])
    assert read(stores)["t"] == []
    assert list(stores.readings.extents("works")) == []


def test_what_is_written_is_read_back(stores):
    stores.readings.write([group([1000, 2000], {KWH: [1.5, 2.5], KW: [10.0, 11.0]}, raw={KWH: [1500, 2500]})])
    assert read(stores) == {
        "t": [1000, 2000],
        "values": {KWH: [1.5, 2.5], KW: [10.0, 11.0]},
        "raw": {KWH: [1500, 2500]},
        "flags": [],
        "config": ["c1", "c1"],
        "batch": [("s1", 1), ("s1", 1)],
    }


def test_only_the_quantities_asked_for_come_back_and_one_never_seen_is_missing_everywhere(stores):
    stores.readings.write([group([1000], {KWH: [1.5], KW: [10.0]}, raw={KWH: [1500]})])
    assert read(stores, 0, 9999, KW, "flow_m3_h") == {
        "t": [1000],
        "values": {KW: [10.0], "flow_m3_h": [None]},
        "raw": {},
        "flags": [],
        "config": ["c1"],
        "batch": [("s1", 1)],
    }


def test_a_missing_value_is_nan_and_never_zero(stores):
    stores.readings.write([group([1000, 2000], {KW: [None, 0.0]}, q=[(0, KW, "missing", "timeout")])])
    missing, zero = stores.readings.read(query(0, 9999, KW)).values[KW]
    assert math.isnan(missing)
    assert zero == 0.0


def test_an_instant_at_which_everything_is_missing_is_still_a_row(stores):
    stores.readings.write([group([1000], {KW: [None]}, q=[(0, KW, "missing", "timeout")])])
    assert read(stores, 0, 9999, KW)["flags"] == [(0, KW, "missing", "timeout")]
    assert stores.readings.extents("works")[0].rows == 1


def test_points_and_plants_are_kept_apart(stores):
    stores.readings.write(
        [
            group([1000], {KW: [1.0]}, point="boiler"),
            group([1000], {KW: [2.0]}, point="chiller"),
            group([1000], {KW: [3.0]}, point="boiler", plant="mill"),
        ]
    )
    assert read(stores, 0, 9999, KW)["values"][KW] == [1.0]
    assert read(stores, 0, 9999, KW, point="chiller")["values"][KW] == [2.0]
    assert read(stores, 0, 9999, KW, plant="mill")["values"][KW] == [3.0]


def test_extents_say_what_is_held_of_each_point_sorted_by_point(stores):
    stores.readings.write([group([5000, 7000], {KW: [1.0, 2.0]}), group([1000], {KW: [1.0]}, point="air")])
    stores.readings.write([group([3000], {KWH: [1.0]}), group([1], {KW: [1.0]}, plant="mill")])
    assert list(stores.readings.extents("works")) == [
        PointExtent("works", "air", 1000, 1000, 1),
        PointExtent("works", "boiler", 3000, 7000, 3),
    ]
    assert [(each.plant, each.point) for each in stores.readings.extents()] == [
        ("mill", "boiler"),
        ("works", "air"),
        ("works", "boiler"),
    ]


@pytest.mark.parametrize("name", ["seq", "point", "t_ms", "select", "rowid", "a__i", "a__v", "k", "u", "incoming"])
def test_a_quantity_may_have_any_name_that_the_wire_allows(stores, name):
    stores.readings.write([group([1000], {name: [1.0], "a": [2.0]}, raw={name: [7], "a": [8]})])
    stores.readings.write([group([1000], {name: [3.0]}, raw={name: [2.5]})])
    answer = read(stores, 0, 9999, name, "a")
    assert answer["values"] == {name: [3.0], "a": [2.0]}
    assert answer["raw"] == {name: [2.5], "a": [8]}


# ---------------------------------------------------------------- periods and neighbours


def at(*instants, **kwargs):
    return group(list(instants), {KW: [float(t) for t in instants]}, **kwargs)


def test_a_period_holds_its_start_and_not_its_end(stores):
    stores.readings.write([at(1000, 2000, 3000)])
    assert read(stores, 1000, 3000, KW)["t"] == [1000, 2000]
    assert read(stores, 1001, 3001, KW)["t"] == [2000, 3000]
    assert read(stores, 2000, 2000, KW)["t"] == []


def test_readings_come_in_rising_time_in_whatever_order_they_were_written(stores):
    for t in (3000, 1000, 2000):
        stores.readings.write([at(t)])
    stores.readings.write([at(500), at(2500), at(700)])
    assert read(stores, 0, 9999, KW)["values"][KW] == [500.0, 700.0, 1000.0, 2000.0, 2500.0, 3000.0]


@pytest.mark.parametrize(
    ("start", "end", "neighbours", "expected"),
    [
        (3000, 4000, 0, [3000]),
        (3000, 4000, 1, [2000, 3000, 4000]),
        (3000, 4000, 2, [1000, 2000, 3000, 4000, 90000]),
        (3000, 4000, 9, [1000, 2000, 3000, 4000, 90000, 10**12]),
        (90_000, 90_001, 1, [4000, 90000, 10**12]),
        (3500, 3600, 1, [3000, 4000]),
        (3500, 3600, 2, [2000, 3000, 4000, 90000]),
        (50_000, 60_000, 1, [4000, 90000]),
        (0, 500, 1, [1000]),
        (0, 1000, 2, [1000, 2000]),
        (10**12, 10**13, 1, [90000, 10**12]),
        (10**13, 10**14, 1, [10**12]),
        (10**13, 10**14, 0, []),
        (3000, 1 << 52, 1, [2000, 3000, 4000, 90000, 10**12]),
        (-(1 << 52), 1001, 1, [1000, 2000]),
        (3000, 3000, 1, [2000, 3000]),
        (4000, 3000, 1, [3000, 4000]),
    ],
)
def test_neighbours_are_the_nearest_samples_on_each_side_however_far(stores, start, end, neighbours, expected):
    stores.readings.write([at(1000, 2000, 3000, 4000, 90_000, 10**12)])
    stores.readings.write([at(3500, point="chiller")])
    assert read(stores, start, end, KW, neighbours=neighbours)["t"] == expected


# ---------------------------------------------------------------- again


def test_a_replay_changes_nothing(stores):
    batch = [
        group(
            [1000, 2000],
            {KWH: [1.5, None], KW: [10.0, 11.0]},
            raw={KWH: [1500, None]},
            q=[(1, KWH, "missing", "timeout"), (0, KW, "bad", "limit")],
        )
    ]
    stores.readings.write(batch)
    once = read(stores)
    for again in (batch, batch * 3):
        stores.readings.write(again)
        assert read(stores) == once
    assert list(stores.readings.extents("works")) == [PointExtent("works", "boiler", 1000, 2000, 2)]


def test_the_same_instant_with_other_quantities_becomes_one_row(stores):
    stores.readings.write([group([1000], {KWH: [1.5]}, raw={KWH: [1500]})])
    stores.readings.write([group([1000], {KW: [10.0]})])
    answer = read(stores)
    assert (answer["t"], answer["values"]) == ([1000], {KWH: [1.5], KW: [10.0]})
    assert answer["raw"] == {KWH: [1500]}


def test_the_last_write_wins(stores):
    stores.readings.write([group([1000], {KWH: [1.5]}, raw={KWH: [1500]}, config="c1")])
    stores.readings.write([group([1000], {KWH: [1.75]}, raw={KWH: [1750]}, config="c2", stream="s2", seq=7)])
    answer = read(stores, 0, 9999, KWH)
    assert (answer["values"][KWH], answer["raw"][KWH], answer["config"]) == ([1.75], [1750], ["c2"])
    assert answer["batch"] == [("s2", 7)]


@pytest.mark.parametrize("nothing", [None, math.nan])
def test_a_missing_value_never_wipes_a_stored_one(stores, nothing):
    stores.readings.write([group([1000], {KWH: [1.5]}, raw={KWH: [1500]})])
    missing = group([1000], {KWH: [nothing]}, raw={KWH: [None]}, q=[(0, KWH, "missing", "timeout")])
    stores.readings.write([missing])
    answer = read(stores, 0, 9999, KWH)
    assert (answer["values"][KWH], answer["raw"][KWH], answer["flags"]) == ([1.5], [1500], [])


def test_within_one_write_the_last_of_equal_instants_wins_and_the_others_add_what_it_lacks(stores):
    stores.readings.write(
        [
            group([1000, 2000], {KWH: [1.0, 2.0], KW: [5.0, 6.0]}),
            group([2000, 3000], {KWH: [2.5, 3.0], KW: [None, 7.0]}, q=[(0, KW, "missing", "timeout")]),
        ]
    )
    answer = read(stores)
    assert answer["t"] == [1000, 2000, 3000]
    assert answer["values"] == {KWH: [1.0, 2.5, 3.0], KW: [5.0, 6.0, 7.0]}
    assert answer["flags"] == []


def test_the_order_within_one_write_holds_between_groups_of_different_quantities(stores):
    stores.readings.write(
        [
            group([1000], {KW: [1.0]}),
            group([1000], {KW: [2.0], KWH: [9.0]}),
            group([1000], {KW: [3.0]}),
            group([1000], {KW: [4.0]}, point="chiller"),
            group([1000], {KWH: [5.0], KW: [6.0]}),
        ]
    )
    assert read(stores)["values"] == {KWH: [5.0], KW: [6.0]}
    assert read(stores, point="chiller")["values"] == {KWH: [None], KW: [4.0]}


def test_the_order_within_one_write_holds_when_quantities_change_to_and_fro(stores):
    stores.readings.write([group([1000], {KW: [0.0], KWH: [0.0]})])
    for number in (2.0, 3.0):
        stores.readings.write(
            [
                group([1000], {KW: [1.0], KWH: [1.0]}),
                group([1000], {KW: [1.5]}),
                group([1000], {KW: [number], KWH: [1.0]}),
            ]
        )
        assert read(stores)["values"] == {KWH: [1.0], KW: [number]}


def test_equal_instants_that_meet_a_stored_one_in_one_write_are_applied_one_after_the_other(stores):
    stores.readings.write([group([1000, 2000, 9000], {KW: [0.0, 0.0, 0.0], KWH: [0.0, 0.0, 0.0]})])
    nothing = [(0, KWH, "missing", "timeout")]
    stores.readings.write(
        [
            group([2000], {KW: [1.0], KWH: [5.0]}),
            group([2000], {KW: [2.0], KWH: [None]}, q=nothing),
            group([3000], {KW: [3.0], KWH: [6.0]}),
            group([3000], {KW: [4.0], KWH: [None]}, q=nothing),
        ]
    )
    answer = read(stores)
    assert (answer["t"], answer["flags"]) == ([1000, 2000, 3000, 9000], [])
    assert answer["values"] == {KW: [0.0, 2.0, 4.0, 0.0], KWH: [0.0, 5.0, 6.0, 0.0]}
    assert stores.readings.extents("works")[0].rows == 4


def test_backfill_behind_live_data_takes_its_place(stores):
    stores.readings.write([at(10_000, 11_000)])
    stores.readings.write([at(1000, 2000), at(12_000)])
    stores.readings.write([at(9000, 10_000, 13_000), at(12_500)])
    assert read(stores, 0, 99_999, KW)["t"] == [1000, 2000, 9000, 10_000, 11_000, 12_000, 12_500, 13_000]
    assert stores.readings.extents("works")[0] == PointExtent("works", "boiler", 1000, 13_000, 8)
