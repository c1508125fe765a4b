"""A disk that is full fails writes as a whole; when there is room again, the open store goes on by itself."""

import resource

import pytest
from store_server import BATCH_ROWS, store_batch

from meterproof_core.errors import StoreError
from meterproof_core.storage import EntryKind
from meterproof_store.duckdb_store import open_duckdb


def test_an_open_store_goes_on_when_there_is_room_again(tmp_path):
    store = open_duckdb(tmp_path / "s.duckdb")
    for seq in range(10):
        store_batch(store, seq)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    largest = max(path.stat().st_size for path in tmp_path.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 100, before[1]))
    try:
        for _ in range(2):
            with pytest.raises(StoreError, match=r"s\.duckdb: .*write"):
                store_batch(store, 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    store_batch(store, 10)
    store.close()
    store = open_duckdb(tmp_path / "s.duckdb")
    assert [extent.rows for extent in store.readings.extents()] == [11 * BATCH_ROWS]
    assert len(store.journal.read([EntryKind.ARRIVAL])) == 11
    store.close()
