"""Follows a journal that several processes write at once, each by a clock of its own.

An entry bears the time at which its writer took it up, and stands in the journal a little later. So whoever reads only
what is newer than the newest entry seen would pass over some. The tail therefore looks back: a little at every look,
and by an overlap at every wide look. The overlap has to be longer than a write can take, with its retries, plus what
the writers' clocks differ by. What was seen before is passed over; where the memory of that ends, an entry is told
twice, which costs work and changes nothing.
"""

import threading
from collections.abc import Callable, Sequence

from meterproof_core.storage import EntryKind, Journal, JournalEntry

KINDS = (EntryKind.ARRIVAL, EntryKind.CONFIG)
_NEAR_MS = 5_000
"""How far an ordinary look goes back: writers whose clocks agree are found at once."""
_MOST_IDS = 100_000
"""Entries that are remembered as seen, about 10 MB."""


class JournalTail:
    """Gives out what is new among arrivals and configurations; any thread may tell it what it saw.

    Parameters
    ----------
    journal : Journal
        Written by any number of processes.
    wanted : callable
        Whether the entries of a plant are given out.
    now_ms : callable
        When it is now [ms since 1970-01-01 UTC].
    overlap_ms : int
        How far a wide look goes back behind the last one [ms].
    """

    def __init__(
        self, journal: Journal, wanted: Callable[[str], bool], *, now_ms: Callable[[], int], overlap_ms: int
    ) -> None:
        self._journal = journal
        self._wanted = wanted
        self._now_ms = now_ms
        self._overlap_ms = overlap_ms
        self._lock = threading.Lock()
        self._seen: dict[str, None] = {}
        self._newest_ms = 0
        self._near_ms = 0
        self._covered_ms = 0

    @property
    def newest_ms(self) -> int:
        """Return the newest time that an entry bears which was seen [ms since 1970-01-01 UTC]."""
        return self._newest_ms

    @property
    def covered_ms(self) -> int:
        """Return up to when all is seen, if nothing comes later than the overlap allows [ms since 1970-01-01 UTC]."""
        return self._covered_ms

    @property
    def since_ms(self) -> int:
        """Return from when on the next wide look reads [ms since 1970-01-01 UTC]."""
        return max(self._covered_ms - self._overlap_ms, 0)

    def begin(self, covered_ms: int) -> None:
        """Set where the first wide look begins: an overlap before this [ms since 1970-01-01 UTC]."""
        self._covered_ms = self._near_ms = self._newest_ms = covered_ms

    def saw(self, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
        """Remember entries; return those that had not been seen."""
        with self._lock:
            fresh = [entry for entry in entries if entry.entry_id not in self._seen and self._wanted(entry.plant)]
            self._seen.update((entry.entry_id, None) for entry in fresh)
            while len(self._seen) > _MOST_IDS:
                del self._seen[next(iter(self._seen))]
            self._newest_ms = max([self._newest_ms, *(entry.at_ms for entry in entries)])
        return fresh

    def look(self) -> list[JournalEntry]:
        """Return what is new among the newest entries."""
        return self._look(max(self._near_ms - _NEAR_MS, 0), wide=False)

    def look_widely(self) -> list[JournalEntry]:
        """Return what is new since an overlap before the last wide look."""
        return self._look(self.since_ms, wide=True)

    def _look(self, since_ms: int, *, wide: bool) -> list[JournalEntry]:
        begun_ms = self._now_ms()
        fresh = self.saw(self._journal.read(KINDS, since_ms=since_ms))
        # one writer's clock that is ahead must not hide what the others write
        self._near_ms = min(self._newest_ms, begun_ms)
        if wide:
            self._covered_ms = max(self._covered_ms, self._near_ms)
        return fresh
