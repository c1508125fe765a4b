"""``simulate``: a meter without hardware, for trying settings, dashboards and this agent."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from meterproof_core.clock import SystemClock
from meterproof_core.command_line import clear_errors
from meterproof_core.errors import SettingsError
from meterproof_core.wire import CounterKind
from meterproof_edge.configuration import MeterSettings
from meterproof_edge.map_library import find_map
from meterproof_edge.modbus.server import LOOPBACK, RegisterServer
from meterproof_edge.registers import Register, RegisterMap
from meterproof_edge.settings import load_settings
from meterproof_edge.simulator.meter import SimulatedBus, SimulatedMeter
from meterproof_edge.simulator.values import ValueSource
from meterproof_edge.simulator.waveforms import Waveforms
from meterproof_edge.simulator.works import steel_works_values

_PORT = 5020  # 502, Modbus's own, is for the system's services

_Sites = dict[tuple[str, int], dict[int, SimulatedMeter]]
"""Meters by unit id, by host and port."""


class Series(StrEnum):
    """What a simulated meter measures."""

    WAVEFORM = "waveform"
    STEEL_WORKS = "steel-works"


def simulate(
    *,
    map_id: Annotated[
        str | None, typer.Argument(metavar="MAP", help="Id of a shipped map, or the path of a .toml file.")
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(help="Simulate every meter of a gateway's settings, where they say it is.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="TCP port; 0 takes a free one.")] = _PORT,
    unit_id: Annotated[int, typer.Option(min=0, max=255, help="Modbus unit.")] = 1,
    series: Annotated[Series, typer.Option(help="What the meter measures.")] = Series.WAVEFORM,
) -> None:
    """Serve simulated meters over Modbus TCP until interrupted.

    The series steel-works is a real year of a steel works' energy, repeated; meter and registers are simulated.

    For example:

        meterproof-edge simulate eastron-sdm630 --port 5020

        meterproof-edge simulate schneider-iem3155 --series steel-works

        meterproof-edge simulate --settings gateway.toml
    """
    with clear_errors():
        if (settings is None) == (map_id is None):
            raise SettingsError("what is to be simulated? give either MAP or --settings SETTINGS.toml")
        values = _values(series)
        if settings is not None:
            sites = _of_settings(load_settings(settings).meters, values)
        else:
            meter = SimulatedMeter(find_map(str(map_id)), values, SystemClock())
            sites = {(host, port): {unit_id: meter}}
        asyncio.run(_serve(sites, series))


def _values(series: Series) -> ValueSource:
    if series is Series.STEEL_WORKS:
        return steel_works_values()
    return Waveforms()


def _of_settings(meters: Sequence[MeterSettings], values: ValueSource) -> _Sites:
    clock = SystemClock()
    sites: _Sites = {}
    for meter in meters:
        there = sites.setdefault((meter.host, meter.port), {})
        if meter.unit_id in there:
            where = f"unit_id {meter.unit_id} at {meter.host}:{meter.port}"
            raise SettingsError(
                f"meter {meter.point!r}: {where} is another point's too; to simulate, give each its own"
            )
        there[meter.unit_id] = SimulatedMeter(_as_set(meter), values, clock)
    return sites


def _as_set(meter: MeterSettings) -> RegisterMap:
    """Return the meter's map as the settings say that the device is set and its inputs are wired."""
    stated = {_place(register): register for register in meter.registers}
    registers = tuple(stated.get(_place(register), register) for register in meter.meter_map.registers)
    return msgspec.structs.replace(meter.meter_map, registers=registers)


def _place(register: Register) -> tuple[int, int, str]:
    """Return what a register keeps when the settings say what it counts."""
    return register.function, register.address, "" if register.kind is CounterKind.PULSE else register.quantity


async def _serve(sites: _Sites, series: Series) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as servers:
        for (host, port), meters in sites.items():
            server = RegisterServer(SimulatedBus(meters), host=host, port=port)
            await server.start()
            servers.push_async_callback(server.stop)
            for unit_id, meter in meters.items():
                model = f"{meter.register_map.vendor} {meter.register_map.model}"
                typer.echo(f"simulated {model}: Modbus TCP at {host}:{server.port} unit_id {unit_id}, series {series}")
        typer.echo("interrupt to stop")
        await stop.wait()
