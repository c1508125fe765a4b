"""The programme on the command line: the same table without a server, and a look through a folder of bundles."""

import json
import zipfile

import pytest
from programme_documents import a_statement, a_stream, not_claimable, shelf_of
from typer.testing import CliRunner

from meterproof.cli_programme import app


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "statements"
    shelf_of(
        folder,
        a_statement("north-tiles", 500.0, name="North [red]tiles[/red]"),
        a_statement("sim-tiles", 4000.0, simulated=True),
        not_claimable("north-steel", country="KR"),
    )
    return folder


def test_the_report_shows_both_blocks_and_says_what_is_unsigned(folder):
    done = run("report", "--statements", folder)
    assert done.exit_code == 0
    assert "Cut-off date 2026-03-01" in done.output
    assert "Unsigned: 2 of 2 statements" in done.output
    assert done.output.index("Real plants") < done.output.index("Simulated plants")
    assert "500 (600: 498 to 702)" in done.output


def test_the_report_as_json_is_what_the_server_answers(folder):
    told = json.loads(run("report", "--statements", folder, "--json").stdout)
    assert told["real"]["total"]["cumulative"]["verified_co2e_t"] == 500.0
    assert told["simulated"]["total"]["cumulative"]["verified_co2e_t"] == 4000.0


def test_a_cut_off_names_what_came_later(folder):
    done = run("report", "--statements", folder, "--cut-off", "2026-01-31")
    assert done.exit_code == 0
    assert done.output.count("issued after the cut-off") == 3


def test_an_empty_folder_is_no_error(tmp_path):
    done = run("report", "--statements", tmp_path)
    assert (done.exit_code, done.output) == (0, "No statement has been issued yet.\n")


def test_files_are_written_beside_the_report(folder, tmp_path):
    done = run("report", "--statements", folder, "--csv", tmp_path / "p.csv", "--xlsx", tmp_path / "p.xlsx")
    assert done.exit_code == 0
    assert (tmp_path / "p.csv").read_bytes().startswith(b"table,block,key,")
    assert zipfile.is_zipfile(tmp_path / "p.xlsx")


def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(folder, tmp_path):
    gone, nowhere = tmp_path / "gone", tmp_path / "gone" / "p.csv"
    for arguments, said in (
        (("--statements", gone), f"folder {gone} is not there"),
        (("--statements", folder, "--cut-off", "20261231"), "--cut-off '20261231' is no date; use YYYY-MM-DD"),
        (("--statements", folder, "--csv", nowhere), f"{nowhere} cannot be written"),
    ):
        done = run("report", *arguments)
        assert done.exit_code == 2
        assert done.stderr.startswith(f"error: {said}")


def test_check_is_content_with_a_folder_in_order(folder):
    done = run("check", folder)
    assert (done.exit_code, done.output) == (0, "3 statements\nNothing was left out.\n")


def test_check_is_content_with_a_superseded_version_and_names_it(folder):
    shelf_of(folder, a_statement("north-tiles", 400.0, version=2))
    done = run("check", folder)
    assert done.exit_code == 0
    assert "north-tiles.2025-01-01.2026-01-01.v1" in done.output
    assert "superseded by a newer version" in done.output


def test_check_fails_when_a_bundle_is_unusable_or_two_overlap(folder):
    (folder / "broken.zip").write_bytes(b"nothing")
    done = run("check", folder, "--json")
    assert done.exit_code == 1
    assert [one["statement"] for one in json.loads(done.stdout)["found"]] == ["broken.zip"]
    (folder / "broken.zip").unlink()
    shelf_of(folder, a_statement("north-tiles", 9.0, start="2025-10-01", end="2026-01-01"))
    done = run("check", folder)
    assert done.exit_code == 1
    assert "overlaps with another statement" in done.output


def test_check_of_one_statement_counts_one(tmp_path):
    shelf_of(tmp_path, a_statement())
    assert run("check", tmp_path).output.startswith("1 statement\n")


def test_notes_and_rows_without_an_interval_are_in_the_report(tmp_path):
    stream = a_stream(50.0)
    stream["savings"] = None
    shelf_of(tmp_path, a_statement(streams=[stream], provisional=True))
    told = run("report", "--statements", tmp_path).output
    assert "- 500 t CO2e of the verified tonnes are provisional" in told
    assert "- 1 of the claimed results have no interval" in told
