"""A Modbus TCP server made of raw sockets, for saying what no library would say, and simulated registers to ask."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from meterproof_edge.errors import DeviceRefusedError
from meterproof_edge.link import Answer
from meterproof_edge.register_source import RequestRefusedError

LIMIT_S = 10.0  # a test that waits longer hangs


def frame(transaction: int, unit_id: int, pdu: bytes, *, protocol: int = 0) -> bytes:
    """Return a Modbus TCP frame, put together by hand."""
    head = transaction.to_bytes(2, "big") + protocol.to_bytes(2, "big") + (len(pdu) + 1).to_bytes(2, "big")
    return head + bytes([unit_id]) + pdu


def registers_pdu(function: int, words: Sequence[int]) -> bytes:
    """Return the PDU that answers with registers."""
    return bytes([function, 2 * len(words)]) + b"".join(word.to_bytes(2, "big") for word in words)


@dataclass
class Request:
    """A request as it came over the socket."""

    bytes_: bytes
    connection: int
    send: Callable[[bytes], None]
    hang_up: Callable[[], None]

    @property
    def transaction(self) -> int:
        return int.from_bytes(self.bytes_[:2], "big")

    @property
    def unit_id(self) -> int:
        return self.bytes_[6]

    @property
    def function(self) -> int:
        return self.bytes_[7]

    @property
    def start(self) -> int:
        return int.from_bytes(self.bytes_[8:10], "big")

    @property
    def count(self) -> int:
        return int.from_bytes(self.bytes_[10:12], "big")

    def right_answer(self) -> bytes:
        """Return registers that show their own addresses."""
        return frame(
            self.transaction, self.unit_id, registers_pdu(self.function, range(self.start, self.start + self.count))
        )


@dataclass
class RawServer:
    """Calls `answer` for every request; it answers, or not, as it likes."""

    answer: Callable[[Request], Awaitable[None]]
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    async def __aenter__(self) -> "RawServer":
        self._writers = []
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self._writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                request = Request(await reader.readexactly(12), number, writer.write, writer.close)
                self.requests.append(request)
                await self.answer(request)


class DirectLink:
    """A `RegisterLink` to a simulated meter without a socket between them."""

    def __init__(self, meter, clock) -> None:
        self._meter = meter
        self._clock = clock
        self.asked: list[tuple[int, int]] = []

    async def read(self, function: int, start: int, count: int) -> Answer:
        self.asked.append((start, count))
        try:
            return Answer(self._meter.read(function, start, count), self._clock.now_ms())
        except RequestRefusedError as refused:
            raise DeviceRefusedError("simulated meter: ", refused.code) from None


def run(work: Awaitable):
    """Run a test's coroutine within a limit of time."""

    async def limited():
        async with asyncio.timeout(LIMIT_S):
            return await work

    return asyncio.run(limited())
