"""``meterproof store``: makes what a store needs on its server, and looks whether it can do its work."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from meterproof_core.command_line import table_width
from meterproof_core.errors import MeterproofError, SettingsError
from meterproof_store.influx.checking import Finding, Level, check_store
from meterproof_store.influx.setting_up import Step, set_up
from meterproof_store.opened import open_store
from meterproof_store.settings import TOKEN_VARIABLE, StoreSettings, check_store_settings, load_store_settings

app = typer.Typer(no_args_is_help=True, help="The store: make it, check it, back it up, restore it.")

_FAILED_IN_THE_WORLD = 1
_WRONG_SETTINGS = 2

File = Annotated[Path | None, typer.Argument(help=r"Settings file with a \[store] table, of any service.")]
Influx = Annotated[str | None, typer.Option(help="http://host:port of an InfluxDB, instead of a settings file.")]
Database = Annotated[str, typer.Option(help="With --influx: the database, or the base of bucket names.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON array.")]


@app.command()
def setup(file: File = None, influx: Influx = None, database: Database = "meterproof", as_json: AsJson = False) -> None:
    """Make what is missing: database and retention policies, buckets and mappings, or databases.

    Doing it again changes nothing. Retention is lengthened where it is too short, and never shortened.
    A token may stand in METERPROOF_INFLUX_TOKEN.

    For example:

        meterproof store setup collector.toml

        meterproof store setup --influx http://127.0.0.1:8086
    """
    with _clear_errors():
        settings = _settings(file, influx, database)
        if settings.duckdb is not None:
            open_store(settings).close()
            steps = [Step(f"DuckDB file {settings.duckdb}", "can be opened")]
        else:
            steps = set_up(settings, token=_token())
    _print(steps, {"what": "Thing", "done": "Done"}, as_json=as_json)


@app.command()
def check(file: File = None, influx: Influx = None, database: Database = "meterproof", as_json: AsJson = False) -> None:
    """Look whether the store can do its work; exit code 1 when something cannot.

    Looks at server, schema, retention, mappings and clock, and writes a point and reads it back.

    For example:

        meterproof store check collector.toml

        meterproof store check --influx http://127.0.0.1:8086 --json
    """
    with _clear_errors():
        settings = _settings(file, influx, database)
        found = _of_duckdb(settings) if settings.duckdb is not None else _of_influx(settings)
    _print(found, {"what": "Thing", "level": "Level", "found": "Found"}, as_json=as_json)
    if any(finding.level is Level.FAILED for finding in found):
        raise typer.Exit(_FAILED_IN_THE_WORLD)


def _of_influx(settings: StoreSettings) -> list[Finding]:
    return check_store(settings, now_ms=lambda: time.time_ns() // 1_000_000, token=_token())


def _of_duckdb(settings: StoreSettings) -> list[Finding]:
    if not Path(settings.duckdb or "").exists():
        return [Finding("file", Level.FAILED, f"{settings.duckdb} is not there; run `meterproof store setup`")]
    store = open_store(settings)
    try:
        extents = store.readings.extents()
    finally:
        store.close()
    rows = sum(extent.rows for extent in extents)
    return [Finding("file", Level.OK, f"{settings.duckdb}: {rows:,} rows of readings of {len(extents):,} points")]


def _settings(file: Path | None, influx: str | None, database: str) -> StoreSettings:
    if (file is None) == (influx is None):
        raise SettingsError("name a settings file with a [store] table, or --influx URL; one of the two")
    if file is not None:
        return load_store_settings(file)
    settings = StoreSettings(influx=influx, database=database)
    check_store_settings(settings)
    return settings


def _token() -> str | None:
    return os.environ.get(TOKEN_VARIABLE) or None


def _print(rows: list[Step] | list[Finding], titles: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())
        return
    table = Table(*titles.values(), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(str(getattr(row, name)) for name in titles))
    Console(soft_wrap=True, width=table_width()).print(table)


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except SettingsError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(_WRONG_SETTINGS) from None
    except MeterproofError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(_FAILED_IN_THE_WORLD) from None
