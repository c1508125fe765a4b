"""What docs/import.md shows is what the command prints."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from meterproof.cli_import import app

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```console\n(.*?)```", (ROOT / "docs/import.md").read_text(), re.DOTALL)
EXAMPLES = [
    tuple(each.split("\n", 1))
    for block in BLOCKS
    for each in re.split(r"^\$ meterproof import ", block, flags=re.M)[1:]
]


def test_there_is_an_example_of_every_kind():
    kinds = {"bills", "production", "drivers", "materials", "waste", "intervals", "readings"}
    assert {example.split()[0] for example, _ in EXAMPLES} == kinds


@pytest.mark.parametrize(("example", "shown"), EXAMPLES, ids=lambda text: text.split()[0])
def test_an_example_prints_what_the_document_shows(example, shown, monkeypatch):
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(app, shlex.split(example))
    assert done.exit_code == 0, done.output
    assert len(shown.splitlines()) >= 2
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    assert printed[: len(shown.splitlines())] == shown.splitlines()
    assert "dry run: nothing was written" in done.stdout


@pytest.mark.parametrize(("example", "shown"), EXAMPLES, ids=lambda text: text.split()[0])
def test_an_example_imports_once_and_is_the_same_the_second_time(example, shown, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    asked = shlex.split(example.replace("./new-data", str(tmp_path)).replace(" --dry-run", ""))
    said = [CliRunner().invoke(app, asked).stdout for _ in range(2)]
    assert [text.splitlines()[-1].partition(":")[0] for text in said] == ["imported", "nothing to do"]
