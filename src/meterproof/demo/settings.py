"""What a run of the demonstration needs to know."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from meterproof.demo.ceramics_works import CERAMICS_WORKS
from meterproof.demo.played import YEAR_DAYS, PlayedPlant, epoch_ms
from meterproof.demo.steel_works import STEEL_WORKS
from meterproof.local_store import STORE_FILE, InfluxChoice
from meterproof.store_choice import StoreChoice
from meterproof_store.opened import OpenStore
from meterproof_store.remote import RemoteStore, open_remote

__all__ = ["YEAR_DAYS", "DemoSettings", "Relays", "WrongRegister", "edge_settings_text", "epoch_ms"]

GATEWAYS_FOLDER = "gateways"
HISTORY_FOLDER = "history"
SPOOL_FILE = "edge-spool.db"
SETTINGS_FILE = "edge.toml"


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
        Folder of spools, store and statements; a run that finds an unfinished one goes on there.
    port : int
        Of the pages; 0 takes a free one.
    broker_url : str or None
        A broker to use; None starts the embedded one.
    influx : InfluxChoice or None
        An InfluxDB to use; None is the embedded store.
    days : int
        How many days of each plant's year are played.
    agent_dead_for : timedelta
        In a run that goes on: how long the plant ran while nobody polled.
    relays : Relays
        For tests that count frames at the first plant.
    wrong_register : WrongRegister or None
        For the test that corrupts one register of the first plant.
    plants : tuple of PlayedPlant
        Whose years are played, one after the other.
    """

    data: Path
    port: int = 0
    broker_url: str | None = None
    influx: InfluxChoice | None = None
    days: int = YEAR_DAYS
    agent_dead_for: timedelta = timedelta(0)
    relays: Relays = Relays()
    wrong_register: WrongRegister | None = None
    plants: tuple[PlayedPlant, ...] = (STEEL_WORKS, CERAMICS_WORKS)

    def opened_store(self) -> OpenStore | RemoteStore:
        """Return the store as a command reaches it beside the running server, which may hold its file."""
        if self.influx is None:
            return open_remote(self.data / STORE_FILE)
        return StoreChoice(None, None, self.influx.url, self.influx.database).open()

    def gateway_folder(self, plant: PlayedPlant) -> Path:
        """Return where the gateway of a plant keeps its settings and its spool."""
        return self.data / GATEWAYS_FOLDER / plant.id


def edge_settings_text(plant: PlayedPlant, *, meter_port: int, broker_url: str, embedded: bool = False) -> str:
    """Return the settings file of a plant's gateway.

    Parameters
    ----------
    plant : PlayedPlant
        Whose meters it reads.
    meter_port : int
        Where the simulated meters listen on loopback.
    broker_url : str
        ``mqtt://host:port``.
    embedded : bool
        Whether it is the embedded broker, which speaks MQTT 3.1.1 only.
    """
    return f"""\
# Written by `meterproof demo`: the settings of a gateway agent. The meters are simulated.
plant = "{plant.id}"
gateway = "gateway-1"

[broker]
url = "{broker_url}"
{'mqtt = "3.1.1"' if embedded else ""}

[spool]
path = "{SPOOL_FILE}"

{plant.meters_text(meter_port)}"""
