"""amqtt's broker, closing what it opened."""

import asyncio

from amqtt.broker import Broker

_CLIENTS_S = 2.0
_LAST_TASKS_S = 5.0


class TidyBroker(Broker):  # type: ignore[misc] # amqtt brings no types
    """amqtt's broker, closing every socket, and ending even while clients talk to it.

    amqtt 0.12 half-closes a connection first; when the client was quicker that fails, and the socket stays open. Its
    reader can also miss that it is cancelled - `asyncio.wait_for` of Python 3.11 swallows it when a packet comes in
    the same turn - and its shutdown then waits for ever; without a socket the reader ends by itself.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self._open: set[asyncio.StreamWriter] = set()

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Serve a client, and let go of its socket afterwards."""
        self._open.add(writer)
        try:
            await super().stream_connected(reader, writer, listener_name)
        finally:
            self._open.discard(writer)
            writer.close()
            await asyncio.sleep(0)  # the transport lets go of its socket in the loop's next turn

    async def shutdown(self) -> None:
        """Stop, hang up on whom amqtt waits for, and wait for the tasks that still close connections."""
        ending = asyncio.ensure_future(super().shutdown())
        await asyncio.wait([ending], timeout=_CLIENTS_S)
        for writer in self._open:
            writer.transport.abort()
        await ending
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=_LAST_TASKS_S)
