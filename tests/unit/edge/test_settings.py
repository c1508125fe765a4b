import re
from copy import deepcopy
from pathlib import Path

import pytest

from meterproof_core.broker_address import BrokerAddress
from meterproof_core.errors import SettingsError
from meterproof_core.wire import CounterSpec, PointConfig, config_digest
from meterproof_edge.settings import load_settings, make_settings, point_configs

FILE = """\
plant = "kr-gwangyang-steel"
gateway = "gateway-1"
[broker]
url = "mqtt://127.0.0.1:1884"
user = "gateway-1"
password_file = "secrets/broker"
[spool]
path = "spool/edge.db"
max_mib = 64
[[meter]]
point = "main-incomer"
map = "schneider-iem3155"
host = "10.0.0.7"
port = 1502
unit_id = 3
poll_s = 300
offset_s = 137
quantities = ["energy_import_kwh", "power_active_kw"]
max_power_kw = 2000
timeout_s = 1.5
[[meter]]
point = "cooling-water"
map = "siemens-mag6000"
host = "10.0.0.8"
poll_s = 0.5
units = { flow_m3_h = "l/s", volume_m3 = "m3", volume_2_m3 = "l" }
max_rate_per_h = { volume_m3 = 50, volume_2_m3 = 50.5 }
"""
METER = {"point": "p", "map": "schneider-iem3155", "host": "h", "poll_s": 60, "max_power_kw": 100}
TABLES = {"plant": "p", "gateway": "g", "broker": {"url": "mqtt://h"}, "meter": [METER]}


def made(tables):
    return make_settings(tables, beside=Path("/plant"), file="edge.toml")


def meter_with(**changes):
    return made(TABLES | {"meter": [METER | changes]}).meters[0]


def refusal(tables):
    before = deepcopy(tables)
    with pytest.raises(SettingsError) as caught:
        made(tables)
    assert tables == before
    text = str(caught.value)
    assert text.startswith("edge.toml: ")
    return text.removeprefix("edge.toml: ")


def test_a_file_becomes_settings_and_its_paths_count_from_it(tmp_path):
    path = tmp_path / "edge.toml"
    path.write_text(FILE, encoding="utf-8")
    settings = load_settings(path)
    assert (settings.plant, settings.gateway) == ("kr-gwangyang-steel", "gateway-1")
    assert settings.broker.address == BrokerAddress("127.0.0.1", 1884)
    assert settings.broker.account.user == "gateway-1"
    assert settings.broker.account.password_file == tmp_path / "secrets" / "broker"
    assert (settings.spool.path, settings.spool.max_mib) == (tmp_path / "spool" / "edge.db", 64)
    incomer, water = settings.meters
    assert (incomer.host, incomer.port, incomer.unit_id, incomer.timeout_s) == ("10.0.0.7", 1502, 3, 1.5)
    assert (incomer.poll_ms, incomer.offset_ms, water.poll_ms, water.offset_ms) == (300_000, 137_000, 500, 0)
    assert [register.unit for register in water.registers] == ["l/s", "m3", "l"]


def test_the_meter_configuration_says_enough_to_recompute_from_raw_registers(tmp_path):
    path = tmp_path / "edge.toml"
    path.write_text(FILE, encoding="utf-8")
    incomer, water = point_configs(load_settings(path))
    energy = CounterSpec(raw_type="i64", scale=0.001, modulus=None, resolution=1.0, max_rate_per_h=2000.0)
    names = ["energy_import_kwh", "power_active_kw"]
    units = {"energy_import_kwh": "Wh", "power_active_kw": "kW"}
    assert incomer == PointConfig("main-incomer", "schneider-iem3155", 1, 300_000, names, {names[0]: energy}, units)
    assert water.counters == {
        "volume_m3": CounterSpec(raw_type="f64", scale=1.0, modulus=None, resolution=0.001, max_rate_per_h=50.0),
        "volume_2_m3": CounterSpec(raw_type="f64", scale=0.001, modulus=None, resolution=0.001, max_rate_per_h=50.5),
    }
    assert len(config_digest([incomer, water])) == 32


