"""Serves registers over Modbus TCP from whatever can answer a request; the simulator's socket.

pymodbus's own store copies registers word by word and answers an unknown unit with a traceback. Its server takes custom
messages, though, and a message may answer itself: so a request here asks our source and nothing else.
"""

import asyncio
import struct
from collections.abc import Sequence
from typing import Any, Protocol

from pymodbus.constants import ExcCodes
from pymodbus.exceptions import NoSuchIdException
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from meterproof_core.errors import SettingsError
from meterproof_edge.modbus.messages import RESPONSES
from meterproof_edge.modbus.quiet import silence_pymodbus
from meterproof_edge.register_source import RegisterSource, RequestRefusedError, UnknownUnitError

LOOPBACK = "127.0.0.1"
_MOST_REGISTERS = 125  # Modbus application protocol V1.1b3, 6.3 and 6.4
_ANSWER_TIMEOUT_S = 5.0


class _Served(Protocol):
    source: RegisterSource
    requests: int


class RegisterServer:
    """A Modbus TCP server over a source of registers.

    Parameters
    ----------
    source : RegisterSource
        What answers.
    host : str
        Address to listen on; loopback unless somebody asks for more.
    port : int
        TCP port; 0 lets the system choose one.
    """

    def __init__(self, source: RegisterSource, *, host: str = LOOPBACK, port: int = 0) -> None:
        silence_pymodbus()
        self.source = source
        self.requests = 0
        self._host = host
        self._port = port
        self._server: ModbusTcpServer | None = None

    @property
    def port(self) -> int:
        """The TCP port it listens on."""
        return self._port

    async def start(self) -> None:
        """Listen; returns when connections are accepted.

        Raises
        ------
        SettingsError
            When the address cannot be listened on.
        """
        server = ModbusTcpServer(
            SimDevice(0, simdata=[SimData(0, values=0, datatype=DataType.REGISTERS)]),  # never asked
            address=(self._host, self._port),
            ignore_missing_devices=True,
            custom_pdu=_requests_to(self),
        )
        try:
            await server.serve_forever(background=True)
        except RuntimeError:
            raise SettingsError(
                f"Modbus TCP server: cannot listen on {self._host}:{self._port}; use a free port and an own address"
            ) from None
        self._server = server
        self._port = _listener(server).sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the listener and every connection."""
        server, self._server = self._server, None
        if server is None:
            return
        listener = _listener(server)
        await server.shutdown()  # type: ignore[no-untyped-call] # pymodbus leaves it untyped
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            await listener.wait_closed()
        await asyncio.sleep(0)  # lets the closed connections' call-backs run


def _listener(server: ModbusTcpServer) -> asyncio.Server:
    listener: Any = server.transport  # declared as a transport, is what asyncio's create_server gives
    if not isinstance(listener, asyncio.Server):
        raise TypeError(f"pymodbus's listener is a {type(listener).__name__}; an asyncio server is expected")
    return listener


class _ReadRequest(ModbusPDU):
    """A request for registers that asks the source of its server."""

    served: _Served

    def __str__(self) -> str:
        return type(self).__name__

    def decode(self, data: bytes) -> None:
        self.address, self.count = struct.unpack_from(">HH", data)

    async def datastore_update(self, context: object, device_id: int) -> ModbusPDU:
        del context
        self.served.requests += 1
        if not 1 <= self.count <= _MOST_REGISTERS:
            return ExceptionResponse(self.function_code, ExcCodes.ILLEGAL_VALUE)
        try:
            registers: Sequence[int] = self.served.source.read(device_id, self.function_code, self.address, self.count)
        except RequestRefusedError as refused:
            return ExceptionResponse(self.function_code, refused.code)
        except UnknownUnitError as unknown:
            raise NoSuchIdException(str(unknown)) from None  # no answer, as on a real bus
        return RESPONSES[self.function_code](registers=registers)


class _RefusedRequest(ModbusPDU):
    """A request of any other function: nothing here can be written."""

    async def datastore_update(self, context: object, device_id: int) -> ModbusPDU:
        del context, device_id
        return ExceptionResponse(self.function_code, ExcCodes.ILLEGAL_FUNCTION)


def _requests_to(served: _Served) -> list[type[ModbusPDU]]:
    refused: list[type[ModbusPDU]] = [
        type(f"Refused{code}", (_RefusedRequest,), {"function_code": code})
        for code in DecodePDU.pdu_table
        if code not in RESPONSES
    ]
    return refused + [
        type(f"Read{code}", (_ReadRequest,), {"function_code": code, "served": served}) for code in RESPONSES
    ]
