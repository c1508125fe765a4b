"""The collector's settings file: what is wrong is named with file, key, value and what is accepted."""

import re
from pathlib import Path

import pytest

from meterproof_collector.cli.opening import broker_access, broker_source, ledger_of, limits_of, store_name
from meterproof_collector.ledger.partition import Partition
from meterproof_collector.limits import Limits
from meterproof_collector.settings import BrokerTable, HealthTable, LedgerTable, LimitsTable, PlantsTable, load_settings
from meterproof_core.errors import SettingsError

GOOD = """
name = "c1"
[broker]
url = "mqtt://127.0.0.1:1883"
[store]
duckdb = "readings.duckdb"
"""


def written(folder, text):
    file = folder / "collector.toml"
    file.write_text(text)
    return file


def test_the_shortest_file_has_every_default(tmp_path):
    settings = load_settings(written(tmp_path, GOOD))
    assert (settings.name, settings.broker.url) == ("c1", "mqtt://127.0.0.1:1883")
    assert (settings.health.port, settings.plants.known, settings.ledger.enabled) == (8643, None, True)
    assert store_name(settings) == f"duckdb {tmp_path / 'readings.duckdb'}"


def test_the_defaults_of_the_file_are_those_of_the_program():
    assert limits_of(LimitsTable()) == Limits()


def test_a_collector_without_a_name_is_called_after_its_host(tmp_path, monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "Plant_Server.Local")
    assert load_settings(written(tmp_path, GOOD.replace('name = "c1"', ""))).name == "plant-server-local"


def test_files_count_from_the_settings_file(tmp_path):
    text = GOOD.replace(
        "[store]", 'user = "u"\npassword_file = "p"\nca_file = "ca"\ncert_file = "c"\nkey_file = "k"\n[store]'
    )
    broker = load_settings(written(tmp_path, text)).broker
    assert broker.password_file == str(tmp_path / "p")
    assert broker.ca_file == str(tmp_path / "ca")
    assert (broker.cert_file, broker.key_file) == (str(tmp_path / "c"), str(tmp_path / "k"))


def test_account_and_certificates_reach_the_broker(tmp_path):
    (tmp_path / "p").write_text("secret\n")
    text = GOOD.replace("mqtt://", "mqtts://").replace("[store]", 'user = "u"\npassword_file = "p"\n[store]')
    access = broker_access(load_settings(written(tmp_path, text)))
    assert (access.account.user, access.account.password(), access.address.tls) == ("u", "secret", True)
    assert "secret" not in repr(access)


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ("", 1024),
        ("queue_messages = 50", 50),
        (f"queue_bytes = {8 * 65536}", 8),
        ("queue_bytes = 1", 1),
        ("queue_messages = 1000000\nqueue_bytes = 1000000000000", 65535),
    ],
)
def test_the_broker_delivers_no_more_than_the_queue_holds(tmp_path, limits, most):
    source = broker_source(load_settings(written(tmp_path, f"{GOOD}[limits]\n{limits}\n")))
    assert source._subscriptions.receive_maximum == most


def test_a_part_of_the_ledger_is_kept_or_none():
    assert ledger_of(LedgerTable(part=2, parts=3)).partition == Partition(2, 3)
    assert ledger_of(LedgerTable(enabled=False)).partition is None


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('name = "c1"', 'name = "C 1"', r"name 'C 1' is not an id; use 1 to 64"),
        ('url = "mqtt://127.0.0.1:1883"', "", r"broker: key 'url' missing; required: url"),
        ("url =", "adress =", r"broker: key 'adress' unknown"),
        ("mqtt://127", "http://127", r"broker 'http://127.0.0.1:1883' is not a broker's address"),
        ("[store]", "share_group = 'a/b'\n[store]", r"broker: share_group 'a/b' is not an id"),
        ("[store]", "password_file = 'p'\n[store]", r"broker: password_file 'p' without user; give both or neither"),
        ("[store]", "cert_file = 'c'\n[store]", r"broker: cert_file and key_file belong together"),
        ("[store]", "[limits]\nlot_values = 0\n[store]", r"limits: lot_values 0 is not accepted; use a number above 0"),
        ("[store]", "[limits]\nstop_s = nan\n[store]", r"limits: stop_s nan is not accepted"),
        ("[store]", "[limits]\nlot_values = 'x'\n[store]", r"limits: lot_values: 'x' is not accepted; Expected `int`"),
        ("[store]", "[health]\nport = 70000\n[store]", r"health: port 70000 is not accepted; use 1 to 65535, or 0"),
        ("[store]", "[health]\nhost = '0.0.0.0'\n[store]", r"health: host '0.0.0.0' is not accepted; use 127.0.0.1"),
        ("[store]", "[ledger]\npart = 3\nparts = 2\n[store]", r"ledger: part 3 of parts 2 is not accepted"),
        ("[store]", "[plants]\nknown = ['A']\n[store]", r"plants: known 'A' is not an id"),
        ("[store]", "[stores]", r"key 'stores' unknown; did you mean store"),
    ],
)
def test_what_is_wrong_names_file_key_value_and_what_is_accepted(tmp_path, before, after, says):
    file = written(tmp_path, GOOD.replace(before, after))
    with pytest.raises(SettingsError, match=says) as error:
        load_settings(file)
    assert str(error.value).startswith(f"{file}: ")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "neither duckdb nor influx is given"),
        ('duckdb = "a"\ninflux = "http://h:1"', "both duckdb and influx are given"),
        ('duckdb = "a"\ndatabase = "ä"', "database 'ä' is not accepted"),
        ('duck = "a"', "key 'duck' unknown; did you mean duckdb"),
    ],
)
def test_what_is_wrong_with_the_store_names_the_file_too(tmp_path, line, says):
    file = written(tmp_path, GOOD.replace('duckdb = "readings.duckdb"', line))
    with pytest.raises(SettingsError, match=says) as error:
        store_name(load_settings(file))
    assert str(error.value).startswith(f"{file}: ")


def documented():
    text = (Path(__file__).parents[3] / "docs/settings.md").read_text()
    (block,) = [block for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "lot_wait_ms" in block]
    return block


def test_the_documented_settings_are_accepted_and_its_defaults_are_the_programs(tmp_path):
    settings = load_settings(written(tmp_path, documented()))
    assert (settings.broker.share_group, settings.plants.known) == ("collectors", ("north-mill",))
    assert (settings.limits, settings.health, settings.ledger) == (LimitsTable(), HealthTable(), LedgerTable())


@pytest.mark.parametrize("table", [BrokerTable, LimitsTable, LedgerTable, HealthTable, PlantsTable])
def test_every_key_is_documented(table):
    assert [key for key in table.__struct_fields__ if not re.search(rf"^{key} = ", documented(), re.MULTILINE)] == []
