"""What the API reads from: the three storage ports, and a look into the collector when it runs beside us."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from meterproof_core.storage import IntervalsStore, Journal, ReadingsStore

CollectorStats = Callable[[], Mapping[str, int | float]]


@dataclass(frozen=True, slots=True)
class Stores:
    """The ports, handed in by whoever composes the server.

    Parameters
    ----------
    readings, intervals, journal : ports of core
        Safe to be called from several threads.
    collector_stats : callable, optional
        Counts of a collector in the same process, shown by ``/health``.
    """

    readings: ReadingsStore
    intervals: IntervalsStore
    journal: Journal
    collector_stats: CollectorStats | None = None
