"""The last reading of a plant's metering points, as the store has it now."""

from dataclasses import dataclass
from math import isfinite
from zoneinfo import ZoneInfo

from meterproof_api.local_clock import local_text
from meterproof_api.plants import Plant, StreamInfo
from meterproof_api.stores import Stores
from meterproof_core.storage import PointExtent, ReadingsQuery

POWER = "power_active_kw"


@dataclass(frozen=True, slots=True)
class LastReading:
    """The newest reading of one metering point.

    Parameters
    ----------
    extent : PointExtent
        What the store holds of the point.
    first, last : str
        Its first and last instant as the plant's clock shows them.
    register : float
        Value of the counter; NaN when that reading has none [unit].
    power_kw : float
        Momentary power [kW]; NaN when that reading has none.
    """

    extent: PointExtent
    first: str
    last: str
    register: float
    power_kw: float


def last_reading(stores: Stores, plant: Plant, stream: StreamInfo) -> LastReading | None:
    """Return the newest reading of a stream's metering point, or None before the first, and of a hand-kept series."""
    extent = next((found for found in stores.readings.extents(plant.id) if found.point == stream.point), None)
    if extent is None:
        return None
    wanted = (stream.quantity, POWER)
    query = ReadingsQuery(plant.id, stream.point, wanted, extent.last_ms, extent.last_ms + 1)
    values = stores.readings.read(query).values
    zone = ZoneInfo(plant.time_zone)
    return LastReading(
        extent=extent,
        first=local_text(extent.first_ms, zone),
        last=local_text(extent.last_ms, zone),
        register=_last(values.get(stream.quantity)),
        power_kw=_last(values.get(POWER)),
    )


def _last(column: object) -> float:
    values = [float(value) for value in column] if hasattr(column, "__iter__") else []
    return values[-1] if values and isfinite(values[-1]) else float("nan")
