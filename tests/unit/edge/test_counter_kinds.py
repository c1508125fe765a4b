"""Pulse inputs and interval meters: what a map may say of them, what the settings must, and what a meter then shows."""

import re
from pathlib import Path

import pytest

from meterproof_core.clock import ManualClock
from meterproof_core.errors import SettingsError
from meterproof_core.wire import CounterKind, CounterSpec
from meterproof_edge.cli_simulate import _as_set
from meterproof_edge.map_library import load_map, shipped_maps
from meterproof_edge.registers import Register, RegisterMap, RegisterType
from meterproof_edge.settings import make_settings, point_configs
from meterproof_edge.simulator.meter import SimulatedMeter
from meterproof_edge.simulator.waveforms import SINCE_MS, Waveforms

QUARTER_S, HOUR_MS = 900, 3_600_000
HEAD = 'id = "own"\nversion = 1\nvendor = "V"\nmodel = "M"\nfirmware = "n"\n'
PULSE = {"quantity": '"pulses"', "kind": '"pulse"', "input": '"0"', "function": 4, "address": 16, "type": '"u32"',
         "unit": '"1"', "modulus": 2**32}  # fmt: skip
DEMAND = {"quantity": '"energy_import_kwh"', "kind": '"interval"', "interval_s": QUARTER_S, "function": 3, "address": 0,
          "type": '"u16"', "unit": '"kWh"', "scale": 0.1}  # fmt: skip
METER = {"point": "gas", "map": "moxa-iologik-e1210", "host": "h", "poll_s": 60, "max_rate_per_h": {"volume_m3": 40}}
GAS = {"input": "3", "unit": "m3", "pulses_per_unit": 100}


def write(folder, *rows):
    def row(fields):
        return "{ " + ", ".join(f"{key} = {value}" for key, value in fields.items() if value is not None) + " }"

    path = folder / "own.toml"
    listed = ", ".join(row(fields | {"sources": '["a"]'}) for fields in rows)
    path.write_text(f'{HEAD}registers = [{listed}]\n[sources]\na = "manual"\n')
    return path


def made(meter, beside=Path("/plant")):
    tables = {"plant": "p", "gateway": "g", "broker": {"url": "mqtt://h"}, "meter": [meter]}
    return make_settings(tables, beside=beside, file="edge.toml")


def refusal(meter, beside=Path("/plant")):
    with pytest.raises(SettingsError) as caught:
        made(meter, beside)
    return str(caught.value)


# ---------------------------------------------------------------- maps


@pytest.mark.parametrize("type_", ["u16", "u32", "u64"])
def test_a_pulse_input_counts_in_whole_unsigned_pulses(tmp_path, type_):
    (register,) = load_map(write(tmp_path, PULSE | {"type": f'"{type_}"', "modulus": 2**16})).registers
    assert (register.kind, register.label, register.smallest_step) == (CounterKind.PULSE, "pulses of input 0", 1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"type": '"i32"'},
            r"a pulse input of type i32, scale 1 and resolution 1 is not accepted; use u16, u32 or u64",
        ),
        ({"scale": 0.1}, r"scale 0.1 and resolution 1 is not accepted"),
        ({"resolution": 2}, r"scale 1 and resolution 2 is not accepted"),
        ({"input": None}, r"register pulses at 16: input is missing; give the name by which the settings choose it"),
        ({"quantity": '"volume_m3"', "unit": '"m3"'}, r"a pulse input counts pulses; what one stands for is said in"),
        ({"modulus": None}, r"a u32 counter has no modulus"),
        ({"kind": '"cumulative"'}, r"input '0' belongs to kind pulse; this one is cumulative"),
        ({"interval_s": 900}, r"interval_s and interval_offset_s belong to kind interval; this one is pulse"),
        ({"interval_offset_s": 1}, r"interval_s and interval_offset_s belong to kind interval; this one is pulse"),
        ({"kind": '"electric"'}, r"kind 'electric' unknown; use cumulative, interval, pulse"),
        ({"quantity": '"frequency_hz"', "unit": '"Hz"', "modulus": None}, r"kind pulse belongs to counters"),
    ],
)
def test_a_pulse_input_that_makes_no_sense_is_refused_with_what_is_accepted(tmp_path, change, message):
    with pytest.raises(SettingsError, match=message):
        load_map(write(tmp_path, PULSE | change))


def test_an_input_stands_at_one_address_only(tmp_path):
    with pytest.raises(SettingsError, match="register pulses of input 0 is given at 16 and 18; give it once"):
        load_map(write(tmp_path, PULSE, PULSE | {"address": 18}))


