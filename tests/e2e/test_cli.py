"""The command line in this process: what a user sees when things go well."""

import json
import re

from typer.testing import CliRunner

from meterproof import __version__
from meterproof.cli import app


def call(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_the_version_is_printed():
    assert call("--version").output == f"meterproof {__version__}\n"


def test_a_short_demonstration_shows_both_sums_and_the_reasons():
    done = call("demo", "--once", "--days", "1")
    assert done.exit_code == 0, done.output
    sums = re.findall(r"main-incomer, kWh │ ([\d,.]+) in the intervals; ([\d,.]+) by the simulated meter", done.output)
    assert len(sums) == 2
    for stored, counted in sums:
        assert abs(float(stored.replace(",", "")) - float(counted.replace(",", ""))) < 1
    assert "not_claimable" in done.output
    assert "364 of 365 days were not played" in done.output
    assert "pages:" not in done.output


def test_the_same_for_machines_is_one_json_object(tmp_path):
    done = call("demo", "--once", "--json", "--days", "1", "--data", str(tmp_path / "data"))
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {"plants", "readings_polled", "readings_stored", "intervals", "completeness", "energy_kwh", "statements",
            "elapsed_s"} <= set(told)  # fmt: skip
    assert (tmp_path / "data" / "gateways" / "kr-gwangyang-steel" / "edge.toml").exists()


def test_the_gateway_settings_of_the_demonstration_are_sound(tmp_path):
    assert call("demo", "--once", "--json", "--days", "1", "--data", str(tmp_path)).exit_code == 0
    checked = call("edge", "check", str(tmp_path / "gateways" / "kr-gwangyang-steel" / "edge.toml"))
    assert checked.exit_code == 0, checked.output
    assert "main-incomer" in checked.output


def test_more_days_than_the_year_has_are_refused():
    done = call("demo", "--days", "366")
    assert done.exit_code == 2
    assert "365" in done.output
