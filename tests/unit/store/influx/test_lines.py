"""Samples as line protocol: what a group becomes, exactly, and what never becomes a line."""

import math
import struct

import numpy as np
import pytest
from contract.readings_samples import KW, KWH, group
from hypothesis import given
from hypothesis import strategies as st

from meterproof_core.errors import StoreRefusedError
from meterproof_store.influx.lines import reading_blocks
from meterproof_store.influx.standing import Standing

SOURCE = '_config="c1",_gateway="gw1",_stream="s1",_seq=1i'


def never_met(field):
    """Nothing of the point is known beforehand."""


def lines(item, standing=None):
    """Return a group's lines by policy."""
    blocks = reading_blocks(item, standing or Standing(never_met))
    return {str(policy): block.split("\n") for policy, block in blocks}


def test_a_group_without_rows_is_no_line():
    assert lines(group([], {KW: []})) == {}


def test_counters_with_their_registers_and_gauges_go_apart():
    item = group([1000, 2000], {KWH: [1.5, 2.5], KW: [10.0, 11.0]}, raw={KWH: [1500, 2500]})
    assert lines(item) == {
        "counters": [
            f"readings,plant=works,point=boiler {SOURCE},{KWH}=1.5,{KWH}__raw_i=1500i 1000",
            f"readings,plant=works,point=boiler {SOURCE},{KWH}=2.5,{KWH}__raw_i=2500i 2000",
        ],
        "gauges": [
            f"readings,plant=works,point=boiler {SOURCE},{KW}=10.0 1000",
            f"readings,plant=works,point=boiler {SOURCE},{KW}=11.0 2000",
        ],
    }


def test_gauges_without_counters_say_that_they_are_alone():
    assert lines(group([1000], {KW: [1.0]})) == {
        "gauges": [f"readings,plant=works,point=boiler {SOURCE},_alone=true,{KW}=1.0 1000"]
    }


@pytest.mark.parametrize("nothing", [None, math.nan])
def test_a_missing_value_is_left_out_and_an_instant_without_any_is_still_a_line(nothing):
    assert lines(group([1000, 2000], {KWH: [nothing, 2.0]}))["counters"] == [
        f"readings,plant=works,point=boiler {SOURCE} 1000",
        f"readings,plant=works,point=boiler {SOURCE},{KWH}=2.0 2000",
    ]


@pytest.mark.parametrize("whole", [5, np.int64(5), np.float64(5.0), 5.0])
@pytest.mark.parametrize("beside", [[], [None]])
def test_a_whole_number_is_a_float_in_a_float_field(whole, beside):
    (line, *_) = lines(group(range(1, 2 + len(beside)), {KWH: [whole, *beside]}))["counters"]
    assert f"{KWH}=5" in line
    assert f"{KWH}=5i" not in line


@pytest.mark.parametrize("endless", [math.inf, -math.inf])
@pytest.mark.parametrize("beside", [[], [None]])
def test_a_value_that_is_not_finite_is_refused_by_name(endless, beside):
    with pytest.raises(StoreRefusedError, match=f"{KWH} -?inf is not finite"):
        lines(group(range(1, 2 + len(beside)), {KWH: [endless, *beside]}))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5), st.booleans())
def test_every_finite_double_keeps_its_bits(values, with_a_gap):
    column = [*values, None] if with_a_gap else values
    found = lines(group(range(1, len(column) + 1), {KWH: column}))["counters"]
    written = [float(line.split(f"{KWH}=")[1].split(" ")[0]) for line in found[: len(values)]]
    assert [struct.pack("d", value) for value in written] == [struct.pack("d", value) for value in values]


@pytest.mark.parametrize("at_ms", [-9_223_372_036_855, 9_223_372_036_854])
def test_an_instant_that_no_count_of_nanoseconds_holds_is_refused(at_ms):
    with pytest.raises(StoreRefusedError, match=f"works/boiler.*{at_ms}.*64 bits in ns"):
        lines(group([at_ms], {KWH: [1.0]}))


@pytest.mark.parametrize("seq", [-1, 2**63])
def test_a_number_of_a_batch_that_no_field_holds_is_refused(seq):
    with pytest.raises(StoreRefusedError, match=f"seq {seq}"):
        lines(group([1], {KWH: [1.0]}, seq=seq))


@pytest.mark.parametrize("name", ["", "a b", "a,b", "a=b", "a\nb", 'a"b', "a\\", "A", "ü", "x" * 65, "a'; DROP"])
@pytest.mark.parametrize("where", ["plant", "point"])
def test_what_is_no_id_never_becomes_a_tag(name, where):
    with pytest.raises(StoreRefusedError, match=f"{where} .* is not an id"):
        lines(group([1], {KWH: [1.0]}, **{where: name}))


