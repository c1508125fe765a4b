"""``run``: the collector as a service, until it is told to stop."""

import logging
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from meterproof_collector.cli.opening import broker_source, open_settings_store, store_name
from meterproof_collector.cli.output import clear_errors
from meterproof_collector.collector import Collector
from meterproof_collector.settings import CollectorSettings, load_settings
from meterproof_core.clock import SystemClock
from meterproof_core.faults import FaultPoints, faults_of
from meterproof_core.interruption import until_interrupted


def run(
    *,
    settings: Annotated[Path, typer.Argument(metavar="SETTINGS.toml", help="The collector's settings.")],
) -> None:
    """Take readings from the broker, store them, answer the gateways, and keep the ledger.

    Stops on SIGINT or SIGTERM: what was taken is stored and answered first, within a bounded time; what was not
    answered is sent again by its gateway.

    For example:

        meterproof-collector run collector.toml
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    with clear_errors():
        _run(load_settings(settings), faults_of(os.environ))


def _run(settings: CollectorSettings, faults: FaultPoints) -> None:
    with ExitStack() as stack:
        store = open_settings_store(settings, faults=faults)
        stack.callback(store.close)
        collector = Collector(
            broker_source(settings),
            store.readings,
            store.intervals,
            store.journal,
            now_ms=SystemClock().now_ms,
            faults=faults,
        )
        collector.start()
        stack.callback(collector.stop)
        typer.echo(f"ready: {settings.name}, broker {settings.broker.url}, store {store_name(settings)}", err=True)
        until_interrupted()
