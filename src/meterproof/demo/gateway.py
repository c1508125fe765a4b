"""A plant's gateway in the demonstration: its simulated meters, its agent and the clock that both share."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

from meterproof.demo.played import PlayedCounter, PlayedPlant
from meterproof.demo.settings import SETTINGS_FILE, SPOOL_FILE, DemoSettings, Relays, WrongRegister, edge_settings_text
from meterproof.demo.time_lapse import Stalled, play
from meterproof.local_server import LocalServer
from meterproof_core.clock import ManualClock
from meterproof_core.faults import FaultPoints
from meterproof_edge.agent import Agent
from meterproof_edge.modbus.server import RegisterServer
from meterproof_edge.settings import load_settings
from meterproof_edge.simulator.meter import SimulatedBus
from meterproof_edge.spool import Spool

_IDLE_TIMEOUT_S = 120.0
_CONNECT_TIMEOUT_S = 15.0
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything of one plant that runs.

    Parameters
    ----------
    plant : PlayedPlant
        Whose it is.
    clock : ManualClock
        Shared by meters and agent.
    bus : SimulatedBus
        The meters.
    agent : Agent
        What reads them.
    polled_ms : int
        Instant of the last poll of an earlier run; 0 when there was none [ms].
    """

    plant: PlayedPlant
    clock: ManualClock
    bus: SimulatedBus
    agent: Agent
    polled_ms: int

    async def play_until(self, until_ms: int, server: LocalServer, progress: Callable[[int, int], None]) -> int:
        """Play up to an instant [ms] until everything is stored and in the books; return how many samples were read."""
        samples = await play(self.agent, self.clock, polled_ms=self.polled_ms, until_ms=until_ms, progress=progress)
        if not self.agent.flush():
            raise Stalled("the spool cannot be written; is the disk full?")
        if not await asyncio.to_thread(self.agent.wait_until_at_most, 0, _IDLE_TIMEOUT_S):
            raise Stalled(f"{self.agent.spooled_batches()} batches still wait for a receipt; is the broker reachable?")
        if not await asyncio.to_thread(server.collector.wait_until_idle, _IDLE_TIMEOUT_S):
            raise Stalled(f"the ledger has not finished within {_IDLE_TIMEOUT_S:.0f} s")
        return samples

    async def poll_once(self) -> None:
        """Move to the next poll and make it."""
        due_ms = self.agent.next_due_ms()
        self.clock.move_to(due_ms)
        await self.agent.poll_due(due_ms)
        self.agent.flush()

    def simulated_amount(self, counter: PlayedCounter, start_ms: int, end_ms: int) -> Fraction:
        """Return the simulator's own count of what flowed between two instants [canonical unit]."""
        return self.bus.meters[counter.unit_id].amount_between(counter.simulated, start_ms, end_ms)


@asynccontextmanager
async def opened_gateway(
    plant: PlayedPlant, settings: DemoSettings, server: LocalServer, faults: FaultPoints
) -> AsyncIterator[Gateway]:
    """Run a plant's simulated meters and its agent, where an earlier run left them.

    Raises
    ------
    Stalled
        When the broker does not answer.
    """
    settings = _for_plant(settings, plant)
    folder = settings.gateway_folder(plant)
    folder.mkdir(parents=True, exist_ok=True)
    polled_ms = _last_polled_ms(folder / SPOOL_FILE, plant)
    clock = ManualClock(max(plant.before_first_poll_ms, polled_ms + settings.agent_dead_for // _MS))
    bus = plant.bus(clock)
    modbus = RegisterServer(bus, port=settings.relays.meter_port)
    await modbus.start()
    try:
        if settings.wrong_register is not None:
            _corrupt(bus, plant, settings.wrong_register)
        broker_url = settings.relays.broker_url or server.broker_url
        text = edge_settings_text(
            plant,
            meter_port=settings.relays.modbus_port or modbus.port,
            broker_url=broker_url,
            embedded=settings.broker_url is None,
        )
        (folder / SETTINGS_FILE).write_text(text, encoding="utf-8")
        with Agent(load_settings(folder / SETTINGS_FILE), clock=clock, faults=faults) as agent:
            await _connected(agent, broker_url)
            yield Gateway(plant, clock, bus, agent, polled_ms)
    finally:
        await modbus.stop()


def _for_plant(settings: DemoSettings, plant: PlayedPlant) -> DemoSettings:
    """Return the settings without what tests want of the first plant alone, for the others."""
    return settings if plant is settings.plants[0] else replace(settings, relays=Relays(), wrong_register=None)


async def _connected(agent: Agent, broker_url: str) -> None:
    """Wait for the broker before a year is played at nobody."""
    if not await asyncio.to_thread(agent.wait_until_connected, _CONNECT_TIMEOUT_S):
        raise Stalled(f"broker {broker_url} has not answered within {_CONNECT_TIMEOUT_S:.0f} s; is it there?")


def _last_polled_ms(spool: Path, plant: PlayedPlant) -> int:
    """Return the instant up to which an earlier run kept every point's readings [ms]; 0 when there was none."""
    if not spool.exists():
        return 0
    opened = Spool(spool, max_bytes=1 << 30)
    try:
        cursors = opened.cursors()
    finally:
        opened.close()
    return min(cursors.get(point, 0) for point in plant.points)


def _corrupt(bus: SimulatedBus, plant: PlayedPlant, wrong: WrongRegister) -> None:
    counter = plant.counters[0]
    meter = bus.meters[counter.unit_id]
    poll_ms = plant.first_poll_at_or_after_ms(wrong.at)
    meter.corrupt(counter.simulated, meter.raw_at(counter.simulated, poll_ms) + wrong.by_counts, poll_ms)
