"""Reads registers over Modbus TCP: one bus a host and port, shared by the units behind it.

The connection is dropped after everything that is not a clean answer and rebuilt with a capped back-off.
"""

import asyncio
from dataclasses import dataclass

from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from meterproof_core.backoff import Backoff
from meterproof_core.clock import WallClock
from meterproof_edge.errors import BadAnswerError, DeviceRefusedError, NoAnswerError, NotConnectedError
from meterproof_edge.link import Answer
from meterproof_edge.modbus.connection import Connection, FlawedAnswerError
from meterproof_edge.modbus.quiet import silence_pymodbus


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """Where a Modbus TCP server listens, and how it wants to be spoken to.

    Parameters
    ----------
    host : str
        Name or address.
    port : int
        TCP port.
    timeout_s : float
        Longest wait for a connection and for an answer [s].
    min_gap_s : float
        Shortest pause between an answer and the next request [s]; meters are known that restart when polled faster.
    """

    host: str
    port: int = 502
    timeout_s: float = 3.0
    min_gap_s: float = 0.0

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class TcpBus:
    """The way to a host and port; one request at a time, whichever unit it is for.

    Parameters
    ----------
    address : TcpAddress
        Where to.
    clock : WallClock
        Stamps the answers.
    backoff : Backoff, optional
        When to try to connect again.
    """

    def __init__(self, address: TcpAddress, clock: WallClock, *, backoff: Backoff | None = None) -> None:
        silence_pymodbus()
        self.address = address
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._lock = asyncio.Lock()
        self._connection: Connection | None = None
        self._free_at_s = 0.0

    def unit(self, unit_id: int) -> "TcpUnit":
        """Return the link to one unit."""
        return TcpUnit(self, unit_id)

    def close(self) -> None:
        """Close the connection; the next read opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def exchange(self, unit_id: int, function: int, start: int, count: int) -> tuple[ModbusPDU, int]:
        """Return the answer to a request and the middle of it [ms since 1970-01-01 UTC].

        Without an answer the connection is dropped.

        Raises
        ------
        NotConnectedError
            When there is no connection, and it is no time to try for one or the try failed.
        TimeoutError, FlawedAnswerError, OSError, pymodbus.exceptions.ModbusException
            As `Connection.ask`.
        """
        async with self._lock:
            connection = await self._connected()
            if self.address.min_gap_s:
                await self._keep_gap()
            answer = None
            asked_ms = self._clock.now_ms()
            try:
                answer = await connection.ask(unit_id, function, start, count)
            finally:
                if answer is None:  # a cancelled request included
                    self.close()
                if self.address.min_gap_s:
                    self._free_at_s = _monotonic_s() + self.address.min_gap_s
            return answer, (asked_ms + self._clock.now_ms()) // 2

    async def _connected(self) -> Connection:
        if self._connection is not None:
            if self._connection.is_open:
                return self._connection
            self.close()
        wait_s = self._backoff.wait_s(_monotonic_s())
        if wait_s > 0:
            raise NotConnectedError(f"not connected; next try in {wait_s:.1f} s")
        connection = Connection(self.address.host, self.address.port, self.address.timeout_s)
        if not await connection.open():
            self._backoff.failed(_monotonic_s())
            raise NotConnectedError(f"cannot connect within {self.address.timeout_s:g} s; is there a meter or gateway?")
        self._backoff.succeeded()
        self._connection = connection
        return connection

    async def _keep_gap(self) -> None:
        pause_s = self._free_at_s - _monotonic_s()
        if pause_s > 0:
            await asyncio.sleep(pause_s)


@dataclass(frozen=True, slots=True)
class TcpUnit:
    """The registers of one unit behind a `TcpBus`: a `link.RegisterLink`."""

    bus: TcpBus
    unit_id: int

    async def read(self, function: int, start: int, count: int) -> Answer:
        """Return `count` words from PDU address `start` on, as function code 3 or 4 reads them."""
        try:
            answer, t_ms = await self.bus.exchange(self.unit_id, function, start, count)
        except TimeoutError:
            text = f"no answer within {self.bus.address.timeout_s:g} s"
            raise NoAnswerError(self._where(function, start, count) + text) from None
        except FlawedAnswerError as flaw:
            raise BadAnswerError(f"{self._where(function, start, count)}{flaw}") from None
        except NotConnectedError as error:
            raise NotConnectedError(f"{self._where(function, start, count)}{error}") from None
        except (ModbusException, OSError) as error:
            raise NoAnswerError(f"{self._where(function, start, count)}{error}") from None
        if answer.isError():
            raise DeviceRefusedError(self._where(function, start, count), answer.exception_code)
        return Answer(answer.registers, t_ms)

    def _where(self, function: int, start: int, count: int) -> str:
        asked = f"function {function} registers {start} to {start + count - 1}"
        return f"{self.bus.address} unit_id {self.unit_id} {asked}: "


def _monotonic_s() -> float:
    return asyncio.get_running_loop().time()
