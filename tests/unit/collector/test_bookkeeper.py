"""The bookkeeper: whatever the order in which readings arrive, the intervals are those of all readings at once."""

import random

import numpy as np
import pytest

from meterproof_collector.ledger.bookkeeper import Bookkeeper
from meterproof_collector.ledger.configurations import Configurations
from meterproof_collector.ledger.told_events import holding
from meterproof_collector.ledger.workload import Stretch
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings, interval_rows
from meterproof_core.storage import EntryKind, PlantGroup, SeriesKey
from meterproof_core.wire import CounterSpec, Group, Meters, PointConfig
from meterproof_mv.ledger import Counter, build_intervals

SPEC = CounterSpec("i64", 0.001, None, 1.0, 1000.0)
NAME = "energy_import_kwh"
KEY = SeriesKey("plant-a", "main", NAME)
QUARTER = 900_000
START = 1_700_000_100_000 // QUARTER * QUARTER


class Plant:
    """Three memory stores and a bookkeeper over them."""

    def __init__(self, specs=None):
        self.readings, self.intervals, self.journal = MemoryReadings(), MemoryIntervals(), MemoryJournal()
        self.configurations = Configurations()
        for digest, spec in (specs or {"c1": SPEC}).items():
            self.configurations.add(
                "plant-a", Meters(1, digest, [PointConfig("main", "m", 1, 1000, [NAME], {NAME: spec})])
            )
        self.books = Bookkeeper(self.readings, self.intervals, self.journal, configurations=self.configurations)

    def arrive(self, samples, config="c1", flags=()):
        t = [at for at, _ in samples]
        group = Group("main", [NAME], t, [[r / 1000 for _, r in samples]], {NAME: [r for _, r in samples]}, list(flags))
        self.readings.write([PlantGroup("plant-a", "gw", "s", 1, config, group)])
        self.books.bring_up_to_date("plant-a", "main", Stretch(t[0], t[-1], 0, {config}), 42)

    def rows(self):
        return interval_rows(self.intervals.read(KEY, 0, 1 << 52))

    def events(self):
        return [(entry.data["code"], entry.data["t_ms"]) for entry in self.journal.read([EntryKind.EVENT])]


def every(seconds, count, *, power_kw=60.0, register=1_000_000, start=START - 150_000):
    """Return (t, register) pairs of a meter under constant power."""
    step_ms = seconds * 1000
    return [(start + i * step_ms, register + round(power_kw * seconds * i / 3.6)) for i in range(count)]


def result_at_once(samples):
    t, register = zip(*samples, strict=True)
    return build_intervals(t, np.array(register), [True] * len(t), counter=Counter(0.001, None, 1.0, 1000.0))


def events_at_once(samples):
    return result_at_once(samples).events


def at_once(samples):
    i = result_at_once(samples).intervals
    return [
        tuple(row)
        for row in zip(
            i.start_ms.tolist(), i.end_ms.tolist(), i.amount.tolist(), i.register_start.tolist(),
            i.register_end.tolist(), i.is_span.tolist(), strict=True,
        )
    ]  # fmt: skip


def plain(rows):
    return [(int(a), int(b), float(c), float(d), float(e), bool(f)) for a, b, c, d, e, f in rows]


def test_constant_power_gives_equal_intervals():
    plant = Plant()
    plant.arrive(every(300, 14))
    assert [row[1] - row[0] for row in plant.rows()] == [QUARTER] * 4
    assert [row[2] for row in plant.rows()] == pytest.approx([15.0] * 4, abs=0.002)


def test_a_single_reading_gives_no_interval():
    plant = Plant()
    plant.arrive(every(300, 1))
    assert plant.rows() == []


@pytest.mark.parametrize("seed", range(20))
def test_any_order_and_any_cut_gives_the_intervals_of_all_readings_at_once(seed):
    draw = random.Random(seed)
    samples = [(at + draw.randrange(20_000), register) for at, register in every(300, 120)]
    gap = draw.randrange(20, 90)
    del samples[gap : gap + draw.randrange(2, 25)]
    pieces, rest = [], samples
    while rest:
        size = draw.randrange(1, 15)
        pieces.append(rest[:size])
        rest = rest[size:]
    if seed % 2:
        draw.shuffle(pieces)
    plant = Plant()
    for piece in pieces:
        plant.arrive(piece)
    assert plain(plant.rows()) == plain(at_once(samples))


def disturbed(seed):
    """Return samples with a gap, a reset, a replacement and a glitch somewhere, and the pieces in which they arrive."""
    draw = random.Random(seed)
    samples = every(draw.choice([60, 240, 300, 420]), 160)
    if draw.random() < 0.6:
        at, fall = draw.randrange(40, 120), draw.choice([0, 500_000, -3_000_000])
        samples = samples[:at] + [(t, max(register - samples[at][1] + fall, 0)) for t, register in samples[at:]]
    for _ in range(draw.randrange(3)):
        at = draw.randrange(10, 150)
        samples[at] = (samples[at][0], draw.choice([0, samples[at][1] + 40_000_000, 7]))
    gap = draw.randrange(20, 130)
    del samples[gap : gap + draw.randrange(12)]
    pieces, rest = [], samples
    while rest:
        size = draw.randrange(1, 25)
        pieces.append(rest[:size])
        rest = rest[size:]
    draw.shuffle(pieces)
    return samples, pieces


