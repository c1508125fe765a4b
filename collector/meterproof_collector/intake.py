"""What one delivered message is: checked and understood, or refused with a reason. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from math import isfinite
from typing import Any

import msgspec

from meterproof_core.errors import MeterproofError, SettingsError, WireError
from meterproof_core.quantities import quantity
from meterproof_core.validation import check_batch
from meterproof_core.wire import (
    MAX_PAYLOAD_BYTES,
    VERSION,
    Batch,
    Group,
    Message,
    Meters,
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
    """A message as the broker delivered it, or as a dead letter is given back.

    Parameters
    ----------
    topic, payload : str, bytes
        As they came.
    token : object
        What acknowledges it.
    letter : str
        Id of the dead letter that it is replayed from; empty when the broker delivered it.
    """

    topic: str
    payload: bytes
    token: Any = None
    letter: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that is understood and makes sense."""

    delivered: Delivered
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
    unknown_plant : bool
        Whether nothing is wrong with it but that nobody has told us of its plant.
    """

    delivered: Delivered
    reason: str
    topic: Topic | None = None
    stream: str | None = None
    seq: int | None = None
    unknown_plant: bool = False


class _Head(msgspec.Struct):
    v: int
    stream: str
    seq: int


class _NotUnderstoodError(WireError):
    """A message of a later time: not wrong, but not for this program."""


_HEAD = msgspec.json.Decoder(_Head)


def take_in(delivered: Delivered, now_ms: int, known_plants: Collection[str] | None = None) -> Accepted | Refused:
    """Return what a delivered message is.

    Parameters
    ----------
    delivered : Delivered
        As it came.
    now_ms : int
        The collector's time [ms since 1970-01-01 UTC]; readings from the future are refused.
    known_plants : collection of str or None
        Plants whose messages are taken; None takes all.
    """
    topic = None
    try:
        topic = parse_topic(delivered.topic)
        if known_plants is not None and topic.plant not in known_plants:
            return _unknown_plant(delivered, topic)
        message = decode(topic.kind, delivered.payload)
        _check(message, now_ms)
    except _NotUnderstoodError as error:
        return Refused(delivered, _short(error), topic)
    except MeterproofError as error:
        stream, seq = _name(delivered.payload)
        return Refused(delivered, _short(error), topic, stream, seq)
    return Accepted(delivered, topic, message)


def _unknown_plant(delivered: Delivered, topic: Topic) -> Refused:
    """Return a refusal that nobody is answered: the gateway's spool keeps the message until its plant is known."""
    reason = f"unknown plant {topic.plant!r}: add it to the plants that the collector knows, then replay this"
    return Refused(delivered, reason, topic, unknown_plant=True)


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
