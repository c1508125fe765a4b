"""``meterproof import``: takes history and hand-kept records in from files, and shows first what that would change."""

import getpass
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from meterproof.archive_progress import Progress
from meterproof.cli_import_layout import USUAL_ORIGIN, columns_of, heat_of, units_of, zone_of_plant
from meterproof.cli_import_options import (
    AsJson,
    Basis,
    Carrier,
    Currency,
    DayFirst,
    DecimalComma,
    DecimalPoint,
    Delimiter,
    DryRun,
    File,
    HeaderLine,
    HeatContent,
    LabelOf,
    Map,
    Minutes,
    OriginOf,
    PlantId,
    Plants,
    Point,
    QuantityOf,
    Replace,
    Series,
    Sheet,
    TargetUnit,
    Unit,
    Units,
    User,
    Zone,
)
from meterproof.cli_import_report import imports_object, plan_object, print_imports, print_plan
from meterproof.store_choice import Database, DataFolder, Influx, SettingsFile, StoreChoice
from meterproof_api.importing.kinds import Kind, Layout
from meterproof_api.importing.planning import ImportPlan, Ports, plan_import
from meterproof_api.importing.reading import read_file
from meterproof_api.importing.records import read_imports
from meterproof_api.importing.writing import Doing, carry_out, withdrawal
from meterproof_api.stores import Stores
from meterproof_core.command_line import FAILED_IN_THE_WORLD, WRONG_SETTINGS, complain, keep_files_private, print_json
from meterproof_core.errors import DataError, MeterproofError, SettingsError
from meterproof_core.faults import faults_of
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings
from meterproof_mv.errors import MvError

app = typer.Typer(no_args_is_help=True, help="Take in history and hand-kept records from CSV and XLSX files.")

_LONG = 5_000  # rows from which on a bar shows how far it is


@dataclass(frozen=True, slots=True)
class Work:
    """What a command was told besides the layout of the file.

    Parameters
    ----------
    file : Path
        What is imported.
    choice : StoreChoice
        Where to.
    dry_run, replace, as_json : bool
        As the options say.
    user : str or None
        Who; None is the account's name.
    """

    file: Path
    choice: StoreChoice
    dry_run: bool
    replace: bool
    as_json: bool
    user: str | None


_EXAMPLES = {
    Kind.BILLS: (
        "Bills: amounts from one reading of the meter to the next.",
        "bills gas.csv --plant north-mill --series natural_gas --unit kWh --data ./meterproof-data --dry-run",
        "bills gas.xlsx --plant north-mill --series natural_gas --map amount=Verbrauch --decimal-comma --data DIR",
    ),
    Kind.PRODUCTION: (
        "Production by day, week or month.",
        "production output.csv --plant north-mill --series output --unit t --data ./meterproof-data",
    ),
    Kind.DRIVERS: (
        "What else drives consumption, such as degree days; its unit stays as stated.",
        "drivers hdd.csv --plant north-mill --series hdd18 --unit degC.d --data ./meterproof-data",
    ),
    Kind.MATERIALS: (
        "Materials that went in.",
        "materials clay.csv --plant north-mill --series clay --unit t --data ./meterproof-data",
    ),
    Kind.WASTE: (
        "Waste that came out.",
        "waste sludge.csv --plant north-mill --series sludge --unit kg --data ./meterproof-data",
    ),
    Kind.INTERVALS: (
        "History of a counter: amounts from an instant to the next. What a gateway metered is never overwritten.",
        "intervals history.csv --plant north-mill --plants plants.toml --point main --quantity energy_import_kwh "
        "--label start --data ./meterproof-data",
        "intervals wide.csv --plant north-mill --map main/energy_import_kwh=Mains --time-zone UTC --influx URL",
    ),
    Kind.READINGS: (
        "What gauges and registers showed at instants. A counter needs a gateway that told how it reads it.",
        "readings temperature.csv --plant north-mill --point kiln --quantity temperature_c --time-zone UTC --data DIR",
    ),
}