@pytest.mark.parametrize("seed", range(300))
def test_late_readings_may_overturn_a_verdict_and_the_books_follow(seed):
    samples, pieces = disturbed(seed)
    plant = Plant()
    for piece in pieces:
        plant.arrive(piece)
    assert plain(plant.rows()) == plain(at_once(samples))


def test_a_limit_that_somebody_edits_does_not_cost_the_energy_of_the_stop():
    samples = every(300, 60)
    wide = CounterSpec("i64", 0.001, None, 1.0, 2000.0)
    plant = Plant({"c1": SPEC, "c2": wide})
    plant.arrive(samples[:20])
    plant.arrive(samples[50:], "c2")
    assert sum(row[5] for row in plant.rows()) == 1
    assert sum(row[2] for row in plant.rows()) == pytest.approx(
        (plant.rows()[-1][1] - plant.rows()[0][0]) / 6e4, abs=0.01
    )
    assert not any(code == "configuration_changed" for code, _ in plant.events())


def test_a_gap_keeps_its_total_as_a_span_and_late_readings_turn_it_into_intervals():
    samples = every(300, 40)
    plant = Plant()
    plant.arrive(samples[:10])
    plant.arrive(samples[30:])
    spans = [row for row in plant.rows() if row[5]]
    assert len(spans) == 1
    assert spans[0][2] == pytest.approx((spans[0][1] - spans[0][0]) / 3.6e6 * 60, abs=0.002)
    plant.arrive(samples[10:30])
    assert not any(row[5] for row in plant.rows())
    assert plain(plant.rows()) == plain(at_once(samples))


def test_arriving_twice_changes_nothing():
    samples = every(300, 30)
    plant = Plant()
    plant.arrive(samples)
    before = plant.rows()
    plant.arrive(samples[5:12])
    assert plain(plant.rows()) == plain(before)


def test_a_long_run_of_bad_readings_at_the_seam_changes_nothing():
    samples = [(at, register) for at, register in every(60, 200)]
    bad = [(row, 0, "bad", "limits") for row in range(90, 100)]
    whole, parts = Plant(), Plant()
    whole.arrive(samples, flags=bad)
    parts.arrive(samples[:100], flags=bad)
    parts.arrive(samples[100:])
    assert plain(parts.rows()) == plain(whole.rows())


def test_readings_too_far_apart_for_any_boundary_are_told_as_they_double_and_not_passed_over_in_silence():
    plant = Plant()
    samples = every(3600, 100)
    for sample in samples:
        plant.arrive([sample])
    assert plant.rows() == []
    told = plant.journal.read([EntryKind.EVENT])
    assert [entry.data["code"] for entry in told].count("unbracketed") == 8
    (held,) = holding(told)
    assert held.data["t_ms"] == samples[0][0]
    assert 50 < (held.data["end_ms"] - held.data["start_ms"]) / 3_600_000 < 100


def test_what_was_counted_without_a_boundary_is_told_with_its_whole_amount_once_the_counting_breaks():
    plant = Plant()
    samples = every(3600, 20)
    reset = [(at, register - samples[10][1]) for at, register in samples[10:]]
    for sample in [*samples[:10], *reset]:
        plant.arrive([sample])
    first = next(
        entry for entry in holding(plant.journal.read([EntryKind.EVENT])) if entry.data["code"] == "unbracketed"
    )
    assert first.data["end_ms"] == samples[9][0]
    assert first.data["counts"] == samples[9][1] - samples[0][1]


def test_a_verdict_that_a_late_reading_overturns_is_withdrawn_and_told_again_when_it_holds_again():
    samples = every(300, 40)
    broken = [(at, register - 400_000 if 20 <= row < 23 else register) for row, (at, register) in enumerate(samples)]
    plant = Plant()
    plant.arrive(broken[:20] + broken[21:])
    plant.arrive([broken[20]])
    codes = [entry.data["code"] for entry in plant.journal.read([EntryKind.EVENT])]
    assert "glitch" in codes
    assert "withdrawn" in codes
    held = {(entry.data["code"], entry.data["t_ms"]) for entry in holding(plant.journal.read([EntryKind.EVENT]))}
    assert held == {(event.code, event.t_ms) for event in events_at_once(broken)}


def test_a_bookkeeper_that_starts_anew_knows_what_the_journal_tells_already():
    samples = every(300, 30)
    samples[12] = (samples[12][0], 0)
    plant = Plant()
    plant.arrive(samples)
    before = plant.journal.read([EntryKind.EVENT])
    plant.books = Bookkeeper(plant.readings, plant.intervals, plant.journal, configurations=plant.configurations)
    plant.arrive(samples)
    assert plant.journal.read([EntryKind.EVENT]) == before


