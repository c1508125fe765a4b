"""What can go wrong between the gateway and a meter; each text names host, port and unit_id.

::

    MeterproofError
    └── LinkError               a request brought no registers
        ├── NoAnswerError       nobody answered in time
        │   └── NotConnectedError   there is no connection to ask over
        ├── BadAnswerError      an answer came that does not belong to the request
        └── DeviceRefusedError  the device answered with a Modbus exception code
"""

from meterproof_core.errors import MeterproofError

_MEANINGS = {
    1: "function not supported",
    2: "no such register",
    3: "count not accepted",
    4: "device failure",
    5: "still working on it",
    6: "busy",
    10: "gateway: no path to the device",
    11: "gateway: device does not answer",
}


class LinkError(MeterproofError):
    """A request brought no registers."""


class NoAnswerError(LinkError):
    """Nobody answered in time."""


class NotConnectedError(NoAnswerError):
    """There is no connection to ask over: nobody listens there, or it is too early for another try."""


class BadAnswerError(LinkError):
    """An answer came that does not belong to the request: other unit, function code or length."""


class DeviceRefusedError(LinkError):
    """The device answered with a Modbus exception code.

    Parameters
    ----------
    where : str
        Who was asked for what, as the text begins.
    code : int
        Modbus exception code.
    """

    def __init__(self, where: str, code: int) -> None:
        super().__init__(f"{where}refused with exception {code} ({_MEANINGS.get(code, 'not a standard code')})")
        self.code = code

    @property
    def is_hole(self) -> bool:
        """Whether it speaks of the registers asked for (codes 2 and 3), so that a smaller request may succeed."""
        return self.code in {2, 3}
