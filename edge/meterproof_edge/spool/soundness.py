"""Whether a message in the file is what was put in: a disk can alter a byte that the database does not look at."""

import zlib
from dataclasses import dataclass

from meterproof_core.errors import WireError
from meterproof_core.validation import check_batch
from meterproof_core.wire import Batch, Loss, LostRange, MessageKind, decode
from meterproof_edge.spool.losses import lost_ranges

DAMAGED = "spool damaged: message not readable"
NAMELESS = "spool"
"""Stands for the metering points of a message that cannot be read any more."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A message that waits in the spool: ``readings`` or ``loss``, encoded."""

    seq: int
    kind: MessageKind
    payload: bytes


def checksum(seq: int, kind: str, payload: bytes) -> int:
    """Return what is kept beside a message; it covers its number and kind as well."""
    return zlib.crc32(payload, zlib.crc32(f"{seq} {kind}".encode()))


def sound(seq: object, kind: object, payload: object, crc: object) -> Spooled | None:
    """Return a message as it was put in; None when the file holds something else."""
    if not (isinstance(seq, int) and isinstance(kind, str) and isinstance(payload, bytes)):
        return None
    return Spooled(seq, MessageKind(kind), payload) if crc == checksum(seq, kind, payload) else None


def readable(message: Spooled) -> Batch | Loss | None:
    """Return what a message of a file without checksums says; None when it makes no sense."""
    try:
        told = decode(message.kind, message.payload)
        if isinstance(told, Batch):
            check_batch(told)
    except WireError:
        return None
    return told if isinstance(told, Batch | Loss) and told.seq == message.seq else None


def losses_of(payload: object) -> list[LostRange]:
    """Return the ranges that a damaged message seems to have held, nameless when even that cannot be read."""
    try:
        told = decode(MessageKind.READINGS, payload) if isinstance(payload, bytes) else None
    except WireError:
        told = None
    if isinstance(told, Batch) and all(group.t for group in told.groups):
        return lost_ranges(told.groups, DAMAGED)
    return [LostRange(NAMELESS, 0, 0, 0, DAMAGED)]
