"""The gateway's settings file, and how it becomes checked `EdgeSettings`.

::

    plant = "kr-gwangyang-steel"
    gateway = "gateway-1"
    [broker]
    url = "mqtts://broker:8883"         # also user, password_file, ca_file, cert_file, key_file, mqtt, keepalive_s
    [spool]
    path = "edge-spool.db"              # relative paths count from this file
    max_mib = 256
    [[meter]]
    point = "main-incomer"
    map = "schneider-iem3155"           # id of a shipped map, or the path of a .toml file
    host = "127.0.0.1"
    poll_s = 300                        # 0.1 to 440
    offset_s = 137
    quantities = ["energy_import_kwh"]  # left out: every register that is neither optional nor in conflict
    max_power_kw = 2000                 # bounds every energy counter; max_rate_per_h = { ... } bounds one
    serial = "00815"                    # the meter's number: a new one tells the ledger that it was replaced
    # of a device with pulse inputs, what each counts; either pulses_per_unit or unit_per_pulse:
    # pulses = { volume_m3 = { input = "3", unit = "l", unit_per_pulse = 10 } }
"""

from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import msgspec

from meterproof_core.broker_address import BrokerAccount, parse_broker
from meterproof_core.broker_connection import BrokerAccess
from meterproof_core.broker_tls import TlsFiles
from meterproof_core.errors import SettingsError
from meterproof_core.names import ID_RULE, is_id
from meterproof_core.toml_tables import convert, read_toml
from meterproof_edge.configuration import EdgeSettings, MeterSettings, SpoolSettings, point_configs
from meterproof_edge.map_library import find_map
from meterproof_edge.meter_choice import check_polling, choose_registers, largest_rates
from meterproof_edge.pulse_inputs import PulseInput

__all__ = [
    "EdgeSettings",
    "MeterSettings",
    "SpoolSettings",
    "load_settings",
    "make_settings",
    "point_configs",
]

_SHORTEST_POLL_S = 0.1
_LONGEST_POLL_S = 440.0  # when one reading is missed its neighbours lie an interval apart at most, jitter included


class _BrokerTable(msgspec.Struct, frozen=True):
    url: str
    user: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    mqtt: Literal["5", "3.1.1"] | None = None
    keepalive_s: int = 30


class _SpoolTable(msgspec.Struct, frozen=True):
    path: str = "edge-spool.db"
    max_mib: int = 256


class _MeterTable(msgspec.Struct, frozen=True):
    point: str
    map: str
    host: str
    poll_s: float
    port: int = 502
    unit_id: int = 1
    offset_s: float = 0.0
    quantities: tuple[str, ...] | None = None
    units: dict[str, str] = {}
    max_power_kw: float | None = None
    max_rate_per_h: dict[str, float] = {}
    pulses: dict[str, PulseInput] = {}
    serial: str = ""
    timeout_s: float = 3.0


class _SettingsTable(msgspec.Struct, frozen=True):
    plant: str
    gateway: str
    broker: _BrokerTable
    meter: tuple[_MeterTable, ...]
    spool: _SpoolTable = _SpoolTable()


def load_settings(path: Path) -> EdgeSettings:
    """Return the settings of a file; no socket is opened and nothing is written.

    Raises
    ------
    SettingsError
        Naming the file, the key, its value and what is accepted.
    """
    return make_settings(read_toml(path), beside=path.parent, file=path)


def make_settings(tables: Mapping[str, Any], *, beside: Path, file: object) -> EdgeSettings:
    """Return the settings that tables of the file's shape describe.

    Parameters
    ----------
    tables : mapping
        As a TOML file would give them.
    beside : Path
        Folder from which relative paths count.
    file : object
        What errors call the file.

    Raises
    ------
    SettingsError
        Naming the file, the key, its value and what is accepted.
    """
    table = convert(tables, _SettingsTable, file)
    try:
        _refuse_first(_complaints(table))
        return EdgeSettings(
            plant=table.plant,
            gateway=table.gateway,
            broker=_broker(table.broker, beside),
            spool=SpoolSettings(beside / table.spool.path, table.spool.max_mib),
            meters=tuple(_meter(meter, beside) for meter in table.meter),
        )
    except SettingsError as error:
        raise SettingsError(f"{file}: {error}") from None


