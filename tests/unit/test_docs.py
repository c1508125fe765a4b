"""Documentation that cannot rot: what exists is documented, what is documented exists, and the examples run."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from meterproof.cli import app
from meterproof_api.app import create_app
from meterproof_api.cli.settings import ApiSettings, load_api_settings
from meterproof_api.plants import Plant, PlantList
from meterproof_api.plants_file import load_plants
from meterproof_api.programme.routes import programme_pages
from meterproof_api.routes_pages import pages
from meterproof_api.statements.routes import statement_pages
from meterproof_api.stores import Stores
from meterproof_core.faults import FAULT_POINTS
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings
from meterproof_edge.settings import load_settings

ROOT = Path(__file__).parents[2]
COMMANDS, API, SETTINGS = ((ROOT / "docs" / name).read_text() for name in ("commands.md", "http-api.md", "settings.md"))


def commands(command, path=("meterproof",)):
    """Yield every command of the command line with its parameters."""
    if hasattr(command, "commands"):
        for name, below in command.commands.items():
            yield from commands(below, (*path, name))
    else:
        yield " ".join(path), command


ALL_COMMANDS = dict(commands(typer.main.get_command(app)))


def toml_blocks(text):
    return re.findall(r"```toml\n(.*?)```", text, re.DOTALL)


def test_there_are_commands_to_document():
    assert {"meterproof demo", "meterproof edge read", "meterproof mv fit"} <= set(ALL_COMMANDS)


@pytest.mark.parametrize("command", ALL_COMMANDS)
def test_every_command_is_documented(command):
    assert f"| `{command}` |" in COMMANDS


def test_every_documented_command_exists():
    assert set(re.findall(r"^\| `(meterproof [^`]+)` \|", COMMANDS, re.MULTILINE)) == set(ALL_COMMANDS)


@pytest.mark.parametrize("command", ALL_COMMANDS)
def test_every_command_explains_itself_with_an_example(command):
    shown = CliRunner().invoke(app, [*command.split()[1:], "--help"])
    assert shown.exit_code == 0
    assert "For example:" in shown.output


@pytest.mark.parametrize(
    "option", [option for parameter in ALL_COMMANDS["meterproof demo"].params for option in parameter.opts]
)
def test_every_option_of_the_demonstration_is_documented(option):
    assert option in COMMANDS


def routes():
    application = create_app(Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal()), PlantList(()))
    of_pages = {route.path for router in (pages, statement_pages, programme_pages) for route in router.routes}
    return sorted(set(application.openapi()["paths"]) | of_pages)


@pytest.mark.parametrize("route", routes())
def test_every_route_is_documented(route):
    assert f"| `{route}` |" in API


def test_every_documented_route_exists():
    assert set(re.findall(r"^\| `(/[^`]*)` \|", API, re.MULTILINE)) == set(routes())


def test_the_documented_gateway_settings_are_accepted(tmp_path):
    file = tmp_path / "gateway.toml"
    file.write_text(toml_blocks(SETTINGS)[0])
    assert [meter.point for meter in load_settings(file).meters] == ["main-incomer", "process-water", "boiler-gas"]


def test_every_key_of_the_gateway_settings_is_documented():
    source = (ROOT / "edge/meterproof_edge/settings.py").read_text()
    keys = re.findall(
        r"^    (\w+): ", source[source.index("class _BrokerTable") : source.index("def load_settings")], re.MULTILINE
    )
    assert len(keys) > 15
    documented = toml_blocks(SETTINGS)[0]
    assert [key for key in keys if not re.search(rf"\b{key}\b", documented)] == []


def test_the_documented_api_settings_are_accepted_and_name_every_key(tmp_path):
    section = SETTINGS.split("## The API's settings file")[1].split("\n## ")[0]
    (text,) = toml_blocks(section)
    file = tmp_path / "api.toml"
    file.write_text(text)
    settings = load_api_settings(file)
    assert settings.plants == str(tmp_path / "plants.toml")
    assert set(ApiSettings.__struct_fields__) == {*re.findall(r"^(\w+) =", text.split("[store]")[0], re.M), "store"}


def test_the_documented_plants_are_accepted(tmp_path):
    file = tmp_path / "plants.toml"
    file.write_text(toml_blocks(SETTINGS)[1])
    assert [plant.id for plant in load_plants(file).plants()] == ["north-mill"]


@pytest.mark.parametrize("key", Plant.__struct_fields__)
def test_every_key_of_a_plant_is_documented(key):
    assert re.search(rf"\b{key}\b", SETTINGS)


@pytest.mark.parametrize("point", FAULT_POINTS)
def test_every_fault_point_is_documented(point):
    assert f"`{point}`" in SETTINGS


def test_every_environment_variable_that_we_read_is_documented():
    used = set()
    for folder in ("core", "edge", "collector", "store", "mv", "api", "src", "tests", "tools"):
        for file in (ROOT / folder).rglob("*.py"):
            used |= set(re.findall(r"\bMETERPROOF_[A-Z_]+\b", file.read_text()))
    assert used
    assert used - set(re.findall(r"\bMETERPROOF_[A-Z_]+\b", SETTINGS)) == set()


def test_every_decision_is_in_the_list():
    index = (ROOT / "docs/decisions/README.md").read_text()
    files = sorted(path.name for path in (ROOT / "docs/decisions").glob("0*.md"))
    assert files
    assert [name for name in files if f"({name})" not in index] == []


DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(document):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []


def examples():
    for document in DOCUMENTS:
        for block in re.findall(r"```console\n(.*?)```", document.read_text(), re.DOTALL):
            yield from re.findall(r"^\$ meterproof (.+)$", block, re.MULTILINE)


@pytest.mark.parametrize("example", sorted(set(examples())))
def test_every_example_in_the_documents_runs(example, monkeypatch):
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(app, shlex.split(example))
    assert done.exit_code == 0, done.output