def test_an_interval_meter_needs_no_modulus_and_says_its_interval(tmp_path):
    (register,) = load_map(write(tmp_path, DEMAND | {"interval_s": 3600, "interval_offset_s": 1800})).registers
    assert (register.interval_ms, register.interval_offset_ms) == (HOUR_MS, HOUR_MS // 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"interval_s": None}, r"interval_s None is not accepted; give the length of the meter's interval, 1 to 86400"),
        ({"interval_s": 0.5}, r"interval_s 0.5 is not accepted"),
        ({"interval_s": 86401}, r"interval_s 86401.0 is not accepted"),
        ({"interval_s": "nan"}, r"interval_s nan is not accepted"),
        ({"interval_offset_s": -1}, r"interval_offset_s -1.0 is not accepted; use 0 or more and less than interval_s"),
        ({"interval_offset_s": 900}, r"interval_offset_s 900.0 is not accepted"),
        ({"modulus": 1000}, r"modulus 1000 of a finished interval; leave it out"),
        ({"quantity": '"frequency_hz"', "unit": '"Hz"'}, r"kind interval belongs to counters; frequency_hz is a gauge"),
    ],
)
def test_an_interval_meter_that_makes_no_sense_is_refused_with_what_is_accepted(tmp_path, change, message):
    with pytest.raises(SettingsError, match=message):
        load_map(write(tmp_path, DEMAND | change))


def test_the_counters_of_the_pulse_inputs_stand_where_they_are_published():
    inputs = shipped_maps()["moxa-iologik-e1210"].registers
    assert [(one.input, one.function, one.address, one.type) for one in inputs] == [
        (str(n), 4, 16 + 2 * n, RegisterType.U32) for n in range(16)
    ]


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize("weight", [{"pulses_per_unit": 100}, {"pulses_per_unit": None, "unit_per_pulse": 0.01}])
def test_the_settings_say_what_the_pulses_of_an_input_stand_for(weight):
    given = {key: value for key, value in (GAS | weight).items() if value is not None}
    settings = made(METER | {"pulses": {"volume_m3": given}, "serial": "G4-0815"})
    (register,) = settings.meters[0].registers
    assert (register.quantity, register.address, register.unit) == ("volume_m3", 22, "m3")
    (config,) = point_configs(settings)
    assert config.counters == {
        "volume_m3": CounterSpec("u32", 0.01, 2**32, 1.0, 40.0, CounterKind.PULSE, serial="G4-0815")
    }
    assert config.units == {"volume_m3": "m3"}


def test_one_point_may_take_several_inputs_and_choose_among_them():
    wired = {"volume_m3": GAS, "heat_kwh": {"input": "0", "unit": "MWh", "unit_per_pulse": 0.01}}
    rates = {"volume_m3": 40, "heat_kwh": 400}
    both = made(METER | {"pulses": wired, "max_rate_per_h": rates}).meters[0].registers
    assert [(one.quantity, one.address, one.scale) for one in both] == [("volume_m3", 22, 0.01), ("heat_kwh", 16, 0.01)]
    one = made(METER | {"pulses": wired, "quantities": ["volume_m3"]}).meters[0].registers
    assert [register.quantity for register in one] == ["volume_m3"]


@pytest.mark.parametrize(
    ("pulses", "message"),
    [
        (None, r"meter 'gas': map moxa-iologik-e1210 has pulse inputs only; say what they count, for example pulses ="),
        ({"volume_m3": GAS | {"input": "16"}}, r"pulses: volume_m3: input '16' unknown; accepted: 0, 1, 2, 3"),
        ({"volume_m3": GAS | {"unit": "kWh"}}, r"pulses: volume_m3: unit 'kWh' measures energy; for volume_m3 use m3"),
        ({"flow_m3_h": GAS}, r"pulses: flow_m3_h: pulses add up to a counter; this is a gauge"),
        ({"volume": GAS}, r"pulses: volume: quantity 'volume' unknown; did you mean volume_m3"),
        ({"volume_m3": {"input": "3", "unit": "m3"}}, r"0 weights are given; give either pulses_per_unit or unit_per"),
        ({"volume_m3": GAS | {"unit_per_pulse": 1}}, r"2 weights are given; give either"),
        ({"volume_m3": GAS | {"pulses_per_unit": 0}}, r"weight 0.0 is not accepted; use a number above 0"),
        ({"volume_m3": GAS | {"pulses_per_unit": float("inf")}}, r"weight inf is not accepted"),
        (
            {"volume_m3": GAS, "volume_2_m3": GAS},
            r"pulses: input '3' is given to volume_m3 and volume_2_m3; use it onc",
        ),
        ({"volume_m3": GAS | {"weight": 1}}, r"is not accepted; Object contains unknown field `weight`"),
    ],
)
def test_inputs_that_make_no_sense_are_refused_with_what_is_accepted(pulses, message):
    meter = METER if pulses is None else METER | {"pulses": pulses}
    assert re.search(message, refusal(meter))


def test_a_model_without_pulse_inputs_takes_none():
    meter = METER | {"map": "siemens-mag6000", "pulses": {"volume_m3": GAS}}
    assert "input '3' unknown; accepted: none, for this model has no pulse input" in refusal(meter)


