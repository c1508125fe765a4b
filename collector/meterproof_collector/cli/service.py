"""Puts a collector together and keeps it running: store, broker, watch, figures and health."""

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPStatus

import msgspec

from meterproof_collector.cli.garbage import look_rarely_for_cycles
from meterproof_collector.cli.opening import (
    broker_source,
    ledger_doubts,
    ledger_of,
    limits_of,
    opened_store,
    store_name,
    store_settings,
)
from meterproof_collector.collector import Collector
from meterproof_collector.settings import CollectorSettings
from meterproof_collector.watching.condition import Names, condition, is_ready
from meterproof_collector.watching.health import Answer, HealthServer
from meterproof_collector.watching.metrics import CONTENT_TYPE, Metrics, TimedReadings
from meterproof_collector.watching.watch import Watch
from meterproof_core.backoff import Backoff
from meterproof_core.clock import SystemClock
from meterproof_core.errors import StoreBusyError, StoreError
from meterproof_core.faults import FaultPoints
from meterproof_store.opened import OpenStore

_log = logging.getLogger(__name__)


class Service:
    """A collector as a process runs it.

    Parameters
    ----------
    settings : CollectorSettings
        What it needs to know.
    faults : FaultPoints
        For kill tests.
    say : callable
        Tells the user that it is ready, in one line.
    """

    def __init__(self, settings: CollectorSettings, faults: FaultPoints, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._faults = faults
        self._say = say
        self._metrics = Metrics()
        self._names = Names(settings.name, settings.broker.url, store_name(settings))
        self._running: tuple[Collector, Watch] | None = None
        self._waits_for = "the store was not opened yet"
        self._now_ms = SystemClock().now_ms

    def run(self, asked: threading.Event) -> None:
        """Run until asked to stop; a database that cannot be reached yet is waited for.

        Raises
        ------
        MeterproofError
            When the settings are wrong, or the embedded store cannot be opened.
        """
        for doubt in ledger_doubts(self._settings):
            _log.warning("ledger: %s", doubt)
        with ExitStack() as stack:
            health = self._health(stack)
            opened = self._opened(asked)
            if opened is None:
                return
            store, collector = opened
            stack.callback(store.close)
            watch = Watch(collector, store.journal, now_ms=self._now_ms, broker=self._names.broker)
            self._metrics.watch(collector, watch)
            look_rarely_for_cycles()
            collector.start()
            stack.callback(collector.stop)
            stack.enter_context(watch)
            self._running = collector, watch
            names = self._names
            self._say(f"ready: {names.collector}, broker {names.broker}, store {names.store}, health {health}")
            asked.wait()

    def _opened(self, asked: threading.Event) -> tuple[OpenStore, Collector] | None:
        """Return the opened store and the collector on it; None when asked to stop before."""
        backoff = Backoff(first_s=self._settings.limits.retry_s)
        embedded = store_settings(self._settings).duckdb is not None
        while not asked.is_set():
            try:
                return self._put_together()
            except StoreBusyError:
                raise
            except StoreError as error:
                if embedded:
                    raise
                self._wait(error, backoff)
                asked.wait(min(backoff.wait_s(0.0), self._settings.limits.retry_max_s))
        return None

    def _wait(self, error: StoreError, backoff: Backoff) -> None:
        if str(error) != self._waits_for:
            _log.error("store: %s; waiting for it", error)
        self._waits_for = str(error)
        backoff.failed(0.0)

    def _put_together(self) -> tuple[OpenStore, Collector]:
        settings = self._settings
        store = opened_store(settings, faults=self._faults)
        try:
            collector = Collector(
                broker_source(settings),
                TimedReadings(store.readings, self._metrics.observe_write),
                store.intervals,
                store.journal,
                now_ms=self._now_ms,
                limits=limits_of(settings.limits),
                faults=self._faults,
                known_plants=settings.plants.known,
                ledger=ledger_of(settings),
            )
        except BaseException:
            store.close()
            raise
        return store, collector

    def _health(self, stack: ExitStack) -> str:
        table = self._settings.health
        if not table.enabled:
            return "off"
        routes = {"/health": self._say_health, "/ready": self._say_ready, "/metrics": self._say_metrics}
        return stack.enter_context(HealthServer(routes, table.host, table.port)).url

    def _say_health(self) -> Answer:
        if self._running is None:
            told = {"ok": False, "name": self._names.collector, "waiting_for": self._waits_for}
        else:
            told = dict(condition(self._names, *self._running, now_ms=self._now_ms()))
        return _answer(told, is_good=bool(told["ok"]))

    def _say_ready(self) -> Answer:
        good = self._running is not None and is_ready(self._running[0])
        return _answer({"ready": good}, is_good=good)

    def _say_metrics(self) -> Answer:
        return Answer(self._metrics.page(), CONTENT_TYPE)


def _answer(told: dict[str, object], *, is_good: bool) -> Answer:
    status = HTTPStatus.OK if is_good else HTTPStatus.SERVICE_UNAVAILABLE
    return Answer(msgspec.json.encode(told), status=status)
