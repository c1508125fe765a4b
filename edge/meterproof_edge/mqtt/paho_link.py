"""A broker link through paho-mqtt.

paho keeps unacknowledged messages over a reconnect and sends them again by itself. Here it may not: what it holds is
dropped with the connection, so that the outbox alone decides what goes again and nothing is kept in two places.
"""

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from meterproof_core.broker_address import BrokerAddress
from meterproof_edge.broker_link import Letter, LinkEvents

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How a connection is kept.

    Parameters
    ----------
    mqtt5 : bool
        Whether to speak MQTT 5; a broker such as amqtt takes 3.1.1 only.
    keepalive_s : int
        Longest silence on the connection [s].
    reconnect_min_s, reconnect_max_s : int
        Pause before connecting again, doubled from the shortest to the longest [s].
    max_inflight : int
        Messages without the broker's acknowledgement; 20 is what Mosquitto grants an MQTT 5 client by default.
    max_queued : int
        Messages that paho may hold; more than the outbox ever has in doubt.
    tls : ssl.SSLContext or None
        None is a connection in the clear.
    username : str or None
        Account at the broker.
    password : str or None
        Its password; never shown.
    """

    mqtt5: bool = False
    keepalive_s: int = 30
    reconnect_min_s: int = 1
    reconnect_max_s: int = 30
    max_inflight: int = 20
    max_queued: int = 128
    tls: ssl.SSLContext | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)


class PahoLink:
    """A broker reached over TCP; fills `broker_link.BrokerLink`.

    Parameters
    ----------
    address : BrokerAddress
        Where the broker is.
    client_id : str
        Differs between all clients of a broker: it throws out the older of two.
    settings : LinkSettings
        How the connection is kept.
    """

    def __init__(self, address: BrokerAddress, client_id: str, settings: LinkSettings | None = None) -> None:
        self._address = address
        self._settings = settings or LinkSettings()
        self._events: LinkEvents | None = None
        self._topic = ""
        self._reached = True
        self._client = self._made(client_id)

    def start(self, events: LinkEvents, *, subscribe: str, will: Letter) -> None:
        """Connect in the background, again and again; subscribe to one topic on each connect."""
        self._events = events
        self._topic = subscribe
        self._client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        self._client.connect_async(self._address.host, self._address.port, self._settings.keepalive_s)
        self._client.loop_start()

    def publish(self, letter: Letter) -> int | None:
        """Publish without waiting and return the token of its acknowledgement; None when it cannot be sent now."""
        if not self._client.is_connected():
            return None
        info = self._client.publish(letter.topic, letter.payload, qos=1, retain=letter.retain)
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def stop(self) -> None:
        """Disconnect for good; what was published before is still sent, the will is not."""
        self._client.disconnect()
        self._client.loop_stop()

    def _made(self, client_id: str) -> Client:
        settings = self._settings
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if settings.mqtt5 else True,
            protocol=MQTTProtocolVersion.MQTTv5 if settings.mqtt5 else MQTTProtocolVersion.MQTTv311,
        )
        client.reconnect_delay_set(settings.reconnect_min_s, settings.reconnect_max_s)
        client.max_inflight_messages_set(settings.max_inflight)
        client.max_queued_messages_set(settings.max_queued)
        if settings.tls is not None:
            client.tls_set_context(settings.tls)
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password)
        client.on_connect = _guarded(self._on_connect)
        client.on_connect_fail = _guarded(self._on_connect_fail)
        client.on_subscribe = _guarded(self._on_subscribe)
        client.on_disconnect = _guarded(self._on_disconnect)
        client.on_publish = _guarded(self._on_publish)
        client.on_message = _guarded(self._on_message)
        return client

    def _on_connect(
        self, client: Client, _user: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            self._unreached(str(reason))
            return
        self._reached = True
        _log.info("connected to broker %s:%d", self._address.host, self._address.port)
        client.subscribe(self._topic, qos=1)

    def _on_connect_fail(self, _client: Client, _user: object) -> None:
        self._unreached("nobody answers there")

    def _on_subscribe(
        self, _client: Client, _user: object, _mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            _log.error("broker refuses the subscription to %s (%s); nothing is sent", self._topic, refused[0])
        elif self._events is not None:
            self._events.connected()

    def _on_disconnect(
        self, client: Client, _user: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        client.drop_out_messages()
        if self._events is not None:
            self._events.disconnected()
        if reason.is_failure:
            self._unreached("the connection was lost")

    def _on_publish(self, _client: Client, _user: object, mid: int, _reason: ReasonCode, _properties: object) -> None:
        if self._events is not None:
            self._events.acknowledged(mid)

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        if self._events is not None and message.topic == self._topic:  # amqtt hands out others' retained messages too
            self._events.received(bytes(message.payload))

    def _unreached(self, why: str) -> None:
        if self._reached:
            _log.warning("broker %s:%d is not reached (%s); trying on", self._address.host, self._address.port, why)
        self._reached = False


def _guarded(callback: Callable[..., None]) -> Callable[..., None]:
    """Return a callback whose bug is logged; paho's thread would end with it, and nobody would know."""

    def call(*arguments: object) -> None:
        try:
            callback(*arguments)
        except Exception:  # noqa: BLE001 - whatever it is: the thread has to live on
            _log.exception("callback %s failed", callback.__name__)

    return call
