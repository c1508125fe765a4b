"""What a simulated meter shows: quantities as functions of time, counters exactly."""

from typing import Protocol

Ratio = tuple[int, int]
"""An exact number as numerator and denominator above 0, not reduced: a `Fraction` reduces at every step, which a meter
polled a hundred thousand times in a time-lapse cannot afford."""

HOUR_MS = 3_600_000


class ValueSource(Protocol):
    """Quantities as functions of time, in their canonical units."""

    def gauge(self, quantity: str, t_ms: int) -> float:
        """Return a momentary value at an instant [canonical unit]."""
        ...

    def counter(self, quantity: str, t_ms: int) -> Ratio:
        """Return the exact total at an instant [canonical unit]; it never falls with time."""
        ...
