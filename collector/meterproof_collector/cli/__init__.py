"""The command line of this room: its composition root."""

import typer

from meterproof_collector.cli.check import check
from meterproof_collector.cli.dead_letters import app as dead_letters_app
from meterproof_collector.cli.ledger import app as ledger_app
from meterproof_collector.cli.run import run

app = typer.Typer(
    name="meterproof-collector",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The collector: MQTT to checks to store to receipt, and the ledger beside it.",
)
app.command()(run)
app.command()(check)
app.add_typer(dead_letters_app, name="dead-letters")
app.add_typer(ledger_app, name="ledger")
