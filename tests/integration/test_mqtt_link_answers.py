"""The gateway's link and the collector's source when a broker refuses, limits or vanishes; the broker is scripted."""

import logging
import queue

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import eventually
from publishing import publishing
from scripted_broker import CONNECT, PUBLISH, SUBSCRIBE, Script, ScriptedBroker, connack, disconnect
from spooling import fill, open_roomy

from meterproof_collector.mqtt.paho_source import PahoSource
from meterproof_core.broker_address import BrokerAddress
from meterproof_core.broker_connection import BrokerAccess
from meterproof_core.errors import SettingsError
from meterproof_core.wire import MessageKind, Receipt, Topic
from meterproof_edge.mqtt.paho_link import LinkSettings

_TIMEOUT_S = 20.0


@pytest.fixture
def spool(tmp_path):
    spool = open_roomy(tmp_path / "spool.db")
    yield spool
    spool.close()


def until(publisher, holds):
    with publisher._progress:
        return publisher._progress.wait_for(lambda: holds(publisher.stats()), _TIMEOUT_S)


def running(source):
    """Start a source and return what it delivers."""
    delivered = queue.Queue()
    source.start(delivered.put)
    return delivered


def test_an_agent_that_is_thrown_off_says_so_counts_it_and_stays_away_for_long(spool, caplog):
    script = Script(farewell=disconnect(0x8E))
    link = LinkSettings()
    with ScriptedBroker(script) as broker, publishing(spool, broker.url, mqtt5=True, link=link) as publisher:
        assert until(publisher, lambda stats: stats.taken_over == 1)
        assert publisher.stats().trouble == "another client came with our id"
    (told,) = [record for record in caplog.records if "another client came with our id" in record.message]
    assert told.levelno == logging.ERROR
    assert "give it a name of its own" in told.message
    assert 15 <= told.args[2] <= 30


@pytest.mark.parametrize(("code", "says"), [(0x87, "Not authorized"), (0x97, "Quota exceeded")])
def test_a_refused_message_is_counted_kept_and_told_with_its_reason(spool, caplog, code, says):
    fill(spool, 3)
    with ScriptedBroker(Script(puback=code)) as broker, publishing(spool, broker.url, mqtt5=True) as publisher:
        assert until(publisher, lambda stats: stats.refused >= 6)
        assert publisher.stats().acknowledged == 0
        assert spool.counts().waiting == 3
    assert caplog.text.count(f"the broker does not take what we publish: {says}") == 1


@pytest.mark.parametrize(
    ("code", "says"),
    [(0x87, "Not authorized"), (0x88, "Server unavailable"), (0x97, "Quota exceeded"), (0x86, "Bad user name")],
)
def test_a_refused_connect_is_told_once_with_its_reason_and_tried_again(spool, caplog, code, says):
    script = Script(connack=connack(code))
    with ScriptedBroker(script) as broker, publishing(spool, broker.url, mqtt5=True) as publisher:
        assert broker.wait_for(lambda seen: seen.connections >= 3)
        assert until(publisher, lambda stats: f"it refuses us: {says}" in stats.trouble)
    assert caplog.text.count(f"is not reached (it refuses us: {says}") == 1


def test_a_refused_subscription_is_no_connection_and_is_asked_for_again(spool, caplog):
    with ScriptedBroker(Script(suback=0x87)) as broker, publishing(spool, broker.url, mqtt5=True) as publisher:
        assert broker.wait_for(lambda seen: len(seen.of(SUBSCRIBE)) >= 2)
        assert not publisher.stats().connected
        broker.script = Script()
        assert publisher.wait_until_connected(_TIMEOUT_S)
    assert "it refuses the subscription to meterproof/v1/steel-works/hall-1/receipts: Not authorized" in caplog.text


@pytest.mark.parametrize(
    "nothing_of_five", [connack(0x84), None], ids=["says that it does not know it", "says nothing"]
)
def test_a_broker_that_speaks_nothing_later_gets_the_older_version_unless_five_was_asked_for(spool, nothing_of_five):
    with ScriptedBroker(Script(connack=nothing_of_five)) as broker, publishing(spool, broker.url, mqtt5=None):
        assert broker.wait_for(lambda seen: len(seen.of(CONNECT)) == 2)
        assert [body[6] for body in broker.of(CONNECT)] == [5, 4]


