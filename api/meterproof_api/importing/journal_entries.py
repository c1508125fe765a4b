"""How an import stands in the journal: its rows in entries of bounded size, then the one entry that makes them count.

A store without transactions may be killed between any two entries. So the rows of a file go first, as `records`, and
nobody reads them until an `import` names them. Both are named by what they say: telling them again changes nothing, and
an import that was cut off is completed by doing it again.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from meterproof_core.errors import DataError
from meterproof_core.storage import EntryKind, JournalEntry

VERSION = 1
MOST_ENTRY_BYTES = 32_000
"""An entry's data are never longer as JSON: a text field of InfluxDB 1.x ends at 64 KiB."""
_ROOM_BYTES = 1_000  # for what a part holds besides its rows
_MOST_PARTS = 100_000
Value = str | float | int | bool | None
Table = Mapping[str, Sequence[Value]]
"""Columns of equal length."""
T = TypeVar("T")


class RecordsPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows of one series, by column: the data of a `records` entry.

    Parameters
    ----------
    v : int
        Version of this shape.
    series : str
        Whose rows: ``bills/natural_gas``, or ``point/quantity``.
    part, parts : int
        Which of how many, counted from 0.
    length : int
        How many rows.
    same : dict of column to value
        Columns that hold one value in all rows.
    rows : dict of column to list of value
        All others.
    """

    v: int
    series: str
    part: int
    parts: int
    length: int
    same: dict[str, Value] = {}
    rows: dict[str, list[Value]] = {}


class SeriesTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an import brings of one series.

    Parameters
    ----------
    digest : str
        Of its rows; with the plant it names their entries.
    parts, rows : int
        How many entries and rows.
    unit : str
        Canonical.
    first, last : str
        Its period, half-open: local dates, or instants in UTC.
    """

    digest: str
    parts: int
    rows: int
    unit: str
    first: str
    last: str


class ImportTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that was taken in: the data of an `import` entry.

    Parameters
    ----------
    v : int
        Version of this shape.
    kind, origin : str
        What the rows are, and what kind of evidence.
    file, sha256 : str
        Name of the file and digest of its bytes.
    layout : dict
        How it was read; what has its default is left out.
    series : dict of name to SeriesTold
        What it brought.
    after : list of str
        The newest import before it of each of its series: the same file is another import once another came between.
    who : str
        Who did it.
    withdraws : str
        Id of the import that counts no more from here on; such an entry brings no series.
    """

    v: int
    kind: str
    origin: str
    file: str
    sha256: str
    layout: dict[str, Any]
    series: dict[str, SeriesTold]
    after: list[str]
    who: str
    withdraws: str = ""


def digest_of(*content: object) -> str:
    """Return a digest of JSON-able values, 32 hexadecimal digits."""
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:32]


def parts_of(plant: str, series: str, table: Table, at_ms: int) -> tuple[str, list[JournalEntry]]:
    """Return the digest of a series' rows, and the entries that hold them.

    Parameters
    ----------
    plant, series : str
        Whose rows.
    table : mapping of column to values
        The rows.
    at_ms : int
        When they are told [ms since 1970-01-01 UTC].

    Raises
    ------
    DataError
        When a single row is too long for an entry.
    """
    digest = table_digest(plant, series, table)
    cuts = list(_cuts(series, table))
    entries = []
    for part, (first, end) in enumerate(cuts):
        columns = {name: list(column[first:end]) for name, column in table.items()}
        same = {name: column[0] for name, column in columns.items() if _is_constant(column)}
        rows = {name: column for name, column in columns.items() if name not in same}
        told = RecordsPart(VERSION, series, part, len(cuts), end - first, same, rows)
        data = msgspec.to_builtins(told)
        entries.append(JournalEntry(part_id(plant, digest, part), EntryKind.RECORDS, plant, at_ms, data))
    return digest, entries


def table_digest(plant: str, series: str, table: Table) -> str:
    """Return the digest of a series' rows; it changes with the way they are cut into entries."""
    return digest_of(VERSION, MOST_ENTRY_BYTES, _ROOM_BYTES, plant, series, dict(table))


