"""The store of a local server, and its door for commands when the file is held by us."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from meterproof_core.faults import FaultPoints
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import OpenStore, open_store
from meterproof_store.settings import StoreSettings

STORE_FILE = "meterproof.duckdb"
STATEMENTS_FOLDER = "statements"
"""Where a data folder keeps the bundles of issued statements."""


@dataclass(frozen=True, slots=True)
class InfluxChoice:
    """An InfluxDB in the place of the embedded store.

    Parameters
    ----------
    url : str
        ``http://host:port``.
    database : str
        Made when it is missing.
    token : str or None
        From the environment.
    """

    url: str
    database: str
    token: str | None = None


def opened_here(folder: Path, influx: InfluxChoice | None, faults: FaultPoints) -> OpenStore:
    """Return the opened store: the embedded one in a folder, or an InfluxDB that is set up first.

    Raises
    ------
    StoreError
        When it cannot be opened or set up.
    """
    if influx is None:
        return open_store(StoreSettings(duckdb=str(folder / STORE_FILE)), faults=faults)
    settings = StoreSettings(influx=influx.url, database=influx.database)
    set_up(settings, token=influx.token)
    # two servers on one database never write the journal under one name
    return open_store(settings, faults=faults, token=influx.token, writer=f"server-{secrets.token_hex(4)}")
