"""Replacing touches no more of the file than has changed: a ledger mostly finds its last few intervals changed."""

import math

from meterproof_core.storage import IntervalColumns, SeriesKey
from meterproof_store.duckdb_store import open_duckdb

KEY = SeriesKey("works", "boiler", "energy_import_kwh")


class Count:
    """Counts the fault points that were reached."""

    def __init__(self):
        self.reached = []

    def reach(self, point):
        self.reached.append(point)


def intervals(*amounts):
    starts = list(range(len(amounts)))
    return IntervalColumns(
        starts,
        [start + 1 for start in starts],
        list(amounts),
        [math.nan] * len(amounts),
        [1.0] * len(amounts),
        [False] * len(amounts),
    )


def test_replacing_with_the_same_does_not_touch_the_file():
    count = Count()
    store = open_duckdb(":memory:", faults=count)
    store.intervals.replace(KEY, 0, 9, intervals(1.0, 2.0, math.nan))
    assert count.reached == ["ledger.mid_replace"]
    store.intervals.replace(KEY, 0, 9, intervals(1.0, 2.0, math.nan))
    assert count.reached == ["ledger.mid_replace"]
    store.intervals.replace(KEY, 0, 9, intervals(1.0, 2.0, 3.0))
    assert count.reached == ["ledger.mid_replace"] * 2
    store.close()


def test_only_the_rows_between_the_first_and_the_last_change_are_written_again():
    store = open_duckdb(":memory:")

    def row_ids():
        with store.database.reading() as cursor:
            return [row[0] for row in cursor.execute("SELECT rowid FROM intervals ORDER BY start_ms").fetchall()]

    store.intervals.replace(KEY, 0, 9, intervals(0.0, 1.0, 2.0, 3.0, 4.0))
    before = row_ids()
    store.intervals.replace(KEY, 0, 9, intervals(0.0, 1.0, 7.0, 3.0, 4.0))
    after = row_ids()
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, True, False, True, True]
    store.close()
