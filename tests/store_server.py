"""A server that holds a store and opens its door, as the all-in-one server does, inside the process of a test."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from meterproof_api.app import create_app
from meterproof_api.plants import PlantList
from meterproof_api.routes_store import open_store_routes
from meterproof_api.stores import Stores
from meterproof_api.web_server import WebServer
from meterproof_store.remote import StoreDoor, announced, new_token


def no_retention(apply):
    raise AssertionError("not asked for here")


def door_of(stores, *, backup=lambda: iter(()), retain=no_retention, replay=None) -> StoreDoor:
    """Return the door of some ports."""
    return StoreDoor(stores.readings, stores.intervals, stores.journal, backup, retain, replay)


@contextmanager
def holding(stores, store_file: Path, **door) -> Iterator[str]:
    """Serve some ports as the holder of a store's file, announced beside it; give the server's address."""
    with ExitStack() as stack:
        token = new_token()
        app = create_app(Stores(stores.readings, stores.intervals, stores.journal), PlantList(()))
        open_store_routes(app, door_of(stores, **door), token)
        url = stack.enter_context(WebServer(app, 0)).url
        stack.enter_context(announced(store_file, url, token))
        yield url
