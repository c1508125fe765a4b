"""``check``: what is wrong with the settings, before anything runs."""

from pathlib import Path
from typing import Annotated

import typer

from meterproof_collector.cli.opening import store_name
from meterproof_collector.settings import CollectorSettings, load_settings
from meterproof_core.command_line import clear_errors


def check(
    *,
    settings: Annotated[Path, typer.Argument(metavar="SETTINGS.toml", help="The collector's settings.")],
) -> None:
    """Check the settings and show what they mean; opens no socket.

    For example:

        meterproof-collector check collector.toml
    """
    with clear_errors():
        for name, value in _shown(load_settings(settings)).items():
            typer.echo(f"{name:<8} {value}")


def _shown(settings: CollectorSettings) -> dict[str, str]:
    broker, ledger, health = settings.broker, settings.ledger, settings.health
    return {
        "name": settings.name,
        "broker": f"{broker.url}, {broker.user or 'no account'}, share {broker.share_group or 'none'}",
        "store": store_name(settings),
        "ledger": f"part {ledger.part} of {ledger.parts}" if ledger.enabled else "kept elsewhere",
        "health": f"http://{health.host}:{health.port}" if health.enabled else "off",
        "plants": "all" if settings.plants.known is None else ", ".join(settings.plants.known),
    }