def test_what_is_left_out_has_its_default():
    settings = made(TABLES)
    assert (settings.broker.address.port, settings.broker.account) == (1883, None)
    assert settings.spool.path == Path("/plant/edge-spool.db")
    meter = settings.meters[0]
    assert (meter.port, meter.unit_id, meter.offset_ms, meter.timeout_s) == (502, 1, 0, 3.0)
    assert meter.registers == meter.meter_map.registers


def test_the_largest_power_bounds_every_energy_counter_and_a_bound_of_its_own_wins():
    rates = meter_with(max_rate_per_h={"energy_export_kwh": 5}).max_rate_per_h
    assert rates["energy_import_kwh"] == rates["reactive_energy_import_kvarh"] == 100
    assert rates["energy_export_kwh"] == 5
    assert "power_active_kw" not in rates


def test_a_meter_that_is_read_for_gauges_only_needs_no_bound():
    meter = meter_with(quantities=["power_active_kw"], max_power_kw=None)
    assert meter.max_rate_per_h == {}
    assert point_configs(made(TABLES | {"meter": [METER | {"quantities": ["power_active_kw"]}]}))[0].counters == {}


def own_map(folder, *rows):
    head = 'id = "own"\nversion = 1\nvendor = "V"\nmodel = "M"\nfirmware = "n"\n'
    sources = '[sources]\na = "manual"\nb = "another"\n'
    (folder / "own.toml").write_text(head + "registers = [" + ",".join(rows) + "]\n" + sources)


def own_row(name, address, unit, extra=""):
    fields = f'quantity = "{name}", function = 3, address = {address}, type = "f32", unit = "{unit}", sources = ["a"]'
    return f"{{ {fields}{extra} }}"


def test_optional_registers_and_those_in_conflict_are_read_only_when_asked_for(tmp_path):
    own_map(
        tmp_path,
        own_row("voltage_l1_v", 0, "V"),
        own_row("voltage_l2_v", 2, "V", ", optional = true"),
        own_row("frequency_hz", 4, "Hz", ', trust = "conflict"'),
    )
    meter = METER | {"map": "own.toml"}
    quiet = make_settings(TABLES | {"meter": [meter]}, beside=tmp_path, file="edge.toml").meters[0]
    assert [register.quantity for register in quiet.registers] == ["voltage_l1_v"]
    asked = meter | {"quantities": ["frequency_hz", "voltage_l2_v"]}
    loud = make_settings(TABLES | {"meter": [asked]}, beside=tmp_path, file="edge.toml").meters[0]
    assert [register.quantity for register in loud.registers] == ["frequency_hz", "voltage_l2_v"]


