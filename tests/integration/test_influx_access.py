"""Accounts on a real InfluxDB 1.6 that asks for them; no secret is ever shown."""

import pytest
from contract.readings_samples import KWH, group, plain, query
from influx_server import InfluxServer

from meterproof_core.errors import SettingsError, StoreAccessError
from meterproof_store.influx.checking import Level, check_store
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store

pytestmark = pytest.mark.influxdb
PASSWORD = "not-to-be-shown"


@pytest.fixture(scope="module")
def server(require_program, tmp_path_factory):
    program = require_program("influxd", package="influxdb")
    with InfluxServer(program, tmp_path_factory.mktemp("influx"), auth=True) as running:
        running.make_admin("admin", PASSWORD)
        yield running


@pytest.fixture
def account(server, tmp_path):
    """Return a function that gives settings with a user and a password in a file."""

    def settings(user="admin", password=PASSWORD):
        file = tmp_path / "influx.password"
        file.write_text(f"{password}\n")
        return server.settings(user=user, password_file=str(file))

    return settings


def test_with_the_right_account_everything_works(account):
    settings = account()
    set_up(settings)
    store = open_store(settings)
    store.readings.write([group([1], {KWH: [1.0]})])
    assert plain(store.readings.read(query(0, 9, KWH)))["values"] == {KWH: [1.0]}
    store.close()
    assert PASSWORD not in repr(settings) + repr(store)


@pytest.mark.parametrize("wrong", [{"password": "wr\u00f6ng"}, {"user": "nobody"}])
def test_a_wrong_account_is_turned_away_without_showing_the_password(account, wrong):
    set_up(account())
    for refused in (open_store, set_up):
        with pytest.raises(StoreAccessError, match=r"turned away with 401: authorization failed") as caught:
            refused(account(**wrong))
        assert PASSWORD not in str(caught.value)
    (found,) = [each for each in check_store(account(**wrong), now_ms=lambda: 0) if each.what == "schema"]
    assert (found.level, "turned away with 401" in found.found) == (Level.FAILED, True)


def test_no_account_at_all_is_turned_away(server):
    with pytest.raises(StoreAccessError, match="turned away with 401: unable to parse authentication credentials"):
        open_store(server.settings())


def test_an_account_that_may_only_read_is_turned_away_when_it_writes(server, account):
    set_up(account())
    server.query("CREATE USER reader WITH PASSWORD 'reads'")
    server.query("GRANT READ ON meterproof TO reader")
    store = open_store(account("reader", "reads"))
    with pytest.raises(StoreAccessError, match=r"meterproof/counters: turned away with 403"):
        store.readings.write([group([1], {KWH: [1.0]})])
    store.close()


@pytest.mark.parametrize("content", ["", " \n", "two\nlines"])
def test_a_file_without_a_secret_is_refused_by_name(server, tmp_path, content):
    file = tmp_path / "secret"
    file.write_text(content)
    for settings in (server.settings(token_file=str(file)), server.settings(user="u", password_file=str(file))):
        with pytest.raises(SettingsError, match=r"(token|password)_file .*secret: holds no secret"):
            open_store(settings)


def test_a_file_that_is_not_there_is_refused_by_name(server, tmp_path):
    with pytest.raises(SettingsError, match=r"token_file .*nowhere: cannot be read \(FileNotFoundError\)"):
        open_store(server.settings(token_file=str(tmp_path / "nowhere")))
