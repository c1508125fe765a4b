"""What one delivered message is: checked and understood, or refused with a reason. Pure."""

import base64
import hashlib
from dataclasses import dataclass
from math import isfinite
from typing import Any

import msgspec

from meterproof_core.errors import MeterproofError, SettingsError, WireError
from meterproof_core.quantities import quantity
from meterproof_core.storage import EntryKind, JournalEntry, PlantGroup
from meterproof_core.validation import check_batch
from meterproof_core.wire import (
    MAX_PAYLOAD_BYTES,
    VERSION,
    Batch,
    Group,
    Loss,
    Message,
    Meters,
    Receipt,
    Topic,
    config_digest,
    decode,
    parse_topic,
)

_MOST_AHEAD_MS = 24 * 3_600_000
"""A gateway's clock may be off by a time zone's confusion; what lies further ahead would hide all that follows."""
_LONGEST_REASON = 300  # a receipt carries reasons and has to fit into a message


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
        The batch's name where it can still be read and will never be stored, so that a receipt can answer it; None
        where nobody is answered, because another version of this program may understand it: then it stays in the
        gateway's spool.
    """

    delivered: Delivered
    reason: str
    topic: Topic | None = None
    stream: str | None = None
    seq: int | None = None


class _Head(msgspec.Struct):
    v: int
    stream: str
    seq: int


class _NotUnderstoodError(WireError):
    """A message of a later time: not wrong, but not for this program."""


_HEAD = msgspec.json.Decoder(_Head)


def take_in(delivered: Delivered, now_ms: int) -> Accepted | Refused:
    """Return what a delivered message is.

    Parameters
    ----------
    delivered : Delivered
        As it came.
    now_ms : int
        The collector's time [ms since 1970-01-01 UTC]; readings from the future are refused.
    """
    topic = None
    try:
        topic = parse_topic(delivered.topic)
        message = decode(topic.kind, delivered.payload)
        _check(message, now_ms)
    except _NotUnderstoodError as error:
        return Refused(delivered, _short(error), topic)
    except MeterproofError as error:
        stream, seq = _name(delivered.payload)
        return Refused(delivered, _short(error), topic, stream, seq)
    return Accepted(topic, message)


def _check(message: Message, now_ms: int) -> None:
    if isinstance(message, Batch):
        check_batch(message)
        for group in message.groups:
            _check_group(group, now_ms)
    elif isinstance(message, Meters):
        _check_meters(message)


def _check_group(group: Group, now_ms: int) -> None:
    ahead_ms = group.t[-1] - now_ms
    if ahead_ms > _MOST_AHEAD_MS:
        raise WireError(
            f"group {group.point!r}: t {group.t[-1]} lies {ahead_ms / 3_600_000:,.0f} h ahead of our clock; "
            f"at most {_MOST_AHEAD_MS // 3_600_000} h are accepted: put the gateway's clock right"
        )
    for name in group.quantities:
        try:
            quantity(name)
        except SettingsError as error:
            raise _NotUnderstoodError(f"group {group.point!r}: {error}") from None


def _check_meters(meters: Meters) -> None:
    digest = config_digest(meters.points)
    if meters.config != digest:
        raise WireError(f"config {meters.config!r} is not the digest of its points; {digest!r} is")
    for point in meters.points:
        for name, spec in point.counters.items():
            where = f"point {point.point!r} counter {name!r}"
            for what in ("scale", "resolution", "max_rate_per_h"):
                value = getattr(spec, what)
                if not (isfinite(value) and value > 0):
                    raise WireError(f"{where}: {what} {value} is not accepted; use a number above 0")
            if spec.modulus is not None and spec.modulus < 1:
                raise WireError(f"{where}: modulus {spec.modulus} is not accepted; use a whole number above 0 or null")


def _name(payload: bytes) -> tuple[str | None, int | None]:
    """Return a batch's name if it is of this version and can be read: only then it is known to be wrong for good."""
    try:
        head = _HEAD.decode(payload[:MAX_PAYLOAD_BYTES])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, None
    return (head.stream, head.seq) if head.v == VERSION else (None, None)


def _short(error: MeterproofError) -> str:
    text = str(error)
    return text if len(text) <= _LONGEST_REASON else text[:_LONGEST_REASON] + "..."


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
    return Receipt(VERSION, stream, ranges(stored), [(seq, seq, reason) for seq, reason in sorted(rejected.items())])