def part_id(plant: str, digest: str, part: int) -> str:
    """Return the id of an entry of rows."""
    return f"records/{plant}/{digest}/{part}"


def import_entry(plant: str, told: ImportTold, at_ms: int) -> JournalEntry:
    """Return the entry that makes rows count.

    Raises
    ------
    DataError
        When it is too long: too many series in one file.
    """
    data = msgspec.to_builtins(told)
    length = len(json.dumps(data))
    if length > MOST_ENTRY_BYTES:
        raise DataError(
            f"{told.file}: what is to be told of its {len(told.series)} series takes {length:,} bytes of at most "
            f"{MOST_ENTRY_BYTES:,}; import it in several files with fewer series each"
        )
    return JournalEntry(_import_id(plant, told), EntryKind.IMPORT, plant, at_ms, data)


def _import_id(plant: str, told: ImportTold) -> str:
    what = {name: value for name, value in msgspec.to_builtins(told).items() if name != "who"}
    return f"import/{plant}/{digest_of(what)}"


def told_of(entry: JournalEntry) -> ImportTold:
    """Return what an `import` entry tells. Raises DataError when it is not understood."""
    return _understood(entry, ImportTold)


def part_of(entry: JournalEntry) -> RecordsPart:
    """Return what a `records` entry holds. Raises DataError when it is not understood."""
    part = _understood(entry, RecordsPart)
    if any(len(column) != part.length for column in part.rows.values()):
        raise DataError(f"journal entry {entry.entry_id}: its columns are not {part.length} rows long")
    return part


def table_of(parts: Sequence[RecordsPart]) -> dict[str, list[Value]]:
    """Return the rows of consecutive parts, by column."""
    names = dict.fromkeys(name for part in parts for name in (*part.same, *part.rows))
    return {name: [value for part in parts for value in _column(part, name)] for name in names}


def check_import_entries(entries: Sequence[JournalEntry]) -> None:
    """Check that entries are what an import writes: what a server takes from a command, it looks at first.

    Raises
    ------
    DataError
        Naming the entry, what is wrong and what is accepted.
    """
    for entry in entries:
        if entry.kind is EntryKind.RECORDS:
            part = part_of(entry)
            named = f"records/{entry.plant}/"
            right = 0 <= part.part < part.parts <= _MOST_PARTS and entry.entry_id.endswith(f"/{part.part}")
        elif entry.kind is EntryKind.IMPORT:
            told = told_of(entry)
            named = f"import/{entry.plant}/"
            right = entry.entry_id == _import_id(entry.plant, told)
        else:
            raise DataError(
                f"journal entry {entry.entry_id!r}: kind {entry.kind} is the server's own; use import or records"
            )
        if not (right and entry.entry_id.startswith(named)):
            raise DataError(f"journal entry {entry.entry_id!r}: its id is not that of its content")
        if len(json.dumps(dict(entry.data))) > MOST_ENTRY_BYTES:
            raise DataError(f"journal entry {entry.entry_id}: longer than {MOST_ENTRY_BYTES:,} bytes")


def _column(part: RecordsPart, name: str) -> Sequence[Value]:
    return part.rows[name] if name in part.rows else [part.same.get(name)] * part.length


def _is_constant(column: Sequence[Value]) -> bool:
    return all(type(value) is type(column[0]) and value == column[0] for value in column)


def _cuts(series: str, table: Table) -> Iterator[tuple[int, int]]:
    """Yield [first, end) of rows that fit into one entry."""
    first, room = 0, MOST_ENTRY_BYTES - _ROOM_BYTES
    left = room
    end = -1
    for end, row in enumerate(zip(*table.values(), strict=True)):
        length = len(json.dumps(row))
        if length > room:
            raise DataError(
                f"series {series}: row {end + 1} takes {length:,} bytes of at most {room:,}; shorten its texts"
            )
        if length > left:
            yield first, end
            first, left = end, room
        left -= length
    yield first, end + 1


def _understood(entry: JournalEntry, shape: type[T]) -> T:
    try:
        told = msgspec.convert(entry.data, shape)
    except msgspec.ValidationError as error:
        raise DataError(
            f"journal entry {entry.entry_id}: not understood ({error}); a later version may have written it"
        ) from None
    return told
