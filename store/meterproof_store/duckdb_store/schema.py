"""What the file looks like, and which file is refused.

Readings lie in one wide table without a primary key: a key costs four fifths of the speed and most of the memory, and
one writer that looks before it inserts keeps rows apart as well. Names that repeat in every row (plant, point,
gateway, stream, configuration) lie in two small tables. Columns of `readings` that are ours begin with ``_``, which no
quantity's name does; further ones are added when a quantity is first seen (`columns`).
"""

from collections.abc import Iterable

import duckdb

from meterproof_core.errors import StoreError

SCHEMA_VERSION = 1

_TABLES = (
    "CREATE TABLE meterproof_schema (version INTEGER NOT NULL)",
    "CREATE TABLE points (id INTEGER NOT NULL, plant VARCHAR NOT NULL, point VARCHAR NOT NULL)",
    "CREATE TABLE sources (id INTEGER NOT NULL, gateway VARCHAR NOT NULL, stream VARCHAR NOT NULL,"
    " config VARCHAR NOT NULL)",
    "CREATE TABLE readings (_point INTEGER NOT NULL, _t_ms BIGINT NOT NULL, _source INTEGER NOT NULL,"
    " _seq BIGINT NOT NULL, _quality VARCHAR)",
    "CREATE TABLE series (id INTEGER NOT NULL, plant VARCHAR NOT NULL, point VARCHAR NOT NULL,"
    " quantity VARCHAR NOT NULL)",
    "CREATE TABLE intervals (_series INTEGER NOT NULL, start_ms BIGINT NOT NULL, end_ms BIGINT NOT NULL,"
    " amount DOUBLE, register_start DOUBLE, register_end DOUBLE, is_span BOOLEAN NOT NULL)",
    "CREATE TABLE journal (number BIGINT NOT NULL, entry_id VARCHAR PRIMARY KEY, kind VARCHAR NOT NULL,"
    " plant VARCHAR NOT NULL, at_ms BIGINT NOT NULL, data VARCHAR NOT NULL)",
)


def prepare(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Lay out an empty database; leave one of ours as it is, refuse any other.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The opened database.
    name : str
        What the user calls it.

    Raises
    ------
    StoreError
        When it holds tables that are not ours, or ours in a newer form.
    """
    tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables:
        _create(connection)
    elif "meterproof_schema" not in tables:
        raise StoreError(f"{name}: a DuckDB file of something else (tables {_some(tables)}); name a new file or ours")
    else:
        _check_version(connection, name)


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("BEGIN")
    for statement in _TABLES:
        connection.execute(statement)
    connection.execute("INSERT INTO meterproof_schema VALUES (?)", [SCHEMA_VERSION])
    connection.execute("COMMIT")


def _check_version(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    rows = connection.execute("SELECT version FROM meterproof_schema").fetchall()
    if rows != [(SCHEMA_VERSION,)]:
        found = ", ".join(str(row[0]) for row in rows) or "no"
        raise StoreError(
            f"{name}: schema version {found} unknown; this program reads {SCHEMA_VERSION}: "
            "use the meterproof that wrote the file, or a newer one"
        )


def _some(tables: Iterable[str]) -> str:
    return ", ".join(sorted(tables)[:3])
