"""A broker as a source, through paho-mqtt with manual acknowledgement.

The session is clean: whatever was on the way when a connection ended has no receipt, and its gateway sends it again.
So no message waits for a collector that never comes back.
"""

import logging
from collections.abc import Callable, Sequence

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from meterproof_collector.intake import Delivered
from meterproof_core.broker_address import parse_broker
from meterproof_core.wire import VERSION, MessageKind, Receipt, Topic, encode

_log = logging.getLogger(__name__)
_KINDS = (MessageKind.METERS, MessageKind.READINGS, MessageKind.LOSS, MessageKind.STATUS)
_KEEPALIVE_S = 30
_RECONNECT_MAX_S = 30


class PahoSource:
    """A broker reached over TCP.

    Parameters
    ----------
    url : str
        ``mqtt://host:port``.
    client_id : str
        Differs between collectors on one broker.
    """

    def __init__(self, url: str, client_id: str) -> None:
        self._address = parse_broker(url)
        self._reached = True
        self._deliver: Callable[[Delivered], None] | None = None
        client = Client(CallbackAPIVersion.VERSION2, client_id, clean_session=True, protocol=MQTTv311, manual_ack=True)
        client.reconnect_delay_set(1, _RECONNECT_MAX_S)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        self._client = client

    @property
    def connected(self) -> bool:
        """Whether the broker is reached."""
        return bool(self._client.is_connected())

    def start(self, deliver: Callable[[Delivered], None]) -> None:
        """Connect in the background, subscribe, and hand every message to `deliver`."""
        self._deliver = deliver
        self._client.connect_async(self._address.host, self._address.port, _KEEPALIVE_S)
        self._client.loop_start()

    def acknowledge(self, delivered: Sequence[Delivered]) -> None:
        """Acknowledge messages in the order they came."""
        for message in delivered:
            mid, qos = message.token
            if qos:
                self._client.ack(mid, qos)

    def publish(self, topic: Topic, receipt: Receipt) -> None:
        """Publish a receipt; one that is lost is asked for by sending the batch again."""
        self._client.publish(str(topic), encode(receipt), qos=1)

    def stop(self) -> None:
        """Disconnect; nothing is delivered afterwards."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _log.error("broker %s refuses the collector: %s", self._address, reason)
            return
        self._reached = True
        _log.info("connected to broker %s", self._address)
        client.subscribe([(f"meterproof/v{VERSION}/+/+/{kind}", 1) for kind in _KINDS])

    def _on_connect_fail(self, _client: Client, _userdata: object) -> None:
        if self._reached:
            _log.warning("broker %s cannot be reached; trying on", self._address)
        self._reached = False

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _log.warning("broker %s lost: %s; connecting again", self._address, reason)

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        if self._deliver is not None:
            self._deliver(Delivered(message.topic, bytes(message.payload), (message.mid, message.qos)))
