"""What receipts say of batches: each fits into a message, however many were rejected. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from meterproof_core.wire import MAX_PAYLOAD_BYTES, VERSION, Receipt

_HEAD_BYTES = 1024  # version, stream and the names of the fields
_RANGE_BYTES = 48  # two numbers of 64 bits with their brackets


def ranges(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return whole numbers as rising ranges, both ends included.

    >>> ranges([4, 1, 2, 2, 7])
    [(1, 2), (4, 4), (7, 7)]
    """
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def receipts(stream: str, stored: Sequence[int], rejected: Mapping[int, str]) -> list[Receipt]:
    """Return the receipts for batches of one stream: as many as it takes for each to fit into a message."""
    found: list[Receipt] = []
    room = 0
    for kept, refused in [*((one, None) for one in ranges(stored)), *((None, one) for one in _reasons(rejected))]:
        size = _RANGE_BYTES + (len(msgspec.json.encode(refused[2])) if refused else 0)
        if size > room:
            found.append(Receipt(VERSION, stream, [], []))
            room = MAX_PAYLOAD_BYTES - _HEAD_BYTES
        room -= size
        if kept:
            found[-1].stored.append(kept)
        if refused:
            found[-1].rejected.append(refused)
    return found


def _reasons(rejected: Mapping[int, str]) -> list[tuple[int, int, str]]:
    """Return rejected seqs as ranges of one reason, both ends included."""
    found: list[tuple[int, int, str]] = []
    for seq, reason in sorted(rejected.items()):
        if found and found[-1][1:] == (seq - 1, reason):
            found[-1] = (found[-1][0], seq, reason)
        else:
            found.append((seq, seq, reason))
    return found
