"""Making a store on a real InfluxDB 1.6 and checking it, by command."""

import json

import pytest
from influx_server import InfluxServer
from typer.testing import CliRunner

from meterproof.cli_store import app
from meterproof_store.influx.checking import Level, check_store
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store
from meterproof_store.settings import StoreSettings

pytestmark = pytest.mark.influxdb


@pytest.fixture(scope="module")
def server(require_program, tmp_path_factory):
    program = require_program("influxd", package="influxdb")
    with InfluxServer(program, tmp_path_factory.mktemp("influx")) as running:
        yield running


@pytest.fixture
def database(request):
    return f"test-{abs(hash(request.node.nodeid))}"


def run(*arguments):
    return CliRunner().invoke(app, arguments)


def told(arguments):
    return {row["what"]: row for row in json.loads(run(*arguments, "--json").output)}


def policies(server, database):
    return {row["name"]: row["duration"] for row in server.query(f'SHOW RETENTION POLICIES ON "{database}"')}


def test_setting_up_makes_what_is_missing_and_nothing_the_second_time(server, database):
    arguments = ["setup", "--influx", server.url, "--database", database]
    assert {row["done"] for row in told(arguments).values()} == {"made"}
    held = policies(server, database)
    assert (held["counters"], held["gauges"]) == ("0s", "2160h0m0s")
    assert {row["done"] for row in told(arguments).values()} == {"was there"}
    assert policies(server, database) == held
    open_store(StoreSettings(influx=server.url, database=database)).close()


def test_retention_is_lengthened_and_never_shortened(server, database):
    def gauges(days):
        set_up(server.settings(database, gauge_days=days))
        return policies(server, database)["gauges"]

    assert [gauges(days) for days in (30, 60, 7, 0, 30)] == ["720h0m0s", "1440h0m0s", "1440h0m0s", "0s", "0s"]


def test_a_check_of_what_was_set_up_finds_nothing_wrong(server, database, tmp_path):
    settings = tmp_path / "collector.toml"
    settings.write_text(f'name = "c1"\n[store]\ninflux = "{server.url}"\ndatabase = "{database}"\n')
    assert run("setup", str(settings)).exit_code == 0
    done = run("check", str(settings))
    assert (done.exit_code, "failed" in done.output, "InfluxDB 1.6.7" in done.output) == (0, False, True)
    assert set(told(["check", str(settings)])) == {
        "server", "schema", "retention of counters", "retention of gauges", "probe of counters", "probe of gauges", "clock",
    }  # fmt: skip


def test_a_check_before_setting_up_names_the_command(server, database):
    done = run("check", "--influx", server.url, "--database", database)
    assert (done.exit_code, "meterproof store setup" in " ".join(done.output.split())) == (1, True)


def test_a_check_finds_a_policy_that_is_gone_or_too_short(server, database):
    set_up(server.settings(database, gauge_days=90))
    server.query(f'ALTER RETENTION POLICY counters ON "{database}" DURATION 30d')
    server.query(f'DROP RETENTION POLICY gauges ON "{database}"')
    found = {each.what: each for each in check_store(server.settings(database, gauge_days=90), now_ms=now)}
    assert found["retention of counters"].level is Level.FAILED
    assert "kept 30 d; for good wanted" in found["retention of counters"].found
    assert "is not there" in found["retention of gauges"].found
    assert "retention policy not found" in found["probe of gauges"].found


def test_gauges_that_are_kept_shorter_than_wanted_are_a_warning(server, database):
    set_up(server.settings(database, gauge_days=30))
    found = {each.what: each.level for each in check_store(server.settings(database, gauge_days=90), now_ms=now)}
    assert found["retention of gauges"] is Level.WARNING
    assert found["retention of counters"] is Level.OK


def now():
    """Return a time at which a probe is not older than any retention, far ahead of the server's clock."""
    return 4_102_444_800_000


def test_a_clock_that_is_wrong_is_found(server, database):
    set_up(server.settings(database))
    (clock,) = [each for each in check_store(server.settings(database), now_ms=now) if each.what == "clock"]
    assert (clock.level, "behind ours (2100-01-01T00:00:00+00:00); put it right" in clock.found) == (
        Level.WARNING,
        True,
    )


def test_a_server_that_is_not_there_is_a_finding():
    (found,) = check_store(StoreSettings(influx="http://127.0.0.1:9", timeout_s=2), now_ms=now)
    assert (found.what, found.level, "GET /ping failed" in found.found) == ("server", Level.FAILED, True)


def test_a_probe_that_cannot_be_read_back_is_found(server, database):
    set_up(server.settings(database))
    server.write("meterproof_probe written_ms=1i 4999999999999000000", database, "counters")
    found = {each.what: each for each in check_store(server.settings(database), now_ms=now)}
    assert found["probe of counters"].level is Level.FAILED
    assert f"wrote {now()}, read back 1" in found["probe of counters"].found


def test_a_later_layout_is_found(server, database):
    set_up(server.settings(database))
    server.write("meterproof_schema version=2i 1", database, "counters")
    (schema,) = [each for each in check_store(server.settings(database), now_ms=now) if each.what == "schema"]
    assert (schema.level, "use a newer meterproof" in schema.found) == (Level.FAILED, True)


def test_a_duckdb_file_is_made_and_checked_too(tmp_path):
    settings = tmp_path / "api.toml"
    settings.write_text('[store]\nduckdb = "readings.duckdb"\n')
    assert (run("check", str(settings)).exit_code, run("setup", str(settings)).exit_code) == (1, 0)
    assert "0 rows of readings" in run("check", str(settings)).output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["check"], 2, "name a settings file"),
        (["setup", "nowhere.toml"], 2, "cannot be read"),
        (["setup", "--influx", "ftp://x"], 2, "use http://host:port"),
        (["setup", "--influx", "http://127.0.0.1:9"], 1, "GET /ping failed"),
    ],
)
def test_a_wrong_call_is_one_line_and_an_exit_code(arguments, code, said):
    done = run(*arguments)
    assert (done.exit_code, said in done.output, done.output.count("\n")) == (code, True, 1)
