"""A collector that is away for hours, on a simulated clock: the spool holds the buffer, and the broker does not fill."""

import random
import threading
from collections import Counter

import pytest
from mosquitto_server import DEFAULT_QUEUES, KEEPING, MosquittoServer
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from publishing import GATEWAY, NOW_MS
from receipting import StandIn, stored
from spooling import NO_METERS, fill, open_roomy
from wire_tap import WireTap

from meterproof_core.broker_address import parse_broker
from meterproof_core.broker_connection import BrokerAccess
from meterproof_core.clock import ManualClock
from meterproof_core.wire import MessageKind
from meterproof_edge.mqtt.paho_link import LinkSettings, PahoLink
from meterproof_edge.outbox import FlowPolicy
from meterproof_edge.publisher import Publisher

pytestmark = pytest.mark.mosquitto
_TIMEOUT_S = 30.0
_HOUR_S = 3600
_TICK_S = 5
_BATCH_EVERY_S = 60
_ROWS = 60


class Hours:
    """A clock that a test moves on, and that shows when the publisher has looked at it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return self.now


class Gateway:
    """An agent's spool and publisher whose hours pass in milliseconds; a context manager."""

    def __init__(self, spool, url):
        self.spool = spool
        self.hours = Hours()
        self.publisher = Publisher(
            spool,
            PahoLink(BrokerAccess(parse_broker(url), mqtt5=True), "steel-works/hall-1", LinkSettings(0.1)),
            gateway=GATEWAY,
            meters=NO_METERS,
            clock=ManualClock(NOW_MS),
            monotonic=self.hours,
            chance=random.Random(5).random,
        )
        self.most_in_doubt = 0
        self.batches = 0

    def __enter__(self):
        self.publisher.start()
        assert self.publisher.wait_until_connected(_TIMEOUT_S)
        return self

    def __exit__(self, *_):
        self.publisher.stop()

    def until(self, holds):
        with self.publisher._progress:
            assert self.publisher._progress.wait_for(lambda: holds(self.publisher.stats()), _TIMEOUT_S)

    def measure(self):
        """Let the meters give another batch."""
        fill(self.spool, 1, rows=_ROWS, start_ms=NOW_MS + self.batches * _BATCH_EVERY_S * 1000)
        self.batches += 1

    def pass_time(self, seconds):
        """Let time pass and meters be read; wait until the broker has answered what was sent."""
        for _ in range(0, seconds, _TICK_S):
            self.hours.now += _TICK_S
            if self.hours.now % _BATCH_EVERY_S == 0:
                self.measure()
            looks = self.hours.looks
            self.publisher.notify()
            self.until(lambda stats, looks=looks: self.hours.looks > looks and stats.connected)
            self.until(lambda stats: stats.acknowledged >= stats.sent + stats.resent - self.lost_acknowledgements)
            self.most_in_doubt = max(self.most_in_doubt, self.publisher.stats().in_doubt)

    lost_acknowledgements = 0


def bytes_in_broker(broker):
    """Return what the broker says that it stores [byte]."""
    told, size = threading.Event(), []
    client = Client(CallbackAPIVersion.VERSION2, "observer")
    client.on_connect = lambda *_: client.subscribe("$SYS/broker/store/messages/bytes", qos=1)

    def on_message(_client, _userdata, message):
        if not message.retain:  # the retained one may be older than what was just sent
            size.append(int(message.payload))
            told.set()

    client.on_message = on_message
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    assert told.wait(_TIMEOUT_S)
    client.disconnect()
    client.loop_stop()
    client.on_connect = client.on_message = None
    return size[-1]


@pytest.fixture
def spool(tmp_path):
    spool = open_roomy(tmp_path / "spool.db")
    yield spool
    spool.close()


@pytest.fixture
def broker_of(require_program, tmp_path):
    program = require_program("mosquitto")
    return lambda lines: MosquittoServer(program, tmp_path / "broker", (*lines, "sys_interval 1"))


@pytest.mark.parametrize("queues", [DEFAULT_QUEUES, KEEPING], ids=["default queues", "loss-averse queues"])
def test_six_hours_without_a_collector_fill_the_spool_and_not_the_broker(spool, broker_of, queues):
    with broker_of(queues) as broker, WireTap(broker.port) as tap, Gateway(spool, tap.url) as gateway:
        gateway.pass_time(10 * 60)
        early = tap.published("readings")
        gateway.pass_time(6 * _HOUR_S)
        assert gateway.batches == 370
        assert spool.counts().waiting == 370
        assert gateway.most_in_doubt <= FlowPolicy().max_messages
        hourly = (tap.published("readings") - early) / 6
        assert 60 <= hourly <= 260, hourly  # two at a time ask for the collector, each half to whole minute
        assert bytes_in_broker(broker) < 100_000
        back = Back()
        with StandIn(broker.url, back.answer) as collector:
            while not collector.seqs():
                gateway.pass_time(_TICK_S)
            gateway.until(lambda stats: stats.stored >= 1)
            gateway.measure()
            live = gateway.batches
            gateway.publisher.notify()
            assert collector.wait_for(lambda seen: live in seen.seqs())
            assert spool.counts().waiting > 300  # it went before what has waited for hours
            back.for_good.set()
            while spool.counts().waiting:
                gateway.pass_time(_TICK_S)
            seqs = collector.seqs()
    assert set(seqs) == set(range(1, gateway.batches + 1))
    assert max(Counter(seqs).values()) <= 4
    assert gateway.most_in_doubt <= FlowPolicy().max_messages


class Back:
    """A collector that answers one batch, and once it is back for good every one."""

    def __init__(self):
        self.for_good = threading.Event()
        self._answered = 0

    def answer(self, batch):
        if self._answered and not self.for_good.is_set():
            return None
        self._answered += 1
        return stored(batch)


def test_a_broker_killed_and_wiped_during_the_outage_loses_nothing(spool, broker_of):
    with broker_of(DEFAULT_QUEUES) as broker, Gateway(spool, broker.url) as gateway:
        for _ in range(3):
            gateway.pass_time(_HOUR_S)
            broker.kill()
            broker.wipe()
            gateway.until(lambda stats: not stats.connected)
            stats = gateway.publisher.stats()
            gateway.lost_acknowledgements = stats.sent + stats.resent - stats.acknowledged
            broker.start()
            gateway.until(lambda stats: stats.connected)
        assert spool.counts().waiting == 180
        with StandIn(broker.url) as collector:
            while spool.counts().waiting:
                gateway.pass_time(_TICK_S)
            assert set(collector.seqs()) == set(range(1, gateway.batches + 1))


def test_a_collector_that_stores_but_whose_receipts_are_lost_gets_no_storm(spool, broker_of):
    answers = {"yes": False}
    with broker_of(DEFAULT_QUEUES) as broker:
        silent = StandIn(broker.url, lambda batch: stored(batch) if answers["yes"] else None)
        with silent as collector, Gateway(spool, broker.url) as gateway:
            gateway.pass_time(2 * _HOUR_S)
            heard = len(collector.of(MessageKind.READINGS))
            assert heard < 64 * 4 + 2 * 260
            answers["yes"] = True
            while spool.counts().waiting:
                gateway.pass_time(_TICK_S)
