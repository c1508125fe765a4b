"""``meterproof-verify``: what people and machines are told, and the exit code."""

import json

import bundle_worlds as worlds
import pytest
from typer.testing import CliRunner

from meterproof.cli import app as meterproof
from meterproof_evidence.cli import app


@pytest.fixture
def bundle(tmp_path):
    def bundle(content, name="bundle.zip"):
        path = tmp_path / name
        path.write_bytes(content)
        return str(path)

    return bundle


def run(*arguments):
    done = CliRunner().invoke(app, [*arguments])
    return done.exit_code, done.output


def test_a_bundle_that_holds_ends_with_0_and_says_what_it_is(bundle):
    code, shown = run(bundle(worlds.bundle_of(worlds.mill)))
    assert code == 0
    assert "statement test-mill.2025-03-02.2025-04-01 version 1, claimable, unsigned, SIMULATED" in shown
    assert "everything that was checked holds" in shown
    assert "not checked:\n  - who issued it: statements carry no signature yet" in shown
    assert "FAILS" not in shown


def test_a_real_plant_is_not_called_simulated(bundle):
    _, shown = run(bundle(worlds.bundle_of(worlds.bakery)))
    assert "unsigned" in shown
    assert "SIMULATED" not in shown


def test_a_bundle_with_a_changed_figure_ends_with_1_and_names_it(bundle):
    files = worlds.with_text(worlds.files_of(worlds.bundle_of(worlds.bakery)), "statement.json", '"n": 12', '"n": 13')
    code, shown = run(bundle(worlds.packed(files)))
    assert code == 1
    assert "streams[0].model.n: stated 13, recomputed 12" in shown
    assert "2 of 8 checks failed: do not rely on this statement" in shown


def test_a_file_that_is_no_bundle_ends_with_2_and_hides_no_other(bundle):
    code, shown = run(bundle(b"nothing", "no.zip"), bundle(worlds.bundle_of(worlds.bakery)))
    assert code == 2
    assert "this is no bundle" in shown
    assert "everything that was checked holds" in shown


def test_machines_get_one_object(bundle):
    code, shown = run(bundle(worlds.bundle_of(worlds.bakery)), bundle(b"nothing", "no.zip"), "--json")
    told = json.loads(shown)
    assert (code, told["ok"]) == (2, False)
    holds, nothing = told["bundles"]
    assert (holds["ok"], holds["is_bundle"], holds["state"], holds["simulated"]) == (True, True, "unsigned", False)
    names = ["bundle", "files", "content", "data", "factors", "figures", "identity", "paper"]
    assert [check["name"] for check in holds["checks"]] == names
    assert len(holds["not_checked"]) == 3
    assert (nothing["is_bundle"], nothing["statement_id"]) == (False, None)


def test_what_would_steer_a_terminal_is_shown_as_what_it_is(bundle):
    files = worlds.with_json(
        worlds.files_of(worlds.bundle_of(worlds.bakery)),
        "statement.json",
        lambda document: document.update(status="\x1b[2Jclaimable [bold]x[/bold]"),
    )
    _, shown = run(bundle(worlds.packed(files)))
    assert "\x1b" not in shown
    assert "\\x1b[2Jclaimable [bold]x[/bold]" in shown


def test_the_large_command_has_the_same_one(bundle):
    done = CliRunner().invoke(meterproof, ["verify", bundle(worlds.bundle_of(worlds.bakery))])
    assert done.exit_code == 0
    assert "everything that was checked holds" in done.output
