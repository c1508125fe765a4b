"""The three storage ports: readings, intervals and the journal.

A store that is plugged in behind them passes the contract suite under ``tests/contract``. All three are idempotent:
writing the same thing again changes nothing, which is what makes the road from spool to store exactly-once in effect.
Columns are plain sequences or buffers, so that an adapter may hand numpy arrays through without a copy while this room
stays free of numpy.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from meterproof_core.wire import Group

T_co = TypeVar("T_co", covariant=True)

END_OF_TIME_MS = 9_214_646_400_000
"""2262-01-01T00:00Z [ms since 1970-01-01 UTC]: nothing is stored from there on, because a signed 64-bit count of
nanoseconds, which some databases keep, ends 100 days later."""


class Column(Protocol[T_co]):
    """A column of equal things: a list, an array or anything else that can be walked and counted."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[T_co]: ...

    def __getitem__(self, index: int, /) -> T_co: ...


# ---------------------------------------------------------------- readings


@dataclass(frozen=True, slots=True)
class PlantGroup:
    """One point's samples with where they came from: what the collector hands to a store.

    Parameters
    ----------
    plant, gateway : str
        From the topic.
    stream, seq : str, int
        From the batch; together the name of the batch for ever.
    config : str
        Digest of the meter configuration that made the values.
    group : Group
        The samples.
    """

    plant: str
    gateway: str
    stream: str
    seq: int
    config: str
    group: Group


@dataclass(frozen=True, slots=True)
class ReadingsQuery:
    """Which readings are wanted.

    Parameters
    ----------
    plant, point : str
        Of one metering point.
    quantities : tuple of str
        The values, and for counters the raw registers, that are wanted.
    start_ms, end_ms : int
        Half-open period [start, end) [ms since 1970-01-01 UTC].
    neighbours : int
        How many further samples are wanted on each side of the period, nearest first in time; they let a ledger
        interpolate at the period's ends.
    """

    plant: str
    point: str
    quantities: tuple[str, ...]
    start_ms: int
    end_ms: int
    neighbours: int = 0


@dataclass(frozen=True, slots=True)
class RawColumn:
    """The raw registers of one counter.

    Parameters
    ----------
    registers : Column of int or float, length n
        0 where absent.
    present : Column of bool, length n
        Whether there is a register in that row.
    """

    registers: Column[int] | Column[float]
    present: Column[bool]


@dataclass(frozen=True, slots=True)
class FlagRow:
    """Why one value is not good."""

    row: int
    quantity: str
    level: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReadingColumns:
    """Readings of one metering point, by column, in rising time.

    Parameters
    ----------
    t_ms : Column of int, length n
        Acquisition instants [ms since 1970-01-01 UTC].
    values : mapping of quantity to Column of float, length n
        Canonical units; NaN where missing.
    raw : mapping of quantity to RawColumn
        Of the quantities that have raw registers in these rows.
    flags : sequence of FlagRow
        Sparse quality; what has no entry is good.
    config : Column of str, length n
        Digest of the meter configuration of each row.
    stream, seq : Column of str, Column of int, length n
        The batch that brought each row last: its evidence.
    """

    t_ms: Column[int]
    values: Mapping[str, Column[float]]
    raw: Mapping[str, RawColumn]
    flags: Sequence[FlagRow]
    config: Column[str]
    stream: Column[str]
    seq: Column[int]


@dataclass(frozen=True, slots=True)
class PointExtent:
    """What a store holds of one metering point."""

    plant: str
    point: str
    first_ms: int
    last_ms: int
    rows: int


class ReadingsStore(Protocol):
    """Holds every reading: a point and an instant make one row, whatever batch brought it."""

    def write(self, groups: Sequence[PlantGroup]) -> None:
        """Store samples durably before returning; the same point and instant again is a union, last write wins.

        A missing value never wipes a stored one.

        Raises
        ------
        StoreRefusedError
            When the store will never take some of it; part of the rest may be stored.
        StoreRetentionError
            When some of it is older than what the store keeps; all the rest is stored.
        StoreAccessError
            When the store turns us away.
        StoreError
            When the store fails or cannot be reached; part of it may be stored.
        """
        ...

    def read(self, query: ReadingsQuery) -> ReadingColumns:
        """Return the readings that a query asks for; empty columns when there are none.

        A store may keep gauges and counters apart: then a query for gauges alone gives only the instants that hold
        gauges, with the batch that brought them; else the counters' batch is named.
        """
        ...

    def extents(self, plant: str | None = None) -> Sequence[PointExtent]:
        """Return what is held of each metering point of a plant, or of all plants, sorted by plant and point.

        An instant whose gauges and counters came in different batches may count twice.
        """
        ...