def _refuse_first(complaints: Iterator[str]) -> None:
    for complaint in complaints:
        raise SettingsError(complaint)


def _complaints(table: _SettingsTable) -> Iterator[str]:
    for key, value in (("plant", table.plant), ("gateway", table.gateway)):
        if not is_id(value):
            yield f"{key} {value!r} is not an id; use {ID_RULE}"
    if table.spool.max_mib < 1:
        yield f"spool: max_mib {table.spool.max_mib} is not accepted; use 1 or more [MiB]"
    if not table.meter:
        yield "meter list is empty; give at least one [[meter]]"
    points = [meter.point for meter in table.meter]
    for point in points:
        if points.count(point) > 1:
            yield f"meter {point!r}: point {point!r} occurs {points.count(point)} times; use each point once"


def _broker(table: _BrokerTable, beside: Path) -> BrokerAccess:
    if (table.password_file is None) != (table.user is None):
        has, lacks = ("user", "password_file") if table.user else ("password_file", "user")
        raise SettingsError(f"broker: {has} {getattr(table, has)!r} without {lacks}; give both or neither")
    account = None
    if table.user is not None and table.password_file is not None:
        account = BrokerAccount(table.user, beside / table.password_file)
    files = (None if name is None else beside / name for name in (table.ca_file, table.cert_file, table.key_file))
    return BrokerAccess(
        parse_broker(table.url),
        account,
        TlsFiles(*files),
        mqtt5=None if table.mqtt is None else table.mqtt == "5",
        keepalive_s=table.keepalive_s,
    )


def _meter(table: _MeterTable, beside: Path) -> MeterSettings:
    try:
        _refuse_first(_meter_complaints(table))
        meter_map = find_map(table.map, beside=beside)
        registers = choose_registers(meter_map, table.quantities, table.units, pulses=table.pulses)
        rates = largest_rates(registers, table.max_power_kw, table.max_rate_per_h)
        check_polling(registers, rates, table.poll_s)
    except SettingsError as error:
        raise SettingsError(f"meter {table.point!r}: {error}") from None
    return MeterSettings(
        point=table.point,
        meter_map=meter_map,
        host=table.host,
        port=table.port,
        unit_id=table.unit_id,
        poll_ms=round(table.poll_s * 1000),
        offset_ms=round(table.offset_s * 1000),
        registers=registers,
        max_rate_per_h=rates,
        timeout_s=table.timeout_s,
        serial=table.serial,
    )


def _meter_complaints(table: _MeterTable) -> Iterator[str]:
    if not is_id(table.point):
        yield f"point {table.point!r} is not an id; use {ID_RULE}"
    if not table.host.strip():
        yield f"host {table.host!r} is empty; use a name or an address"
    if not 1 <= table.port <= 65535:
        yield f"port {table.port} is not accepted; use 1 to 65535"
    if not 0 <= table.unit_id <= 255:
        yield f"unit_id {table.unit_id} is not accepted; use 1 to 247, or 0 or 255 where the device wants it on TCP"
    if not _SHORTEST_POLL_S <= table.poll_s <= _LONGEST_POLL_S:
        yield (
            f"poll_s {table.poll_s} is not accepted; use {_SHORTEST_POLL_S:g} to {_LONGEST_POLL_S:g} [s]: "
            "an interval of 15 minutes needs two readings, even when one is missed"
        )
    if not 0 <= table.offset_s < table.poll_s:
        yield f"offset_s {table.offset_s} is not accepted; use 0 or more and less than poll_s {table.poll_s} [s]"
    if not (isfinite(table.timeout_s) and table.timeout_s > 0):
        yield f"timeout_s {table.timeout_s} is not accepted; use a number above 0 [s]"
