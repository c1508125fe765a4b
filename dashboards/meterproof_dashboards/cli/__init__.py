"""The command line of this room: its composition root."""

import typer

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
