"""The intervals port: what the ledger made of the registers, replaced period by period."""

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np

from meterproof_core.errors import StoreRefusedError
from meterproof_core.faults import FaultPoints
from meterproof_core.storage import IntervalColumns, SeriesKey
from meterproof_store.duckdb_store.columns import Array, quoted
from meterproof_store.duckdb_store.database import Database
from meterproof_store.duckdb_store.numbering import Numbering
from meterproof_store.duckdb_store.statements import insert

_COLUMNS: Mapping[str, type[np.generic]] = {
    "start_ms": np.int64,
    "end_ms": np.int64,
    "amount": np.float64,
    "register_start": np.float64,
    "register_end": np.float64,
    "is_span": np.bool_,
}


class DuckIntervals:
    """Intervals in one table.

    Parameters
    ----------
    database : Database
        The opened file.
    faults : FaultPoints
        For kill tests.
    """

    def __init__(self, database: Database, faults: FaultPoints) -> None:
        self._database = database
        self._faults = faults
        self._series = Numbering("series", ("plant", "point", "quantity"))
        with database.writing() as connection:
            self._series.load(connection)

    def replace(self, key: SeriesKey, start_ms: int, end_ms: int, intervals: IntervalColumns) -> None:
        """Put intervals durably in the place of all that begin in [start, end); either all of it happens or nothing.

        What stands there already at either end of the period is left alone: a ledger mostly finds its last few
        intervals changed, and a file grows with every row that is replaced.

        Raises
        ------
        StoreRefusedError
            When an interval begins outside the period, or the file fails.
        """
        given = {name: np.asarray(getattr(intervals, name), dtype) for name, dtype in _COLUMNS.items()}
        outside = (given["start_ms"] < start_ms) | (given["start_ms"] >= end_ms)
        if outside.any():
            first = given["start_ms"][outside][0]
            raise StoreRefusedError(
                f"{key}: interval begins at {first}, outside the replaced period [{start_ms}, {end_ms})"
            )
        with self._database.writing() as connection:
            number = self._number(key)
            held = _fetch(connection, f"_series = {number} AND start_ms >= {start_ms} AND start_ms < {end_ms}")
            before, behind = _same(held, given)
            if before + behind == len(given["start_ms"]) == len(held["start_ms"]):
                return
            with self._database.transaction():
                _delete(connection, number, _middle(held, before, behind)["start_ms"])
                self._faults.reach("ledger.mid_replace")
                _insert(connection, number, _middle(given, before, behind))

    def _number(self, key: SeriesKey) -> int:
        names = (key.plant, key.point, key.quantity)
        self._series.assign(self._database, [names])
        return self._series[names]

    def read(self, key: SeriesKey, start_ms: int, end_ms: int, *, limit: int | None = None) -> IntervalColumns:
        """Return the intervals and spans that overlap [start, end); a limit keeps the newest so many."""
        number = self._series.get((key.plant, key.point, key.quantity))
        if number is None:
            return IntervalColumns([], [], [], [], [], [])
        with self._database.reading() as cursor:
            held = _fetch(cursor, f"_series = {number} AND start_ms < {end_ms} AND end_ms > {start_ms}", limit)
        return IntervalColumns(**held)

    def series(self, plant: str | None = None) -> Sequence[SeriesKey]:
        """Return the series of a plant, or of all plants, that have intervals, sorted."""
        with self._database.reading() as cursor:
            held = {row[0] for row in cursor.execute("SELECT DISTINCT _series FROM intervals").fetchall()}
        return sorted(
            SeriesKey(*key) for key, number in self._series.items() if plant in (None, key[0]) and number in held
        )


def _delete(connection: duckdb.DuckDBPyConnection, number: int, starts_ms: Array) -> None:
    if len(starts_ms):
        connection.execute(
            f"DELETE FROM intervals WHERE _series = {number}"  # noqa: S608 numbers
            f" AND start_ms BETWEEN {starts_ms[0]} AND {starts_ms[-1]}"
        )


def _insert(connection: duckdb.DuckDBPyConnection, number: int, intervals: Mapping[str, Array]) -> None:
    rows = len(intervals["start_ms"])
    if rows:
        insert(connection, "intervals", {"_series": np.full(rows, number, dtype=np.int32), **intervals})


def _fetch(cursor: duckdb.DuckDBPyConnection, condition: str, newest: int | None = None) -> dict[str, Array]:
    fetched = cursor.execute(
        f"SELECT {quoted(_COLUMNS)} FROM intervals WHERE {condition} ORDER BY start_ms DESC LIMIT ?",  # noqa: S608 numbers
        [newest],  # NULL is no limit
    ).fetchnumpy()
    floats = {name for name, dtype in _COLUMNS.items() if dtype is np.float64}
    return {name: (np.ma.filled(c, np.nan) if name in floats else c)[::-1] for name, c in fetched.items()}


def _same(held: Mapping[str, Array], given: Mapping[str, Array]) -> tuple[int, int]:
    """Return how many rows are equal from the beginning on, and how many of the others up to the end."""
    rows = min(len(held["start_ms"]), len(given["start_ms"]))
    before = _equal_rows({n: c[:rows] for n, c in held.items()}, {n: c[:rows] for n, c in given.items()})
    left = rows - before
    behind = _equal_rows(
        {name: column[::-1][:left] for name, column in held.items()},
        {name: column[::-1][:left] for name, column in given.items()},
    )
    return before, behind


def _equal_rows(left: Mapping[str, Array], right: Mapping[str, Array]) -> int:
    equal = np.ones(len(left["start_ms"]), dtype=bool)
    for name, column in left.items():
        equal &= (column == right[name]) | ((column != column) & (right[name] != right[name]))
    return len(equal) if equal.all() else int(np.argmin(equal))


def _middle(columns: Mapping[str, Array], before: int, behind: int) -> dict[str, Array]:
    return {name: column[before : len(column) - behind] for name, column in columns.items()}
