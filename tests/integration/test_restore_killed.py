"""A restore that is killed at a store's weakest places, and simply repeated."""

import os
import signal
import subprocess
import sys

import pytest
from archiving import archived, restored
from contract.readings_samples import KW, KWH, group

from meterproof_core.memory import interval_columns
from meterproof_core.storage import EntryKind, JournalEntry, SeriesKey
from meterproof_store.duckdb_store import open_duckdb

RESTORE = """
import sys, typer
from meterproof.cli_archive import add_archive_commands
app = typer.Typer()
add_archive_commands(app)
app(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "a.zip"
    store = open_duckdb(":memory:")
    for number in range(3):
        t = list(range(60_000))
        point = f"p{number}"
        store.readings.write([group(t, {KWH: [float(n) for n in t], KW: [1.5] * len(t)}, raw={KWH: t}, point=point)])
        rows = [(n * 900_000, (n + 1) * 900_000, 1.0, float(n), n + 1.0, False) for n in range(100)]
        store.intervals.replace(SeriesKey("works", point, KWH), 0, 10**12, interval_columns(rows))
    store.journal.append([JournalEntry(f"e{n}", EntryKind.LOSS, "works", n) for n in range(100)])
    manifest = archived(store, path)
    store.close()
    return path, manifest


@pytest.mark.parametrize("fault", ["store.mid_commit:1", "store.mid_commit:4", "ledger.mid_replace:2"])
def test_a_restore_that_was_killed_is_repeated_and_holds_the_same(archive, fault, tmp_path):
    path, manifest = archive
    environment = {**os.environ, "METERPROOF_FAULT": fault, "METERPROOF_FAULT_LOG": str(tmp_path / "hit")}
    killed = subprocess.run(
        [sys.executable, "-c", RESTORE, "restore", path, "--data", tmp_path], env=environment, timeout=60, check=False,
        capture_output=True,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (tmp_path / "hit").read_text() == f"{fault.partition(':')[0]}\n"
    store = open_duckdb(tmp_path / "meterproof.duckdb")
    restored(path, store, into_existing=True)
    assert archived(store, tmp_path / "again.zip").content == manifest.content
    store.close()
