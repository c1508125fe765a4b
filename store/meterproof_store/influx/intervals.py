"""The intervals port on InfluxDB."""

from collections.abc import Sequence

import numpy as np

from meterproof_core.errors import StoreRefusedError
from meterproof_core.faults import FaultPoints
from meterproof_core.memory import IntervalRow
from meterproof_core.storage import IntervalColumns, SeriesKey
from meterproof_store.influx.asking import Asker
from meterproof_store.influx.influxql import instant, name, text
from meterproof_store.influx.interval_lines import FIELDS, live_rows, replacement
from meterproof_store.influx.schema import INTERVALS, Policy
from meterproof_store.influx.sending import Sender, bodies

_TYPES = (np.int64, np.int64, np.float64, np.float64, np.float64, np.bool_)


class InfluxIntervals:
    """Intervals, each a point at its start.

    Parameters
    ----------
    asker : Asker
        Reads.
    sender : Sender
        Writes.
    faults : FaultPoints
        For kill tests.
    """

    def __init__(self, asker: Asker, sender: Sender, faults: FaultPoints) -> None:
        self._asker = asker
        self._sender = sender
        self._faults = faults

    def replace(self, key: SeriesKey, start_ms: int, end_ms: int, intervals: IntervalColumns) -> None:
        """Put intervals durably in the place of all that begin in [start, end).

        A kill half-way leaves a hole, never an overlap; doing it again makes it whole.

        Raises
        ------
        StoreRefusedError
            When an interval begins outside that period, or a name cannot be stored.
        StoreError
            When the server fails or does not answer.
        """
        outside = [int(at) for at in intervals.start_ms if not start_ms <= at < end_ms]
        if outside:
            raise StoreRefusedError(
                f"{key}: interval begins at {outside[0]}, outside the replaced period [{start_ms}, {end_ms})"
            )
        held = _columns(self._rows([self._select(key, f"time >= {instant(start_ms)} AND time < {instant(end_ms)}")]))
        written = replacement(key, held, intervals)
        self._send(written.making_room)
        if written.making_room or written.taking_it:
            self._faults.reach("ledger.mid_replace")
        self._send(written.taking_it)

    def _send(self, lines: Sequence[str]) -> None:
        self._sender.send(bodies((Policy.COUNTERS, line) for line in lines))

    def read(self, key: SeriesKey, start_ms: int, end_ms: int, *, limit: int | None = None) -> IntervalColumns:
        """Return the intervals and spans that overlap [start, end); a limit keeps the newest so many."""
        if limit == 0 or end_ms <= start_ms:
            return _columns([])
        live = 'AND "state" > 0'
        reaching_in = f"time < {instant(start_ms)} {live} ORDER BY time DESC LIMIT 1"
        beginning = f"time >= {instant(start_ms)} AND time < {instant(end_ms)} {live}"
        newest = "" if limit is None else f" ORDER BY time DESC LIMIT {limit}"
        statements = [self._select(key, reaching_in), self._select(key, f"{beginning}{newest}")]
        rows = [row for row in self._rows(statements) if row[1] > start_ms]
        return _columns(rows if limit is None else rows[max(len(rows) - limit, 0) :])

    def series(self, plant: str | None = None) -> Sequence[SeriesKey]:
        """Return the series of a plant, or of all plants, that have intervals, sorted."""
        chosen = "" if plant is None else f' AND "plant" = {text(plant)}'
        tags = ("plant", "point", "quantity")
        statement = (
            f'SELECT "state" FROM {self._asker.source(Policy.COUNTERS, INTERVALS)}'  # noqa: S608 quoted
            f' WHERE "state" > 0{chosen} GROUP BY {", ".join(map(name, tags))} ORDER BY time DESC LIMIT 1'
        )
        answers = self._asker.ask([statement], Policy.COUNTERS, FIELDS.__getitem__)
        return sorted({SeriesKey(*(series.tags[tag] for tag in tags)) for series in answers})

    def _select(self, key: SeriesKey, condition: str) -> str:
        tags = (("plant", key.plant), ("point", key.point), ("quantity", key.quantity))
        chosen = " AND ".join(f"{name(tag)} = {text(value)}" for tag, value in tags)
        source = self._asker.source(Policy.COUNTERS, INTERVALS)
        return f"SELECT {', '.join(map(name, FIELDS))} FROM {source} WHERE {chosen} AND {condition}"  # noqa: S608 quoted

    def _rows(self, statements: Sequence[str]) -> list[IntervalRow]:
        found: dict[int, IntervalRow] = {}
        for series in self._asker.ask(statements, Policy.COUNTERS, FIELDS.__getitem__):
            found.update((row[0], row) for row in live_rows(series.columns, series.rows))
        return [found[start] for start in sorted(found)]


def _columns(rows: Sequence[IntervalRow]) -> IntervalColumns:
    columns = zip(*rows, strict=True) if rows else ((),) * len(_TYPES)
    return IntervalColumns(*(np.array(column, dtype) for column, dtype in zip(columns, _TYPES, strict=True)))
