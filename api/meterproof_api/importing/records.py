"""What was imported, read back from the journal: rows count once their import is told, and the newest telling holds."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from meterproof_api.importing.journal_entries import (
    ImportTold,
    RecordsPart,
    SeriesTold,
    Table,
    Value,
    part_id,
    part_of,
    table_digest,
    table_of,
    told_of,
)
from meterproof_api.importing.kinds import Kind
from meterproof_core.errors import DataError
from meterproof_core.storage import EntryKind, Journal, JournalEntry, SeriesKey
from meterproof_mv.dossier.series import ImportedRange, Recorded, RecordRow
from meterproof_mv.dossier.vocabulary import Origin
from meterproof_mv.heat_content import CalorificBasis

_COLUMNS = tuple(RecordRow.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Import:
    """One import that the journal tells of.

    Parameters
    ----------
    entry_id : str
        Its name.
    at_ms : int
        When it was done [ms since 1970-01-01 UTC].
    told : ImportTold
        What was imported.
    withdrawn_by : str
        Id of the entry that withdrew it; empty while it counts.
    """

    entry_id: str
    at_ms: int
    told: ImportTold
    withdrawn_by: str = ""

    @property
    def counts(self) -> bool:
        """Whether its rows are to be read."""
        return not (self.withdrawn_by or self.told.withdraws)


@dataclass(frozen=True, slots=True)
class Imported:
    """All that the journal tells of a plant's imports.

    Parameters
    ----------
    plant : str
        Whose.
    imports : tuple of Import
        In the order in which they were done.
    parts : mapping of entry id to RecordsPart
        The rows, whether an import names them or not.
    """

    plant: str
    imports: tuple[Import, ...]
    parts: Mapping[str, RecordsPart]

    def newest(self, kind: Kind, series: str) -> str:
        """Return the id of the newest import that brought or took away something of a series; empty when none did."""
        touching = (one.entry_id for one in reversed(self.imports) if one.told.kind == kind and series in _series(one))
        return next(touching, "")

    @property
    def newest_ms(self) -> int:
        """When the newest of them was done; 0 when there is none [ms since 1970-01-01 UTC]."""
        return max((one.at_ms for one in self.imports), default=0)

    def table(self, told: SeriesTold, series: str) -> dict[str, list[Value]]:
        """Return the rows that an import brought of a series.

        Raises
        ------
        DataError
            When the journal does not hold all of them as they were told.
        """
        ids = [part_id(self.plant, told.digest, part) for part in range(told.parts)]
        missing = next((each for each in ids if each not in self.parts), None)
        if missing is not None:
            raise DataError(f"journal entry {missing} of series {series} is not there; restore it from a backup")
        table = table_of([self.parts[each] for each in ids])
        if table_digest(self.plant, series, table) != told.digest:
            raise DataError(f"series {series}: the rows in {ids[0]} are not those that were imported; restore a backup")
        return table


def read_imports(journal: Journal, plant: str) -> Imported:
    """Return what the journal tells of a plant's imports."""
    entries = journal.read([EntryKind.IMPORT, EntryKind.RECORDS], plant)
    parts = {entry.entry_id: part_of(entry) for entry in entries if entry.kind is EntryKind.RECORDS}
    return Imported(plant, told_imports(entries), parts)


def told_imports(entries: Iterable[JournalEntry]) -> tuple[Import, ...]:
    """Return the imports among entries in their order, each with what withdrew it."""
    told = [(entry, told_of(entry)) for entry in entries if entry.kind is EntryKind.IMPORT]
    withdrawn = {one.withdraws: entry.entry_id for entry, one in told if one.withdraws}
    return tuple(Import(entry.entry_id, entry.at_ms, one, withdrawn.get(entry.entry_id, "")) for entry, one in told)


def read_records(journal: Journal, plant: str) -> Mapping[str, Recorded]:
    """Return the hand-kept series of a plant by their names, such as ``bills/natural_gas``.

    Of rows that overlap, those of the newer import count.

    Raises
    ------
    DataError
        When rows of an import are not there, or a later version wrote them.
    """
    return records_of(read_imports(journal, plant))


def records_of(imported: Imported) -> Mapping[str, Recorded]:
    """Return the hand-kept series of what the journal tells; as `read_records`."""
    kept, units, _ = _in_force(imported)
    return {name: Recorded(name, units[name], rows.in_time, is_spread(name)) for name, rows in sorted(kept.items())}


def rows_in_force(imported: Imported) -> Mapping[str, int]:
    """Return how many hand-kept rows of each import count, by its id."""
    return _in_force(imported)[2]


def _in_force(imported: Imported) -> tuple[dict[str, "_Rows"], dict[str, str], dict[str, int]]:
    kept: dict[str, _Rows] = {}
    units: dict[str, str] = {}
    counted: dict[str, int] = {}
    for one in reversed(imported.imports):
        if not one.counts or Kind(one.told.kind).by_column:
            continue
        for name, told in one.told.series.items():
            units.setdefault(name, told.unit)
            added = kept.setdefault(name, _Rows()).add_older(rows_of_table(imported.table(told, name)))
            counted[one.entry_id] = counted.get(one.entry_id, 0) + added
    return kept, units, counted


