"""The settings file of the API as a service of its own."""

from pathlib import Path

import msgspec

from meterproof_core.errors import SettingsError
from meterproof_core.toml_tables import convert, read_toml
from meterproof_store.settings import StoreSettings, check_store_settings


class ApiSettings(msgspec.Struct, frozen=True):
    """What the API as a service needs to know.

    Parameters
    ----------
    plants : str
        File with the plants that are served; relative paths count from the settings file.
    store : StoreSettings
        Where readings, intervals and journal are.
    host, port : str, int
        Address to bind to: loopback unless told otherwise; port 0 takes a free one.
    allowed_hosts : tuple of str
        Names under which the server may be asked, besides those of loopback.
    cache : str or None
        Folder that keeps the charts' JavaScript over restarts.
    statements : str or None
        Folder of the bundles of issued statements; None shows none.
    """

    plants: str
    store: StoreSettings
    host: str = "127.0.0.1"
    port: int = 8642
    allowed_hosts: tuple[str, ...] = ()
    cache: str | None = None
    statements: str | None = None


def load_api_settings(file: Path) -> ApiSettings:
    """Return the settings of a file, its relative paths counted from the file.

    Raises
    ------
    SettingsError
        When the file cannot be read or something in it makes no sense.
    """
    settings = convert(read_toml(file), ApiSettings, file)
    if not 0 <= settings.port <= 65535:
        raise SettingsError(f"{file}: port {settings.port} is not accepted; use 0 to 65535, 0 for any")
    folder = file.parent
    store = settings.store.beside(folder)
    try:
        check_store_settings(store)
    except SettingsError as error:
        raise SettingsError(f"{file}: {error}") from None
    cache = None if settings.cache is None else str(folder / settings.cache)
    statements = None if settings.statements is None else str(folder / settings.statements)
    plants = str(folder / settings.plants)
    return msgspec.structs.replace(settings, store=store, plants=plants, cache=cache, statements=statements)
