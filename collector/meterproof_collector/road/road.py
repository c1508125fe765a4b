"""The road of a message: check, write, journal - and only then the answers that may be sent.

The order is the whole point. Readings are durable before their arrival stands in the journal, the arrival before the
acknowledgement and the receipt go out. Killed anywhere, the agent sends again and every step changes nothing the
second time.
"""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from meterproof_collector.messages.entries import STREAM_REUSED, dead_letter
from meterproof_collector.messages.intake import Accepted, Delivered, Refused, take_in
from meterproof_collector.messages.lot import Lot
from meterproof_collector.road.answers import Answers, answers
from meterproof_collector.road.aside import Aside
from meterproof_collector.road.following import Following
from meterproof_collector.road.keeping import Kept, keep
from meterproof_core.faults import FaultPoints
from meterproof_core.storage import EntryKind, Journal, JournalEntry, ReadingsStore
from meterproof_core.wire import Meters, Receipt, Topic

_MOST_REASONS = 50
_LONGEST_LABEL = 80
_MOST_REUSED = 100
_TOLD_ONCE = (EntryKind.DEAD_LETTER, EntryKind.EVENT)


@dataclass(slots=True)
class RoadCounts:
    """What went over the road since the start; every drop is counted."""

    messages: int = 0
    batches: int = 0
    rows: int = 0
    values: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    refused_rows: int = 0
    losses: int = 0
    lost_samples: int = 0
    unknown_plants: int = 0
    points_with_two_gateways: int = 0
    new_streams: int = 0
    streams_reused: int = 0
    receipts: int = 0
    store_calls: int = 0
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
    letters : list of JournalEntry
        What could not be stored.
    """

    receipts: list[tuple[Topic, Receipt]]
    arrivals: list[JournalEntry]
    configurations: list[tuple[Topic, Meters]]
    letters: list[JournalEntry]


class Road:
    """Takes delivered messages and stores what they say; any thread may do so, lots go one after the other.

    Parameters
    ----------
    readings : ReadingsStore
        Where samples go.
    journal : Journal
        Where arrivals, dead letters, losses and configurations go.
    now_ms : callable
        When it is now [ms since 1970-01-01 UTC].
    faults : FaultPoints
        For kill tests.
    known_plants : collection of str or None
        Plants whose messages are taken; None takes all.
    following : Following or None
        Remembers what came.
    """

    def __init__(
        self,
        readings: ReadingsStore,
        journal: Journal,
        *,
        now_ms: Callable[[], int],
        faults: FaultPoints,
        known_plants: Collection[str] | None = None,
        following: Following | None = None,
    ) -> None:
        self._readings = readings
        self._journal = journal
        self._now_ms = now_ms
        self._faults = faults
        self._known_plants = None if known_plants is None else frozenset(known_plants)
        self._aside = Aside()
        self._one_lot = threading.Lock()
        self.following = following or Following()
        self.counts = RoadCounts()
        self.reused: tuple[JournalEntry, ...] = ()
        self.lost_samples: Counter[str] = Counter()

    @property
    def of_unknown_plants(self) -> Counter[str]:
        """Messages of each plant that nobody has told us of; a flood of plants is bounded."""
        return self._aside.of_unknown_plants

    def read(self, delivered: Delivered) -> Accepted | Refused:
        """Return what a message is; nothing is stored yet."""
        return take_in(delivered, self._now_ms(), self._known_plants)

    def read_all(self, delivered: Sequence[Delivered]) -> Lot:
        """Return messages as one lot; nothing is stored yet."""
        lot = Lot()
        for message in delivered:
            lot.add(self.read(message))
        return lot

    def process(self, delivered: Sequence[Delivered]) -> Outcome:
        """Store messages as one lot. Raises as `settle`."""
        return self.settle(self.read_all(delivered))

    def settle(self, lot: Lot) -> Outcome:
        """Store a lot durably and return what may be said of it; doing it again changes nothing.

        Raises
        ------
        StoreError
            When the store fails, cannot be reached or turns us away; then nothing may be acknowledged.
        """
        with self._one_lot:
            return self._settle(lot)

    def _settle(self, lot: Lot) -> Outcome:
        kept = keep(self._readings, lot.groups)
        at_ms = self._now_ms()
        told = answers(lot, kept, at_ms)
        events = self._events(lot, told, at_ms)
        entries = [*self._aside.fresh(told.entries, lot.refused), *self._aside.fresh(events)]
        if told.arrivals:
            self._faults.reach("collector.readings_before_journal")
        if entries or told.arrivals:
            self._journal.append(entries + told.arrivals)
        if told.arrivals:
            self._faults.reach("collector.written_before_receipt")
        self._aside.note((entry for entry in entries if entry.kind in _TOLD_ONCE), lot.refused)
        self._remember(lot, told, at_ms)
        self._count(lot, kept, told)
        self._count_told(entries)
        letters = [entry for entry in told.entries if entry.kind is EntryKind.DEAD_LETTER]
        return Outcome(told.receipts(), told.arrivals, told.configurations, letters)

    def set_aside(self, delivered: Delivered, error: Exception) -> Outcome:
        """Keep a message as a dead letter that no receipt answers: the fault is ours, and may be mended."""
        with self._one_lot:
            letter = dead_letter(Refused(delivered, f"{type(error).__name__}: {error}"), self._now_ms())
            self._journal.append([letter])
            self.counts.messages += 1
            self._count_told([letter])
        return Outcome([], [], [], [letter])

    def _events(self, lot: Lot, told: Answers, at_ms: int) -> list[JournalEntry]:
        streams = self.following.stream_events((key for key, _ in told.named), at_ms)
        sources = self.following.source_events(lot.groups, at_ms)
        return [*streams, *sources, *self.following.reused_events(lot.accepted, at_ms)]

    def _remember(self, lot: Lot, told: Answers, at_ms: int) -> None:
        self.following.fed(lot.groups)
        self.following.brought(lot.accepted)
        for key, seq in told.named:
            self.counts.duplicates += not self.following.came(key, seq, at_ms)

    def _count_told(self, entries: Sequence[JournalEntry]) -> None:
        for entry in entries:
            if entry.kind is EntryKind.DEAD_LETTER:
                self.counts.dead_letters += 1
                self.counts.last_dead_letter = str(entry.data["reason"])
            elif entry.kind is EntryKind.EVENT:
                self.counts.new_streams += entry.data["code"] == "new_stream"
                if entry.data["code"] == STREAM_REUSED:
                    self.counts.streams_reused += 1
                    self.reused = (*self.reused, entry)[-_MOST_REUSED:]
                self.counts.points_with_two_gateways += entry.data["code"] == "two_gateways"

    def _count(self, lot: Lot, kept: Kept, told: Answers) -> None:
        counts = self.counts
        counts.messages += len(lot.delivered)
        counts.batches += len(told.arrivals)
        counts.rows += sum(len(item.group.t) for item in lot.groups)
        counts.values += lot.values
        counts.refused_rows += sum(len(part.item.group.t) for part in kept.refused)
        counts.store_calls += kept.calls
        counts.receipts += len(told.stored) + len(told.rejected)
        counts.unknown_plants += sum(one.unknown_plant for one in lot.refused)
        counts.losses += sum(entry.kind is EntryKind.LOSS for entry in told.entries)
        counts.lost_samples += sum(told.lost.values())
        for reason, samples in told.lost.items():
            label = reason[:_LONGEST_LABEL]
            named = label in self.lost_samples or len(self.lost_samples) < _MOST_REASONS
            self.lost_samples[label if named else "other"] += samples
