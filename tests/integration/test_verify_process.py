"""``meterproof-verify`` as a process of its own, as a bank runs it."""

import json
import subprocess
import sys
from pathlib import Path

import bundle_worlds as worlds

COMMAND = Path(sys.executable).with_name("meterproof-verify")


def verify(*arguments, cwd):
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"LANG": "C.UTF-8"},
    )


def test_a_bundle_is_checked_in_a_process_that_knows_nothing_else(tmp_path):
    (tmp_path / "good.zip").write_bytes(worlds.bundle_of(worlds.mill))
    done = verify("good.zip", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "everything that was checked holds" in done.stdout


def test_one_changed_number_ends_with_1_and_a_stranger_with_2(tmp_path):
    files = worlds.with_text(
        worlds.files_of(worlds.bundle_of(worlds.mill)), "rows/kiln-gas.csv", "2025-03-02", "2025-03-03"
    )
    (tmp_path / "bad.zip").write_bytes(worlds.packed(files))
    (tmp_path / "letter.zip").write_text("Dear bank,")
    assert verify("bad.zip", cwd=tmp_path).returncode == 1
    assert verify("bad.zip", "letter.zip", cwd=tmp_path).returncode == 2
    assert verify("nothing.zip", cwd=tmp_path).returncode == 2


def test_the_answer_for_machines_is_json_and_nothing_else(tmp_path):
    (tmp_path / "good.zip").write_bytes(worlds.bundle_of(worlds.bakery))
    assert json.loads(verify("good.zip", "--json", cwd=tmp_path).stdout)["ok"] is True


def test_no_bundle_is_an_error_of_the_call(tmp_path):
    assert verify(cwd=tmp_path).returncode == 2