@pytest.mark.parametrize("name", ["", "a b", "a=1i,b", "A", "1a", "_a", 'a"'])
def test_what_is_no_name_never_becomes_a_field(name):
    with pytest.raises(StoreRefusedError, match="is not a name"):
        lines(group([1], {name: [1.0]}))


@pytest.mark.parametrize(
    ("config", "written"), [('a"b', 'a\\"b'), ("a\\", "a\\\\"), ("50%d %", "50%d %"), ("ü €", "ü €"), ("", "")]
)
@pytest.mark.parametrize("value", [1.0, None])
def test_a_text_cannot_end_the_field_that_holds_it(config, written, value):
    (line,) = lines(group([1], {KWH: [value]}, config=config))["counters"]
    assert line.startswith(f'readings,plant=works,point=boiler _config="{written}",_gateway=')


@pytest.mark.parametrize("broken", ["a\nb", "a\rb"])
def test_a_text_with_a_line_break_is_refused(broken):
    with pytest.raises(StoreRefusedError, match="line break"):
        lines(group([1], {KWH: [1.0]}, config=broken))


@pytest.mark.parametrize("name", ["plant", "point", "time", "a__raw_i", "x__flag"])
def test_a_quantity_with_the_name_of_something_else_gets_a_field_of_its_own(name):
    (line,) = lines(group([1], {name: [1.0]}))["counters"]
    assert f",{name}__v=1.0 " in line


# ---------------------------------------------------------------- flags


def test_a_flag_names_the_value_of_which_it_speaks():
    (line,) = lines(group([1], {KWH: [9e9]}, q=[(0, KWH, "bad", "limit")]))["counters"]
    assert f'{KWH}=9000000000.0,{KWH}__flag="[\\"bad\\",\\"limit\\",9000000000.0]"' in line
    assert '_quality="{\\"energy_import_kwh\\":[\\"bad\\",\\"limit\\"]}"' in line


def test_a_missing_value_has_its_reason_apart():
    (line,) = lines(group([1], {KWH: [None]}, q=[(0, KWH, "missing", "timeout")]))["counters"]
    assert f'{KWH}__missing="[\\"missing\\",\\"timeout\\"]"' in line
    assert "__flag" not in line


def test_a_flag_of_one_class_leaves_the_other_class_alone():
    found = lines(group([1], {KWH: [1.0], KW: [2.0]}, q=[(0, KW, "bad", "limit")]))
    assert ["_quality" in found["counters"][0], "_quality" in found["gauges"][0]] == [False, True]


@pytest.mark.parametrize(("at_ms", "cleared"), [(999, True), (1000, True), (1001, False)])
def test_a_good_value_clears_a_flag_only_where_one_may_stand(at_ms, cleared):
    standing = Standing(never_met)
    lines(group([1000], {KWH: [9e9]}, q=[(0, KWH, "bad", "limit")]), standing)
    (line,) = lines(group([at_ms], {KWH: [1.0]}), standing)["counters"]
    assert (f'{KWH}__flag=""' in line) is cleared


# ---------------------------------------------------------------- raw registers


@pytest.mark.parametrize(
    ("register", "field"),
    [
        (0, "__raw_i=0i"),
        (-(2**63), f"__raw_i={-(2**63)}i"),
        (2**63 - 1, f"__raw_i={2**63 - 1}i"),
        (2**63, f'__raw_u="{2**63}"'),
        (2**64 - 1, f'__raw_u="{2**64 - 1}"'),
        (1.0, "__raw_f=1.0"),
        (-0.0, "__raw_f=-0.0"),
        ([1, 2.5], '__raw_c="[1,2.5]"'),
    ],
)
@pytest.mark.parametrize("beside", [[], [None]])
def test_a_register_goes_to_the_field_of_its_type(register, field, beside):
    item = group(range(1, 2 + len(beside)), {KWH: [1.0, *beside]}, raw={KWH: [register, *beside]})
    assert lines(item)["counters"][0].endswith(f",{KWH}=1.0,{KWH}{field} 1")


@pytest.mark.parametrize("register", [2**64, -(2**63) - 1, math.inf, math.nan])
def test_a_register_of_more_than_64_bits_is_refused(register):
    with pytest.raises(StoreRefusedError, match="no finite number of 64 bits"):
        lines(group([1], {KWH: [1.0]}, raw={KWH: [register]}))


@pytest.mark.parametrize(("at_ms", "said"), [(1000, True), (1001, False)])
def test_a_register_of_another_type_says_that_it_counts_where_the_other_may_stand(at_ms, said):
    standing = Standing(never_met)
    lines(group([1000], {KWH: [1.0]}, raw={KWH: [7]}), standing)
    (line,) = lines(group([at_ms], {KWH: [1.0]}, raw={KWH: [7.5]}), standing)["counters"]
    assert (f'{KWH}__raw_is="f"' in line) is said
