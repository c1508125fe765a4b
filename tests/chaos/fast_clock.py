"""A clock that runs faster than real time and that every process of a chaos run can read.

The ledger's interval is 15 minutes; a round takes seconds. The time is a fixed formula of the machine's monotonic
clock, which all its processes share: it has no state, so a process that was killed finds the same time when it comes
back, and no step of the machine's wall clock can shift it.
"""

import time
from dataclasses import dataclass

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class FastClock:
    """A `WallClock` that is told by ``t0 + (monotonic - w0) * speed``.

    Parameters
    ----------
    t0_ms : int
        The time at `w0_ns` [ms since 1970-01-01 UTC].
    w0_ns : int
        Reading of the machine's monotonic clock [ns].
    speed : int
        How many times faster than real time it runs.
    """

    t0_ms: int
    w0_ns: int
    speed: int

    def now_ms(self) -> int:
        """Return the time [ms since 1970-01-01 UTC]."""
        return self.t0_ms + (time.monotonic_ns() - self.w0_ns) * self.speed // 1_000_000

    def real_s(self, told_ms: int) -> float:
        """Return how long a duration that this clock tells [ms] takes [s]."""
        return told_ms / 1000 / self.speed

    def __str__(self) -> str:
        return f"{self.t0_ms}:{self.w0_ns}:{self.speed}"


def parse_clock(text: str) -> FastClock:
    """Return the clock that another process wrote down.

    >>> str(parse_clock("1000:5:600"))
    '1000:5:600'
    """
    t0_ms, w0_ns, speed = map(int, text.split(":"))
    return FastClock(t0_ms, w0_ns, speed)


def clock_from_now(speed: int, *, lead_ms: int) -> FastClock:
    """Return a clock that begins so far in the past [ms] that it never catches up with real time, at midnight UTC."""
    day_ms = 24 * HOUR_MS
    return FastClock((time.time_ns() // 1_000_000 - lead_ms) // day_ms * day_ms, time.monotonic_ns(), speed)
