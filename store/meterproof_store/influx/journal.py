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
_PINNED_MS = 60_000
"""So long an entry in doubt keeps its place; told later than that, it has to be seen by who reads the newest only."""
_AHEAD = 16
_WIDER = 4


class InfluxJournal:
    """A journal without unique keys: what is told twice may be held twice and is read once.

    Parameters
    ----------
    asker : Asker
        Reads.
    sender : Sender
        Writes.
    writer : str
        Who writes; unique among those who write at the same time.
    """

    holds_copies = True

    def __init__(self, asker: Asker, sender: Sender, writer: str) -> None:
        self._asker = asker
        self._sender = sender
        self._writer = writer
        self._places = Places()
        self._told: OrderedDict[str, None] = OrderedDict()
        self._in_doubt: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._lock = threading.Lock()

    def append(self, entries: Sequence[JournalEntry]) -> None:
        """Add entries durably before returning; one that this process told before is passed over.

        Raises
        ------
        StoreRefusedError
            When a name or a text cannot be stored; nothing of the call is.
        StoreError
            When the server fails or does not answer: telling it again is harmless. Within a minute each entry keeps its
            place; later it takes another, and whatever came of the first is a copy.
        """
        with self._lock:
            lines: dict[str, tuple[int, str]] = {}
            for entry in entries:
                if entry.entry_id in self._told:
                    self._told.move_to_end(entry.entry_id)
                elif entry.entry_id not in lines:
                    lines[entry.entry_id] = self._line(entry)
            _remember(self._in_doubt, lines)
        if not lines:
            return
        self._sender.send(bodies((Policy.COUNTERS, line) for _, line in lines.values()), precision="ns")
        with self._lock:
            _remember(self._told, dict.fromkeys(lines))
            for entry_id in lines:
                self._in_doubt.pop(entry_id, None)

    def _line(self, entry: JournalEntry) -> tuple[int, str]:
        """Return an entry's time and line: those it had when the answer to its first telling was lost just before."""
        told = self._in_doubt.get(entry.entry_id)
        if told is not None and abs(entry.at_ms - told[0]) <= _PINNED_MS:
            return told
        return entry.at_ms, journal_line(entry, self._places.take(entry), self._writer)

    def read(
        self, kinds: Sequence[EntryKind], plant: str | None = None, since_ms: int = 0, *, limit: int | None = None
    ) -> Sequence[JournalEntry]:
        """Return entries of some kinds, of one plant or of all, written at or after a time, in the order of time.

        A limit keeps the newest so many of those that match. An entry that stands there twice is told once.
        """
        return self.page(kinds, plant, since_ms, limit=limit)

    def page(
        self,
        kinds: Sequence[EntryKind],
        plant: str | None = None,
        since_ms: int = 0,
        *,
        before_ms: int | None = None,
        limit: int | None = None,
    ) -> Sequence[JournalEntry]:
        """Return what `read` returns, of the entries written before a time [ms since 1970-01-01 UTC].

        An entry that stands there twice is told once in a page, and again in another page that holds its copy.
        """
        if not kinds or limit == 0:
            return []
        select = self._select(kinds, plant, since_ms)
        if before_ms is not None:
            select += f" AND time < {instant(before_ms)}"
        if limit is None:
            return _once(self._entries(select))
        fetched = limit + _AHEAD
        while True:
            rows = list(self._entries(f"{select} ORDER BY time DESC LIMIT {fetched}"))
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

    def _entries(self, statement: str) -> Iterator[JournalEntry | None]:
        """Yield an entry for each row, None for one that the server is still taking in."""
        for series in self._asker.ask([statement], Policy.COUNTERS, FIELDS.__getitem__, epoch="ns"):
            for values in series.rows:
                row = dict(zip(series.columns, values, strict=True))
                yield None if row["entry_id"] is None or row["data"] is None else entry_of(row)


def _once(entries: Iterable[JournalEntry | None]) -> list[JournalEntry]:
    """Return entries in rising time, each id as it was told first."""
    first: dict[str, JournalEntry] = {}
    for entry in entries:
        if entry is not None:
            first.setdefault(entry.entry_id, entry)
    return list(first.values())


def _remember(memory: "OrderedDict[str, Any]", entries: dict[str, Any]) -> None:
    """Keep entries in mind, and forget the oldest beyond the bound."""
    memory.update(entries)
    while len(memory) > _REMEMBERED:
        memory.popitem(last=False)
