"""The options of ``meterproof import``, one type each: the commands of all kinds share them."""

from pathlib import Path
from typing import Annotated

import typer

from meterproof_api.importing.kinds import Label
from meterproof_mv.dossier.vocabulary import Origin
from meterproof_mv.heat_content import CalorificBasis

File = Annotated[Path, typer.Argument(help="CSV or XLSX file.")]
PlantId = Annotated[str, typer.Option("--plant", help="Whose rows these are.")]
Plants = Annotated[Path | None, typer.Option(help="Plants file: the plant must be in it, and its time zone is used.")]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", help="field=Header of the file's column, or its letters (A, BC); again and again."),
]
OriginOf = Annotated[
    Origin | None,
    typer.Option(help="What kind of evidence. Default: bill of bills, meter of intervals and readings, else log."),
]
DecimalComma = Annotated[bool, typer.Option("--decimal-comma", help="1.234,5 is 1234.5.")]
DecimalPoint = Annotated[bool, typer.Option("--decimal-point", help="1,234.5 is 1234.5.")]
DayFirst = Annotated[
    bool | None, typer.Option("--day-first/--month-first", help="How 03/04/2025 is meant. Default: refused.")
]
Sheet = Annotated[str | None, typer.Option(help="Of a workbook; needed where it has several.")]
HeaderLine = Annotated[int, typer.Option(min=1, help="Line with the headers.")]
Delimiter = Annotated[str | None, typer.Option(help="Of a text file. Default: found in the header line.")]
Zone = Annotated[str | None, typer.Option("--time-zone", help="IANA name, for instants without offset.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change; write nothing.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace rows that stand there with other values.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and no progress.")]
User = Annotated[str | None, typer.Option(help="Who imports. Default: the account's name.")]

# hand-kept records
Series = Annotated[
    str | None, typer.Option(help="Name of the series, such as natural_gas. Default: a column series says it.")
]
Unit = Annotated[str | None, typer.Option(help="Of rows that no unit column speaks for.")]
TargetUnit = Annotated[
    str | None, typer.Option(help="kWh turns fuel into heat by its heat content. Default: what was bought stays.")
]
HeatContent = Annotated[
    str | None, typer.Option(help="'38.1 MJ/m3', of rows that bring none; needed for --target-unit kWh.")
]
Basis = Annotated[CalorificBasis | None, typer.Option("--calorific-basis", help="Of that heat content.")]
Carrier = Annotated[str | None, typer.Option(help="Fuel, to check its heat content. Default: the series' name.")]
Currency = Annotated[str, typer.Option(help="ISO 4217 code of costs that bring none.")]

# intervals and readings
Point = Annotated[str | None, typer.Option(help="Metering point of the one value column.")]
QuantityOf = Annotated[str | None, typer.Option("--quantity", help="Quantity of the one value column.")]
Units = Annotated[
    list[str] | None,
    typer.Option("--unit", help="Unit of the values, or point/quantity=unit of one column. Default: the quantity's."),
]
LabelOf = Annotated[
    Label | None, typer.Option("--label", help="Which end of its interval a time stamp names, where there is one only.")
]
Minutes = Annotated[
    int | None,
    typer.Option("--interval-minutes", min=1, help="Length of an interval. Default: the step that all keep."),
]
