import logging
import ssl

from paho.mqtt.client import MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from meterproof_core.broker_address import BrokerAddress
from meterproof_edge.broker_link import Letter
from meterproof_edge.mailbox import Mailbox
from meterproof_edge.mqtt.paho_link import LinkSettings, PahoLink

_ADDRESS = BrokerAddress("127.0.0.1", 1)


def test_before_it_is_connected_a_link_takes_nothing():
    assert PahoLink(_ADDRESS, "x").publish(Letter("a/b", b"c")) is None


def test_settings_reach_the_client():
    tls = ssl.create_default_context()
    client = PahoLink(_ADDRESS, "x", LinkSettings(mqtt5=True, max_inflight=7, max_queued=9, tls=tls))._client
    assert (client.max_inflight_messages, client.max_queued_messages) == (7, 9)
    assert client._ssl_context is tls


def test_a_bug_in_a_callback_is_told_and_does_not_end_the_network_thread(caplog):
    link = PahoLink(_ADDRESS, "x")

    class Broken(Mailbox):
        def acknowledged(self, token: int) -> None:
            raise ZeroDivisionError(token)

    link._events = Broken()
    with caplog.at_level(logging.ERROR):
        link._client.on_publish(link._client, None, 1, None, None)
    assert "callback _on_publish failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_refused_connection_or_subscription_is_told_and_counts_as_not_connected(caplog):
    link = PahoLink(_ADDRESS, "x")
    link._events = mailbox = Mailbox()
    link._topic = "meterproof/v1/p/g/receipts"
    link._client.on_connect(link._client, None, None, ReasonCode(PacketTypes.CONNACK, "Not authorized"), None)
    link._client.on_connect_fail(link._client, None)
    link._client.on_subscribe(link._client, None, 1, [ReasonCode(PacketTypes.SUBACK, "Not authorized")], None)
    assert not mailbox.wait(0.0).online
    assert caplog.text.count("is not reached (Not authorized)") == 1
    assert "nobody answers there" not in caplog.text  # told once until it changes
    assert "refuses the subscription to meterproof/v1/p/g/receipts" in caplog.text


def test_a_message_on_another_topic_is_no_receipt():
    link = PahoLink(_ADDRESS, "x")
    link._events = mailbox = Mailbox()
    link._topic = "meterproof/v1/p/g/receipts"
    for topic in (b"meterproof/v1/p/g/status", b"meterproof/v1/p/g/receipts"):
        message = MQTTMessage(topic=topic)
        message.payload = topic
        link._client.on_message(link._client, None, message)
    assert mailbox.wait(0.0).receipts == [b"meterproof/v1/p/g/receipts"]


def test_what_was_on_the_way_is_forgotten_with_the_connection():
    link = PahoLink(_ADDRESS, "x")
    link._client.publish("a/b", b"c", qos=1)
    assert len(link._client._out_messages) == 1
    link._client.on_disconnect(link._client, None, None, ReasonCode(PacketTypes.DISCONNECT, "Server busy"), None)
    assert len(link._client._out_messages) == 0


def test_callbacks_before_the_start_are_harmless():
    link = PahoLink(_ADDRESS, "x")
    link._on_subscribe(link._client, None, 1, [], None)
    link._on_publish(link._client, None, 1, None, None)
    link._on_message(link._client, None, MQTTMessage(topic=b"a"))
    link._on_disconnect(link._client, None, None, ReasonCode(PacketTypes.DISCONNECT, "Normal disconnection"), None)
    assert link.publish(Letter("a/b", b"c")) is None
