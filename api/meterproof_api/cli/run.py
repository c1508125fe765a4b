"""``run``: API and pages as a service, until it is told to stop."""

import logging
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from meterproof_api.app import LOOPBACK_HOSTS, create_app
from meterproof_api.cli.settings import ApiSettings, load_api_settings
from meterproof_api.plants_file import load_plants
from meterproof_api.statements.shelf import Shelf
from meterproof_api.stores import Stores
from meterproof_api.web_server import WebServer
from meterproof_core.command_line import clear_errors
from meterproof_core.interruption import until_interrupted
from meterproof_store.opened import open_store
from meterproof_store.settings import TOKEN_VARIABLE


def run(
    *,
    settings: Annotated[Path, typer.Argument(metavar="SETTINGS.toml", help="The service's settings.")],
) -> None:
    """Serve API and pages on the store of the settings. Stops on SIGINT or SIGTERM.

    For example:

        meterproof-api run api.toml
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    with clear_errors():
        _run(load_api_settings(settings))


def _run(settings: ApiSettings) -> None:
    with ExitStack() as stack:
        plants = load_plants(Path(settings.plants))
        store = open_store(settings.store, token=os.environ.get(TOKEN_VARIABLE))
        stack.callback(store.close)
        app = create_app(
            Stores(store.readings, store.intervals, store.journal),
            plants,
            cache_dir=None if settings.cache is None else Path(settings.cache),
            allowed_hosts=(*LOOPBACK_HOSTS, *settings.allowed_hosts),
            shelf=None if settings.statements is None else Shelf(Path(settings.statements)),
        )
        server = stack.enter_context(WebServer(app, settings.port, settings.host))
        typer.echo(f"ready: pages {server.url}", err=True)
        until_interrupted()
