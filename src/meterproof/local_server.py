"""Everything but the gateway in one process: broker, collector, ledger, store, API and pages."""

import secrets
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from meterproof.broker import EmbeddedBroker
from meterproof.local_store import STATEMENTS_FOLDER, STORE_FILE, InfluxChoice, opened_here
from meterproof_api.app import create_app
from meterproof_api.plants import PlantDirectory
from meterproof_api.routes_store import open_store_routes
from meterproof_api.statements.shelf import Shelf
from meterproof_api.stores import Stores
from meterproof_api.web_server import WebServer
from meterproof_collector.collector import Collector
from meterproof_collector.mqtt.paho_source import PahoSource
from meterproof_core.clock import SystemClock
from meterproof_core.errors import SettingsError
from meterproof_core.faults import FaultPoints
from meterproof_store.remote import announced, make_door, new_token


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a local server needs to know.

    Parameters
    ----------
    data : Path
        Folder that holds the store; made when it is missing.
    plants : PlantDirectory
        The plants that are served.
    port : int
        Of the pages; 0 takes a free one.
    broker_url : str or None
        A broker to use; None starts the embedded one.
    broker_port : int
        Of the embedded broker; 0 takes a free one.
    influx : InfluxChoice or None
        An InfluxDB to use; None is the embedded store.
    """

    data: Path
    plants: PlantDirectory
    port: int = 0
    broker_url: str | None = None
    broker_port: int = 0
    influx: InfluxChoice | None = None


class LocalServer:
    """The all-in-one server; a context manager.

    Parameters
    ----------
    settings : ServerSettings
        What it needs to know.
    faults : FaultPoints
        For kill tests.
    """

    def __init__(self, settings: ServerSettings, faults: FaultPoints) -> None:
        self._settings = settings
        self._faults = faults
        self._running = ExitStack()
        self.broker_url = ""
        self.url = ""

    def __enter__(self) -> "LocalServer":
        with ExitStack() as stack:
            folder = _made(self._settings.data)
            store = opened_here(folder, self._settings.influx, self._faults)
            stack.callback(store.close)
            self.broker_url = (
                self._settings.broker_url or stack.enter_context(EmbeddedBroker(self._settings.broker_port)).url
            )
            self._source = PahoSource(
                self.broker_url,
                f"meterproof-collector-{secrets.token_hex(4)}",
                mqtt5=None if self._settings.broker_url else False,  # the embedded broker speaks 3.1.1 only
            )
            self.collector = Collector(
                self._source,
                store.readings,
                store.intervals,
                store.journal,
                now_ms=SystemClock().now_ms,
                faults=self._faults,
            )
            self.collector.start()
            stack.callback(self.collector.stop)
            stores = Stores(store.readings, store.intervals, store.journal, self._collector_stats)
            app = create_app(stores, self._settings.plants, cache_dir=folder, shelf=Shelf(folder / STATEMENTS_FOLDER))
            token = new_token()
            if self._settings.influx is None:
                door = make_door(store, "duckdb", SystemClock().now_ms, replay=self.collector.replay)
                open_store_routes(app, door, token)
            self.url = stack.enter_context(WebServer(app, self._settings.port)).url
            if self._settings.influx is None:
                stack.enter_context(announced(folder / STORE_FILE, self.url, token))
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def _collector_stats(self) -> dict[str, int | float]:
        counts = asdict(self.collector.counts)
        counts.pop("last_dead_letter")
        return {
            **counts,
            "broker_connected": int(self._source.connected),
            "points_without_configuration": len(self.collector.waiting_points),
            "points_without_intervals": len(self.collector.failed_points),
        }


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"data folder {folder} cannot be made ({error.strerror}); name a writable one") from error
    return folder