def test_a_counter_whose_sources_conflict_is_never_read(tmp_path):
    own_map(tmp_path, own_row("energy_import_kwh", 0, "Wh", ', resolution = 1, trust = "conflict"'))
    meter = METER | {"map": "own.toml", "quantities": ["energy_import_kwh"]}
    with pytest.raises(SettingsError, match="the sources of map own conflict; a counter must not rest on that"):
        make_settings(TABLES | {"meter": [meter]}, beside=tmp_path, file="edge.toml")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"plant": "Gwangyang"}, r"plant 'Gwangyang' is not an id; use 1 to 64 of a-z"),
        ({"gateway": ""}, r"gateway '' is not an id"),
        ({"colour": 1}, r"key 'colour' unknown; accepted: plant, gateway, broker, meter, spool"),
        ({"meters": []}, r"key 'meters' unknown; did you mean meter\?"),
        ({"meter": []}, r"meter list is empty; give at least one \[\[meter\]\]"),
        ({"meter": {}}, r"meter: \{\} is not accepted; Expected `array`, got `object`"),
        ({"meter": [METER, METER]}, r"meter 'p': point 'p' occurs 2 times; use each point once"),
        ({"spool": {"max_mib": 0}}, r"spool: max_mib 0 is not accepted; use 1 or more"),
        ({"spool": {"max_mb": 1}}, r"spool: key 'max_mb' unknown; did you mean max_mib\? accepted: path, max_mib"),
        ({"broker": {}}, r"broker: key 'url' missing; required: url"),
        ({"broker": {"url": 5}}, r"broker: url: 5 is not accepted; Expected `str`, got `int`"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_with_what_is_accepted(change, message):
    assert re.search(message, refusal(TABLES | change))


def test_a_missing_table_is_named():
    assert "key 'broker' missing" in refusal({key: value for key, value in TABLES.items() if key != "broker"})


@pytest.mark.parametrize(
    "url", ["h", "mqttss://h", "http://h:1883", "mqtt://", "mqtt://h:0", "mqtt://h:70000", "mqtt://h/t", "mqtt://h?a=1"]
)
def test_a_broker_that_is_no_mqtt_address_is_refused(url):
    assert "use mqtt://host:port" in refusal(TABLES | {"broker": {"url": url}})


@pytest.mark.parametrize("url", ["mqtt://me:pass/word@h", "mqtt://me:password@h:1883"])
def test_a_password_in_the_brokers_address_is_refused_without_being_shown(url):
    text = refusal(TABLES | {"broker": {"url": url}})
    assert "with the account in user and password_file" in text
    assert "pass/word" not in text
    assert "word@" not in text


@pytest.mark.parametrize("poll_s", [0.1, 440])
def test_the_shortest_and_the_longest_poll_are_accepted(poll_s):
    assert meter_with(poll_s=poll_s).poll_ms == poll_s * 1000


def test_an_account_without_a_password_is_refused():
    broker = {"url": "mqtt://h", "user": "u"}
    assert "user 'u' without password_file; give both or neither" in refusal(TABLES | {"broker": broker})


def test_a_file_of_an_editor_that_marks_its_byte_order_is_read(tmp_path):
    path = tmp_path / "edge.toml"
    path.write_text(FILE, encoding="utf-8-sig")
    assert load_settings(path).gateway == "gateway-1"


def test_a_password_without_an_account_is_refused():
    broker = {"url": "mqtt://h", "password_file": "f"}
    assert "password_file 'f' without user; give both or neither" in refusal(TABLES | {"broker": broker})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"point": "Main Incomer"}, r"meter 'Main Incomer': point 'Main Incomer' is not an id"),
        ({"host": " "}, r"host ' ' is empty"),
        ({"host": 7}, r"meter 'p': host: 7 is not accepted; Expected `str`, got `int`"),
        ({"port": 0}, r"port 0 is not accepted; use 1 to 65535"),
        ({"port": 65536}, r"port 65536 is not accepted"),
        ({"port": "502"}, r"meter 'p': port: '502' is not accepted; Expected `int`, got `str`"),
        ({"unit_id": 256}, r"unit_id 256 is not accepted; use 1 to 247, or 0 or 255"),
        ({"unit_id": -1}, r"unit_id -1 is not accepted"),
        (
            {"poll_s": 0},
            r"poll_s 0.0 is not accepted; use 0.1 to 440 \[s\]: an interval of 15 minutes needs two readings",
        ),
        ({"poll_s": 440.1}, r"poll_s 440.1 is not accepted; use 0.1 to 440 \[s\].* even when one is missed"),
        ({"poll_s": 900}, r"poll_s 900.0 is not accepted"),
        ({"poll_s": float("inf")}, r"poll_s inf is not accepted"),
        ({"poll_s": float("nan")}, r"poll_s nan is not accepted"),
        ({"offset_s": 60}, r"offset_s 60.0 is not accepted; use 0 or more and less than poll_s 60.0"),
        ({"offset_s": -1}, r"offset_s -1.0 is not accepted"),
        ({"timeout_s": 0}, r"timeout_s 0.0 is not accepted; use a number above 0"),
        ({"timeout_s": float("nan")}, r"timeout_s nan is not accepted"),
        (
            {"map": "iem3155"},
            r"map 'iem3155' unknown; use eastron-sdm630, .*siemens-mag6000, or the path",
        ),
        ({"map": "none.toml"}, r"meter 'p': /plant/none.toml: cannot be read"),
        ({"quantities": []}, r"quantities is empty; name at least one"),
        ({"quantities": ["frequency_hz", "frequency_hz"]}, r"quantities: 'frequency_hz' occurs 2 times; name it once"),
        ({"quantities": ["energy_imprt_kwh"]}, r"is not in map schneider-iem3155; use for example energy_import_kwh"),
        ({"quantities": ["zzz"]}, r"'zzz' is not in map schneider-iem3155; use for example current_l1_a, current_l2_a"),
        ({"quantities": [1]}, r"meter 'p': quantities\[0\]: 1 is not accepted"),
        ({"units": {"frequency_hz": "Hz"}}, r"units: frequency_hz is always in Hz on this model; leave it out"),
        ({"units": {"flow": "l/s"}}, r"quantity 'flow' is not in map"),
        (
            {"max_power_kw": None},
            r"energy_import_kwh has no largest plausible rate; give max_power_kw = <kW> or max_rate_",
        ),
        ({"max_power_kw": 0}, r"max_power_kw 0.0 is not accepted; use a number above 0 \[kW\]"),
        ({"max_power_kw": float("inf")}, r"max_power_kw inf is not accepted"),
        ({"max_rate_per_h": {"energy_import_kwh": -1}}, r"max_rate_per_h: energy_import_kwh -1.0 is not .* \[kWh/h\]"),
        (
            {"max_rate_per_h": {"power_active_kw": 1}},
            r"'power_active_kw' is not a counter that is read; accepted: energy",
        ),
        ({"max_rate_per_h": {"energy_import_kwh": "x"}}, r"max_rate_per_h: .*'x'.* is not accepted; Expected `float`"),
        (
            {"quantities": ["frequency_hz"], "max_rate_per_h": {"volume_m3": 1}},
            r"'volume_m3' is not a counter that is read; accepted: nothing, for no counter is read",
        ),
        ({"slave": 1}, r"meter 'p': key 'slave' unknown; accepted: point, map, host"),
    ],
)
def test_a_meter_that_makes_no_sense_is_refused_by_its_point_with_what_is_accepted(change, message):
    meter = {key: value for key, value in (METER | change).items() if value is not None}
    assert re.search(message, refusal(TABLES | {"meter": [meter]}))


def test_a_meter_without_a_name_is_refused_by_its_place():
    meter = {key: value for key, value in METER.items() if key != "point"}
    assert refusal(TABLES | {"meter": [METER, meter]}).startswith("meter[1]: key 'point' missing")


WATER = {"map": "siemens-mag6000", "quantities": ["volume_m3"], "max_rate_per_h": {"volume_m3": 50}}


def test_a_unit_that_is_set_in_the_device_must_be_stated():
    message = r'unit of volume_m3 is a setting of the device; state it: units = \{ volume_m3 = "m3" \}'
    assert re.search(message, refusal(TABLES | {"meter": [METER | WATER]}))


def test_a_stated_unit_must_fit_the_quantity():
    meter = METER | WATER | {"units": {"volume_m3": "kWh"}}
    assert "unit 'kWh' measures energy; for volume_m3 use m3, l" in refusal(TABLES | {"meter": [meter]})


def test_a_volume_is_not_bounded_by_a_power():
    meter = METER | WATER | {"units": {"volume_m3": "m3"}, "max_rate_per_h": {}}
    message = "counter volume_m3 has no largest plausible rate; give max_rate_per_h = { volume_m3 = <m3/h> }"
    assert message in refusal(TABLES | {"meter": [meter]})
