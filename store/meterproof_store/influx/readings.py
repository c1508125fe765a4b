"""The readings port on InfluxDB."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from meterproof_core.storage import PlantGroup, PointExtent, ReadingColumns, ReadingsQuery
from meterproof_store.influx.asking import Asker, Series
from meterproof_store.influx.influxql import name, text
from meterproof_store.influx.lines import reading_blocks
from meterproof_store.influx.reading import read_readings
from meterproof_store.influx.schema import ALONE, READINGS, SEQ, Policy, quantity_of, reading_type
from meterproof_store.influx.sending import Sender, bodies
from meterproof_store.influx.standing import Newest, StandingFields

_AT_ONCE = 200
"""Statements of one question."""


class InfluxReadings:
    """Readings, wide: a point and instant is one point of a series, a quantity one field.

    Parameters
    ----------
    asker : Asker
        Reads.
    sender : Sender
        Writes.
    """

    def __init__(self, asker: Asker, sender: Sender) -> None:
        self._asker = asker
        self._sender = sender
        self._standing = StandingFields(self._fields, self._newest)

    def write(self, groups: Sequence[PlantGroup]) -> None:
        """Store samples durably before returning; the same point and instant again is a union, last write wins.

        Raises
        ------
        StoreRefusedError
            When something will never be taken: a name, a number, a field of another type; the rest may be stored.
        StoreRetentionError
            When something is older than its retention policy; all the rest is stored.
        StoreAccessError
            When the server turns us away.
        StoreError
            When it fails or does not answer; part may be stored, and writing it all again is harmless.
        """
        self._sender.send(bodies(self._blocks(groups)))

    def _blocks(self, groups: Iterable[PlantGroup]) -> Iterator[tuple[Policy, str]]:
        for item in groups:
            yield from reading_blocks(item, self._standing.of(item.plant, item.group.point))

    def read(self, query: ReadingsQuery) -> ReadingColumns:
        """Return the readings that a query asks for; empty columns when there are none.

        Rows are those that hold something of the asked quantities' classes: a question for gauges alone passes over
        instants at which only counters were read.
        """
        return read_readings(self._asker, query)

    def extents(self, plant: str | None = None) -> Sequence[PointExtent]:
        """Return what is held of each metering point of a plant, or of all plants, sorted by plant and point.

        An instant whose gauges and counters came in different batches counts twice.
        """
        held: dict[tuple[str, str], list[PointExtent]] = defaultdict(list)
        for policy, counted in ((Policy.COUNTERS, SEQ), (Policy.GAUGES, ALONE)):
            for extent in self._extents(policy, counted, plant):
                held[extent.plant, extent.point].append(extent)
        return [_joined(extents) for _, extents in sorted(held.items())]

    def _extents(self, policy: Policy, counted: str, plant: str | None) -> Iterator[PointExtent]:
        chosen = "" if plant is None else f' WHERE "plant" = {text(plant)}'
        source = self._asker.source(policy, READINGS)
        statements = [
            f'SELECT {what} AS "n" FROM {source}{chosen} GROUP BY "plant", "point"'  # noqa: S608 quoted
            for what in (f"first({name(SEQ)})", f"last({name(SEQ)})", f"count({name(counted)})")
        ]
        found: tuple[dict[tuple[str, str], int], ...] = ({}, {}, {})
        for series in self._asker.ask(statements, policy, _a_number):
            time, number = series.rows[0]
            key = (series.tags["plant"], series.tags["point"])
            found[series.statement][key] = number if series.statement == len(found) - 1 else time
        first, last, rows = found
        for key, first_ms in first.items():
            yield PointExtent(*key, first_ms, last[key], rows.get(key, 0))

    def quantities(self, plant: str, point: str) -> Sequence[str]:
        """Return the quantities of which there is a value, a raw register or a flag at a point, sorted."""
        found: set[str] = set()
        for policy in Policy:
            source = self._asker.source(policy, READINGS)
            of_point = f'"plant" = {text(plant)} AND "point" = {text(point)}'
            fields = sorted(field for field in self._fields((policy,)) if not field.startswith("_"))
            for first in range(0, len(fields), _AT_ONCE):
                statements = [
                    f"SELECT last({name(field)}) AS {name(field)} FROM {source} WHERE {of_point}"  # noqa: S608 quoted
                    for field in fields[first : first + _AT_ONCE]
                ]
                answers = self._asker.ask(statements, policy, reading_type)
                found.update(quantity_of(series.columns[1]) for series in answers)
        return sorted(found)

    def _fields(self, policies: Iterable[Policy] = tuple(Policy)) -> set[str]:
        found: set[str] = set()
        for policy in policies:
            asked = [f"SHOW FIELD KEYS FROM {self._asker.source(policy, READINGS)}"]
            for series in self._asker.ask(asked, policy, _a_text):
                found.update(row[0] for row in series.rows)
        return found

    def _newest(self, plant: str, fields: Iterable[str]) -> Newest:
        wanted = list(fields)
        found: dict[tuple[str, str], int] = {}
        for policy in Policy:
            statements = [
                f"SELECT last({name(field)}) AS {name(field)} FROM {self._asker.source(policy, READINGS)}"  # noqa: S608
                f' WHERE "plant" = {text(plant)} GROUP BY "point"'
                for field in wanted
            ]
            for series in self._asker.ask(statements, policy, reading_type):
                found[series.tags["point"], wanted[series.statement]] = _first_time(series)
        return found


def _joined(extents: Sequence[PointExtent]) -> PointExtent:
    first_ms, last_ms = min(each.first_ms for each in extents), max(each.last_ms for each in extents)
    return PointExtent(extents[0].plant, extents[0].point, first_ms, last_ms, sum(each.rows for each in extents))


def _first_time(series: Series) -> int:
    return int(series.rows[0][0])


def _a_number(column: str) -> type:
    return int if column == "n" else str


def _a_text(column: str) -> type:  # noqa: ARG001 every column of it is one
    return str
