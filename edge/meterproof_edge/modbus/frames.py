"""Is an answer the answer to this request? Checked on the bytes, because pymodbus checks only two of the fields.

pymodbus 3.16.1 hands over an answer with another function code, or with fewer registers than asked for, as a success.
"""

import struct
from functools import cache

_HEADER = 8  # transaction id 2, protocol id 2, length 2, unit id 1, function code 1
_BEFORE_LENGTH = 6  # what the length field does not count
_EXCEPTION = 0x80


def answer_flaw(request: bytes, received: bytes) -> str | None:
    """Return what is wrong with an answer, or None when it belongs to the request or too little of it has come.

    Parameters
    ----------
    request : bytes
        A whole Modbus TCP request for registers, as sent.
    received : bytes
        What came since, perhaps with answers to earlier requests before it.

    Notes
    -----
    An answer of another transaction is passed over: the library skips it by its id. Id 0 counts as an echo, since some
    gateways never fill it in; the link is safe all the same because it is closed after every time-out.
    """
    answer = _without_strangers(request[:2], received)
    if len(answer) <= _HEADER:
        return None
    if answer[2:4] != b"\0\0":
        return f"protocol id {answer[2:4].hex()}; 0000 is Modbus"
    if answer[6] != request[6]:
        return f"unit_id {answer[6]} answered"
    if answer[7] & ~_EXCEPTION != request[7]:
        return f"function code {answer[7]} in answer to {request[7]}"
    return _length_flaw(int.from_bytes(request[10:12], "big"), answer)


def _without_strangers(transaction: bytes, received: bytes) -> bytes:
    while len(received) > _HEADER and received[:2] not in (transaction, b"\0\0"):
        received = received[_BEFORE_LENGTH + int.from_bytes(received[4:6], "big") :]
    return received


def _length_flaw(count: int, answer: bytes) -> str | None:
    length = int.from_bytes(answer[4:6], "big")
    if answer[7] & _EXCEPTION:
        return None if length == 3 else f"an exception of length {length}; 3 is right"
    if answer[8] == 2 * count and length == 3 + 2 * count:
        return None
    return f"{answer[8]} data bytes, length {length} for {count} registers; {2 * count}, {3 + 2 * count} is right"


@cache
def words(count: int) -> struct.Struct:
    """Return what packs and unpacks a number of 16-bit words, high byte first."""
    return struct.Struct(f">{count}H")
