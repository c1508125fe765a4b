"""The collector's figures for Prometheus: the only place in this room that knows its client."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as Registrable

from meterproof_collector.collector import Collector
from meterproof_collector.watching.watch import Watch
from meterproof_core.storage import PlantGroup, PointExtent, ReadingColumns, ReadingsQuery, ReadingsStore

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_COUNTED = {
    "messages": "messages that came and were dealt with",
    "batches": "batches of which something was stored",
    "rows": "rows handed to the store",
    "values": "values handed to the store",
    "duplicates": "batches that had come before",
    "dead_letters": "messages, or parts of them, that could not be stored",
    "refused_rows": "rows that the store refused",
    "losses": "loss ledgers, and batches with samples older than the store keeps",
    "unknown_plants": "messages of plants that are not known",
    "points_with_two_gateways": "metering points that two gateways feed",
    "new_streams": "gateways that began another spool file",
    "streams_reused": "spool files that were put back or copied",
    "receipts": "receipts given to gateways",
    "store_calls": "writes of readings, those that look for a bad row included",
}


class TimedReadings:
    """A readings store whose writes are timed.

    Parameters
    ----------
    readings : ReadingsStore
        The store.
    observe : callable
        Told how long a write took [s], whether it succeeded or not.
    monotonic : callable
        A clock that never steps [s].
    """

    def __init__(
        self,
        readings: ReadingsStore,
        observe: Callable[[float], None],
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._readings = readings
        self._observe = observe
        self._monotonic = monotonic

    def write(self, groups: Sequence[PlantGroup]) -> None:
        """Store samples, and tell how long it took."""
        begun_s = self._monotonic()
        try:
            self._readings.write(groups)
        finally:
            self._observe(self._monotonic() - begun_s)

    def read(self, query: ReadingsQuery) -> ReadingColumns:
        """Return the readings that a query asks for."""
        return self._readings.read(query)

    def extents(self, plant: str | None = None) -> Sequence[PointExtent]:
        """Return what is held of each metering point."""
        return self._readings.extents(plant)


class Metrics:
    """Figures of one collector in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        write_seconds = Histogram(
            "meterproof_collector_store_write_seconds",
            "how long a write of readings took",
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self.observe_write = write_seconds.observe

    def watch(self, collector: Collector, watch: Watch) -> None:
        """Show the figures of a collector from now on."""
        self._registry.register(_Figures(collector, watch))

    def page(self) -> bytes:
        """Return all figures as Prometheus reads them."""
        return generate_latest(self._registry)


class _Figures(Registrable):
    def __init__(self, collector: Collector, watch: Watch) -> None:
        self._collector = collector
        self._watch = watch

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the figures are asked for when the page is."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield every figure as it is now."""
        yield from self._counters()
        yield from self._gauges()
        alarms = GaugeMetricFamily("meterproof_collector_alarms", "things that somebody should see to", labels=["code"])
        found = [alarm.code for alarm in self._watch.alarms()]
        for code in sorted(set(found)):
            alarms.add_metric([code], found.count(code))
        yield alarms

    def _counters(self) -> Iterator[Metric]:
        counts = self._collector.counts
        for name, meaning in _COUNTED.items():
            yield CounterMetricFamily(f"meterproof_collector_{name}", meaning, value=getattr(counts, name))
        yield CounterMetricFamily(
            "meterproof_collector_store_retries", "writes that failed", value=self._collector.store_state.retries
        )
        lost = CounterMetricFamily("meterproof_collector_lost_samples", "samples given up", labels=["reason"])
        for reason, samples in self._collector.road.lost_samples.items():
            lost.add_metric([reason], samples)
        yield lost

    def _gauges(self) -> Iterator[Metric]:
        collector = self._collector
        messages, payload_bytes = collector.held
        missing = sum(one.last - one.first + 1 for gap in self._watch.gaps for one in gap.missing)
        figures = {
            "broker_connected": ("1 while the broker is reached", int(collector.connected)),
            "held_messages": ("messages taken and not answered yet", messages),
            "held_bytes": ("their payloads", payload_bytes),
            "missing_batches": ("batches that have not come though later ones have", missing),
            "store_last_success_seconds": ("when a lot was stored last", collector.store_state.last_success_ms / 1000),
            "points_without_configuration": ("their intervals wait", len(collector.waiting_points)),
            "points_without_intervals": ("their intervals cannot be computed", len(collector.failed_points)),
        }
        for name, (meaning, value) in figures.items():
            yield GaugeMetricFamily(f"meterproof_collector_{name}", meaning, value=value)
