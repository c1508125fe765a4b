"""Which plants, gateways and metering points a chaos run has, and the settings files that say so."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaos.fast_clock import FastClock
from chaos.plant import CELL_MS, Meter

MAP = Path(__file__).with_name("chaos-meter.toml")
_POLL_S = 60
"""Told by the fast clock [s]: fifteen readings an interval, five of them while the counters stand still."""
_LIVE_POLL_S = 0.2
_SMALL_POLL_S = 6
"""Of the gateway with the small spool: a hundred readings a second of real time [s]."""


@dataclass(frozen=True, slots=True)
class Point:
    """A metering point and the unit of its meter."""

    plant: str
    point: str
    unit: int
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class GatewayPlan:
    """A gateway agent: on the fast clock, or on real time by the real command; one has a spool that soon is full."""

    plant: str
    gateway: str
    units: Mapping[str, int]
    is_live: bool = False
    is_small: bool = False

    @property
    def poll_s(self) -> float:
        """Period of its readings, told by its clock [s]."""
        if self.is_small:
            return _SMALL_POLL_S
        return _LIVE_POLL_S if self.is_live else _POLL_S

    @property
    def points(self) -> list[Point]:
        """Its metering points."""
        return [Point(self.plant, point, unit, self.is_live) for point, unit in self.units.items()]


GATEWAYS = (
    GatewayPlan("chaos-north", "gateway-1", {"incomer": 1, "furnace": 2}),
    GatewayPlan("chaos-dale", "gateway-2", {"incomer": 3, "boiler": 4}),
    GatewayPlan("chaos-dale", "gateway-live", {"live": 5}, is_live=True),
)
"""North and dale are plants of different halves: of two collectors each keeps the ledger of one."""

SMALL_GATEWAY = GatewayPlan("chaos-west", "gateway-small", {"hall": 6, "yard": 7}, is_small=True)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The two clocks of a run: a fast one that began in the past, and real time."""

    fast: FastClock
    live: FastClock

    def of(self, *, is_live: bool) -> FastClock:
        """Return the clock that a gateway goes by."""
        return self.live if is_live else self.fast

    def meter(self, point: Point) -> Meter:
        """Return the meter of a point, as the meters' process made it."""
        return meter_of(point.unit, self.of(is_live=point.is_live))


def meter_of(unit: int, clock: FastClock) -> Meter:
    """Return the meter of a unit: its counters began at the boundary before the clock did."""
    return Meter(unit, clock.t0_ms // CELL_MS * CELL_MS)


def gateway_settings(plan: GatewayPlan, *, broker_port: int, meters_port: int, spool: Path) -> str:
    """Return the settings file of a gateway."""
    lines = [
        f"plant = {json.dumps(plan.plant)}",
        f"gateway = {json.dumps(plan.gateway)}",
        f'broker = {{ url = "mqtt://127.0.0.1:{broker_port}" }}',
        f"spool = {{ path = {json.dumps(str(spool))}, max_mib = {1 if plan.is_small else 64} }}",
    ]
    for number, (point, unit) in enumerate(plan.units.items()):
        lines += [
            "[[meter]]",
            f"point = {json.dumps(point)}",
            f"map = {json.dumps(str(MAP))}",
            f'host = "127.0.0.1"\nport = {meters_port}\nunit_id = {unit}',
            f"poll_s = {plan.poll_s}",
            f"offset_s = {number * plan.poll_s / 3}",
            "max_power_kw = 2000\nmax_rate_per_h = { volume_m3 = 1000, pulses = 1000000 }",
            "timeout_s = 30",
        ]
    return "\n".join(lines) + "\n"


def collector_settings(
    name: str, *, broker_port: int, health_port: int, store: Mapping[str, object], share: tuple[int, int]
) -> str:
    """Return the settings file of one collector; `share` is its part of the ledger and of how many."""
    part, parts = share
    group = '\nshare_group = "chaos"' if parts > 1 else ""
    stores = "\n".join(f"{key} = {json.dumps(value)}" for key, value in store.items())
    return f"""name = "{name}"
[broker]
url = "mqtt://127.0.0.1:{broker_port}"{group}
[store]
{stores}
[limits]
retry_s = 0.2
retry_max_s = 1.0
[ledger]
part = {part}
parts = {parts}
[health]
port = {health_port}
"""
