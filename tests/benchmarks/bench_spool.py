"""The spool: values through a synchronous commit each, from sample to file, and back again after a restart."""

import sqlite3
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from meterproof_core.wire import Batch, ClockState, decode
from meterproof_edge.sample import Sample
from meterproof_edge.sample_buffer import SampleBuffer
from meterproof_edge.spool import Spool

BUDGET = 20_000
ROUNDS = 3
CONFIG = "c" * 32
START_MS = 1_700_000_000_000
GAUGES = tuple(
    f"{name}_{phase}_{unit}" for name, unit in (("voltage", "v"), ("current", "a")) for phase in ("l1", "l2")
)
QUANTITIES = ("energy_import_kwh", *GAUGES)
Flush = list[Sample]


def flushes(*, count: int, points: int, rows: int) -> list[Flush]:
    """Return what is collected between two commits: `rows` samples of each point, of five quantities each."""
    return [
        [
            Sample(
                f"meter-{point:03}",
                START_MS + (flush * rows + row) * 1000,
                QUANTITIES,
                ((flush * rows + row) * 0.001, 230.1 + row / 7, 229.9, 12.5 + point / 3, 11.25),
                {"energy_import_kwh": flush * rows + row},
            )
            for point in range(points)
            for row in range(rows)
        ]
        for flush in range(count)
    ]


def through_the_spool(spool: Spool, given: list[Flush]) -> float:
    """Return how long it takes from samples to synced batches [s]."""
    buffer = SampleBuffer(time.monotonic)
    start = time.perf_counter()
    for samples in given:
        for sample in samples:
            buffer.add(sample)
        buffer.flush(lambda batches: spool.append(batches, config=CONFIG, clock_state=ClockState.SYNCED))
    return time.perf_counter() - start


def bare_loop(path: Path, commits: list[list[bytes]]) -> float:
    """Return how long bare SQLite takes to commit the same bytes as often, synced [s]."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE batch (seq INTEGER PRIMARY KEY, payload BLOB)")
    start = time.perf_counter()
    for payloads in commits:
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO batch (payload) VALUES (?)", [(payload,) for payload in payloads])
        connection.execute("COMMIT")
    seconds = time.perf_counter() - start
    connection.close()
    return seconds


def read_back(path: Path) -> Iterator[Batch]:
    spool = Spool(path, max_bytes=1 << 30)
    for message in spool.waiting(limit=10**9):
        batch = decode(message.kind, message.payload)
        assert isinstance(batch, Batch)
        yield batch
    spool.close()


def summary(path: Path) -> dict[str, object]:
    """Return what a new process finds in the file."""
    rows, keys, crc, payloads = 0, set(), 0, 0
    for batch in read_back(path):
        payloads += 1
        for group in batch.groups:
            rows += len(group.t)
            keys.update((group.point, t) for t in group.t)
            crc = zlib.crc32(repr((group.point, group.t, group.values, group.raw)).encode(), crc)
    return {"rows": rows, "keys": len(keys), "checksum": f"{crc:08x}", "batches": payloads}


def receipts(path: Path) -> float:
    """Return how long it takes to delete all batches on receipts of 16, each synced [s]."""
    spool = Spool(path, max_bytes=1 << 30)
    newest = spool.counts().newest_seq
    start = time.perf_counter()
    for first in range(1, newest + 1, 16):
        spool.delete([(first, first + 15)])
    seconds = time.perf_counter() - start
    assert spool.counts().bytes == 0
    spool.close()
    return seconds


def measure(what: str, given: list[Flush]) -> dict[str, object]:
    values = len(given) * len(given[0]) * len(QUANTITIES)
    own, peer, deleting = [], [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "spool.db"
            spool = Spool(path, max_bytes=1 << 30)
            own.append(through_the_spool(spool, given))
            payloads = [message.payload for message in spool.waiting(limit=10**9)]
            spool.close()
            each = len(payloads) // len(given)
            commits = [payloads[at : at + each] for at in range(0, len(payloads), each)]
            peer.append(bare_loop(Path(folder) / "bare.db", commits))
            found = summary(path)
            assert found["rows"] == found["keys"] == values // len(QUANTITIES)
            deleting.append(receipts(path))
    seconds, bare = min(own), min(peer)
    return {
        "what": f"{what}: {len(given) / seconds:,.0f} synced commits/s (bare {len(given) / bare:,.0f}), "
        f"{found.pop('batches') / min(deleting):,.0f} batches/s deleted by receipts; "
        f"{values / seconds / BUDGET:.1f} times the budget of {BUDGET:,} values/s",
        "per_second": values / seconds,
        "unit": "values/s",
        "ratio": bare / seconds,
        "to": "bare SQLite loop, same bytes and commits, FULL",
        **found,
    }


def run() -> list[dict[str, object]]:
    return [
        measure("one meter, 200 values a commit", flushes(count=1000, points=1, rows=40)),
        measure("live: 200 meters at 1 Hz, 1,000 values a commit", flushes(count=300, points=200, rows=1)),
        measure("10,000 values a commit", flushes(count=40, points=20, rows=100)),
    ]


def main() -> None:
    for line in run():
        print(line)


if __name__ == "__main__":
    sys.exit(main())
