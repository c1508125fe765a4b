"""What the agent does while its spool cannot be written; its ways are tested where they are whole, from meter to page."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest
from modbus_wire import run
from spooling import everything, open_roomy, sound

from meterproof_core.clock import ManualClock, SystemClock
from meterproof_core.errors import StoreError
from meterproof_core.faults import NoFaults
from meterproof_edge.agent import Agent
from meterproof_edge.map_library import find_map
from meterproof_edge.modbus.server import RegisterServer
from meterproof_edge.settings import make_settings
from meterproof_edge.simulator.meter import SimulatedBus, SimulatedMeter
from meterproof_edge.simulator.waveforms import SINCE_MS, Waveforms

MAP = "schneider-iem3155"
NOW = SINCE_MS + 1_000_000_000
ROOMY_PAGES = 1_000_000


class Raised:
    """Faults that are raised instead of killing, while there is one."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.raised_twice, self.passed = asyncio.Event(), asyncio.Event()
        self._times = 0

    def reach(self, point: str) -> None:
        assert point == "spool.mid_commit"
        if self.error is None:
            self.passed.set()
            return
        self._times += 1
        if self._times == 2:
            self.raised_twice.set()
        raise self.error


@asynccontextmanager
async def meter_and_settings(folder, clock, *, poll_s: float):
    """Serve a simulated meter, and give the settings of an agent that reads it and finds no broker."""
    server = RegisterServer(SimulatedBus({1: SimulatedMeter(find_map(MAP), Waveforms(), clock)}))
    await server.start()
    meter = {
        "point": "main", "map": MAP, "host": "127.0.0.1", "port": server.port, "poll_s": poll_s, "max_power_kw": 100,
        "quantities": ["energy_import_kwh"],
    }  # fmt: skip
    tables = {"plant": "mill", "gateway": "gateway-1", "broker": {"url": "mqtt://127.0.0.1:1"}, "meter": [meter]}
    try:
        yield make_settings(tables, beside=folder, file="edge.toml")
    finally:
        await server.stop()


async def poll(agent, clock, times: int) -> list[int]:
    """Poll and flush so many times; return the instants."""
    polled = []
    for _ in range(times):
        clock.move_to(agent.next_due_ms())
        assert await agent.poll_due(clock.now_ms()) == 1
        polled.append(clock.now_ms())
        agent.flush()
    return polled


def fill_disk(agent) -> None:
    """Let the spool's file grow no further."""
    (pages,) = agent._spool._file.rows("PRAGMA page_count")[0]
    agent._spool._file.rows(f"PRAGMA max_page_count={pages}")


def empty_disk(agent) -> None:
    agent._spool._file.rows(f"PRAGMA max_page_count={ROOMY_PAGES}")


def spooled(folder) -> list[int]:
    """Return the instants in a spool that nobody holds any more."""
    spool = open_roomy(folder / "edge-spool.db")
    try:
        return [t for message in everything(spool) for one in sound(message).groups for t in one.t]
    finally:
        spool.close()


def test_a_disk_that_is_full_for_a_while_costs_no_sample_and_is_told_once(tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="meterproof_edge.agent")

    async def scenario() -> list[int]:
        clock = ManualClock(NOW)
        async with meter_and_settings(tmp_path, clock, poll_s=60) as settings:
            with Agent(settings, clock=clock, faults=NoFaults()) as agent:
                polled = await poll(agent, clock, 2)
                fill_disk(agent)
                polled += await poll(agent, clock, 100)
                assert not agent.flush()
                empty_disk(agent)
                assert agent.flush()
                polled += await poll(agent, clock, 2)
        return polled

    polled = run(scenario())
    assert spooled(tmp_path) == polled
    told = [record for record in caplog.records if record.name == "meterproof_edge.agent"]
    assert [(record.levelname, record.getMessage().split(":")[0]) for record in told] == [
        ("ERROR", "samples are kept in memory and tried again"),
        ("INFO", "the spool can be written again"),
    ]


def test_the_running_agent_tries_again_on_its_own(tmp_path):
    async def scenario() -> int:
        clock, stop, faults = SystemClock(), asyncio.Event(), Raised()
        faults.error = StoreError("no room")
        async with meter_and_settings(tmp_path, clock, poll_s=0.1) as settings:
            with Agent(settings, clock=clock, faults=faults) as agent:
                running = asyncio.create_task(agent.run(stop))
                await faults.raised_twice.wait()
                faults.error = None
                await faults.passed.wait()
                stop.set()
                await running
            return agent.counts()["main"].samples

    samples = run(scenario())
    assert len(spooled(tmp_path)) == samples >= 2


def test_what_the_spool_does_not_take_in_the_end_is_named_as_lost_and_everything_is_closed(tmp_path, caplog):
    async def scenario() -> tuple[Agent, list[int]]:
        clock, faults = ManualClock(NOW), Raised()
        async with meter_and_settings(tmp_path, clock, poll_s=60) as settings:
            with Agent(settings, clock=clock, faults=faults) as agent:
                faults.error = StoreError("no room")
                polled = await poll(agent, clock, 3)
        return agent, polled

    agent, polled = run(scenario())
    lost = [record.getMessage() for record in caplog.records if "lost" in record.getMessage()]
    assert lost == [f"main: 3 samples from {polled[0]} to {polled[-1]} ms are lost: the spool could not take them"]
    assert not agent._publisher._thread.is_alive()
    assert spooled(tmp_path) == []  # opens: nobody holds it


def test_a_fault_of_ours_in_the_last_flush_closes_everything_and_is_shown(tmp_path, caplog):
    agents = []

    async def scenario() -> None:
        clock, faults = ManualClock(NOW), Raised()
        async with meter_and_settings(tmp_path, clock, poll_s=60) as settings:
            with Agent(settings, clock=clock, faults=faults) as agent:
                agents.append(agent)
                clock.move_to(agent.next_due_ms())
                await agent.poll_due(clock.now_ms())
                faults.error = ZeroDivisionError("a fault of ours")

    with pytest.raises(ZeroDivisionError):
        run(scenario())
    assert not agents[0]._publisher._thread.is_alive()
    assert spooled(tmp_path) == []
    assert "main: 1 samples from" in caplog.text
