"""``meterproof mv``: baselines and savings from CSV files, without any store; ``--json`` for machines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from meterproof.cli_mv_calendarise import calendarise
from meterproof.cli_mv_output import print_object, stop
from meterproof.mv_report import show_fit, show_savings
from meterproof.mv_table import MvTable, read_table
from meterproof_core.command_line import table_width
from meterproof_core.errors import DataError
from meterproof_mv.claim import ClaimContext, judge
from meterproof_mv.errors import MvError
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.models import fit as fit_model
from meterproof_mv.savings import avoided_energy

app = typer.Typer(no_args_is_help=True, help="Measurement and verification on CSV files, without any store.")
app.command()(calendarise)

_FILE = "CSV: start,end (ISO 8601), then columns; text columns are categories."
Energy = Annotated[str, typer.Option(help="Column of the use.")]
Drivers = Annotated[str, typer.Option(help="Columns of the drivers, separated by commas.")]
Production = Annotated[
    str | None,
    typer.Option(help="Drivers that measure production. Default: those whose name starts with production or output."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def fit(
    file: Annotated[Path, typer.Argument(help=_FILE)],
    energy: Energy,
    drivers: Drivers = "",
    model: Annotated[str, typer.Option(help="auto, mean, ratio or linear.")] = "auto",
    production: Production = None,
    as_json: AsJson = False,
) -> None:
    """Fit a baseline model and say how far it can be trusted.

    For example:

        meterproof mv fit gas.csv --energy gas_mmbtu --drivers production_t,hdd60

        meterproof mv fit steel.csv --energy electricity_kwh --drivers day_type --model linear --json
    """
    try:
        names = _names(drivers)
        table = read_table(file, energy=energy, drivers=names)
        fitted = fit_model(
            table.energy,
            table.drivers,
            model=model,
            start=table.start,
            end=table.end,
            production_drivers=_production(names, production),
        )
    except (DataError, MvError) as error:
        stop(file, error)
    if as_json:
        print_object(fitted.to_dict())
    else:
        show_fit(Console(width=table_width()), fitted, energy)


@app.command()
def savings(
    base: Annotated[Path, typer.Argument(help=f"Baseline period. {_FILE}")],
    report: Annotated[Path, typer.Argument(help="Reporting period, with the same columns.")],
    energy: Energy,
    drivers: Drivers = "",
    confidence: Annotated[float, typer.Option(help="Of the two-sided interval, as a fraction.")] = 0.9,
    model: Annotated[str, typer.Option(help="auto, mean, ratio or linear.")] = "linear",
    production: Production = None,
    option: Annotated[
        list[str] | None, typer.Option(help="Id of the cleaner-production option behind it; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a reporting period with a baseline, with an interval and a verdict.

    Without an option that explains it, a difference is not a saving, and is not claimable.

    For example:

        meterproof mv savings 2023.csv 2024.csv --energy gas_mmbtu --drivers production_t,hdd60

        meterproof mv savings 2023.csv 2024.csv --energy gas_mmbtu --drivers production_t --option boiler-1 --json
    """
    try:
        names = _names(drivers)
        before, after = _two_tables(base, report, energy, names)
        result = avoided_energy(
            before.energy,
            before.drivers,
            after.drivers,
            after.energy,
            confidence=confidence,
            model=model,
            baseline_start=before.start,
            baseline_end=before.end,
            reporting_start=after.start,
            reporting_end=after.end,
        )
        context = ClaimContext(production_drivers=_production(names, production), options=_options(option))
        verdict = judge(result, context, data=tuple(_overlap(before, after)))
    except (DataError, MvError) as error:
        stop(base, error)
    if as_json:
        found = [finding.to_dict() for finding in verdict.findings]
        amount = verdict.verified_amount
        print_object(result.to_dict() | {"status": verdict.status.value, "verified_amount": amount, "findings": found})
    else:
        show_savings(Console(width=table_width()), result, verdict, energy)


def _two_tables(base: Path, report: Path, energy: str, names: tuple[str, ...]) -> tuple[MvTable, MvTable]:
    before = read_table(base, energy=energy, drivers=names)
    after = read_table(report, energy=energy, drivers=names)
    return before, after


def _overlap(before: MvTable, after: MvTable) -> Iterator[Finding]:
    """Yield a refusal when the periods do not follow each other: what saved energy cannot have been at work before."""
    ends, starts = before.end.max(), after.start.min()
    if starts < ends:
        message = (
            f"the reporting period starts {_day(starts)}, before the baseline ends {_day(ends)}: "
            "nothing can be claimed of periods that do not follow each other"
        )
        yield Finding("periods_overlap", Severity.REFUSAL, message, "meterproof", {})


def _day(instant: np.datetime64) -> str:
    return str(instant.astype("datetime64[m]")).replace("T00:00", "")


def _options(option: list[str] | None) -> tuple[str, ...]:
    options = tuple(text.strip() for text in option or ())
    if "" in options:
        raise DataError("--option '' is empty; the id of a cleaner-production option is accepted")
    return options


def _names(drivers: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in drivers.split(",")) if drivers.strip() else ()
    if "" in names or len(set(names)) != len(names):
        raise DataError(f"--drivers {drivers!r}: column names separated by commas, each once, are accepted")
    return names


def _production(names: tuple[str, ...], production: str | None) -> tuple[str, ...]:
    if production is None:
        return tuple(name for name in names if name.startswith(("production", "output")))
    stated = _names(production)
    for name in stated:
        if name not in names:
            raise DataError(f"--production {name!r} is no driver; there are {', '.join(names) or 'none'}")
    return stated
