"""The demonstration on a real Mosquitto and a real InfluxDB gives the same sum, as the database itself tells it."""

import pytest
from demo_process import plant_of, result_of, run_demo
from influx_server import InfluxServer
from mosquitto_server import MosquittoServer

DAYS = 20
PLANT = "kr-gwangyang-steel"
ENERGY = "energy_import_kwh"


@pytest.fixture(scope="module")
def servers(require_program, tmp_path_factory):
    influxd = require_program("influxd", package="influxdb")
    mosquitto = require_program("mosquitto")
    folder = tmp_path_factory.mktemp("real-servers")
    with InfluxServer(influxd, folder / "influx") as influx, MosquittoServer(mosquitto, folder / "broker") as broker:
        yield influx, broker


@pytest.fixture(scope="module")
def on_real_servers(servers, tmp_path_factory):
    influx, broker = servers
    arguments = ("--days", str(DAYS), "--influx", influx.url, "--broker", broker.url)
    return result_of(run_demo(tmp_path_factory.mktemp("demo"), *arguments))


@pytest.mark.influxdb
@pytest.mark.mosquitto
def test_real_servers_give_the_sum_of_the_embedded_ones_to_the_last_digit(on_real_servers, tmp_path):
    embedded = result_of(run_demo(tmp_path, "--days", str(DAYS)))
    for told in ("energy_kwh", "readings_polled", "readings_stored", "intervals", "spans", "completeness"):
        assert on_real_servers[told] == embedded[told]
    assert on_real_servers["readings_polled"] == on_real_servers["readings_stored"] > 15_000


@pytest.mark.influxdb
@pytest.mark.mosquitto
def test_statements_are_issued_from_a_real_database_too(on_real_servers):
    assert [statement["status"] for statement in on_real_servers["statements"]] == ["not_claimable"] * 3


@pytest.mark.influxdb
@pytest.mark.mosquitto
def test_the_database_itself_tells_the_same_counts_and_sums(on_real_servers, servers):
    influx, _ = servers
    (counted,) = influx.query(f"SELECT count({ENERGY}) FROM counters.readings WHERE plant='{PLANT}'", "meterproof_demo")
    assert counted["count"] == plant_of(on_real_servers, PLANT)["readings_stored"]
    where = f"plant='{PLANT}' AND quantity='{ENERGY}' AND state > 0 AND time >= '2017-12-31T15:00:00Z'"
    asked = f"SELECT sum(amount) AS total, count(amount) AS number FROM counters.intervals WHERE {where}"
    (told,) = influx.query(asked, "meterproof_demo")
    assert told["number"] == plant_of(on_real_servers, PLANT)["intervals"] == DAYS * 96
    assert told["total"] == pytest.approx(on_real_servers["energy_kwh"][PLANT], abs=1e-6)
