"""Puts the demonstration together and runs it: simulated meter, agent, server, time-lapse, result."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import as_file, files
from pathlib import Path

from meterproof.demo.progress import Progress
from meterproof.demo.report import Outcome, Run, outcome
from meterproof.demo.settings import (
    LIVE_PAUSE_S,
    METER_MAP,
    OFFSET,
    PLANT,
    POINT,
    POLL,
    QUANTITY,
    SETTINGS_FILE,
    SPOOL_FILE,
    DemoSettings,
    WrongRegister,
    edge_settings_text,
    epoch_ms,
)
from meterproof.demo.time_lapse import Stalled, play
from meterproof.local_server import LocalServer, ServerSettings
from meterproof_api.plants import PlantDirectory
from meterproof_api.plants_file import load_plants
from meterproof_core.clock import ManualClock
from meterproof_core.faults import FaultPoints
from meterproof_edge.agent import Agent
from meterproof_edge.map_library import find_map
from meterproof_edge.modbus.server import RegisterServer
from meterproof_edge.settings import load_settings
from meterproof_edge.simulator.meter import SimulatedBus, SimulatedMeter
from meterproof_edge.simulator.works import steel_works_values
from meterproof_edge.spool import Spool

_IDLE_TIMEOUT_S = 120.0
_CONNECT_TIMEOUT_S = 15.0
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class _Stage:
    """Everything that runs."""

    clock: ManualClock
    meter: SimulatedMeter
    server: LocalServer
    agent: Agent
    polled_ms: int


async def run_demo(
    settings: DemoSettings,
    faults: FaultPoints,
    *,
    show: Callable[[Outcome], None],
    quiet: bool = False,
    keep_serving: bool = False,
) -> Outcome:
    """Play the year and return what the server's own API says of it.

    Parameters
    ----------
    settings : DemoSettings
        What is played, and where.
    faults : FaultPoints
        For kill tests.
    show : callable
        Shows the outcome to the user.
    quiet : bool
        Whether to leave the progress bar out.
    keep_serving : bool
        Whether to go on polling, one poll a second, until cancelled.

    Raises
    ------
    MeterproofError
        When something cannot be used or does not follow.
    """
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        stage = await _set_up(settings, faults, stack)
        with Progress(settings.start_ms, settings.end_ms, quiet=quiet) as progress:
            samples = await play(
                stage.agent, stage.clock, polled_ms=stage.polled_ms, until_ms=settings.end_ms, progress=progress.at
            )
            await _settle(stage)
        run = Run(
            settings=settings,
            readings_polled=samples,
            data_set_kwh=float(stage.meter.amount_between(QUANTITY, settings.start_ms, settings.end_ms)),
            elapsed_s=time.monotonic() - started,
            resumed=stage.polled_ms > 0,
        )
        result = await asyncio.to_thread(outcome, stage.server.url, PLANT, run)
        show(result)
        if keep_serving:
            await _live(stage)
        return result


async def _set_up(settings: DemoSettings, faults: FaultPoints, stack: AsyncExitStack) -> _Stage:
    server = stack.enter_context(
        LocalServer(
            ServerSettings(
                settings.data,
                _plants(),
                port=settings.port,
                broker_url=settings.broker_url,
                influx=settings.influx,
            ),
            faults,
        )
    )
    polled_ms = _last_polled_ms(settings.data / SPOOL_FILE)
    clock = ManualClock(max(settings.before_first_poll_ms, polled_ms + settings.agent_dead_for // _MS))
    meter = SimulatedMeter(find_map(METER_MAP), steel_works_values(), clock)
    modbus = RegisterServer(SimulatedBus({1: meter}), port=settings.relays.meter_port)
    await modbus.start()
    stack.push_async_callback(modbus.stop)
    if settings.wrong_register is not None:
        _corrupt(meter, settings.wrong_register)
    file = settings.data / SETTINGS_FILE
    meter_port = settings.relays.modbus_port or modbus.port
    broker_url = settings.relays.broker_url or server.broker_url
    told = edge_settings_text(meter_port=meter_port, broker_url=broker_url, embedded=settings.broker_url is None)
    file.write_text(told, encoding="utf-8")
    agent = stack.enter_context(Agent(load_settings(file), clock=clock, faults=faults))
    await _connected(agent, broker_url)
    return _Stage(clock, meter, server, agent, polled_ms)


async def _connected(agent: Agent, broker_url: str) -> None:
    """Wait for the broker before a year is played at nobody."""
    if not await asyncio.to_thread(agent.wait_until_connected, _CONNECT_TIMEOUT_S):
        raise Stalled(f"broker {broker_url} has not answered within {_CONNECT_TIMEOUT_S:.0f} s; is it there?")


def _plants() -> PlantDirectory:
    with as_file(files("meterproof.demo") / "steel_works.toml") as file:
        return load_plants(file)


def _last_polled_ms(spool: Path) -> int:
    """Return the instant of the last reading that an earlier run kept [ms]; 0 when there was none."""
    if not spool.exists():
        return 0
    opened = Spool(spool, max_bytes=1 << 30)
    try:
        return opened.cursors().get(POINT, 0)
    finally:
        opened.close()


def _corrupt(meter: SimulatedMeter, wrong: WrongRegister) -> None:
    from_ms = epoch_ms(wrong.at)
    period_ms, offset_ms = POLL // _MS, OFFSET // _MS
    poll_ms = -(-(from_ms - offset_ms) // period_ms) * period_ms + offset_ms
    meter.corrupt(QUANTITY, meter.raw_at(QUANTITY, poll_ms) + wrong.by_counts, poll_ms)


async def _settle(stage: _Stage) -> None:
    """Wait until everything that was read is stored and in the books."""
    if not stage.agent.flush():
        raise Stalled("the spool cannot be written; is the disk full?")
    if not await asyncio.to_thread(stage.agent.wait_until_at_most, 0, _IDLE_TIMEOUT_S):
        raise Stalled(f"{stage.agent.spooled_batches()} batches still wait for a receipt; is the broker reachable?")
    if not await asyncio.to_thread(stage.server.collector.wait_until_idle, _IDLE_TIMEOUT_S):
        raise Stalled(f"the ledger has not finished within {_IDLE_TIMEOUT_S:.0f} s")


async def _live(stage: _Stage) -> None:
    """Go on polling until cancelled, one poll after every pause."""
    while True:
        await asyncio.sleep(LIVE_PAUSE_S)
        due_ms = stage.agent.next_due_ms()
        stage.clock.move_to(due_ms)
        await stage.agent.poll_due(due_ms)
        stage.agent.flush()
