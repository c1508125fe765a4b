"""One life of a Modbus TCP connection: asks, and gives an answer only when its bytes belong to the request.

A client of pymodbus is used for one connection and never again: it is thrown away at the first thing that is not a
clean answer, so that no late answer can be taken for the next one.
"""

import asyncio

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException
from pymodbus.pdu import ModbusPDU

from meterproof_edge.modbus.frames import answer_flaw
from meterproof_edge.modbus.messages import RESPONSES


class FlawedAnswerError(Exception):
    """An answer's bytes do not belong to the request."""


class Connection:
    """A connection to one host and port, for one request at a time.

    Parameters
    ----------
    host : str
        Name or address.
    port : int
        TCP port.
    timeout_s : float
        Longest wait for the connection and for an answer [s].
    """

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self._client = AsyncModbusTcpClient(
            host,
            port=port,
            timeout=timeout_s,
            retries=0,  # a repeated request could meet the first one's late answer
            reconnect_delay=0,  # 0 is never: reconnecting is the bus's business
            trace_packet=self._watch_bytes,
            trace_connect=self._watch_state,
        )
        for response in RESPONSES.values():
            self._client.register(response)
        self._request = b""

    @property
    def is_open(self) -> bool:
        """Whether the other end has not closed it."""
        return bool(self._client.connected)

    async def open(self) -> bool:
        """Return whether the connection came about in time."""
        return await self._client.connect()

    def close(self) -> None:
        """Close it for good."""
        self._client.close()

    async def ask(self, unit_id: int, function: int, start: int, count: int) -> ModbusPDU:
        """Return the answer to a request: `count` registers or an exception code.

        Raises
        ------
        TimeoutError
            When no answer came in time.
        FlawedAnswerError
            When the answer does not belong to the request.
        OSError, pymodbus.exceptions.ModbusException
            When the connection was lost.
        """
        read = self._client.read_holding_registers if function == 3 else self._client.read_input_registers
        try:
            answer = await read(start, count=count, device_id=unit_id)
        except ModbusIOException as error:
            raise TimeoutError from error
        finally:
            self._request = b""
        if _is_being_cancelled():
            raise asyncio.CancelledError  # wait_for of Python 3.11 swallows it when the answer comes in the same turn
        return answer

    def _watch_bytes(self, sending: bool, data: bytes) -> bytes:  # noqa: FBT001 - the signature that pymodbus calls
        if sending:
            self._request = data
            return data
        if not self._request:
            return b""  # nothing was asked
        flaw = answer_flaw(self._request, data)
        if flaw is None:
            return data
        self._fail(FlawedAnswerError(flaw))
        return b""

    def _watch_state(self, connected: bool) -> None:  # noqa: FBT001 - the signature that pymodbus calls
        if not connected and self._request:
            self._fail(ConnectionResetError("the other end closed the connection"))

    def _fail(self, error: Exception) -> None:
        """End the request in flight, for which pymodbus would wait until its time-out."""
        waiting: asyncio.Future[ModbusPDU] = self._client.ctx.response_future
        if not waiting.done():
            waiting.set_exception(error)


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
