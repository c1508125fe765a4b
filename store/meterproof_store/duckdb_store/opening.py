"""Opens a DuckDB file as the three storage ports."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from meterproof_core.faults import FaultPoints, NoFaults
from meterproof_store.duckdb_store.database import Database, open_database
from meterproof_store.duckdb_store.intervals import DuckIntervals
from meterproof_store.duckdb_store.journal import DuckJournal
from meterproof_store.duckdb_store.readings import DuckReadings

_NO_FAULTS = NoFaults()


@dataclass(frozen=True, slots=True)
class DuckStore:
    """The three ports on one file; any thread may use them.

    Parameters
    ----------
    readings, intervals, journal
        The storage ports of `meterproof_core.storage`.
    database : Database
        The opened file.
    """

    readings: DuckReadings
    intervals: DuckIntervals
    journal: DuckJournal
    database: Database

    def close(self) -> None:
        """Close the file; what was written is safe without it."""
        self.database.close()


def open_duckdb(path: Path | Literal[":memory:"], *, faults: FaultPoints = _NO_FAULTS) -> DuckStore:
    """Return the storage ports on a DuckDB file, which is made when it is not there.

    Parameters
    ----------
    path : Path or ``":memory:"``
        The file; its folder exists.
    faults : FaultPoints
        For kill tests.

    Raises
    ------
    StoreBusyError
        When another process, or another store in this one, holds the file.
    StoreError
        When the file is damaged, is not ours, or cannot be opened; it is left as it is.
    """
    database = open_database(path)
    try:
        return DuckStore(
            readings=DuckReadings(database, faults),
            intervals=DuckIntervals(database, faults),
            journal=DuckJournal(database),
            database=database,
        )
    except BaseException:
        database.close()
        raise
