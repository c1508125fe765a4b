"""What the journal is told of messages that came. Pure."""

import base64
import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from meterproof_collector.messages.intake import Delivered, Refused
from meterproof_core.quantities import Kind, quantity
from meterproof_core.storage import EntryKind, JournalEntry, PlantGroup
from meterproof_core.wire import MAX_PAYLOAD_BYTES, VERSION, Batch, Group, Loss, Meters, Topic

TOO_OLD = "older than the store keeps"
REPLAYED = "dead_letter_replayed"
"""Code of the event that tells of a replay."""
STREAM_REUSED = "stream_reused"
"""Code of the event that tells of a spool file that was put back or copied."""
CLOCK_AHEAD = "clock_ahead"
"""Code of the event that tells of journal entries that lie in the future."""
_DAY_MS = 86_400_000


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


def replay_told(
    letter: JournalEntry, data: Mapping[str, object], at_ms: int, *, arrivals: Sequence[JournalEntry] = ()
) -> JournalEntry:
    """Return the journal entry of a replay; the same letter with the same result is told once.

    Parameters
    ----------
    letter : JournalEntry
        The dead letter.
    data : mapping
        What became of it.
    at_ms : int
        When it is told [ms since 1970-01-01 UTC].
    arrivals : sequence of JournalEntry
        What was stored: a ledger in another process need not look for it.
    """
    told = _digest(msgspec.json.encode(data, order="deterministic"))[:8]
    stored = [{"id": one.entry_id, "plant": one.plant, "at_ms": one.at_ms, "data": dict(one.data)} for one in arrivals]
    return JournalEntry(
        entry_id=f"event/{letter.plant}/{REPLAYED}/{letter.entry_id}/{told}",
        kind=EntryKind.EVENT,
        plant=letter.plant,
        at_ms=at_ms,
        data={"code": REPLAYED, "letter": letter.entry_id, "t_ms": letter.at_ms, "arrivals": stored, **data},
    )


def replayed_arrivals(event: JournalEntry) -> list[JournalEntry]:
    """Return the arrivals that the journal entry of a replay tells of."""
    return [
        JournalEntry(one["id"], EntryKind.ARRIVAL, one["plant"], one["at_ms"], one["data"])
        for one in event.data.get("arrivals", ())
    ]


def arrival(delivered: Delivered, topic: Topic, batch: Batch, at_ms: int) -> JournalEntry:
    """Return the journal entry of a stored batch: the ledger works from these.

    Its id tells gateway and content too: a spool that was put back from an image, or copied with its card, gives other
    samples a stream and number that have been, and the ledger has to look at them all the same. What is replayed from a
    dead letter has an entry of its own: the batch that it was part of may have one.
    """
    again = f"/{delivered.letter}" if delivered.letter else ""
    return JournalEntry(
        entry_id=f"arrival/{topic.plant}/{topic.gateway}/{batch.stream}/{batch.seq}/{content_of(batch)}{again}",
        kind=EntryKind.ARRIVAL,
        plant=topic.plant,
        at_ms=at_ms,
        data={
            "gateway": topic.gateway,
            "stream": batch.stream,
            "seq": batch.seq,
            "config": batch.config,
            "points": _points(batch),
        },
    )


def content_of(message: Batch | Loss) -> str:
    """Return a short digest of which samples a batch holds, or which a loss ledger gives up."""
    extents = _points(message) if isinstance(message, Batch) else message.lost
    return _digest(msgspec.json.encode(extents, order="deterministic"))[:8]


def _points(batch: Batch) -> dict[str, list[int]]:
    return {group.point: [group.t[0], group.t[-1], len(group.t)] for group in batch.groups}


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
        entry_id=f"loss/{topic.plant}/{topic.gateway}/{loss.stream}/{loss.seq}/{content_of(loss)}",
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
            "quantities": (gone := _momentary(item.group)),
            "reason": TOO_OLD if len(gone) == len(item.group.quantities) else f"{TOO_OLD}; its counters are stored",
        }
        for item in lost
    ]
    return JournalEntry(
        entry_id=f"loss/{topic.plant}/{topic.gateway}/{batch.stream}/{batch.seq}/{content_of(batch)}/too-old",
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


def stream_reused(topic: Topic, message: Batch | Loss, before: tuple[str, str], at_ms: int) -> JournalEntry:
    """Return the journal entry of a batch's name that came with other content, or from another gateway.

    A spool file was put back from an image, or copied to another gateway. Told once for two gateways, and once a day of
    the samples for one.

    Parameters
    ----------
    topic, message
        What came.
    before : (gateway, content)
        What came under this name before (`content_of`).
    at_ms : int
        When it is told [ms since 1970-01-01 UTC].
    """
    firsts = (
        [group.t[0] for group in message.groups]
        if isinstance(message, Batch)
        else [one.first_ms for one in message.lost]
    )
    t_ms = min(firsts, default=at_ms)
    one, two = sorted((topic.gateway, before[0]))
    which = f"{one}/{two}" if one != two else f"{one}/{t_ms // _DAY_MS}"
    return JournalEntry(
        entry_id=f"event/{topic.plant}/{message.stream}/stream_reused/{which}",
        kind=EntryKind.EVENT,
        plant=topic.plant,
        at_ms=at_ms,
        data={
            "code": STREAM_REUSED,
            "gateways": sorted({one, two}),
            "stream": message.stream,
            "seq": message.seq,
            "t_ms": t_ms,
        },
    )


def clock_ahead(newest: JournalEntry, now_ms: int) -> JournalEntry:
    """Return the journal entry of an entry that lies ahead of our clock: one of two collectors has a wrong one."""
    plant, gateway = newest.plant, str(newest.data.get("gateway", ""))
    writer = f"whoever stored {plant}/{gateway}" if gateway else f"whoever wrote {newest.entry_id}"
    return JournalEntry(
        entry_id=f"event/{plant}/{CLOCK_AHEAD}/{newest.entry_id}",
        kind=EntryKind.EVENT,
        plant=plant,
        at_ms=now_ms,
        data={
            "code": CLOCK_AHEAD,
            "entry": newest.entry_id,
            "writer": writer,
            "entry_at_ms": newest.at_ms,
            "ahead_ms": newest.at_ms - now_ms,
            "t_ms": now_ms,
        },
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _momentary(group: Group) -> list[str]:
    """Return the quantities that are kept for a while only; those of a group without any, all of them."""
    names = [name for name in group.quantities if quantity(name).kind is not Kind.COUNTER]
    return names or list(group.quantities)
