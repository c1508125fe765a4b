"""Opens what the settings name: the store and the broker."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from meterproof_collector.mqtt.paho_source import PahoSource
from meterproof_collector.settings import CollectorSettings
from meterproof_core.errors import SettingsError
from meterproof_core.faults import FaultPoints
from meterproof_store.duckdb_store import DuckStore, open_duckdb


def open_settings_store(settings: CollectorSettings, *, faults: FaultPoints) -> DuckStore:
    """Return the opened store of some settings.

    Raises
    ------
    SettingsError
        When the table names none.
    StoreError
        When it cannot be opened.
    """
    return open_duckdb(_duckdb_path(settings.store, settings.file), faults=faults)


def store_name(settings: CollectorSettings) -> str:
    """Return how people call the store; no secrets."""
    return f"duckdb {_duckdb_path(settings.store, settings.file)}"


def broker_source(settings: CollectorSettings) -> PahoSource:
    """Return the broker of some settings as a source, not connected yet."""
    return PahoSource(settings.broker.url, f"meterproof-collector-{settings.name}")


def _duckdb_path(table: Mapping[str, Any], file: Path) -> Path:
    path = table.get("duckdb")
    if not isinstance(path, str):
        raise SettingsError(f"{file}: store: duckdb {path!r} is not accepted; name a file")
    return file.parent / path
