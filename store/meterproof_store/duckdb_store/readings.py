"""The readings port on one wide table."""

from collections.abc import Sequence

from meterproof_core.faults import FaultPoints
from meterproof_core.storage import PlantGroup, PointExtent, ReadingColumns, ReadingsQuery
from meterproof_store.duckdb_store.database import Database
from meterproof_store.duckdb_store.holdings import held_quantities
from meterproof_store.duckdb_store.incoming import arrange, passes, rows_of
from meterproof_store.duckdb_store.reading import read_readings
from meterproof_store.duckdb_store.retiring import aged_gauges, retire_gauges
from meterproof_store.duckdb_store.statements import insert_rows, unite_rows
from meterproof_store.duckdb_store.table import Table
from meterproof_store.retention import AgedPoint


class DuckReadings:
    """Readings in one wide table.

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
        self._table = Table()
        self._table.load(database)

    def write(self, groups: Sequence[PlantGroup]) -> None:
        """Store samples durably before returning; the same point and instant again is a union, last write wins.

        Rows later than all that is held of their point are simply added; only the others are looked for first.

        Raises
        ------
        StoreError
            When a name or a number cannot be stored, or the file fails; then nothing of the call is stored.
        """
        table = self._table
        with self._database.writing() as connection:
            table.extents.settle(connection)
            placed = table.place(self._database, groups)
            arranged = arrange(placed, table.extents.newest(each.point for each in placed))
            fresh = [rows_of(lot) for lot in arranged.fresh]
            met = [rows for lot in arranged.known_range for rows in passes(rows_of(lot))]
            table.widen(self._database, [*fresh, *met])
            with table.extents.doubted():
                with self._database.transaction():
                    for rows in fresh:
                        insert_rows(connection, rows)
                    added = [unite_rows(connection, table, rows) for rows in met]
                    self._faults.reach("store.mid_commit")
                for rows in [*fresh, *added]:
                    table.extents.add(rows.point, rows.t_ms)

    def read(self, query: ReadingsQuery) -> ReadingColumns:
        """Return the readings that a query asks for; empty columns when there are none."""
        with self._database.reading() as cursor:
            return read_readings(cursor, self._table, query)

    def quantities(self, plant: str, point: str) -> Sequence[str]:
        """Return the quantities of which anything is held of a metering point, sorted."""
        number = self._table.points.get((plant, point))
        if number is None:
            return []
        with self._database.reading() as cursor:
            return held_quantities(cursor, number, self._table.columns)

    def aged_gauges(self, before_ms: int) -> Sequence[AgedPoint]:
        """Return what there is of gauges before an instant [ms since 1970-01-01 UTC], by metering point."""
        return aged_gauges(self._database, self._table, before_ms)

    def retire_gauges(self, before_ms: int) -> None:
        """Take all gauges before an instant [ms since 1970-01-01 UTC] out, and nothing else."""
        retire_gauges(self._database, self._table, before_ms)

    def extents(self, plant: str | None = None) -> Sequence[PointExtent]:
        """Return what is held of each metering point of a plant, or of all plants, sorted by plant and point."""
        held = [(key, self._table.extents.get(number)) for key, number in sorted(self._table.points.items())]
        return [
            PointExtent(of_plant, point, extent.first_ms, extent.last_ms, extent.rows)
            for (of_plant, point), extent in held
            if extent is not None and plant in (None, of_plant)
        ]
