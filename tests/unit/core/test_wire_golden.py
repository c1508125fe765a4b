"""Messages as they travel, typed by hand: they are only added to, so that an old gateway is understood for ever."""

import hashlib
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from meterproof_core.wire import (
    Batch,
    ClockState,
    CounterKind,
    CounterSpec,
    Group,
    Loss,
    LostRange,
    MessageKind,
    Meters,
    PointConfig,
    Receipt,
    Status,
    config_digest,
    decode,
    encode,
)

GOLDEN = Path(__file__).parent / "golden"
STREAM = "0b7f4c2e9d3a41f6"
DIGEST = "9b2c7e51d04f4a83b6de10c59a7f3e28"
NEW_YEAR_MS = 1_514_764_800_000  # 2018-01-01T00:00:00Z

FURNACE = PointConfig(
    "furnace-1",
    "schneider-iem3155",
    2,
    300_000,
    ["energy_import_kwh", "power_active_kw"],
    {"energy_import_kwh": CounterSpec("i64", 0.001, None, 1.0, 250.5)},
    {"energy_import_kwh": "Wh", "power_active_kw": "kW"},
)
EXPECTED = {
    "readings.two-points": Batch(
        1,
        STREAM,
        4711,
        DIGEST,
        ClockState.SYNCED,
        [
            Group(
                "furnace-1",
                ["energy_import_kwh", "power_active_kw"],
                [NEW_YEAR_MS, NEW_YEAR_MS + 300_000],
                [[1.25, 1.5], [3.0, None]],
                {"energy_import_kwh": [1250, 1500]},
                [(1, 1, "missing", "timeout")],
            ),
            Group("cooling-water", ["volume_m3"], [NEW_YEAR_MS + 250], [[12.5]], {"volume_m3": [12.5]}),
        ],
    ),
    "readings.marked": Batch(
        1,
        "s",
        0,
        "c",
        ClockState.HOLDOVER,
        [
            Group(
                "p",
                ["energy_import_kwh", "temperature_c"],
                [1],
                [[None], [9999.0]],
                {"energy_import_kwh": [[3, 12.5, 7]]},
                [(0, 0, "bad", "sentinel"), (0, 1, "uncertain", "beyond 1800 degC")],
            )
        ],
    ),
    "meters.one-point": Meters(1, "3a924277badb27077520fe056d5d3206", [FURNACE]),
    "meters.counter-kinds": Meters(
        1,
        "60eb5867786e3c92eea400dd48d990ac",
        [
            PointConfig(
                "boiler-gas",
                "moxa-iologik-e1210",
                1,
                60_000,
                ["volume_m3"],
                {"volume_m3": CounterSpec("u32", 0.01, 4294967296, 1.0, 40.0, CounterKind.PULSE, serial="G4-0815")},
                {"volume_m3": "m3"},
            ),
            PointConfig(
                "utility-meter",
                "plant-own-demand",
                1,
                60_000,
                ["energy_import_kwh"],
                {
                    "energy_import_kwh": CounterSpec(
                        "u16", 0.1, None, 1.0, 2000.0, CounterKind.INTERVAL, 3_600_000, 1_800_000
                    )
                },
                {"energy_import_kwh": "kWh"},
            ),
        ],
    ),
    "status.online": Status(1, True, NEW_YEAR_MS, STREAM, "0.1.0", 3),
    "status.will": Status(1, False, NEW_YEAR_MS),
    "loss.full-spool": Loss(
        1, STREAM, 4712, [LostRange("furnace-1", NEW_YEAR_MS, NEW_YEAR_MS + 3_600_000, 12, "spool full")]
    ),
    "receipts.stored-and-rejected": Receipt(
        1,
        STREAM,
        [(4700, 4710), (4712, 4712)],
        [(4711, 4711, "group 'furnace-1': t is empty; send at least one instant")],
    ),
}


def golden(name):
    return (GOLDEN / f"{name}.json").read_bytes().rstrip(b"\n")


