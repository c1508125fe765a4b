"""The simulated meters as a process: ``python -m chaos.meters PORT LOG FAST_CLOCK LIVE_CLOCK UNIT... -- LIVE_UNIT...``.

Each answer is written down before it is sent: which meter, its number, when, and what the registers showed. This file
is the truth that the store is compared with. The process is never killed.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from chaos.answers import ANSWER
from chaos.fast_clock import FastClock, parse_clock
from chaos.plant import WORDS
from chaos.site import meter_of
from meterproof_edge.modbus.server import RegisterServer
from meterproof_edge.register_source import RequestRefusedError, UnknownUnitError

_ILLEGAL_ADDRESS = 2


class CountingMeters:
    """Meters by unit that count and write down what they answer: a `RegisterSource`."""

    def __init__(self, clocks: dict[int, FastClock], log: BinaryIO) -> None:
        self._clocks = clocks
        self._meters = {unit: meter_of(unit, clock) for unit, clock in clocks.items()}
        self._numbers = dict.fromkeys(clocks, 0)
        self._log = log

    def read(self, unit_id: int, function: int, address: int, count: int) -> Sequence[int]:
        """Return the words of a request and write the answer down."""
        meter = self._meters.get(unit_id)
        if meter is None:
            raise UnknownUnitError(f"unit_id {unit_id} unknown")
        if (function, address, count) != (3, 0, WORDS):
            raise RequestRefusedError(_ILLEGAL_ADDRESS)
        self._numbers[unit_id] += 1
        number, t_ms = self._numbers[unit_id], self._clocks[unit_id].now_ms()
        answer = (unit_id, number, t_ms, time.monotonic_ns(), meter.energy(t_ms), meter.volume(t_ms))
        self._log.write(ANSWER.pack(*answer))
        return meter.words(number, t_ms)


async def _serve(port: int, log: Path, clocks: dict[int, FastClock]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with log.open("ab") as file:
        server = RegisterServer(CountingMeters(clocks, file), port=port)
        await server.start()
        print("ready", file=sys.stderr, flush=True)
        await stop.wait()
        await server.stop()


def _main(arguments: Sequence[str]) -> None:
    port, log, fast, live, *units = arguments
    at = units.index("--")
    clocks = {int(unit): parse_clock(fast) for unit in units[:at]}
    clocks |= {int(unit): parse_clock(live) for unit in units[at + 1 :]}
    asyncio.run(_serve(int(port), Path(log), clocks))


if __name__ == "__main__":
    _main(sys.argv[1:])
