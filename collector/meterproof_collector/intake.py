"""What one delivered message is: checked and understood, or refused with a reason. Pure."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec

from meterproof_core.errors import MeterproofError, WireError
from meterproof_core.quantities import quantity
from meterproof_core.storage import EntryKind, JournalEntry, PlantGroup
from meterproof_core.validation import check_batch
from meterproof_core.wire import (
    MAX_PAYLOAD_BYTES,
    Batch,
    Loss,
    Message,
    Meters,
    Receipt,
    Topic,
    config_digest,
    decode,
    parse_topic,
)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message as the broker delivered it; `token` is what acknowledges it."""

    topic: str
    payload: bytes
    token: Any = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that is understood and makes sense."""

    topic: Topic
    message: Message


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that cannot be stored, and why.

    Parameters
    ----------
    delivered : Delivered
        As it came.
    reason : str
        A sentence that names the thing, the value and what is accepted.
    topic : Topic or None
        None when the topic is none of ours.
    stream, seq : str, int or None
        The batch's name where it can still be read, so that a receipt can answer it; None otherwise.
    """

    delivered: Delivered
    reason: str
    topic: Topic | None = None
    stream: str | None = None
    seq: int | None = None


class _Head(msgspec.Struct):
    stream: str
    seq: int


_HEAD = msgspec.json.Decoder(_Head)


def take_in(delivered: Delivered) -> Accepted | Refused:
    """Return what a delivered message is."""
    topic = None
    try:
        topic = parse_topic(delivered.topic)
        message = decode(topic.kind, delivered.payload)
        _check(message)
    except MeterproofError as error:
        stream, seq = _head(delivered.payload)
        return Refused(delivered, str(error), topic, stream, seq)
    return Accepted(topic, message)


def _check(message: Message) -> None:
    if isinstance(message, Batch):
        check_batch(message)
        for group in message.groups:
            for name in group.quantities:
                quantity(name)
    elif isinstance(message, Meters) and message.config != config_digest(message.points):
        digest = config_digest(message.points)
        raise WireError(f"config {message.config!r} is not the digest of its points; {digest!r} is")


def _head(payload: bytes) -> tuple[str | None, int | None]:
    try:
        head = _HEAD.decode(payload[:MAX_PAYLOAD_BYTES])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, None
    return head.stream, head.seq


def dead_letter(refused: Refused, at_ms: int) -> JournalEntry:
    """Return the journal entry of a refused message: all that is needed to look at it, mend it and replay it."""
    delivered = refused.delivered
    digest = hashlib.sha256(delivered.topic.encode() + b"\0" + delivered.payload).hexdigest()[:32]
    return JournalEntry(
        entry_id=f"dead-letter/{digest}",
        kind=EntryKind.DEAD_LETTER,
        plant=refused.topic.plant if refused.topic else "",
        at_ms=at_ms,
        data={
            "topic": delivered.topic,
            "reason": refused.reason,
            "stream": refused.stream,
            "seq": refused.seq,
            "bytes": len(delivered.payload),
            "payload_base64": base64.b64encode(delivered.payload[:MAX_PAYLOAD_BYTES]).decode(),
        },
    )


def plant_groups(topic: Topic, batch: Batch) -> list[PlantGroup]:
    """Return a batch's groups with where they came from."""
    return [
        PlantGroup(topic.plant, topic.gateway, batch.stream, batch.seq, batch.config, group) for group in batch.groups
    ]


def arrival(topic: Topic, batch: Batch, at_ms: int) -> JournalEntry:
    """Return the journal entry of a stored batch: the ledger works from these."""
    return JournalEntry(
        entry_id=f"arrival/{topic.plant}/{batch.stream}/{batch.seq}",
        kind=EntryKind.ARRIVAL,
        plant=topic.plant,
        at_ms=at_ms,
        data={
            "gateway": topic.gateway,
            "stream": batch.stream,
            "seq": batch.seq,
            "config": batch.config,
            "points": {group.point: [group.t[0], group.t[-1], len(group.t)] for group in batch.groups},
        },
    )


def configuration(topic: Topic, meters: Meters, at_ms: int) -> JournalEntry:
    """Return the journal entry of a gateway's meter configuration."""
    return JournalEntry(
        entry_id=f"config/{topic.plant}/{topic.gateway}/{meters.config}",
        kind=EntryKind.CONFIG,
        plant=topic.plant,
        at_ms=at_ms,
        data={"gateway": topic.gateway, **msgspec.to_builtins(meters)},
    )


def losses(topic: Topic, loss: Loss, at_ms: int) -> JournalEntry:
    """Return the journal entry of a gateway's loss ledger."""
    return JournalEntry(
        entry_id=f"loss/{topic.plant}/{loss.stream}/{loss.seq}",
        kind=EntryKind.LOSS,
        plant=topic.plant,
        at_ms=at_ms,
        data={"gateway": topic.gateway, **msgspec.to_builtins(loss)},
    )


def ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """Return rising whole numbers as ranges, both ends included.

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


def receipt(stream: str, stored: list[int], rejected: dict[int, str]) -> Receipt:
    """Return the receipt for batches of one stream."""
    return Receipt(1, stream, ranges(stored), [(seq, seq, reason) for seq, reason in sorted(rejected.items())])
