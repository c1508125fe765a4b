"""Imports are part of a backup: a store that was restored reads the same rows from the same files."""

import pytest
from archiving import archived, in_memory, restored
from imported_files import PLANT, intervals_file, monthly_bills, records_file

from meterproof_api.importing.planning import plan_import
from meterproof_api.importing.records import imported_ranges, read_records
from meterproof_api.importing.writing import Doing, carry_out
from meterproof_core.storage import EntryKind
from meterproof_store.duckdb_store import open_duckdb


@pytest.fixture
def restored_store(tmp_path):
    ports = in_memory()
    for parsed in (
        records_file(*monthly_bills(12)),
        records_file(*monthly_bills(2, 5.0)),
        intervals_file([1.0, None, 3.0]),
    ):
        carry_out(plan_import(parsed, ports, at_ms=1000), ports, Doing("anna", replace=True))
    manifest = archived(ports, tmp_path / "a.zip")
    store = open_duckdb(":memory:")
    restored(tmp_path / "a.zip", store)
    yield ports, manifest, store
    store.close()


def test_a_restored_store_holds_the_imports_of_the_first(restored_store):
    ports, manifest, store = restored_store
    assert {one.kind for one in manifest.journal} == {"import", "records"}
    assert read_records(store.journal, PLANT) == read_records(ports.journal, PLANT)
    assert imported_ranges(store.journal, PLANT) == imported_ranges(ports.journal, PLANT)
    assert [entry.entry_id for entry in store.journal.read([EntryKind.IMPORT])] == [
        entry.entry_id for entry in ports.journal.read([EntryKind.IMPORT])
    ]


def test_in_a_restored_store_the_same_files_have_nothing_to_do(restored_store):
    _, _, store = restored_store
    assert plan_import(intervals_file([1.0, None, 3.0]), store, at_ms=9000).changes_nothing
    assert plan_import(records_file(*monthly_bills(2, 5.0)), store, at_ms=9000).changes_nothing
