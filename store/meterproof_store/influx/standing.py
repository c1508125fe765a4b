"""What may stand in the database that a later value contradicts, known without asking before every write.

A write to InfluxDB adds fields to a point and takes none away. Two sorts of field can therefore outlive what they
speak of: the flag of a value that was put right later, and the raw register of another type than the one that replaced
it. Whoever writes over such a field has to say so, by an empty flag or by naming the type that counts; whoever writes
where none can stand need not. So for every point the newest instant of every such field is kept in memory: asked once
a plant, and followed from then on. Live readings lie behind that instant and cost nothing.

What another process writes meanwhile is not followed. A gateway never tells one instant in two ways, so that matters
only when two people correct the same readings at the same time.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from meterproof_store.influx.schema import FLAG, RAW_KINDS, raw_field

NEVER = -(1 << 63)

Newest = Mapping[tuple[str, str], int]
"""Newest instant by point and field [ms since 1970-01-01 UTC]."""


class Standing:
    """What may stand of one metering point.

    Parameters
    ----------
    met : callable
        Told of every field of a raw register that this point has not written before.
    """

    def __init__(self, met: Callable[[str], None]) -> None:
        self._newest: dict[str, int] = {}
        self._met = met

    def until(self, field: str) -> int:
        """Return the newest instant at which a field may stand [ms]; `NEVER` when it may not."""
        return self._newest.get(field, NEVER)

    def wrote(self, field: str, at_ms: int) -> None:
        """Take note that a field is being written at an instant."""
        if at_ms > self._newest.get(field, NEVER):
            self._newest[field] = at_ms

    def meets(self, raw: str) -> None:
        """Take note that a raw register of a type is about to be written, before looking for those of other types."""
        if raw not in self._newest:
            self._met(raw)


class StandingFields:
    """What may stand of every point.

    Parameters
    ----------
    fields : callable
        Asks for the names of all fields that the database has.
    newest : callable
        Asks a plant for the newest instants of some fields.
    """

    def __init__(self, fields: Callable[[], Iterable[str]], newest: Callable[[str, Iterable[str]], Newest]) -> None:
        self._ask_fields = fields
        self._ask_newest = newest
        self._fields: set[str] = set()
        self._asked: dict[str, frozenset[str]] = {}
        self._points: dict[tuple[str, str], Standing] = {}
        self._lock = threading.RLock()

    def of(self, plant: str, point: str) -> Standing:
        """Return what may stand of a point; the first call for a plant asks the database.

        Raises
        ------
        StoreError
            When it does not answer.
        """
        known = self._points.get((plant, point))
        if known is not None and plant in self._asked:
            return known
        with self._lock:
            if plant not in self._asked:
                self._fields.update(self._ask_fields())
                self._ask(plant)
            return self._at(plant, point)

    def _at(self, plant: str, point: str) -> Standing:
        def met(raw: str) -> None:
            self._meet(plant, raw)

        return self._points.setdefault((plant, point), Standing(met))

    def _meet(self, plant: str, raw: str) -> None:
        """Ask the plant anew when a type of register is the second one of its counter."""
        with self._lock:
            self._fields.add(raw)
            if not _contested(self._fields) <= self._asked.get(plant, frozenset()):
                self._ask(plant)

    def _ask(self, plant: str) -> None:
        wanted = _contested(self._fields)
        fresh = wanted - self._asked.get(plant, frozenset())
        for (point, field), at_ms in self._ask_newest(plant, sorted(fresh)).items() if fresh else ():
            self._at(plant, point).wrote(field, at_ms)
        self._asked[plant] = wanted


def _contested(fields: Iterable[str]) -> frozenset[str]:
    """Return the fields that may contradict what is written: flags, and registers of counters that have two types."""
    by_counter: dict[str, set[str]] = defaultdict(set)
    found = set()
    for field in fields:
        counter, _, kind = field.rpartition("__raw_")
        if field.endswith(FLAG):
            found.add(field)
        elif counter and kind in RAW_KINDS:
            by_counter[counter].add(raw_field(counter, kind))
    return frozenset(found.union(*(fields for fields in by_counter.values() if len(fields) > 1)))
