"""Every shipped map against golden frames that were typed from the published addresses."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from meterproof_edge.decode import BlockDecoder
from meterproof_edge.map_library import shipped_maps
from meterproof_edge.meter_choice import choose_registers
from meterproof_edge.pulse_inputs import PulseInput

CASES = Path(__file__).parents[2] / "cases" / "maps"
MAPS = shipped_maps()
CASE_FILES = sorted(CASES.glob("*/*.toml"))


def exchanges(case):
    for exchange in case["exchange"]:
        request = bytes.fromhex(exchange["request"])
        response = bytes.fromhex("".join(exchange["response"]))
        function, start, count = request[0], int.from_bytes(request[1:3], "big"), int.from_bytes(request[3:5], "big")
        assert response[:2] == bytes([function, 2 * count]), f"typing error in the frame for {exchange['request']}"
        assert len(response) == 2 + 2 * count, f"typing error in the frame for {exchange['request']}"
        words = [int.from_bytes(response[at : at + 2], "big") for at in range(2, len(response), 2)]
        yield function, start, words


def chosen(case, meter_map):
    """Return the registers of the map as the case says that the device is set and wired."""
    pulses = msgspec.convert(case.get("pulses", {}), dict[str, PulseInput])
    return choose_registers(meter_map, None, case.get("units", {}), pulses=pulses)


def decoded_readings(case, meter_map):
    """Return what each register of the map reads as: (value, raw, flag)."""
    readings = {}
    registers = chosen(case, meter_map)
    for function, start, words in exchanges(case):
        held = [r for r in registers if r.function == function and start <= r.address and r.end <= start + len(words)]
        decoder = BlockDecoder(held)
        decoded = decoder.decode(words[decoder.start - start : decoder.start - start + decoder.count])
        flags = {column: reason for column, _, reason in decoded.flags}
        for column, register in enumerate(held):
            raw = decoded.raw.get(register.quantity)
            readings[register.quantity] = (decoded.values[column], raw, flags.get(column))
    return readings


@pytest.mark.parametrize("map_id", MAPS)
def test_every_shipped_map_has_a_case_with_a_reading_for_each_of_its_registers(map_id):
    files = [file for file in CASE_FILES if file.parent.name == map_id]
    assert files, f"map {map_id} has no case; add tests/cases/maps/{map_id}/<case>.toml"
    cases = [tomllib.loads(file.read_text()) for file in files]
    read = {
        (register.function, register.address)
        for case in cases
        for register in chosen(case, MAPS[map_id])
        if register.quantity in case["readings"]
    }
    assert read == {(register.function, register.address) for register in MAPS[map_id].registers}


def test_no_case_belongs_to_a_map_that_does_not_ship():
    assert {file.parent.name for file in CASE_FILES} == set(MAPS)


@pytest.mark.parametrize("map_id", MAPS)
def test_every_map_has_a_case_with_a_large_counter_and_where_there_can_be_one_with_a_value_not_available(map_id):
    cases = [tomllib.loads(file.read_text())["readings"] for file in CASE_FILES if file.parent.name == map_id]
    readings = [reading for case in cases for reading in case.values()]
    can_be_absent = any(reg.sentinels or reg.type.is_float for reg in MAPS[map_id].registers)
    assert any(reading.get("flag") in ("sentinel", "not-finite") for reading in readings) == can_be_absent
    assert any(reading.get("raw", 0) >= 1e8 for reading in readings)


@pytest.mark.parametrize("file", CASE_FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_golden_frames_decode_to_the_readings_of_the_case(file):
    case = tomllib.loads(file.read_text())
    readings = decoded_readings(case, MAPS[file.parent.name])
    assert readings.keys() == case["readings"].keys()
    for name, expected in case["readings"].items():
        value, raw, flag = readings[name]
        assert flag == expected.get("flag"), name
        assert raw == expected.get("raw"), name
        if "value" in expected:
            assert value == pytest.approx(expected["value"], abs=expected.get("within", 0), rel=1e-15), name
        else:
            assert value is None, name
