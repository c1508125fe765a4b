"""What the fake store has beyond the ports; what it does as a store is in the contract suite."""

from meterproof_core.memory import MemoryJournal, interval_columns, interval_rows
from meterproof_core.storage import EntryKind, JournalEntry

ROWS = [(0, 900_000, 1.5, 10.0, 11.5, False), (900_000, 3_600_000, 4.0, 11.5, 15.5, True)]


def test_intervals_by_row_and_by_column_are_the_same():
    columns = interval_columns(ROWS)
    assert (list(columns.start_ms), list(columns.is_span)) == ([0, 900_000], [False, True])
    assert interval_rows(columns) == ROWS


def test_no_intervals_are_six_empty_columns():
    empty = interval_columns([])
    assert (len(empty.start_ms), len(empty.is_span)) == (0, 0)
    assert interval_rows(empty) == []


def test_what_a_caller_does_to_its_data_afterwards_does_not_change_the_journal():
    journal, data = MemoryJournal(), {"ranges": [1]}
    journal.append([JournalEntry("a", EntryKind.LOSS, "works", 1, data)])
    data["ranges"].append(2)
    assert journal.read([EntryKind.LOSS])[0].data == {"ranges": [1]}
