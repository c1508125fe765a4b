"""How an interval came about: the right samples, batches, gateways and settings, and words for them."""

import numpy as np
import pytest
from book_worlds import KEY, NAME, PLANT, POINT, Series, World, meters_of

from meterproof_collector.ledger.counting import Ports
from meterproof_collector.ledger.explain import explain
from meterproof_collector.ledger.sentences import sentence
from meterproof_collector.messages.entries import configuration, losses
from meterproof_core.memory import interval_columns
from meterproof_core.storage import PlantGroup
from meterproof_core.wire import (
    CounterKind,
    CounterSpec,
    Group,
    Loss,
    LostRange,
    MessageKind,
    Meters,
    PointConfig,
    Topic,
)
from meterproof_mv.ledger import LedgerRules

QUARTER = 900_000
START = 1_600_000_200_000 // QUARTER * QUARTER
TOPIC = Topic(PLANT, "gw", MessageKind.METERS)


def clock(at_ms):
    """Show minutes since the first boundary."""
    return f"{(at_ms - START) / 60_000:g} min"


def every_five_minutes(count=40, *, first_ms=START - 150_000):
    rows = np.arange(count)
    return Series(first_ms + rows * 300_000, 1000 + rows * 100, np.zeros(count, bool))


def world_of(*batches, meters=None, config="c1"):
    """Return a world into which batches came one after the other, numbered from 1."""
    world = World()
    world.configurations.add(PLANT, meters or meters_of())
    world.journal.append([configuration(TOPIC, meters or meters_of(), world.now_ms)])
    for seq, batch in enumerate(batches, 1):
        world.arrive(batch, seq=seq, config=config)
    return world


def told_of(world, start_ms=0, end_ms=1 << 52, **options):
    ports = Ports(world.readings, world.intervals, world.journal)
    return explain(ports, KEY, (start_ms, end_ms), rules=LedgerRules(), **options)


def test_each_boundary_names_the_two_samples_that_it_lies_between():
    series = every_five_minutes()
    told = told_of(world_of(series))[0]
    assert (told.start_ms, told.end_ms, told.unit, told.is_span) == (START, START + QUARTER, "kWh", False)
    assert (told.start.before.t_ms, told.start.behind.t_ms) == (START - 150_000, START + 150_000)
    assert (told.start.before.register, told.start.behind.register) == (1000, 1100)
    assert (told.start.register, told.end.register) == (1050.0, 1350.0)
    assert told.amount == pytest.approx(0.3)
    assert told.samples == 3
    assert told.reproduced


def test_a_boundary_at_which_a_sample_was_taken_rests_on_that_alone():
    told = told_of(world_of(every_five_minutes(first_ms=START)))[0]
    assert (told.start.before.t_ms, told.start.behind) == (START, None)
    assert "register 1000 at 0 min (read then)" in sentence(told, clock)


def test_the_batches_behind_the_ends_are_named_with_when_they_were_stored_and_by_whom():
    series = every_five_minutes()
    world = world_of(series[:2], series[2:20], series[20:])
    told = told_of(world)
    assert [(batch.stream, batch.seq, batch.gateway) for batch in told[0].arrivals] == [("s", 1, "gw"), ("s", 2, "gw")]
    assert [batch.seq for batch in told[2].arrivals] == [2]
    stored = [entry.at_ms for entry in world.journal.read(["arrival"])]
    assert told[2].arrivals[0].stored_ms == stored[1]


def test_the_settings_of_the_meter_are_named():
    setting = told_of(world_of(every_five_minutes()))[0].settings[0]
    assert (setting.config, setting.meter, setting.map_version) == ("c1", "m", 1)
    assert (setting.counter.scale, setting.counter.modulus, setting.counter.max_rate_per_h) == (0.001, 100_000, 200.0)


def test_a_glitch_beside_a_boundary_is_not_what_it_rests_on():
    series = every_five_minutes()
    series.register[3] = 90_000
    told = told_of(world_of(series))[0]
    assert told.end.before.t_ms == int(series.t_ms[2])
    assert [event.data["code"] for event in told.events] == ["glitch"]
    assert "clean" not in sentence(told, clock)
    assert "Event glitch" in sentence(told, clock)


def test_a_reading_that_is_uncertain_says_so():
    world = world_of(every_five_minutes())
    series = every_five_minutes()
    group = Group(POINT, [NAME], series.t_ms[:1].tolist(), [[1.0]], {NAME: [1000]}, [(0, 0, "uncertain", "clock")])
    world.readings.write([PlantGroup(PLANT, "gw", "s", 9, "c1", group)])
    told = told_of(world)[0]
    assert told.start.before.quality == "uncertain: clock"
    assert "(uncertain: clock)" in sentence(told, clock)


