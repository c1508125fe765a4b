"""One connection through paho-mqtt, with a client of its own.

So nothing outlives the connection: not a message on the way (the outbox alone decides what goes again), not a
certificate that was renewed meanwhile, not a version of MQTT. The session at the broker is clean for the same reason.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from paho.mqtt.client import Client, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from meterproof_core.broker_connection import BrokerAccess, Connection, guarded
from meterproof_core.broker_redial import Ended, EndKind
from meterproof_core.broker_terms import BrokerTerms, terms_of
from meterproof_edge.broker_link import Letter, LinkEvents, Said

_log = logging.getLogger(__name__)

_NO_MATCHING_SUBSCRIBERS = 0x10  # MQTT 5, 3.4.2.1
_HEADROOM_BYTES = 64  # header, packet id and properties of a PUBLISH, beside topic and payload
_MIDS = 1 << 16
_MOST_QUEUED = 128  # more than the outbox ever has in doubt


@dataclass(frozen=True, slots=True)
class Errand:
    """What a connection is for.

    Parameters
    ----------
    events : LinkEvents
        Whom to tell.
    topic : str
        What to subscribe to.
    will : Letter
        What the broker says when we are gone.
    reached : callable
        Is told the version of MQTT once messages pass.
    """

    events: LinkEvents
    topic: str
    will: Letter
    reached: Callable[[str], None]
    told: set[str] = field(default_factory=set)

    def tell_once(self, what: str) -> None:
        """Log what goes wrong, the first time."""
        if what not in self.told:
            self.told.add(what)
            _log.error("%s; what is not taken stays in the spool and is sent again", what)


class PahoSession:
    """One connection.

    Parameters
    ----------
    access : BrokerAccess
        Where the broker is, and who we are there.
    client_id : str
        Our id.
    errand : Errand
        What the connection is for.
    mqtt5 : bool
        Whether to speak MQTT 5.
    window : int
        Messages without the broker's acknowledgement at a time.
    generation : int
        Differs between the connections of a link, so that their tokens do.
    """

    def __init__(
        self, access: BrokerAccess, client_id: str, errand: Errand, *, mqtt5: bool, window: int, generation: int
    ) -> None:
        self.terms = BrokerTerms()
        self._errand = errand
        self._mqtt5 = mqtt5
        self._window = window
        self._first_token = generation * _MIDS
        self._connection = Connection(access)
        self._client = self._made(client_id)

    def serve(self) -> Ended:
        """Connect, and return how the connection ended once it has."""
        try:
            return self._connection.serve(self._client, self._terms_asked())
        finally:
            self._let_go()

    def publish(self, letter: Letter) -> int | None:
        """Publish without waiting; None when it cannot be sent now."""
        if not self._connection.usable or not self._fits(letter):
            return None
        info = self._client.publish(letter.topic, letter.payload, qos=1, retain=letter.retain)
        return self._first_token + info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def stop(self) -> None:
        """Say good-bye; the will is not sent."""
        self._connection.stop(self._client)

    def _terms_asked(self) -> dict[str, object]:
        """Return what a connect of MQTT 5 says beside who we are."""
        if not self._mqtt5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
        properties.SessionExpiryInterval = 0
        return {"clean_start": True, "properties": properties}

    def _let_go(self) -> None:
        """Take our callbacks from the client, so that its sockets go with us and not when garbage is collected."""
        client = self._client
        client.on_connect = None
        client.on_subscribe = None
        client.on_disconnect = None
        client.on_publish = None
        client.on_message = None

    def _made(self, client_id: str) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if self._mqtt5 else True,
            protocol=MQTTProtocolVersion.MQTTv5 if self._mqtt5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(self._window)
        client.max_queued_messages_set(_MOST_QUEUED)
        will = self._errand.will
        client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        client.on_connect = guarded(self._on_connect)
        client.on_subscribe = guarded(self._on_subscribe)
        client.on_disconnect = guarded(self._on_disconnect)
        client.on_publish = guarded(self._on_publish)
        client.on_message = guarded(self._on_message)
        return client

    def _on_connect(self, client: Client, _user: object, _flags: object, reason: ReasonCode, said: object) -> None:
        if not self._connection.accepted(reason.value, str(reason)):
            return
        self.terms = terms_of(said)
        if self.terms.receive_maximum < self._window:  # paho takes a window only before it connects
            why = f"it takes {self.terms.receive_maximum} messages at a time"
            self._connection.give_up(client, EndKind.SMALLER_WINDOW, why)
            return
        client.subscribe(self._errand.topic, qos=1)

    def _on_subscribe(self, client: Client, _user: object, _mid: int, reasons: list[ReasonCode], _said: object) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            why = f"it refuses the subscription to {self._errand.topic}: {refused[0]}"
            self._connection.give_up(client, EndKind.LOST, why)
            return
        self._connection.opened()
        self._errand.reached("5" if self._mqtt5 else "3.1.1")
        self._errand.events.connected()

    def _on_disconnect(
        self, _client: Client, _user: object, flags: DisconnectFlags, reason: ReasonCode, _said: object
    ) -> None:
        self._connection.closed(reason.value, str(reason), by_broker=flags.is_disconnect_packet_from_server)

    def _on_publish(self, _client: Client, _user: object, mid: int, reason: ReasonCode, _said: object) -> None:
        said = Said.TAKEN
        if reason.is_failure:
            said = Said.REFUSED
            self._errand.tell_once(f"the broker does not take what we publish: {reason}")
        elif reason.value == _NO_MATCHING_SUBSCRIBERS:
            said = Said.UNHEARD
        self._errand.events.acknowledged(self._first_token + mid, said)

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        if message.topic == self._errand.topic:  # amqtt hands out others' retained messages too
            self._errand.events.received(bytes(message.payload))

    def _fits(self, letter: Letter) -> bool:
        size = len(letter.topic.encode()) + len(letter.payload) + _HEADROOM_BYTES
        if size <= self.terms.maximum_packet_size:
            return True
        most = self.terms.maximum_packet_size
        self._errand.tell_once(f"the broker takes packets of at most {most} bytes and one of ours has about {size}")
        return False
