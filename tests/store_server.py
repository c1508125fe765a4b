"""A server that holds a store and opens its door, as the all-in-one server does: inside a test, or as a process.

As a process (`python -m store_server FILE`) it goes on storing batches, each with its arrival, until its standard input
ends.
"""

import select
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from meterproof_api.app import create_app
from meterproof_api.plants import PlantList
from meterproof_api.routes_store import open_store_routes
from meterproof_api.stores import Stores
from meterproof_api.web_server import WebServer
from meterproof_core.clock import SystemClock
from meterproof_core.storage import EntryKind, JournalEntry, PlantGroup
from meterproof_core.wire import Group
from meterproof_store.duckdb_store import open_duckdb
from meterproof_store.remote import StoreDoor, announced, make_door, new_token

ENERGY, POWER = "energy_import_kwh", "power_active_kw"
BATCH_ROWS = 20


def no_retention(apply):
    raise AssertionError("not asked for here")


def door_of(stores, *, backup=lambda: iter(()), retain=no_retention, replay=None) -> StoreDoor:
    """Return the door of some ports."""
    return StoreDoor(stores.readings, stores.intervals, stores.journal, backup, retain, replay)


@contextmanager
def holding(stores, store_file: Path, door: StoreDoor | None = None) -> Iterator[str]:
    """Serve some ports as the holder of a store's file, announced beside it; give the server's address."""
    with ExitStack() as stack:
        token = new_token()
        app = create_app(Stores(stores.readings, stores.intervals, stores.journal), PlantList(()))
        open_store_routes(app, door or door_of(stores), token)
        url = stack.enter_context(WebServer(app, 0)).url
        stack.enter_context(announced(store_file, url, token))
        yield url


def store_batch(store, seq: int) -> None:
    """Store a batch, then its arrival, as a collector does."""
    t = [(seq * BATCH_ROWS + row) * 1000 for row in range(BATCH_ROWS)]
    counted = [float(each) for each in t]
    group = Group("main", [ENERGY, POWER], t, [counted, counted], {ENERGY: t})
    store.readings.write([PlantGroup("works", "gw1", "s1", seq, "c1", group)])
    data = {"gateway": "gw1", "stream": "s1", "seq": seq, "config": "c1", "points": {"main": [t[0], t[-1], len(t)]}}
    store.journal.append([JournalEntry(f"arrival/works/s1/{seq}", EntryKind.ARRIVAL, "works", seq, data)])


def main(path: Path) -> None:
    """Hold a store and store batches until standard input ends."""
    store = open_duckdb(path)
    try:
        with holding(store, path, make_door(store, str(path), SystemClock().now_ms)) as url:
            print(url, flush=True)
            seq = 0
            while not select.select([sys.stdin], [], [], 0.005)[0]:
                store_batch(store, seq)
                seq += 1
                if seq == 50:
                    print("busy", flush=True)
    finally:
        store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
