"""The road of influxdb-client, ``/api/v2/write``, on a real server that speaks it: Debian's VictoriaMetrics.

It keeps numbers only and speaks no InfluxQL, so the numbers are read back by its own interface.
"""

import json
import subprocess
import threading
import urllib.parse
import urllib.request

import pytest
from contract.readings_samples import KW, KWH, group
from influx_server import free_ports

from meterproof_core.errors import StoreAccessError, StoreError, StoreRefusedError
from meterproof_core.faults import NoFaults
from meterproof_store.influx.opening import link_to
from meterproof_store.influx.readings import InfluxReadings
from meterproof_store.influx.roads import SecondRoad
from meterproof_store.influx.schema import Policy
from meterproof_store.influx.sending import Sender
from meterproof_store.settings import StoreSettings

pytestmark = pytest.mark.victoriametrics
START_MS = 1_700_000_000_000
_UP_S = 30


@pytest.fixture(scope="module")
def server(require_program, tmp_path_factory):
    """Give the address of a running VictoriaMetrics."""
    program = require_program("victoria-metrics")
    (port,) = free_ports(1)
    command = [
        program,
        f"-storageDataPath={tmp_path_factory.mktemp('victoria')}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=100y",
        "-influx.maxLineSize=10000",
    ]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until_it_answers(url, process)
            yield url
        finally:
            process.kill()


def wait_until_it_answers(url, process):
    pause = threading.Event()
    for _ in range(_UP_S * 20):
        try:
            urllib.request.urlopen(f"{url}/health", timeout=5).close()
        except OSError:
            assert process.poll() is None, "victoria-metrics did not come up"
            pause.wait(0.05)
        else:
            return
    pytest.fail("victoria-metrics did not come up")


def exported(url, plant):
    """Return the samples of a plant as (point, field, instant, value), read back by the server's own interface."""
    urllib.request.urlopen(f"{url}/internal/force_flush", timeout=30).close()
    matching = urllib.parse.urlencode({"match[]": f'{{plant="{plant}"}}'})
    with urllib.request.urlopen(f"{url}/api/v1/export?{matching}", timeout=30) as answer:
        series = [json.loads(line) for line in answer.read().splitlines()]
    return sorted(
        (each["metric"]["point"], each["metric"]["__name__"].removeprefix("readings_"), at, value)
        for each in series
        for at, value in zip(each["timestamps"], each["values"], strict=True)
    )


@pytest.fixture
def link(server):
    opened = link_to(StoreSettings(influx=server), None)
    yield opened
    opened.close()


def test_a_server_that_does_not_say_what_it_is_is_written_to_through_influxdb_client(link):
    assert isinstance(link.road, SecondRoad)


def test_numbers_written_through_influxdb_client_are_there(server, link):
    sender = Sender(link.road, "victoria", NoFaults())
    t = [START_MS + second * 1000 for second in range(50)]
    kwh, kw = [n + 0.125 for n in range(50)], [-1.5 * n for n in range(50)]
    InfluxReadings(link.asker, sender).write([group(t, {KWH: kwh, KW: kw}, raw={KWH: list(range(50))})])
    sender.close()
    found = exported(server, "works")
    assert [(at, value) for _, name, at, value in found if name == KWH] == list(zip(t, kwh, strict=True))
    assert [(at, value) for _, name, at, value in found if name == KW] == list(zip(t, kw, strict=True))
    assert [value for _, name, _, value in found if name == f"{KWH}__raw_i"] == list(range(50))


@pytest.mark.parametrize("precision", ["ms", "ns"])
def test_an_instant_is_of_the_unit_that_is_said(server, link, precision):
    at = START_MS * (1 if precision == "ms" else 1_000_000)
    answer = link.road.post(Policy.GAUGES, f"readings,plant=mill-{precision},point=x v=1 {at}".encode(), precision)
    assert answer.status == 204
    assert [row[2] for row in exported(server, f"mill-{precision}")] == [START_MS]


def test_an_answer_of_a_refusal_comes_with_its_status_and_text(link, monkeypatch):
    monkeypatch.setattr(link.road._client.api_client.configuration, "host", f"{link.transport.url}/nowhere")
    answer = link.road.post(Policy.GAUGES, b"readings v=1", "ms")
    assert answer.status == 400
    assert b"unsupported path requested" in answer.body
    with pytest.raises(StoreRefusedError, match=r"refused with 400: .*unsupported path"):
        Sender(link.road, "victoria", NoFaults()).send([(Policy.GAUGES, b"readings v=1")])


def test_a_server_that_is_gone_is_an_error_to_try_again():
    (port,) = free_ports(1)
    gone = StoreSettings(influx=f"http://127.0.0.1:{port}", timeout_s=2)
    with pytest.raises(StoreError, match="GET /ping failed"):
        link_to(gone, None)


def test_a_server_that_goes_away_under_way_is_an_error_to_try_again(link, monkeypatch):
    (port,) = free_ports(1)
    monkeypatch.setattr(link.road._client.api_client.configuration, "host", f"http://127.0.0.1:{port}")
    with pytest.raises(StoreError, match="POST /api/v2/write failed") as caught:
        link.road.post(Policy.GAUGES, b"readings v=1", "ms")
    assert not isinstance(caught.value, StoreAccessError)