def test_a_span_says_since_when_readings_are_missing_and_what_was_given_up():
    series = every_five_minutes(120)
    world = world_of(series[:10], series[100:])
    lost = Loss(1, "s", 9, [LostRange(POINT, int(series.t_ms[20]), int(series.t_ms[40]), 21, "spool full")])
    elsewhere = Loss(1, "s", 10, [LostRange("other", int(series.t_ms[20]), int(series.t_ms[40]), 5, "spool full")])
    world.journal.append([losses(TOPIC, each, world.now_ms) for each in (lost, elsewhere)])
    (span,) = [told for told in told_of(world) if told.is_span]
    (unread,) = span.unread
    assert (unread.from_ms, unread.to_ms) == (int(series.t_ms[9]), int(series.t_ms[100]))
    words = sentence(span, clock)
    assert "span over 8 h" in words
    assert "missing from 42.5 min to 497.5 min; the total is kept" in words
    assert "gave up 21 samples" in words
    assert "gave up 5" not in words


def test_a_clean_interval_reads_like_this():
    words = sentence(told_of(world_of(every_five_minutes()))[0], clock)
    assert words.startswith(
        "0 min to 15 min: 0.3 kWh, interval, clean. "
        "From register 1050 at 0 min (interpolated between 1000 at -2.5 min and 1100 at 2.5 min), "
        "to register 1350 at 15 min (interpolated between 1300 at 12.5 min and 1400 at 17.5 min). "
        "Batch s/1 of gateway gw was stored at "
    )
    assert words.endswith("Read by map m version 1: 0.001 kWh a count.")


def test_an_interval_that_the_registers_no_longer_give_says_so():
    world = world_of(every_five_minutes())
    wrong = (START, START + QUARTER, 5.0, 1050.0, 6050.0, False)
    world.intervals.replace(KEY, START, START + QUARTER, interval_columns([wrong]))
    told = told_of(world)[0]
    assert not told.reproduced
    assert "recompute it" in sentence(told, clock)


def test_an_interval_from_a_file_says_so():
    world = World()
    history = (START, START + QUARTER, 5.0, float("nan"), float("nan"), False)
    world.intervals.replace(KEY, START, START + QUARTER, interval_columns([history]))
    told = told_of(world)[0]
    assert told.imported
    assert sentence(told, clock) == (
        "0 min to 15 min: 5 kWh, interval. "
        "It came from an imported file, and no register gave it; `meterproof import list` names the file."
    )


def test_an_interval_whose_readings_are_gone_rests_on_nothing():
    world = World()
    wrong = (START, START + QUARTER, 5.0, 1050.0, 6050.0, False)
    world.intervals.replace(KEY, START, START + QUARTER, interval_columns([wrong]))
    told = told_of(world)[0]
    assert told.start.before is told.end.behind is None
    assert told.arrivals == told.settings == ()
    assert "no readings are stored that bracket it" in sentence(told, clock)


def test_an_interval_behind_a_verdict_of_long_ago_is_traced_back_as_far_as_it_takes(monkeypatch):
    """A counter that once showed two counts more, and is held there since: that is hours before the interval."""
    monkeypatch.setattr("meterproof_collector.ledger.explain.NEIGHBOURS", 2)
    series = every_five_minutes(200)
    series.register[:] = 1000
    series.register[3] = 1002
    told = told_of(world_of(series))[-1]
    assert told.reproduced
    assert told.start.register == 1002.0
    assert told.start.before.register == 1000


def test_the_newest_so_many_are_explained_and_nothing_where_nothing_is():
    world = world_of(every_five_minutes())
    everything = told_of(world)
    assert told_of(world, most=2) == everything[-2:]
    assert told_of(world, 0, START) == []


def test_an_interval_meter_shows_what_it_counted_and_when_that_was_first_read():
    spec = CounterSpec("u32", 0.001, None, 1.0, 200.0, kind=CounterKind.INTERVAL, interval_ms=QUARTER)
    meters = Meters(1, "c2", [PointConfig(POINT, "m", 1, 1000, [NAME], {NAME: spec})])
    t_ms = START + 60_000 + np.arange(40) * 300_000
    register = 500 + (t_ms // QUARTER) % 10
    told = told_of(world_of(Series(t_ms, register, np.zeros(40, bool)), meters=meters, config="c2"))[1]
    assert told.reproduced
    assert told.end.behind.t_ms == told.end_ms + 60_000
    assert f"The meter showed {told.end.behind.register} counts for it, first read at" in sentence(told, clock)
