"""The examples of docs/operations.md, run in their order in an empty folder."""

import re
import shlex
from pathlib import Path

import typer
from archiving import filled
from typer.testing import CliRunner

from meterproof.cli_archive import add_archive_commands
from meterproof_store.archive import Archive
from meterproof_store.archive.members import is_member
from meterproof_store.duckdb_store import open_duckdb

TEXT = (Path(__file__).parents[2] / "docs/operations.md").read_text()
EXAMPLES = re.findall(
    r"^\$ meterproof store (.+)$", "".join(re.findall(r"```shell\n(.*?)```", TEXT, re.DOTALL)), re.MULTILINE
)
APP = typer.Typer()
add_archive_commands(APP)


def test_every_example_of_the_operations_page_runs_and_a_copy_holds_what_its_source_held(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("meterproof-data").mkdir()
    store = open_duckdb(Path("meterproof-data/meterproof.duckdb"))
    filled(store)
    store.close()
    assert {example.split()[0] for example in EXAMPLES} == {"backup", "verify", "restore", "retention"}
    for example in EXAMPLES:
        done = CliRunner().invoke(APP, shlex.split(example))
        assert done.exit_code == 0, f"{example}: {done.output}"
    with Archive(Path("monday.zip")) as monday, Archive(Path("again.zip")) as again:
        assert monday.manifest.content == again.manifest.content


def test_the_page_names_every_member_of_an_archive():
    documented = re.findall(r"^\| `([^`]+\.jsonl?)` \|", TEXT, re.MULTILINE)
    assert len(documented) == 4
    assert all(is_member(name.translate(str.maketrans("<>", "xx"))) for name in documented)
