"""The collector's source on a real Mosquitto: what it takes at a time, what it acknowledges, and what it shares."""

import json
import queue
import subprocess
import sys
import threading
from collections import Counter

import pytest
from mosquitto_server import ANONYMOUS, DEFAULT_QUEUES, MosquittoServer
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from patience import eventually
from publishing import publishing
from receipting import StandIn
from spooling import fill, open_roomy
from wire_tap import WireTap

from meterproof_collector.messages.intake import Delivered
from meterproof_collector.mqtt.paho_source import PahoSource
from meterproof_core.wire import MessageKind, Meters, Receipt, Topic, decode, encode, parse_topic
from meterproof_edge.outbox import FlowPolicy

pytestmark = pytest.mark.mosquitto
_TIMEOUT_S = 30.0
_READINGS = "meterproof/v1/mill/g{}/readings"


@pytest.fixture
def broker(require_program, tmp_path):
    with MosquittoServer(require_program("mosquitto"), tmp_path / "broker", ANONYMOUS) as broker:
        yield broker


@pytest.fixture
def publish(broker):
    """Return a function that publishes numbers as readings of a gateway."""
    client = Client(CallbackAPIVersion.VERSION2, "a-gateway", protocol=MQTTv5)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()

    def some(numbers, gateway=1, *, topic=None, retain=False):
        for number in numbers:
            sent = client.publish(topic or _READINGS.format(gateway), str(number), qos=1, retain=retain)
            sent.wait_for_publish(_TIMEOUT_S)

    yield some
    client.disconnect()
    client.loop_stop()


class Taking:
    """A source that runs, and what it delivered; it acknowledges only when told to."""

    def __init__(self, url, client_id="collector-1", **more):
        self.delivered: queue.Queue[Delivered] = queue.Queue()
        self.source = PahoSource(url, client_id, reconnect_max_s=0.1, **more)

    def __enter__(self):
        self.source.start(self.delivered.put)
        assert eventually(lambda: self.source.connected)
        return self

    def __exit__(self, *_):
        self.source.stop()

    def take(self, count):
        return [self.delivered.get(timeout=_TIMEOUT_S) for _ in range(count)]

    def numbers(self, count):
        return [int(one.payload) for one in self.take(count)]


@pytest.mark.parametrize("mqtt5", [True, False, None])
def test_what_is_published_is_delivered_in_order(broker, publish, mqtt5):
    with Taking(broker.url, mqtt5=mqtt5) as taking:
        publish(range(10))
        assert taking.numbers(10) == list(range(10))


def test_while_nothing_is_acknowledged_no_more_is_delivered_than_was_asked_for(broker, publish):
    with Taking(broker.url, receive_maximum=10) as taking:
        publish(range(30))
        first = taking.take(10)
        with pytest.raises(queue.Empty):
            taking.delivered.get(timeout=0.3)
        taking.source.acknowledge(first)
        assert taking.numbers(20) == list(range(10, 30))  # Mosquitto 2.0.11 sends ten more for each one acknowledged


def test_a_store_that_stalls_longer_than_the_broker_waits_costs_a_connection_and_nothing_else(broker, tmp_path):
    spool = open_roomy(tmp_path / "spool.db")
    fill(spool, 100)
    store_works = threading.Event()
    source = PahoSource(broker.url, "collector-1", keepalive_s=2, reconnect_max_s=0.1)

    def take(delivered):
        topic = parse_topic(delivered.topic)
        if topic.kind is MessageKind.READINGS:
            store_works.wait(_TIMEOUT_S)
            batch = decode(topic.kind, delivered.payload)
            receipt = Receipt(1, batch.stream, [(batch.seq, batch.seq)])
            source.publish(Topic(topic.plant, topic.gateway, MessageKind.RECEIPTS), receipt)
        source.acknowledge([delivered])

    source.start(take)
    assert eventually(lambda: source.connected)
    with publishing(spool, broker.url, mqtt5=True) as publisher:
        assert broker.wait_for_log("collector-1 has exceeded timeout")
        store_works.set()
        assert publisher.wait_until_empty(_TIMEOUT_S)
        assert source.counts.connects >= 2
    source.stop()
    spool.close()


def test_an_error_in_what_takes_messages_is_told_and_the_next_one_is_delivered(broker, publish, caplog):
    seen: queue.Queue[bytes] = queue.Queue()

    def take(delivered):
        if delivered.payload == b"0":
            raise ZeroDivisionError("oops")
        seen.put(delivered.payload)

    source = PahoSource(broker.url, "collector-1")
    source.start(take)
    assert eventually(lambda: source.connected)
    publish(range(3))
    assert [seen.get(timeout=_TIMEOUT_S) for _ in range(2)] == [b"1", b"2"]
    source.stop()
    assert "callback _on_message failed" in caplog.text


