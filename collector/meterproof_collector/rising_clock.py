"""A clock for the journal: the ledger goes by the times that stand there."""

from collections.abc import Callable

MOST_AHEAD_MS = 300_000
"""How far a time that was given out before may lie ahead of our clock [ms]; further ahead, somebody's clock was wrong,
and to wait for it would put all that is told meanwhile at one instant."""


class RisingClock:
    """A wall clock that never goes back: the ledger takes up arrivals by the time they were entered.

    Parameters
    ----------
    now_ms : callable
        The machine's wall clock [ms since 1970-01-01 UTC].
    floor_ms : int
        The newest time that was given out before [ms]; no floor is one that lies more than `MOST_AHEAD_MS` ahead.
    """

    def __init__(self, now_ms: Callable[[], int], floor_ms: int) -> None:
        self._now_ms = now_ms
        self._newest_ms = floor_ms

    def __call__(self) -> int:
        """Return the time [ms since 1970-01-01 UTC], or the newest one given out if the clock was put back."""
        self._newest_ms = max(self._newest_ms, self._now_ms())
        return self._newest_ms
