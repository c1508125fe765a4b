"""One connection through paho-mqtt with manual acknowledgement, with a client of its own.

The session at the broker is clean: whatever was on the way when a connection ended has no receipt, and its gateway
sends it again. So no message waits for a collector that never comes back, and none is acknowledged under a number that
means another one by now.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from paho.mqtt.client import Client, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from meterproof_collector.messages.intake import Delivered
from meterproof_core.broker_connection import BrokerAccess, Connection, guarded
from meterproof_core.broker_redial import Ended, EndKind
from meterproof_core.broker_terms import BrokerTerms, terms_of
from meterproof_core.wire import VERSION, MessageKind

_log = logging.getLogger(__name__)

_SHARED = (MessageKind.READINGS, MessageKind.LOSS)
_RETAINED = (MessageKind.METERS, MessageKind.STATUS)
_WINDOW = 20  # receipts without the broker's acknowledgement; what Mosquitto grants by default
_MOST_QUEUED = 10_000  # receipts that wait for the wire; one that finds no room is asked for again
_LONGEST_PACKET = 1 << 20  # sixteen times what the wire allows: enough to keep a wrong one as a dead letter


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """What a collector asks for.

    Parameters
    ----------
    share_group : str or None
        Readings and losses are shared within this group; a shared subscription gets no retained messages, so
        configurations and status go to every collector.
    receive_maximum : int
        Messages delivered without our acknowledgement at a time.
    """

    share_group: str | None
    receive_maximum: int

    @property
    def filters(self) -> list[str]:
        """The topic filters; what is retained comes first, so that a configuration is there before its readings."""
        shared = "" if self.share_group is None else f"$share/{self.share_group}/"
        every = f"meterproof/v{VERSION}/+/+/"
        return [f"{every}{kind}" for kind in _RETAINED] + [f"{shared}{every}{kind}" for kind in _SHARED]


class PahoSession:
    """One connection.

    Parameters
    ----------
    access : BrokerAccess
        Where the broker is, and who we are there.
    client_id : str
        Our id.
    subscriptions : Subscriptions
        What we ask for.
    deliver : callable
        Takes each message.
    reached : callable
        Is told the version of MQTT once messages pass.
    mqtt5 : bool
        Whether to speak MQTT 5.
    window : int or None
        Receipts without the broker's acknowledgement at a time.
    generation : int
        Differs between the connections of a source, so that their tokens do.
    """

    def __init__(
        self,
        access: BrokerAccess,
        client_id: str,
        subscriptions: Subscriptions,
        *,
        deliver: Callable[[Delivered], None],
        reached: Callable[[str], None],
        mqtt5: bool,
        window: int | None,
        generation: int,
    ) -> None:
        self.terms = BrokerTerms()
        self._subscriptions = subscriptions
        self._deliver = deliver
        self._reached = reached
        self._mqtt5 = mqtt5
        self._window = window or _WINDOW
        self._generation = generation
        self._connection = Connection(access)
        self._client = self._made(client_id)

    @property
    def usable(self) -> bool:
        """Whether messages pass."""
        return self._connection.usable

    def serve(self) -> Ended:
        """Connect, and return how the connection ended once it has."""
        try:
            return self._connection.serve(self._client, self._terms_asked())
        finally:
            self._let_go()

    def acknowledge(self, delivered: Sequence[Delivered]) -> None:
        """Acknowledge those messages that came over this connection."""
        for message in delivered:
            generation, mid, qos = message.token
            if qos and generation == self._generation:
                self._client.ack(mid, qos)

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1, unless there is no connection."""
        if self._connection.usable:
            self._client.publish(topic, payload, qos=1)

    def stop(self) -> None:
        """Say good-bye."""
        self._connection.stop(self._client)

    def _terms_asked(self) -> dict[str, object]:
        """Return what a connect of MQTT 5 says beside who we are."""
        if not self._mqtt5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
        properties.SessionExpiryInterval = 0
        properties.ReceiveMaximum = self._subscriptions.receive_maximum
        properties.MaximumPacketSize = _LONGEST_PACKET
        return {"clean_start": True, "properties": properties}

    def _let_go(self) -> None:
        """Take our callbacks from the client, so that its sockets go with us and not when garbage is collected."""
        client = self._client
        client.on_connect = None
        client.on_subscribe = None
        client.on_disconnect = None
        client.on_message = None

    def _made(self, client_id: str) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if self._mqtt5 else True,
            protocol=MQTTProtocolVersion.MQTTv5 if self._mqtt5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.max_inflight_messages_set(self._window)
        client.max_queued_messages_set(_MOST_QUEUED)
        client.on_connect = guarded(self._on_connect)
        client.on_subscribe = guarded(self._on_subscribe)
        client.on_disconnect = guarded(self._on_disconnect)
        client.on_message = guarded(self._on_message)
        return client

    def _on_connect(self, client: Client, _user: object, _flags: object, reason: ReasonCode, said: object) -> None:
        if not self._connection.accepted(reason.value, str(reason)):
            return
        self.terms = terms_of(said)
        if self.terms.receive_maximum < self._window:  # paho takes a window only before it connects
            why = f"it takes {self.terms.receive_maximum} messages at a time"
            self._connection.give_up(client, EndKind.SMALLER_WINDOW, why)
        elif self._subscriptions.share_group is not None and not self.terms.shared_subscriptions:
            why = f"it shares no subscriptions and share_group is {self._subscriptions.share_group!r}"
            self._connection.give_up(client, EndKind.LOST, why)
        else:
            client.subscribe([(one, 1) for one in self._subscriptions.filters])

    def _on_subscribe(self, client: Client, _user: object, _mid: int, reasons: list[ReasonCode], _said: object) -> None:
        for topic, reason in zip(self._subscriptions.filters, reasons, strict=False):
            if reason.is_failure:
                why = f"it refuses the subscription to {topic}: {reason}"
                self._connection.give_up(client, EndKind.LOST, why)
                return
        self._connection.opened()
        self._reached("5" if self._mqtt5 else "3.1.1")

    def _on_disconnect(
        self, _client: Client, _user: object, flags: DisconnectFlags, reason: ReasonCode, _said: object
    ) -> None:
        self._connection.closed(reason.value, str(reason), by_broker=flags.is_disconnect_packet_from_server)

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        token = (self._generation, message.mid, message.qos)
        self._deliver(Delivered(message.topic, bytes(message.payload), token))
