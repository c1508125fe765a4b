"""Puts meters on their buses: units behind one host and port share one connection, because they share one wire."""

from collections.abc import Sequence
from dataclasses import dataclass

from meterproof_core.clock import WallClock
from meterproof_edge.configuration import MeterSettings
from meterproof_edge.meter_reader import MeterReader, ReadList
from meterproof_edge.modbus.tcp import TcpAddress, TcpBus
from meterproof_edge.poller import PolledPoint
from meterproof_edge.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Field:
    """The meters of a gateway, ready to be polled.

    Parameters
    ----------
    points : tuple of PolledPoint
        One a meter, in the order of the settings.
    buses : tuple of TcpBus
        What they are read over.
    """

    points: tuple[PolledPoint, ...]
    buses: tuple[TcpBus, ...]

    def close(self) -> None:
        """Close every connection."""
        for bus in self.buses:
            bus.close()


def wire_meters(meters: Sequence[MeterSettings], clock: WallClock) -> Field:
    """Return the meters on their buses; no socket is opened before the first read.

    A bus waits as long as its slowest unit may take, and pauses as long as its most delicate one wants.
    """
    buses = {
        (host, port): TcpBus(_address(host, port, meters), clock)
        for host, port in dict.fromkeys((meter.host, meter.port) for meter in meters)
    }
    points = tuple(
        PolledPoint(
            MeterReader(read_list(meter), buses[meter.host, meter.port].unit(meter.unit_id)),
            Schedule(meter.poll_ms, meter.offset_ms),
        )
        for meter in meters
    )
    return Field(points, tuple(buses.values()))


def read_list(meter: MeterSettings) -> ReadList:
    """Return what is read of a meter."""
    return ReadList(meter.point, meter.registers, meter.meter_map.max_registers)


def _address(host: str, port: int, meters: Sequence[MeterSettings]) -> TcpAddress:
    there = [meter for meter in meters if (meter.host, meter.port) == (host, port)]
    return TcpAddress(
        host,
        port,
        timeout_s=max(meter.timeout_s for meter in there),
        min_gap_s=max(meter.meter_map.min_gap_ms for meter in there) / 1000,
    )
