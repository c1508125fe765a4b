import re
from pathlib import Path

import pytest

from meterproof_core.errors import SettingsError
from meterproof_core.quantities import Kind, quantity
from meterproof_edge.map_library import find_map, load_map, shipped_maps
from meterproof_edge.registers import RegisterType, Trust

MAPS = shipped_maps()
HEAD = """\
id = "own"
version = 1
vendor = "V"
model = "M"
firmware = "not stated"
"""
SOURCES = '[sources]\na = "manual 1, page 2"\nb = "owner/name: path"\n'
FIRST = {"quantity": '"voltage_l1_v"', "function": 3, "address": 10, "type": '"f32"', "unit": '"V"', "sources": '["a"]'}
COUNTER = FIRST | {"quantity": '"energy_import_kwh"', "type": '"u32"', "unit": '"Wh"', "modulus": 2**32}


def row(fields):
    return "  { " + ", ".join(f"{key} = {value}" for key, value in fields.items() if value is not None) + " },\n"


def written(folder, *registers, head=HEAD, sources=SOURCES):
    path = folder / "own.toml"
    path.write_text(head + "registers = [\n" + "".join(map(row, registers)) + "]\n" + sources, encoding="utf-8")
    return path


def refusal(path):
    with pytest.raises(SettingsError) as caught:
        load_map(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


def test_the_four_maps_ship():
    assert list(MAPS) == ["eastron-sdm630", "moxa-iologik-e1210", "schneider-iem3155", "siemens-mag6000"]


@pytest.mark.parametrize("meter_map", MAPS.values(), ids=MAPS)
def test_a_shipped_map_claims_no_more_than_its_sources_give(meter_map):
    for register in meter_map.registers:
        assert register.trust is not Trust.SEEN_ON_HARDWARE
        assert (register.trust is Trust.CROSS_CHECKED) == (len(register.sources) == 2)


@pytest.mark.parametrize("meter_map", MAPS.values(), ids=MAPS)
def test_a_shipped_map_reads_without_ever_writing_and_says_the_step_of_its_counters(meter_map):
    for register in meter_map.registers:
        assert register.function in (3, 4)
        if quantity(register.quantity).kind is Kind.COUNTER:
            assert register.smallest_step > 0


@pytest.mark.parametrize(
    ("map_id", "name", "function", "address", "kind", "unit"),
    [  # typed from the published tables
        ("schneider-iem3155", "energy_import_kwh", 3, 3203, "i64", "Wh"),
        ("schneider-iem3155", "energy_export_kwh", 3, 3207, "i64", "Wh"),
        ("schneider-iem3155", "power_active_kw", 3, 3059, "f32", "kW"),
        ("eastron-sdm630", "power_active_kw", 4, 52, "f32", "W"),
        ("eastron-sdm630", "energy_import_kwh", 4, 72, "f32", "kWh"),
        ("siemens-mag6000", "flow_m3_h", 3, 3002, "f32", "m3/h"),
        ("siemens-mag6000", "volume_m3", 3, 3014, "f64", "m3"),
    ],
)
def test_the_registers_that_matter_most_stand_where_they_are_published(map_id, name, function, address, kind, unit):
    register = next(reg for reg in MAPS[map_id].registers if reg.quantity == name)
    found = (register.function, register.address, register.type, register.unit)
    assert found == (function, address, RegisterType(kind), unit)


def test_units_that_are_set_in_the_device_are_said_to_be():
    assert all(register.unit_as_set for register in MAPS["siemens-mag6000"].registers)


def test_a_map_is_found_by_its_id_or_by_the_path_of_its_file(tmp_path):
    path = written(tmp_path, FIRST)
    assert find_map("eastron-sdm630") == MAPS["eastron-sdm630"]
    assert find_map("own.toml", beside=tmp_path) == find_map(str(path)) == load_map(path)


def test_an_unknown_map_is_refused_with_those_that_there_are():
    with pytest.raises(SettingsError, match=r"map 'sdm' unknown; use eastron-sdm630, moxa-iologik-e1210, schneid"):
        find_map("sdm")


def test_a_file_of_ones_own_is_read_whole(tmp_path):
    meter_map = load_map(written(tmp_path, FIRST, COUNTER | {"address": 20, "scale": 10, "resolution": 1}))
    voltage, energy = meter_map.registers
    assert (voltage.address, voltage.end, voltage.order, voltage.trust) == (10, 12, "ABCD", Trust.DOCUMENTED)
    assert (energy.scale, energy.modulus, energy.smallest_step) == (10.0, 2**32, 1.0)


def test_a_64_bit_counter_needs_no_modulus_and_a_float_one_may_have_that_of_its_display(tmp_path):
    counters = [
        COUNTER | {"type": '"i64"', "modulus": None},
        COUNTER
        | {"quantity": '"energy_export_kwh"', "address": 20, "type": '"f32"', "modulus": 10**6, "resolution": 0.1},
    ]
    assert [register.modulus for register in load_map(written(tmp_path, *counters)).registers] == [None, 10**6]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"quantity": '"voltage_l4_v"'},
            r"^register voltage_l4_v at 10: quantity 'voltage_l4_v' unknown; did you mean voltage_l",
        ),
        ({"type": '"f16"'}, r"register 'voltage_l1_v': type 'f16' unknown; use u16, i16, u32, i32, u64, i64, f32, f64"),
        ({"type": 3}, r"type 3 unknown; use u16"),
        ({"trust": '"certain"'}, r"trust 'certain' unknown; use documented, cross-checked, seen-on-hardware, conflict"),
        ({"order": '"ABDC"'}, r"order 'ABDC' unknown; use ABCD, CDAB, BADC or DCBA"),
        ({"function": 6}, r"function 6 is not accepted; use 3 \(holding registers\) or 4 \(input registers\)"),
        ({"address": '"ten"'}, r"register 'voltage_l1_v': address: 'ten' is not accepted; Expected `int`, got `str`"),
        ({"address": -1}, r"words 0 to 65535 are accepted"),
        ({"address": 65535}, r"f32 ends at 65536; words 0 to 65535 are accepted"),
        ({"unit": '"kV/h"'}, r"^register voltage_l1_v at 10: unit 'kV/h' unknown; for voltage_l1_v use V, kV, MV, mV"),
        ({"unit": '"A"'}, r"unit 'A' measures current; for voltage_l1_v use"),
        ({"scale": 0}, r"scale 0.0 is not accepted; use a finite number other than 0"),
        ({"scale": "inf"}, r"scale inf is not accepted"),
        ({"sources": None}, r"sources are missing; name at least one of a, b"),
        ({"sources": '["c"]'}, r"source 'c' unknown; use a, b"),
        ({"trust": '"cross-checked"'}, r"trust cross-checked with sources \['a'\]; name two, or use documented"),
        ({"trust": '"cross-checked"', "sources": '["a", "a"]'}, r"name two, or use documented"),
        ({"modulus": 100}, r"modulus and resolution belong to counters; voltage_l1_v is a gauge"),
        ({"resolution": 1}, r"modulus and resolution belong to counters"),
        (
            {"addr_ess": 4},
            r"register 'voltage_l1_v': key 'addr_ess' unknown; did you mean address\? accepted: quantity, fun",
        ),
        ({"unit": None}, r"key 'unit' missing; required: quantity, function, address, type, unit"),
    ],
)
def test_a_gauge_that_makes_no_sense_is_refused_with_what_is_accepted(tmp_path, change, message):
    assert re.search(message, refusal(written(tmp_path, FIRST | change)))


