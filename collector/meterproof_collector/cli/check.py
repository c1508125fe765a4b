"""``check``: what is wrong with the settings, before anything runs."""

from pathlib import Path
from typing import Annotated

import typer

from meterproof_collector.cli.opening import store_name
from meterproof_collector.cli.output import clear_errors
from meterproof_collector.settings import load_settings


def check(
    *,
    settings: Annotated[Path, typer.Argument(metavar="SETTINGS.toml", help="The collector's settings.")],
) -> None:
    """Check the settings and show what they mean; opens no socket.

    For example:

        meterproof-collector check collector.toml
    """
    with clear_errors():
        chosen = load_settings(settings)
        typer.echo(f"name    {chosen.name}\nbroker  {chosen.broker.url}\nstore   {store_name(chosen)}")
