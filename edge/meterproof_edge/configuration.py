"""What a gateway is told: where to publish, where to spool, which meters to read and how often.

The file's own shape (`settings`) stays apart from the values here, which are complete and checked: maps found,
registers chosen, units stated, rates known. Whoever holds an `EdgeSettings` need not check anything again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from meterproof_core.broker_connection import BrokerAccess
from meterproof_core.quantities import Kind, quantity
from meterproof_core.wire import CounterSpec, PointConfig
from meterproof_edge.decode import count_scale
from meterproof_edge.registers import Register, RegisterMap


@dataclass(frozen=True, slots=True)
class SpoolSettings:
    """Where samples wait for the collector.

    Parameters
    ----------
    path : Path
        The spool's file.
    max_mib : int
        Its bound [MiB].
    """

    path: Path
    max_mib: int


@dataclass(frozen=True, slots=True)
class MeterSettings:
    """One metering point and the meter that is read for it.

    Parameters
    ----------
    point : str
        The metering point.
    meter_map : RegisterMap
        The meter's model.
    host : str
        Name or address of the meter or of its converter.
    port : int
        TCP port.
    unit_id : int
        Modbus unit.
    poll_ms : int
        Period of the readings [ms].
    offset_ms : int
        Where in the period they are taken [ms].
    registers : tuple of Register
        What is read, each with the unit that the device gives.
    max_rate_per_h : mapping of quantity to float
        Largest plausible rate of each counter among them [canonical unit/h].
    timeout_s : float
        How long an answer may take [s].
    serial : str
        The meter's number as the settings state it, empty when they do not: another number is another meter.
    """

    point: str
    meter_map: RegisterMap
    host: str
    port: int
    unit_id: int
    poll_ms: int
    offset_ms: int
    registers: tuple[Register, ...]
    max_rate_per_h: Mapping[str, float]
    timeout_s: float
    serial: str = ""


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """All that a gateway is told; no point occurs twice."""

    plant: str
    gateway: str
    broker: BrokerAccess
    spool: SpoolSettings
    meters: tuple[MeterSettings, ...]


def point_configs(settings: EdgeSettings) -> list[PointConfig]:
    """Return how each metering point is read, as it is published under `meters`: enough to recompute from raw."""
    return [_point_config(meter) for meter in settings.meters]


def _point_config(meter: MeterSettings) -> PointConfig:
    return PointConfig(
        point=meter.point,
        meter=meter.meter_map.id,
        map_version=meter.meter_map.version,
        poll_ms=meter.poll_ms,
        quantities=[register.quantity for register in meter.registers],
        units={register.quantity: register.unit for register in meter.registers},
        counters={
            register.quantity: CounterSpec(
                raw_type=register.type.value,
                scale=count_scale(register),
                modulus=register.modulus,
                resolution=register.smallest_step,
                max_rate_per_h=meter.max_rate_per_h[register.quantity],
                kind=register.kind,
                interval_ms=register.interval_ms,
                interval_offset_ms=register.interval_offset_ms,
                serial=meter.serial,
            )
            for register in meter.registers
            if quantity(register.quantity).kind is Kind.COUNTER
        },
    )
