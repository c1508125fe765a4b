"""When a metering point is polled: aligned to the epoch, so that all gateways of a plant read at the same instants."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """A period and where in it the reading is taken.

    Parameters
    ----------
    poll_ms : int
        Period [ms].
    offset_ms : int
        Instant in each period, counted from 1970-01-01 UTC [ms].
    """

    poll_ms: int
    offset_ms: int = 0

    def next_after(self, t_ms: int) -> int:
        """Return the first instant of the schedule after a time [ms since 1970-01-01 UTC].

        >>> Schedule(poll_ms=300_000, offset_ms=137_000).next_after(137_000)
        437000
        """
        periods = (t_ms - self.offset_ms) // self.poll_ms + 1
        return periods * self.poll_ms + self.offset_ms
