"""What is to be told to the journal and to the gateways once a lot of messages is stored. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from meterproof_collector.messages.entries import TOO_OLD, arrival, configuration, dead_letter, losses, too_old
from meterproof_collector.messages.intake import Accepted, Delivered, Refused
from meterproof_collector.messages.lot import Lot, plant_groups
from meterproof_collector.messages.receipts import receipts
from meterproof_collector.road.following import StreamKey
from meterproof_collector.road.keeping import Kept, Unkept, rows_of
from meterproof_core.storage import JournalEntry, PlantGroup
from meterproof_core.wire import MAX_PAYLOAD_BYTES, Batch, Loss, MessageKind, Meters, Receipt, Topic, encode

_LONGEST_REASON = 200  # a receipt carries reasons and has to fit into a message


@dataclass(slots=True)
class Answers:
    """What is to be told.

    Parameters
    ----------
    entries : list of JournalEntry
        Dead letters, losses and configurations.
    arrivals : list of JournalEntry
        Batches of which something is stored.
    configurations : list of (topic, meters)
        Meter configurations that came.
    named : list of (StreamKey, seq)
        The batches that came and are answered.
    lost : dict of reason to samples
        Of loss ledgers, and of what was too old.
    stored, rejected : dict
        Seqs, and why, by stream.
    """

    entries: list[JournalEntry] = field(default_factory=list)
    arrivals: list[JournalEntry] = field(default_factory=list)
    configurations: list[tuple[Topic, Meters]] = field(default_factory=list)
    named: list[tuple[StreamKey, int]] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stored: dict[StreamKey, list[int]] = field(default_factory=lambda: defaultdict(list))
    rejected: dict[StreamKey, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))

    def receipts(self) -> list[tuple[Topic, Receipt]]:
        """Return the receipts that may go out once the entries are in the journal."""
        return [
            (Topic(key[0], key[1], MessageKind.RECEIPTS), receipt)
            for key in dict.fromkeys([*self.stored, *self.rejected])
            for receipt in receipts(key[2], self.stored.get(key, []), self.rejected.get(key, {}))
        ]


def answers(lot: Lot, kept: Kept, at_ms: int) -> Answers:
    """Return what is to be told of a lot.

    Parameters
    ----------
    lot : Lot
        The messages.
    kept : Kept
        What the store did not take of them.
    at_ms : int
        When it is told [ms since 1970-01-01 UTC].
    """
    told = Answers()
    for refused in lot.refused:
        _tell_refused(told, refused, at_ms)
    refused_parts, old_parts = _by_batch(kept.refused), _by_batch(kept.too_old)
    for accepted in lot.accepted:
        topic, message = accepted.topic, accepted.message
        if isinstance(message, Batch):
            unkept = _Parts(_of_batch(refused_parts, topic, message), _of_batch(old_parts, topic, message))
            _tell_batch(told, accepted, unkept, at_ms)
        elif isinstance(message, Loss):
            told.entries.append(losses(topic, message, at_ms))
            for lost in message.lost:
                told.lost[lost.reason] += lost.samples
            _tell_stored(told, (topic.plant, topic.gateway, message.stream), message.seq)
        elif isinstance(message, Meters):
            told.entries.append(configuration(topic, message, at_ms))
            told.configurations.append((topic, message))
    return told


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is not stored of one batch, by point."""

    refused: Mapping[str, Unkept]
    old: Mapping[str, Unkept]


_Name = tuple[str, str, str, int]
_Unkept = Mapping[tuple[_Name, str], Mapping[int, str]]
"""Instants that are not stored and why, by batch and point."""


def _by_batch(parts: Sequence[Unkept]) -> _Unkept:
    found: dict[tuple[_Name, str], dict[int, str]] = defaultdict(dict)
    for part in parts:
        item = part.item
        name = (item.plant, item.gateway, item.stream, item.seq)
        found[name, item.group.point].update(dict.fromkeys(item.group.t, part.reason))
    return found


