"""The wire format, version 1: what edge and collector say to each other over MQTT.

Everything is JSON on topics ``meterproof/v1/{plant}/{gateway}/{kind}``. A batch carries its samples by metering point
and by column: ``values[c][r]`` is quantity ``c`` at instant ``t[r]``, already in its canonical unit. Raw registers of
cumulative counters travel beside the values, because only they can be recomputed later. A value that is not there is
``null`` and has its entry in ``q``.

Messages of this version are never changed, only extended: an unknown field is passed over, and the golden files under
``tests/unit/core/golden`` are only added to.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from meterproof_core.counter_spec import CounterKind as CounterKind
from meterproof_core.counter_spec import CounterSpec as CounterSpec
from meterproof_core.errors import WireError
from meterproof_core.names import ID_RULE, is_id

VERSION = 1
MAX_PAYLOAD_BYTES = 64 * 1024
"""A message is never longer: brokers and small gateways bound theirs."""

RawValue = int | float | list[int | float] | None
Flag = tuple[int, int, str, str]
"""One quality entry: row, column, level (`Level`), reason."""


class MessageKind(StrEnum):
    """The last level of a topic."""

    READINGS = "readings"
    METERS = "meters"
    STATUS = "status"
    LOSS = "loss"
    ATTEST = "attest"
    RECEIPTS = "receipts"


class Level(StrEnum):
    """How far a value can be trusted; one without an entry in ``q`` is good."""

    UNCERTAIN = "uncertain"
    BAD = "bad"
    MISSING = "missing"


class ClockState(StrEnum):
    """Whether the gateway's clock was synchronised when it stamped a batch."""

    SYNCED = "synced"
    HOLDOVER = "holdover"


@dataclass(frozen=True, slots=True)
class Topic:
    """Where a message belongs."""

    plant: str
    gateway: str
    kind: MessageKind

    def __str__(self) -> str:
        return f"meterproof/v{VERSION}/{self.plant}/{self.gateway}/{self.kind}"


class Group(msgspec.Struct, frozen=True):
    """The samples of one metering point in a batch, by column.

    Parameters
    ----------
    point : str
        The metering point.
    quantities : list of str, length k
        Names from the catalogue.
    t : list of int, length n
        Acquisition instants [ms since 1970-01-01 UTC], strictly rising.
    values : list of k lists of n floats or None
        Values in canonical units; None is not there and has an entry in `q`.
    raw : dict of str to list of n raw registers
        Raw register of each cumulative counter among `quantities`.
    q : list of (row, column, level, reason)
        Sparse quality; what has no entry is good.
    """

    point: str
    quantities: list[str]
    t: list[int]
    values: list[list[float | None]]
    raw: dict[str, list[RawValue]] = {}
    q: list[Flag] = []


class Batch(msgspec.Struct, frozen=True):
    """A batch of samples: what the spool holds, the wire carries and the receipt answers.

    Parameters
    ----------
    v : int
        Version of the wire format.
    stream : str
        Made with the spool file; with `seq` it names this batch for ever.
    seq : int
        Never restarts in a stream.
    config : str
        Digest of the meter configuration (`Meters`) that made the values.
    clock : ClockState
        State of the gateway's clock.
    groups : list of Group
        The samples by metering point; a point occurs once.
    """

    v: int
    stream: str
    seq: int
    config: str
    clock: ClockState
    groups: list[Group]


class PointConfig(msgspec.Struct, frozen=True):
    """How one metering point is read: enough to recompute its values from raw registers.

    Parameters
    ----------
    point : str
        The metering point.
    meter : str
        Id of the register map.
    map_version : int
        Its version.
    poll_ms : int
        Period of the readings [ms].
    quantities : list of str
        What is read.
    counters : dict of str to CounterSpec
        The counters among them.
    units : dict of str to str
        The unit in which the meter gives each quantity: a device's setting can change it, and then the digest changes.
    """

    point: str
    meter: str
    map_version: int
    poll_ms: int
    quantities: list[str]
    counters: dict[str, CounterSpec] = {}
    units: dict[str, str] = {}


