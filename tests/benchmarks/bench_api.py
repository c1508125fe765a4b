"""The API: what a plant's page needs, over real HTTP, from a year of 15-minute intervals in DuckDB."""

import tempfile
import time
import zlib
from datetime import date
from pathlib import Path

from plant_worlds import ENERGY, a_plant, quarter_hours, served, world

from meterproof_api.app import create_app
from meterproof_api.plants_file import checked_plants
from meterproof_api.stores import Stores
from meterproof_core.memory import interval_columns
from meterproof_mv.dossier.plan import Period
from meterproof_store.duckdb_store import open_duckdb

BUDGET_S = 0.050
ROUNDS = 100
PLANT = a_plant(
    baseline_period=Period(date(2018, 1, 1), date(2018, 7, 1)),
    reporting_period=Period(date(2018, 7, 1), date(2019, 1, 1)),
)
WHAT = {
    "page": f"/plants/{PLANT.id}",
    "what the page asks every 5 s": f"/plants/{PLANT.id}/live",
    "savings": f"/api/v1/plants/{PLANT.id}/savings",
    "chart of the baseline": f"/api/v1/plants/{PLANT.id}/charts/baseline.json",
    "chart of the load": f"/api/v1/plants/{PLANT.id}/charts/load.json",
    "a year by day": f"/api/v1/plants/{PLANT.id}/points/main/intervals?quantity={ENERGY}&start=2018-01-01&end=2019-01-01",
}


def run() -> list[dict[str, object]]:
    rows = quarter_hours(PLANT)
    with tempfile.TemporaryDirectory() as folder:
        store = open_duckdb(Path(folder) / "bench.duckdb")
        key = PLANT.main.key(PLANT.id)
        store.intervals.replace(key, rows[0][0], rows[-1][1], interval_columns(rows))
        readings = world((PLANT, rows)).readings
        stores = Stores(readings, store.intervals, store.journal)
        with served(create_app(stores, checked_plants(PLANT))) as client:
            lines = [_line(what, address, client, len(rows)) for what, address in WHAT.items()]
        store.close()
    return lines


def _line(what: str, address: str, client, rows: int) -> dict[str, object]:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        answer = client.get(address).raise_for_status()
        times.append(time.perf_counter() - start)
    p95 = sorted(times)[int(ROUNDS * 0.95) - 1]
    return {
        "what": f"{what}; p95 {p95 * 1000:.1f} ms, slowest {max(times) * 1000:.1f} ms, {len(answer.content):,} bytes",
        "per_second": ROUNDS / sum(times),
        "unit": "answers/s",
        "ratio": BUDGET_S / p95,
        "to": "budget of 50 ms at p95",
        "rows": rows,
        "keys": rows,
        "checksum": f"{zlib.crc32(answer.content):08x}",
    }
