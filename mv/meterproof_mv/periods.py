"""The periods of a plant's calendar: quarter hours, hours, days and months by its own clock, as instants.

A period is half-open in instants, so that a day may have 23 or 25 hours, and no instant belongs to two periods of a
level. Quarter hours never straddle any of them: clocks change on quarter hours.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import SeriesError
from meterproof_mv.local_clock import local_days, midnight_ms, utc_offsets_ms, zone_of

IntArray = npt.NDArray[np.int64]

QUARTER_HOUR_MS = 900_000  # exact
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000  # exact


class Level(StrEnum):
    """How long a period is."""

    QUARTER_HOUR = "15min"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """Periods of one level, in rising time and without overlap; there may be time between them.

    Parameters
    ----------
    start_ms, end_ms : (n,) int64
        Half-open [start, end) [ms since 1970-01-01 UTC].
    day : (n,) datetime64[D]
        The local date on which each begins.
    name : tuple of str, length n
        Of its shift; empty on other levels.
    """

    start_ms: IntArray
    end_ms: IntArray
    day: npt.NDArray[np.datetime64]
    name: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.start_ms)

    def touching(self, first_ms: int, last_ms: int) -> "Periods":
        """Return those that [first, last) touches [ms since 1970-01-01 UTC]."""
        kept = np.flatnonzero((self.end_ms > first_ms) & (self.start_ms < last_ms))
        names = tuple(self.name[row] for row in kept)
        return Periods(self.start_ms[kept], self.end_ms[kept], self.day[kept], names)


def level_periods(level: Level, first_ms: int, last_ms: int, zone: str) -> Periods:
    """Return the periods of a level that [first, last) touches, whole.

    Parameters
    ----------
    level : Level
        How long they are.
    first_ms, last_ms : int
        Half-open [ms since 1970-01-01 UTC].
    zone : str
        IANA name of the plant's time zone, such as ``Asia/Seoul``.

    Raises
    ------
    SeriesError
        When the zone is unknown, or [first, last) is empty.
    """
    check_period(first_ms, last_ms)
    days, edges = local_days(first_ms, last_ms, zone)
    if level is Level.MONTH:
        return _months(days[0].item(), last_ms, zone_of(zone))
    if level is Level.DAY:
        return Periods(edges[:-1], edges[1:], days, ("",) * len(days))
    grid = np.arange(edges[0], edges[-1], QUARTER_HOUR_MS, dtype=np.int64)
    offset = utc_offsets_ms(grid, zone)
    begins = np.ones(len(grid), dtype=bool)
    if level is Level.HOUR:
        hour = (grid + offset) // _HOUR_MS
        begins[1:] = (hour[1:] != hour[:-1]) | (offset[1:] != offset[:-1])
    start = grid[begins]
    day = ((start + offset[begins]) // _DAY_MS).astype("datetime64[D]")
    return Periods(start, np.append(start[1:], edges[-1]), day, ("",) * len(start)).touching(first_ms, last_ms)


def check_period(first_ms: int, last_ms: int) -> None:
    """Check that [first, last) holds time.

    Raises
    ------
    SeriesError
        When it is empty.
    """
    if last_ms <= first_ms:
        raise SeriesError(f"period [{first_ms}, {last_ms}) is empty; an end after the start is accepted")


def _months(day: date, last_ms: int, zone: ZoneInfo) -> Periods:
    first = day.replace(day=1)
    months, edges = [], [midnight_ms(first, zone)]
    while edges[-1] < last_ms:
        months.append(first)
        first = (first + timedelta(days=31)).replace(day=1)
        edges.append(midnight_ms(first, zone))
    bounds = np.array(edges, np.int64)
    return Periods(bounds[:-1], bounds[1:], np.array(months, "datetime64[D]"), ("",) * len(months))
