"""The collector into DuckDB: decode, check, write, journal, acknowledge, receipt - and the ledger beside it."""

import tempfile
import threading
import time
import zlib
from pathlib import Path

import numpy as np

from meterproof_collector.collector import Collector
from meterproof_collector.intake import Delivered
from meterproof_core.clock import SystemClock
from meterproof_core.storage import ReadingsQuery, SeriesKey
from meterproof_core.wire import (
    Batch,
    ClockState,
    CounterSpec,
    Group,
    MessageKind,
    Meters,
    PointConfig,
    config_digest,
    decode,
    encode,
)
from meterproof_store.duckdb_store import open_duckdb

MESSAGES = 10_000
ROWS, GAUGES = 20, ("power_active_kw", "power_reactive_kvar", "frequency_hz", "voltage_l1_v", "voltage_l2_v",
                    "voltage_l3_v", "current_l1_a", "current_l2_a", "current_l3_a", "power_factor")  # fmt: skip
COUNTER = "energy_import_kwh"
POINTS = 50
BUDGET = 1_000_000


class Replay:
    """A source that hands over ready payloads as fast as they are taken."""

    def __init__(self, messages: list[Delivered]) -> None:
        self.messages = messages
        self.acknowledged = 0
        self.receipted = 0
        self.done = threading.Event()

    def start(self, deliver) -> None:
        threading.Thread(target=lambda: [deliver(message) for message in self.messages], daemon=True).start()

    def acknowledge(self, delivered) -> None:
        self.acknowledged += len(delivered)

    def publish(self, topic, receipt) -> None:
        encode(receipt)
        self.receipted += sum(last - first + 1 for first, last in receipt.stored)
        if self.receipted >= MESSAGES:
            self.done.set()

    def stop(self) -> None:
        pass


def payloads(*, counters: bool) -> list[Delivered]:
    spec = CounterSpec("i64", 0.001, None, 1.0, 1e6)
    quantities = [*GAUGES[: 9 if counters else 10], *([COUNTER] if counters else [])]
    points = [
        PointConfig(f"p{p}", "m", 1, 1000, quantities, {COUNTER: spec} if counters else {}) for p in range(POINTS)
    ]
    digest = config_digest(points)
    messages = [Delivered("meterproof/v1/bench/gw/meters", encode(Meters(1, digest, points)))]
    for seq in range(MESSAGES):
        point, lap = seq % POINTS, seq // POINTS
        t = [1_700_000_000_000 + (lap * ROWS + row) * 60_000 for row in range(ROWS)]
        values: list[list[float | None]] = [
            [float(np.float32(230 + column + row / 7 + lap % 13)) for row in range(ROWS)]
            for column in range(len(GAUGES))
        ]
        raw = {}
        if counters:
            registers = [(lap * ROWS + row) * 1000 + point for row in range(ROWS)]
            raw = {COUNTER: registers}
            values[-1] = [register / 1000 for register in registers]
        group = Group(f"p{point}", list(quantities), t, values, raw)
        messages.append(
            Delivered("meterproof/v1/bench/gw/readings", encode(Batch(1, "s", seq, digest, ClockState.SYNCED, [group])))
        )
    return messages


def measure(*, counters: bool) -> dict[str, object]:
    messages = payloads(counters=counters)
    with tempfile.TemporaryDirectory() as folder:
        store = open_duckdb(Path(folder) / "bench.duckdb")
        source = Replay(messages)
        collector = Collector(source, store.readings, store.intervals, store.journal, now_ms=SystemClock().now_ms)
        start = time.perf_counter()
        collector.start()
        source.done.wait(600)
        answered = time.perf_counter() - start
        collector.wait_until_idle(600)
        all_done = time.perf_counter() - start
        collector.stop()
        rows = sum(extent.rows for extent in store.readings.extents("bench"))
        checksum, intervals, keys = 0, 0, 0
        for point in range(POINTS):
            read = store.readings.read(ReadingsQuery("bench", f"p{point}", (GAUGES[0],), 0, 1 << 52))
            keys += len(np.unique(np.asarray(read.t_ms)))
            checksum = zlib.crc32(np.asarray(read.values[GAUGES[0]]).tobytes(), checksum)
            if counters:
                intervals += len(store.intervals.read(SeriesKey("bench", f"p{point}", COUNTER), 0, 1 << 52).start_ms)
        store.close()
    seconds = all_done if counters else answered
    rate = MESSAGES * ROWS * 10 / seconds
    return {
        "what": f"collector into DuckDB, 200 values a message, {'9 gauges + 1 counter, with ledger' if counters else 'gauges'}",
        "per_second": rate,
        "unit": "values/s",
        "ratio": rate / BUDGET,
        "to": "budget of 1 M values/s",
        "rows": rows,
        "keys": f"{keys:,}" + (f", {intervals:,} intervals" if counters else ""),
        "checksum": f"{checksum:08x}",
    }


def decode_only() -> dict[str, object]:
    messages = [message.payload for message in payloads(counters=False)[1:]]
    start = time.perf_counter()
    total = sum(len(decode(MessageKind.READINGS, payload).groups) for payload in messages)  # type: ignore[union-attr]
    rate = MESSAGES * ROWS * 10 / (time.perf_counter() - start)
    return {"what": "limit: decoding the same messages alone", "per_second": rate, "unit": "values/s",
            "ratio": 1.0, "to": "itself", "rows": total, "keys": "-", "checksum": "-"}  # fmt: skip


def run() -> list[dict[str, object]]:
    return [decode_only(), measure(counters=False), measure(counters=True)]


if __name__ == "__main__":
    for line in run():
        print(line)
