"""Commands on a store that a running server holds: a real process, its HTTP API, and what happens when it dies."""

import json
import os
import signal
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from archiving import in_memory
from contract.readings_samples import plain
from store_server import BATCH_ROWS, ENERGY, POWER, door_of, holding
from typer.testing import CliRunner

from meterproof.cli_archive import add_archive_commands
from meterproof_core.errors import DataError, StoreAccessError, StoreError
from meterproof_core.storage import EntryKind, ReadingsQuery
from meterproof_store.archive import Archive, back_up, restore
from meterproof_store.duckdb_store import open_duckdb
from meterproof_store.remote import Announcement, find_server, make_door, open_remote
from meterproof_store.remote.link import ServerLink

TESTS = Path(__file__).parents[1]
TIMEOUT_S = 60
APP = typer.Typer()
add_archive_commands(APP)


def call(*arguments):
    return CliRunner().invoke(APP, [str(argument) for argument in arguments])


@contextmanager
def serving(data):
    """Run a process that holds the store of a folder and goes on writing; end it as its user does."""
    data.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "store_server", data / "meterproof.duckdb"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(TESTS)}
    ) as process:
        try:
            assert process.stdout.readline().startswith("http://127.0.0.1")
            assert process.stdout.readline() == "busy\n"
            yield process
        finally:
            process.stdin.close()
            process.wait(TIMEOUT_S)


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def test_a_backup_of_a_store_that_is_being_written_is_a_consistent_cut(data, tmp_path):
    with serving(data):
        done = call("backup", tmp_path / "a.zip", "--data", data, "--json")
    assert done.exit_code == 0, done.output
    copy = open_duckdb(":memory:")
    with Archive(tmp_path / "a.zip") as archive:
        restore(archive, copy)
    arrivals = copy.journal.read([EntryKind.ARRIVAL])
    assert len(arrivals) >= 50
    assert [entry.data["seq"] for entry in arrivals] == list(range(len(arrivals)))
    read = plain(copy.readings.read(ReadingsQuery("works", "main", (ENERGY, POWER), 0, 10**15)))
    known = len(arrivals) * BATCH_ROWS
    assert len(read["t"]) >= known
    assert read["values"][ENERGY][:known] == [float(t) for t in read["t"][:known]] == read["values"][POWER][:known]
    assert read["raw"][ENERGY][:known] == read["t"][:known]


def test_a_server_leaves_nothing_of_its_word_behind(data):
    with serving(data):
        place = data / "server.json"
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == ["meterproof.duckdb"]


def test_a_server_that_was_killed_holds_nobody_up(data, tmp_path):
    with serving(data) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(TIMEOUT_S)
        assert (data / "server.json").exists()
        assert find_server(data / "meterproof.duckdb") is None
    done = call("backup", tmp_path / "a.zip", "--data", data, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["journal_entries"] >= 50


def test_a_server_that_fails_while_it_sends_leaves_no_archive(tmp_path):
    def breaking():
        yield b"PK"
        raise StoreError("disk gone")

    ports = in_memory()
    with holding(ports, tmp_path / "meterproof.duckdb", door_of(ports, backup=breaking)):
        store = open_remote(tmp_path / "meterproof.duckdb")
        with pytest.raises(StoreError, match=r"meterproof\.duckdb through .*: no answer"):
            back_up(store.backup(), tmp_path / "a.zip")
    assert list(tmp_path.iterdir()) == []


def test_restoring_into_a_held_store_is_refused(data, tmp_path):
    with serving(data):
        assert call("backup", tmp_path / "a.zip", "--data", data).exit_code == 0
        done = call("restore", tmp_path / "a.zip", "--data", data, "--into-existing")
    assert (done.exit_code, "stop it before you restore" in done.stderr) == (1, True)


def test_retention_goes_through_the_server(data):
    with serving(data):
        done = call("retention", "--data", data, "--apply", "--json")
        assert done.exit_code == 0, done.output
        (point,) = json.loads(done.stdout)["points"]
        assert point["values"] >= 50 * BATCH_ROWS
        (entry,) = open_remote(data / "meterproof.duckdb").journal.read([EntryKind.EVENT])
        assert entry.data["code"] == "gauges_retired"


def test_a_server_that_cannot_do_what_is_asked_says_why(tmp_path):
    def unknown(letter):
        raise DataError(f"dead letter {letter!r}: no dead letter has it")

    ports = in_memory()
    door = make_door(ports, "s", lambda: 10**13, replay=unknown)
    with holding(ports, tmp_path / "meterproof.duckdb", door):
        store = open_remote(tmp_path / "meterproof.duckdb")
        with pytest.raises(StoreError, match="'dead-letter/00': no dead letter has it"):
            store.replay("dead-letter/00")
        with pytest.raises(StoreError, match="sees to retention itself"):
            store.retain(apply=False)


def test_without_the_token_of_the_file_the_server_says_nothing(data):
    with serving(data):
        told = find_server(data / "meterproof.duckdb")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{told.url}/api/v1/store/journal?kind=arrival", timeout=5)
        with pytest.raises(StoreAccessError, match="operator token"):
            list(ServerLink(Announcement(told.store, told.url, told.pid, "wrong")).lines("extents", {}))
        with pytest.raises(StoreAccessError, match="there is no page"):
            open_remote(data / "meterproof.duckdb").link.json("GET", "/api/v1/store/nowhere")
        with pytest.raises(StoreError, match="no collector runs in this server"):
            open_remote(data / "meterproof.duckdb").replay("dead-letter/00")
