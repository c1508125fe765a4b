"""The programme: 10,000 plants rolled up from their statements, and the same over HTTP from a shelf of bundles."""

import re
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
from plant_worlds import served
from programme_documents import bundle_of, many_statements

from meterproof_api.app import create_app
from meterproof_api.plants import PlantList
from meterproof_api.programme.roll_up import Programme, programme_table
from meterproof_api.programme.schemas import programme_json
from meterproof_api.statements.shelf import Shelf
from meterproof_api.stores import Stores
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings

PLANTS = 10_000
BUDGET_S = 0.200
ROUNDS = 10


def run() -> list[dict[str, object]]:
    documents = many_statements(PLANTS)
    stores = Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal())
    lines = [_line("statements rolled up", lambda: programme_table(documents))]
    lines.append(_line("and told as JSON", lambda: _told(programme_table(documents))))
    with tempfile.TemporaryDirectory() as folder:
        for document in documents:  # not by the shelf, which waits for the disk each time
            Path(folder, f"{document['statement_id']}.v1.zip").write_bytes(bundle_of(document))
        shelf = Shelf(Path(folder))
        start = time.perf_counter()
        shelf.statements()
        first = time.perf_counter() - start
        with served(create_app(stores, PlantList(()), shelf=shelf)) as client:
            what = f"JSON over HTTP from {PLANTS:,} bundles that were read once in {first:.1f} s"
            lines.append(_line(what, lambda: client.get("/api/v1/programme").raise_for_status().content))
            lines.append(_line("page over HTTP", lambda: client.get("/programme").raise_for_status().content))
    return lines


def _told(programme: Programme) -> bytes:
    return msgspec.json.encode(programme_json(programme))


def _line(what: str, work: Callable[[], Programme | bytes]) -> dict[str, object]:
    times, processor = [], time.process_time()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    processor = (time.process_time() - processor) / ROUNDS
    body = result if isinstance(result, bytes) else _told(result)
    p95 = sorted(times)[int(ROUNDS * 0.95) - 1]
    median = sorted(times)[ROUNDS // 2]
    return {
        "what": f"{what}; median {median * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, processor {processor * 1000:.0f} ms",
        "per_second": PLANTS * ROUNDS / sum(times),
        "unit": "statements/s",
        "ratio": BUDGET_S / p95,
        "to": "budget of 200 ms at p95",
        "rows": PLANTS,
        "keys": len(set(re.findall(rb"plant-[0-9]{5}", body))),
        "checksum": f"{zlib.crc32(body):08x}",
    }
