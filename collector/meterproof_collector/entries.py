"""What the journal is told of messages that came, and what their receipts say. Pure."""

import base64
import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from meterproof_collector.intake import Delivered, Refused
from meterproof_core.storage import EntryKind, JournalEntry, PlantGroup
from meterproof_core.wire import MAX_PAYLOAD_BYTES, VERSION, Batch, Loss, Meters, Receipt, Topic

_HEAD_BYTES = 1024  # version, stream and the names of the fields
_RANGE_BYTES = 48  # two numbers of 64 bits with their brackets
TOO_OLD = "older than the store keeps"
REPLAYED = "dead_letter_replayed"
"""Code of the event that tells of a replay."""


def letter_id(delivered: Delivered) -> str:
    """Return the id under which a message stands in the journal as a dead letter."""
    return "dead-letter/" + _digest(delivered.topic.encode() + b"\0" + delivered.payload)


def dead_letter(refused: Refused, at_ms: int) -> JournalEntry:
    """Return the journal entry of a refused message: all that is needed to look at it, mend it and replay it."""
    delivered = refused.delivered
    return JournalEntry(
        entry_id=letter_id(delivered),
        kind=EntryKind.DEAD_LETTER,
        plant=refused.topic.plant if refused.topic else "",
        at_ms=at_ms,
        data={
            "topic": delivered.topic,
            "gateway": refused.topic.gateway if refused.topic else "",
            "reason": refused.reason,
            "stream": refused.stream,
            "seq": refused.seq,
            "bytes": len(delivered.payload),
            "payload_base64": base64.b64encode(delivered.payload[:MAX_PAYLOAD_BYTES]).decode(),
        },
    )


def replay_told(letter: JournalEntry, data: Mapping[str, object], at_ms: int) -> JournalEntry:
    """Return the journal entry of a replay; the same letter with the same result is told once."""
    told = _digest(msgspec.json.encode(data, order="deterministic"))[:8]
    return JournalEntry(
        entry_id=f"event/{letter.plant}/{REPLAYED}/{letter.entry_id}/{told}",
        kind=EntryKind.EVENT,
        plant=letter.plant,
        at_ms=at_ms,
        data={"code": REPLAYED, "letter": letter.entry_id, "t_ms": letter.at_ms, **data},
    )


def arrival(delivered: Delivered, topic: Topic, batch: Batch, at_ms: int) -> JournalEntry:
    """Return the journal entry of a stored batch: the ledger works from these.

    What is replayed from a dead letter has an entry of its own: the batch that it was part of may have one.
    """
    again = f"/{delivered.letter}" if delivered.letter else ""
    return JournalEntry(
        entry_id=f"arrival/{topic.plant}/{batch.stream}/{batch.seq}{again}",
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


def too_old(topic: Topic, batch: Batch, lost: Sequence[PlantGroup], at_ms: int) -> JournalEntry:
    """Return the journal entry of samples of a batch that are older than what the store keeps."""
    named = [
        {
            "point": item.group.point,
            "first_ms": item.group.t[0],
            "last_ms": item.group.t[-1],
            "samples": len(item.group.t),
            "reason": TOO_OLD,
        }
        for item in lost
    ]
    return JournalEntry(
        entry_id=f"loss/{topic.plant}/{batch.stream}/{batch.seq}/too-old",
        kind=EntryKind.LOSS,
        plant=topic.plant,
        at_ms=at_ms,
        data={"gateway": topic.gateway, "v": VERSION, "stream": batch.stream, "seq": batch.seq, "lost": named},
    )


def second_source(item: PlantGroup, other: str, at_ms: int) -> JournalEntry:
    """Return the journal entry of a metering point that two gateways feed: settings that somebody has to put right."""
    one, two = sorted((item.gateway, other))
    point = item.group.point
    return JournalEntry(
        entry_id=f"event/{item.plant}/{point}/two_gateways/{one}/{two}",
        kind=EntryKind.EVENT,
        plant=item.plant,
        at_ms=at_ms,
        data={"point": point, "code": "two_gateways", "gateways": [one, two], "t_ms": item.group.t[0]},
    )


def new_stream(plant: str, gateway: str, streams: tuple[str, str], at_ms: int) -> JournalEntry:
    """Return the journal entry of a gateway that begins to send another stream: its spool file is a new one."""
    before, after = streams
    return JournalEntry(
        entry_id=f"event/{plant}/{gateway}/new_stream/{after}",
        kind=EntryKind.EVENT,
        plant=plant,
        at_ms=at_ms,
        data={"gateway": gateway, "code": "new_stream", "before": before, "stream": after, "t_ms": at_ms},
    )


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


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
