"""The journal port: what happened, in the order in which it was told, each fact once."""

import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from meterproof_core.storage import EntryKind, JournalEntry
from meterproof_store.duckdb_store.database import Database
from meterproof_store.duckdb_store.statements import insert_missing


class DuckJournal:
    """A journal in one table, kept apart by the entries' ids.

    Parameters
    ----------
    database : Database
        The opened file.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.writing() as connection:
            rows = connection.execute("SELECT coalesce(max(number), -1) + 1 FROM journal").fetchall()
        self._next: int = rows[0][0]

    def append(self, entries: Sequence[JournalEntry]) -> None:
        """Add entries durably before returning; one whose id is already there is passed over."""
        first: dict[str, JournalEntry] = {}
        for entry in entries:
            first.setdefault(entry.entry_id, entry)
        if not first:
            return
        with self._database.writing():
            told = {
                "number": np.arange(self._next, self._next + len(first)),
                "entry_id": _texts([entry.entry_id for entry in first.values()]),
                "kind": _texts([str(entry.kind) for entry in first.values()]),
                "plant": _texts([entry.plant for entry in first.values()]),
                "at_ms": np.array([entry.at_ms for entry in first.values()], dtype=np.int64),
                "data": _texts([json.dumps(dict(entry.data)) for entry in first.values()]),
            }
            self._next += len(first)
            with self._database.transaction() as connection:
                insert_missing(connection, "journal", told)

    def read(
        self, kinds: Sequence[EntryKind], plant: str | None = None, since_ms: int = 0, *, limit: int | None = None
    ) -> Sequence[JournalEntry]:
        """Return entries of some kinds, of one plant or of all, written at or after a time, in the order of time.

        A limit keeps the newest so many of those that match.
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
        """Return what `read` returns, of the entries written before a time [ms since 1970-01-01 UTC]."""
        asked = [str(kind) for kind in kinds]
        with self._database.reading() as cursor:
            rows = cursor.execute(
                "SELECT entry_id, kind, plant, at_ms, data FROM journal"
                " WHERE list_contains($kinds, kind) AND ($plant IS NULL OR plant = $plant) AND at_ms >= $since"
                " AND ($before IS NULL OR at_ms < $before)"
                " ORDER BY at_ms DESC, number DESC LIMIT $limit",  # NULL is no limit
                {"kinds": asked, "plant": plant, "since": since_ms, "before": before_ms, "limit": limit},
            ).fetchall()
        return [
            JournalEntry(entry_id, EntryKind(kind), of_plant, at_ms, json.loads(data))
            for entry_id, kind, of_plant, at_ms, data in reversed(rows)
        ]


def _texts(texts: Sequence[str]) -> npt.NDArray[np.object_]:
    return np.array(texts, dtype=np.object_)
