"""The [store] table: what is accepted, what is refused and by which name; and what an opened store is."""

import pytest

from meterproof_core.errors import SettingsError
from meterproof_store.opened import open_store
from meterproof_store.settings import StoreSettings, check_store_settings, load_store_settings


def load(tmp_path, text):
    file = tmp_path / "service.toml"
    file.write_text(text)
    return load_store_settings(file)


def test_paths_count_from_the_file(tmp_path):
    duck = load(tmp_path, 'name = "c1"\n[store]\nduckdb = "data/readings.duckdb"\n')
    assert duck.duckdb == str(tmp_path / "data/readings.duckdb")
    influx = load(
        tmp_path,
        '[store]\ninflux = "https://db:8086"\nuser = "u"\npassword_file = "p"\ntoken_file = "/t"\nca_file = "ca.pem"\n',
    )
    assert influx.password_file == str(tmp_path / "p")
    assert (influx.token_file, influx.ca_file) == ("/t", str(tmp_path / "ca.pem"))
    assert (influx.database, influx.org, influx.timeout_s, influx.gauge_days) == ("meterproof", "-", 10.0, 90)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"no \[store\] table"),
        ("[store", "not TOML"),
        ("[store]", "neither duckdb nor influx is given"),
        ('[store]\nduckdb = "a"\ninflux = "http://b"', "both duckdb and influx are given"),
        ('[store]\nduck = "a"', "unknown field `duck`"),
        ("[store]\nduckdb = 5", r"Expected `str \| null`, got `int` - at `\$.duckdb`"),
        ('[store]\ninflux = "db:8086"', "influx 'db:8086' is not an address; use http://host:port"),
        ('[store]\ninflux = "http://"', "is not an address"),
        ('[store]\ninflux = "http://db:x"', "is not an address"),
        ('[store]\ninflux = "http://db?x=1"', "is not an address"),
        ('[store]\ninflux = "http://db"\ndatabase = "a/b"', "database 'a/b' is not accepted"),
        ('[store]\ninflux = "http://db"\ndatabase = ""', "database '' is not accepted"),
        ('[store]\ninflux = "http://db"\nuser = "u"', "user 'u' without password_file"),
        ('[store]\ninflux = "http://db"\npassword_file = "p"', "password_file .* without user"),
        ('[store]\ninflux = "http://db"\ntimeout_s = 0', "timeout_s 0.0 is not accepted; use above 0 to 600"),
        ('[store]\ninflux = "http://db"\ntimeout_s = 601', "timeout_s 601.0 is not accepted"),
        ('[store]\ninflux = "http://db"\ngauge_days = -1', "gauge_days -1 is negative"),
    ],
)
def test_what_makes_no_sense_is_refused_by_file_key_and_value(tmp_path, text, said):
    with pytest.raises(SettingsError, match=rf"service.toml: .*{said}"):
        load(tmp_path, text)


def test_an_account_in_the_address_is_refused_without_repeating_it():
    with pytest.raises(SettingsError, match="names an account in the address of db; use user") as caught:
        check_store_settings(StoreSettings(influx="http://u:hidden@db:8086"))
    assert "hidden" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        load_store_settings(tmp_path / "nowhere.toml")


def test_a_duckdb_file_is_opened_as_the_three_ports(tmp_path):
    store = open_store(StoreSettings(duckdb=str(tmp_path / "readings.duckdb")))
    assert (list(store.readings.extents()), list(store.intervals.series()), list(store.journal.read([]))) == (
        [],
        [],
        [],
    )
    store.close()


def test_nothing_is_opened_by_settings_that_make_no_sense():
    with pytest.raises(SettingsError, match="neither duckdb nor influx"):
        open_store(StoreSettings())
