"""``meterproof import``: takes history and hand-kept records in from files, and shows first what that would change."""

from collections.abc import Callable
from typing import Annotated

import typer

from meterproof.cli_import_help import help_of
from meterproof.cli_import_layout import USUAL_ORIGIN, columns_of, decimal_of, heat_of, units_of, zone_of_plant
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
from meterproof.cli_import_report import imports_object, print_imports
from meterproof.cli_import_work import Work, do_import, now_ms, opened, told_errors, who
from meterproof.store_choice import Database, DataFolder, Influx, SettingsFile, StoreChoice
from meterproof_api.importing.kinds import Kind, Layout
from meterproof_api.importing.records import read_imports
from meterproof_api.importing.writing import withdrawal
from meterproof_core.command_line import print_json

app = typer.Typer(no_args_is_help=True, help="Take in history and hand-kept records from CSV and XLSX files.")


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
        with told_errors():
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
                decimal=decimal_of(comma=decimal_comma, point=decimal_point),
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
            do_import(layout, Work(file, choice, dry_run, replace, as_json, user))

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
        with told_errors():
            whole, units = units_of(unit or ())
            layout = Layout(
                kind=kind,
                plant=plant,
                origin=origin or USUAL_ORIGIN[kind],
                columns=columns_of(columns or ()),
                unit=whole,
                units=units,
                time_zone=zone_of_plant(plant, plants, time_zone),
                decimal=decimal_of(comma=decimal_comma, point=decimal_point),
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
            do_import(layout, Work(file, choice, dry_run, replace, as_json, user))

    return command


for _kind in Kind:
    _make = _columns_command if _kind.by_column else _records_command
    app.command(str(_kind), help=help_of(_kind))(_make(_kind))


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
    with told_errors(), opened(StoreChoice(settings, data, influx, database)) as store:
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
    with told_errors(), opened(StoreChoice(settings, data, influx, database)) as store:
        entry = withdrawal(read_imports(store.journal, plant), number, who=who(user), at_ms=now_ms())
        store.journal.append([entry])
        typer.echo(f"withdrawn: {entry.data['withdraws']}")
