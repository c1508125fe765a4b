"""``read``: one reading, now, as a table: the first thing to try at a meter."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from meterproof_core.clock import SystemClock
from meterproof_core.command_line import FAILED_IN_THE_WORLD, clear_errors, complain, print_json
from meterproof_core.errors import SettingsError
from meterproof_core.quantities import quantity
from meterproof_edge.cli_output import print_columns
from meterproof_edge.configuration import MeterSettings
from meterproof_edge.errors import LinkError
from meterproof_edge.map_library import find_map
from meterproof_edge.meter_choice import choose_registers
from meterproof_edge.modbus.field import wire_meters
from meterproof_edge.sample import Sample
from meterproof_edge.settings import load_settings

_BY_HAND = "meter"
_POLL_MS = 1000  # a single reading has no period


def read(
    *,
    settings: Annotated[
        Path | None, typer.Argument(metavar="SETTINGS.toml", help="The gateway's settings; or use --map and --host.")
    ] = None,
    point: Annotated[str | None, typer.Option(help="Read only this metering point of the settings.")] = None,
    map_id: Annotated[
        str | None, typer.Option("--map", help="Id of a shipped map, or the path of a .toml file.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Name or address of the meter or its converter.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="TCP port.")] = 502,
    unit_id: Annotated[int, typer.Option(min=0, max=255, help="Modbus unit.")] = 1,
    unit: Annotated[
        list[str] | None, typer.Option(help="QUANTITY=UNIT, for a unit that is set in the device; may be repeated.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.01, help="Longest wait for an answer, in seconds.")] = 3.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read meters once and print what they show; exit code 1 when one cannot be read.

    For example:

        meterproof-edge read gateway.toml --point main-incomer

        meterproof-edge read --map schneider-iem3155 --host 192.168.1.20 --unit-id 3

        meterproof-edge read --map siemens-mag6000 --host 192.168.1.21 --unit flow_m3_h=m3/h --json
    """
    with clear_errors():
        if (settings is None) == (map_id is None):
            raise SettingsError("what is to be read? give either SETTINGS.toml or --map with --host")
        if settings is not None:
            meters = _of_settings(settings, point)
        else:
            meters = [_by_hand(str(map_id), host, port=port, unit_id=unit_id, units=unit or [], timeout_s=timeout)]
    readings = asyncio.run(_read_all(meters))
    _print(readings, as_json=as_json)
    if any(reading.error is not None for reading in readings):
        raise typer.Exit(FAILED_IN_THE_WORLD)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one meter gave, or why it gave nothing."""

    meter: MeterSettings
    sample: Sample | None
    error: LinkError | None


def _of_settings(settings: Path, point: str | None) -> Sequence[MeterSettings]:
    meters = load_settings(settings).meters
    if point is None:
        return meters
    chosen = [meter for meter in meters if meter.point == point]
    if not chosen:
        raise SettingsError(f"{settings}: no point {point!r}; use {', '.join(meter.point for meter in meters)}")
    return chosen


def _by_hand(
    map_id: str, host: str | None, *, port: int, unit_id: int, units: Sequence[str], timeout_s: float
) -> MeterSettings:
    if host is None:
        raise SettingsError("--host is missing; give the name or address of the meter or its converter")
    meter_map = find_map(map_id)
    return MeterSettings(
        point=_BY_HAND,
        meter_map=meter_map,
        host=host,
        port=port,
        unit_id=unit_id,
        poll_ms=_POLL_MS,
        offset_ms=0,
        registers=choose_registers(meter_map, None, dict(_stated_unit(text) for text in units)),
        max_rate_per_h={},
        timeout_s=timeout_s,
    )


def _stated_unit(text: str) -> tuple[str, str]:
    name, equals, unit = text.partition("=")
    if not (name and equals and unit):
        raise SettingsError(f"--unit {text!r} is not accepted; use QUANTITY=UNIT, such as flow_m3_h=l/s")
    return name, unit


async def _read_all(meters: Sequence[MeterSettings]) -> list[_Reading]:
    field = wire_meters(meters, SystemClock())
    try:
        readings = []
        for meter, polled in zip(meters, field.points, strict=True):
            try:
                sample = await polled.reader.read()
            except LinkError as error:
                readings.append(_Reading(meter, None, error))
            else:
                readings.append(_Reading(meter, sample, polled.reader.trouble))
        return readings
    finally:
        field.close()


def _print(readings: Sequence[_Reading], *, as_json: bool) -> None:
    for reading in readings:
        if reading.error is not None:
            complain(f"{reading.meter.point}: {reading.error}")
    if as_json:
        print_json([reading.sample for reading in readings if reading.sample is not None])
        return
    for reading in readings:
        if reading.sample is not None:
            _print_table(reading.meter, reading.sample)


def _print_table(meter: MeterSettings, sample: Sample) -> None:
    at = datetime.fromtimestamp(sample.t_ms / 1000, UTC)
    where = f"{meter.host}:{meter.port} unit_id {meter.unit_id}"
    typer.echo(f"{sample.point}: {meter.meter_map.id} at {where}, {at:%Y-%m-%d %H:%M:%S} UTC")
    quality = {column: f"{level}: {reason}" for column, level, reason in sample.flags}
    print_columns(
        ("quantity", "value", "unit", "register", "quality"),
        (
            (name, value, quantity(name).unit, sample.raw.get(name), quality.get(column, "good"))
            for column, (name, value) in enumerate(zip(sample.quantities, sample.values, strict=True))
        ),
    )