def is_spread(series: str) -> bool:
    """Return whether a row of a series that crosses two periods is spread evenly over its days."""
    return series.startswith(f"{Kind.BILLS}/")


def imported_ranges(journal: Journal, plant: str) -> Mapping[SeriesKey, tuple[ImportedRange, ...]]:
    """Return which stretches of a plant's counters came from which file, in rising time and without overlap."""
    return ranges_of(read_imports(journal, plant))


def ranges_of(imported: Imported, *, with_ids: bool = False) -> Mapping[SeriesKey, tuple[ImportedRange, ...]]:
    """Return the imported stretches of what the journal tells; as `imported_ranges`.

    Parameters
    ----------
    imported : Imported
        What the journal tells.
    with_ids : bool
        Whether a stretch names the import as its source, and not the file.
    """
    found: dict[SeriesKey, list[ImportedRange]] = {}
    for one in imported.imports:
        if not one.counts or one.told.kind != Kind.INTERVALS:
            continue
        source = one.entry_id if with_ids else f"{one.told.file} sha256:{one.told.sha256}"
        for name, told in one.told.series.items():
            key = SeriesKey(imported.plant, *name.split("/"))
            table: Mapping[str, Any] = imported.table(told, name)
            fresh = [
                ImportedRange(start, end, Origin(one.told.origin), source)
                for start, end in zip(table["start_ms"], table["end_ms"], strict=True)
            ]
            found[key] = [*_without(found.get(key, []), fresh), *fresh]
    return {key: tuple(sorted(ranges, key=lambda one: one.start_ms)) for key, ranges in sorted(found.items())}


def stretches_told(imported: Imported, kind: Kind) -> Mapping[str, Sequence[tuple[int, int]]]:
    """Return the stretches that imports of a kind brought, by series: half-open [ms since 1970-01-01 UTC]."""
    found: dict[str, list[tuple[int, int]]] = {}
    for one in imported.imports:
        if one.counts and one.told.kind == kind:
            for name, told in one.told.series.items():
                table: Mapping[str, Any] = imported.table(told, name)
                found.setdefault(name, []).extend(zip(table["start_ms"], table["end_ms"], strict=True))
    return found


def table_of_rows(rows: Sequence[RecordRow]) -> Table:
    """Return rows by column, as the journal keeps them."""
    table: dict[str, list[Value]] = {name: [getattr(row, name) for row in rows] for name in _COLUMNS}
    for name in ("start", "end"):
        table[name] = [day.isoformat() for day in (getattr(row, name) for row in rows)]
    for name in ("origin", "calorific_basis"):
        table[name] = [None if value is None else str(value) for value in table[name]]
    return table


def rows_of_table(table: Mapping[str, Sequence[Any]]) -> tuple[RecordRow, ...]:
    """Return the rows that the journal keeps by column."""
    read = dict(table)
    days = {text: date.fromisoformat(text) for name in ("start", "end") for text in set(read[name])}
    for name in ("start", "end"):
        read[name] = [days[text] for text in read[name]]
    read["amount"] = [float(value) for value in read["amount"]]
    read["origin"] = [Origin(value) for value in read["origin"]]
    read["calorific_basis"] = [None if value is None else CalorificBasis(value) for value in read["calorific_basis"]]
    return tuple(RecordRow(*values) for values in zip(*(read[name] for name in _COLUMNS), strict=True))


def instant_text(at_ms: int) -> str:
    """Return an instant as the journal writes it, in UTC."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


class _Rows:
    """Rows without overlap; what comes later gives way."""

    def __init__(self) -> None:
        self._starts: list[date] = []
        self._rows: dict[date, RecordRow] = {}

    def add_older(self, rows: Iterable[RecordRow]) -> int:
        """Add the rows of an older import that overlap none of those that are here; return how many."""
        fresh = [row for row in rows if not self._overlaps(row)]
        for row in fresh:
            insort(self._starts, row.start)
            self._rows[row.start] = row
        return len(fresh)

    def _overlaps(self, row: RecordRow) -> bool:
        place = bisect_left(self._starts, row.end)
        return place > 0 and self._rows[self._starts[place - 1]].end > row.start

    @property
    def in_time(self) -> tuple[RecordRow, ...]:
        """All of them in rising time."""
        return tuple(self._rows[start] for start in self._starts)


def _series(one: Import) -> Iterable[str]:
    return one.told.series


def _without(ranges: Iterable[ImportedRange], newer: Sequence[ImportedRange]) -> list[ImportedRange]:
    """Return what is left of ranges outside newer ones, which are in rising time."""
    left = []
    ends = [one.end_ms for one in newer]
    for one in ranges:
        from_ms = one.start_ms
        place = bisect_right(ends, from_ms)
        while place < len(newer) and newer[place].start_ms < one.end_ms:
            if newer[place].start_ms > from_ms:
                left.append(ImportedRange(from_ms, newer[place].start_ms, one.origin, one.source))
            from_ms = newer[place].end_ms
            place += 1
        if from_ms < one.end_ms:
            left.append(ImportedRange(from_ms, one.end_ms, one.origin, one.source))
    return left
