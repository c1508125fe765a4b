"""Which quantities the readings table holds of a point: a copy of a store asks for these and no other."""

from collections.abc import Iterable

import duckdb

from meterproof_store.duckdb_store.columns import column_quantity, quoted
from meterproof_store.duckdb_store.uniting import flags_of


def held_quantities(connection: duckdb.DuckDBPyConnection, point: int, columns: Iterable[str]) -> list[str]:
    """Return the quantities of which there is a value, a raw register or a flag, sorted.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Of a reader.
    point : int
        Number of the metering point.
    columns : iterable of str
        The columns of the readings table.
    """
    of_quantities = sorted(column for column in columns if not column.startswith("_"))
    found: set[str] = set()
    if of_quantities:
        counted = ", ".join(f"count({quoted([column])})" for column in of_quantities)
        statement = f"SELECT {counted} FROM readings WHERE _point = {point}"  # noqa: S608 checked names
        counts = connection.execute(statement).fetchall()[0]
        found = {column_quantity(name) for name, count in zip(of_quantities, counts, strict=True) if count}
    texts = connection.execute(
        f"SELECT DISTINCT _quality FROM readings WHERE _point = {point} AND _quality IS NOT NULL"  # noqa: S608 a number
    ).fetchall()
    return sorted(found.union(*(flags_of(text) for (text,) in texts)))
