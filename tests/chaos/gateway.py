"""A gateway agent on a fast clock: ``python -m chaos.gateway run|drain SETTINGS CLOCK [small]``.

``run`` composes the agent as the real command does and drives its polls by a `FastClock`; the spool, the publisher and
everything behind them run in real time. ``drain`` polls nothing and ends with 0 once the spool is empty. ``small``
counts the spool's bound in units of 64 KiB instead of MiB: an outage of seconds then fills it.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import meterproof_edge.agent
import meterproof_edge.spool.spool
from chaos.fast_clock import FastClock, parse_clock
from meterproof_core.faults import FaultPoints, faults_of
from meterproof_edge.agent import Agent
from meterproof_edge.configuration import EdgeSettings
from meterproof_edge.settings import load_settings

_LOOK_S = 0.1
_SMALL_BYTES = 64 * 1024
_DRAIN_S = 90.0
NOT_EMPTY = 3
"""Exit code when the spool does not empty."""


async def _run(settings: EdgeSettings, clock: FastClock, faults: FaultPoints) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with Agent(settings, clock=clock, faults=faults) as agent:
        print("ready", file=sys.stderr, flush=True)
        while not stop.is_set():
            wait_s = clock.real_s(agent.next_due_ms() - clock.now_ms())
            if wait_s > 0:
                await asyncio.sleep(min(wait_s, _LOOK_S))
                continue
            await agent.poll_due(clock.now_ms())
        counts = {point: (seen.samples, seen.failed, seen.held_back) for point, seen in agent.counts().items()}
        print(f"samples, failed, held back: {counts}", file=sys.stderr, flush=True)


def _drain(settings: EdgeSettings, clock: FastClock, faults: FaultPoints) -> int:
    with Agent(settings, clock=clock, faults=faults) as agent:
        agent.wait_until_connected(_DRAIN_S)  # then its loss ledger is in the spool, as a message
        if agent.wait_until_at_most(0, _DRAIN_S):
            return 0
        print(f"{agent.spooled_batches()} batches are left; {agent.stats()}", file=sys.stderr, flush=True)
        return NOT_EMPTY


def _main(arguments: Sequence[str]) -> int:
    command, file, clock, *small = arguments
    if small:
        meterproof_edge.agent._MIB = meterproof_edge.spool.spool.MIN_BYTES = _SMALL_BYTES
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    settings, faults = load_settings(Path(file)), faults_of(os.environ)
    if command == "drain":
        return _drain(settings, parse_clock(clock), faults)
    asyncio.run(_run(settings, parse_clock(clock), faults))
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