def _help_of(kind: Kind) -> str:
    first, *examples = _EXAMPLES[kind]
    shown = "\n\n".join(f"    meterproof import {example}" for example in examples)
    return f"{first}\n\nFor example:\n\n{shown}\n"


def _records_command(kind: Kind) -> Callable[..., None]:
    def command(
        *,
        file: File,
        plant: PlantId,
        plants: Plants = None,
        series: Series = None,
        columns: Map = None,
        unit: Unit = None,
        target_unit: TargetUnit = None,
        heat_content: HeatContent = None,
        basis: Basis = None,
        carrier: Carrier = None,
        currency: Currency = "",
        origin: OriginOf = None,
        decimal_comma: DecimalComma = False,
        decimal_point: DecimalPoint = False,
        day_first: DayFirst = None,
        sheet: Sheet = None,
        header_line: HeaderLine = 1,
        delimiter: Delimiter = None,
        settings: SettingsFile = None,
        data: DataFolder = None,
        influx: Influx = None,
        database: Database = "meterproof",
        dry_run: DryRun = False,
        replace: Replace = False,
        as_json: AsJson = False,
        user: User = None,
    ) -> None:
        with _clear_errors():
            zone = zone_of_plant(plant, plants, None)
            heat, heat_unit = heat_of(heat_content)
            layout = Layout(
                kind=kind,
                plant=plant,
                origin=origin or USUAL_ORIGIN[kind],
                series=series,
                columns=columns_of(columns or ()),
                unit=unit,
                target_unit=target_unit,
                time_zone=zone,
                decimal=_decimal(comma=decimal_comma, point=decimal_point),
                sheet=sheet,
                header_line=header_line,
                carrier=carrier,
                heat_content=heat,
                heat_content_unit=heat_unit,
                calorific_basis=basis,
                currency=currency,
                day_first=day_first,
                delimiter=delimiter,
            )
            choice = StoreChoice(settings, data, influx, database)
            _import(layout, Work(file, choice, dry_run, replace, as_json, user))

    return command


def _columns_command(kind: Kind) -> Callable[..., None]:
    def command(
        *,
        file: File,
        plant: PlantId,
        plants: Plants = None,
        point: Point = None,
        quantity: QuantityOf = None,
        columns: Map = None,
        unit: Units = None,
        time_zone: Zone = None,
        label: LabelOf = None,
        interval_minutes: Minutes = None,
        origin: OriginOf = None,
        decimal_comma: DecimalComma = False,
        decimal_point: DecimalPoint = False,
        day_first: DayFirst = None,
        sheet: Sheet = None,
        header_line: HeaderLine = 1,
        delimiter: Delimiter = None,
        settings: SettingsFile = None,
        data: DataFolder = None,
        influx: Influx = None,
        database: Database = "meterproof",
        dry_run: DryRun = False,
        replace: Replace = False,
        as_json: AsJson = False,
        user: User = None,
    ) -> None:
        with _clear_errors():
            whole, units = units_of(unit or ())
            layout = Layout(
                kind=kind,
                plant=plant,
                origin=origin or USUAL_ORIGIN[kind],
                columns=columns_of(columns or ()),
                unit=whole,
                units=units,
                time_zone=zone_of_plant(plant, plants, time_zone),
                decimal=_decimal(comma=decimal_comma, point=decimal_point),
                sheet=sheet,
                header_line=header_line,
                point=point,
                quantity=quantity,
                day_first=day_first,
                delimiter=delimiter,
                label=label,
                interval_minutes=interval_minutes,
            )
            choice = StoreChoice(settings, data, influx, database)
            _import(layout, Work(file, choice, dry_run, replace, as_json, user))

    return command


for _kind in Kind:
    _make = _columns_command if _kind.by_column else _records_command
    app.command(str(_kind), help=_help_of(_kind))(_make(_kind))


