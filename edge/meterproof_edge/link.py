"""The way to one unit's registers: the port that meter readers use and that `modbus` fills."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Answer(NamedTuple):
    """What a request brought.

    Parameters
    ----------
    words : sequence of int
        As many words as were asked for.
    t_ms : int
        Acquisition instant: the middle between request and answer, the wait for the bus not included
        [ms since 1970-01-01 UTC].
    """

    words: Sequence[int]
    t_ms: int


class RegisterLink(Protocol):
    """A way to the registers of one unit; only ever reads."""

    async def read(self, function: int, start: int, count: int) -> Answer:
        """Return `count` words from PDU address `start` on, as function code 3 or 4 reads them.

        Raises
        ------
        NotConnectedError
            When there is no connection, and it is no time to try for one or the try failed.
        NoAnswerError
            When nobody answered in time.
        BadAnswerError
            When the answer does not belong to the request.
        DeviceRefusedError
            When the device answered with an exception code.
        """
        ...
