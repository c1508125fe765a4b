import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client.mixin import ModbusClientMixin

from meterproof_core.errors import DataError
from meterproof_edge.decode import BlockDecoder, Reason, count_scale, decode_words, encode_value
from meterproof_edge.registers import WORD_ORDERS, Register, RegisterType

NOT_AVAILABLE_I64 = (-(2**63), 2**63 - 1, -1)

# Typed by hand: bytes as they come on the wire. ABCD is the number's own big-endian form.
GOLDEN = [
    ("u16", "ABCD", "FF FE", 65534),
    ("u16", "CDAB", "FF FE", 65534),  # one word: nothing to turn round
    ("u16", "BADC", "FE FF", 65534),
    ("u16", "DCBA", "FE FF", 65534),
    ("i16", "ABCD", "FF FE", -2),
    ("i16", "DCBA", "FE FF", -2),
    ("u32", "ABCD", "12 34 56 78", 305419896),
    ("u32", "CDAB", "56 78 12 34", 305419896),
    ("u32", "BADC", "34 12 78 56", 305419896),
    ("u32", "DCBA", "78 56 34 12", 305419896),
    ("i32", "ABCD", "80 00 00 00", -2147483648),
    ("i32", "CDAB", "FF FE FF FF", -2),
    ("f32", "ABCD", "43 66 00 00", 230.0),
    ("f32", "CDAB", "00 00 43 66", 230.0),
    ("f32", "BADC", "66 43 00 00", 230.0),
    ("f32", "DCBA", "00 00 66 43", 230.0),
    ("u64", "ABCD", "01 23 45 67 89 AB CD EF", 81985529216486895),
    ("u64", "CDAB", "CD EF 89 AB 45 67 01 23", 81985529216486895),
    ("u64", "BADC", "23 01 67 45 AB 89 EF CD", 81985529216486895),
    ("u64", "DCBA", "EF CD AB 89 67 45 23 01", 81985529216486895),
    ("i64", "ABCD", "FF FF FF FF FF FF FF FE", -2),
    ("i64", "CDAB", "FF FE FF FF FF FF FF FF", -2),
    ("f64", "ABCD", "40 0C 00 00 00 00 00 00", 3.5),
    ("f64", "CDAB", "00 00 00 00 00 00 40 0C", 3.5),
    ("f64", "BADC", "0C 40 00 00 00 00 00 00", 3.5),
    ("f64", "DCBA", "00 00 00 00 00 00 0C 40", 3.5),
]


def words_of(wire):
    data = bytes.fromhex(wire)
    return list(struct.unpack(f">{len(data) // 2}H", data))


def raw_numbers(kind):
    if kind is RegisterType.F64:
        return st.floats()
    if kind is RegisterType.F32:
        return st.floats(width=32)
    bits = 16 * kind.words
    signed = kind.value.startswith("i")
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)


any_type_and_number = st.sampled_from(RegisterType).flatmap(lambda kind: st.tuples(st.just(kind), raw_numbers(kind)))


def same(one, other):
    return one == other or (math.isnan(one) and math.isnan(other))


def import_register(**changes):
    given_ = {
        "quantity": "energy_import_kwh",
        "function": 3,
        "address": 100,
        "type": RegisterType.I64,
        "unit": "Wh",
        "sentinels": NOT_AVAILABLE_I64,
    }
    return Register(**(given_ | changes))


def gauge(quantity, address, unit, kind="f32", **changes):
    return Register(quantity=quantity, function=3, address=address, type=RegisterType(kind), unit=unit, **changes)


@pytest.mark.parametrize(("kind", "order", "wire", "number"), GOLDEN)
def test_bytes_typed_by_hand_decode_to_their_number_and_back(kind, order, wire, number):
    assert decode_words(words_of(wire), RegisterType(kind), order) == number
    assert encode_value(number, RegisterType(kind), order) == words_of(wire)


def test_the_golden_bytes_cover_every_type_and_every_order_of_the_wide_ones():
    covered = {(kind, order) for kind, order, _, _ in GOLDEN}
    assert {kind for kind, _ in covered} == {kind.value for kind in RegisterType}
    assert {(kind, order) for kind in ("u16", "u32", "u64", "f32", "f64") for order in WORD_ORDERS} <= covered


@given(any_type_and_number, st.sampled_from(WORD_ORDERS))
def test_what_is_encoded_decodes_to_the_same_number_in_every_type_and_order(kind_and_number, order):
    kind, number = kind_and_number
    words = encode_value(number, kind, order)
    assert len(words) == kind.words
    assert same(decode_words(words, kind, order), number)


