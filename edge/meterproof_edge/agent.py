"""The gateway agent: poller, buffer, spool and publisher, put together from settings.

One loop polls, one thread publishes, and the spool between them is the only thing they share. A sample is handed to
the spool within a second, together with the cursor that says how far its point has been read. While the spool cannot
be written samples wait in memory, and polling goes on.
"""

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from contextlib import ExitStack

from meterproof_core.backoff import Backoff
from meterproof_core.broker_connection import BrokerAccess
from meterproof_core.clock import WallClock
from meterproof_core.errors import StoreError
from meterproof_core.faults import FaultPoints
from meterproof_core.wire import VERSION, ClockState, Group, Meters, config_digest
from meterproof_edge.announcements import Gateway
from meterproof_edge.configuration import EdgeSettings, point_configs
from meterproof_edge.modbus.field import wire_meters
from meterproof_edge.mqtt.paho_link import PahoLink
from meterproof_edge.poller import PointCounts, Poller
from meterproof_edge.publisher import Publisher, PublisherStats
from meterproof_edge.sample import Sample
from meterproof_edge.sample_buffer import SampleBuffer
from meterproof_edge.spool import Spool
from meterproof_edge.spool.losses import lost_ranges

_log = logging.getLogger(__name__)
_FLUSH_LOOK_S = 0.2  # how often the buffer's age is looked at while nothing is polled
_SPOOL_RETRY_S = 2.0  # readings wait in memory while the spool cannot be written: not longer than this between tries
_MIB = 1024 * 1024


class Agent:
    """A gateway's agent; a context manager whose methods are called from one event loop.

    Parameters
    ----------
    settings : EdgeSettings
        What it is told.
    clock : WallClock
        Stamps readings; may be a time-lapse.
    faults : FaultPoints
        For kill tests.
    """

    def __init__(self, settings: EdgeSettings, *, clock: WallClock, faults: FaultPoints) -> None:
        self._field = wire_meters(settings.meters, clock)
        self._spool = Spool(settings.spool.path, max_bytes=settings.spool.max_mib * _MIB, faults=faults)
        self._buffer = SampleBuffer(time.monotonic)
        self._spool_backoff = Backoff(cap_s=_SPOOL_RETRY_S)
        self._poller = Poller(self._field.points, clock, self._take, cursors=self._spool.cursors())
        points = point_configs(settings)
        meters = Meters(VERSION, config_digest(points), points)
        self._config = meters.config
        gateway = Gateway(settings.plant, settings.gateway)
        self._publisher = Publisher(
            self._spool,
            _link(settings.broker, gateway),
            gateway=gateway,
            meters=meters,
            clock=clock,
            monotonic=time.monotonic,
            chance=random.random,
            faults=faults,
        )

    def __enter__(self) -> "Agent":
        self._publisher.start()
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as closing:  # closes all of them whatever goes wrong with one
            closing.callback(self._spool.close)
            closing.callback(self._field.close)
            closing.callback(self._publisher.stop)
            closing.callback(self._name_what_is_lost)
            self.flush()

    def next_due_ms(self) -> int:
        """Return the instant of the next poll [ms since 1970-01-01 UTC]."""
        return self._poller.next_due_ms()

    async def poll_due(self, now_ms: int) -> int:
        """Poll what is due at a time [ms] and return how many samples came."""
        return await self._poller.poll_due(now_ms)

    async def run(self, stop: asyncio.Event) -> None:
        """Poll in real time until told to stop."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poller.run(stop))
            group.create_task(self._keep_flushing(stop))

    def flush(self) -> bool:
        """Put what was collected into the spool, durably, and let it be sent.

        Returns
        -------
        bool
            Whether it is in the spool; when it cannot be written the samples are kept for another try.
        """
        try:
            batches = self._buffer.flush(self._store)
            self._buffer.flush_losses(self._spool.record_losses)
        except StoreError as error:
            if not self._spool_backoff.failures:
                _log.error("samples are kept in memory and tried again: %s", error)
            self._spool_backoff.failed(time.monotonic())
            return False
        if batches:
            self._publisher.notify()
        if self._spool_backoff.failures:
            _log.info("the spool can be written again")
        self._spool_backoff.succeeded()
        return True

    def spooled_batches(self) -> int:
        """Return how many batches wait in the spool for their receipt."""
        return self._spool.counts().waiting

    def wait_until_at_most(self, batches: int, timeout_s: float) -> bool:
        """Return whether so few batches lie in the spool before a time-out [s]."""
        return self._publisher.wait_until_at_most(batches, timeout_s)

    def wait_until_connected(self, timeout_s: float) -> bool:
        """Return whether the broker was reached before a time-out [s]."""
        return self._publisher.wait_until_connected(timeout_s)

    def counts(self) -> Mapping[str, PointCounts]:
        """Return what became of the polls, by metering point."""
        return self._poller.counts()

    def stats(self) -> PublisherStats:
        """Return what was published so far."""
        return self._publisher.stats()

    def _take(self, sample: Sample) -> None:
        self._buffer.add(sample)
        self._flush_if_due()

    def _flush_if_due(self) -> None:
        now = time.monotonic()
        if self._buffer.due(now) and not self._spool_backoff.wait_s(now):
            self.flush()

    def _store(self, batches: list[list[Group]]) -> None:
        self._spool.append(batches, config=self._config, clock_state=ClockState.SYNCED)

    async def _keep_flushing(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                async with asyncio.timeout(_FLUSH_LOOK_S):
                    await stop.wait()
            except TimeoutError:
                self._flush_if_due()

    def _name_what_is_lost(self) -> None:
        lost = lost_ranges((group for batch in self._buffer.take() for group in batch), "")
        self._buffer.flush_losses(lost.extend)
        for one in lost:
            _log.error(
                "%s: %d samples from %d to %d ms are lost: the spool could not take them",
                one.point,
                one.samples,
                one.first_ms,
                one.last_ms,
            )


def _link(broker: BrokerAccess, gateway: Gateway) -> PahoLink:
    return PahoLink(broker, f"{gateway.plant}/{gateway.gateway}")
