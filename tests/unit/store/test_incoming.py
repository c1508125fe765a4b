"""Only what may be there already is looked for; all else is added as it comes."""

import numpy as np

from meterproof_core.storage import PlantGroup
from meterproof_core.wire import Group
from meterproof_store.duckdb_store.incoming import Placed, arrange, passes, rows_of


def placed(point, *instants, names=("a_kw",)):
    group = Group(f"p{point}", list(names), list(instants), [[1.0] * len(instants) for _ in names])
    return Placed(point, 0, PlantGroup("works", "gw1", "s1", 1, "c1", group))


def lots(arranged):
    return [[(each.point, each.item.group.t) for each in lot] for lot in arranged]


def test_samples_later_than_all_that_is_held_are_never_looked_for():
    arranged = arrange([placed(1, 11, 12), placed(2, 5), placed(1, 13)], {1: 10})
    assert lots(arranged.fresh) == [[(1, [11, 12]), (2, [5]), (1, [13])]]
    assert arranged.known_range == []


def test_samples_that_reach_back_are_looked_for_and_so_is_all_that_they_reach_over():
    arranged = arrange([placed(1, 9, 15), placed(1, 12), placed(1, 15), placed(1, 16)], {1: 10})
    assert lots(arranged.fresh) == [[(1, [16])]]
    assert lots(arranged.known_range) == [[(1, [9, 15]), (1, [12]), (1, [15])]]


def test_groups_of_equal_quantities_share_a_lot_and_others_have_their_own():
    arranged = arrange([placed(1, 1), placed(2, 1, names=("a_kw", "b_kw")), placed(3, 1)], {})
    assert lots(arranged.fresh) == [[(1, [1]), (3, [1])], [(2, [1])]]


def test_one_points_lots_keep_their_order_when_its_quantities_change_to_and_fro():
    two = ("a_kw", "b_kw")
    groups = [placed(1, 1), placed(2, 1, names=two), placed(1, 1, names=two), placed(1, 1), placed(2, 1)]
    arranged = arrange(groups, {1: 10, 2: 10})
    flat = [each for lot in lots(arranged.known_range) for each in lot]
    assert len(flat) == 5
    signatures = [tuple(each.item.group.quantities) for lot in arranged.known_range for each in lot if each.point == 1]
    assert signatures == [("a_kw",), two, ("a_kw",)]


def test_a_pass_never_holds_a_point_and_instant_twice_and_keeps_their_order():
    lot = [placed(1, 1, 2), placed(2, 1), placed(1, 2, 3), placed(1, 2)]
    rows = rows_of(lot)
    rows.values["a_kw"][:] = np.arange(len(rows))
    found = [
        list(zip(part.point.tolist(), part.t_ms.tolist(), part.values["a_kw"].tolist(), strict=True))
        for part in passes(rows)
    ]
    assert found == [
        [(1, 1, 0.0), (1, 2, 1.0), (2, 1, 2.0), (1, 3, 4.0)],
        [(1, 2, 3.0)],
        [(1, 2, 5.0)],
    ]
