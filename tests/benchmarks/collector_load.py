"""What the collector's benchmarks send, and a source that hands it over as fast as it is taken."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

from meterproof_collector.messages.intake import Delivered
from meterproof_core.wire import CounterSpec, MessageKind, Meters, PointConfig, config_digest, encode

PLANT, TOPIC = "bench", "meterproof/v1/bench/gw"
ROWS, POINTS = int(os.environ.get("BENCH_ROWS", "20")), 50
GAUGES = ("power_active_kw", "power_reactive_kvar", "frequency_hz", "voltage_l1_v", "voltage_l2_v",
          "voltage_l3_v", "current_l1_a", "current_l2_a", "current_l3_a", "power_factor")  # fmt: skip
COUNTER = "energy_import_kwh"
VALUES = ROWS * len(GAUGES)
START_MS = 1_700_000_000_000
STEP_MS = 60_000
_LAPS = 13  # values repeat after so many laps round the points; instants never do
SHAPE = f"{VALUES} values a message ({ROWS} instants x {len(GAUGES)} quantities of one point)"


class Load:
    """Messages of one gateway with many points, each message new: the rest of it is made once.

    Parameters
    ----------
    counters : bool
        Whether one of the quantities is a counter, so that the ledger works beside.
    """

    def __init__(self, *, counters: bool) -> None:
        spec = CounterSpec("i64", 0.001, None, 1.0, 1e6)
        self.quantities = [*GAUGES[: len(GAUGES) - counters], *([COUNTER] if counters else [])]
        self.counters = counters
        points = [
            PointConfig(f"p{p}", "m", 1, STEP_MS, self.quantities, {COUNTER: spec} if counters else {})
            for p in range(POINTS)
        ]
        self.config = config_digest(points)
        self._meters = Delivered(f"{TOPIC}/meters", encode(Meters(1, self.config, points)))
        self._columns = [json.dumps(self._gauges(lap)) for lap in range(_LAPS)]

    def _gauges(self, lap: int) -> list[list[float]]:
        return [
            [float(np.float32(230 + column + row / 7 + lap)) for row in range(ROWS)]
            for column in range(len(GAUGES) - self.counters)
        ]

    def instants(self, seq: int) -> list[int]:
        """Return the instants of a message [ms]."""
        first = START_MS + seq // POINTS * ROWS * STEP_MS
        return list(range(first, first + ROWS * STEP_MS, STEP_MS))

    def registers(self, seq: int) -> list[int]:
        """Return the counter's registers of a message."""
        first = seq // POINTS * ROWS
        return [(first + row) * 1000 + seq % POINTS for row in range(ROWS)]

    def gauges(self, seq: int) -> list[list[float]]:
        """Return the gauges of a message, by quantity."""
        return self._gauges(seq // POINTS % _LAPS)

    def message(self, seq: int) -> Delivered:
        """Return a message."""
        values, raw = self._columns[seq // POINTS % _LAPS], ""
        if self.counters:
            registers = self.registers(seq)
            values = f"{values[:-1]}, {[register / 1000 for register in registers]}]"
            raw = f',"raw":{{"{COUNTER}":{registers}}}'
        payload = (
            f'{{"v":1,"stream":"s","seq":{seq},"config":"{self.config}","clock":"synced","groups":[{{"point":"p{seq % POINTS}",'
            f'"quantities":{json.dumps(self.quantities)},"t":{self.instants(seq)},"values":{values}{raw}}}]}}'
        )
        return Delivered(f"{TOPIC}/readings", payload.replace(" ", "").encode())

    def messages(self, count: int | None = None) -> Iterator[Delivered]:
        """Yield the configuration and so many messages; without a count they do not end."""
        yield self._meters
        seq = 0
        while count is None or seq < count:
            yield self.message(seq)
            seq += 1


class Replay:
    """A source that hands over messages as fast as they are taken, and counts the answers."""

    connected = True

    def __init__(self, messages: Iterator[Delivered] | list[Delivered], expect: int) -> None:
        self._messages, self._expect = messages, expect
        self.acknowledged = self.receipted = 0
        self.done = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, deliver: Callable[[Delivered], None]) -> None:
        def feed() -> None:
            for message in self._messages:
                if self._stopped.is_set():
                    return
                deliver(message)

        self._thread = threading.Thread(target=feed, daemon=True)
        self._thread.start()

    def acknowledge(self, delivered) -> None:
        self.acknowledged += len(delivered)

    def publish(self, topic, receipt) -> None:
        encode(receipt)
        self.receipted += sum(last - first + 1 for first, last in receipt.stored)
        if self.receipted >= self._expect:
            self.done.set()

    def stop(self) -> None:
        self._stopped.set()


def cpu_s() -> float:
    """Return the CPU time of this process alone, all threads, in user and system [s]."""
    return time.process_time()


__all__ = ["COUNTER", "GAUGES", "PLANT", "POINTS", "ROWS", "SHAPE", "VALUES", "Load", "MessageKind", "Replay", "cpu_s"]