# ---------------------------------------------------------------- intervals


@dataclass(frozen=True, slots=True, order=True)
class SeriesKey:
    """One counter of one metering point."""

    plant: str
    point: str
    quantity: str


@dataclass(frozen=True, slots=True)
class IntervalColumns:
    """Intervals and spans of one series, by column, in rising time and without overlap.

    Parameters
    ----------
    start_ms, end_ms : Column of int, length n
        Half-open [start, end) [ms since 1970-01-01 UTC].
    amount : Column of float, length n
        What the counter counted in it [canonical unit].
    register_start, register_end : Column of float, length n
        The boundary registers, interpolated [counts].
    is_span : Column of bool, length n
        A span is longer than an interval: its total is known, its distribution is not.
    """

    start_ms: Column[int]
    end_ms: Column[int]
    amount: Column[float]
    register_start: Column[float]
    register_end: Column[float]
    is_span: Column[bool]


class IntervalsStore(Protocol):
    """Holds what the ledger made of the registers."""

    def replace(self, key: SeriesKey, start_ms: int, end_ms: int, intervals: IntervalColumns) -> None:
        """Put intervals durably in the place of all that begin in [start, end).

        Every given interval begins in that period. A store without transactions may be killed half-way: then intervals
        are missing, but none overlaps another, and doing it again makes it whole.
        """
        ...

    def read(self, key: SeriesKey, start_ms: int, end_ms: int, *, limit: int | None = None) -> IntervalColumns:
        """Return the intervals and spans that overlap [start, end); a limit keeps the newest so many."""
        ...

    def series(self, plant: str | None = None) -> Sequence[SeriesKey]:
        """Return the series of a plant, or of all plants, that have intervals, sorted."""
        ...


# ---------------------------------------------------------------- journal


class EntryKind(StrEnum):
    """What a journal entry tells of."""

    ARRIVAL = "arrival"  # a batch was stored
    CONFIG = "config"  # a gateway's meter configuration
    DEAD_LETTER = "dead_letter"  # a message that could not be stored, with its reason and payload
    EVENT = "event"  # a decision of the ledger
    LOSS = "loss"  # samples that a gateway gave up, or that were refused
    LEDGER_MARK = "ledger_mark"  # the ledger has worked through the arrivals up to here
    IMPORT = "import"  # a file was taken in: from here on its rows count
    RECORDS = "records"  # rows of a file, which count once their import is told


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry of the append-only journal.

    Parameters
    ----------
    entry_id : str
        Deterministic: the same fact has the same id, so that telling it twice is telling it once.
    kind : EntryKind
        What it tells of.
    plant : str
        Of which plant; empty when that is not known.
    at_ms : int
        When it was written [ms since 1970-01-01 UTC].
    data : mapping
        JSON-able details.
    """

    entry_id: str
    kind: EntryKind
    plant: str
    at_ms: int
    data: Mapping[str, Any] = field(default_factory=dict)


class Journal(Protocol):
    """Holds what happened, for good."""

    def append(self, entries: Sequence[JournalEntry]) -> None:
        """Add entries durably before returning; one whose id is already there is passed over.

        A store that cannot look for ids may hold an entry twice; reading tells it once, as it was told first within
        what the read covers.
        """
        ...

    def read(
        self, kinds: Sequence[EntryKind], plant: str | None = None, since_ms: int = 0, *, limit: int | None = None
    ) -> Sequence[JournalEntry]:
        """Return entries of some kinds, of one plant or of all, written at or after a time.

        They come in the order of that time; those of one call and equal time in the order in which they were given,
        arrivals of one stream in that of their `seq`.

        A limit keeps the newest so many of those that match.
        """
        ...
