"""The ledger's whole way: readings in the store, bookkeeper, intervals in the store."""

import shutil
import tempfile
import time
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from meterproof_collector.ledger.bookkeeper import Bookkeeper
from meterproof_collector.ledger.configurations import Configurations
from meterproof_collector.ledger.workload import Stretch
from meterproof_core.storage import PlantGroup, SeriesKey
from meterproof_core.wire import CounterSpec, Group, Meters, PointConfig
from meterproof_store.opened import OpenStore, open_store
from meterproof_store.settings import StoreSettings

COUNTER = "energy_import_kwh"
SPEC = CounterSpec("i64", 0.001, None, 1.0, 1000.0)
START_MS = 1_700_000_100_000
WRITE_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Shape:
    """So many points, each with so many samples, so far apart; the live part comes in passes of so many samples."""

    points: int
    samples: int
    poll_ms: int
    passes: int
    pass_samples: int

    @property
    def history(self) -> int:
        return self.samples - self.passes * self.pass_samples


SHAPE = Shape(points=40, samples=10_000, poll_ms=10_000, passes=3, pass_samples=90)


def name_of(point: int) -> str:
    return f"p{point}"


def write(store: OpenStore, shape: Shape, rows: range) -> None:
    """Store samples of every point, each a meter with a load of its own."""
    for first in range(rows.start, rows.stop, WRITE_ROWS):
        at = range(first, min(first + WRITE_ROWS, rows.stop))
        store.readings.write(
            [PlantGroup("bench", "gw", "s", first, "c1", group(shape, p, at)) for p in range(shape.points)]
        )


def group(shape: Shape, point: int, rows: range) -> Group:
    registers = [row * (200 + point) + row * row % 97 for row in rows]
    instants = [START_MS + row * shape.poll_ms + point for row in rows]
    return Group(name_of(point), [COUNTER], instants, [[r / 1000 for r in registers]], {COUNTER: registers})


def bookkeeper(store: OpenStore, shape: Shape) -> Bookkeeper:
    configurations = Configurations()
    points = [PointConfig(name_of(p), "m", 1, shape.poll_ms, [COUNTER], {COUNTER: SPEC}) for p in range(shape.points)]
    configurations.add("bench", Meters(1, "c1", points))
    return Bookkeeper(store.readings, store.intervals, store.journal, configurations=configurations)


def bring_up(books: Bookkeeper, shape: Shape, rows: range) -> float:
    """Return how long it takes to work a stretch of every point into intervals [s]."""
    began = time.perf_counter()
    for point in range(shape.points):
        first, last = (START_MS + row * shape.poll_ms + point for row in (rows.start, rows.stop - 1))
        books.bring_up_to_date("bench", name_of(point), Stretch(first, last, 0, {"c1"}), START_MS)
    return time.perf_counter() - began


def read_back(store: OpenStore, shape: Shape) -> dict[str, object]:
    """Return rows, distinct keys and a checksum of the intervals, beside what the registers say they add up to."""
    rows, keys, checksum, amount, counted = 0, set(), 0, 0.0, 0.0
    for point in range(shape.points):
        held = store.intervals.read(SeriesKey("bench", name_of(point), COUNTER), 0, 1 << 52)
        rows += len(held.start_ms)
        keys.update((point, int(start)) for start in held.start_ms)
        amounts = np.asarray(held.amount)
        checksum = zlib.crc32(np.round(amounts, 6).tobytes(), checksum)
        amount += float(amounts.sum())
        counted += (held.register_end[len(amounts) - 1] - held.register_start[0]) * SPEC.scale
    right = "as the registers say" if abs(amount - counted) < 1e-3 else f"NOT the {counted:,.3f} of the registers"
    return {"rows": rows, "keys": len(keys), "checksum": f"{checksum:08x}, {amount:,.3f} kWh, {right}"}


def measure(store: OpenStore, where: str, shape: Shape = SHAPE) -> list[dict[str, object]]:
    write(store, shape, range(shape.history))
    books = bookkeeper(store, shape)
    seconds = bring_up(books, shape, range(shape.history))
    back = read_back(store, shape)
    again = bring_up(books, shape, range(shape.history))
    live = 0.0
    for number in range(shape.passes):
        rows = range(shape.history + number * shape.pass_samples, shape.history + (number + 1) * shape.pass_samples)
        write(store, shape, rows)
        live += bring_up(books, shape, rows)
    samples = shape.points * shape.history
    passes = shape.points * shape.passes
    return [
        {
            "what": f"whole way on {where}, {shape.points} points of {shape.history:,} samples at once; "
            f"{samples / again:,.0f}/s when nothing is new",
            "per_second": samples / seconds,
            "unit": "samples/s",
            "ratio": seconds / again,
            "to": "the same when nothing is new",
            **back,
        },
        {
            "what": f"whole way on {where}, live: {shape.pass_samples} new samples (15 min) a point and pass, "
            f"{live / passes * 1e3:.1f} ms each",
            "per_second": passes / live,
            "unit": "points/s",
            "ratio": passes / live * 900 / 20_000,
            "to": "20,000 points (1,000 plants), each a boundary every 15 min",
            **read_back(store, shape),
        },
    ]


def run() -> list[dict[str, object]]:
    lines = []
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        duck = open_store(StoreSettings(duckdb=str(Path(name) / "bench.duckdb")))
        stack.callback(duck.close)
        lines += measure(duck, "DuckDB")
        program = shutil.which("influxd")
        if program is not None:
            from influx_server import InfluxServer

            from meterproof_store.influx.setting_up import set_up

            server = stack.enter_context(InfluxServer(program, Path(name) / "influx"))
            settings = server.settings("bench")
            set_up(settings)
            influx = open_store(settings)
            stack.callback(influx.close)
            lines += measure(influx, f"InfluxDB {server.version}")
    return lines
