"""The publisher on a real Mosquitto: both versions of MQTT, the will, and a broker that is killed."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from publishing import publishing
from receipting import StandIn, stored
from spooling import everything, fill, open_roomy, sound

from meterproof.broker.embedded import free_port
from meterproof_core.wire import MessageKind
from meterproof_edge.mqtt.paho_link import LinkSettings
from meterproof_edge.outbox import FlowPolicy

pytestmark = pytest.mark.mosquitto
_TIMEOUT_S = 30.0


@pytest.fixture
def spool(tmp_path):
    spool = open_roomy(tmp_path / "spool.db")
    yield spool
    spool.close()


@pytest.fixture
def start_mosquitto(require_program, tmp_path):
    """Return a function that runs Mosquitto on a port and gives its process once it takes connections."""
    program = require_program("mosquitto")

    @contextmanager
    def start(port: int) -> Iterator[subprocess.Popen[str]]:
        settings = tmp_path / f"mosquitto-{port}.conf"
        settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        with subprocess.Popen([program, "-c", settings], stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            try:
                assert any(" running" in line for line in process.stderr)
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                yield process
            finally:
                process.kill()

    return start


@pytest.mark.parametrize("mqtt5", [False, True], ids=["MQTT 3.1.1", "MQTT 5"])
def test_everything_arrives_and_the_receipts_empty_the_spool(spool, start_mosquitto, mqtt5):
    port = free_port()
    fill(spool, 300)
    given = [sound(message) for message in everything(spool)]
    link = LinkSettings(mqtt5=mqtt5, reconnect_max_s=1)
    with start_mosquitto(port), StandIn(f"mqtt://127.0.0.1:{port}") as collector:
        with publishing(spool, f"mqtt://127.0.0.1:{port}", link=link, policy=FlowPolicy()) as publisher:
            assert publisher.wait_until_empty(_TIMEOUT_S)
        assert collector.of(MessageKind.READINGS) == given


def test_a_broker_that_is_killed_and_comes_back_empty_loses_nothing(spool, start_mosquitto):
    port = free_port()
    url = f"mqtt://127.0.0.1:{port}"
    fill(spool, 40)
    with (
        start_mosquitto(port) as first,
        StandIn(url, lambda batch: stored(batch) if batch.seq % 2 else None) as odd,
        publishing(spool, url) as publisher,
    ):
        assert publisher.wait_until_at_most(20, _TIMEOUT_S)
        first.send_signal(signal.SIGKILL)
        first.wait()
        odd.answer = stored
        with start_mosquitto(port):
            assert publisher.wait_until_empty(_TIMEOUT_S)
            assert set(odd.seqs()) == set(range(1, 41))


_CHILD = """
import sys
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[3])
from publishing import publishing
from spooling import open_roomy
with publishing(open_roomy(Path(sys.argv[1])), sys.argv[2]) as publisher:
    sys.stdin.read()
""".replace("import sys\n", "import json, sys\n", 1)


def test_a_gateway_that_dies_is_reported_by_its_will(spool, start_mosquitto, tmp_path):
    port = free_port()
    url = f"mqtt://127.0.0.1:{port}"
    spool.close()
    arguments = [sys.executable, "-c", _CHILD, tmp_path / "spool.db", url, json.dumps(sys.path)]
    with start_mosquitto(port), StandIn(url) as collector:
        with subprocess.Popen(arguments, stdin=subprocess.PIPE) as gateway:
            assert collector.wait_for(lambda seen: seen.of(MessageKind.STATUS))
            gateway.send_signal(signal.SIGKILL)
            assert collector.wait_for(lambda seen: len(seen.of(MessageKind.STATUS)) == 2)
        here, gone = collector.of(MessageKind.STATUS)
    assert (here.online, gone.online) == (True, False)
    assert gone.stream == here.stream
