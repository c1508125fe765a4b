"""Register messages that unpack in one call: pymodbus's own unpack word by word and format a text for each message."""

import struct

from pymodbus.pdu import ModbusPDU

from meterproof_edge.modbus.frames import words


class RegistersResponse(ModbusPDU):
    """Registers on their way from a server to a client."""

    def __str__(self) -> str:
        return type(self).__name__

    def encode(self) -> bytes:
        """Return byte count and words as they travel."""
        count = len(self.registers)
        return struct.pack("B", 2 * count) + words(count).pack(*self.registers)

    def decode(self, data: bytes) -> None:
        """Take the words out of a frame that `answer_flaw` has let through."""
        self.registers = words(data[0] // 2).unpack_from(data, 1)


class HoldingRegistersResponse(RegistersResponse):
    """The answer to function code 3."""

    function_code = 3
    rtu_byte_count_pos = 2


class InputRegistersResponse(RegistersResponse):
    """The answer to function code 4."""

    function_code = 4
    rtu_byte_count_pos = 2


RESPONSES: dict[int, type[RegistersResponse]] = {3: HoldingRegistersResponse, 4: InputRegistersResponse}
