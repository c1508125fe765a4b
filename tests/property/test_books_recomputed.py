"""After readings out of order, replays and changed configurations, recomputing gives what is stored, bit for bit."""

import msgspec
import numpy as np
import pytest
from book_worlds import KEY, KINDS, PLANT, SPEC, World, meters_of, series_of

from meterproof_collector.ledger.counting import Ports
from meterproof_collector.ledger.recompute import all_readings, put_in_place, recompute
from meterproof_collector.ledger.recompute import series_of as counters_of
from meterproof_collector.ledger.taking_up import whole_point
from meterproof_core.memory import interval_columns, interval_rows
from meterproof_core.storage import PlantGroup, SeriesKey
from meterproof_core.wire import Group
from meterproof_mv.ledger import LedgerRules

SPECS = (
    SPEC,
    msgspec.structs.replace(SPEC, max_rate_per_h=900.0),
    msgspec.structs.replace(SPEC, max_rate_per_h=30.0, resolution=50.0),
    msgspec.structs.replace(SPEC, scale=0.01),
    msgspec.structs.replace(SPEC, modulus=None),
)


def ports_of(world):
    return Ports(world.readings, world.intervals, world.journal)


def check(world, key=KEY):
    return recompute(ports_of(world), world.configurations, key, LedgerRules())


def configured(world, config, spec):
    """Take up a configuration as the runner does."""
    for point in world.configurations.add(PLANT, meters_of(spec, config)):
        world.books.bring_up_to_date(PLANT, point, whole_point(0), world.now_ms)


def played(seed):
    """Return a world whose readings came late, twice and under several configurations."""
    draw = np.random.default_rng(seed)
    series = series_of(draw, KINDS[seed % len(KINDS)])
    parts = [rows for rows in np.array_split(np.arange(len(series)), int(draw.integers(4, 30))) if len(rows)]
    configs = ["c1"] * len(parts)
    for at in sorted(draw.integers(0, len(parts), int(draw.integers(0, 4)))):
        configs[at:] = [f"c{int(draw.integers(1, 6))}"] * (len(parts) - at)
    arriving = list(zip(parts, configs, strict=True))
    arriving += [arriving[int(at)] for at in draw.integers(0, len(parts), 3)]
    if seed % 3:
        draw.shuffle(arriving)
    world = World()
    for rows, config in arriving:
        configured(world, config, SPECS[int(config[1:]) - 1])
        world.arrive(series[rows], config=config)
    return world


@pytest.mark.parametrize("seed", range(200))
def test_recomputing_gives_what_is_stored_bit_for_bit(seed):
    found = check(played(seed))
    assert found.agrees, found.first_difference()
    assert len(found.stored) or not len(found.computed)


def test_an_interval_that_is_missing_is_named_and_put_in_place():
    world = played(4)
    rows = interval_rows(world.intervals.read(KEY, 0, 1 << 52))
    world.intervals.replace(KEY, rows[3][0], rows[3][1], interval_columns([]))
    found = check(world)
    assert not found.agrees
    assert "registers give" in found.first_difference()
    put_in_place(ports_of(world), found, world.now_ms)
    assert check(world).agrees
    assert check(world).first_difference() == ""
    assert interval_rows(world.intervals.read(KEY, 0, 1 << 52)) == rows


def test_an_amount_that_differs_in_its_last_bit_is_found():
    world = played(4)
    first = interval_rows(world.intervals.read(KEY, 0, 1 << 52))[0]
    changed = (first[0], first[1], float(np.nextafter(first[2], 1e9)), *first[3:])
    world.intervals.replace(KEY, first[0], first[1], interval_columns([changed]))
    assert repr(float(changed[2])) in check(world).first_difference()


def test_an_interval_that_no_register_gives_is_named():
    world = played(4)
    world.intervals.replace(KEY, 0, 900_000, interval_columns([(0, 900_000, 1.0, 0.0, 1000.0, False)]))
    assert "stored is 1.0 from 1970-01-01T00:00:00Z to 1970-01-01T00:15:00Z" in check(world).first_difference()


def test_a_counter_without_readings_has_no_intervals_and_agrees():
    world = World()
    key = SeriesKey(PLANT, "other", KEY.quantity)
    assert check(world, key).agrees
    assert counters_of(ports_of(world), world.configurations, PLANT, None) == []


def test_the_counters_of_a_plant_are_those_with_readings_or_intervals():
    world = played(4)
    assert counters_of(ports_of(world), world.configurations, PLANT, None) == [KEY]
    assert counters_of(ports_of(world), world.configurations, PLANT, "other") == []


def test_registers_of_several_types_are_read_exactly_in_many_pieces(monkeypatch):
    monkeypatch.setattr("meterproof_collector.ledger.recompute._ROWS_A_READ", 2)
    registers = [2**63 + 5, 7, -3, 0.5, None, 2**53 + 1]
    world = World()
    group = Group(KEY.point, [KEY.quantity], list(range(1, 7)), [[1.0] * 6], {KEY.quantity: registers})
    world.readings.write([PlantGroup(PLANT, "gw", "s", 1, "c1", group)])
    raw = all_readings(world.readings, KEY).raw[KEY.quantity]
    assert [value if here else None for value, here in zip(raw.registers, raw.present, strict=True)] == registers
