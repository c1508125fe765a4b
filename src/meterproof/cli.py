"""The command line ``meterproof``: it mounts the rooms' own commands and adds what needs several rooms."""

import asyncio
import logging
import os
import signal
import sys
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from meterproof import __version__
from meterproof.cli_archive import add_archive_commands
from meterproof.cli_import import app as import_app
from meterproof.cli_mv import app as mv_app
from meterproof.cli_programme import app as programme_app
from meterproof.cli_statement import app as statement_app
from meterproof.cli_store import app as store_app
from meterproof.demo.report import print_json, print_table
from meterproof.demo.run import run_demo
from meterproof.demo.settings import YEAR_DAYS, DemoSettings
from meterproof.local_server import LocalServer, ServerSettings
from meterproof.local_store import InfluxChoice
from meterproof_api.cli import app as api_app
from meterproof_api.plants_file import load_plants
from meterproof_collector.cli import app as collector_app
from meterproof_core.command_line import keep_files_private
from meterproof_core.errors import MeterproofError, SettingsError
from meterproof_core.faults import faults_of
from meterproof_core.interruption import until_interrupted
from meterproof_dashboards.cli import app as dashboards_app
from meterproof_edge.cli import app as edge_app
from meterproof_evidence.cli import verify
from meterproof_store.settings import TOKEN_VARIABLE

app = typer.Typer(
    name="meterproof",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Metered, verified savings: from the register in the meter to the tonne in the programme table.",
)
app.add_typer(edge_app, name="edge")
app.add_typer(collector_app, name="collector")
app.add_typer(api_app, name="api")
app.add_typer(dashboards_app, name="dashboards")
add_archive_commands(store_app)
app.add_typer(store_app, name="store")
app.add_typer(import_app, name="import")
app.add_typer(mv_app, name="mv")
app.add_typer(programme_app, name="programme")
app.add_typer(statement_app, name="statement")
app.command(name="verify")(verify)

_INTERRUPTED = 130  # as a shell says it of a process that SIGINT ended

Data = Annotated[Path | None, typer.Option(help="Folder of spool and store. Default: a new temporary one.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port of the pages on loopback; 0 takes a free one.")]
Influx = Annotated[
    str | None,
    typer.Option(help=f"http://host:port of an InfluxDB; a token comes from {TOKEN_VARIABLE}. Default: DuckDB inside."),
]
Database = Annotated[str, typer.Option(help="Database of that InfluxDB; made when it is missing.")]
Broker = Annotated[str | None, typer.Option(help="mqtt://host:port of a broker. Default: the embedded one.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"meterproof {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[  # noqa: ARG001 - handled by its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Metered, verified savings."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)


@app.command()
def demo(
    data: Data = None,
    port: Port = 0,
    broker: Broker = None,
    influx: Influx = None,
    database: Database = "meterproof_demo",
    once: Annotated[bool, typer.Option("--once", help="Stop when the statement is out.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and no progress.")] = False,
    days: Annotated[int, typer.Option(min=1, max=YEAR_DAYS, help="Play only the first days of each year.")] = YEAR_DAYS,
    agent_dead_for: Annotated[
        float,
        typer.Option(min=0, max=8760, help="In a run that goes on: hours that the plant ran while nobody polled."),
    ] = 0.0,
) -> None:
    """Play three plants through meter, gateway, broker, collector, store, ledger, statement and page.

    A real steel works' year 2018 on a simulated meter, a simulated ceramics works' year 2025 after a year of imported
    history, and a food plant from its bills. Every reading crosses real TCP sockets. Three outcomes, each of them
    honest: the statements and what they were computed from lie in DATA/statements.

    For example:

        meterproof demo

        meterproof demo --once --json

        meterproof demo --data ./demo-data --port 8080
    """
    keep_files_private()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service manager's stop is a Ctrl-C
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="meterproof-demo-")))
        settings = DemoSettings(
            data=folder,
            port=port,
            broker_url=broker,
            influx=_influx(influx, database),
            days=days,
            agent_dead_for=timedelta(hours=agent_dead_for),
        )
        show = print_json if json else partial(print_table, serving=not once)
        try:
            asyncio.run(run_demo(settings, faults_of(os.environ), show=show, quiet=json, keep_serving=not once))
        except MeterproofError as error:
            _fail(error)
        except KeyboardInterrupt:
            typer.echo("stopped", err=True)
            if once:
                raise typer.Exit(_INTERRUPTED) from None


@app.command()
def serve(
    plants: Annotated[Path, typer.Option(help="TOML file with the plants that are served.")],
    data: Annotated[Path, typer.Option(help="Folder of the store.")] = Path("meterproof-data"),
    port: Port = 8642,
    broker: Broker = None,
    broker_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the embedded broker on loopback; 0 takes a free one.")
    ] = 8641,
    influx: Influx = None,
    database: Database = "meterproof",
) -> None:
    """Run broker, collector, ledger, API and pages in one process, on loopback.

    Gateways of other machines need a broker that they can reach: give its address with --broker.

    For example:

        meterproof serve --plants plants.toml --data ./meterproof-data
    """
    keep_files_private()
    try:
        settings = ServerSettings(
            data=data,
            plants=load_plants(plants),
            port=port,
            broker_url=broker,
            broker_port=broker_port,
            influx=_influx(influx, database),
        )
        with LocalServer(settings, faults_of(os.environ)) as server:
            typer.echo(f"pages   {server.url}\nbroker  {server.broker_url}\nstop with Ctrl-C", err=True)
            until_interrupted()
    except MeterproofError as error:
        _fail(error)


def _influx(url: str | None, database: str) -> InfluxChoice | None:
    return None if url is None else InfluxChoice(url, database, os.environ.get(TOKEN_VARIABLE))


def _fail(error: MeterproofError) -> None:
    typer.echo(f"meterproof: {error}", err=True)
    raise typer.Exit(2 if isinstance(error, SettingsError) else 1)
