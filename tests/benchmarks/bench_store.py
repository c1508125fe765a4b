"""DuckDB behind the readings port: what a collector's lots cost from Python's lists to a durable file.

The peer is the same run's floor: the same numbers, already numpy arrays, inserted by bare DuckDB statements with the
same commits, without looking for rows that may be there already and without reading a single Python list.
InfluxDB follows in `bench_store_influx`.
"""

import tempfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import bench_store_influx
import duckdb
import numpy as np

from meterproof_core.storage import EntryKind, IntervalColumns, JournalEntry, PlantGroup, ReadingsQuery, SeriesKey
from meterproof_core.wire import Group
from meterproof_store.duckdb_store import DuckStore, open_duckdb

BUDGET = 2_500_000
START_MS = 1_514_764_800_000
GAUGES = (
    "power_active_kw", "power_reactive_kvar", "power_apparent_kva", "voltage_l1_v", "voltage_l2_v", "voltage_l3_v",
    "current_l1_a", "current_l2_a", "current_l3_a",
)  # fmt: skip
COUNTER = "energy_import_kwh"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a lot looks: so many groups of so many rows of so many quantities, one of them a counter."""

    groups: int
    rows: int
    quantities: int
    writes: int

    @property
    def values(self) -> int:
        return self.groups * self.rows * self.quantities


def lots(shape: Shape) -> list[list[PlantGroup]]:
    rng = np.random.default_rng(1)
    names = [COUNTER, *GAUGES[: shape.quantities - 1]]
    found = []
    for write in range(shape.writes):
        t = [START_MS + (write * shape.rows + row) * 1000 for row in range(shape.rows)]
        counts = list(range(write * shape.rows, (write + 1) * shape.rows))
        found.append(
            [
                PlantGroup(
                    "plant",
                    "gw",
                    f"stream-{number}",
                    write,
                    "9b2c7e51d04f4a83b6de10c59a7f3e28",
                    Group(
                        f"point-{number}", names, t, rng.random((len(names), shape.rows)).tolist(), {COUNTER: counts}
                    ),
                )
                for number in range(shape.groups)
            ]
        )
    return found


def timed(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def arrays(lot: list[PlantGroup]) -> dict[str, np.ndarray]:
    rows = sum(len(item.group.t) for item in lot)
    first = lot[0].group
    columns = {
        "p": np.repeat(np.arange(len(lot)), rows // len(lot)),
        "t": np.concatenate([item.group.t for item in lot]),
        "s": np.zeros(rows, np.int64),
        "r": np.concatenate([item.group.raw[COUNTER] for item in lot]),
    }
    for column in range(len(first.quantities)):
        columns[f"v{column}"] = np.concatenate([item.group.values[column] for item in lot])
    return columns


def bare(folder: Path, prepared: list[dict[str, np.ndarray]]) -> float:
    connection = duckdb.connect(str(folder / "bare.duckdb"))
    types = ", ".join(f"{name} {'DOUBLE' if name[0] == 'v' else 'BIGINT'}" for name in prepared[0])
    connection.execute(f"CREATE TABLE readings ({types})")

    def insert() -> None:
        for lot in prepared:  # noqa: B007 the statement reads it
            connection.execute("BEGIN")
            connection.execute("INSERT INTO readings SELECT * FROM lot")
            connection.execute("COMMIT")

    seconds = timed(insert)
    connection.close()
    return seconds


def write_all(store: DuckStore, written: list[list[PlantGroup]]) -> None:
    for lot in written:
        store.readings.write(lot)


def read_back(store: DuckStore, names: list[str]) -> tuple[int, int, str]:
    """Return rows, distinct keys and a checksum over all values and registers."""
    rows, keys, checksum = 0, set(), 0
    for extent in store.readings.extents("plant"):
        readings = store.readings.read(ReadingsQuery("plant", extent.point, tuple(names), 0, 1 << 52))
        rows += len(readings.t_ms)
        keys.update((extent.point, int(t)) for t in readings.t_ms)
        for column in (*readings.values.values(), readings.raw[COUNTER].registers):
            checksum = zlib.crc32(np.ascontiguousarray(column).tobytes(), checksum)
    return rows, len(keys), f"{checksum:08x}"


def measure(shape: Shape) -> list[dict[str, object]]:
    written = lots(shape)
    names = written[0][0].group.quantities
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        floor = bare(folder, [arrays(lot) for lot in written])
        store = open_duckdb(folder / "store.duckdb")
        seconds = timed(lambda: write_all(store, written))
        rows, keys, checksum = read_back(store, names)
        again = timed(lambda: write_all(store, written))
        after = read_back(store, names)
        store.close()
    values = shape.values * shape.writes
    how = f"{shape.groups} groups of {shape.rows} rows x {shape.quantities} quantities a write"
    line = {"unit": "values/s", "to": f"budget of {BUDGET / 1e6} M values/s"}
    return [
        {
            "what": f"write, {how}; {floor / seconds:.2f} of a bare numpy insert ({values / floor / 1e6:,.1f} M/s)",
            "per_second": values / seconds,
            "ratio": values / seconds / BUDGET,
            "rows": rows,
            "keys": keys,
            "checksum": checksum,
        }
        | line,
        {
            "what": f"the same again: a replay that changes nothing; {floor / again:.2f} of the bare insert",
            "per_second": values / again,
            "ratio": values / again / BUDGET,
            "rows": after[0],
            "keys": after[1],
            "checksum": after[2],
        }
        | line,
    ]


def quarters(first: int, count: int, amount: float) -> IntervalColumns:
    starts = np.arange(first, first + count, dtype=np.int64) * 900_000
    amounts = np.full(count, amount)
    return IntervalColumns(starts, starts + 900_000, amounts, amounts, amounts + 1, np.zeros(count, bool))


def replacements() -> dict[str, object]:
    """A plant of 600 series in a store that holds a year of one: each gets its last 66 intervals anew."""
    series, count = 600, 66
    with tempfile.TemporaryDirectory() as name:
        store = open_duckdb(Path(name) / "store.duckdb")
        keys = [SeriesKey("plant", f"point-{number}", COUNTER) for number in range(series)]
        year = timed(lambda: store.intervals.replace(keys[0], 0, 1 << 52, quarters(0, 35_040, 1.0)))

        def replace(amount: float) -> None:
            for key in keys:
                store.intervals.replace(key, 34_974 * 900_000, 1 << 52, quarters(34_974, count, amount))

        replace(1.0)
        seconds = timed(lambda: replace(2.0))
        held = [store.intervals.read(key, 34_974 * 900_000, 1 << 52) for key in keys]
        store.close()
    starts = {(number, int(start)) for number, columns in enumerate(held) for start in columns.start_ms}
    return {
        "what": f"replace {count} intervals of each of {series} series, all changed; a year of 35,040 took {year * 1e3:.0f} ms",
        "per_second": series / seconds,
        "unit": "calls/s",
        "ratio": series / seconds / 100,
        "to": "100 calls/s",
        "rows": sum(len(columns.start_ms) for columns in held),
        "keys": len(starts),
        "checksum": f"{sum(float(columns.amount.sum()) for columns in held):,.0f} kWh",
    }


def arrivals() -> dict[str, object]:
    """Arrivals of 300 batches a call, and the whole journal a second time."""
    calls, entries = 60, 300
    told = [
        [
            JournalEntry(
                f"arrival/plant/0b7f4c2e9d3a41f6/{call * entries + number}",
                EntryKind.ARRIVAL,
                "plant",
                START_MS,
                {"gateway": "gw", "stream": "0b7f4c2e9d3a41f6", "seq": number, "points": {"furnace-1": [1, 2, 3]}},
            )
            for number in range(entries)
        ]
        for call in range(calls)
    ]
    with tempfile.TemporaryDirectory() as name:
        store = open_duckdb(Path(name) / "store.duckdb")

        def append() -> None:
            for each in told:
                store.journal.append(each)

        seconds, again = timed(append), timed(append)
        held = store.journal.read([EntryKind.ARRIVAL])
        store.close()
    total = calls * entries
    return {
        "what": f"journal, {entries} arrivals a call, {seconds / calls * 1e3:.1f} ms a call; {total / again:,.0f}/s when told again",
        "per_second": total / seconds,
        "unit": "entries/s",
        "ratio": total / seconds / 10_000,
        "to": "10,000 entries/s",
        "rows": len(held),
        "keys": len({entry.entry_id for entry in held}),
        "checksum": f"{zlib.crc32(''.join(entry.entry_id for entry in held).encode()):08x}",
    }


def run() -> list[dict[str, object]]:
    shapes = [Shape(50, 20, 10, 60), Shape(500, 20, 10, 12), Shape(51, 66, 3, 60)]
    duck = [line for shape in shapes for line in measure(shape)] + [replacements(), arrivals()]
    return duck + bench_store_influx.run()


def main() -> None:
    for line in run():
        print(line)


if __name__ == "__main__":
    main()
