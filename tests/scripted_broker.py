"""A broker that says what a test wants it to: the answers that a real one gives only when something is wrong with it."""

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 14


def packet(kind: int, body: bytes = b"") -> bytes:
    """Return a packet whose body is shorter than 128 bytes."""
    return bytes([kind << 4, len(body)]) + body


def connack(reason: int = 0, properties: bytes = b"") -> bytes:
    """Return the answer of MQTT 5 to a connect."""
    return packet(CONNACK, bytes([0, reason, len(properties)]) + properties)


def disconnect(reason: int) -> bytes:
    """Return the good-bye of an MQTT 5 broker."""
    return packet(DISCONNECT, bytes([reason, 0]))


@dataclass
class Script:
    """What the broker says; ``None`` says nothing.

    Parameters
    ----------
    connack : bytes or None
        To a connect.
    suback : int
        Reason code to every subscription.
    puback : int or None
        Reason code to a message.
    farewell : bytes
        What follows the answer to the subscription; the connection then ends.
    """

    connack: bytes | None = field(default_factory=connack)
    suback: int = 1
    puback: int | None = 0
    farewell: bytes = b""


class ScriptedBroker:
    """Speaks MQTT 5 to one client after the other; a context manager. The script may change while it runs."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.seen: list[tuple[int, bytes]] = []
        self.connections = 0
        self._changed = threading.Condition()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._server.getsockname()[1]}"
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "ScriptedBroker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.hang_up()
        self._thread.join()

    def hang_up(self) -> None:
        """End the connection."""
        client = self._client
        if client is not None:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def wait_for(self, found: Callable[["ScriptedBroker"], bool], timeout_s: float = 20.0) -> bool:
        """Wait until something was seen."""
        with self._changed:
            return self._changed.wait_for(lambda: found(self), timeout_s)

    def of(self, kind: int) -> list[bytes]:
        """Return the bodies of the packets of a kind that came."""
        return [body for one, body in list(self.seen) if one == kind]

    def _serve(self) -> None:
        while True:
            try:
                self._client, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            with contextlib.suppress(OSError), self._client, self._client.makefile("rb") as stream:
                while self._answer(stream):
                    pass

    def _answer(self, stream) -> bool:
        head = stream.read(1)
        if not head:
            return False
        length = shift = 0
        while True:
            byte = stream.read(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        body = stream.read(length)
        with self._changed:
            self.seen.append((head[0] >> 4, body))
            self._changed.notify_all()
        return self._say(head[0] >> 4, head[0], body)

    def _say(self, kind: int, head: int, body: bytes) -> bool:
        script = self.script
        if kind == CONNECT and script.connack is not None:
            self._client.sendall(script.connack)
        elif kind == SUBSCRIBE:
            asked = _filters(body)
            self._client.sendall(packet(SUBACK, body[:2] + b"\0" + bytes([script.suback]) * asked) + script.farewell)
            return not script.farewell
        elif kind == PUBLISH and head & 0x06 and script.puback is not None:
            size = int.from_bytes(body[:2])
            self._client.sendall(packet(PUBACK, body[2 + size : 4 + size] + bytes([script.puback, 0])))
        elif kind == PINGREQ:
            self._client.sendall(packet(13))
        return kind != DISCONNECT


def _filters(body: bytes) -> int:
    """Return how many topics a subscription without properties asks for."""
    at, asked = 3, 0
    while at < len(body):
        at += 2 + int.from_bytes(body[at : at + 2]) + 1
        asked += 1
    return asked
