"""amqtt's broker, closing what it opened."""

import asyncio

from amqtt.broker import Broker

_LAST_TASKS_S = 5.0


class TidyBroker(Broker):  # type: ignore[misc] # amqtt brings no types
    """amqtt's broker, closing every socket.

    amqtt 0.12 half-closes a connection first; when the client was quicker that fails, and the socket stays open.
    """

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Serve a client, and let go of its socket afterwards."""
        try:
            await super().stream_connected(reader, writer, listener_name)
        finally:
            writer.close()
            await asyncio.sleep(0)  # the transport lets go of its socket in the loop's next turn

    async def shutdown(self) -> None:
        """Stop, and wait for the tasks that still close connections."""
        await super().shutdown()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=_LAST_TASKS_S)
