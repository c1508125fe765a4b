"""``meterproof statement``: issue statements from a store, and look at those that were issued."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from meterproof.local_store import STATEMENTS_FOLDER
from meterproof.store_choice import Database, DataFolder, Influx, SettingsFile, StoreChoice
from meterproof_api.gathering import Books
from meterproof_api.issuing import Issued, issue
from meterproof_api.plants import Plant, PlantDirectory
from meterproof_api.plants_file import load_plants
from meterproof_api.statements.shelf import Shelf, Shelved
from meterproof_core.command_line import INTERRUPTED, clear_errors, print_json, table_width
from meterproof_core.errors import SettingsError
from meterproof_mv.claim import Status, stops_claim
from meterproof_mv.findings import Finding, Severity

app = typer.Typer(no_args_is_help=True, help="Verification statements: issue them, look at them.")

PlantsFile = Annotated[Path, typer.Option("--plants", help="TOML file with the plants.")]
PlantIds = Annotated[list[str] | None, typer.Option("--plant", help="Id of a plant; may be repeated. Default: all.")]
Folder = Annotated[
    Path | None, typer.Option("--statements", help="Folder of the bundles. Default: `statements` in the data folder.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def build(
    plants: PlantsFile,
    plant: PlantIds = None,
    settings: SettingsFile = None,
    data: DataFolder = None,
    influx: Influx = None,
    database: Database = "meterproof",
    statements: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Issue the statements of plants: compute, print, bind the evidence, put the bundle into the folder.

    Figures that were issued before are not issued again; other figures become a new version beside the old one.
    Works beside a running server too.

    For example:

        meterproof statement build --plants plants.toml --data ./meterproof-data

        meterproof statement build --plants plants.toml --plant north-mill --data ./meterproof-data --json
    """
    with clear_errors():
        wanted = _wanted(load_plants(plants), plant)
        folder = _folder(statements, data)
        store = StoreChoice(settings, data, influx, database).open()
        try:
            shelf, books = Shelf(folder), Books(store.intervals, store.journal)
            issued = _issued(wanted, books, shelf)
        finally:
            store.close()
        if as_json:
            print_json([_told(one.statement) | {"new": one.new} for one in issued])
        else:
            _print([one.statement for one in issued], issued)


@app.command()
def show(
    statement: Annotated[
        str | None, typer.Argument(help="Id of a statement; left out: the list of all, newest versions.")
    ] = None,
    data: DataFolder = None,
    statements: Folder = None,
    version: Annotated[int | None, typer.Option(min=1, help="Default: the newest.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show which statements lie in a folder, or the figures of one.

    For example:

        meterproof statement show --data ./meterproof-data

        meterproof statement show north-mill.2025-01-01.2026-01-01 --data ./meterproof-data --json
    """
    with clear_errors():
        shelf = Shelf(_folder(statements, data))
        if statement is None:
            current = shelf.current()
            if as_json:
                print_json([_told(one) for one in current])
            else:
                _print(current)
            for bad in shelf.unreadable():
                typer.echo(f"meterproof statement: {bad.path.name}: {bad.reason}", err=True)
            return
        found = shelf.find(statement, version)
        if found is None:
            raise SettingsError(f"there is no statement {statement!r} of that version; `statement show` lists them")
        typer.echo(json.dumps(found.document, indent=None if as_json else 2, ensure_ascii=False))


def _issued(plants: list[Plant], books: Books, shelf: Shelf) -> list[Issued]:
    """Issue statements; whoever stops it half-way is told which were issued."""
    issued: list[Issued] = []
    try:
        for plant in plants:
            one = issue(plant, books, shelf, issued_at=datetime.now(UTC))
            issued.append(one)
    except KeyboardInterrupt:
        done = ", ".join(one.statement.path.name for one in issued if one.new) or "nothing"
        typer.echo(f"stopped; issued: {done}; again goes on", err=True)
        raise typer.Exit(INTERRUPTED) from None
    return issued


def _wanted(directory: PlantDirectory, ids: list[str] | None) -> list[Plant]:
    if not ids:
        return list(directory.plants())
    found = [(name, directory.plant(name)) for name in ids]
    for name, plant in found:
        if plant is None:
            known = ", ".join(known.id for known in directory.plants()) or "none"
            raise SettingsError(f"--plant {name!r} is not in the plants file; there are {known}")
    return [plant for _, plant in found if plant is not None]


def _folder(statements: Path | None, data: Path | None) -> Path:
    if statements is not None:
        return statements
    if data is None:
        raise SettingsError("name the folder of the bundles with --statements DIR, or a data folder with --data DIR")
    return data / STATEMENTS_FOLDER


def _told(statement: Shelved) -> dict[str, object]:
    document = statement.document
    return {
        "statement_id": statement.statement_id,
        "version": statement.version,
        "plant": document["plant"]["id"],
        "simulated": document["simulated"],
        "status": document["status"],
        "provisional": document["provisional"],
        "verified_co2e_t": document["tonnes"]["verified_co2e_t"] if document["tonnes"] else None,
        "issued_at": document["issued_at"],
        "bundle": str(statement.path),
    }


def _print(statements: list[Shelved] | tuple[Shelved, ...], issued: list[Issued] | None = None) -> None:
    columns = ("statement", "version", "status", "verified t CO2e", "what stops a claim", "issued")
    table = Table(*columns, title="unsigned statements")
    for place, statement in enumerate(statements):
        told = _told(statement)
        again = " (issued before)" if issued and not issued[place].new else ""
        table.add_row(
            Text(f"{statement.statement_id}{' [simulated]' if told['simulated'] else ''}"),
            f"{statement.version}{again}",
            f"{told['status']}{', provisional' if told['provisional'] else ''}",
            _tonnes(statement),
            ", ".join(_against(statement)),
            str(told["issued_at"]),
        )
    Console(width=table_width()).print(table)


def _tonnes(statement: Shelved) -> str:
    document = statement.document
    if document["tonnes"]:
        return f"{document['tonnes']['verified_co2e_t']:,.0f}"
    return "not known" if any(stream["factors"] for stream in document["streams"]) else "no factor"


def _against(statement: Shelved) -> list[str]:
    """Return the codes of what stops a claim, each once: of the plant, then of its streams."""
    document = statement.document
    if document["status"] == Status.CLAIMABLE.value:
        return []
    found = [document["findings"], *(stream["findings"] for stream in document["streams"])]
    told = [Finding(**{**one, "severity": Severity(one["severity"])}) for findings in found for one in findings]
    return list(dict.fromkeys(finding.code for finding in told if stops_claim(finding)))
