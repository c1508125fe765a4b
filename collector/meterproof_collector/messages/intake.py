"""What one delivered message is: checked and understood, or refused with a reason. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from meterproof_collector.messages.sense import NotUnderstoodError, check_sense
from meterproof_core.errors import MeterproofError
from meterproof_core.names import is_id
from meterproof_core.wire import MAX_PAYLOAD_BYTES, VERSION, Message, Topic, decode, parse_topic

_MOST_SEQ = 2**63 - 1  # what every store's integer column holds
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


_HEAD = msgspec.json.Decoder(_Head)
_topic = lru_cache(maxsize=10_000)(parse_topic)  # a gateway says thousands of times where it is


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
        topic = _topic(delivered.topic)
        if known_plants is not None and topic.plant not in known_plants:
            return _unknown_plant(delivered, topic)
        message = decode(topic.kind, delivered.payload)
        check_sense(message, now_ms, delivered.payload)
    except NotUnderstoodError as error:
        return Refused(delivered, _short(error), topic)
    except MeterproofError as error:
        stream, seq = _name(delivered.payload)
        return Refused(delivered, _short(error), topic, stream, seq)
    return Accepted(delivered, topic, message)


def _unknown_plant(delivered: Delivered, topic: Topic) -> Refused:
    """Return a refusal that nobody is answered: the gateway's spool keeps the message until its plant is known."""
    reason = f"unknown plant {topic.plant!r}: add it to the plants that the collector knows, then replay this"
    return Refused(delivered, reason, topic, unknown_plant=True)


def _name(payload: bytes) -> tuple[str | None, int | None]:
    """Return a batch's name if it is of this version and can be read: only then it is known to be wrong for good."""
    try:
        head = _HEAD.decode(payload[:MAX_PAYLOAD_BYTES])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, None
    is_name = head.v == VERSION and is_id(head.stream) and abs(head.seq) <= _MOST_SEQ
    return (head.stream, head.seq) if is_name else (None, None)


def _short(error: MeterproofError) -> str:
    text = str(error)
    return text if len(text) <= _LONGEST_REASON else text[:_LONGEST_REASON] + "..."
