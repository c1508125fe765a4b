"""What stands between collector and InfluxDB in a chaos run: it refuses, is slow, answers late, or cuts the line.

A write that names the poisoned point is always refused with 400, as a database refuses what it will never take: in
turn as a whole, and as the partial write that stores the rest.
"""

import gzip
import http.client
import itertools
import os
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

POISON = b"poisoned-point"
_SLOW_S = 0.4
_HOP = frozenset({"host", "connection", "content-length", "accept-encoding", "transfer-encoding"})

Headers = Sequence[tuple[str, str]]


class Weather(StrEnum):
    """How the database behaves."""

    FAIR = "fair"
    UNAVAILABLE = "503"
    BROKEN = "500"
    RESET = "connection reset"
    SLOW = "slow"
    LATE = "late: written, answered after the client has gone"
    HALF = "written, and the line cut before the answer"


class FaultProxy:
    """A proxy on loopback; its weather can be changed at any time.

    Parameters
    ----------
    target_port : int
        Where the database listens.
    late_s : float
        Longer than the client waits [s].
    """

    def __init__(self, target_port: int, *, late_s: float) -> None:
        self.weather = Weather.FAIR
        self.seen: Counter[str] = Counter()
        self.target_port = target_port
        self.late_s = late_s
        self.turns = itertools.count()
        proxy = self

        class Handler(_Handler):
            world = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # clients that are killed are what this is for
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    world: FaultProxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._handle(b"")

    def do_HEAD(self) -> None:
        self._handle(b"")

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _handle(self, body: bytes) -> None:
        weather, writes = self.world.weather, "write" in self.path.split("?")[0]
        if weather is not Weather.FAIR:
            self.world.seen[weather] += 1
        if weather in (Weather.UNAVAILABLE, Weather.BROKEN):
            self._answer(int(weather), b'{"error":"weather"}')
        elif weather is Weather.RESET:
            self._cut()
        elif writes and any(map(_is_poisoned, self._lines(body))):
            self._refuse(body)
        else:
            self._pass_on(body, weather, writes=writes)

    def _pass_on(self, body: bytes, weather: Weather, *, writes: bool) -> None:
        if weather is Weather.SLOW:
            time.sleep(_SLOW_S)
        try:
            status, answer, headers = self._forwarded(body)
        except OSError:
            self._cut()
            return
        if writes and weather is Weather.LATE:
            time.sleep(self.world.late_s)
        if writes and weather is Weather.HALF:
            self._cut()
            return
        self._answer(status, answer, headers)

    def _lines(self, body: bytes) -> list[bytes]:
        plain = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        return plain.split(b"\n")

    def _refuse(self, body: bytes) -> None:
        """Refuse a write for good, the rest of it stored every second time."""
        self.world.seen["400 for a poisoned batch"] += 1
        if next(self.world.turns) % 2:
            rest = b"\n".join(line for line in self._lines(body) if not _is_poisoned(line))
            del self.headers["Content-Encoding"]
            try:
                if rest.strip():
                    self._forwarded(rest)
            except OSError:
                self._cut()
                return
            self._answer(400, b'{"error":"partial write: field type conflict: poisoned dropped=1"}')
            return
        self._answer(400, b'{"error":"unable to parse: poisoned"}')

    def _forwarded(self, body: bytes) -> tuple[int, bytes, Headers]:
        there = http.client.HTTPConnection("127.0.0.1", self.world.target_port, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            try:
                there.request(self.command, self.path, body or None, headers)
                answer = there.getresponse()
                return answer.status, answer.read(), answer.getheaders()
            except http.client.HTTPException as error:
                raise OSError(str(error)) from error
        finally:
            there.close()

    def _answer(self, status: int, body: bytes, headers: Headers = (("Content-Type", "application/json"),)) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOP:
                self.send_header(name, value)
        if status != 204:  # RFC 9110, 8.6: no length where there is no content
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(body)

    def _cut(self) -> None:
        """End the connection with a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())


def _is_poisoned(line: bytes) -> bool:
    """Return whether a line is a reading of the poisoned point; the journal may tell of it."""
    return line.startswith(b"readings") and POISON in line
