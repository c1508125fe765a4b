"""The meter configurations that gateways have sent, by their digest; kept in the journal, remembered here."""

from collections.abc import Iterable

import msgspec

from meterproof_core.storage import JournalEntry
from meterproof_core.wire import CounterSpec, Meters


class Configurations:
    """Answers what the ledger must know of a counter under a configuration.

    Parameters
    ----------
    entries : iterable of JournalEntry
        Configurations that stand in the journal.
    """

    def __init__(self, entries: Iterable[JournalEntry] = ()) -> None:
        self._counters: dict[tuple[str, str], dict[str, CounterSpec]] = {}
        for entry in entries:
            self.add(msgspec.convert(entry.data, Meters))

    def add(self, meters: Meters) -> None:
        """Remember a configuration."""
        for point in meters.points:
            self._counters[meters.config, point.point] = point.counters

    def knows(self, config: str, point: str) -> bool:
        """Return whether a configuration says how a point is read."""
        return (config, point) in self._counters

    def counter(self, config: str, point: str, quantity: str) -> CounterSpec | None:
        """Return what is known of a counter; None when the configuration does not name it."""
        return self._counters.get((config, point), {}).get(quantity)

    def counters(self, config: str, point: str) -> tuple[str, ...]:
        """Return the counters that a point has under a configuration."""
        return tuple(self._counters.get((config, point), {}))