@given(any_type_and_number, st.sampled_from(WORD_ORDERS), st.sampled_from(WORD_ORDERS))
def test_a_wrong_order_of_wide_registers_is_seen_unless_the_bytes_are_alike(kind_and_number, one, other):
    kind, number = kind_and_number
    wire, wrong = encode_value(number, kind, one), encode_value(number, kind, other)
    assert (wire == wrong) == same(decode_words(wrong, kind, one), number)


PYMODBUS_TYPES = {"u": "UINT", "i": "INT", "f": "FLOAT"}


@given(any_type_and_number, st.sampled_from([("ABCD", "big"), ("CDAB", "little")]))
def test_the_orders_that_pymodbus_knows_read_the_same_there(kind_and_number, orders):
    (kind, number), (ours, theirs) = kind_and_number, orders
    named = PYMODBUS_TYPES[kind.value[0]] + kind.value[1:]
    words = encode_value(number, kind, ours)
    data_type = ModbusClientMixin.DATATYPE[named]
    assert same(ModbusClientMixin.convert_from_registers(words, data_type, word_order=theirs), number)


@pytest.mark.parametrize("words", [[], [1], [1, 2, 3]])
def test_a_number_of_words_that_is_not_the_types_is_refused(words):
    with pytest.raises(DataError, match=f"{len(words)} words came; 2 are accepted"):
        decode_words(words, RegisterType.F32, "ABCD")


@pytest.mark.parametrize("word", [-1, 65536, 1.5])
def test_what_is_no_word_is_refused(word):
    with pytest.raises(DataError, match="holds a value that is no word; 0 to 65535 is accepted"):
        decode_words([0, word], RegisterType.F32, "ABCD")


@pytest.mark.parametrize(
    ("kind", "number", "accepted"),
    [
        ("u16", 65536, "whole numbers from 0 to 65535"),
        ("i16", -32769, "whole numbers from -32768 to 32767"),
        ("u64", -1, "whole numbers from 0 to 18446744073709551615"),
        ("i64", 2**63, "whole numbers from -9223372036854775808 to 9223372036854775807"),
        ("u16", 1.5, "whole numbers from 0 to 65535"),
        ("f32", 1e39, "a number up to 3.4e38"),
        ("f64", "12", "numbers"),
    ],
)
def test_a_number_that_the_type_cannot_hold_is_refused_with_what_it_holds(kind, number, accepted):
    with pytest.raises(DataError, match=f"{kind} cannot hold .*; it holds {accepted}"):
        encode_value(number, RegisterType(kind), "ABCD")


def test_a_counts_scale_is_the_decimal_that_the_map_says_and_not_a_float_beside_it():
    assert 0.9 * 0.001 != 9e-4
    assert count_scale(import_register(scale=0.9)) == 9e-4
    assert count_scale(import_register(scale=0.01)) == 1e-5
    assert count_scale(import_register(scale=0.015)) == 1.5e-5  # the nearest binary of 0.015 would give a bit less


def test_a_good_block_gives_values_in_canonical_units_and_the_raw_register_of_each_counter():
    decoder = BlockDecoder([gauge("power_active_kw", 98, "W"), import_register()])
    assert (decoder.start, decoder.count) == (98, 6)
    decoded = decoder.decode(words_of("44 FA 00 00 00 00 00 00 00 0F 42 41"))
    assert decoded.values == (2.0, 1000.001)
    assert decoded.raw == {"energy_import_kwh": 1000001}
    assert decoded.flags == ()


def test_results_come_in_the_order_of_the_registers_and_not_of_their_addresses():
    decoder = BlockDecoder([import_register(), gauge("power_active_kw", 98, "W")])
    assert decoder.decode(words_of("44 FA 00 00 00 00 00 00 00 0F 42 41")).values == (1000.001, 2.0)


def test_words_between_the_registers_are_passed_over():
    decoder = BlockDecoder([gauge("voltage_l1_v", 0, "V"), gauge("voltage_l2_v", 6, "V")])
    assert decoder.decode(words_of("43 66 00 00 DE AD BE EF DE AD BE EF 43 67 00 00")).values == (230.0, 231.0)


def test_two_quantities_may_share_the_words_of_one_number():
    decoder = BlockDecoder([gauge("voltage_l1_v", 4, "V"), gauge("voltage_l2_v", 4, "V")])
    assert decoder.decode(words_of("43 66 00 00")).values == (230.0, 230.0)


@pytest.mark.parametrize("pattern", NOT_AVAILABLE_I64)
def test_a_sentinel_gives_no_value_no_raw_and_a_bad_flag(pattern):
    decoded = BlockDecoder([import_register()]).decode(encode_value(pattern, RegisterType.I64, "ABCD"))
    assert decoded.values == (None,)
    assert decoded.raw == {}
    assert decoded.flags == ((0, "bad", "sentinel"),)


