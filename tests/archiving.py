"""Stores that hold something of every kind, and archives of them, for the tests of backup and restore."""

import math
from pathlib import Path
from types import SimpleNamespace

from contract.readings_samples import KW, KWH, group

from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings, interval_columns
from meterproof_core.storage import EntryKind, JournalEntry, SeriesKey
from meterproof_store.archive import Archive, Occasion, archive_chunks, back_up, restore

QUARTER_MS = 900_000
KEY = SeriesKey("works", "boiler", KWH)
OCCASION = Occasion(1_700_000_000_000, "a test")


def in_memory():
    """Return empty ports of the fake."""
    return SimpleNamespace(readings=MemoryReadings(), intervals=MemoryIntervals(), journal=MemoryJournal())


def arrival(seq, *, stream="s1", gateway="gw1", at_ms=1000):
    data = {"gateway": gateway, "stream": stream, "seq": seq, "config": "c1", "points": {"boiler": [1, 3, 3]}}
    return JournalEntry(f"arrival/works/{stream}/{seq}", EntryKind.ARRIVAL, "works", at_ms, data)


def filled(store):
    """Fill a store with something of every kind; return it."""
    store.readings.write(
        [
            group(
                [1000, 2000, 3000],
                {KWH: [1.5, None, 0.1 + 0.2], KW: [-0.0, 9e9, None]},
                raw={KWH: [2**63 - 1, None, 2**53 + 1]},
                q=[(1, KWH, "missing", "timeout é"), (1, KW, "bad", "limit"), (2, KW, "missing", "unreachable")],
            ),
            group([4000], {KWH: [4.0]}, raw={KWH: [2**64 - 1]}, seq=2, config="c2"),
            group([5000], {KWH: [5.0]}, raw={KWH: [5.0]}, seq=2**63 - 1, stream="s2"),
            group([10**12], {KW: [7.0]}, seq=4, stream="s2"),
            group([2500], {"volume_m3": [0.0]}, raw={"volume_m3": [0]}, point="water", plant="mill"),
        ]
    )
    rows = [(n * QUARTER_MS, (n + 1) * QUARTER_MS, n * 0.1, float(n), n + 1.0, False) for n in range(5)]
    rows.append((5 * QUARTER_MS, 50 * QUARTER_MS, 7.25, math.nan, 12.0, True))
    store.intervals.replace(KEY, 0, 10**12, interval_columns(rows))
    store.intervals.replace(SeriesKey("mill", "water", "volume_m3"), 0, 10**12, interval_columns(rows[:1]))
    store.journal.append(
        [
            arrival(2**63 - 1, stream="s2", gateway="gw2", at_ms=1000),
            arrival(1),
            arrival(4, stream="s2", gateway="gw2"),
            JournalEntry("loss/ü", EntryKind.LOSS, "", 1000, {"n": [1, None, 0.1, "é"], "big": 2**63 - 1}),
            JournalEntry("event/1", EntryKind.EVENT, "works", 10**12, {"code": "rollover", "b": {"a": 1, "0": 2}}),
        ]
    )
    return store


def archived(store, path: Path, occasion=OCCASION):
    """Back a store up; return the manifest."""
    return back_up(archive_chunks(store, occasion), path)


def restored(path: Path, store, **how):
    """Restore an archive; return what was seen."""
    with Archive(path) as archive:
        return restore(archive, store, **how)
