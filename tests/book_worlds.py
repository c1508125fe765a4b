"""Registers that do everything a register can do, and the ledger's stores, for the tests of the books."""

from dataclasses import dataclass, field

import numpy as np

from meterproof_collector.ledger.bookkeeper import Bookkeeper
from meterproof_collector.ledger.configurations import Configurations
from meterproof_collector.ledger.told_events import holding
from meterproof_collector.ledger.workload import Stretch
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings, interval_columns, interval_rows
from meterproof_core.storage import EntryKind, JournalEntry, PlantGroup, SeriesKey
from meterproof_core.wire import CounterSpec, Group, Meters, PointConfig
from meterproof_mv.ledger import Counter, build_intervals

PLANT, POINT, NAME = "plant-a", "main", "energy_import_kwh"
KEY = SeriesKey(PLANT, POINT, NAME)
MODULUS = 100_000
SPEC = CounterSpec("u32", 0.001, MODULUS, 1.0, 200.0)
KINDS = (
    ("roll", "glitch"),
    ("reset",),
    ("glitch",),
    ("reset", "glitch", "gap"),
    ("roll", "reset", "gap", "glitch", "bad"),
)
FAR = 1 << 52


def meters_of(spec=SPEC, config="c1", point=POINT):
    return Meters(1, config, [PointConfig(point, "m", 1, 300_000, [NAME], {NAME: spec})])


@dataclass
class Series:
    """Instants [ms], registers [counts], and which readings are bad."""

    t_ms: np.ndarray
    register: np.ndarray
    bad: np.ndarray

    def __getitem__(self, rows):
        return Series(self.t_ms[rows], self.register[rows], self.bad[rows])

    def __len__(self):
        return len(self.t_ms)

    def at_once(self):
        """Return what the ledger makes of all of it."""
        counter = Counter(SPEC.scale, SPEC.modulus, SPEC.resolution, SPEC.max_rate_per_h)
        return build_intervals(self.t_ms, self.register, ~self.bad, counter=counter)


def series_of(draw, kind, size=None):
    """Return readings of a meter that does what `kind` says."""
    size = size or int(draw.integers(60, 400))
    t_ms = np.cumsum(draw.integers(200_000, 400_000, size)) + 1_600_000_000_000
    register = np.cumsum(draw.integers(0, 9000, size)) + int(draw.integers(0, 90_000))
    if "roll" in kind:
        register %= MODULUS
    if "reset" in kind:
        for at in draw.integers(5, size - 5, int(draw.integers(1, 3))):
            register[at:] -= register[at] - int(draw.integers(0, 3000))
    kept, bad = np.ones(size, bool), np.zeros(size, bool)
    _disturb(draw, kind, register, kept=kept, bad=bad)
    return Series(t_ms[kept], register[kept], bad[kept])


def _disturb(draw, kind, register, *, kept, bad):
    size = len(register)
    if "gap" in kind:
        for at in draw.integers(5, size - 5, 3):
            kept[at : at + int(draw.integers(1, 40))] = False
    if "glitch" in kind:
        for at in draw.integers(3, size - 3, int(draw.integers(1, 6))):
            register[at : at + int(draw.integers(1, 6))] = draw.integers(0, MODULUS)
    if "bad" in kind:
        for at in draw.integers(3, size - 3, 3):
            bad[at : at + int(draw.integers(1, 20))] = True


def rows_of(result):
    """Return intervals by row: start, end [ms], amount [kWh], registers at start and end [counts], is it a span."""
    rows = result.intervals
    return [
        tuple(row)
        for row in zip(
            rows.start_ms.tolist(), rows.end_ms.tolist(), rows.amount.tolist(), rows.register_start.tolist(),
            rows.register_end.tolist(), rows.is_span.tolist(), strict=True,
        )
    ]  # fmt: skip


