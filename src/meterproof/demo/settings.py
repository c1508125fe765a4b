"""What a run of the demonstration needs to know, and the year that it plays."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from meterproof.local_store import InfluxChoice

PLANT = "kr-gwangyang-steel"
POINT = "main-incomer"
QUANTITY = "energy_import_kwh"
METER_MAP = "schneider-iem3155"
YEAR_START = datetime(2018, 1, 1, tzinfo=ZoneInfo("Asia/Seoul"))
YEAR_DAYS = 365
POLL = timedelta(minutes=5)
OFFSET = timedelta(seconds=137)
"""Polls fall between the quarter hours, so that every boundary has to be interpolated."""
LIVE_PAUSE_S = 1.0
"""Pause between two polls once the year is over: five minutes of the plant's time pass in a second."""

SPOOL_FILE = "edge-spool.db"
SETTINGS_FILE = "edge.toml"
_LOOPBACK = "127.0.0.1"


def epoch_ms(instant: datetime) -> int:
    """Return an instant [ms since 1970-01-01 UTC].

    >>> epoch_ms(YEAR_START)
    1514732400000
    """
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class WrongRegister:
    """A register that is wrong on the wire, once: to see that nothing is short-circuited.

    Parameters
    ----------
    at : datetime
        From when on; the next poll is the one.
    by_counts : int
        How much more than the truth it shows [counts].
    """

    at: datetime
    by_counts: int


@dataclass(frozen=True, slots=True)
class Relays:
    """Where the agent finds meter and broker when something that watches the sockets stands in between.

    Parameters
    ----------
    meter_port : int
        Port on which the simulated meter itself listens; 0 takes a free one.
    modbus_port : int or None
        Port on loopback to which the agent speaks Modbus; None is the meter's own.
    broker_url : str or None
        Broker of the agent; None is that of the collector.
    """

    meter_port: int = 0
    modbus_port: int | None = None
    broker_url: str | None = None


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
    influx : InfluxChoice or None
        An InfluxDB to use; None is the embedded store.
    days : int
        How many days of the year are played.
    agent_dead_for : timedelta
        In a run that goes on: how long the plant ran while nobody polled.
    relays : Relays
        For tests that count frames.
    wrong_register : WrongRegister or None
        For the test that corrupts one register.
    """

    data: Path
    port: int = 0
    broker_url: str | None = None
    influx: InfluxChoice | None = None
    days: int = YEAR_DAYS
    agent_dead_for: timedelta = timedelta(0)
    relays: Relays = Relays()
    wrong_register: WrongRegister | None = None

    @property
    def start_ms(self) -> int:
        """Start of the year [ms]."""
        return epoch_ms(YEAR_START)

    @property
    def end_ms(self) -> int:
        """End of what is played [ms]; the first poll at or after it is the last one."""
        return epoch_ms(YEAR_START + timedelta(days=self.days))

    @property
    def first_day(self) -> date:
        """First local day that is played."""
        return YEAR_START.date()

    @property
    def end_day(self) -> date:
        """First local day that is no longer played."""
        return self.first_day + timedelta(days=self.days)

    @property
    def before_first_poll_ms(self) -> int:
        """An instant whose next poll is the last one before the year [ms]."""
        return epoch_ms(YEAR_START - POLL)


def edge_settings_text(*, meter_port: int, broker_url: str, embedded: bool = False) -> str:
    """Return the gateway's settings file of the demonstration.

    Parameters
    ----------
    meter_port : int
        Where the simulated meter listens on loopback.
    broker_url : str
        ``mqtt://host:port``.
    embedded : bool
        Whether it is the embedded broker, which speaks MQTT 3.1.1 only.
    """
    return f"""\
# Written by `meterproof demo`: the settings of its gateway agent. The meter is simulated.
plant = "{PLANT}"
gateway = "gateway-1"

[broker]
url = "{broker_url}"
{'mqtt = "3.1.1"' if embedded else ""}

[spool]
path = "{SPOOL_FILE}"

[[meter]]
point = "{POINT}"
map = "{METER_MAP}"
host = "{_LOOPBACK}"
port = {meter_port}
unit_id = 1
poll_s = {POLL.total_seconds():.0f}
offset_s = {OFFSET.total_seconds():.0f}
quantities = ["energy_import_kwh", "reactive_energy_import_kvarh"]
max_power_kw = 2000    # the recorded year peaks at 629 kW: 157.18 kWh in a quarter hour
"""
