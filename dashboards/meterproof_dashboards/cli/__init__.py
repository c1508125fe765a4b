"""The command line of this room: its composition root."""

import typer

from meterproof_dashboards.cli.build import build
from meterproof_dashboards.cli.push import push

app = typer.Typer(
    name="dashboards",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Grafana dashboards as code, from the names under which readings are stored.",
)
app.command()(build)
app.command()(push)