class Meters(msgspec.Struct, frozen=True):
    """A gateway's meter configuration; retained, and named by its digest in every batch."""

    v: int
    config: str
    points: list[PointConfig]


class Receipt(msgspec.Struct, frozen=True):
    """What the collector did with batches of a stream; only this empties a spool.

    Parameters
    ----------
    stored : list of (first, last)
        Ranges of `seq`, both ends included, that are durably stored.
    rejected : list of (first, last, reason)
        Ranges that stand in the journal as dead letters or losses and must not come again.
    """

    v: int
    stream: str
    stored: list[tuple[int, int]] = []
    rejected: list[tuple[int, int, str]] = []


class Status(msgspec.Struct, frozen=True):
    """Whether a gateway is on line; retained, and also its will."""

    v: int
    online: bool
    at_ms: int
    stream: str = ""
    version: str = ""
    waiting_batches: int = 0


class LostRange(msgspec.Struct, frozen=True):
    """Samples that a gateway had to give up."""

    point: str
    first_ms: int
    last_ms: int
    samples: int
    reason: str


class Loss(msgspec.Struct, frozen=True):
    """A gateway's loss ledger; travels through the spool like a batch, with a `seq` of the same stream."""

    v: int
    stream: str
    seq: int
    lost: list[LostRange]


Message = Batch | Meters | Receipt | Status | Loss
_TYPES: dict[MessageKind, type[Message]] = {
    MessageKind.READINGS: Batch,
    MessageKind.METERS: Meters,
    MessageKind.STATUS: Status,
    MessageKind.LOSS: Loss,
    MessageKind.RECEIPTS: Receipt,
}
_DECODERS = {kind: msgspec.json.Decoder(type_) for kind, type_ in _TYPES.items()}
_ENCODER = msgspec.json.Encoder()
_POINTS = msgspec.json.Decoder(list[PointConfig])


def parse_topic(text: str) -> Topic:
    """Return what a topic says.

    Raises
    ------
    WireError
        When it is none of ours.
    """
    parts = text.split("/")
    if len(parts) != 5 or parts[0] != "meterproof" or parts[1] != f"v{VERSION}":
        raise WireError(f"topic {text!r} is not meterproof/v{VERSION}/<plant>/<gateway>/<kind>")
    for what, part in (("plant", parts[2]), ("gateway", parts[3])):
        if not is_id(part):
            raise WireError(f"topic {text!r}: {what} {part!r} is not an id; use {ID_RULE}")
    try:
        kind = MessageKind(parts[4])
    except ValueError:
        raise WireError(f"topic {text!r}: kind {parts[4]!r} unknown; use {', '.join(MessageKind)}") from None
    return Topic(parts[2], parts[3], kind)


def encode(message: Message) -> bytes:
    """Return a message as it travels."""
    return _ENCODER.encode(message)


def decode(kind: MessageKind, payload: bytes) -> Message:
    """Return the message of a payload; its form is checked, its sense is not (`validation.check_batch`).

    Raises
    ------
    WireError
        When the payload is too long, no JSON, or lacks the form of its kind.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WireError(f"{kind}: payload of {len(payload)} bytes; at most {MAX_PAYLOAD_BYTES} are accepted")
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise WireError(f"{kind}: messages of this kind are not read yet; use {', '.join(_TYPES)}")
    try:
        message = decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"{kind}: {error}") from error
    if message.v != VERSION:
        raise WireError(f"{kind}: version {message.v} unknown; this program reads {VERSION}")
    return message


def config_digest(points: list[PointConfig]) -> str:
    """Return the digest that names a meter configuration: 32 hex digits of SHA-256 over its canonical JSON."""
    travelled = _POINTS.decode(_ENCODER.encode(points))  # a whole number given for a float is a float on arrival
    canonical = msgspec.json.encode(sorted(travelled, key=lambda point: point.point), order="deterministic")
    return hashlib.sha256(canonical).hexdigest()[:32]