def test_a_momentary_zero_becomes_an_event_and_no_energy():
    samples = every(300, 30)
    samples[12] = (samples[12][0], 0)
    plant = Plant()
    plant.arrive(samples)
    assert ("glitch", samples[12][0]) in plant.events()
    assert sum(row[2] for row in plant.rows()) == pytest.approx(len(plant.rows()) * 15.0, abs=0.01)


def test_a_reading_marked_bad_is_not_used():
    samples = every(300, 30)
    samples[12] = (samples[12][0], samples[12][1] + 40)
    plant, without = Plant(), Plant()
    plant.arrive(samples, flags=[(12, 0, "bad", "limits")])
    without.arrive(samples[:12] + samples[13:])
    assert plain(plant.rows()) == plain(without.rows())


def test_a_new_configuration_with_the_same_counter_changes_nothing():
    samples = every(300, 30)
    plant = Plant({"c1": SPEC, "c2": SPEC})
    plant.arrive(samples[:15])
    plant.arrive(samples[15:], "c2")
    assert plain(plant.rows()) == plain(at_once(samples))


def test_a_configuration_with_another_scale_starts_a_new_segment():
    samples = every(300, 30)
    plant = Plant({"c1": SPEC, "c2": CounterSpec("i64", 0.01, None, 1.0, 1000.0)})
    plant.arrive(samples[:15])
    plant.arrive(samples[15:], "c2")
    rows = plant.rows()
    change = samples[15][0]
    assert all(not row[0] <= change < row[1] for row in rows)
    assert [round(row[2], 1) for row in rows if row[0] > change] == [150.0] * sum(row[0] > change for row in rows)
    assert sum(row[0] > change for row in rows) > 2
    assert ("configuration_changed", change) in plant.events()


def test_readings_without_raw_registers_make_no_interval():
    plant = Plant()
    plant.readings.write([PlantGroup("plant-a", "gw", "s", 1, "c1", Group("main", [NAME], [START], [[1.0]]))])
    plant.books.bring_up_to_date("plant-a", "main", Stretch(START, START, 0, {"c1"}), 42)
    assert plant.rows() == []


class Counting:
    """A port that counts how often each of its methods is called."""

    def __init__(self, port, calls):
        self._port = port
        self._calls = calls

    def __getattr__(self, name):
        method = getattr(self._port, name)

        def counted(*arguments, **options):
            self._calls.append(f"{type(self._port).__name__}.{name}")
            return method(*arguments, **options)

        return counted


def counted_plant():
    """Return a plant with two counters at one point, and what is asked of its stores."""
    plant, calls = Plant(), []
    meters = Meters(1, "c1", [PointConfig("main", "m", 1, 1000, [NAME, "volume_m3"], {NAME: SPEC, "volume_m3": SPEC})])
    plant.configurations.add("plant-a", meters)
    ports = [Counting(port, calls) for port in (plant.readings, plant.intervals, plant.journal)]
    plant.books = Bookkeeper(*ports, configurations=plant.configurations)
    plant.calls = calls
    return plant


def arrive_both(plant, samples):
    t, registers = [at for at, _ in samples], [register for _, register in samples]
    values = [[register / 1000 for register in registers]] * 2
    group = Group("main", [NAME, "volume_m3"], t, values, {NAME: registers, "volume_m3": registers})
    plant.readings.write([PlantGroup("plant-a", "gw", "s", 1, "c1", group)])
    plant.calls.clear()
    plant.books.bring_up_to_date("plant-a", "main", Stretch(t[0], t[-1], 0, {"c1"}), 42)


def test_live_readings_cost_one_question_a_point_and_one_a_counter_and_a_write_where_something_changes():
    plant = counted_plant()
    samples = every(60, 600)
    arrive_both(plant, samples[:580])
    arrive_both(plant, samples[580:583])
    assert plant.calls == ["MemoryReadings.read", *["MemoryIntervals.read"] * 2]
    arrive_both(plant, samples[583:600])
    assert plant.calls == ["MemoryReadings.read", *["MemoryIntervals.read", "MemoryIntervals.replace"] * 2]


def test_a_replay_writes_nothing_and_the_journal_is_read_once_a_plant():
    plant = counted_plant()
    samples = every(60, 600)
    arrive_both(plant, samples)
    assert plant.calls.count("MemoryJournal.read") == 1
    arrive_both(plant, samples[100:300])
    assert plant.calls == ["MemoryReadings.read", *["MemoryIntervals.read"] * 2]


def test_a_late_part_in_the_middle_costs_no_more():
    plant = counted_plant()
    samples = every(60, 3000)
    arrive_both(plant, samples[:1500] + samples[1560:])
    arrive_both(plant, samples[1500:1560])
    assert set(plant.calls) == {
        "MemoryReadings.read", "MemoryIntervals.read", "MemoryIntervals.replace", "MemoryJournal.append"
    }  # fmt: skip
    assert [plant.calls.count(name) for name in ("MemoryReadings.read", "MemoryIntervals.read")] == [1, 2]
