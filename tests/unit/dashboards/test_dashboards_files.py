"""The files that are built, the command that builds them, and that those in the repository are these."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from meterproof_dashboards.cli import app
from meterproof_dashboards.data_source import DataSource
from meterproof_dashboards.files import built, differing, write
from meterproof_dashboards.provisioning import CONTAINERS, DEBIAN

COMMITTED = Path(__file__).parents[3] / "dashboards"


def build(*arguments):
    return CliRunner().invoke(app, ["build", *map(str, arguments)])


def test_what_is_committed_is_what_is_built():
    done = build("--check", "--out", COMMITTED)
    assert done.exit_code == 0, done.output
    assert "7 files below" in done.output


def test_building_twice_gives_the_same_bytes():
    assert built() == built()


def test_build_writes_every_file_and_check_agrees(tmp_path):
    assert build("--out", tmp_path).exit_code == 0
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")} == set(built())
    assert build("--check", "--out", tmp_path).exit_code == 0


def test_check_writes_nothing(tmp_path):
    assert build("--check", "--out", tmp_path).exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_check_names_what_was_edited_what_is_missing_and_what_nobody_builds(tmp_path):
    write(tmp_path, built())
    (tmp_path / "grafana/meterproof-plant.json").write_text("{}")
    (tmp_path / "provisioning/datasources/meterproof.yaml").unlink()
    (tmp_path / "grafana/left-over.json").write_text("{}")
    (tmp_path / "grafana/meterproof-meter.json").write_bytes(b"\xff")
    wrong = [
        "grafana/left-over.json",
        "grafana/meterproof-meter.json",
        "grafana/meterproof-plant.json",
        "provisioning/datasources/meterproof.yaml",
    ]
    assert differing(tmp_path, built()) == wrong
    done = build("--check", "--out", tmp_path)
    assert done.exit_code == 1
    assert all(f"{tmp_path / name} is not as built" in done.stderr for name in wrong)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "grafana").write_text("a file where a folder should be")
    done = build("--out", tmp_path)
    assert done.exit_code == 2
    assert str(tmp_path / "grafana") in done.stderr
    assert "cannot be written" in done.stderr


def test_an_unknown_time_zone_is_refused_before_anything_is_written(tmp_path):
    done = build("--out", tmp_path, "--time-zone", "Mars/Olympus")
    assert done.exit_code == 2
    assert "time zone 'Mars/Olympus' unknown" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_plants_own_zone_goes_into_its_files(tmp_path):
    assert build("--out", tmp_path, "--time-zone", "Asia/Kathmandu").exit_code == 0
    assert json.loads((tmp_path / "grafana/meterproof-plant.json").read_text())["timezone"] == "Asia/Kathmandu"


@pytest.mark.parametrize("provisioning", [CONTAINERS, DEBIAN], ids=lambda each: each.folder)
def test_the_data_source_file_says_what_the_http_api_would_be_told(provisioning):
    told = yaml.safe_load(provisioning.files()[f"{provisioning.folder}/datasources/meterproof.yaml"])
    assert told == {"apiVersion": 1, "datasources": [{**provisioning.data_source.as_json(), "editable": False}]}
    assert told["datasources"][0]["uid"] == "meterproof-influx"


@pytest.mark.parametrize("provisioning", [CONTAINERS, DEBIAN], ids=lambda each: each.folder)
def test_the_dashboards_file_names_the_folder_and_forbids_edits_that_would_be_lost(provisioning):
    told = yaml.safe_load(provisioning.files()[f"{provisioning.folder}/dashboards/meterproof.yaml"])
    (provider,) = told["providers"]
    assert (provider["type"], provider["allowUiUpdates"]) == ("file", False)
    assert provider["options"] == {"path": "/var/lib/meterproof/dashboards"}


@pytest.mark.parametrize("name", [name for name in built() if name.endswith(".yaml")])
def test_no_file_holds_a_secret(name):
    told = yaml.safe_load(built()[name])
    secrets = [source["secureJsonData"] for source in told.get("datasources", [])]
    assert all("$__file{/" in value for secret in secrets for value in secret.values())


def test_an_influxdb_of_generation_2_gets_its_token_in_a_header():
    source = DataSource("http://influx:8086", token="t0ken").as_json()
    assert source["jsonData"]["httpHeaderName1"] == "Authorization"
    assert source["secureJsonData"] == {"httpHeaderValue1": "Token t0ken"}
    assert "user" not in source


def test_an_influxdb_of_generation_1_gets_user_and_password():
    source = DataSource("http://influx:8086", "mills", user="grafana", password="pass").as_json()
    assert (source["user"], source["secureJsonData"], source["jsonData"]["dbName"]) == (
        "grafana",
        {"password": "pass"},
        "mills",
    )
    assert "httpHeaderName1" not in source["jsonData"]


def test_an_influxdb_without_accounts_gets_none():
    assert "secureJsonData" not in DataSource("http://influx:8086").as_json()


def test_a_data_source_never_shows_its_secrets():
    assert "hush" not in repr(DataSource("http://influx:8086", token="hush"))
