"""``meterproof store backup|restore|verify|retention``: the commands that keep a store's content.

They are functions that the store's own command line mounts (`add_archive_commands`).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from meterproof.archive_progress import Progress
from meterproof.store_choice import Database, DataFolder, Influx, SettingsFile, StoreChoice
from meterproof_core.command_line import clear_errors, print_json, table_width
from meterproof_core.errors import StoreBusyError
from meterproof_store.archive import Archive, Manifest, Occasion, Restored, archive_chunks, back_up
from meterproof_store.archive import restore as restore_archive
from meterproof_store.opened import OpenStore
from meterproof_store.remote import RemoteStore
from meterproof_store.retention import RetentionRule, retain

ArchiveFile = Annotated[Path, typer.Argument(help="The archive: one zip file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and no progress.")]
IntoExisting = Annotated[
    bool, typer.Option("--into-existing", help="Unite the archive with what the store holds; repeats a cut restore.")
]
Apply = Annotated[bool, typer.Option("--apply", help="Take it away; without it nothing changes.")]


def add_archive_commands(app: typer.Typer) -> None:
    """Add the commands of this module to the store's command line."""
    for command in (backup, restore, verify, retention):
        app.command()(command)


def backup(
    archive: ArchiveFile,
    file: SettingsFile = None,
    data: DataFolder = None,
    influx: Influx = None,
    database: Database = "meterproof",
    as_json: AsJson = False,
) -> None:
    """Copy everything a store holds into a new archive, and read the archive back.

    While a server holds a DuckDB file, the archive comes through the server.

    For example:

        meterproof store backup monday.zip --data ./meterproof-data

        meterproof store backup monday.zip --settings collector.toml

        meterproof store backup monday.zip --influx http://127.0.0.1:8086
    """
    choice = StoreChoice(file, data, influx, database)
    with clear_errors(), _opened(choice) as store, Progress("backup", quiet=as_json) as progress:
        rows = sum(extent.rows for extent in store.readings.extents())
        if isinstance(store, RemoteStore):
            progress.expect(rows)
            chunks = store.backup()
        else:
            progress.expect(2 * rows)
            chunks = archive_chunks(store, Occasion(_now_ms(), choice.name), progress.tick)
        manifest = back_up(progress.bytes_of(chunks), archive, progress.tick)
    _print(_of_archive(archive, manifest), as_json=as_json)


def restore(
    archive: ArchiveFile,
    file: SettingsFile = None,
    data: DataFolder = None,
    influx: Influx = None,
    database: Database = "meterproof",
    into_existing: IntoExisting = False,
    as_json: AsJson = False,
) -> None:
    """Put an archive into a store, DuckDB or InfluxDB, and compare the store with it.

    The archive is checked before anything is written. A store that is not empty is refused, unless told otherwise.

    For example:

        meterproof store restore monday.zip --data ./new-data

        meterproof store restore monday.zip --influx http://127.0.0.1:8086 --into-existing
    """
    choice = StoreChoice(file, data, influx, database)
    with clear_errors(), Archive(archive) as opened:
        choice.check_place(new=True)
        with Progress("restore", quiet=as_json) as progress:
            progress.expect(3 * opened.manifest.rows)
            opened.check(progress.tick)  # before a store is opened, because opening one that is not there makes it
            with _opened(choice, new=True) as store:
                if isinstance(store, RemoteStore):
                    raise StoreBusyError(f"{store.link.name}: a server holds the store; stop it before you restore")
                told = restore_archive(opened, store, into_existing=into_existing, is_checked=True, tick=progress.tick)
    _print(_of_restore(choice, told), as_json=as_json)


def verify(archive: ArchiveFile, as_json: AsJson = False) -> None:
    """Read an archive from end to end and compare it with its manifest.

    For example:

        meterproof store verify monday.zip
    """
    with clear_errors(), Archive(archive) as opened, Progress("verify", quiet=as_json) as progress:
        progress.expect(opened.manifest.rows)
        opened.check(progress.tick)
    _print(_of_archive(archive, opened.manifest), as_json=as_json)


def retention(
    file: SettingsFile = None,
    data: DataFolder = None,
    influx: Influx = None,
    database: Database = "meterproof",
    apply: Apply = False,
    as_json: AsJson = False,
) -> None:
    """Show which gauges of an embedded store are older than they are kept; take them away when told to.

    Counters, intervals and the journal stay for good. InfluxDB sees to it by itself.

    For example:

        meterproof store retention --data ./meterproof-data

        meterproof store retention --data ./meterproof-data --apply
    """
    choice = StoreChoice(file, data, influx, database)
    with clear_errors(), _opened(choice) as store:
        if isinstance(store, RemoteStore):
            told = dict(store.retain(apply=apply))
        else:
            rule = RetentionRule(_now_ms(), choice.settings.gauge_days)
            told = asdict(retain(store.readings, store.journal, rule, apply=apply))
    if as_json:
        print_json(told)
    else:
        _print_retention(told)


@contextmanager
def _opened(choice: StoreChoice, *, new: bool = False) -> Iterator[OpenStore | RemoteStore]:
    store = choice.open(new=new)
    try:
        yield store
    finally:
        store.close()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _of_archive(path: Path, manifest: Manifest) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return {
        "archive": str(path),
        "bytes": path.stat().st_size,
        "sha256": digest,
        "source": manifest.source,
        "made_ms": manifest.made_ms,
        "cut_ms": manifest.cut_ms,
        "points": len(manifest.points),
        "rows": manifest.rows,
        "values": manifest.values,
        "intervals": manifest.intervals,
        "journal_entries": manifest.entries,
        "checked": True,
    }


def _of_restore(choice: StoreChoice, told: Restored) -> dict[str, Any]:
    return {
        "store": choice.name,
        "rows": told.rows,
        "values": told.values,
        "gauges_older_than_kept": told.aged,
        "intervals": told.intervals,
        "intervals_left_as_the_store_had_them": told.intervals_kept,
        "journal_entries": told.entries,
        "compared": True,
    }


def _print(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    room = max(map(len, told))
    for name, value in told.items():
        typer.echo(f"{name.removesuffix('_ms').replace('_', ' '):<{room}}  {_shown(name, value)}")


def _shown(name: str, value: object) -> str:
    if value is None:
        return "none"
    if name.endswith("_ms") and isinstance(value, int):
        return f"{datetime.fromtimestamp(value / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"{value:,}" if type(value) is int else str(value)


def _print_retention(told: dict[str, Any]) -> None:
    console = Console(soft_wrap=True, width=table_width())
    if not told["points"]:
        console.print("no gauge is older than it is kept")
        return
    table = Table("Plant", "Point", "Gauge values", "Rows that go", box=None, pad_edge=False)
    for point in told["points"]:
        table.add_row(point["plant"], point["point"], f"{point['values']:,}", f"{point['rows']:,}")
    before = datetime.fromtimestamp(told["before_ms"] / 1000, UTC)
    console.print(table)
    done = "were taken away" if told["applied"] else "would go; --apply takes them away"
    console.print(f"gauges before {before:%Y-%m-%d} UTC {done}")
