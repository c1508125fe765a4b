"""What becomes of one series of a file: counts, conflicts, sums, and what has to be written for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from meterproof_api.importing.journal_entries import Table
from meterproof_core.storage import IntervalColumns, JournalEntry, PlantGroup, SeriesKey

MOST_CONFLICTS = 50
"""How many conflicts of a series are told one by one."""


@dataclass(frozen=True, slots=True)
class MonthTotal:
    """What a series adds up to in a month, before and after an import.

    Parameters
    ----------
    month : str
        Such as ``2024-07``.
    before, after : float
        [unit of the series].
    """

    month: str
    before: float
    after: float


@dataclass(frozen=True, slots=True, eq=False)
class Replacement:
    """Intervals that take the place of all that begin in [start, end) [ms since 1970-01-01 UTC]."""

    key: SeriesKey
    start_ms: int
    end_ms: int
    intervals: IntervalColumns


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Readings, and the entries of their arrival: the ledger works from these."""

    group: PlantGroup
    entries: tuple[JournalEntry, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SeriesPlan:
    """What importing a file would do to one of its series.

    Parameters
    ----------
    name, unit : str
        ``bills/natural_gas``, or ``point/quantity``; its unit is canonical.
    first, last : str
        Period of the file's rows, half-open: local dates, or instants in UTC.
    new, same, changed : int
        Rows that the store has not, has, and has with other values.
    conflicts : tuple of str
        Rows that contradict what the store holds, a sentence each.
    conflicting : int
        How many rows do.
    is_held : bool
        Whether there is nothing to do: all rows are the same, and their import is told.
    total : float or None
        Sum of the file's rows [unit]; None where a sum means nothing.
    written_totals : mapping of unit to float
        The same, of the figures as they stand in the file.
    months : tuple of MonthTotal
        The months that the file touches.
    table : mapping of column to values
        What the journal keeps of it.
    replacements : tuple of Replacement
        What is put into the intervals store.
    batches : tuple of Batch
        What is put into the readings store.
    """

    name: str
    unit: str
    first: str
    last: str
    new: int = 0
    same: int = 0
    changed: int = 0
    conflicts: tuple[str, ...] = ()
    conflicting: int = 0
    is_held: bool = False
    total: float | None = None
    written_totals: Mapping[str, float] = field(default_factory=dict)
    months: tuple[MonthTotal, ...] = ()
    table: Table = field(default_factory=dict)
    replacements: tuple[Replacement, ...] = ()
    batches: tuple[Batch, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows the file has of it."""
        return self.new + self.same + self.changed + self.conflicting


def told_conflicts(conflicts: Iterable[str]) -> tuple[str, ...]:
    """Return the first of some conflicts, and how many there are behind them."""
    every = tuple(conflicts)
    more = len(every) - MOST_CONFLICTS
    return every if more <= 0 else (*every[:MOST_CONFLICTS], f"and {more:,} rows more")


def month_totals(
    before: Mapping[str, float], after: Mapping[str, float], touched: Iterable[str]
) -> tuple[MonthTotal, ...]:
    """Return the totals of touched months, in rising time."""
    return tuple(MonthTotal(each, before.get(each, 0.0), after.get(each, 0.0)) for each in sorted(set(touched)))