@app.command("list")
def list_(
    *,
    plant: PlantId,
    settings: SettingsFile = None,
    data: DataFolder = None,
    influx: Influx = None,
    database: Database = "meterproof",
    as_json: AsJson = False,
) -> None:
    """List what was imported for a plant: when, by whom, from which file, and whether it still counts.

    For example:

        meterproof import list --plant north-mill --data ./meterproof-data
    """
    with _clear_errors(), _opened(StoreChoice(settings, data, influx, database)) as store:
        imported = read_imports(store.journal, plant)
        if as_json:
            print_json(imports_object(imported))
        elif imported.imports:
            print_imports(imported)
        else:
            typer.echo(f"nothing was imported for plant {plant!r}", err=True)


@app.command()
def withdraw(
    *,
    number: Annotated[str, typer.Argument(help="The import, as `list` shows it.")],
    plant: PlantId,
    settings: SettingsFile = None,
    data: DataFolder = None,
    influx: Influx = None,
    database: Database = "meterproof",
    user: User = None,
) -> None:
    """Let the rows of an import count no more; those that they took the place of count again. Nothing is deleted.

    For example:

        meterproof import withdraw 3f9a17c0b2d4 --plant north-mill --data ./meterproof-data
    """
    with _clear_errors(), _opened(StoreChoice(settings, data, influx, database)) as store:
        entry = withdrawal(read_imports(store.journal, plant), number, who=_who(user), at_ms=_now_ms())
        store.journal.append([entry])
        typer.echo(f"withdrawn: {entry.data['withdraws']}")


def _import(layout: Layout, work: Work) -> None:
    keep_files_private()
    parsed = read_file(work.file, layout)
    with _opened(work.choice, dry_run=work.dry_run) as store:
        plan = plan_import(parsed, store, at_ms=_now_ms())
        accepted = not plan.refusals(replace=work.replace)
        done = _carried_out(plan, store, work) if accepted and not work.dry_run else ""
    _tell(plan, work, done)
    if not accepted:
        raise typer.Exit(WRONG_SETTINGS)


def _carried_out(plan: ImportPlan, store: Ports, work: Work) -> str:
    rows = sum(one.rows for one in plan.series if not one.is_held)
    with Progress("import", quiet=work.as_json or rows < _LONG) as progress:
        progress.expect(rows)
        doing = Doing(_who(work.user), replace=work.replace, faults=faults_of(os.environ), tick=progress.tick)
        return carry_out(plan, store, doing)


def _tell(plan: ImportPlan, work: Work, entry_id: str) -> None:
    refusals = plan.refusals(replace=work.replace)
    if work.as_json:
        print_json(plan_object(plan, replace=work.replace, dry_run=work.dry_run, entry_id=entry_id))
        return
    print_plan(plan, months=work.dry_run)
    for refusal in refusals:
        complain(f"{work.file}: {refusal}")
    if refusals:
        complain(f"{work.file}: nothing was written")
    elif plan.changes_nothing:
        typer.echo("nothing to do: the store holds all of it")
    elif work.dry_run:
        typer.echo("dry run: nothing was written")
    else:
        typer.echo(f"imported: {entry_id}")


@contextmanager
def _opened(choice: StoreChoice, *, dry_run: bool = True) -> Iterator[Ports]:
    """Open a store; a dry run on a folder without one looks at an empty store, and makes none."""
    duckdb = choice.settings.duckdb
    if dry_run and choice.data is not None and duckdb is not None and not Path(duckdb).exists():
        yield Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal())
        return
    store = choice.open(new=not dry_run)
    try:
        yield store
    finally:
        store.close()


def _decimal(*, comma: bool, point: bool) -> str | None:
    if comma and point:
        raise SettingsError("--decimal-comma and --decimal-point are given; use one of them")
    return "," if comma else "." if point else None


def _who(user: str | None) -> str:
    if user is not None:
        return user
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Tell what went wrong; exit code 2 when the file or the call is not accepted, 1 when a store failed."""
    try:
        yield
    except (SettingsError, DataError, MvError) as error:
        complain(error)
        raise typer.Exit(WRONG_SETTINGS) from None
    except MeterproofError as error:
        complain(error)
        raise typer.Exit(FAILED_IN_THE_WORLD) from None
