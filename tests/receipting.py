"""A collector's stand-in at a real broker: it remembers what came and answers it, or not."""

import threading
from collections.abc import Callable

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from meterproof_core.broker_address import parse_broker
from meterproof_core.wire import Batch, Loss, Message, MessageKind, Receipt, Topic, decode, encode, parse_topic

_TIMEOUT_S = 20.0
Answer = Callable[[Batch | Loss], Receipt | None]


def stored(message: Batch | Loss) -> Receipt:
    """Answer that a message is stored."""
    return Receipt(1, message.stream, [(message.seq, message.seq)])


class StandIn:
    """Subscribes to all gateways, keeps every message, and answers batches; a context manager."""

    def __init__(self, url: str, answer: Answer = stored) -> None:
        self.answer = answer
        self.messages: list[tuple[Topic, Message]] = []
        self._changed = threading.Condition()
        self._address = parse_broker(url)
        self._ready = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, "collector-stand-in")
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_message

    def __enter__(self) -> "StandIn":
        self._client.connect_async(self._address.host, self._address.port)
        self._client.loop_start()
        assert self._ready.wait(_TIMEOUT_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_subscribe = self._client.on_message = None

    def wait_for(self, found: Callable[["StandIn"], bool], timeout_s: float = _TIMEOUT_S) -> bool:
        """Wait until something was seen."""
        with self._changed:
            return self._changed.wait_for(lambda: found(self), timeout_s)

    def of(self, kind: MessageKind) -> list[Message]:
        """Return the messages of a kind in the order they came."""
        return [message for topic, message in list(self.messages) if topic.kind is kind]

    def seqs(self) -> list[int]:
        """Return the numbers of the batches in the order they came, again when they came again."""
        return [batch.seq for batch in self.of(MessageKind.READINGS) if isinstance(batch, Batch)]

    def send(self, topic: Topic, payload: bytes) -> None:
        """Publish anything."""
        self._client.publish(str(topic), payload, qos=1)

    def _on_connect(self, client: Client, *_: object) -> None:
        kinds = (MessageKind.METERS, MessageKind.READINGS, MessageKind.LOSS, MessageKind.STATUS)
        client.subscribe([(f"meterproof/v1/+/+/{kind}", 1) for kind in kinds])

    def _on_message(self, _client: Client, _userdata: object, received: MQTTMessage) -> None:
        topic = parse_topic(received.topic)
        message = decode(topic.kind, bytes(received.payload))
        with self._changed:
            self.messages.append((topic, message))
            self._changed.notify_all()
        if isinstance(message, Batch | Loss) and (receipt := self.answer(message)) is not None:
            self.send(Topic(topic.plant, topic.gateway, MessageKind.RECEIPTS), encode(receipt))
