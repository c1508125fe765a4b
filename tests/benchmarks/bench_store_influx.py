"""InfluxDB behind the readings port: what messages of 200 values cost from JSON to an acknowledged write.

The peer is a bare loader in the same run: the very same lines, already built and joined into the same bodies, posted by
urllib3 to a database of its own. Rows, keys and checksum are read back by bare queries, not by the adapter. The CPU
time is that of this process alone: decoding, lines, HTTP.
"""

import random
import shutil
import tempfile
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import urllib3
from influx_server import InfluxServer

from meterproof_core.quantities import QUANTITIES, Kind
from meterproof_core.storage import PlantGroup
from meterproof_core.wire import Batch, ClockState, Group, MessageKind, decode, encode
from meterproof_store.influx.lines import reading_blocks
from meterproof_store.influx.sending import bodies
from meterproof_store.influx.setting_up import set_up
from meterproof_store.influx.standing import Standing
from meterproof_store.opened import open_store

BUDGET = 500_000
CPU_BUDGET_S = 0.5
ROWS = 10
POINTS = 200
START_MS = 1_795_000_000_000
COUNTERS = ("energy_import_kwh", "energy_export_kwh", "reactive_energy_import_kvarh", "reactive_energy_export_kvarh")
GAUGES = tuple(name for name, quantity in QUANTITIES.items() if quantity.kind is Kind.GAUGE)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a message looks."""

    what: str
    quantities: Sequence[str]
    rows: int
    raw: bool = False
    digits: int = 3

    @property
    def values(self) -> int:
        return len(self.quantities) * self.rows


SHAPES = (
    Shape("20 gauges x 10 rows, 3 decimals", GAUGES[:20], 10),
    Shape("20 gauges x 10 rows, 17 digits", GAUGES[:20], 10, digits=17),
    Shape("4 counters x 50 rows, each with its raw register", COUNTERS, 50, raw=True),
    Shape("16 gauges and 4 counters with registers x 10 rows", (*GAUGES[:16], *COUNTERS), 10, raw=True),
)


def messages(shape: Shape, count: int) -> list[bytes]:
    draw = random.Random(1)
    found = []
    for number in range(count):
        point, turn = number % POINTS, number // POINTS
        t = [START_MS + (turn * shape.rows + row) * 1000 for row in range(shape.rows)]
        values = [[round(draw.uniform(0, 500), shape.digits) for _ in t] for _ in shape.quantities]
        raw = {name: [draw.randrange(10**6, 10**9) for _ in t] for name in COUNTERS} if shape.raw else {}
        group = Group(f"point-{point}", list(shape.quantities), t, values, raw)
        stream = f"0b7f4c2e9d3a41f6{point:04d}"
        found.append(encode(Batch(1, stream, number, "9b2c7e51d04f4a83b6de10c59a7f3e28", ClockState.SYNCED, [group])))
    return found


def groups_of(payloads: Sequence[bytes]) -> list[PlantGroup]:
    batches = [decode(MessageKind.READINGS, payload) for payload in payloads]
    return [
        PlantGroup("works", "gw1", each.stream, each.seq, each.config, group)
        for each in batches
        for group in each.groups
    ]


def ours(server: InfluxServer, database: str, payloads: list[bytes], lot: int) -> tuple[float, float]:
    """Return wall and CPU seconds of decoding and writing messages in lots."""
    set_up(server.settings(database))
    store = open_store(server.settings(database))
    wall, cpu = time.perf_counter(), time.process_time()
    for first in range(0, len(payloads), lot):
        store.readings.write(groups_of(payloads[first : first + lot]))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    store.close()
    return wall, cpu


def bare(server: InfluxServer, database: str, payloads: list[bytes], lot: int) -> float:
    """Return wall seconds of posting the same lines in the same bodies."""
    set_up(server.settings(database))
    standing = Standing(lambda _: None)
    prepared = []
    for first in range(0, len(payloads), lot):
        blocks = (
            block for item in groups_of(payloads[first : first + lot]) for block in reading_blocks(item, standing)
        )
        prepared += bodies(blocks)
    pool = urllib3.PoolManager()
    wall = time.perf_counter()
    for policy, body in prepared:
        answer = pool.request("POST", f"{server.url}/write?db={database}&rp={policy}&precision=ms", body=body)
        assert answer.status == 204, answer.data
    return time.perf_counter() - wall


def read_back(server: InfluxServer, database: str, shape: Shape) -> tuple[int, int, str]:
    """Return rows, distinct points and instants, and a checksum over all values and registers, by bare queries."""
    rows, keys, checksum = 0, set(), 0
    for policy in ("counters", "gauges"):
        for series in server.query(f'SELECT count("_seq") AS n FROM "{policy}"."readings" GROUP BY "point"', database):
            point = series["point"]
            asked = f"""SELECT * FROM "{policy}"."readings" WHERE "point" = '{point}'"""
            for row in server.query(asked, database):
                rows += 1
                keys.add((point, row["time"]))
                for name in sorted(row):
                    if name.removesuffix("__raw_i") in shape.quantities:
                        checksum = zlib.crc32(repr(row[name]).encode(), checksum)
    return rows, len(keys), f"{checksum:08x}"


def measure(server: InfluxServer, number: int, shape: Shape, *, lot: int = 500, count: int = 5000) -> dict[str, object]:
    payloads = messages(shape, count)
    values = shape.values * count
    floor = bare(server, f"bare{number}", payloads, lot)
    wall, cpu = ours(server, f"ours{number}", payloads, lot)
    rows, keys, checksum = read_back(server, f"ours{number}", shape)
    if read_back(server, f"bare{number}", shape) != (rows, keys, checksum):
        checksum += " unlike the bare loader's"
    return {
        "what": f"InfluxDB {server.version}, {shape.what}, {lot} messages a write; {floor / wall:.2f} of a bare loader "
        f"({values / floor / 1e6:.2f} M/s); {cpu / values * 1e6:.2f} CPU-s of ours a million values (budget {CPU_BUDGET_S})",
        "per_second": values / wall,
        "unit": "values/s",
        "ratio": values / wall / BUDGET,
        "to": f"budget of {BUDGET / 1e6} M values/s",
        "rows": rows,
        "keys": keys,
        "checksum": checksum,
    }


def run() -> list[dict[str, object]]:
    program = shutil.which("influxd")
    if program is None:
        return [{"what": "InfluxDB: influxd is not installed (Debian: apt install influxdb), so nothing was measured"}]
    with tempfile.TemporaryDirectory() as folder, InfluxServer(program, folder) as server:
        return [measure(server, number, shape) for number, shape in enumerate(SHAPES)]
