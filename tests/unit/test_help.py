"""What `--help` says arrives as it was written; rich takes a bare ``[name]`` for markup and swallows it."""

import pytest
import typer
from rich.text import Text

from meterproof.cli import app


def _texts(command, name):
    yield name, command.help or ""
    for parameter in command.params:
        yield f"{name} {parameter.name}", getattr(parameter, "help", None) or ""
    for part, below in getattr(command, "commands", {}).items():
        yield from _texts(below, f"{name} {part}")


@pytest.mark.parametrize(
    ("name", "text"), [pytest.param(*told, id=told[0]) for told in _texts(typer.main.get_command(app), "meterproof")]
)
def test_no_word_of_a_help_text_is_swallowed(name, text):
    assert Text.from_markup(text).plain == text.replace("\\[", "["), name
