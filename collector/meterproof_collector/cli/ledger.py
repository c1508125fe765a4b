"""``ledger``: how an interval came about, what was decided, and whether the books are what the registers say."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from meterproof_collector.cli.ledger_opening import (
    check_plant,
    known_configurations,
    known_series,
    ledger_ports,
    zone_of,
)
from meterproof_collector.cli.ledger_run import run
from meterproof_collector.cli.ledger_tables import (
    event_table,
    explanation_table,
    journal_table,
    loss_table,
    show_table,
)
from meterproof_collector.ledger.bookkeeper import DEFAULT_RULES
from meterproof_collector.ledger.explain import explain
from meterproof_collector.ledger.recompute import Recomputed, put_in_place, recompute, series_of
from meterproof_collector.ledger.sentences import sentence
from meterproof_collector.ledger.told_events import RECOUNT, holding
from meterproof_core.clock import SystemClock
from meterproof_core.command_line import clear_errors, complain, print_json
from meterproof_core.errors import SettingsError
from meterproof_core.storage import EntryKind, JournalEntry

app = typer.Typer(no_args_is_help=True, help="The ledger: explain intervals, list decisions and losses, recompute.")
app.command()(run)

Settings = Annotated[Path | None, typer.Option(metavar="SETTINGS.toml", help="The collector's settings.")]
DuckDb = Annotated[Path | None, typer.Option("--duckdb", metavar="FILE", help="A DuckDB store, without settings.")]
Plant = Annotated[str, typer.Option(help="The plant's id.")]
Point = Annotated[str | None, typer.Option(help="Only of this metering point.")]
Start = Annotated[str | None, typer.Option("--from", help="From this instant on, in ISO 8601; UTC, or as --tz says.")]
End = Annotated[str | None, typer.Option("--to", help="Up to this instant, itself left out.")]
Tz = Annotated[str | None, typer.Option(help="IANA time zone in which instants are read, and shown beside UTC.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option(min=1, help="The newest so many.")]


@app.command()
def show(
    *,
    plant: Plant,
    point: Annotated[str, typer.Option(help="The metering point.")],
    quantity: Annotated[str, typer.Option(help="The counter, such as energy_import_kwh.")],
    settings: Settings = None,
    duckdb: DuckDb = None,
    start: Start = None,
    end: End = None,
    tz: Tz = None,
    limit: Limit = 96,
    json: Json = False,
) -> None:
    """Explain intervals: amount, boundary registers, the samples they lie between, batches, gateways, meter settings.

    For example:

        meterproof-collector ledger show --settings collector.toml --plant north-mill --point main-incomer
        --quantity energy_import_kwh --from 2026-11-22T06:00 --to 2026-11-22T08:00 --tz Asia/Colombo
    """
    with clear_errors(), ledger_ports(settings, duckdb) as ports:
        zone = zone_of(tz)
        key = known_series(ports, plant, point, quantity)
        told = explain(ports, key, zone.period(start, end), rules=DEFAULT_RULES, most=limit)
        if json:
            print_json([{"sentence": sentence(each, zone.shown), "explanation": each} for each in told])
        else:
            show_table(explanation_table(told, zone))
            for number, each in enumerate(told, 1):
                typer.echo(f"{number}. {sentence(each, zone.shown)}")


@app.command()
def events(
    *,
    plant: Plant,
    settings: Settings = None,
    duckdb: DuckDb = None,
    point: Point = None,
    start: Start = None,
    end: End = None,
    tz: Tz = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also those that were withdrawn, and their withdrawals.")
    ] = False,
    limit: Limit = 200,
    json: Json = False,
) -> None:
    """List the decisions of ledger and collector that hold, by the instant that they concern.

    For example:

        meterproof-collector ledger events --settings collector.toml --plant north-mill --from 2026-11-01
    """
    with clear_errors(), ledger_ports(settings, duckdb) as ports:
        zone = zone_of(tz)
        start_ms, end_ms = zone.period(start, end)
        check_plant(ports, plant)
        told = ports.journal.read([EntryKind.EVENT], plant)
        found = [
            entry
            for entry in (told if every else _decisions(told))
            if start_ms <= _instant(entry) < end_ms and point in (None, entry.data.get("point"))
        ]
        found.sort(key=_instant)
        if json:
            print_json(found[-limit:])
        else:
            show_table(event_table(found[-limit:], zone))


@app.command()
def losses(
    *,
    plant: Plant,
    settings: Settings = None,
    duckdb: DuckDb = None,
    start: Start = None,
    end: End = None,
    tz: Tz = None,
    json: Json = False,
) -> None:
    """List the samples that gateways had to give up, or that were older than what the store keeps.

    For example:

        meterproof-collector ledger losses --settings collector.toml --plant north-mill
    """
    with clear_errors(), ledger_ports(settings, duckdb) as ports:
        zone = zone_of(tz)
        start_ms, end_ms = zone.period(start, end)
        check_plant(ports, plant)
        found = [
            entry
            for entry in ports.journal.read([EntryKind.LOSS], plant)
            if any(lost["first_ms"] < end_ms and lost["last_ms"] >= start_ms for lost in entry.data["lost"])
        ]
        if json:
            print_json(found)
        else:
            show_table(loss_table(found, zone))


@app.command("journal")
def journal_(
    *,
    settings: Settings = None,
    duckdb: DuckDb = None,
    kind: Annotated[list[EntryKind] | None, typer.Option(help="Of this kind; may be given again.")] = None,
    plant: Annotated[str | None, typer.Option(help="Of one plant; '' for entries of none.")] = None,
    since: Annotated[str | None, typer.Option(help="Written since, in ISO 8601; UTC, or as --tz says.")] = None,
    tz: Tz = None,
    limit: Limit = 100,
    json: Json = False,
) -> None:
    """Browse the journal: what came, what was decided, refused and lost, in the order in which it was written.

    For example:

        meterproof-collector ledger journal --settings collector.toml --kind arrival --plant north-mill --limit 20
    """
    with clear_errors(), ledger_ports(settings, duckdb) as ports:
        zone = zone_of(tz)
        since_ms = zone.instant("--since", since, 0)
        read = ports.journal.read(kind or list(EntryKind), plant, since_ms, limit=limit + 1)
        found = list(read[-limit:])
        if len(read) > limit:
            typer.echo(f"the newest {limit} entries; there are older ones, and --limit N shows more", err=True)
        if json:
            print_json(found)
        else:
            show_table(journal_table(found, zone))


@app.command("recompute")
def recompute_(
    *,
    plant: Plant,
    settings: Settings = None,
    duckdb: DuckDb = None,
    point: Point = None,
    write: Annotated[bool, typer.Option("--write", help="Put in place what the registers give.")] = False,
    json: Json = False,
) -> None:
    """Compute every interval anew from the raw registers and compare it with the books, bit for bit.

    Exit code 1 when any differs and is not put in place, and when there is nothing to compare. Readings that came
    within the last minute may not be worked through yet.

    For example:

        meterproof-collector ledger recompute --settings collector.toml --plant north-mill
    """
    with clear_errors(), ledger_ports(settings, duckdb) as ports:
        check_plant(ports, plant)
        configurations = known_configurations(ports, plant)
        keys = series_of(ports, configurations, plant, point)
        if not keys:
            where = "" if point is None else f" at point {point!r}"
            raise SettingsError(f"plant {plant!r}: no counter{where}; `ledger journal` shows what came")
        told, compared = [], 0
        for key in keys:
            found = recompute(ports, configurations, key, DEFAULT_RULES)
            if write:
                put_in_place(ports, found, SystemClock().now_ms())
            compared += len(found.computed) + len(found.stored)
            told.append(_told(found, written=write))
            if not json:
                typer.echo(_line(found, written=write))
    if json:
        print_json(told)
    if not compared:
        complain(f"plant {plant!r}: nothing was compared; neither books nor registers give an interval yet")
        raise typer.Exit(1)
    if not write and not all(each["agrees"] for each in told):
        raise typer.Exit(1)


def _decisions(told: Sequence[JournalEntry]) -> list[JournalEntry]:
    return [entry for entry in holding(told) if entry.data["code"] != RECOUNT]


def _instant(entry: JournalEntry) -> int:
    return int(entry.data.get("t_ms", entry.at_ms))


def _told(found: Recomputed, *, written: bool) -> dict[str, Any]:
    return {
        "plant": found.key.plant,
        "point": found.key.point,
        "quantity": found.key.quantity,
        "intervals": len(found.computed),
        "amount": float(found.computed.amount.sum()),
        "agrees": found.agrees,
        "first_difference": found.first_difference(),
        "put_in_place": written and not found.agrees,
    }


def _line(found: Recomputed, *, written: bool) -> str:
    key = found.key
    if not len(found.computed) and not len(found.stored):
        return f"{key.plant}/{key.point} {key.quantity}: nothing to compare; no interval in the books or the registers"
    if found.agrees:
        return f"{key.plant}/{key.point} {key.quantity}: {len(found.computed):,} intervals agree, bit for bit"
    return f"{found.first_difference()}{'; put in place' if written else ''}"
