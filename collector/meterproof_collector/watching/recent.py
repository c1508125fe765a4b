"""What the journal has told lately of losses and dead letters, whoever wrote it: read bit by bit, payloads left out."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace

from meterproof_collector.messages.entries import REPLAYED
from meterproof_collector.road.dead_letters import DeadLetter
from meterproof_core.storage import EntryKind, Journal, JournalEntry

MOST_AT_A_TIME = 500
"""Losses and dead letters that one look takes, the newest: a letter may carry 64 KiB."""
_MOST_EVENTS = 5000
_MOST_HELD = 5000
_OVERLAP_MS = 300_000
"""How far a look goes back behind the last one [ms]: other writers' clocks differ, and their writes take time."""


class Recent:
    """Losses and dead letters of a sliding time.

    Parameters
    ----------
    journal : Journal
        Where they stand.
    now_ms : callable
        When it is now [ms since 1970-01-01 UTC].
    keep_ms : int
        For how long they count [ms].
    """

    def __init__(self, journal: Journal, *, now_ms: Callable[[], int], keep_ms: int) -> None:
        self._journal = journal
        self._now_ms = now_ms
        self._keep_ms = keep_ms
        self._seen_ms = 0
        self._losses: OrderedDict[str, JournalEntry] = OrderedDict()
        self._letters: OrderedDict[str, JournalEntry] = OrderedDict()
        self._replays: OrderedDict[str, JournalEntry] = OrderedDict()

    def look(self) -> list[JournalEntry]:
        """Take up what is new, and return the replays among it.

        Raises
        ------
        StoreError
            When the journal cannot be asked.
        """
        now_ms = self._now_ms()
        oldest_ms = max(now_ms - self._keep_ms, 0)
        since_ms = max(self._seen_ms - _OVERLAP_MS, oldest_ms)
        for entry in self._read(EntryKind.LOSS, since_ms):
            self._losses[entry.entry_id] = entry
        for entry in self._read(EntryKind.DEAD_LETTER, since_ms):
            self._letters.setdefault(entry.entry_id, _light(entry))
        events = self._journal.read([EntryKind.EVENT], since_ms=since_ms, limit=_MOST_EVENTS)
        replays = [one for one in events if one.data.get("code") == REPLAYED and one.entry_id not in self._replays]
        self._replays.update((one.entry_id, one) for one in replays)
        self._seen_ms = now_ms
        for entries in (self._losses, self._letters, self._replays):
            _forget(entries, oldest_ms)
        return replays

    @property
    def losses(self) -> list[JournalEntry]:
        """Losses, oldest first."""
        return sorted(self._losses.values(), key=lambda entry: entry.at_ms)

    @property
    def letters(self) -> list[DeadLetter]:
        """Dead letters, oldest first, without their payloads."""
        replays: dict[str, list[str]] = {}
        for told in self._replays.values():
            replays.setdefault(str(told.data["letter"]), []).append(str(told.data["result"]))
        entries = sorted(self._letters.values(), key=lambda entry: entry.at_ms)
        return [DeadLetter(entry, tuple(replays.get(entry.entry_id, ()))) for entry in entries]

    def _read(self, kind: EntryKind, since_ms: int) -> Sequence[JournalEntry]:
        return self._journal.read([kind], since_ms=since_ms, limit=MOST_AT_A_TIME)


def _light(entry: JournalEntry) -> JournalEntry:
    return replace(entry, data={key: value for key, value in entry.data.items() if key != "payload_base64"})


def _forget(entries: "OrderedDict[str, JournalEntry]", oldest_ms: int) -> None:
    """Forget what is too old, and the oldest of too many."""
    for name in [name for name, entry in entries.items() if entry.at_ms < oldest_ms]:
        del entries[name]
    while len(entries) > _MOST_HELD:
        entries.popitem(last=False)
