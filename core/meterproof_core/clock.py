"""The clocks that are handed to whoever needs the time; only composition roots make one.

Two clocks are kept apart on purpose: the *wall clock* stamps readings and may be a time-lapse, while time-outs and
back-offs of sockets always run on the machine's monotonic clock.
"""

import time
from typing import Protocol


class WallClock(Protocol):
    """What stamps a reading."""

    def now_ms(self) -> int:
        """Return the time [ms since 1970-01-01 UTC]."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        """Return the machine's time [ms since 1970-01-01 UTC]."""
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that stands still until it is moved: for time-lapse and for tests.

    Parameters
    ----------
    now_ms : int
        Where it starts [ms since 1970-01-01 UTC].
    """

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Return the time it was last moved to [ms since 1970-01-01 UTC]."""
        return self._now_ms

    def move_to(self, now_ms: int) -> None:
        """Move to a time [ms since 1970-01-01 UTC]; backwards too, for a clock that was put right."""
        self._now_ms = now_ms
