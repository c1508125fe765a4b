"""Whatever a register does and however late a part of its readings comes, the books are those of all readings at once.

The seeds named first are those on which the books went wrong before they looked beyond a window's end: one late part
turned a rollover or a replacement behind it into something else.
"""

import numpy as np
import pytest

from meterproof_collector.bookkeeper import Bookkeeper
from meterproof_collector.configurations import Configurations
from meterproof_collector.workload import Stretch
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings, interval_rows
from meterproof_core.storage import PlantGroup, SeriesKey
from meterproof_core.wire import CounterSpec, Group, Meters, PointConfig
from meterproof_mv.ledger import Counter, build_intervals

NAME = "energy_import_kwh"
MODULUS = 100_000
SPEC = CounterSpec("u32", 0.001, MODULUS, 1.0, 200.0)
METERS = Meters(1, "c1", [PointConfig("main", "m", 1, 300_000, [NAME], {NAME: SPEC})])
KEY = SeriesKey("plant-a", "main", NAME)
KINDS = (
    ("roll", "glitch"),
    ("reset",),
    ("glitch",),
    ("reset", "glitch", "gap"),
    ("roll", "reset", "gap", "glitch", "bad"),
)
WENT_WRONG = (1494, 2214, 2939, 3170, 3180, 4235, 5263, 6235, 6799, 6845, 6900, 7870)


def register_of(draw, kind):  # noqa: C901 - one thing after the other that a register can do
    """Return instants [ms], registers [counts] and which readings are bad, of a meter that does what `kind` says."""
    size = int(draw.integers(60, 400))
    t_ms = np.cumsum(draw.integers(200_000, 400_000, size)) + 1_600_000_000_000
    register = np.cumsum(draw.integers(0, 9000, size)) + int(draw.integers(0, 90_000))
    if "roll" in kind:
        register %= MODULUS
    kept, bad = np.ones(size, bool), np.zeros(size, bool)
    if "reset" in kind:
        for at in draw.integers(5, size - 5, int(draw.integers(1, 3))):
            register[at:] -= register[at] - int(draw.integers(0, 3000))
    if "gap" in kind:
        for at in draw.integers(5, size - 5, 3):
            kept[at : at + int(draw.integers(1, 40))] = False
    if "glitch" in kind:
        for at in draw.integers(3, size - 3, int(draw.integers(1, 6))):
            register[at : at + int(draw.integers(1, 6))] = draw.integers(0, MODULUS)
    if "bad" in kind:
        for at in draw.integers(3, size - 3, 3):
            bad[at : at + int(draw.integers(1, 20))] = True
    return t_ms[kept], register[kept], bad[kept]


def rows_at_once(t_ms, register, bad):
    counter = Counter(SPEC.scale, SPEC.modulus, SPEC.resolution, SPEC.max_rate_per_h)
    rows = build_intervals(t_ms, register, ~bad, counter=counter).intervals
    return list(zip(rows.start_ms.tolist(), rows.end_ms.tolist(), np.round(rows.amount, 9).tolist(), strict=True))


def rows_with_one_late_part(draw, t_ms, register, bad):
    readings, intervals = MemoryReadings(), MemoryIntervals()
    configurations = Configurations()
    configurations.add("plant-a", METERS)
    books = Bookkeeper(readings, intervals, MemoryJournal(), configurations=configurations)
    parts = [part for part in np.array_split(np.arange(len(t_ms)), int(draw.integers(10, 60))) if len(part)]
    late = parts.pop(int(draw.integers(1, len(parts))))
    for part in [*parts, late]:
        flags = [(row, 0, "bad", "limits") for row, is_bad in enumerate(bad[part]) if is_bad]
        raw = {NAME: register[part].tolist()}
        group = Group("main", [NAME], t_ms[part].tolist(), [(register[part] / 1000).tolist()], raw, flags)
        readings.write([PlantGroup("plant-a", "gw", "s", 1, "c1", group)])
        books.bring_up_to_date("plant-a", "main", Stretch(group.t[0], group.t[-1], 0, {"c1"}), 1)
    return [
        (int(start), int(end), round(float(amount), 9))
        for start, end, amount, *_ in interval_rows(intervals.read(KEY, 0, 1 << 52))
    ]


@pytest.mark.parametrize("seed", [*WENT_WRONG, *range(60)])
def test_one_late_part_leaves_the_books_as_if_it_had_come_in_time(seed):
    draw = np.random.default_rng(seed)
    series = register_of(draw, KINDS[seed % len(KINDS)])
    assert rows_with_one_late_part(draw, *series) == rows_at_once(*series)
