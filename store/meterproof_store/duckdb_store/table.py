"""What the readings table holds, as far as memory keeps it: numbered names, columns and extents."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from meterproof_core.storage import PlantGroup
from meterproof_store.duckdb_store.columns import RAW_TYPES, VALUE_TYPE, raw_column, value_column
from meterproof_store.duckdb_store.database import Database
from meterproof_store.duckdb_store.extents import Extents
from meterproof_store.duckdb_store.incoming import Placed, Rows
from meterproof_store.duckdb_store.numbering import Numbering


@dataclass(slots=True)
class Table:
    """The state that writer and readers share; only the writer changes it."""

    points: Numbering = field(default_factory=lambda: Numbering("points", ("plant", "point")))
    sources: Numbering = field(default_factory=lambda: Numbering("sources", ("gateway", "stream", "config")))
    columns: set[str] = field(default_factory=set)
    extents: Extents = field(default_factory=Extents)

    def load(self, database: Database) -> None:
        """Read what the file holds."""
        with database.writing() as connection:
            self.points.load(connection)
            self.sources.load(connection)
            self.columns = {row[0] for row in connection.execute("DESCRIBE readings").fetchall()}
            self.extents.settle(connection)

    def place(self, database: Database, groups: Sequence[PlantGroup]) -> list[Placed]:
        """Return groups with the numbers of their points and sources, which are given where there are none yet."""
        points = [(item.plant, item.group.point) for item in groups]
        sources = [(item.gateway, item.stream, item.config) for item in groups]
        self.points.assign(database, points)
        self.sources.assign(database, sources)
        return [
            Placed(self.points[point], self.sources[source], item)
            for point, source, item in zip(points, sources, groups, strict=True)
        ]

    def widen(self, database: Database, lots: Iterable[Rows]) -> None:
        """Add the columns that rows need and the table lacks; call it outside any transaction.

        An empty column does no harm, so it need not share the fate of the rows that asked for it.
        """
        needed = {name: type_ for rows in lots for name, type_ in _columns_of(rows).items()}
        missing = {name: type_ for name, type_ in needed.items() if name not in self.columns}
        if missing:
            with database.transaction() as connection:
                for name, type_ in missing.items():
                    connection.execute(f'ALTER TABLE readings ADD COLUMN "{name}" {type_}')
            self.columns.update(missing)

    def raw_columns(self, quantity: str) -> dict[str, str]:
        """Return the columns of a quantity's raw registers that the table has, by type."""
        found = {kind: raw_column(quantity, kind) for kind in RAW_TYPES}
        return {kind: column for kind, column in found.items() if column in self.columns}


def _columns_of(rows: Rows) -> dict[str, str]:
    values = {value_column(name): VALUE_TYPE for name in rows.values}
    raw = {raw_column(name, kind): RAW_TYPES[kind] for name, registers in rows.raw.items() for kind in registers}
    return values | raw