def test_an_input_cannot_take_the_name_of_a_register_of_the_same_model(tmp_path):
    write(tmp_path, PULSE, DEMAND)
    energy = {"input": "0", "unit": "kWh", "pulses_per_unit": 1}
    meter = METER | {
        "map": "own.toml",
        "pulses": {"energy_import_kwh": energy},
        "max_power_kw": 1,
        "max_rate_per_h": {},
    }
    assert "pulses: energy_import_kwh is a register of map own already; use another point" in refusal(meter, tmp_path)


def test_a_register_that_could_roll_over_unseen_is_refused_with_the_period_that_is_enough(tmp_path):
    write(tmp_path, PULSE | {"type": '"u16"', "modulus": 2**16})
    # 2000 m3/h at 100 pulses/m3 are 55.6 pulses/s: half of a tenth of 65,536 pulses in 58.98 s
    meter = METER | {
        "map": "own.toml",
        "pulses": {"volume_m3": GAS | {"input": "0"}},
        "max_rate_per_h": {"volume_m3": 2000},
    }
    assert (
        "poll_s 60.0 is too long for volume_m3, a register that rolls over at 65536 and may rise by 2000 m3/h; "
        "use 59 or less [s]"
    ) in refusal(meter, tmp_path)
    assert made(meter | {"poll_s": 58}, tmp_path).meters[0].poll_ms == 58_000


def test_a_finished_interval_that_could_go_by_unread_is_refused(tmp_path):
    write(tmp_path, DEMAND)
    meter = METER | {"map": "own.toml", "poll_s": 361, "max_power_kw": 100, "max_rate_per_h": {}}
    assert "poll_s 361.0 is too long for energy_import_kwh, a finished interval of 900 s; use 360 or less" in refusal(
        meter, tmp_path
    )
    (config,) = point_configs(made(meter | {"poll_s": 360}, tmp_path))
    assert config.counters["energy_import_kwh"] == CounterSpec(
        "u16", 0.1, None, 1.0, 100.0, CounterKind.INTERVAL, QUARTER_S * 1000
    )


# ---------------------------------------------------------------- the simulator


def simulated(*registers):
    meter_map = RegisterMap(
        id="m", version=1, vendor="V", model="M", firmware="n", sources={"a": "b"}, registers=registers
    )
    clock = ManualClock(SINCE_MS)
    return SimulatedMeter(meter_map, Waveforms(), clock), clock


def test_a_simulated_interval_meter_shows_the_last_finished_interval_until_the_next_one():
    demand = Register(
        quantity="energy_import_kwh", function=3, address=0, type=RegisterType.U16, unit="Wh", kind=CounterKind.INTERVAL,
        interval_s=QUARTER_S, interval_offset_s=60,
    )  # fmt: skip
    meter, _ = simulated(demand)
    end = SINCE_MS + 10 * HOUR_MS + 60_000
    counted = meter.amount_between("energy_import_kwh", end - QUARTER_S * 1000, end)
    assert meter.raw_at("energy_import_kwh", end) == int(counted * 1000)
    assert meter.raw_at("energy_import_kwh", end + QUARTER_S * 1000 - 1) == int(counted * 1000)
    assert meter.raw_at("energy_import_kwh", end + QUARTER_S * 1000) != int(counted * 1000)


def test_a_simulated_pulse_input_forgets_its_count_when_the_device_loses_power_and_a_meter_does_not():
    volume = Register(
        quantity="volume_m3",
        function=4,
        address=0,
        type=RegisterType.U32,
        unit="m3",
        scale=0.01,
        kind=CounterKind.PULSE,
    )
    energy = Register(quantity="energy_import_kwh", function=4, address=2, type=RegisterType.U64, unit="Wh")
    meter, clock = simulated(volume, energy)
    lost = SINCE_MS + 100 * HOUR_MS
    before = [meter.raw_at(name, lost - 1) for name in ("volume_m3", "energy_import_kwh")]
    clock.move_to(lost + HOUR_MS)
    shown = meter.read(4, 0, 2)
    meter.lose_power(lost)
    since = int(meter.amount_between("volume_m3", lost, lost + HOUR_MS) * 100)
    assert meter.raw_at("volume_m3", lost - 1) == before[0] > since > 0
    assert meter.raw_at("volume_m3", lost) == 0
    assert meter.raw_at("volume_m3", lost + HOUR_MS) == since
    assert meter.read(4, 0, 2) == (0, since) != shown
    assert meter.raw_at("energy_import_kwh", lost + HOUR_MS) > before[1]


def test_a_meter_is_simulated_as_its_inputs_are_wired():
    meter = made(METER | {"pulses": {"volume_m3": GAS}}).meters[0]
    named = {(register.quantity, register.address) for register in _as_set(meter).registers}
    assert ("volume_m3", 22) in named
    assert ("pulses", 22) not in named
    assert len(named) == 16
