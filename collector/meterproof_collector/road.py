"""The road of a message: check, write, journal - and only then the answers that may be sent.

The order is the whole point. Readings are durable before their arrival stands in the journal, the arrival before the
acknowledgement and the receipt go out. Killed anywhere, the agent sends again and every step changes nothing the
second time.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from meterproof_collector.intake import (
    Accepted,
    Delivered,
    Refused,
    arrival,
    configuration,
    dead_letter,
    losses,
    plant_groups,
    receipt,
    second_source,
    take_in,
)
from meterproof_core.faults import FaultPoints
from meterproof_core.storage import Journal, JournalEntry, PlantGroup, ReadingsStore
from meterproof_core.wire import Batch, Loss, MessageKind, Meters, Receipt, Topic


@dataclass(slots=True)
class RoadCounts:
    """What went over the road since the start; every drop is counted."""

    messages: int = 0
    batches: int = 0
    rows: int = 0
    values: int = 0
    dead_letters: int = 0
    losses: int = 0
    points_with_two_gateways: int = 0
    last_dead_letter: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What may be said and done once a lot of messages is durable.

    Parameters
    ----------
    receipts : list of (topic, receipt)
        To be published.
    arrivals : list of JournalEntry
        Batches that are stored: the ledger's work.
    configurations : list of (topic, meters)
        Meter configurations that came.
    """

    receipts: list[tuple[Topic, Receipt]]
    arrivals: list[JournalEntry]
    configurations: list[tuple[Topic, Meters]]


@dataclass(slots=True)
class _Lot:
    groups: list[PlantGroup] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)
    arrivals: list[JournalEntry] = field(default_factory=list)
    configurations: list[tuple[Topic, Meters]] = field(default_factory=list)
    stored: dict[tuple[str, str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    rejected: dict[tuple[str, str, str], dict[int, str]] = field(default_factory=lambda: defaultdict(dict))


class Road:
    """Takes delivered messages and stores what they say.

    Parameters
    ----------
    readings : ReadingsStore
        Where samples go.
    journal : Journal
        Where arrivals, configurations, losses and dead letters go.
    now_ms : callable
        When it is now [ms since 1970-01-01 UTC].
    faults : FaultPoints
        For kill tests.
    """

    def __init__(
        self, readings: ReadingsStore, journal: Journal, *, now_ms: Callable[[], int], faults: FaultPoints
    ) -> None:
        self._readings = readings
        self._journal = journal
        self._now_ms = now_ms
        self._faults = faults
        self._gateway_of: dict[tuple[str, str], str] = {}
        self.counts = RoadCounts()

    def process(self, delivered: Sequence[Delivered]) -> Outcome:
        """Store messages durably and return what may be answered.

        Raises
        ------
        StoreError
            When the store fails; nothing may then be acknowledged.
        """
        lot = _Lot()
        for message in delivered:
            taken = take_in(message, self._now_ms())
            if isinstance(taken, Refused):
                self._refuse(taken, lot)
            else:
                self._accept(taken, lot)
        if lot.groups:
            self._readings.write(lot.groups)
        if lot.entries or lot.arrivals:
            self._journal.append(lot.entries + lot.arrivals)
        if lot.arrivals:
            self._faults.reach("collector.written_before_receipt")
        self._count(delivered, lot)
        return Outcome(_receipts(lot), lot.arrivals, lot.configurations)

    def set_aside(self, delivered: Delivered, error: Exception) -> None:
        """Keep a message as a dead letter that no receipt answers: the fault is ours, and may be mended."""
        refused = Refused(delivered, f"{type(error).__name__}: {error}")
        self._journal.append([dead_letter(refused, self._now_ms())])
        self.counts.messages += 1
        self.counts.dead_letters += 1
        self.counts.last_dead_letter = refused.reason

    def _refuse(self, refused: Refused, lot: _Lot) -> None:
        lot.entries.append(dead_letter(refused, self._now_ms()))
        self.counts.dead_letters += 1
        self.counts.last_dead_letter = refused.reason
        if refused.topic is not None and refused.stream is not None and refused.seq is not None:
            key = (refused.topic.plant, refused.topic.gateway, refused.stream)
            lot.rejected[key][refused.seq] = refused.reason

    def _accept(self, accepted: Accepted, lot: _Lot) -> None:
        topic, message = accepted.topic, accepted.message
        if isinstance(message, Batch):
            groups = plant_groups(topic, message)
            for item in groups:
                self._note_source(item, lot)
            lot.groups.extend(groups)
            lot.arrivals.append(arrival(topic, message, self._now_ms()))
            lot.stored[topic.plant, topic.gateway, message.stream].append(message.seq)
        elif isinstance(message, Loss):
            lot.entries.append(losses(topic, message, self._now_ms()))
            lot.stored[topic.plant, topic.gateway, message.stream].append(message.seq)
            self.counts.losses += 1
        elif isinstance(message, Meters):
            lot.entries.append(configuration(topic, message, self._now_ms()))
            lot.configurations.append((topic, message))

    def _note_source(self, item: PlantGroup, lot: _Lot) -> None:
        """Say once when a second gateway feeds a point: equal instants of the two cannot both be kept."""
        known = self._gateway_of.setdefault((item.plant, item.group.point), item.gateway)
        if known != item.gateway:
            self._gateway_of[item.plant, item.group.point] = item.gateway
            lot.entries.append(second_source(item, known, self._now_ms()))
            self.counts.points_with_two_gateways += 1

    def _count(self, delivered: Sequence[Delivered], lot: _Lot) -> None:
        counts = self.counts
        counts.messages += len(delivered)
        counts.batches += len(lot.arrivals)
        counts.rows += sum(len(item.group.t) for item in lot.groups)
        counts.values += sum(len(item.group.t) * len(item.group.quantities) for item in lot.groups)


def _receipts(lot: _Lot) -> list[tuple[Topic, Receipt]]:
    keys = dict.fromkeys([*lot.stored, *lot.rejected])
    return [
        (
            Topic(plant, gateway, MessageKind.RECEIPTS),
            receipt(
                stream,
                lot.stored.get((plant, gateway, stream), []),
                lot.rejected.get((plant, gateway, stream), {}),
            ),
        )
        for plant, gateway, stream in keys
    ]
