"""The gateway agent: poller, buffer, spool and publisher, put together from settings.

One loop polls, one thread publishes, and the spool between them is the only thing they share. A sample is handed to
the spool within a second, together with the cursor that says how far its point has been read.
"""

import asyncio
import random
import time
from collections.abc import Mapping

from meterproof_core.clock import WallClock
from meterproof_core.errors import SettingsError
from meterproof_core.faults import FaultPoints
from meterproof_core.wire import VERSION, ClockState, Group, Meters, config_digest
from meterproof_edge.announcements import Gateway
from meterproof_edge.configuration import BrokerSettings, EdgeSettings, point_configs
from meterproof_edge.modbus.field import wire_meters
from meterproof_edge.mqtt.paho_link import LinkSettings, PahoLink
from meterproof_edge.poller import PointCounts, Poller
from meterproof_edge.publisher import Publisher, PublisherStats
from meterproof_edge.sample import Sample
from meterproof_edge.sample_buffer import SampleBuffer
from meterproof_edge.spool import Spool

_FLUSH_LOOK_S = 0.2  # how often the buffer's age is looked at while nothing is polled
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
        self.flush()
        self._publisher.stop()
        self._field.close()
        self._spool.close()

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

    def flush(self) -> None:
        """Put what was collected into the spool, durably, and let it be sent."""
        if self._buffer.flush(self._store):
            self._publisher.notify()
        lost = self._buffer.take_losses()
        if lost:
            self._spool.record_losses(lost)

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
        if self._buffer.due(time.monotonic()):
            self.flush()

    def _store(self, batches: list[list[Group]]) -> None:
        self._spool.append(batches, config=self._config, clock_state=ClockState.SYNCED)

    async def _keep_flushing(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                async with asyncio.timeout(_FLUSH_LOOK_S):
                    await stop.wait()
            except TimeoutError:
                if self._buffer.due(time.monotonic()):
                    self.flush()


def _link(broker: BrokerSettings, gateway: Gateway) -> PahoLink:
    account = LinkSettings(username=broker.username, password=_password(broker))
    return PahoLink(broker.address, f"meterproof-{gateway.plant}-{gateway.gateway}", account)


def _password(broker: BrokerSettings) -> str | None:
    if broker.password_file is None:
        return None
    try:
        return broker.password_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"broker: password_file {broker.password_file} cannot be read ({error})") from error
