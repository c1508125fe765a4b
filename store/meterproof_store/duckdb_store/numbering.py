"""Gives small numbers to names that repeat in every row; the numbers are never given twice."""

from collections.abc import Iterable

import duckdb

from meterproof_store.duckdb_store.columns import quoted
from meterproof_store.duckdb_store.database import Database

Key = tuple[str, ...]


class Numbering:
    """The numbers of one table, held in memory.

    Parameters
    ----------
    table : str
        One of the schema's.
    fields : tuple of str
        Its columns besides ``id``; together they are the key.
    """

    def __init__(self, table: str, fields: tuple[str, ...]) -> None:
        self._table = table
        self._fields = fields
        self._ids: dict[Key, int] = {}
        self._keys: list[Key] = []

    def load(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read what the file holds."""
        names = quoted(self._fields)
        rows = connection.execute(f"SELECT {names} FROM {self._table} ORDER BY id").fetchall()  # noqa: S608 our own names
        self._keys = list(rows)
        self._ids = {key: number for number, key in enumerate(rows)}

    def assign(self, database: Database, keys: Iterable[Key]) -> None:
        """Give numbers, durably, to the keys that have none yet; call it outside any transaction.

        A number without rows does no harm, so it need not share the fate of the rows that asked for it.
        """
        new = [key for key in dict.fromkeys(keys) if key not in self._ids]
        if not new:
            return
        marks = ", ".join("?" * (1 + len(self._fields)))
        numbered = list(enumerate(new, start=len(self._keys)))
        with database.transaction() as connection:
            connection.executemany(
                f"INSERT INTO {self._table} VALUES ({marks})",  # noqa: S608 our own names
                [(number, *key) for number, key in numbered],
            )
        self._keys.extend(new)
        self._ids.update((key, number) for number, key in numbered)

    def __getitem__(self, key: Key) -> int:
        return self._ids[key]

    def get(self, key: Key) -> int | None:
        """Return a key's number, None when it has none."""
        return self._ids.get(key)

    def key(self, number: int) -> Key:
        """Return the key of a number."""
        return self._keys[number]

    def items(self) -> list[tuple[Key, int]]:
        """Return all keys with their numbers, sorted by key."""
        return sorted(self._ids.items())
