"""The API's own commands; exit code 1 when the world failed, 2 when settings or call are wrong."""

import typer

from meterproof_api.cli.openapi import openapi
from meterproof_api.cli.run import run

app = typer.Typer(
    name="meterproof-api",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The API and its pages: plants, savings, statements, from a store that a collector writes.",
)
app.command()(run)
app.command()(openapi)
