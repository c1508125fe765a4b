"""The publisher on a real Mosquitto: both versions of MQTT, what a broker grants and refuses, and one that is killed."""

import json
import signal
import subprocess
import sys
from itertools import pairwise

import pytest
from mosquitto_server import ANONYMOUS, DEFAULT_QUEUES, MosquittoServer
from publishing import publishing
from receipting import StandIn, stored
from spooling import everything, fill, group, open_roomy, sound
from wire_tap import WireTap

from meterproof_core.broker_address import parse_broker
from meterproof_core.broker_connection import BrokerAccess
from meterproof_core.wire import ClockState, MessageKind
from meterproof_edge.broker_link import Letter
from meterproof_edge.mailbox import Mailbox
from meterproof_edge.mqtt.paho_link import LinkSettings, PahoLink
from meterproof_edge.outbox import FlowPolicy

pytestmark = pytest.mark.mosquitto
_TIMEOUT_S = 30.0


@pytest.fixture
def spool(tmp_path):
    spool = open_roomy(tmp_path / "spool.db")
    yield spool
    spool.close()


@pytest.fixture
def broker_of(require_program, tmp_path):
    """Return a function that makes a Mosquitto of some lines of settings."""
    program = require_program("mosquitto")
    return lambda *lines: MosquittoServer(program, tmp_path / "broker", lines or ANONYMOUS)


def until(publisher, holds):
    with publisher._progress:
        return publisher._progress.wait_for(lambda: holds(publisher.stats()), _TIMEOUT_S)


@pytest.mark.parametrize("mqtt5", [False, True, None], ids=["MQTT 3.1.1", "MQTT 5", "whatever the broker speaks"])
def test_everything_arrives_and_the_receipts_empty_the_spool(spool, broker_of, mqtt5):
    fill(spool, 300)
    given = [sound(message) for message in everything(spool)]
    with broker_of() as broker, StandIn(broker.url) as collector:
        with publishing(spool, broker.url, mqtt5=mqtt5, policy=FlowPolicy()) as publisher:
            assert publisher.wait_until_empty(_TIMEOUT_S)
        assert collector.of(MessageKind.READINGS) == given
        assert ("p2" if mqtt5 is False else "p5") in broker.log().split("meterproof-edge-test (")[1]


@pytest.mark.parametrize("mqtt5", [False, True], ids=["MQTT 3.1.1", "MQTT 5"])
def test_a_broker_that_is_killed_and_comes_back_empty_loses_nothing(spool, broker_of, mqtt5):
    fill(spool, 40)
    with (
        broker_of(*DEFAULT_QUEUES) as broker,
        StandIn(broker.url, lambda batch: stored(batch) if batch.seq % 2 else None) as odd,
        publishing(spool, broker.url, mqtt5=mqtt5) as publisher,
    ):
        assert publisher.wait_until_at_most(20, _TIMEOUT_S)
        broker.kill()
        broker.wipe()
        odd.answer = stored
        broker.start()
        assert publisher.wait_until_empty(_TIMEOUT_S)
        assert set(odd.seqs()) == set(range(1, 41))


def test_a_broker_that_wants_few_messages_on_the_way_gets_no_more(spool, broker_of):
    fill(spool, 200)
    with broker_of(*ANONYMOUS, "max_inflight_messages 3") as broker, StandIn(broker.url) as collector:
        with WireTap(broker.port) as tap, publishing(spool, tap.url, mqtt5=True, policy=FlowPolicy()) as publisher:
            assert publisher.wait_until_empty(_TIMEOUT_S)
            assert tap.connections == 2  # the first was made for twenty
        assert collector.seqs() == list(range(1, 201))
        assert "receive maximum" not in broker.log().lower()


def test_a_batch_longer_than_the_broker_takes_is_held_back_told_and_does_not_stop_the_others(spool, broker_of, caplog):
    fill(spool, 3)
    spool.append([[group(10**6, 2000)]], config="c", clock_state=ClockState.SYNCED)
    fill(spool, 3, start_ms=10**8)
    with broker_of(*ANONYMOUS, "max_packet_size 20000") as broker, StandIn(broker.url) as collector:
        with publishing(spool, broker.url, mqtt5=True) as publisher:
            assert publisher.wait_until_at_most(1, _TIMEOUT_S)
            assert [message.seq for message in everything(spool)] == [4]
            assert publisher.stats().connected
        assert set(collector.seqs()) == {1, 2, 3, 5, 6, 7}
    assert caplog.text.count("the broker takes packets of at most 20000 bytes") == 1


