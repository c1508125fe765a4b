"""Which file is opened, which is refused, and what the refusal says."""

import subprocess
import sys

import duckdb
import pytest

from meterproof_core.errors import StoreBusyError, StoreError
from meterproof_core.storage import EntryKind, IntervalColumns, JournalEntry, PlantGroup, ReadingsQuery, SeriesKey
from meterproof_core.wire import Group
from meterproof_store.duckdb_store import open_duckdb

QUERY = ReadingsQuery("works", "boiler", ("energy_import_kwh",), 0, 10**15)
KEY = SeriesKey("works", "boiler", "energy_import_kwh")


def samples(*instants):
    group = Group("boiler", ["energy_import_kwh"], list(instants), [[1.0] * len(instants)])
    return [PlantGroup("works", "gw1", "s1", 1, "c1", group)]


def test_what_was_written_is_there_when_the_file_is_opened_again(tmp_path):
    store = open_duckdb(tmp_path / "store.duckdb")
    store.readings.write(samples(1000, 2000))
    store.intervals.replace(KEY, 0, 10, IntervalColumns([0], [10], [1.0], [0.0], [1.0], [False]))
    store.journal.append([JournalEntry("a", EntryKind.LOSS, "works", 1), JournalEntry("b", EntryKind.LOSS, "works", 1)])
    store.close()

    store = open_duckdb(tmp_path / "store.duckdb")
    store.readings.write(samples(2000, 3000))
    store.journal.append([JournalEntry("b", EntryKind.LOSS, "works", 1), JournalEntry("c", EntryKind.LOSS, "works", 1)])
    assert list(store.readings.read(QUERY).t_ms) == [1000, 2000, 3000]
    assert store.readings.extents("works")[0].rows == 3
    assert list(store.intervals.series("works")) == [KEY]
    assert list(store.intervals.read(KEY, 0, 10).amount) == [1.0]
    assert [entry.entry_id for entry in store.journal.read([EntryKind.LOSS])] == ["a", "b", "c"]
    store.close()


def test_two_stores_in_memory_know_nothing_of_each_other():
    one, other = open_duckdb(":memory:"), open_duckdb(":memory:")
    one.readings.write(samples(1000))
    assert len(other.readings.read(QUERY).t_ms) == 0
    one.close()
    other.close()


def test_a_file_is_opened_once_in_a_process_and_again_after_it_was_closed(tmp_path):
    store = open_duckdb(tmp_path / "store.duckdb")
    with pytest.raises(StoreBusyError, match=r"store\.duckdb: already open in this process"):
        open_duckdb(tmp_path / "store.duckdb")
    store.readings.write(samples(1000))
    store.close()
    open_duckdb(tmp_path / "store.duckdb").close()


HOLDER = """
import sys
from pathlib import Path
from meterproof_store.duckdb_store import open_duckdb
store = open_duckdb(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
store.close()
"""


def test_a_second_process_is_told_which_file_is_held_by_whom_and_where_to_go(tmp_path):
    path = tmp_path / "store.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StoreBusyError) as refused:
            open_duckdb(path)
        holder.stdin.close()
    assert str(refused.value) == (
        f"{path}: held by process {holder.pid}; while a server runs, commands go through its HTTP API"
    )
    open_duckdb(path).close()


def test_closing_twice_is_closing_once(tmp_path):
    store = open_duckdb(tmp_path / "store.duckdb")
    store.close()
    store.close()


def test_a_closed_store_says_so(tmp_path):
    store = open_duckdb(tmp_path / "store.duckdb")
    store.close()
    for call in (
        lambda: store.readings.write(samples(1000)),
        lambda: store.intervals.series("works"),
        lambda: store.journal.read([EntryKind.LOSS]),
    ):
        with pytest.raises(StoreError, match=r"store\.duckdb: .*closed"):
            call()


# ---------------------------------------------------------------- refused files


def some_store(path):
    store = open_duckdb(path)
    store.readings.write(samples(1000))
    store.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: b"hello world\n" * 5000, id="something else"),
        pytest.param(lambda whole: b"", id="empty"),
        pytest.param(lambda whole: whole[:5000], id="cut off"),
        pytest.param(lambda whole: whole[:8300] + b"\xff" * 64 + whole[8364:], id="bytes changed"),
    ],
)
def test_a_damaged_file_is_refused_with_its_name_and_left_as_it_is(tmp_path, damage):
    path = tmp_path / "store.duckdb"
    damaged = damage(some_store(path))
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match=r"store\.duckdb: ") as refused:
        open_duckdb(path)
    assert not isinstance(refused.value, StoreBusyError)
    assert path.read_bytes() == damaged
    assert [file.name for file in tmp_path.iterdir()] == ["store.duckdb"]


def test_a_folder_that_is_not_there_and_a_folder_in_the_files_place_are_refused(tmp_path):
    with pytest.raises(StoreError, match=r"nowhere/store\.duckdb: .*No such file or directory"):
        open_duckdb(tmp_path / "nowhere" / "store.duckdb")
    with pytest.raises(StoreError, match=r"directory"):
        open_duckdb(tmp_path)


def test_a_duckdb_file_of_something_else_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "store.duckdb"
    other = duckdb.connect(str(path))
    other.execute("CREATE TABLE customers (name VARCHAR)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"store\.duckdb: a DuckDB file of something else \(tables customers\)"):
        open_duckdb(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("statement", ["UPDATE meterproof_schema SET version = 99", "DELETE FROM meterproof_schema"])
def test_a_schema_that_is_newer_or_has_no_version_is_refused_and_can_still_be_read_by_its_own_program(
    tmp_path, statement
):
    path = tmp_path / "store.duckdb"
    some_store(path)
    newer = duckdb.connect(str(path))
    newer.execute(statement)
    newer.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"store\.duckdb: schema version (99|no) unknown; this program reads 1"):
        open_duckdb(path)
    assert path.read_bytes() == before
