"""A checkpoint that a full disk cuts short ends the database inside the process; the store opens the file again."""

import contextlib
import resource
import threading

import pytest
from store_server import BATCH_ROWS, store_batch

from meterproof_core.errors import StoreError
from meterproof_core.storage import EntryKind
from meterproof_store.duckdb_store import open_duckdb


@contextlib.contextmanager
def no_room(folder):
    """Let no file of a folder grow."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    smallest = min(path.stat().st_size for path in folder.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (smallest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def end(store, folder):
    """Bring a store's database to its end, as a checkpoint on a full disk does."""
    with no_room(folder), pytest.raises(StoreError, match="checkpoint"), store.database.writing() as connection:
        connection.execute("CHECKPOINT")


@pytest.fixture
def store(tmp_path):
    store = open_duckdb(tmp_path / "s.duckdb")
    yield store
    store.close()


def held(store):
    return [extent.rows for extent in store.readings.extents()], len(store.journal.read([EntryKind.ARRIVAL]))


def test_without_opening_it_again_the_database_would_serve_nobody(store, tmp_path):
    store_batch(store, 0)
    with store.database.reading() as cursor:
        end(store, tmp_path)
        with pytest.raises(Exception, match="invalidated"):
            cursor.execute("SELECT 1")


@pytest.mark.parametrize("first", [lambda store: store_batch(store, 5), held], ids=["a write", "a read"])
def test_when_there_is_room_again_the_store_goes_on_and_has_all_that_it_took(store, tmp_path, first):
    for seq in range(5):
        store_batch(store, seq)
    end(store, tmp_path)
    first(store)
    store_batch(store, 5)
    assert held(store) == ([6 * BATCH_ROWS], 6)


def test_it_may_end_more_than_once(store, tmp_path):
    for seq in range(3):
        store_batch(store, seq)
        end(store, tmp_path)
    assert held(store) == ([3 * BATCH_ROWS], 3)


def test_readers_in_other_threads_find_the_opened_one(store, tmp_path):
    store_batch(store, 0)
    end(store, tmp_path)
    found = []
    readers = [threading.Thread(target=lambda: found.append(held(store))) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert found == [([BATCH_ROWS], 1)] * 8