def test_while_nobody_listens_every_batch_is_kept_and_that_is_counted_and_told(spool, broker_of, caplog):
    fill(spool, 10)
    with broker_of() as broker, publishing(spool, broker.url, mqtt5=True) as publisher:
        assert until(publisher, lambda stats: stats.unheard >= 10)
        assert spool.counts().waiting == 10
        assert caplog.text.count("nobody listens at the broker") == 1
        with StandIn(broker.url):
            assert publisher.wait_until_empty(_TIMEOUT_S)


def test_a_broker_that_refuses_our_topic_is_told_once_and_nothing_is_lost(spool, broker_of, tmp_path, caplog):
    fill(spool, 5)
    rules = tmp_path / "acl"
    rules.write_text("topic read #\ntopic write meterproof/v1/+/+/status\n")
    rules.chmod(0o600)
    with broker_of(*ANONYMOUS, f"acl_file {rules}") as broker, publishing(spool, broker.url, mqtt5=True) as publisher:
        assert until(publisher, lambda stats: stats.refused >= 10)
        assert publisher.stats().acknowledged == 0
        assert spool.counts().waiting == 5
        assert caplog.text.count("the broker does not take what we publish: Not authorized") == 1
        rules.write_text("topic readwrite #\n")
        broker.reload()
        with StandIn(broker.url):
            assert publisher.wait_until_empty(_TIMEOUT_S)


def test_two_agents_with_one_name_are_told_apart_from_a_bad_line_even_where_the_broker_is_silent(
    spool, broker_of, caplog
):
    with broker_of() as broker, publishing(spool, broker.url, mqtt5=True) as publisher:
        assert publisher.wait_until_connected(_TIMEOUT_S)
        twin = PahoLink(BrokerAccess(parse_broker(broker.url)), "meterproof-edge-test", LinkSettings(0.2))
        twin.start(Mailbox(), subscribe="meterproof/v1/p/g/receipts", will=Letter("meterproof/v1/p/g/status", b""))
        assert until(publisher, lambda stats: stats.taken_over >= 1)
        twin.stop()
        assert publisher.wait_until_connected(_TIMEOUT_S)
    assert any(
        "another client has our id" in record.message for record in caplog.records if record.levelname == "ERROR"
    )


def test_a_path_that_vanishes_without_a_word_is_noticed_on_both_sides_and_the_link_connects_again(spool, broker_of):
    fill(spool, 10)
    answered = {}
    with (
        broker_of() as broker,
        StandIn(broker.url, lambda batch: answered.get("now") and stored(batch)) as collector,
        WireTap(broker.port) as tap,
        publishing(spool, tap.url, mqtt5=True, keepalive_s=3) as publisher,
    ):
        assert collector.wait_for(lambda seen: len(set(seen.seqs())) == 10)
        tap.swallow()
        answered["now"] = True
        assert publisher.wait_until_empty(_TIMEOUT_S)
        assert tap.connections == 2
        assert collector.wait_for(lambda seen: len(seen.of(MessageKind.STATUS)) >= 2)


def test_a_host_that_nobody_knows_is_named_and_tried_again(spool, caplog):
    with publishing(spool, "mqtt://no-such-host.invalid:1883") as publisher:
        assert until(publisher, lambda stats: "the name no-such-host.invalid is not known" in stats.trouble)
        assert not publisher.stats().connected
    assert caplog.text.count("is not reached (the name no-such-host.invalid is not known") == 1


_CHILD = """
import json, sys
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[3])
from publishing import publishing
from spooling import open_roomy
with publishing(open_roomy(Path(sys.argv[1])), sys.argv[2], mqtt5=True) as publisher:
    sys.stdin.read()
"""


def test_a_gateway_that_dies_is_reported_by_its_will(spool, broker_of, tmp_path):
    spool.close()
    with broker_of() as broker, StandIn(broker.url) as collector:
        arguments = [sys.executable, "-c", _CHILD, tmp_path / "spool.db", broker.url, json.dumps(sys.path)]
        with subprocess.Popen(arguments, stdin=subprocess.PIPE) as gateway:
            assert collector.wait_for(lambda seen: seen.of(MessageKind.STATUS))
            gateway.send_signal(signal.SIGKILL)
            assert collector.wait_for(lambda seen: len(seen.of(MessageKind.STATUS)) == 2)
        here, gone = collector.of(MessageKind.STATUS)
    assert (here.online, gone.online) == (True, False)
    assert gone.stream == here.stream


def test_after_a_stop_no_will_is_sent(spool, broker_of):
    with broker_of() as broker, StandIn(broker.url) as collector:
        for _ in range(2):
            with publishing(spool, broker.url, mqtt5=True) as publisher:
                assert publisher.wait_until_connected(_TIMEOUT_S)
        assert collector.wait_for(lambda seen: len(seen.of(MessageKind.STATUS)) >= 4)
        states = [status.online for status in collector.of(MessageKind.STATUS)]
    assert states == [True, False, True, False]
    assert all(one != other for one, other in pairwise(states))
