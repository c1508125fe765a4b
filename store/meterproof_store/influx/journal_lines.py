"""Journal entries as lines, each with a place in time that no other takes. Pure but for the places given.

A point of InfluxDB is named by its tags and its nanosecond: a second entry at the same place would put itself over the
first. Below the millisecond, in which the journal counts, there is room for 999,999 more.

* A batch's arrival is named by its gateway and stream, and placed by its number in it: two collectors that are handed
  the same batch write the same point, and a copied spool's gateway writes another.
* Everything else is named by its writer and placed by the writer's own count. Two writers of one name would meet only
  in the same millisecond and, because each begins anywhere, once in a million times; names are to be unique.
"""

import json
import random
from collections.abc import Mapping
from typing import Any

from meterproof_core.errors import StoreRefusedError
from meterproof_core.names import is_id
from meterproof_core.storage import EntryKind, JournalEntry
from meterproof_store.influx.influxql import field_text, tag_value
from meterproof_store.influx.schema import JOURNAL, MAX_MS, MIN_MS, checked_id

NS_PER_MS = 1_000_000
FIELDS: Mapping[str, type] = {"entry_id": str, "data": str, "kind": str, "plant": str}


class Places:
    """Gives entries of one writer their nanosecond.

    Parameters
    ----------
    first : int or None
        Where the count begins; None takes any place in the lower half.
    """

    def __init__(self, first: int | None = None) -> None:
        self._next = random.randrange(NS_PER_MS // 2) if first is None else first  # noqa: S311 no secret

    def take(self, entry: JournalEntry) -> int:
        """Return the nanosecond within its millisecond."""
        data = entry.data
        if entry.kind is EntryKind.ARRIVAL and _stream(data) is not None:
            return int(data["seq"]) % NS_PER_MS
        place = self._next % NS_PER_MS
        self._next += 1
        return place


def journal_line(entry: JournalEntry, place: int, writer: str) -> str:
    """Return an entry's line; its instant is in ns.

    Parameters
    ----------
    entry : JournalEntry
        What is told.
    place : int
        The nanosecond within its millisecond (`Places`).
    writer : str
        Who tells it.

    Raises
    ------
    StoreRefusedError
        When a name, a text or the time cannot be stored.
    """
    if not MIN_MS <= entry.at_ms <= MAX_MS:
        raise StoreRefusedError(f"entry {entry.entry_id!r}: at_ms {entry.at_ms} does not fit 64 bits in ns")
    plant = f",plant={checked_id('plant', entry.plant)}" if entry.plant else ""
    source = _origin(entry.data) if entry.kind is EntryKind.ARRIVAL else None
    tags = f"{JOURNAL},kind={entry.kind}{plant},source={tag_value('source', source or writer)}"
    data = field_text(json.dumps(dict(entry.data)))
    counted = "".join(f",{name}={number}i" for name, number in _counted(entry).items())
    ns = entry.at_ms * NS_PER_MS + place
    return f"{tags} entry_id={field_text(json.dumps(entry.entry_id))},data={data}{counted} {ns}"


def entry_of(row: Mapping[str, Any]) -> JournalEntry:
    """Return the entry that a row holds."""
    return JournalEntry(
        entry_id=json.loads(row["entry_id"]),
        kind=EntryKind(row["kind"]),
        plant=row["plant"] or "",
        at_ms=row["time"] // NS_PER_MS,
        data=json.loads(row["data"]),
    )


def _origin(data: Mapping[str, Any]) -> str | None:
    stream, gateway = _stream(data), data.get("gateway")
    return f"{gateway}/{stream}" if stream is not None and gateway else stream


def _stream(data: Mapping[str, Any]) -> str | None:
    """Return the stream of an arrival that names its batch."""
    stream, seq = data.get("stream"), data.get("seq")
    return stream if isinstance(stream, str) and is_id(stream) and isinstance(seq, int) and seq >= 0 else None


def _counted(entry: JournalEntry) -> dict[str, int]:
    """Return what a dashboard can add up: rows of an arrival, samples of a loss."""
    points, lost = entry.data.get("points"), entry.data.get("lost")
    try:
        if entry.kind is EntryKind.ARRIVAL and isinstance(points, Mapping):
            return {"rows": sum(int(extent[2]) for extent in points.values())}
        if entry.kind is EntryKind.LOSS and isinstance(lost, list):
            return {"samples": sum(int(each["samples"]) for each in lost)}
    except (TypeError, KeyError, IndexError, ValueError):
        return {}  # an entry of another shape is kept all the same; it only cannot be added up
    return {}
