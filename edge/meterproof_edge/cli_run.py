"""``run``: the agent itself, until it is told to stop."""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from meterproof_core.clock import SystemClock
from meterproof_core.command_line import clear_errors, keep_files_private
from meterproof_core.faults import FaultPoints, faults_of
from meterproof_edge.agent import Agent
from meterproof_edge.configuration import EdgeSettings
from meterproof_edge.settings import load_settings


def run(
    *,
    settings: Annotated[Path, typer.Argument(metavar="SETTINGS.toml", help="The gateway's settings.")],
) -> None:
    """Poll the meters of the settings, spool every reading, and publish it until the collector has it.

    Stops on SIGINT or SIGTERM; what has no receipt then stays in the spool and is sent by the next run.

    For example:

        meterproof-edge run gateway.toml
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    keep_files_private()
    with clear_errors():
        asyncio.run(_run(load_settings(settings), faults_of(os.environ)))


async def _run(settings: EdgeSettings, faults: FaultPoints) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with Agent(settings, clock=SystemClock(), faults=faults) as agent:
        typer.echo(f"polling {len(settings.meters)} metering points of {settings.plant}; interrupt to stop", err=True)
        await agent.run(stop)
