"""Which store a command means: a settings file, a data folder of the local server, or an InfluxDB's address."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from meterproof.local_store import STORE_FILE
from meterproof_core.errors import SettingsError
from meterproof_core.faults import faults_of
from meterproof_store.opened import OpenStore, open_store
from meterproof_store.remote import RemoteStore, opened_or_remote
from meterproof_store.settings import TOKEN_VARIABLE, StoreSettings, check_store_settings, load_store_settings

SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help=r"Settings file with a \[store] table, of any service.")
]
DataFolder = Annotated[Path | None, typer.Option("--data", help="Data folder of `meterproof serve` or `demo`.")]
Influx = Annotated[
    str | None, typer.Option(help=f"http://host:port of an InfluxDB; a token comes from {TOKEN_VARIABLE}.")
]
Database = Annotated[str, typer.Option(help="With --influx: the database, or the base of bucket names.")]


@dataclass(frozen=True, slots=True)
class StoreChoice:
    """What the user named.

    Parameters
    ----------
    file : Path or None
        A settings file.
    data : Path or None
        A data folder.
    influx : str or None
        An address; one of the three is given.
    database : str
        With an address.
    """

    file: Path | None
    data: Path | None
    influx: str | None
    database: str

    @property
    def settings(self) -> StoreSettings:
        """The settings that the user named.

        Raises
        ------
        SettingsError
            When none or several of the three are given, or they make no sense.
        """
        if [self.file, self.data, self.influx].count(None) != 2:
            raise SettingsError("name one store: --settings FILE with a [store] table, --data DIR, or --influx URL")
        if self.file is not None:
            return load_store_settings(self.file)
        if self.data is not None:
            return StoreSettings(duckdb=str(self.data / STORE_FILE))
        settings = StoreSettings(influx=self.influx, database=self.database)
        check_store_settings(settings)
        return settings

    @property
    def name(self) -> str:
        """What people call the store."""
        settings = self.settings
        return settings.duckdb or f"{settings.influx}/{settings.database}"

    def check_place(self, *, new: bool = False) -> None:
        """Check, without touching anything, that an embedded store is there, or could be made.

        Parameters
        ----------
        new : bool
            Whether it may be made where there is none.

        Raises
        ------
        SettingsError
            When it is not there, or cannot be.
        """
        if self.settings.duckdb is None:
            return
        path = Path(self.settings.duckdb)
        if not new and not path.exists():
            raise SettingsError(f"{path}: there is no such store; name the folder or file of one")
        nearest = next(parent for parent in path.parents if parent.exists())
        if not nearest.is_dir():
            raise SettingsError(f"{path.parent}: cannot be made ({nearest} is a file); name another folder")

    def open(self, *, new: bool = False) -> OpenStore | RemoteStore:
        """Return the opened store, or the way to it through the server that holds it.

        Parameters
        ----------
        new : bool
            Whether an embedded store may be made where there is none.

        Raises
        ------
        SettingsError
            When there is no such store.
        StoreError
            When it cannot be opened.
        """
        settings = self.settings
        self.check_place(new=new)
        if settings.duckdb is not None:
            _make_folder(Path(settings.duckdb).parent)
        token = os.environ.get(TOKEN_VARIABLE) or None
        return opened_or_remote(settings, lambda: open_store(settings, faults=faults_of(os.environ), token=token))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be made ({error.strerror}); name another folder") from error
