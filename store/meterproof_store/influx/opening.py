"""Opens an InfluxDB that was set up as the three storage ports."""

import socket
from dataclasses import dataclass

from meterproof_core.errors import SettingsError, StoreAccessError, StoreError
from meterproof_core.faults import FaultPoints, NoFaults
from meterproof_store.influx.asking import Asker
from meterproof_store.influx.intervals import InfluxIntervals
from meterproof_store.influx.journal import InfluxJournal
from meterproof_store.influx.readings import InfluxReadings
from meterproof_store.influx.roads import WriteRoad, road_to
from meterproof_store.influx.schema import SCHEMA, SCHEMA_VERSION, Policy
from meterproof_store.influx.sending import Sender
from meterproof_store.influx.server import Server, find_out
from meterproof_store.influx.transport import Transport, read_account
from meterproof_store.settings import StoreSettings

_NO_FAULTS = NoFaults()


@dataclass(frozen=True, slots=True)
class Link:
    """A server that was found and can be spoken to.

    Parameters
    ----------
    transport, server, road, asker
        How it is spoken to, and what it is.
    """

    transport: Transport
    server: Server
    road: WriteRoad
    asker: Asker

    def close(self) -> None:
        """Close the connections."""
        self.road.close()
        self.transport.close()


@dataclass(frozen=True, slots=True)
class InfluxStore:
    """The three ports on one database; any thread may use them.

    Parameters
    ----------
    readings, intervals, journal
        The storage ports of `meterproof_core.storage`.
    sender : Sender
        Writes what they write.
    link : Link
        To the server.
    """

    readings: InfluxReadings
    intervals: InfluxIntervals
    journal: InfluxJournal
    sender: Sender
    link: Link

    def close(self) -> None:
        """Close the connections; what was written is safe without them."""
        self.sender.close()
        self.link.close()


def link_to(settings: StoreSettings, token: str | None) -> Link:
    """Return a link to the server that settings name, whatever it holds.

    Raises
    ------
    SettingsError
        When a file with a secret cannot be read.
    StoreAccessError
        When the server turns us away.
    StoreError
        When it cannot be reached.
    """
    if settings.influx is None:
        raise SettingsError("store: influx is not given; name the server's address")
    account = read_account(settings, token)
    transport = Transport(settings.influx, account, timeout_s=settings.timeout_s, ca_file=settings.ca_file)
    try:
        server = find_out(transport)
        asker = Asker(transport, server, settings.database)
        return Link(transport, server, road_to(server, transport, settings), asker)
    except BaseException:
        transport.close()
        raise


def open_influx(
    settings: StoreSettings,
    *,
    faults: FaultPoints = _NO_FAULTS,
    token: str | None = None,
    writer: str | None = None,
) -> InfluxStore:
    """Return the storage ports on the InfluxDB that settings name. Parameters as of `opened.open_store`.

    Raises
    ------
    StoreAccessError
        When the server turns us away, or the database was not set up.
    StoreError
        When it cannot be reached, or holds a later layout.
    """
    link = link_to(settings, token)
    try:
        check_version(link.asker, stored_version(link.asker))
    except BaseException:
        link.close()
        raise
    sender = Sender(link.road, link.asker.where, faults)
    return InfluxStore(
        readings=InfluxReadings(link.asker, sender),
        intervals=InfluxIntervals(link.asker, sender, faults),
        journal=InfluxJournal(link.asker, sender, writer or socket.gethostname()),
        sender=sender,
        link=link,
    )


def stored_version(asker: Asker) -> int | None:
    """Return the version of the layout that a database has; None when it has none of ours."""
    statement = f'SELECT last("version") AS "version" FROM {asker.source(Policy.COUNTERS, SCHEMA)}'  # noqa: S608 a name
    for series in asker.ask([statement], Policy.COUNTERS, _a_number):
        return int(series.rows[0][1])
    return None


def check_version(asker: Asker, version: int | None) -> None:
    """Check that this program understands a layout.

    Raises
    ------
    StoreAccessError
        When the database was never set up.
    StoreError
        When the layout is a later one.
    """
    if version is None:
        raise StoreAccessError(f"{asker.where}: not set up for meterproof; run `meterproof store setup`")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{asker.where}: schema version {version} unknown; this program reads up to {SCHEMA_VERSION}: "
            "use a newer meterproof"
        )


def version_line() -> bytes:
    """Return the line that says which layout a database has."""
    return f"{SCHEMA} version={SCHEMA_VERSION}i 0".encode()


def _a_number(column: str) -> type:  # noqa: ARG001 the only column
    return int
