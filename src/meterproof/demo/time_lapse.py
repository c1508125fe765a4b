"""Moves the clock from poll to poll, as fast as the chain behind it follows."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from meterproof_core.clock import ManualClock
from meterproof_core.errors import MeterproofError

_WAITING_BATCHES = 16
"""The clock stands still while more batches than this lie in the spool: the spool is for outages, not for haste."""
_DRAIN_TIMEOUT_S = 60.0


class Plant(Protocol):
    """What the clock drives: the gateway agent of the plant."""

    def next_due_ms(self) -> int:
        """Return the instant of the next poll [ms]."""
        ...

    async def poll_due(self, now_ms: int) -> int:
        """Poll what is due and return how many samples came."""
        ...

    def wait_until_at_most(self, batches: int, timeout_s: float) -> bool:
        """Return whether so few batches lie in the spool before a time-out [s]."""
        ...

    def spooled_batches(self) -> int:
        """Return how many batches lie in the spool."""
        ...


class Stalled(MeterproofError):  # noqa: N818 - says what happened
    """The chain behind the agent does not follow."""


async def play(
    plant: Plant, clock: ManualClock, *, polled_ms: int, until_ms: int, progress: Callable[[int, int], None]
) -> int:
    """Poll until the first poll at or after an instant is done; return how many samples were read.

    Parameters
    ----------
    plant : Plant
        What is polled.
    clock : ManualClock
        Shared by the simulated meter and the agent.
    polled_ms : int
        Instant of the last poll of an earlier run; 0 when there was none [ms since 1970-01-01 UTC].
    until_ms : int
        End of what is played [ms since 1970-01-01 UTC].
    progress : callable
        Called with the time that has come [ms] and the samples read so far.

    Raises
    ------
    Stalled
        When the spool does not empty any more.
    """
    samples = 0
    while polled_ms < until_ms:
        polled_ms = plant.next_due_ms()
        clock.move_to(polled_ms)
        samples += await plant.poll_due(polled_ms)
        progress(polled_ms, samples)
        if plant.spooled_batches() > _WAITING_BATCHES:
            await _drained(plant)
    return samples


async def _drained(plant: Plant) -> None:
    followed = await asyncio.to_thread(plant.wait_until_at_most, _WAITING_BATCHES // 2, _DRAIN_TIMEOUT_S)
    if not followed:
        raise Stalled(f"the collector has not answered for {_DRAIN_TIMEOUT_S:.0f} s; is the broker reachable?")
