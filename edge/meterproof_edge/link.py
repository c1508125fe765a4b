"""The way to one unit's registers: the port that meter readers use and that `modbus` fills."""

from collections.abc import Sequence
from typing import Protocol


class RegisterLink(Protocol):
    """A way to the registers of one unit; only ever reads."""

    async def read(self, function: int, start: int, count: int) -> Sequence[int]:
        """Return `count` words from PDU address `start` on, as function code 3 or 4 reads them.

        Raises
        ------
        NoAnswerError
            When nobody answered in time or nobody is there.
        BadAnswerError
            When the answer does not belong to the request.
        DeviceRefusedError
            When the device answered with an exception code.
        """
        ...