def test_an_accepted_register_is_named_with_its_address(tmp_path):
    assert refusal(written(tmp_path, FIRST | {"order": '"ABDC"'})).startswith("register voltage_l1_v at 10: ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"modulus": None}, r"a u32 counter has no modulus; give the count at which it rolls over, 4294967296 at most"),
        ({"modulus": 2**32 + 1}, r"modulus 4294967297 is not accepted; use 2 to 4294967296"),
        ({"modulus": 1}, r"modulus 1 is not accepted"),
        ({"type": '"u64"', "modulus": 2**64}, r"use 2 to 9223372036854775808, or none if it never rolls"),
        ({"type": '"f32"', "modulus": None}, r"a f32 counter has no resolution; give its smallest step \[counts\]"),
        ({"resolution": 0}, r"resolution 0.0 is not accepted; use a number above 0"),
        ({"resolution": "nan"}, r"resolution nan is not accepted"),
        ({"scale": -1}, r"scale -1.0 of a counter is negative; use a number above 0"),
    ],
)
def test_a_counter_that_makes_no_sense_is_refused_with_what_is_accepted(tmp_path, change, message):
    assert re.search(message, refusal(written(tmp_path, COUNTER | change)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "own"', 'id = "other"', r"id 'other' is not the file's name; use 'own'"),
        ("version = 1", "version = 0", r"version 0 is not accepted; use 1 or more"),
        ("version = 1", "version = true", r"version: True is not accepted; Expected `int`, got `bool`"),
        ("version = 1", "", r"key 'version' missing"),
        ("version = 1", "version = 1\nmax_registers = 126", r"max_registers 126 is not accepted; use 4 to 125"),
        ("version = 1", "version = 1\nmax_registers = 3", r"max_registers 3 is not accepted; use 4 to 125"),
        ("version = 1", "version = 1\nmin_gap_ms = -1", r"min_gap_ms -1 is negative"),
        ("version = 1", "version =", r"no TOML: Invalid value"),
    ],
)
def test_a_head_that_makes_no_sense_is_refused(tmp_path, old, new, message):
    assert re.search(message, refusal(written(tmp_path, FIRST, head=HEAD.replace(old, new))))


