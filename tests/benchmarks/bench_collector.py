"""The collector: decode, check, write, journal, acknowledge, receipt, and the ledger beside it, on both stores.

``BENCH_MINUTES=20`` (or ``--minutes 20``) holds the full rate instead and prints the memory every minute.
"""

import os
import shutil
import sys
import tempfile
import time
import zlib
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from collector_load import COUNTER, PLANT, POINTS, SHAPE, VALUES, Load, Replay, cpu_s
from collector_peers import bare_duckdb, bare_influxdb

from meterproof_collector.cli.garbage import look_rarely_for_cycles
from meterproof_collector.collector import Collector
from meterproof_collector.limits import Limits
from meterproof_core.clock import SystemClock
from meterproof_core.storage import EntryKind, ReadingsQuery, SeriesKey
from meterproof_core.wire import MessageKind, decode
from meterproof_store.duckdb_store import open_duckdb

MESSAGES = int(os.environ.get("BENCH_MESSAGES", "10000"))
BUDGETS = {"DuckDB": 1_000_000, "InfluxDB": 500_000}
CPU_BUDGET_S = 0.5
LOT = Limits().lot_values // VALUES


@contextmanager
def opened(store: str):
    """Yield an empty store in a folder of its own, and the server behind it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if store == "DuckDB":
            found = open_duckdb(folder / "bench.duckdb")
            server = folder
        else:
            from influx_server import InfluxServer

            from meterproof_store.influx.setting_up import set_up
            from meterproof_store.opened import open_store

            server = stack.enter_context(InfluxServer(shutil.which("influxd"), folder))
            settings = server.settings("meterproof", timeout_s=600)  # at the end hundreds of millions are counted
            set_up(settings)
            found = open_store(settings, writer="bench")
        stack.callback(found.close)
        yield found, server


def bare_rate(store: str, server, load: Load) -> float:
    bare = bare_duckdb if store == "DuckDB" else bare_influxdb
    return bare(server, load, MESSAGES, LOT)


def read_back(store, names: list[str]) -> tuple[int, int, str]:
    """Return rows, distinct keys and a checksum over a value of all of them."""
    rows = keys = checksum = 0
    for point in range(POINTS):
        read = store.readings.read(ReadingsQuery(PLANT, f"p{point}", tuple(names[:1]), 0, 1 << 42))
        rows += len(read.t_ms)
        keys += len(set(read.t_ms))
        checksum = zlib.crc32(np.asarray(list(read.values[names[0]]), dtype=float).tobytes(), checksum)
    return rows, keys, f"{checksum:08x}"


def measure(store: str, *, counters: bool) -> list[dict[str, object]]:
    load = Load(counters=counters)
    messages = list(load.messages(MESSAGES))
    with opened(store) as (found, server):
        peer = bare_rate(store, server, Load(counters=False))
        source = Replay(messages, MESSAGES)
        collector = Collector(source, found.readings, found.intervals, found.journal, now_ms=SystemClock().now_ms)
        start, cpu = time.perf_counter(), cpu_s()
        collector.start()
        assert source.done.wait(600)
        answered, cpu = time.perf_counter() - start, cpu_s() - cpu
        collector.wait_until_idle(600)
        all_done = time.perf_counter() - start
        collector.stop()
        rows, keys, checksum = read_back(found, load.quantities)
        assert len(found.journal.read([EntryKind.ARRIVAL])) == MESSAGES
        intervals = 0
        for point in range(POINTS if counters else 0):
            intervals += len(found.intervals.read(SeriesKey(PLANT, f"p{point}", COUNTER), 0, 1 << 42).start_ms)
    values = MESSAGES * VALUES
    rate = values / (all_done if counters else answered)
    what = f"collector into {store}, {SHAPE}, {'1 counter among them, with ledger' if counters else 'gauges'}"
    lines = [
        {
            "what": f"{what}; {rate / peer:.2f} of a bare loader ({peer / 1e6:.2f} M/s)",
            "per_second": rate,
            "unit": "values/s",
            "ratio": rate / BUDGETS[store],
            "to": f"budget of {BUDGETS[store]:,} values/s",
            "rows": rows,
            "keys": f"{keys:,}" + (f", {intervals:,} intervals" if counters else ""),
            "checksum": checksum,
        }
    ]
    if not counters:
        mine = cpu / (values / 1e6)
        lines.append(
            {
                "what": f"its CPU{' with that of DuckDB inside' if store == 'DuckDB' else ', not that of influxd'}",
                "per_second": mine,
                "unit": "CPU-s per M values",
                "ratio": CPU_BUDGET_S / mine,
                "to": f"budget of {CPU_BUDGET_S} CPU-s"
                if store == "InfluxDB"
                else f"{CPU_BUDGET_S} CPU-s, for comparison",
                "rows": rows,
                "keys": keys,
                "checksum": checksum,
            }
        )
    return lines


def decode_only() -> dict[str, object]:
    messages = [message.payload for message in Load(counters=False).messages(MESSAGES)][1:]
    start = time.perf_counter()
    total = sum(len(decode(MessageKind.READINGS, payload).groups) for payload in messages)  # type: ignore[union-attr]
    rate = MESSAGES * VALUES / (time.perf_counter() - start)
    return {"what": "limit: decoding the same messages alone", "per_second": rate, "unit": "values/s",
            "ratio": 1.0, "to": "itself", "rows": total, "keys": "-", "checksum": "-"}  # fmt: skip


def stores() -> list[str]:
    if shutil.which("influxd"):
        return ["DuckDB", "InfluxDB"]
    print("influxd is not installed (Debian: apt install influxdb): the lines of InfluxDB are left out")
    return ["DuckDB"]


def run() -> list[dict[str, object]]:
    look_rarely_for_cycles()  # as the service does
    minutes = float(os.environ.get("BENCH_MINUTES", "0"))
    if minutes:
        from collector_soak import soak

        return [soak(store, minutes, opened) for store in stores()]
    return [decode_only(), *(line for store in stores() for c in (False, True) for line in measure(store, counters=c))]


if __name__ == "__main__":
    if "--minutes" in sys.argv:
        os.environ["BENCH_MINUTES"] = sys.argv[sys.argv.index("--minutes") + 1]
    sys.path.insert(0, str(Path(__file__).parents[1]))
    for line in run():
        print(line)