def test_a_sentinel_that_would_pass_as_a_value_is_still_one():
    register = gauge("temperature_c", 0, "degC", "i16", scale=0.01, sentinels=(32767,))  # 327.67 degC is plausible
    assert BlockDecoder([register]).decode([32767]).flags == ((0, "bad", "sentinel"),)
    assert BlockDecoder([register]).decode([32766]).values == (327.66,)


@pytest.mark.parametrize("wire", ["7F C0 00 00", "FF C0 00 00", "7F 80 00 00", "FF 80 00 00"])
def test_nan_and_infinity_give_no_value_and_a_bad_flag(wire):
    decoded = BlockDecoder([gauge("voltage_l1_v", 0, "V")]).decode(words_of(wire))
    assert decoded.values == (None,)
    assert decoded.flags == ((0, "bad", "not-finite"),)


def test_a_number_outside_the_limits_stays_with_its_raw_register_and_is_marked():
    register = import_register(sentinels=())
    decoded = BlockDecoder([register]).decode(encode_value(-5, RegisterType.I64, "ABCD"))
    assert decoded.values == (-0.005,)
    assert decoded.raw == {"energy_import_kwh": -5}
    assert decoded.flags == ((0, "bad", "outside-limits"),)


@pytest.mark.parametrize(("number", "flagged"), [(44.9, True), (45.0, False), (65.0, False), (65.1, True)])
def test_both_limits_are_themselves_accepted(number, flagged):
    decoded = BlockDecoder([gauge("frequency_hz", 0, "Hz", "f64")]).decode(
        encode_value(number, RegisterType.F64, "ABCD")
    )
    assert bool(decoded.flags) is flagged


def test_one_bad_value_leaves_its_neighbours_good():
    registers = [gauge(f"voltage_l{n}_v", 2 * n, "V") for n in (1, 2, 3)]
    decoded = BlockDecoder(registers).decode(words_of("43 66 00 00 7F C0 00 00 43 67 00 00"))
    assert decoded.values == (230.0, None, 231.0)
    assert decoded.flags == ((1, "bad", Reason.NOT_FINITE.value),)


@pytest.mark.parametrize("count", [0, 3, 5])
def test_an_answer_of_another_length_is_refused(count):
    with pytest.raises(DataError, match=f"{count} words came; 4 are accepted"):
        BlockDecoder([import_register()]).decode([0] * count)


@st.composite
def blocks(draw):
    """Draw registers without overlap, their raw numbers, and the words of one answer that holds them."""
    address, registers, raws, words = draw(st.integers(0, 100)), [], [], []
    start = address
    for at in range(draw(st.integers(1, 8))):
        kind, raw = draw(any_type_and_number)
        order = draw(st.sampled_from(WORD_ORDERS))
        gap = draw(st.integers(0, 3)) if at else 0
        words += [draw(st.integers(0, 65535)) for _ in range(gap)] + encode_value(raw, kind, order)
        address += gap
        registers.append(Register(f"power_active_l{at}_kw", 3, address, kind, "W", order=order))
        raws.append(raw)
        address += kind.words
    quantities = ["power_active_kw", "power_active_l1_kw", "power_active_l2_kw", "power_active_l3_kw", "heat_power_kw"]
    quantities += ["energy_import_kwh", "energy_export_kwh", "heat_kwh"]
    named = [
        Register(name, reg.function, reg.address, reg.type, "Wh" if name.endswith("kwh") else "W", order=reg.order)
        for name, reg in zip(quantities, registers, strict=False)
    ]
    return start, draw(st.permutations(list(zip(named, raws, strict=True)))), words


@given(blocks())
def test_a_block_decodes_like_its_registers_one_by_one(block):
    start, pairs, words = block
    registers = [register for register, _ in pairs]
    decoder = BlockDecoder(registers)
    assert (decoder.start, decoder.count) == (start, len(words))
    decoded = decoder.decode(words)
    flags = {column: reason for column, _, reason in decoded.flags}
    for column, (register, raw) in enumerate(pairs):
        alone = BlockDecoder([register]).decode(words[register.address - start : register.end - start])
        assert decoded.values[column] == alone.values[0]
        assert flags.get(column) == (alone.flags[0][2] if alone.flags else None)
        assert decoded.raw.get(register.quantity) == alone.raw.get(register.quantity)
        if math.isfinite(raw):
            assert decoded.values[column] == raw * count_scale(register)
        else:
            assert decoded.values[column] is None
