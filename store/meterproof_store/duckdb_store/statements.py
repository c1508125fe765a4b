"""The statements that put rows into the readings table.

DuckDB finds the mapping of arrays by the name that it has in the calling function, and reads the arrays in place:
that costs half of registering it as a view.
"""

from collections.abc import Mapping

import duckdb
import numpy as np

from meterproof_store.duckdb_store.columns import Array, quoted, raw_column, value_column
from meterproof_store.duckdb_store.incoming import Rows
from meterproof_store.duckdb_store.table import Table
from meterproof_store.duckdb_store.uniting import quality_text, unite


def insert(connection: duckdb.DuckDBPyConnection, table: str, incoming: Mapping[str, Array]) -> None:
    """Add rows to a table.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        In a transaction.
    table : str
        One of the schema's.
    incoming : mapping of column name to ndarray, length n
        Masked or NaN where NULL.
    """
    names = quoted(incoming)
    connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM incoming")  # noqa: S608 checked names


def insert_missing(connection: duckdb.DuckDBPyConnection, table: str, incoming: Mapping[str, Array]) -> None:
    """Add rows to a table with a key; a row whose key is there is passed over. Parameters as of `insert`."""
    names = quoted(incoming)
    connection.execute(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM incoming ON CONFLICT DO NOTHING"  # noqa: S608 checked names
    )


def insert_rows(connection: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    """Add readings that are known to be new."""
    columns: dict[str, Array] = {"_point": rows.point, "_t_ms": rows.t_ms, "_source": rows.source, "_seq": rows.seq}
    if rows.flags:
        texts = np.full(len(rows), None, dtype=object)
        for row, flags in rows.flags.items():
            texts[row] = quality_text(flags)
        columns["_quality"] = texts
    columns.update((value_column(name), column) for name, column in rows.values.items())
    for name, registers in rows.raw.items():
        columns.update((raw_column(name, kind), column) for kind, column in registers.items())
    insert(connection, "readings", columns)


def unite_rows(connection: duckdb.DuckDBPyConnection, table: Table, rows: Rows) -> Rows:
    """Unite readings with those that are there already; add the others, and return these.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        In a transaction.
    table : Table
        Has the columns of `rows`.
    rows : Rows
        No point and instant occurs twice.
    """
    wanted = ["_source", "_seq", "_quality", *map(value_column, rows.values)]
    wanted += [column for name in rows.raw for column in table.raw_columns(name).values()]
    stored = _stored(connection, rows, wanted)
    found = stored.pop("_at")
    new = np.ones(len(rows), dtype=bool)
    new[found] = False
    if len(found):
        united = unite(stored, rows.take(found))
        changed = {name: column[united.changed] for name, column in united.columns.items()}
        if united.changed.any():
            _update(connection, rows, {"_row": stored["_row"][united.changed], **changed})
    added = rows.take(np.flatnonzero(new))
    if len(added):
        insert_rows(connection, added)
    return added


def _stored(connection: duckdb.DuckDBPyConnection, rows: Rows, wanted: list[str]) -> dict[str, Array]:
    """Return wanted columns of the rows that are there, ``_row`` to update them and ``_at``, their place in `rows`."""
    keys = {"_point": rows.point, "_t_ms": rows.t_ms, "_at": np.arange(len(rows))}  # noqa: F841 the statement reads it
    columns = ", ".join(f'r."{name}"' for name in wanted)
    return connection.execute(
        f"SELECT k._at AS _at, r.rowid AS _row, {columns} FROM keys k"  # noqa: S608 checked names
        " JOIN readings r ON r._point = k._point AND r._t_ms = k._t_ms"
        f" WHERE r._t_ms BETWEEN {rows.t_ms.min()} AND {rows.t_ms.max()}"
    ).fetchnumpy()


def _update(connection: duckdb.DuckDBPyConnection, rows: Rows, united: Mapping[str, Array]) -> None:
    setting = ", ".join(f'"{name}" = u."{name}"' for name in united if name != "_row")
    connection.execute(
        f"UPDATE readings SET {setting} FROM united u WHERE readings.rowid = u._row"  # noqa: S608 checked names
        f" AND readings._t_ms BETWEEN {rows.t_ms.min()} AND {rows.t_ms.max()}"
    )
