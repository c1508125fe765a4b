"""The gateway agent's own commands; exit code 1 when the world failed, 2 when settings or call are wrong."""

import typer

from meterproof_edge.cli_check import check
from meterproof_edge.cli_maps import maps
from meterproof_edge.cli_read import read
from meterproof_edge.cli_run import run
from meterproof_edge.cli_simulate import simulate

app = typer.Typer(
    name="meterproof-edge",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The gateway agent: reads meters over Modbus TCP, spools every reading and publishes it over MQTT.",
)
app.command()(maps)
app.command()(check)
app.command()(read)
app.command()(run)
app.command()(simulate)