def _of_batch(unkept: _Unkept, topic: Topic, batch: Batch) -> dict[str, Unkept]:
    """Return the rows of a batch that are not stored, one part a point, in however many parts they were found."""
    found: dict[str, Unkept] = {}
    if not unkept:
        return found
    name = (topic.plant, topic.gateway, batch.stream, batch.seq)
    for item in plant_groups(topic, batch):
        reasons = unkept.get((name, item.group.point), {})
        rows = [row for row, instant in enumerate(item.group.t) if instant in reasons]
        if rows:
            found[item.group.point] = Unkept(rows_of(item, rows), reasons[item.group.t[rows[0]]])
    return found


def _tell_stored(told: Answers, key: StreamKey, seq: int) -> None:
    told.stored[key].append(seq)
    told.named.append((key, seq))


def _tell_refused(told: Answers, refused: Refused, at_ms: int) -> None:
    told.entries.append(dead_letter(refused, at_ms))
    if refused.topic is not None and refused.stream is not None and refused.seq is not None:
        key = (refused.topic.plant, refused.topic.gateway, refused.stream)
        told.rejected[key][refused.seq] = refused.reason
        told.named.append((key, refused.seq))


def _tell_batch(told: Answers, accepted: Accepted, parts: _Parts, at_ms: int) -> None:
    topic, batch = accepted.topic, accepted.message
    assert isinstance(batch, Batch)  # noqa: S101 - the caller looked
    if not parts.refused and not parts.old:
        told.arrivals.append(arrival(accepted.delivered, topic, batch, at_ms))
        _tell_stored(told, (topic.plant, topic.gateway, batch.stream), batch.seq)
        return
    rest = _rest(batch, parts)
    if rest.groups:
        told.arrivals.append(arrival(accepted.delivered, topic, rest, at_ms))
    if parts.old:
        items = [part.item for part in parts.old.values()]
        told.entries.append(too_old(topic, batch, items, at_ms))
        told.lost[TOO_OLD] += sum(len(item.group.t) for item in items)
        told.rejected[topic.plant, topic.gateway, batch.stream][batch.seq] = TOO_OLD
        told.named.append(((topic.plant, topic.gateway, batch.stream), batch.seq))
    if parts.refused:
        _tell_refused(told, _refused_part(accepted.delivered, topic, batch, parts.refused), at_ms)


def _refused_part(delivered: Delivered, topic: Topic, batch: Batch, parts: Mapping[str, Unkept]) -> Refused:
    """Return the refused rows of a batch as a message of their own, which can be replayed."""
    payload = encode(structs.replace(batch, groups=[part.item.group for part in parts.values()]))
    whole = len(payload) > MAX_PAYLOAD_BYTES  # a rewritten number may be longer; what is stored already does no harm
    why = next(iter(parts.values())).reason[:_LONGEST_REASON]
    reason = f"the store refuses {', '.join(sorted(parts))}: {why}"[: 2 * _LONGEST_REASON]
    letter = Delivered(delivered.topic, delivered.payload if whole else payload)
    return Refused(letter, reason, topic, batch.stream, batch.seq)


def _rest(batch: Batch, parts: _Parts) -> Batch:
    """Return what the ledger may find in the store: what is too old may have left its counters there."""
    groups = []
    for item in plant_groups(Topic("", "", MessageKind.READINGS), batch):
        gone = set(_instants(parts.refused, item))
        if not item.group.raw:
            gone.update(_instants(parts.old, item))
        rows = [row for row, instant in enumerate(item.group.t) if instant not in gone]
        if rows:
            groups.append(rows_of(item, rows).group)
    return structs.replace(batch, groups=groups)


def _instants(parts: Mapping[str, Unkept], item: PlantGroup) -> Sequence[int]:
    part = parts.get(item.group.point)
    return part.item.group.t if part else ()
