"""What the ledger's commands share: the store, also behind a running server, and instants as people write them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from meterproof_collector.cli.opening import opened_store, store_settings
from meterproof_collector.ledger.configurations import Configurations
from meterproof_collector.ledger.counting import Ports
from meterproof_collector.settings import load_settings
from meterproof_core.errors import SettingsError
from meterproof_core.quantities import quantity
from meterproof_core.storage import END_OF_TIME_MS, EntryKind, SeriesKey
from meterproof_store.opened import open_store
from meterproof_store.remote import opened_or_remote
from meterproof_store.settings import StoreSettings


@dataclass(frozen=True, slots=True)
class Zone:
    """In which zone instants are shown and read; UTC unless the user asks for another."""

    zone: tzinfo = UTC

    @property
    def is_utc(self) -> bool:
        """Whether nothing but UTC is shown."""
        return self.zone is UTC

    def shown(self, at_ms: int) -> str:
        """Return an instant as people read it, with the zone's offset where it is not UTC."""
        at = datetime.fromtimestamp(at_ms / 1000, self.zone)
        text = at.isoformat(sep=" ", timespec="milliseconds" if at_ms % 1000 else "seconds")
        return text.replace("+00:00", "Z") if self.is_utc else text

    def instant(self, option: str, text: str | None, default_ms: int) -> int:
        """Return the instant that an option's text means [ms since 1970-01-01 UTC].

        Raises
        ------
        SettingsError
            When it is no date.
        """
        if text is None:
            return default_ms
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise SettingsError(f"{option} {text!r} is no date; use 2026-11-22 or 2026-11-22T14:30") from None
        return round((at if at.tzinfo else at.replace(tzinfo=self.zone)).timestamp() * 1000)

    def period(self, start: str | None, end: str | None) -> tuple[int, int]:
        """Return the half-open period of ``--from`` and ``--to`` [ms since 1970-01-01 UTC]."""
        return self.instant("--from", start, 0), self.instant("--to", end, END_OF_TIME_MS)


def zone_of(name: str | None) -> Zone:
    """Return the zone of ``--tz``.

    Raises
    ------
    SettingsError
        When there is none of that name.
    """
    if name is None:
        return Zone()
    try:
        return Zone(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"--tz {name!r} is no time zone; use an IANA name such as Asia/Colombo") from None


@contextmanager
def ledger_ports(settings: Path | None, duckdb: Path | None) -> Iterator[Ports]:
    """Yield the storage ports; through the server that runs, while it holds the DuckDB file - then they only read.

    Raises
    ------
    SettingsError
        When no store is named, or two are, or the file is not there.
    StoreError
        When the store cannot be reached.
    """
    if (settings is None) == (duckdb is None):
        raise SettingsError("which store is meant? give either --settings SETTINGS.toml or --duckdb FILE")
    table = StoreSettings(duckdb=str(duckdb)) if settings is None else store_settings(load_settings(settings))
    if table.duckdb is not None and not Path(table.duckdb).exists():
        raise SettingsError(f"{table.duckdb}: there is no such file; name the DuckDB file of a store")
    store = opened_or_remote(
        table, lambda: open_store(table) if settings is None else opened_store(load_settings(settings))
    )
    try:
        yield Ports(store.readings, store.intervals, store.journal)
    finally:
        store.close()


def known_configurations(ports: Ports, plant: str) -> Configurations:
    """Return what the journal tells of a plant's meters."""
    return Configurations(ports.journal.read([EntryKind.CONFIG], plant))


def check_plant(ports: Ports, plant: str) -> None:
    """Check that the store holds something of a plant.

    Raises
    ------
    SettingsError
        When it holds nothing; names the plants that there are.
    """
    if ports.journal.read(list(EntryKind), plant, limit=1) or ports.readings.extents(plant):
        return
    known = {entry.plant for entry in ports.journal.read([EntryKind.CONFIG])}
    known |= {extent.plant for extent in ports.readings.extents()}
    raise SettingsError(f"plant {plant!r} is not in this store; there are {', '.join(sorted(known)) or 'none'}")


def known_series(ports: Ports, plant: str, point: str, name: str) -> SeriesKey:
    """Return the name of a counter that has intervals.

    Raises
    ------
    SettingsError
        When it has none; names those that have.
    """
    key = SeriesKey(plant, point, quantity(name).name)
    held = ports.intervals.series(plant)
    if key in held:
        return key
    check_plant(ports, plant)
    others = ", ".join(f"{each.point} {each.quantity}" for each in held) or "none of this plant"
    raise SettingsError(f"plant {plant!r}: point {point!r} has no intervals of {name!r}; there are {others}")
