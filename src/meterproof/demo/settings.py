"""What a run of the demonstration needs to know, and the year that it plays."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

PLANT = "kr-gwangyang-steel"
POINT = "main-incomer"
GATEWAY = "gateway-1"
METER_MAP = "schneider-iem3155"
QUANTITIES = ("energy_import_kwh", "reactive_energy_import_kvarh")
ZONE = ZoneInfo("Asia/Seoul")
YEAR_START = datetime(2018, 1, 1, tzinfo=ZONE)
YEAR_DAYS = 365
POLL = timedelta(minutes=5)
OFFSET = timedelta(seconds=137)
"""Polls fall between the quarter hours, so that every boundary has to be interpolated."""
MAX_POWER_KW = 2000
"""Largest plausible power at the incomer; the recorded year peaks at 629 kW (157.18 kWh in a quarter hour)."""


def epoch_ms(instant: datetime) -> int:
    """Return an instant [ms since 1970-01-01 UTC].

    >>> epoch_ms(YEAR_START)
    1514732400000
    """
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """A run of the demonstration.

    Parameters
    ----------
    data : Path
        Folder of spool and store; a run that finds an unfinished one goes on there.
    port : int
        Of the pages; 0 takes a free one.
    broker_url : str or None
        A broker to use; None starts the embedded one.
    days : int
        How many days of the year are played.
    agent_dead_for : timedelta
        In a run that goes on: how long the plant ran while nobody polled.
    modbus_via : (host, port) or None
        Where the agent finds the meter when it is not the simulator itself, such as a relay that counts frames.
    corrupt_at : datetime or None
        Instant from which on one register is wrong on the wire, once; to see that nothing is short-circuited.
    """

    data: Path
    port: int = 0
    broker_url: str | None = None
    days: int = YEAR_DAYS
    agent_dead_for: timedelta = timedelta(0)

    @property
    def first_poll_ms(self) -> int:
        """The last poll before the year [ms]."""
        return epoch_ms(YEAR_START - POLL + OFFSET)

    @property
    def end_ms(self) -> int:
        """End of what is played [ms]; the first poll at or after it is the last one."""
        return epoch_ms(YEAR_START + timedelta(days=self.days))
