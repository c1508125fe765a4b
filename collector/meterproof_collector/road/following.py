"""Follows what comes from each gateway: missing batches, repeated ones, another stream, a point with two gateways.

What is known here is a memory of the journal, rebuilt from it after a restart, and never the reason for an answer.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from meterproof_collector.messages.entries import content_of, new_stream, second_source, stream_reused
from meterproof_collector.messages.intake import Accepted
from meterproof_collector.messages.seq_ranges import MissingRange, SeqRanges
from meterproof_core.storage import JournalEntry, PlantGroup
from meterproof_core.wire import Batch, Loss, Topic

_MOST_STREAMS = 100_000
_MOST_POINTS = 200_000
_MOST_NAMES = 100_000
_NOT_KNOWN = ""
"""Content of a batch that only the journal tells of: what was stored may be a part of it."""
_Name = tuple[str, str, int]

StreamKey = tuple[str, str, str]
"""Plant, gateway, stream."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Batches of one stream that have not come, though later ones have."""

    plant: str
    gateway: str
    stream: str
    missing: Sequence[MissingRange]


class Following:
    """Remembers, within bounds, which batches came from where; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: OrderedDict[StreamKey, SeqRanges] = OrderedDict()
        self._stream_of: dict[tuple[str, str], tuple[int, str]] = {}
        self._brought: OrderedDict[_Name, tuple[str, str]] = OrderedDict()
        self._gateway_of: OrderedDict[tuple[str, str], str] = OrderedDict()

    def take_up(self, entries: Iterable[JournalEntry]) -> None:
        """Take up what the journal says: arrivals, and the dead letters and losses that have a batch's name."""
        for entry in entries:
            gateway, stream, seq = (entry.data.get(key) for key in ("gateway", "stream", "seq"))
            if gateway and stream and seq is not None:
                self.came((entry.plant, str(gateway), str(stream)), int(seq), entry.at_ms)
                if (name := (entry.plant, str(stream), int(seq))) not in self._brought:
                    self._note_brought(name, (str(gateway), _NOT_KNOWN))

    def came(self, key: StreamKey, seq: int, at_ms: int) -> bool:
        """Note a batch that came at a time [ms since 1970-01-01 UTC]; return whether it is new."""
        source = key[:2]
        with self._lock:
            ranges = self._streams.get(key)
            if ranges is None:
                ranges = self._streams[key] = SeqRanges()
            self._streams.move_to_end(key)
            self._stream_of[source] = max(self._stream_of.get(source, (0, "")), (at_ms, key[2]))
            if len(self._streams) > _MOST_STREAMS:
                old = self._streams.popitem(last=False)[0]
                self._stream_of.pop(old[:2], None)
            return ranges.add(seq, at_ms)

    def gaps(self, unchanged_since_ms: int) -> list[Gap]:
        """Return the gaps of which nothing has come since a time [ms since 1970-01-01 UTC]."""
        with self._lock:
            found = [(key, ranges.missing(unchanged_since_ms)) for key, ranges in self._streams.items()]
        return [Gap(*key, missing) for key, missing in found if missing]

    def stream_events(self, keys: Iterable[StreamKey], at_ms: int) -> list[JournalEntry]:
        """Return what is to be told of streams that nobody has seen, of gateways that had another."""
        told: list[JournalEntry] = []
        seen: dict[tuple[str, str], list[str]] = {}
        with self._lock:
            for plant, gateway, stream in keys:
                source = (plant, gateway)
                if source not in seen:
                    seen[source] = [self._stream_of[source][1]] if source in self._stream_of else []
                if stream in seen[source]:
                    continue
                if seen[source] and (plant, gateway, stream) not in self._streams:
                    told.append(new_stream(plant, gateway, (seen[source][-1], stream), at_ms))
                seen[source].append(stream)
        return told

    def source_events(self, groups: Iterable[PlantGroup], at_ms: int) -> list[JournalEntry]:
        """Return what is to be told of points that two gateways feed: equal instants of both cannot both be kept."""
        seen: dict[tuple[str, str], str] = {}
        told: dict[str, JournalEntry] = {}
        for item in groups:
            place = (item.plant, item.group.point)
            known = seen.get(place) or self._gateway_of.get(place, item.gateway)
            if known != item.gateway:
                entry = second_source(item, known, at_ms)
                told.setdefault(entry.entry_id, entry)
            seen[place] = item.gateway
        return list(told.values())

    def reused_events(self, accepted: Iterable[Accepted], at_ms: int) -> list[JournalEntry]:
        """Return what is to be told of names of batches that came with other content, or from another gateway."""
        seen: dict[_Name, tuple[str, str]] = {}
        told: dict[str, JournalEntry] = {}
        for topic, message in _named(accepted):
            name = (topic.plant, message.stream, message.seq)
            gateway, content = brought = (topic.gateway, content_of(message))
            before = seen.get(name) or self._brought.get(name, brought)
            if before[0] != gateway or before[1] not in {content, _NOT_KNOWN}:
                entry = stream_reused(topic, message, before, at_ms)
                told.setdefault(entry.entry_id, entry)
            seen[name] = brought
        return list(told.values())

    def brought(self, accepted: Iterable[Accepted]) -> None:
        """Note what came under which batch's name, once it is told."""
        for topic, message in _named(accepted):
            self._note_brought((topic.plant, message.stream, message.seq), (topic.gateway, content_of(message)))

    def _note_brought(self, name: _Name, brought: tuple[str, str]) -> None:
        with self._lock:
            self._brought[name] = brought
            self._brought.move_to_end(name)
            if len(self._brought) > _MOST_NAMES:
                self._brought.popitem(last=False)

    def fed(self, groups: Iterable[PlantGroup]) -> None:
        """Note which gateway feeds which point."""
        for item in groups:
            self._gateway_of[item.plant, item.group.point] = item.gateway
        while len(self._gateway_of) > _MOST_POINTS:
            self._gateway_of.popitem(last=False)


def _named(accepted: Iterable[Accepted]) -> Iterator[tuple[Topic, Batch | Loss]]:
    """Yield what has a batch's name; a part that is replayed from a dead letter is no other content."""
    for one in accepted:
        if isinstance(one.message, Batch | Loss) and not one.delivered.letter:
            yield one.topic, one.message
