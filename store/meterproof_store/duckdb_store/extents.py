"""What is held of each metering point, kept in memory: it tells new rows from possible repetitions without a query.

One process holds the file and one writer adds to it, so memory cannot fall behind - except when a commit ends in doubt;
then the file is asked again.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import numpy as np

from meterproof_store.duckdb_store.columns import Array


@dataclass(frozen=True, slots=True)
class Extent:
    """First and last instant [ms since 1970-01-01 UTC] and number of rows of one point."""

    first_ms: int
    last_ms: int
    rows: int


class Extents:
    """The extents of all points, by the points' numbers."""

    def __init__(self) -> None:
        self._held: dict[int, Extent] = {}
        self._in_doubt = True

    def settle(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Ask the file when memory may be behind it."""
        if self._in_doubt:
            rows = connection.execute(
                "SELECT _point, min(_t_ms), max(_t_ms), count(*) FROM readings GROUP BY _point"
            ).fetchall()
            self._held = {point: Extent(*extent) for point, *extent in rows}
            self._in_doubt = False

    @contextmanager
    def doubted(self) -> Iterator[None]:
        """Distrust memory, should what happens inside not come to its end."""
        self._in_doubt = True
        yield
        self._in_doubt = False

    def distrust(self) -> None:
        """Say that rows go away: the file is to be asked again."""
        self._in_doubt = True

    def add(self, point: Array, t_ms: Array) -> None:
        """Take in new rows.

        Parameters
        ----------
        point : ndarray of int, length n
            Number of each row's point.
        t_ms : ndarray of int, length n
            Instant of each row [ms since 1970-01-01 UTC].
        """
        if not len(point):
            return
        order = np.argsort(point, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(point[order]) != 0])
        first = np.minimum.reduceat(t_ms[order], starts).tolist()
        last = np.maximum.reduceat(t_ms[order], starts).tolist()
        rows = np.diff(np.r_[starts, len(point)]).tolist()
        for number, *extent in zip(point[order][starts].tolist(), first, last, rows, strict=True):
            self._held[number] = _joined(self._held.get(number), Extent(*extent))

    def get(self, point: int) -> Extent | None:
        """Return one point's extent; None when nothing is held."""
        return self._held.get(point)

    def newest(self, points: Iterable[int]) -> dict[int, int]:
        """Return the last instant of those points of which anything is held [ms since 1970-01-01 UTC]."""
        held = {point: self._held.get(point) for point in points}
        return {point: extent.last_ms for point, extent in held.items() if extent is not None}


def _joined(held: Extent | None, new: Extent) -> Extent:
    if held is None:
        return new
    return Extent(min(held.first_ms, new.first_ms), max(held.last_ms, new.last_ms), held.rows + new.rows)