def kind(name):
    return MessageKind(name.partition(".")[0])


def test_every_golden_file_is_expected_here_and_every_kind_that_is_read_has_one():
    assert {path.stem for path in GOLDEN.iterdir()} == set(EXPECTED)
    assert {kind(name) for name in EXPECTED} == set(MessageKind) - {MessageKind.ATTEST}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_golden_message_says_what_it_said_when_it_was_typed(name):
    assert decode(kind(name), golden(name)) == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_golden_message_is_encoded_byte_by_byte_as_it_came(name):
    assert encode(decode(kind(name), golden(name))) == golden(name)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_field_of_a_later_time_is_passed_over(name):
    extended = golden(name).replace(b'{"v":1,', b'{"v":1,"later":{"deep":[1,2]},', 1)
    assert decode(kind(name), extended) == EXPECTED[name]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("status.will", b'{"v":1,"online":false,"at_ms":1514764800000}'),
        (
            "readings.two-points",
            golden("readings.two-points").replace(b',"q":[]', b""),
        ),
    ],
)
def test_a_field_with_a_default_may_be_left_out(name, short):
    assert decode(kind(name), short) == EXPECTED[name]


def test_a_register_keeps_its_type_and_all_its_digits():
    def through(register):
        group = Group("p", ["energy_import_kwh"], [1], [[1.0]], {"energy_import_kwh": [register]})
        message = decode(MessageKind.READINGS, encode(Batch(1, "s", 0, "c", ClockState.SYNCED, [group])))
        return message.groups[0].raw["energy_import_kwh"][0]

    for register in (0, 2**53 + 1, 2**64 - 1, -(2**63), 12.5, 7.0, [1, 2.5], None):
        assert (through(register), type(through(register))) == (register, type(register))


# ---------------------------------------------------------------- the digest


def test_the_digest_is_sha_256_over_the_canonical_json_of_the_points():
    points = json.loads(golden("meters.one-point"))["points"]
    canonical = json.dumps(points, separators=(",", ":")).encode()
    assert config_digest([FURNACE]) == hashlib.sha256(canonical).hexdigest()[:32]
    assert config_digest([FURNACE]) == json.loads(golden("meters.one-point"))["config"]


def test_the_digest_of_every_golden_configuration_is_the_one_it_had_when_it_was_typed():
    for name in ("meters.one-point", "meters.counter-kinds"):
        assert config_digest(EXPECTED[name].points) == json.loads(golden(name))["config"]


def test_the_digest_does_not_depend_on_the_order_of_points_and_counters():
    counters = {"b_kwh": FURNACE.counters["energy_import_kwh"], "a_kwh": FURNACE.counters["energy_import_kwh"]}
    one = PointConfig("a", "m", 1, 1000, ["a_kwh"], counters)
    turned = PointConfig("a", "m", 1, 1000, ["a_kwh"], dict(reversed(counters.items())))
    assert config_digest([one, FURNACE]) == config_digest([FURNACE, turned])


def test_the_digest_changes_with_anything_that_makes_values():
    changed = [
        replace(FURNACE, point="furnace-2"),
        replace(FURNACE, map_version=3),
        replace(FURNACE, counters={}),
        replace(FURNACE, counters={"energy_import_kwh": CounterSpec("i64", 0.01, None, 1.0, 250.5)}),
        replace(FURNACE, counters={"energy_import_kwh": CounterSpec("i64", 0.001, None, 1.0, 250.5, serial="77")}),
        replace(
            FURNACE,
            counters={
                "energy_import_kwh": CounterSpec("i64", 0.001, None, 1.0, 250.5, CounterKind.INTERVAL, 900_000),
            },
        ),
        replace(FURNACE, units={"energy_import_kwh": "Wh", "power_active_kw": "W"}),
    ]
    digests = {config_digest([FURNACE]), config_digest([]), *(config_digest([point]) for point in changed)}
    assert len(digests) == 9
