"""What every readings store does with raw registers and quality, the fake included."""

import pytest
from contract.readings_samples import KW, KWH, group, plain, query


def read(stores, *args, **kwargs):
    return plain(stores.readings.read(query(*args, **kwargs)))


# ---------------------------------------------------------------- raw registers


@pytest.mark.parametrize(
    "registers",
    [
        [0, 1, 2],
        [2**53 + 1, 2**53 + 3, 2**63 - 1],
        [-(2**63), -1, 5],
        [2**64 - 1, 0, 2**63],
        [2**63, 2**63 + 1, 2**64 - 1],
        [-1, 2**64 - 1, 0],
        [0.5, 1e300, -2.0],
        [7, 0.5, 8],
        [2**53 + 1, 0.5, 2**64 - 1],
        [None, 2**53 + 1, None],
        [1.5, None, 2**63 - 1],
        [[1, 2.5], 7, None],
    ],
)
def test_raw_registers_come_back_exactly(stores, registers):
    stores.readings.write([group([1, 2, 3], {KWH: [1.0, 2.0, 3.0]}, raw={KWH: registers})])
    expected = [None if isinstance(register, list) else register for register in registers]
    assert read(stores, 0, 9, KWH)["raw"] == {KWH: expected}


@pytest.mark.parametrize("registers", [[None], [[1, 2]]])
def test_a_counter_without_a_plain_register_in_the_rows_has_no_raw_column(stores, registers):
    stores.readings.write([group([1000], {KWH: [1.0]}, raw={KWH: registers})])
    stores.readings.write([group([9000], {KWH: [1.0]}, raw={KWH: [5]})])
    assert read(stores, 0, 2000, KWH)["raw"] == {}


@pytest.mark.parametrize("before", [7, 2**64 - 1, 0.5])
@pytest.mark.parametrize("after", [8, 2**64 - 2, 1.5])
def test_a_register_of_another_type_takes_the_old_ones_place(stores, before, after):
    stores.readings.write([group([1000, 2000], {KWH: [1.0, 1.0]}, raw={KWH: [before, before]})])
    stores.readings.write([group([2000], {KWH: [1.0]}, raw={KWH: [after]})])
    assert read(stores, 0, 9999, KWH)["raw"] == {KWH: [before, after]}


def test_a_register_may_come_later_than_its_value(stores):
    stores.readings.write([group([1000], {KWH: [1.0]})])
    stores.readings.write([group([1000], {KWH: [1.0]}, raw={KWH: [5]})])
    assert read(stores, 0, 9999, KWH)["raw"] == {KWH: [5]}


# ---------------------------------------------------------------- quality


def test_flags_come_back_with_their_rows_for_the_quantities_asked_for(stores):
    stores.readings.write(
        [
            group(
                [1000, 2000, 3000],
                {KWH: [1.0, None, 3.0], KW: [5.0, 6.0, 7.0]},
                q=[(2, KW, "uncertain", 'it said "hm" - ü'), (1, KWH, "missing", "timeout"), (1, KW, "bad", "limit")],
            )
        ]
    )
    assert read(stores)["flags"] == [
        (1, KWH, "missing", "timeout"),
        (1, KW, "bad", "limit"),
        (2, KW, "uncertain", 'it said "hm" - ü'),
    ]
    assert read(stores, 1500, 9999, KW)["flags"] == [(0, KW, "bad", "limit"), (1, KW, "uncertain", 'it said "hm" - ü')]


def test_a_bad_value_stays_and_stays_marked(stores):
    stores.readings.write([group([1000], {KW: [9e9]}, q=[(0, KW, "bad", "limit")])])
    answer = read(stores, 0, 9999, KW)
    assert (answer["values"][KW], answer["flags"]) == ([9e9], [(0, KW, "bad", "limit")])


def test_a_good_value_clears_the_flag_of_the_one_it_replaces_and_no_other(stores):
    marks = [(0, KWH, "missing", "timeout"), (0, KW, "bad", "limit")]
    stores.readings.write([group([1000], {KWH: [None], KW: [9e9]}, q=marks)])
    stores.readings.write([group([1000], {KWH: [1.0]})])
    assert read(stores)["flags"] == [(0, KW, "bad", "limit")]


def test_a_second_reason_for_a_value_that_is_still_missing_replaces_the_first(stores):
    for reason in ("timeout", "unreachable"):
        stores.readings.write([group([1000], {KW: [None]}, q=[(0, KW, "missing", reason)])])
    assert read(stores, 0, 9999, KW)["flags"] == [(0, KW, "missing", "unreachable")]


def test_of_two_flags_of_one_value_the_last_counts(stores):
    stores.readings.write([group([1000], {KW: [1.0]}, q=[(0, KW, "bad", "limit"), (0, KW, "uncertain", "drift")])])
    assert read(stores, 0, 9999, KW)["flags"] == [(0, KW, "uncertain", "drift")]
