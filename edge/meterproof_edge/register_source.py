"""What a Modbus server asks: the port between the wire and whatever holds registers."""

from collections.abc import Sequence
from typing import Protocol

from meterproof_core.errors import MeterproofError


class RequestRefusedError(MeterproofError):
    """A unit refuses a request with a Modbus exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with exception {code}")
        self.code = code


class UnknownUnitError(MeterproofError):
    """There is no such unit; a real bus stays silent."""


class RegisterSource(Protocol):
    """Whatever holds registers."""

    def read(self, unit_id: int, function: int, address: int, count: int) -> Sequence[int]:
        """Return `count` words from `address` on (PDU address) of a unit, as function code 3 or 4 reads them.

        Raises
        ------
        RequestRefusedError
            Answered with its exception code.
        UnknownUnitError
            Not answered.
        """
        ...
