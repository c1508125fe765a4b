"""How long to leave alone what does not answer: longer each time, never beyond a cap, and never in step with others."""

import random
from collections.abc import Callable
from dataclasses import dataclass

CAP_S = 30.0
"""Longest wait [s]: what comes back is read again within half a minute."""


@dataclass(slots=True)
class Backoff:
    """Counts failures in a row and says when to try again.

    Parameters
    ----------
    first_s : float
        Wait after the first failure that is waited for [s]; doubles with each further one.
    free : int
        Failures in a row that are not waited for: one lost answer is no reason to stay away.
    cap_s : float
        Longest wait [s].
    chance : callable
        Gives a number in [0, 1) for the jitter.
    """

    first_s: float = 0.5
    free: int = 0
    cap_s: float = CAP_S
    chance: Callable[[], float] = random.random
    failures: int = 0
    retry_at_s: float = 0.0

    def succeeded(self) -> None:
        """Forget the failures."""
        self.failures = 0
        self.retry_at_s = 0.0

    def failed(self, now_s: float) -> None:
        """Count a failure at a monotonic time [s]."""
        self.failures += 1
        doublings = self.failures - self.free - 1
        if doublings >= 0:
            wait_s = min(self.first_s * 2.0 ** min(doublings, 16), self.cap_s)
            self.retry_at_s = now_s + wait_s * (0.5 + 0.5 * self.chance())

    def wait_s(self, now_s: float) -> float:
        """Return how long to wait yet at a monotonic time [s]; 0 when a try is due."""
        return max(self.retry_at_s - now_s, 0.0)