def test_an_acknowledgement_of_an_earlier_connection_is_not_passed_to_the_next_one(broker, publish):
    with WireTap(broker.port) as tap, Taking(tap.url, receive_maximum=5) as taking:
        publish(range(5))
        stale = taking.take(5)
        tap.cut()
        assert eventually(lambda: tap.connections == 2 and taking.source.connected)
        publish(range(10, 20))
        assert len(taking.take(5)) == 5  # the same numbers of packets as the stale ones
        taking.source.acknowledge(stale)
        with pytest.raises(queue.Empty):
            taking.delivered.get(timeout=0.3)


def test_a_receipt_reaches_its_gateway_from_whichever_collector_gives_it(broker):
    with StandIn(broker.url, lambda _: None) as gateway, Taking(broker.url) as one:
        gateway._client.subscribe("meterproof/v1/+/+/receipts", qos=1)
        topic = parse_topic("meterproof/v1/mill/g1/receipts")
        with Taking(broker.url, "collector-2") as other:
            one.source.publish(topic, Receipt(1, "s", [(1, 1)]))
            other.source.publish(topic, Receipt(1, "s", [(2, 2)]))
            assert gateway.wait_for(lambda seen: len(seen.of(MessageKind.RECEIPTS)) == 2)


def test_two_collectors_of_one_share_group_split_readings_and_each_gets_every_configuration(broker, publish):
    meters = encode(Meters(1, "c", [])).decode()
    publish([meters], topic="meterproof/v1/mill/g0/meters", retain=True)
    with Taking(broker.url, share_group="all") as one, Taking(broker.url, "collector-2", share_group="all") as other:
        for taking in (one, other):
            (retained,) = taking.take(1)
            assert decode(MessageKind.METERS, retained.payload) == Meters(1, "c", [])
        publish(range(200))
        assert eventually(lambda: one.delivered.qsize() + other.delivered.qsize() == 200)
        shares = [taking.numbers(taking.delivered.qsize()) for taking in (one, other)]
    assert sorted(shares[0] + shares[1]) == list(range(200))
    assert min(len(share) for share in shares) > 60


def test_a_collector_that_wakes_up_to_a_path_that_vanished_notices_and_connects_again(broker, publish):
    with WireTap(broker.port) as tap, Taking(tap.url, keepalive_s=3) as taking:
        tap.swallow()
        assert eventually(lambda: tap.connections == 2 and taking.source.connected)
        assert broker.wait_for_log("collector-1 already connected") or broker.wait_for_log("exceeded timeout")
        publish([7])
        assert taking.numbers(1) == [7]
        assert taking.source.counts.connects == 2


def test_a_broker_that_is_killed_is_found_again(broker):
    with Taking(broker.url) as taking:
        broker.kill()
        assert eventually(lambda: not taking.source.connected)
        broker.start()
        assert eventually(lambda: taking.source.connected)


_COLLECTOR = """
import json, sys
sys.path[:0] = json.loads(sys.argv[3])
from meterproof_collector.mqtt.paho_source import PahoSource
from meterproof_core.wire import MessageKind, Receipt, Topic, decode, parse_topic
source = PahoSource(sys.argv[1], sys.argv[2], share_group="all", reconnect_max_s=0.1)
def take(delivered):
    topic = parse_topic(delivered.topic)
    if topic.kind is MessageKind.READINGS:
        batch = decode(topic.kind, delivered.payload)
        print(batch.seq, flush=True)
        receipt = Receipt(1, batch.stream, [(batch.seq, batch.seq)])
        source.publish(Topic(topic.plant, topic.gateway, MessageKind.RECEIPTS), receipt)
    source.acknowledge([delivered])
source.start(take)
sys.stdin.read()
"""


def test_one_of_two_collectors_is_killed_and_the_receipts_leave_nothing_out(require_program, tmp_path):
    spool = open_roomy(tmp_path / "spool.db")
    fill(spool, 400)
    program = require_program("mosquitto")
    with MosquittoServer(program, tmp_path / "broker", DEFAULT_QUEUES) as broker:
        children = [
            subprocess.Popen(
                [sys.executable, "-c", _COLLECTOR, broker.url, name, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for name in ("collector-1", "collector-2")
        ]
        try:
            assert broker.wait_for_log("as collector-1")
            assert broker.wait_for_log("as collector-2")
            with publishing(spool, broker.url, mqtt5=True, policy=FlowPolicy(first_wait_s=0.5)) as publisher:
                seen = [int(children[0].stdout.readline()) for _ in range(20)]
                children[0].kill()
                assert publisher.wait_until_empty(_TIMEOUT_S)
            seen += [int(line) for line in children[0].stdout]
            children[1].stdin.close()
            others = [int(line) for line in children[1].stdout]
        finally:
            for child in children:
                child.kill()
                child.wait()
                for pipe in (child.stdin, child.stdout):
                    pipe.close()
    assert set(seen) | set(others) == set(range(1, 401))
    assert len(seen) >= 20
    assert len(others) > 200
    assert max(Counter(seen + others).values()) <= 8
    spool.close()