def test_the_version_that_was_asked_for_is_the_only_one_tried(spool):
    with ScriptedBroker(Script(connack=connack(0x84))) as broker, publishing(spool, broker.url, mqtt5=True):
        assert broker.wait_for(lambda seen: len(seen.of(CONNECT)) == 3)
        assert {body[6] for body in broker.of(CONNECT)} == {5}


def test_an_agent_stops_while_nobody_answers_its_connect(spool):
    with ScriptedBroker(Script(connack=None)) as broker, publishing(spool, broker.url) as publisher:
        assert broker.wait_for(lambda seen: len(seen.of(CONNECT)) == 1)
        publisher.stop()
        assert not publisher._link._redial._thread.is_alive()


def test_a_collector_is_connected_once_its_subscriptions_are_granted():
    with ScriptedBroker(Script(suback=0x87)) as broker:
        source = PahoSource(broker.url, "c", mqtt5=True, reconnect_max_s=0.1)
        running(source)
        assert broker.wait_for(lambda seen: len(seen.of(SUBSCRIBE)) >= 2)
        assert not source.connected
        broker.script = Script()
        source.publish(Topic("p", "g", MessageKind.RECEIPTS), Receipt(1, "s"))
        assert broker.of(PUBLISH) == []
        assert eventually(lambda: source.connected)
        source.publish(Topic("p", "g", MessageKind.RECEIPTS), Receipt(1, "s"))
        assert broker.wait_for(lambda seen: seen.of(PUBLISH))
        source.stop()
        assert not source.connected


def test_a_share_group_on_a_broker_that_shares_nothing_is_refused_aloud(caplog):
    with ScriptedBroker(Script(connack=connack(0, bytes([0x2A, 0])))) as broker:
        source = PahoSource(broker.url, "c", share_group="all", reconnect_max_s=0.1)
        running(source)
        assert broker.wait_for(lambda seen: seen.connections >= 2)
        source.stop()
    assert broker.of(SUBSCRIBE) == []
    assert "it shares no subscriptions and share_group is 'all'" in caplog.text


def test_a_collector_obeys_a_broker_that_takes_few_receipts_at_a_time():
    with ScriptedBroker(Script(connack=connack(0, bytes([0x21, 0, 2])), puback=None)) as broker:
        source = PahoSource(broker.url, "c", mqtt5=True)
        running(source)
        assert broker.wait_for(lambda seen: len(seen.of(SUBSCRIBE)) == 1)
        assert eventually(lambda: source.connected)
        for seq in range(10):
            source.publish(Topic("p", "g", MessageKind.RECEIPTS), Receipt(1, "s", [(seq, seq)]))
        assert broker.wait_for(lambda seen: len(seen.of(PUBLISH)) == 2)
        source.stop()
    assert broker.connections == 2  # the first was made for twenty
    assert len(broker.of(PUBLISH)) == 2


def test_the_filters_of_a_share_group_leave_out_what_is_retained():
    with ScriptedBroker(Script()) as broker:
        source = PahoSource(broker.url, "c", share_group="all")
        running(source)
        assert broker.wait_for(lambda seen: seen.of(SUBSCRIBE))
        source.stop()
        (asked,) = broker.of(SUBSCRIBE)
    for shared in ("readings", "loss"):
        assert f"$share/all/meterproof/v1/+/+/{shared}".encode() in asked
    for plain in ("meters", "status"):
        assert f"meterproof/v1/+/+/{plain}".encode() in asked
        assert f"all/meterproof/v1/+/+/{plain}".encode() not in asked


@given(st.integers(2, 100_000))
def test_a_vanished_peer_is_noticed_within_one_and_a_half_keepalives_on_both_sides(keepalive_s):
    ping_s = BrokerAccess(BrokerAddress("h", 1), keepalive_s=keepalive_s).ping_s
    assert ping_s >= 1
    assert 2 * ping_s + 1 <= 1.5 * keepalive_s  # the driver: two silent periods, looked at each second
    assert 1.5 * ping_s <= 1.5 * keepalive_s  # the broker: MQTT 5, 3.1.2.10


@pytest.mark.parametrize("keepalive_s", [1, 0, -5])
def test_a_keepalive_too_short_to_ping_in_is_refused(keepalive_s):
    with pytest.raises(SettingsError, match=f"keepalive_s {keepalive_s} is not accepted; use 2 or more"):
        BrokerAccess(BrokerAddress("h", 1), keepalive_s=keepalive_s)