@dataclass
class World:
    """Three stores, a bookkeeper over them, and the journal's time."""

    readings: object = field(default_factory=MemoryReadings)
    intervals: object = field(default_factory=MemoryIntervals)
    journal: object = field(default_factory=MemoryJournal)
    configurations: Configurations = field(default_factory=Configurations)
    now_ms: int = 1_700_000_000_000
    plant: str = PLANT

    def __post_init__(self):
        self.configurations.add(self.plant, meters_of())
        self.books = self.another_bookkeeper()

    def another_bookkeeper(self):
        return Bookkeeper(self.readings, self.intervals, self.journal, configurations=self.configurations)

    def store(self, part, *, config="c1", seq=1):
        """Store readings; return their arrival, which stands in the journal."""
        self.now_ms += 1000
        flags = [(row, 0, "bad", "limits") for row, is_bad in enumerate(part.bad) if is_bad]
        values, raw = [(part.register / 1000).tolist()], {NAME: part.register.tolist()}
        group = Group(POINT, [NAME], part.t_ms.tolist(), values, raw, flags)
        self.readings.write([PlantGroup(self.plant, "gw", "s", seq, config, group)])
        data = {
            "gateway": "gw", "stream": "s", "seq": seq, "config": config,
            "points": {POINT: [group.t[0], group.t[-1], len(group.t)]},
        }  # fmt: skip
        entry = JournalEntry(f"arrival/{self.plant}/s/{self.now_ms}", EntryKind.ARRIVAL, self.plant, self.now_ms, data)
        self.journal.append([entry])
        return entry

    def arrive(self, part, **names):
        """Store readings and bring the books up to date."""
        self.store(part, **names)
        stretch = Stretch(int(part.t_ms[0]), int(part.t_ms[-1]), self.now_ms, {names.get("config", "c1")})
        self.books.bring_up_to_date(self.plant, POINT, stretch, self.now_ms)

    def rows(self):
        return [
            (int(a), int(b), float(c), float(d), float(e), bool(f))
            for a, b, c, d, e, f in interval_rows(self.intervals.read(SeriesKey(self.plant, POINT, NAME), 0, FAR))
        ]

    def decisions(self):
        """Return code, instant and details of the decisions that hold."""
        names = ("point", "quantity", "code", "t_ms")
        return sorted(
            (
                (entry.data["code"], entry.data["t_ms"], {k: v for k, v in entry.data.items() if k not in names})
                for entry in holding(self.journal.read([EntryKind.EVENT], self.plant))
                if entry.data["code"] != "recount"
            ),
            key=lambda decision: decision[:2],
        )


class Killed(BaseException):
    """What nothing catches: the process is gone."""


class IntervalsThatDie(MemoryIntervals):
    """A store without transactions that is killed in the middle of a replacement.

    Some of the old intervals are gone, some of the new ones are there, and none overlaps another.
    """

    def __init__(self, draw, chance):
        super().__init__()
        self.draw = draw
        self.chance = chance
        self.deaths = 0

    def replace(self, key, start_ms, end_ms, intervals):
        if self.draw.random() >= self.chance:
            super().replace(key, start_ms, end_ms, intervals)
            return
        old = [row for row in interval_rows(self.read(key, start_ms, end_ms)) if start_ms <= row[0] < end_ms]
        kept = [row for row in old if self.draw.random() < 0.3]
        written = [
            row
            for row in interval_rows(intervals)
            if self.draw.random() < 0.6 and not any(row[0] < other[1] and other[0] < row[1] for other in kept)
        ]
        super().replace(key, start_ms, end_ms, interval_columns(sorted([*kept, *written])))
        self.deaths += 1
        raise Killed


class IntervalsThatDieInOrder(MemoryIntervals):
    """A store that is killed once, when a replacement in rising time has come so far."""

    def __init__(self):
        super().__init__()
        self.dies_at_ms = None

    def replace(self, key, start_ms, end_ms, intervals):
        cut_ms = self.dies_at_ms
        if cut_ms is None or not start_ms < cut_ms < end_ms:
            super().replace(key, start_ms, end_ms, intervals)
            return
        self.dies_at_ms = None
        done = [row for row in interval_rows(intervals) if row[1] <= cut_ms]
        super().replace(key, start_ms, cut_ms, interval_columns(done))
        raise Killed
