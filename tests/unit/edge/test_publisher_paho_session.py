"""The parts of a connection that no broker brings about on purpose."""

import logging

from paho.mqtt.client import MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from meterproof_core.broker_address import BrokerAddress
from meterproof_core.broker_connection import BrokerAccess
from meterproof_edge.broker_link import Letter, Said
from meterproof_edge.mailbox import Mailbox
from meterproof_edge.mqtt.paho_link import PahoLink
from meterproof_edge.mqtt.paho_session import Errand, PahoSession

_ACCESS = BrokerAccess(BrokerAddress("127.0.0.1", 1))
_TOPIC = "meterproof/v1/p/g/receipts"


def session(events, generation=1):
    errand = Errand(events, _TOPIC, Letter("meterproof/v1/p/g/status", b"gone", retain=True), lambda _: None)
    return PahoSession(_ACCESS, "x", errand, mqtt5=True, window=20, generation=generation)


def test_before_it_is_connected_a_link_takes_nothing():
    link = PahoLink(_ACCESS, "x")
    assert link.publish(Letter("a/b", b"c")) is None
    assert session(Mailbox()).publish(Letter("a/b", b"c")) is None
    link.stop()
    assert link.counts.dials == 0


def test_a_bug_behind_a_callback_is_told_and_does_not_end_the_network_thread(caplog):
    class Broken(Mailbox):
        def acknowledged(self, token: int, said: Said = Said.TAKEN) -> None:
            raise ZeroDivisionError(token)

    client = session(Broken())._client
    with caplog.at_level(logging.ERROR):
        client.on_publish(client, None, 1, ReasonCode(PacketTypes.PUBACK, "Success"), None)
    assert "callback _on_publish failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_message_on_another_topic_is_no_receipt():
    mailbox = Mailbox()
    client = session(mailbox)._client
    for topic in (b"meterproof/v1/p/g/status", _TOPIC.encode()):
        message = MQTTMessage(topic=topic)
        message.payload = topic
        client.on_message(client, None, message)
    assert mailbox.wait(0.0).receipts == [_TOPIC.encode()]


def test_what_the_broker_says_to_a_message_is_passed_on_under_a_token_of_this_connection_only():
    mailbox = Mailbox()
    for generation, code in ((1, "Success"), (2, "No matching subscribers"), (3, "Quota exceeded")):
        client = session(mailbox, generation)._client
        client.on_publish(client, None, 7, ReasonCode(PacketTypes.PUBACK, code), None)
    assert mailbox.wait(0.0).tokens == {65543: Said.TAKEN, 131079: Said.UNHEARD, 196615: Said.REFUSED}
