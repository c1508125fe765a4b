"""``run``: the collector as a service, until it is told to stop."""

import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from meterproof_collector.cli.service import Service
from meterproof_collector.settings import load_settings
from meterproof_core.command_line import clear_errors, keep_files_private
from meterproof_core.faults import faults_of


def run(
    *,
    settings: Annotated[Path, typer.Argument(metavar="SETTINGS.toml", help="The collector's settings.")],
) -> None:
    """Take readings from the broker, store them, answer the gateways, and keep the ledger.

    Stops on SIGINT or SIGTERM: what was taken is stored and answered first, within a bounded time; what was not
    answered is sent again by its gateway. A database that cannot be reached is waited for.

    For example:

        meterproof-collector run collector.toml
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    keep_files_private()
    with clear_errors():
        Service(load_settings(settings), faults_of(os.environ), lambda line: typer.echo(line, err=True)).run(asked)
