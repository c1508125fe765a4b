"""The meter configurations that gateways have sent, by their digest; kept in the journal, remembered here."""

import logging
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import structs

from meterproof_core.storage import JournalEntry
from meterproof_core.wire import CounterSpec, Meters, PointConfig

_log = logging.getLogger(__name__)
_Register = tuple[str, str, Any]
"""Plant, point and what names a register: its quantity and its description without limits."""


class Configurations:
    """Answers what the ledger must know of a counter under a configuration.

    A limit that somebody corrects is no other counter: whatever the configuration, the loosest limits that the plant
    has ever given to a register hold for all its readings. So the verdict on a reading depends neither on which
    readings are looked at together with it nor on when.

    Parameters
    ----------
    entries : iterable of JournalEntry
        Configurations that stand in the journal.
    """

    def __init__(self, entries: Iterable[JournalEntry] = ()) -> None:
        self._points: dict[tuple[str, str], dict[str, PointConfig]] = {}
        self._loosest: dict[_Register, CounterSpec] = {}
        for entry in entries:
            meters = meters_of(entry)
            if meters is not None:
                self.add(entry.plant, meters)

    def add(self, plant: str, meters: Meters) -> set[str]:
        """Remember a configuration; return the points of which earlier readings are to be looked at anew."""
        changed = set()
        for point in meters.points:
            self._points.setdefault((plant, point.point), {})[meters.config] = point
            for quantity, spec in point.counters.items():
                name = _register(plant, point.point, quantity, spec)
                known = self._loosest.get(name)
                loosest = spec if known is None else _looser(known, spec)
                self._loosest[name] = loosest
                if known is not None and loosest != known:
                    changed.add(point.point)
        return changed

    def has(self, plant: str, meters: Meters) -> bool:
        """Return whether a plant's configuration is known already."""
        return all(meters.config in self._points.get((plant, point.point), {}) for point in meters.points)

    def knows(self, plant: str, point: str, config: str) -> bool:
        """Return whether a configuration says how a point is read."""
        return config in self._points.get((plant, point), {})

    def of_point(self, plant: str, point: str) -> dict[str, PointConfig]:
        """Return every configuration of a point by its digest; empty when none has come yet."""
        return dict(self._points.get((plant, point), {}))

    def counter(self, plant: str, point: str, config: str, quantity: str) -> CounterSpec | None:
        """Return what is known of a counter; None when the configuration does not name it."""
        described = self._points.get((plant, point), {}).get(config)
        spec = None if described is None else described.counters.get(quantity)
        return None if spec is None else self._loosest[_register(plant, point, quantity, spec)]

    def counters(self, plant: str, point: str, configs: Iterable[str] = ()) -> list[str]:
        """Return the counters that a point has under some configurations, or under all when none is named, sorted."""
        known = self._points.get((plant, point), {})
        asked = [known[config] for config in configs if config in known] or list(known.values())
        return sorted({name for described in asked for name in described.counters})

    def longest_interval_ms(self, plant: str, point: str) -> int:
        """Return the longest interval of a point's interval meters; 0 when it has none [ms]."""
        known = self._points.get((plant, point), {}).values()
        return max((spec.interval_ms for described in known for spec in described.counters.values()), default=0)


def meters_of(entry: JournalEntry) -> Meters | None:
    """Return the configuration of a journal entry; None, which is told, for one that only a later version understands.

    Its readings are stored and wait, until a version that understands it keeps the ledger.
    """
    try:
        return msgspec.convert(entry.data, Meters)
    except msgspec.ValidationError as error:
        _log.error("ledger: configuration %s is not understood (%s): its readings wait", entry.entry_id, error)
        return None


def _register(plant: str, point: str, quantity: str, spec: CounterSpec) -> _Register:
    return plant, point, (quantity, structs.replace(spec, resolution=1.0, max_rate_per_h=1.0))


def _looser(one: CounterSpec, other: CounterSpec) -> CounterSpec:
    """Return a description under which what either allows is allowed."""
    return structs.replace(
        one,
        resolution=max(one.resolution, other.resolution),
        max_rate_per_h=max(one.max_rate_per_h, other.max_rate_per_h),
    )
