"""The commands that keep a store's content, as a user calls them."""

import json
from datetime import UTC, datetime
from zipfile import ZipFile

import pytest
import typer
from archiving import filled
from typer.testing import CliRunner

from meterproof.cli_archive import add_archive_commands
from meterproof_store.duckdb_store import open_duckdb

APP = typer.Typer()
add_archive_commands(APP)


def call(*arguments):
    return CliRunner().invoke(APP, [str(argument) for argument in arguments])


def told(*arguments):
    done = call(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    store = open_duckdb(tmp_path / "data" / "meterproof.duckdb")
    filled(store)
    store.close()
    return tmp_path / "data"


def test_a_store_is_backed_up_verified_and_restored_by_command(data, tmp_path):
    archive = tmp_path / "a.zip"
    saved = told("backup", archive, "--data", data)
    assert (saved["rows"], saved["intervals"], saved["journal_entries"], saved["checked"]) == (7, 7, 5, True)
    assert saved["bytes"] == archive.stat().st_size
    assert told("verify", archive) == saved
    assert told("restore", archive, "--data", tmp_path / "new" / "folder")["rows"] == 7
    settings = tmp_path / "other.toml"
    settings.write_text('[store]\nduckdb = "other.duckdb"\n')
    back = told("restore", archive, "--settings", settings)
    assert (back["rows"], back["intervals"], back["compared"]) == (7, 7, True)
    again = told("backup", tmp_path / "b.zip", "--settings", settings)
    assert {name: again[name] for name in ("rows", "values", "intervals", "journal_entries", "cut_ms")} == {
        name: saved[name] for name in ("rows", "values", "intervals", "journal_entries", "cut_ms")
    }


def test_without_json_a_person_reads_what_was_done(data, tmp_path):
    shown = call("backup", tmp_path / "a.zip", "--data", data)
    assert shown.exit_code == 0, shown.output
    assert "journal entries  5" in shown.stdout
    shown = call("restore", tmp_path / "a.zip", "--data", data, "--into-existing")
    assert shown.exit_code == 0, shown.output
    assert "gauges older than kept" in shown.stdout


def test_checksum_and_times_are_whole_in_a_pipe_and_in_a_narrow_terminal(data, tmp_path, monkeypatch):
    saved = told("backup", tmp_path / "a.zip", "--data", data)
    for columns in (None, "40"):
        monkeypatch.delenv("COLUMNS", raising=False) if columns is None else monkeypatch.setenv("COLUMNS", columns)
        shown = dict(line.split("  ", 1) for line in call("verify", tmp_path / "a.zip").stdout.splitlines())
        assert shown["sha256"].strip() == saved["sha256"]
        cut = datetime.strptime(shown["cut"].strip(), "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
        assert cut.timestamp() == saved["cut_ms"] // 1000


def test_a_damaged_archive_leaves_nothing_where_a_new_store_would_be(data, tmp_path):
    told("backup", tmp_path / "sound.zip", "--data", data)
    with ZipFile(tmp_path / "sound.zip") as sound, ZipFile(tmp_path / "damaged.zip", "w") as damaged:
        for name in sound.namelist():
            damaged.writestr(name, sound.read(name) + (b"x" if name == "journal.jsonl" else b""))
    done = call("restore", tmp_path / "damaged.zip", "--data", tmp_path / "new")
    assert (done.exit_code, "journal.jsonl" in done.stderr) == (1, True), done.output
    assert not (tmp_path / "new").exists()


def test_a_store_that_is_not_empty_is_refused_by_default(data, tmp_path):
    told("backup", tmp_path / "a.zip", "--data", data)
    done = call("restore", tmp_path / "a.zip", "--data", data)
    assert (done.exit_code, "--into-existing" in done.stderr) == (2, True)


def test_retention_shows_first_and_takes_away_when_told_to(data):
    shown = call("retention", "--data", data)
    assert shown.exit_code == 0, shown.output
    assert "works" in shown.stdout
    assert "would go; --apply takes them away" in shown.stdout
    assert told("retention", "--data", data)["points"] == told("retention", "--data", data, "--apply")["points"] != []
    assert call("retention", "--data", data).stdout == "no gauge is older than it is kept\n"
    assert "were taken away" not in call("retention", "--data", data, "--apply").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["backup", "a.zip"], 2, "name one store"),
        (["backup", "a.zip", "--data", "x", "--influx", "http://127.0.0.1:1"], 2, "name one store"),
        (["backup", "a.zip", "--data", "nowhere"], 2, "nowhere/meterproof.duckdb: there is no such store"),
        (["backup", "a.zip", "--influx", "ftp://x"], 2, "ftp://x"),
        (["backup", "a.zip", "--influx", "http://127.0.0.1:1"], 1, "127.0.0.1:1"),
        (["backup", "a.zip", "--settings", "nowhere.toml"], 2, "nowhere.toml"),
        (["verify", "nowhere.zip"], 1, "nowhere.zip"),
        (["restore", "nowhere.zip", "--data", "x"], 1, "nowhere.zip"),
        (["restore", "{archive}", "--data", "{archive}/x"], 2, "cannot be made"),
        (["retention", "--data", "nowhere"], 2, "there is no such store"),
    ],
)
def test_a_wrong_call_ends_with_one_clear_line(arguments, code, says, data, tmp_path, monkeypatch):
    told("backup", tmp_path / "sound.zip", "--data", data)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    done = call(*(each.format(archive=tmp_path / "sound.zip") for each in arguments))
    assert (done.exit_code, done.stdout) == (code, ""), done.output
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_held_store_without_a_server_is_told_apart(data, tmp_path):
    store = open_duckdb(data / "meterproof.duckdb")
    try:
        done = call("backup", tmp_path / "a.zip", "--data", data)
    finally:
        store.close()
    assert (done.exit_code, "has not announced itself" in done.stderr) == (1, True)


def test_the_archive_of_an_empty_store_is_sound(tmp_path):
    (tmp_path / "data").mkdir()
    open_duckdb(tmp_path / "data" / "meterproof.duckdb").close()
    assert told("backup", tmp_path / "a.zip", "--data", tmp_path / "data")["rows"] == 0
