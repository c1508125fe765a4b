"""Which stretches of which points the ledger still has to look at: bounded, because stretches merge."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from meterproof_core.storage import JournalEntry


@dataclass(slots=True)
class Stretch:
    """Samples of one point that arrived between two instants [ms], both ends included, and under which digests."""

    first_ms: int
    last_ms: int
    configs: set[str] = field(default_factory=set)

    def take_in(self, first_ms: int, last_ms: int, config: str) -> None:
        """Grow so that a further arrival lies inside."""
        self.first_ms = min(self.first_ms, first_ms)
        self.last_ms = max(self.last_ms, last_ms)
        self.configs.add(config)


Workload = dict[tuple[str, str], Stretch]
"""Stretches by (plant, point)."""


def add_arrivals(workload: Workload, arrivals: Iterable[JournalEntry]) -> None:
    """Put arrivals into a workload."""
    for entry in arrivals:
        config = str(entry.data["config"])
        for point, (first_ms, last_ms, _rows) in entry.data["points"].items():
            stretch = workload.setdefault((entry.plant, point), Stretch(first_ms, last_ms))
            stretch.take_in(first_ms, last_ms, config)
