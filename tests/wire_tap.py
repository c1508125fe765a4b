"""A relay that can fall silent: what two ends see whose path vanished without a word, and a witness of what passed."""

import contextlib
import socket
import threading

from relay import MqttPublishes

_CHUNK = 65536


class WireTap:
    """Passes connections on to a port of loopback, from threads of its own; a context manager.

    Parameters
    ----------
    target_port : int
        Where the broker listens.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.upstream, self.downstream = MqttPublishes(), MqttPublishes()
        self.connections = 0
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._silent: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """Where a client connects."""
        return f"mqtt://127.0.0.1:{self.port}"

    def __enter__(self) -> "WireTap":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        with self._lock:
            for one in self._open:
                one.close()
        self._thread.join()

    def swallow(self) -> None:
        """Let every connection that is open now fall silent: bytes vanish both ways, and so does a good-bye."""
        with self._lock:
            self._silent |= set(self._open)

    def cut(self) -> None:
        """End every connection that is open now."""
        with self._lock:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def published(self, kind: str) -> int:
        """Return how many messages of a kind clients published through it."""
        return sum(topic.endswith(kind) for topic, _ in list(self.upstream.published))

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._server.accept()
            except OSError:
                return
            try:
                there = socket.create_connection(("127.0.0.1", self._target_port), timeout=5)
            except OSError:
                here.close()
                continue
            there.settimeout(None)
            with self._lock:
                self.connections += 1
                self._open += [here, there]
            upstream, downstream = MqttPublishes(), MqttPublishes()
            upstream.published, downstream.published = self.upstream.published, self.downstream.published
            for source, sink, watch in ((here, there, upstream), (there, here, downstream)):
                threading.Thread(target=self._pass, args=(source, sink, watch), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, watch: MqttPublishes) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(_CHUNK):
                if source not in self._silent:
                    watch(chunk)
                    sink.sendall(chunk)
        if source not in self._silent:
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)
