"""Opens what the settings name: the store and the broker."""

import os
from pathlib import Path

from meterproof_collector.ledger.partition import Partition
from meterproof_collector.ledger.plan import ALONE, BESIDE_OTHERS, LedgerPlan
from meterproof_collector.limits import Limits, Retry
from meterproof_collector.mqtt.paho_source import PahoSource
from meterproof_collector.settings import CollectorSettings
from meterproof_collector.settings_tables import LimitsTable
from meterproof_core.broker_address import BrokerAccount, parse_broker
from meterproof_core.broker_connection import BrokerAccess
from meterproof_core.broker_tls import TlsFiles
from meterproof_core.errors import SettingsError
from meterproof_core.faults import FaultPoints, NoFaults
from meterproof_core.toml_tables import convert
from meterproof_core.wire import MAX_PAYLOAD_BYTES
from meterproof_store.opened import OpenStore, open_store
from meterproof_store.settings import TOKEN_VARIABLE, StoreSettings, check_store_settings

_NO_FAULTS = NoFaults()
MOST_UNANSWERED = 65_535  # MQTT 5, 3.1.2.11.3: Receive Maximum is a two byte integer


def store_settings(settings: CollectorSettings) -> StoreSettings:
    """Return the checked ``[store]`` table of some settings; nothing is opened.

    Raises
    ------
    SettingsError
        Naming the file, the key, its value and what is accepted.
    """
    table = convert(settings.store, StoreSettings, f"{settings.file}: store")
    try:
        check_store_settings(table)
    except SettingsError as error:
        raise SettingsError(f"{settings.file}: {error}") from None
    return table.beside(settings.file.parent)


def opened_store(
    settings: CollectorSettings, *, faults: FaultPoints = _NO_FAULTS, writer: str | None = None
) -> OpenStore:
    """Return the opened store of some settings. Raises as `open_store`.

    Parameters
    ----------
    settings : CollectorSettings
        Of the collector.
    faults : FaultPoints
        For kill tests.
    writer : str or None
        Who writes the journal, unique among all that do so at the same time; None takes the collector's name.
    """
    token = os.environ.get(TOKEN_VARIABLE)
    return open_store(store_settings(settings), faults=faults, token=token, writer=writer or settings.name)


def ledger_doubts(settings: CollectorSettings) -> list[str]:
    """Return what makes one wonder about who keeps the ledger: no collector sees the settings of the others."""
    ledger, group = settings.ledger, settings.broker.share_group
    if group is None or not ledger.enabled or ledger.parts > 1:
        return []
    return [
        f"share_group {group!r} with [ledger] parts = 1: this collector keeps the whole ledger, and so does each other "
        "one of the group that is set like this: all of them compute every interval. Give each of n collectors "
        "parts = n and its own part = 1 to n, or set enabled = false in all but one"
    ]


def store_name(settings: CollectorSettings) -> str:
    """Return how people call the store; no secrets."""
    table = store_settings(settings)
    return f"duckdb {table.duckdb}" if table.duckdb else f"influxdb {table.influx} {table.database}"


def broker_access(settings: CollectorSettings) -> BrokerAccess:
    """Return how the broker is reached, and as whom; no socket is opened.

    Raises
    ------
    SettingsError
        When files are given that would not be used.
    """
    table = settings.broker
    account = None if table.user is None else BrokerAccount(table.user, _path(table.password_file))
    tls = TlsFiles(_path(table.ca_file), _path(table.cert_file), _path(table.key_file))
    try:
        return BrokerAccess(parse_broker(table.url), account, tls, keepalive_s=table.keepalive_s)
    except SettingsError as error:
        raise SettingsError(f"{settings.file}: {error}") from None


def broker_source(settings: CollectorSettings) -> PahoSource:
    """Return the broker of some settings as a source, not connected yet.

    The broker is asked to deliver no more than the queue holds, so that the thread that answers its pings need not wait
    for room.

    Raises
    ------
    SettingsError
        When a file of the account or of TLS cannot be used.
    """
    access, limits = broker_access(settings), settings.limits
    return PahoSource(
        access.address,
        f"meterproof-collector-{settings.name}",
        account=access.account,
        tls=access.tls,
        share_group=settings.broker.share_group,
        keepalive_s=access.keepalive_s,
        receive_maximum=max(min(limits.queue_messages, limits.queue_bytes // MAX_PAYLOAD_BYTES, MOST_UNANSWERED), 1),
    )


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def limits_of(table: LimitsTable) -> Limits:
    """Return the collector's limits of a settings table."""
    return Limits(
        queue=table.queue_messages,
        queue_bytes=table.queue_bytes,
        lot=table.lot_messages,
        lot_values=table.lot_values,
        lot_wait_s=table.lot_wait_ms / 1000,
        retry=Retry(table.retry_s, table.retry_max_s),
        stop_s=table.stop_s,
    )


def ledger_of(settings: CollectorSettings) -> LedgerPlan:
    """Return whose ledger is kept, and whether the journal is asked for what other collectors write."""
    table = settings.ledger
    if not table.enabled:
        return LedgerPlan(None)
    shared = settings.broker.share_group is not None or table.parts > 1
    beside = shared if table.others is None else table.others
    return LedgerPlan(Partition(table.part, table.parts), BESIDE_OTHERS if beside else ALONE)