def test_an_id_that_cannot_stand_in_a_topic_is_refused(tmp_path):
    path = tmp_path / "My Meter.toml"
    path.write_text(written(tmp_path, FIRST).read_text().replace('"own"', '"My Meter"'))
    assert re.search(r"id 'My Meter' is not an id; use 1 to 64 of a-z", refusal(path))


@pytest.mark.parametrize("sources", ["[sources]\n", '[sources]\na = " "\n'])
def test_a_map_without_sources_is_refused(tmp_path, sources):
    assert "sources are missing; give at least one manual" in refusal(written(tmp_path, FIRST, sources=sources))


def test_a_map_without_registers_is_refused(tmp_path):
    assert "register list is empty" in refusal(written(tmp_path))


def test_one_quantity_at_two_addresses_is_refused(tmp_path):
    path = written(tmp_path, FIRST, FIRST | {"address": 20})
    assert refusal(path) == "register voltage_l1_v is given at 10 and 20; give it once"


@pytest.mark.parametrize("change", [{"address": 11}, {"type": '"i32"'}, {"order": '"CDAB"'}, {"address": 9}])
def test_registers_that_overlap_as_different_numbers_are_refused(tmp_path, change):
    path = written(tmp_path, FIRST, FIRST | {"quantity": '"voltage_l2_v"'} | change)
    assert "overlaps voltage_l2_v" in refusal(path)


@pytest.mark.parametrize("change", [{}, {"function": 4, "address": 11}, {"address": 12}, {"address": 8}])
def test_registers_that_are_apart_or_the_same_number_are_accepted(tmp_path, change):
    path = written(tmp_path, FIRST, FIRST | {"quantity": '"voltage_l2_v"'} | change)
    assert len(load_map(path).registers) == 2


def test_a_file_that_is_not_there_or_is_no_text_is_refused(tmp_path):
    assert "cannot be read: No such file" in refusal(tmp_path / "own.toml")
    (tmp_path / "own.toml").write_bytes(b"\xff\xfe")
    assert "no TOML" in refusal(tmp_path / "own.toml")


def test_a_list_that_holds_no_tables_is_refused(tmp_path):
    path = Path(tmp_path / "own.toml")
    path.write_text(HEAD + "registers = [1]\n" + SOURCES)
    assert refusal(path) == "registers[0]: 1 is not accepted; Expected `object`, got `int`"
