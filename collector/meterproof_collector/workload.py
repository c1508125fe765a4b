"""Which stretches of which points the ledger still has to look at: bounded, because stretches merge."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from meterproof_core.storage import JournalEntry


@dataclass(slots=True)
class Stretch:
    """Samples of one point that arrived: between two instants, both ends included, and under which digests.

    Parameters
    ----------
    first_ms, last_ms : int
        First and last instant [ms since 1970-01-01 UTC].
    arrived_ms : int
        When the oldest of them was entered in the journal [ms since 1970-01-01 UTC].
    configs : set of str
        Digests of the meter configurations that made them.
    """

    first_ms: int
    last_ms: int
    arrived_ms: int
    configs: set[str] = field(default_factory=set)

    def take_in(self, other: "Stretch") -> None:
        """Grow so that another stretch of the same point lies inside."""
        self.first_ms = min(self.first_ms, other.first_ms)
        self.last_ms = max(self.last_ms, other.last_ms)
        self.arrived_ms = min(self.arrived_ms, other.arrived_ms)
        self.configs |= other.configs


Workload = dict[tuple[str, str], Stretch]
"""Stretches by (plant, point)."""


def add_arrivals(workload: Workload, arrivals: Iterable[JournalEntry]) -> None:
    """Put arrivals into a workload."""
    for entry in arrivals:
        for point, (first_ms, last_ms, _rows) in entry.data["points"].items():
            stretch = Stretch(first_ms, last_ms, entry.at_ms, {str(entry.data["config"])})
            put(workload, (entry.plant, point), stretch)


def put(workload: Workload, key: tuple[str, str], stretch: Stretch) -> None:
    """Put a stretch into a workload; it merges with what is there of the same point."""
    known = workload.get(key)
    if known is None:
        workload[key] = stretch
    else:
        known.take_in(stretch)
