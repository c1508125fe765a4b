"""``ledger run``: a ledger in a process of its own, beside any number of collectors on one store."""

import logging
import os
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from meterproof_collector.cli.opening import opened_store
from meterproof_collector.ledger.bookkeeper import Bookkeeper
from meterproof_collector.ledger.configurations import Configurations
from meterproof_collector.ledger.partition import Partition
from meterproof_collector.ledger.runner import LedgerRunner
from meterproof_collector.settings import load_settings
from meterproof_core.clock import SystemClock
from meterproof_core.command_line import clear_errors
from meterproof_core.faults import faults_of
from meterproof_core.storage import EntryKind


def run(
    *,
    settings: Annotated[Path, typer.Argument(metavar="SETTINGS.toml", help="The collector's settings.")],
    part: Annotated[int | None, typer.Option(min=1, help="Which part of the plants; else as set.")] = None,
    parts: Annotated[int | None, typer.Option(min=1, help="How many ledgers share the plants.")] = None,
) -> None:
    """Keep the ledger of a part of the plants, from what collectors enter in the journal; stops on SIGTERM.

    The collectors on the same store then have ``enabled = false`` in their table ``ledger``.

    For example:

        meterproof-collector ledger run collector.toml --part 2 --parts 4
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    with clear_errors(), ExitStack() as stack:
        chosen = load_settings(settings)
        partition = Partition(part or chosen.ledger.part, parts or chosen.ledger.parts)
        writer = f"{chosen.name}-ledger-{partition.part}-{partition.parts}"
        store = opened_store(chosen, faults=faults_of(os.environ), writer=writer)
        stack.callback(store.close)
        configurations = Configurations(store.journal.read([EntryKind.CONFIG]))
        runner = LedgerRunner(
            Bookkeeper(store.readings, store.intervals, store.journal, configurations=configurations),
            configurations,
            store.journal,
            now_ms=SystemClock().now_ms,
            partition=partition,
        )
        runner.start()
        stack.callback(runner.stop)
        typer.echo(f"ready: ledger part {partition.name}", err=True)
        asked.wait()
