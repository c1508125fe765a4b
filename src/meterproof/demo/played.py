"""What the demonstration has to know of a plant to play a year of it through simulated meters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from meterproof_core.clock import WallClock
from meterproof_edge.simulator.meter import SimulatedBus

YEAR_DAYS = 365
_MS = timedelta(milliseconds=1)


def epoch_ms(instant: datetime) -> int:
    """Return an instant [ms since 1970-01-01 UTC].

    >>> epoch_ms(datetime(2018, 1, 1, tzinfo=UTC))
    1514764800000
    """
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // _MS


@dataclass(frozen=True, slots=True)
class PlayedCounter:
    """A counter that is read at a metering point, and where the simulator keeps the truth of it.

    Parameters
    ----------
    point, quantity : str
        As the gateway's settings name them.
    unit_id : int
        Of the simulated meter.
    simulated : str
        The simulated meter's own name of what it counts.
    """

    point: str
    quantity: str
    unit_id: int
    simulated: str


@dataclass(frozen=True, slots=True)
class PlayedPlant:
    """A plant whose year is played.

    Parameters
    ----------
    id : str
        As the plants file says it.
    title : str
        For the progress bar.
    year_start : datetime
        In the plant's own time zone.
    poll, offset : timedelta
        When its meters are read; polls fall between the quarter hours, so that every boundary has to be interpolated.
    counters : tuple of PlayedCounter
        What is read.
    bus : callable
        Makes its simulated meters, given the clock.
    meters_text : callable
        Returns the ``[[meter]]`` tables of its gateway, given the Modbus port.
    """

    id: str
    title: str
    year_start: datetime
    poll: timedelta
    offset: timedelta
    counters: tuple[PlayedCounter, ...]
    bus: Callable[[WallClock], SimulatedBus]
    meters_text: Callable[[int], str]

    @property
    def start_ms(self) -> int:
        """Start of the year [ms]."""
        return epoch_ms(self.year_start)

    @property
    def before_first_poll_ms(self) -> int:
        """An instant whose next poll is the last one before the year [ms]."""
        return epoch_ms(self.year_start - self.poll)

    @property
    def first_day(self) -> date:
        """First local day that is played."""
        return self.year_start.date()

    @property
    def points(self) -> tuple[str, ...]:
        """Its metering points, each once."""
        return tuple(dict.fromkeys(counter.point for counter in self.counters))

    def end_ms(self, days: int) -> int:
        """Return the end of what is played [ms]; the first poll at or after it is the last one."""
        return epoch_ms(self.year_start + timedelta(days=days))

    def end_day(self, days: int) -> date:
        """Return the first local day that is no longer played."""
        return self.first_day + timedelta(days=days)

    def first_poll_at_or_after_ms(self, instant: datetime) -> int:
        """Return the first poll from an instant on [ms]."""
        period_ms, offset_ms = self.poll // _MS, self.offset // _MS
        return -(-(epoch_ms(instant) - offset_ms) // period_ms) * period_ms + offset_ms
