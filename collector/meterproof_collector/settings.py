"""The collector's settings file, and how it becomes checked `CollectorSettings`.

::

    name = "collector-1"                # differs between collectors on one broker; default: the host's name
    [broker]
    url = "mqtt://127.0.0.1:1883"       # also user, password_file, ca_file, cert_file, key_file, share_group
    [store]
    influx = "http://127.0.0.1:8086"    # or duckdb = "meterproof.duckdb"; the rest as the store says
    [limits]
    queue_bytes = 67108864              # payloads that are held in memory [bytes]
    [ledger]
    enabled = true
    [health]
    port = 8643
    [plants]
    known = ["north-mill"]              # left out: every plant is taken

The table ``[store]`` is read by the room that owns stores; here it is carried only.
"""

import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from meterproof_collector.settings_tables import BrokerTable, HealthTable, LedgerTable, LimitsTable, PlantsTable
from meterproof_core.broker_address import parse_broker
from meterproof_core.errors import SettingsError
from meterproof_core.names import ID_RULE, is_id
from meterproof_core.toml_tables import convert, read_toml

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_BROKER_FILES = ("password_file", "ca_file", "cert_file", "key_file")


class _SettingsTable(msgspec.Struct, frozen=True):
    broker: BrokerTable
    store: dict[str, Any]
    name: str = ""
    limits: LimitsTable = LimitsTable()
    ledger: LedgerTable = LedgerTable()
    health: HealthTable = HealthTable()
    plants: PlantsTable = PlantsTable()


@dataclass(frozen=True, slots=True)
class CollectorSettings:
    """What a collector needs to know.

    Parameters
    ----------
    file : Path
        Where it was read; relative paths count from its folder.
    name : str
        Differs between collectors on one broker.
    broker, limits, ledger, health, plants
        The tables of the file.
    store : mapping
        The table ``[store]`` as it stands there.
    """

    file: Path
    name: str
    broker: BrokerTable
    store: Mapping[str, Any]
    limits: LimitsTable
    ledger: LedgerTable
    health: HealthTable
    plants: PlantsTable


def load_settings(file: Path) -> CollectorSettings:
    """Return the settings of a file; no socket is opened and nothing is written.

    Raises
    ------
    SettingsError
        Naming the file, the key, its value and what is accepted.
    """
    table = convert(read_toml(file), _SettingsTable, file)
    name = table.name or _host_name()
    for complaint in _complaints(table, name):
        raise SettingsError(f"{file}: {complaint}")
    try:
        parse_broker(table.broker.url)
    except SettingsError as error:
        raise SettingsError(f"{file}: {error}") from None
    return CollectorSettings(
        file=file,
        name=name,
        broker=_placed(table.broker, file.parent),
        store=table.store,
        limits=table.limits,
        ledger=table.ledger,
        health=table.health,
        plants=table.plants,
    )


def _host_name() -> str:
    return re.sub(r"[^a-z0-9-]", "-", socket.gethostname().lower()).strip("-")[:64]


def _placed(broker: BrokerTable, folder: Path) -> BrokerTable:
    files = {name: str(folder / value) for name in _BROKER_FILES if (value := getattr(broker, name)) is not None}
    return msgspec.structs.replace(broker, **files)


def _complaints(table: _SettingsTable, name: str) -> Iterator[str]:
    if not is_id(name):
        yield f"name {name!r} is not an id; use {ID_RULE}"
    for plant in table.plants.known or ():
        if not is_id(plant):
            yield f"plants: known {plant!r} is not an id; use {ID_RULE}"
    broker = table.broker
    if broker.share_group is not None and not is_id(broker.share_group):
        yield f"broker: share_group {broker.share_group!r} is not an id; use {ID_RULE}"
    if broker.user is None and broker.password_file is not None:
        yield f"broker: password_file {broker.password_file!r} without user; give both or neither"
    if (broker.cert_file is None) != (broker.key_file is None):
        yield "broker: cert_file and key_file belong together; give both or neither"
    yield from _number_complaints(table)


def _number_complaints(table: _SettingsTable) -> Iterator[str]:
    for field in table.limits.__struct_fields__:
        value = getattr(table.limits, field)
        if not (isfinite(value) and value > 0):
            yield f"limits: {field} {value} is not accepted; use a number above 0"
    if not 0 <= table.health.port <= 65535:
        yield f"health: port {table.health.port} is not accepted; use 1 to 65535, or 0 for a free one"
    if table.health.host not in _LOOPBACK:
        yield f"health: host {table.health.host!r} is not accepted; use {', '.join(_LOOPBACK)}"
    if not 1 <= table.ledger.part <= table.ledger.parts:
        yield f"ledger: part {table.ledger.part} of parts {table.ledger.parts} is not accepted; use 1 to parts"
