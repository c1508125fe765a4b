"""``meterproof programme``: adds issued statements up without a server, and looks through a folder of bundles."""

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from meterproof_api.programme.csv_file import programme_csv
from meterproof_api.programme.cut_off import cut_off_of
from meterproof_api.programme.flat import block_name, exclusion_record, use_text
from meterproof_api.programme.naming import key_label, reason_label, scope_label
from meterproof_api.programme.notes import block_notes
from meterproof_api.programme.roll_up import Block, Programme, programme_table
from meterproof_api.programme.rows import STATES, Row, TonnesSum
from meterproof_api.programme.schemas import programme_json
from meterproof_api.programme.selection import Exclusion, Reason
from meterproof_api.programme.spreadsheet import programme_xlsx
from meterproof_api.statements.shelf import Shelf
from meterproof_api.wording import say
from meterproof_core.command_line import FAILED_IN_THE_WORLD, clear_errors, print_json, table_width
from meterproof_core.errors import DataError, SettingsError

app = typer.Typer(no_args_is_help=True, help="The programme: verified values of issued statements added up.")

_TO_RESOLVE = (Reason.UNUSABLE, Reason.OVERLAP)
_TO_NAME = (*_TO_RESOLVE, Reason.SUPERSEDED, Reason.DUPLICATE)

Statements = Annotated[Path, typer.Option(help="Folder of bundles.")]
CutOff = Annotated[
    str | None, typer.Option(help="Last day that counts, YYYY-MM-DD. Default: the day of the newest statement.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
CsvFile = Annotated[Path | None, typer.Option("--csv", help="Write the programme as CSV too.")]
XlsxFile = Annotated[Path | None, typer.Option("--xlsx", help="Write the programme as a spreadsheet too.")]


@app.command()
def report(
    statements: Statements = Path("meterproof-data/statements"),
    cut_off: CutOff = None,
    as_json: AsJson = False,
    csv_file: CsvFile = None,
    xlsx_file: XlsxFile = None,
) -> None:
    """Add verified tonnes up by country, sector and technique; real and simulated plants apart.

    For example:

        meterproof programme report --statements ./meterproof-data/statements

        meterproof programme report --cut-off 2026-12-31 --json

        meterproof programme report --cut-off 2026-12-31 --xlsx programme.xlsx
    """
    with clear_errors():
        programme = _programme(statements, _date(cut_off))
        _write(csv_file, programme, programme_csv)
        _write(xlsx_file, programme, programme_xlsx)
        if as_json:
            print_json(programme_json(programme))
        else:
            _show(Console(width=table_width()), programme)


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="Folder of bundles.")],
    as_json: AsJson = False,
) -> None:
    """Name the bundles that are unusable, superseded or overlap; exit code 1 when somebody has to act.

    Superseded versions are in order: they stay, and the newest counts.

    For example:

        meterproof programme check ./meterproof-data/statements
    """
    with clear_errors():
        programme = _programme(folder, None)
    found = [one for one in programme.exclusions if one.reason in _TO_NAME]
    counted = sum(len(block.statements) for block in programme.blocks)
    if as_json:
        print_json({"counted": counted, "found": [_record(one) for one in found]})
    else:
        _show_found(Console(width=table_width()), found, counted)
    if any(one.reason in _TO_RESOLVE for one in found):
        raise typer.Exit(FAILED_IN_THE_WORLD)


def _programme(folder: Path, cut_off: date | None) -> Programme:
    if not folder.is_dir():
        raise SettingsError(f"folder {folder} is not there; name a folder of bundles")
    shelf = Shelf(folder)
    unreadable = [(entry.path.name, entry.reason) for entry in shelf.unreadable()]
    return programme_table((entry.document for entry in shelf.statements()), cut_off, unreadable=unreadable)


def _date(text: str | None) -> date | None:
    try:
        return cut_off_of(text)
    except DataError as error:
        raise SettingsError(f"--cut-off {error}") from None


def _write(file: Path | None, programme: Programme, write: Callable[[Programme], bytes]) -> None:
    if file is None:
        return
    try:
        file.write_bytes(write(programme))
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be written ({error.strerror}); name a file in a folder that is there"
        ) from None


def _show(console: Console, programme: Programme) -> None:
    if programme.cut_off is None:
        console.print(say("statements.none"))
    else:
        console.print(say("programme.cut_off", date=programme.cut_off.isoformat()))
    for block in programme.blocks:
        if block.statements:
            _show_block(console, block)
    if programme.exclusions:
        console.print(f"\n[bold]{say('programme.exclusions')}[/bold]")
        _show_exclusions(console, programme.exclusions)


def _show_block(console: Console, block: Block) -> None:
    console.print(f"\n[bold]{say('programme.simulated' if block.simulated else 'programme.real')}[/bold]")
    if block.simulated:
        console.print(say("programme.simulated_text"))
    total = block.total
    if total.unsigned:
        console.print(say("programme.unsigned", unsigned=total.unsigned, statements=total.statements))
    for what, rows in (("country", block.by_country), ("sector", block.by_sector), ("technique", block.by_technique)):
        _show_rows(console, say(f"programme.by_{what}"), (*rows, total))
    for _, note in block_notes(block):
        console.print(f"- {escape(note)}")


def _show_rows(console: Console, title: str, rows: Iterable[Row]) -> None:
    names = ("plants", "claimable", "provisional", "not_claimable")
    table = Table(title, box=None, pad_edge=False)
    for name in names:
        table.add_column(say(f"programme_column.{name}"), justify="right")
    for name in ("annual", "other", "cumulative"):
        table.add_column(f"t CO2e {say(f'programme_column.{name}')}", justify="right")
    table.add_column(say("programme_column.use"))
    table.add_column(say("programme.options_by_state"))
    for row in rows:
        counts = (str(getattr(row, name)) for name in names)
        tonnes = (_tonnes(row.annual), f"{row.other_periods_t:,.0f}", _tonnes(row.cumulative))
        uses = ", ".join(use_text(use) for use in row.uses)
        options = ", ".join(f"{count} {state}" for state, count in zip(STATES, row.options, strict=True) if count)
        table.add_row(escape(key_label(row.key)), *counts, *tonnes, escape(uses), options)
    console.print()
    console.print(table)


def _tonnes(tonnes: TonnesSum) -> str:
    interval = tonnes.interval
    if not interval.upper >= interval.lower:
        return f"{tonnes.verified_t:,.0f}"
    return f"{tonnes.verified_t:,.0f} ({interval.value:,.0f}: {interval.lower:,.0f} to {interval.upper:,.0f})"


def _show_found(console: Console, found: list[Exclusion], counted: int) -> None:
    console.print(
        say("programme.statement_count_one") if counted == 1 else say("programme.statement_count", count=counted)
    )
    if found:
        _show_exclusions(console, found)
    else:
        console.print(say("programme.exclusions_none"))


def _show_exclusions(console: Console, exclusions: Iterable[Exclusion]) -> None:
    columns = [say(f"programme_column.{name}") for name in ("statement", "block", "reason", "detail", "left_out_of")]
    table = Table(*columns, box=None, pad_edge=False)
    for one in exclusions:
        version = "" if one.version is None else f".v{one.version}"
        words = (reason_label(one.reason.value), one.detail, scope_label(one.scope.value))
        table.add_row(*(escape(text) for text in (one.statement_id + version, block_name(one.simulated), *words)))
    console.print(table)


def _record(exclusion: Exclusion) -> dict[str, Any]:
    return {"block": block_name(exclusion.simulated), **exclusion_record(exclusion)}
