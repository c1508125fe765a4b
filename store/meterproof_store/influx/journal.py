"""The journal port on InfluxDB."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from meterproof_core.storage import EntryKind, JournalEntry
from meterproof_store.influx.asking import Asker
from meterproof_store.influx.influxql import instant, name, text
from meterproof_store.influx.journal_lines import FIELDS, Places, entry_of, journal_line
from meterproof_store.influx.schema import JOURNAL, Policy
from meterproof_store.influx.sending import Sender, bodies

_REMEMBERED = 200_000
"""Entries whose ids are kept in mind: the ledger tells its newest events again and again."""
_AHEAD = 16
_WIDER = 4


class InfluxJournal:
    """A journal without unique keys: what is told twice by two processes is held twice and read once.

    Parameters
    ----------
    asker : Asker
        Reads.
    sender : Sender
        Writes.
    writer : str
        Who writes; unique among those who write at the same time.
    """

    def __init__(self, asker: Asker, sender: Sender, writer: str) -> None:
        self._asker = asker
        self._sender = sender
        self._writer = writer
        self._places = Places()
        self._told: OrderedDict[str, None] = OrderedDict()
        self._in_doubt: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def append(self, entries: Sequence[JournalEntry]) -> None:
        """Add entries durably before returning; one that this process told before is passed over.

        Raises
        ------
        StoreRefusedError
            When a name or a text cannot be stored; nothing of the call is.
        StoreError
            When the server fails or does not answer: telling it again is harmless, each entry keeps its place.
        """
        with self._lock:
            lines: dict[str, str] = {}
            for entry in entries:
                if entry.entry_id in self._told:
                    self._told.move_to_end(entry.entry_id)
                elif entry.entry_id not in lines:
                    lines[entry.entry_id] = self._line(entry)
            _remember(self._in_doubt, lines)
        if not lines:
            return
        self._sender.send(bodies((Policy.COUNTERS, line) for line in lines.values()), precision="ns")
        with self._lock:
            _remember(self._told, dict.fromkeys(lines))
            for entry_id in lines:
                self._in_doubt.pop(entry_id, None)

    def _line(self, entry: JournalEntry) -> str:
        """Return an entry's line: the one it had when the answer to its first telling was lost."""
        told = self._in_doubt.get(entry.entry_id)
        return told if told is not None else journal_line(entry, self._places.take(entry), self._writer)

    def read(
        self, kinds: Sequence[EntryKind], plant: str | None = None, since_ms: int = 0, *, limit: int | None = None
    ) -> Sequence[JournalEntry]:
        """Return entries of some kinds, of one plant or of all, written at or after a time, in the order of time.

        A limit keeps the newest so many of those that match. An entry that stands there twice is told once.
        """
        if not kinds or limit == 0:
            return []
        if limit is None:
            return _once(self._entries(self._select(kinds, plant, since_ms)))
        fetched = limit + _AHEAD
        while True:
            newest = f"{self._select(kinds, plant, since_ms)} ORDER BY time DESC LIMIT {fetched}"
            rows = list(self._entries(newest))
            found = _once(reversed(rows))
            if len(found) >= limit or len(rows) < fetched:
                return found[max(len(found) - limit, 0) :]
            fetched *= _WIDER

    def _select(self, kinds: Sequence[EntryKind], plant: str | None, since_ms: int) -> str:
        of_kinds = " OR ".join(f'"kind" = {text(kind)}' for kind in kinds)
        of_plant = "" if plant is None else f' AND "plant" = {text(plant)}'
        source = self._asker.source(Policy.COUNTERS, JOURNAL)
        return (
            f"SELECT {', '.join(map(name, FIELDS))} FROM {source}"  # noqa: S608 quoted
            f" WHERE time >= {instant(since_ms)} AND ({of_kinds}){of_plant}"
        )

    def _entries(self, statement: str) -> Iterator[JournalEntry]:
        for series in self._asker.ask([statement], Policy.COUNTERS, FIELDS.__getitem__, epoch="ns"):
            for values in series.rows:
                row = dict(zip(series.columns, values, strict=True))
                if row["entry_id"] is not None and row["data"] is not None:  # the server may still be taking it in
                    yield entry_of(row)


def _once(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
    """Return entries in rising time, each id as it was told first."""
    first: dict[str, JournalEntry] = {}
    for entry in entries:
        first.setdefault(entry.entry_id, entry)
    return list(first.values())


def _remember(memory: "OrderedDict[str, Any]", entries: dict[str, Any]) -> None:
    """Keep entries in mind, and forget the oldest beyond the bound."""
    memory.update(entries)
    while len(memory) > _REMEMBERED:
        memory.popitem(last=False)
