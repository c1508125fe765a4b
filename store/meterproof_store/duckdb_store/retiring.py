"""Takes gauges that are too old out of the readings table; counters, their registers and their flags stay for good.

A value is set to NULL, its flag goes, and a row that then holds nothing is deleted. It is done a day at a time, each in
one short transaction, so that a collector beside it keeps writing; killed half-way, it is simply done again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import duckdb
import numpy as np

from meterproof_store.duckdb_store.columns import Array, column_quantity
from meterproof_store.duckdb_store.database import Database
from meterproof_store.duckdb_store.numbering import Key
from meterproof_store.duckdb_store.table import Table
from meterproof_store.duckdb_store.uniting import flags_of, quality_text
from meterproof_store.retention import AgedPoint, is_gauge

_DAY_MS = 86_400_000


def aged_gauges(database: Database, table: Table, before_ms: int) -> Sequence[AgedPoint]:
    """Return what there is of gauges before an instant [ms since 1970-01-01 UTC], by metering point."""
    gauges = _gauges(table)
    if not gauges:
        return []
    values = " + ".join(f'("{column}" IS NOT NULL)::INTEGER' for column in gauges)
    period = f"_t_ms < {before_ms}"
    with database.reading() as cursor:
        cleared = [text for text, left in _without_gauges(_texts(cursor, period)).items() if left is None]
        rows = cursor.execute(
            f"SELECT _point, sum({values}),"  # noqa: S608 checked names
            f" count(*) FILTER (WHERE {_all_null(_kept(table))}"
            " AND (_quality IS NULL OR list_contains(?, _quality))), min(_t_ms), max(_t_ms)"
            f" FROM readings WHERE {period} AND ({_any(gauges)}) GROUP BY _point",
            [cleared],
        ).fetchall()
    found = [_aged(table.points.key(number), told) for number, *told in rows]
    return sorted(found, key=lambda point: (point.plant, point.point))


def _aged(name: Key, told: Sequence[int]) -> AgedPoint:
    plant, point = name
    values, rows, first_ms, last_ms = map(int, told)
    return AgedPoint(plant, point, values=values, rows=rows, first_ms=first_ms, last_ms=last_ms)


def retire_gauges(database: Database, table: Table, before_ms: int) -> None:
    """Take all gauges before an instant [ms since 1970-01-01 UTC] out, and nothing else."""
    gauges = _gauges(table)
    if not gauges:
        return
    for start_ms, end_ms in _days(database, before_ms):
        with database.writing() as connection:
            table.extents.distrust()
            with database.transaction():
                _retire(connection, table, f"_t_ms >= {start_ms} AND _t_ms < {end_ms}")
            table.extents.settle(connection)


def _days(database: Database, before_ms: int) -> Iterator[tuple[int, int]]:
    """Yield the days that have rows, as periods [start, end) that end at the instant at the latest."""
    from_ms: int | None = None
    while True:
        since = "" if from_ms is None else f" AND _t_ms >= {from_ms}"
        with database.reading() as cursor:
            first = cursor.execute(f"SELECT min(_t_ms) FROM readings WHERE _t_ms < {before_ms}{since}").fetchall()[0][0]  # noqa: S608 numbers
        if first is None:
            return
        from_ms = min((first // _DAY_MS + 1) * _DAY_MS, before_ms)
        yield first, from_ms


def _retire(connection: duckdb.DuckDBPyConnection, table: Table, period: str) -> None:
    gauges = _gauges(table)
    emptied = ", ".join(f'"{column}" = NULL' for column in gauges)
    connection.execute(f"UPDATE readings SET {emptied} WHERE {period} AND ({_any(gauges)})")  # noqa: S608 checked names
    changed = _without_gauges(_texts(connection, period))
    if changed:
        flags: dict[str, Array] = {  # noqa: F841 the statement reads it
            "old": np.array(list(changed), dtype=np.object_),
            "new": np.array(list(changed.values()), dtype=np.object_),
        }
        connection.execute(
            f"UPDATE readings SET _quality = flags.new FROM flags WHERE {period} AND _quality = flags.old"  # noqa: S608
        )
    connection.execute(
        f"DELETE FROM readings WHERE {period} AND _quality IS NULL AND {_all_null(_kept(table))}"  # noqa: S608 checked names
    )


def _without_gauges(texts: Iterable[str]) -> Mapping[str, str | None]:
    """Return what becomes of those stored flags that speak of a gauge."""
    changed = {}
    for text in texts:
        flags = flags_of(text)
        kept = {name: flag for name, flag in flags.items() if not is_gauge(name)}
        if len(kept) < len(flags):
            changed[text] = quality_text(kept)
    return changed


def _texts(connection: duckdb.DuckDBPyConnection, period: str) -> list[str]:
    rows = connection.execute(
        f"SELECT DISTINCT _quality FROM readings WHERE {period} AND _quality IS NOT NULL"  # noqa: S608 numbers
    ).fetchall()
    return [text for (text,) in rows]


def _gauges(table: Table) -> list[str]:
    return sorted(column for column in table.columns if _of_quantity(column) and is_gauge(column_quantity(column)))


def _kept(table: Table) -> list[str]:
    return sorted(column for column in table.columns if _of_quantity(column) and not is_gauge(column_quantity(column)))


def _of_quantity(column: str) -> bool:
    return not column.startswith("_")


def _any(columns: Iterable[str]) -> str:
    return " OR ".join(f'"{column}" IS NOT NULL' for column in columns)


def _all_null(columns: Iterable[str]) -> str:
    return " AND ".join(f'"{column}" IS NULL' for column in columns) or "TRUE"
