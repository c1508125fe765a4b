"""A stranger at the broker: publishes what it likes, remembers what gateways sent, and sends that again in other order."""

import random
import threading
from collections import deque
from collections.abc import Iterator

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from chaos.malformed import Letter

_REMEMBERED = 400
_ON_THE_WAY = 200
_TIMEOUT_S = 60.0


class Stranger:
    """A client with a rough hand; it reconnects for ever, and publishes until the broker acknowledged.

    Parameters
    ----------
    port : int
        Of the broker on loopback.
    gateways : tuple of str
        Whose batches are remembered.
    """

    def __init__(self, port: int, gateways: tuple[str, ...]) -> None:
        self.remembered: deque[Letter] = deque(maxlen=_REMEMBERED)
        self.sent: dict[Letter, None] = {}
        self.replayed = 0
        self._gateways = gateways
        self._changed = threading.Condition()
        self._unacknowledged = 0
        client = Client(CallbackAPIVersion.VERSION2, "chaos-stranger")
        client.max_inflight_messages_set(_ON_THE_WAY)
        client.reconnect_delay_set(1, 1)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.connect_async("127.0.0.1", port)
        client.loop_start()
        self._client = client

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, letters: Iterator[Letter] | list[Letter], *, qos: int = 1) -> int:
        """Publish letters that may never be stored, and return how many; those that the broker lost are not counted."""
        count = 0
        for topic, payload in letters:
            self.sent[topic, payload] = None
            self._send(topic, payload, qos)
            count += 1
        self._wait_until_at_most(0)
        return count

    def replay(self, chance: random.Random, times: int) -> int:
        """Send remembered batches again, each several times, in a random order; return how many messages that is."""
        letters = list(self.remembered) * times
        chance.shuffle(letters)
        for topic, payload in letters:
            self._send(topic, payload, 1)
        self._wait_until_at_most(0)
        self.replayed += len(letters)
        return len(letters)

    def _send(self, topic: str, payload: bytes, qos: int) -> None:
        self._wait_until_at_most(_ON_THE_WAY)
        with self._changed:
            self._unacknowledged += 1
        self._client.publish(topic, payload, qos)  # outside our lock: paho holds its own while it calls back

    def _wait_until_at_most(self, messages: int) -> None:
        """Wait for acknowledgements; what a killed broker never acknowledges paho sends again."""
        with self._changed:
            self._changed.wait_for(lambda: self._unacknowledged <= messages, _TIMEOUT_S)

    def _on_connect(self, client: Client, *_: object) -> None:
        for gateway in self._gateways:
            client.subscribe(f"meterproof/v1/+/{gateway}/readings", 1)

    def _on_publish(self, *_: object) -> None:
        with self._changed:
            self._unacknowledged -= 1
            self._changed.notify_all()

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        letter = (message.topic, bytes(message.payload))
        if letter not in self.sent:
            self.remembered.append(letter)
