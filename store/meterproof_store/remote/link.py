"""Asks the server that holds a store: one connection a question, on loopback, with the operator token.

The standard library's http.client is used as it is: it asks no proxy and follows no redirect, so the token goes nowhere
but to the server that made it.
"""

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from meterproof_core.errors import StoreAccessError, StoreError, StoreRefusedError
from meterproof_store.remote.announcement import Announcement
from meterproof_store.remote.door import End

ROUTES = "/api/v1/store"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TIMEOUT_S = 120.0
_CHUNK_BYTES = 1 << 16
_TURNED_AWAY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
Question = Mapping[str, str | int | Sequence[str] | None]


class ServerLink:
    """The way to one server.

    Parameters
    ----------
    server : Announcement
        Where it is and what opens it.

    Raises
    ------
    StoreError
        When its address is not on loopback.
    """

    def __init__(self, server: Announcement) -> None:
        address = urlsplit(server.url)
        if address.scheme != "http" or address.hostname not in _LOOPBACK or address.port is None:
            raise StoreError(f"{server.url}: not the address of a server on this machine; use http://127.0.0.1:port")
        self._host, self._port = address.hostname, address.port
        self._token = server.token
        self.name = f"{server.store} through {server.url}"

    def lines(self, route: str, question: Question) -> Iterator[bytes]:
        """Yield the lines of an answer, without the one that counts them.

        Raises
        ------
        StoreAccessError
            When the server turns us away.
        StoreError
            When it does not answer, or ends before the count.
        """
        given = {name: value for name, value in question.items() if value is not None}
        query = urlencode(given, doseq=True)
        last, count = b"", -1
        for line in _split(self.chunks("GET", f"{ROUTES}/{route}?{query}")):
            if count >= 0:
                yield last
            last, count = line, count + 1
        if self._end(last) != count:
            raise StoreError(f"{self.name}: the answer to {route} ends before its end; ask again")

    def chunks(self, method: str, target: str) -> Iterator[bytes]:
        """Yield an answer's body as it comes. Raises as `lines`."""
        with self._asked(method, target, None) as answer:
            while chunk := answer.read(_CHUNK_BYTES):
                yield chunk

    def json(self, method: str, target: str) -> Any:  # noqa: ANN401 - JSON
        """Return an answer's body as JSON. Raises as `lines`."""
        try:
            return json.loads(b"".join(self.chunks(method, target)))
        except ValueError as error:
            raise StoreError(f"{self.name}: no JSON in the answer of {target}") from error

    def send(self, route: str, body: bytes) -> None:
        """Hand over what a command imports, as JSON.

        Raises
        ------
        StoreAccessError
            When the server turns us away.
        StoreRefusedError
            When it does not take it.
        StoreError
            When it does not answer: it may have taken it all the same.
        """
        with self._asked("POST", f"{ROUTES}/{route}", body) as answer:
            answer.read()

    @contextmanager
    def _asked(self, method: str, target: str, body: bytes | None) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_S)
        try:
            connection.request(method, target, body, headers={"Authorization": f"Bearer {self._token}"})
            answer = connection.getresponse()
            self._check(answer)
            yield answer
        except (OSError, http.client.HTTPException) as error:
            raise StoreError(f"{self.name}: no answer ({error or type(error).__name__}); does it still run?") from error
        finally:
            connection.close()

    def _check(self, answer: http.client.HTTPResponse) -> None:
        if answer.status == HTTPStatus.OK:
            return
        try:
            detail = json.loads(answer.read()).get("detail", "")
        except (ValueError, AttributeError):
            detail = ""
        text = f"{self.name}: {detail or f'{answer.status} {answer.reason}'}"
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise StoreRefusedError(text)
        raise StoreAccessError(text) if answer.status in _TURNED_AWAY else StoreError(text)

    def _end(self, line: bytes) -> int | None:
        try:
            return msgspec.json.decode(line, type=End).pieces
        except msgspec.DecodeError:
            return None


def _split(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest: list[bytes] = []
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        rest.append(first)
        if others:
            yield b"".join(rest)
            yield from others[:-1]
            rest = [others[-1]]
    if last := b"".join(rest):
        yield last
