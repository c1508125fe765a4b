"""The intervals port on InfluxDB.

A write whose answer was lost can be carried out after the one that followed it, and then intervals overlap. What is
read never does: an interval inside which another begins is left out. So the finer ones stay where a span came to lie
over them, each answer is the same whichever period is asked for, and what is missing is a hole, nothing counted twice.
"""

import logging
from collections.abc import Iterator, Sequence

import numpy as np

from meterproof_core.errors import StoreRefusedError
from meterproof_core.faults import FaultPoints
from meterproof_core.memory import IntervalRow
from meterproof_core.storage import IntervalColumns, SeriesKey
from meterproof_store.influx.asking import Asker, Series
from meterproof_store.influx.influxql import instant, name, text
from meterproof_store.influx.interval_lines import FIELDS, live_rows, replacement
from meterproof_store.influx.schema import INTERVALS, Policy
from meterproof_store.influx.sending import Sender, bodies

_log = logging.getLogger(__name__)
_AHEAD = 4
_WIDER = 4
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
        self._told: dict[SeriesKey, int] = {}

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
        """Return the intervals and spans that overlap [start, end); a limit keeps the newest so many.

        They overlap none of the others, also where what is stored does.
        """
        if limit == 0 or end_ms <= start_ms:
            return _columns([])
        fetched = None if limit is None else limit + _AHEAD
        while True:
            rows, seen = self._stored(key, start_ms, end_ms, fetched)
            apart = [row for row in self._apart(key, rows, end_ms) if row[1] > start_ms]
            if limit is None or fetched is None:
                return _columns(apart)
            if seen == fetched:  # others may lie between them and what reaches in
                apart = [row for row in apart if row[0] >= start_ms]
            if len(apart) >= limit or seen < fetched:
                return _columns(apart[max(len(apart) - limit, 0) :])
            fetched *= _WIDER

    def _stored(self, key: SeriesKey, start_ms: int, end_ms: int, fetched: int | None) -> tuple[list[IntervalRow], int]:
        """Return what may overlap a period, in rising time, and how many rows begin in it, whole or not."""
        live = 'AND "state" > 0'
        reaching_in = f"time < {instant(start_ms)} {live} ORDER BY time DESC LIMIT 1"
        beginning = f"time >= {instant(start_ms)} AND time < {instant(end_ms)} {live}"
        newest = "" if fetched is None else f" ORDER BY time DESC LIMIT {fetched}"
        found: dict[int, IntervalRow] = {}
        seen = 0
        for series in self._answers([self._select(key, reaching_in), self._select(key, f"{beginning}{newest}")]):
            seen += len(series.rows) if series.statement else 0
            found.update((row[0], row) for row in live_rows(series.columns, series.rows))
        return [found[start] for start in sorted(found)], seen

    def _apart(self, key: SeriesKey, rows: Sequence[IntervalRow], end_ms: int) -> list[IntervalRow]:
        """Return rows without those inside which another begins, also behind the period's end."""
        following = [row[0] for row in rows[1:]]
        if rows and rows[-1][1] > end_ms:
            inside = f'time >= {instant(end_ms)} AND time < {instant(rows[-1][1])} AND "state" > 0'
            behind = self._rows([self._select(key, f"{inside} ORDER BY time ASC LIMIT 1")])
            following += [row[0] for row in behind]
        if len(following) < len(rows):
            following.append(rows[-1][1])
        apart = [row for row, next_ms in zip(rows, following, strict=True) if row[1] <= next_ms]
        if len(apart) < len(rows):
            self._tell(key, [row for row, next_ms in zip(rows, following, strict=True) if row[1] > next_ms])
        return apart

    def _tell(self, key: SeriesKey, left_out: Sequence[IntervalRow]) -> None:
        """Say once what is left out of a series, and again when it is something else."""
        start_ms, end_ms, amount, *_ = left_out[-1]
        if self._told.get(key) != start_ms:
            self._told[key] = start_ms
            _log.warning(
                "%s/%s %s: %d stored intervals overlap a later one and are left out, the last [%d, %d) with %s;"
                " a write came late, and the ledger has to look at this time again",
                key.plant,
                key.point,
                key.quantity,
                len(left_out),
                start_ms,
                end_ms,
                amount,
            )

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

    def _answers(self, statements: Sequence[str]) -> Iterator[Series]:
        return self._asker.ask(statements, Policy.COUNTERS, FIELDS.__getitem__)

    def _rows(self, statements: Sequence[str]) -> list[IntervalRow]:
        found: dict[int, IntervalRow] = {}
        for series in self._answers(statements):
            found.update((row[0], row) for row in live_rows(series.columns, series.rows))
        return [found[start] for start in sorted(found)]


def _columns(rows: Sequence[IntervalRow]) -> IntervalColumns:
    columns = zip(*rows, strict=True) if rows else ((),) * len(_TYPES)
    return IntervalColumns(*(np.array(column, dtype) for column, dtype in zip(columns, _TYPES, strict=True)))
