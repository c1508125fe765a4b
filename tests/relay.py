"""A relay between two sockets that counts what passes: the witness that nothing is short-circuited."""

import asyncio
from collections.abc import Callable


class Relay:
    """Passes bytes on to another port of loopback, and shows them to a watcher; an async context manager."""

    def __init__(self, target_port: int, *, upstream: Callable[[bytes], None], downstream: Callable[[bytes], None]):
        self._target_port = target_port
        self._watch = (upstream, downstream)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> "Relay":
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        there, back = await asyncio.open_connection("127.0.0.1", self._target_port)
        try:
            await asyncio.gather(self._pass(reader, back, self._watch[0]), self._pass(there, writer, self._watch[1]))
        finally:
            for end in (writer, back):
                end.close()

    @staticmethod
    async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, watch: Callable[[bytes], None]) -> None:
        while chunk := await reader.read(65536):
            watch(chunk)
            writer.write(chunk)
            await writer.drain()
        writer.close()


class ModbusFrames:
    """Counts Modbus TCP frames in a stream: a header of 7 bytes that tells the length of the rest."""

    def __init__(self) -> None:
        self._rest = b""
        self.count = 0
        self.functions: dict[int, int] = {}

    def __call__(self, chunk: bytes) -> None:
        self._rest += chunk
        while len(self._rest) >= 8 and len(self._rest) >= 6 + (length := int.from_bytes(self._rest[4:6])):
            self.count += 1
            self.functions[self._rest[7]] = self.functions.get(self._rest[7], 0) + 1
            self._rest = self._rest[6 + length :]


class MqttPublishes:
    """Collects the PUBLISH packets of a stream: fixed header, length, topic, packet id, payload."""

    def __init__(self) -> None:
        self._rest = b""
        self.published: list[tuple[str, bytes]] = []

    def __call__(self, chunk: bytes) -> None:
        self._rest += chunk
        while (packet := self._next()) is not None:
            first, body = packet
            if first >> 4 == 3:
                size = int.from_bytes(body[:2])
                after = 2 + size + (2 if first & 0x06 else 0)
                self.published.append((body[2 : 2 + size].decode(), body[after:]))

    def _next(self) -> tuple[int, bytes] | None:
        length, shift = 0, 0
        for place in range(1, min(len(self._rest), 5)):
            length |= (self._rest[place] & 0x7F) << shift
            shift += 7
            if self._rest[place] < 0x80:
                end = place + 1 + length
                if len(self._rest) < end:
                    return None
                packet = (self._rest[0], self._rest[place + 1 : end])
                self._rest = self._rest[end:]
                return packet
        return None
