"""Opens the store that the settings name: the one place that knows every adapter."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from meterproof_core.faults import FaultPoints, NoFaults
from meterproof_core.storage import IntervalsStore, Journal, ReadingsStore
from meterproof_store.settings import StoreSettings, check_store_settings

_NO_FAULTS = NoFaults()


class _Closable(Protocol):
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class OpenStore:
    """The three storage ports of an opened store; any thread may use them.

    Parameters
    ----------
    readings, intervals, journal
        The ports of `meterproof_core.storage`.
    opened : object with close()
        What the adapter opened.
    """

    readings: ReadingsStore
    intervals: IntervalsStore
    journal: Journal
    opened: _Closable

    def close(self) -> None:
        """Close the store; what was written is safe without it."""
        self.opened.close()


def open_store(
    settings: StoreSettings,
    *,
    faults: FaultPoints = _NO_FAULTS,
    token: str | None = None,
    writer: str | None = None,
) -> OpenStore:
    """Return the storage ports on the store that settings name.

    Parameters
    ----------
    settings : StoreSettings
        Relative paths count from the working folder (`StoreSettings.beside` before).
    faults : FaultPoints
        For kill tests.
    token : str or None
        Of InfluxDB, from the environment; it goes before the settings' file.
    writer : str or None
        Who writes the journal, unique among the processes that write at the same time; None takes the host's name.

    Raises
    ------
    SettingsError
        When the settings make no sense, or a file with a secret cannot be read.
    StoreAccessError
        When the server turns us away, or `meterproof store setup` was not run.
    StoreError
        When the store cannot be reached or opened.
    """
    check_store_settings(settings)
    if settings.duckdb is not None:
        return _embedded(Path(settings.duckdb), faults)
    from meterproof_store.influx import open_influx

    influx = open_influx(settings, faults=faults, token=token, writer=writer)
    return OpenStore(influx.readings, influx.intervals, influx.journal, influx)


def _embedded(file: Path, faults: FaultPoints) -> OpenStore:
    from meterproof_store.duckdb_store import open_duckdb  # a service on InfluxDB need not load DuckDB's 60 MB

    duck = open_duckdb(file, faults=faults)
    return OpenStore(duck.readings, duck.intervals, duck.journal, duck)
