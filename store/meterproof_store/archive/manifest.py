"""What an archive says of itself: what lies in it, how much, and the checksums by which a copy is known to be whole.

The checksums are of the content and not of its bytes in the archive: they do not depend on how the content is cut into
lines, nor on the store that it came from. Two stores that hold the same give the same checksums.
"""

from typing import NamedTuple

import msgspec

FORMAT = "meterproof-archive"
VERSION = 1
MEMBER = "manifest.json"


class QuantityEntry(msgspec.Struct, frozen=True):
    """What is held of one quantity of a metering point.

    Parameters
    ----------
    values, raw, flags : int
        How many values, raw registers and quality flags.
    first_ms, last_ms : int or None
        First and last of their instants [ms since 1970-01-01 UTC].
    checksum : str
        Of instants, values, registers with their types, and flags.
    """

    quantity: str
    values: int
    raw: int
    flags: int
    first_ms: int | None
    last_ms: int | None
    checksum: str


class PointEntry(msgspec.Struct, frozen=True):
    """What is held of one metering point; its checksum is of the rows' instants and of the batches they came from."""

    plant: str
    point: str
    rows: int
    first_ms: int | None
    last_ms: int | None
    checksum: str
    quantities: list[QuantityEntry]


class SeriesEntry(msgspec.Struct, frozen=True):
    """What is held of one series of intervals; `spans` are those of them whose distribution is not known."""

    plant: str
    point: str
    quantity: str
    intervals: int
    spans: int
    first_ms: int | None
    last_ms: int | None
    checksum: str


class KindEntry(msgspec.Struct, frozen=True):
    """What is held of one kind of journal entries."""

    kind: str
    entries: int
    first_ms: int | None
    last_ms: int | None
    checksum: str


class MemberEntry(msgspec.Struct, frozen=True):
    """One file in the archive: its name, its size and the SHA-256 of its text, before it is packed."""

    name: str
    bytes: int
    sha256: str


class Content(NamedTuple):
    """The checksums of all that a store holds: equal where two stores hold the same."""

    points: list[PointEntry]
    series: list[SeriesEntry]
    journal: list[KindEntry]


class Manifest(msgspec.Struct, frozen=True):
    """The archive's own account.

    Parameters
    ----------
    format, version : str, int
        Of the archive.
    made_ms : int
        When it was begun [ms since 1970-01-01 UTC].
    program : str
        Version of the program that made it.
    source : str
        The store that it is of, as people call it.
    cut_ms : int or None
        Time of the newest journal entry when the backup began [ms since 1970-01-01 UTC]; None of an empty journal.
    points, series, journal
        What lies in it.
    members : list of MemberEntry
        The archive's files, this one left out.
    """

    format: str
    version: int
    made_ms: int
    program: str
    source: str
    cut_ms: int | None
    points: list[PointEntry]
    series: list[SeriesEntry]
    journal: list[KindEntry]
    members: list[MemberEntry]

    @property
    def content(self) -> Content:
        """What it says of the store, without what it says of the archive."""
        return Content(self.points, self.series, self.journal)

    @property
    def rows(self) -> int:
        """How many rows of readings there are."""
        return sum(point.rows for point in self.points)

    @property
    def values(self) -> int:
        """How many values of readings there are."""
        return sum(quantity.values for point in self.points for quantity in point.quantities)

    @property
    def intervals(self) -> int:
        """How many intervals and spans there are."""
        return sum(series.intervals for series in self.series)

    @property
    def entries(self) -> int:
        """How many journal entries there are."""
        return sum(kind.entries for kind in self.journal)
