"""Writes what a plan says: all of it, or nothing that anybody would read.

The order makes that true on stores without transactions. Rows first, as entries that nobody reads yet; then intervals
and readings; last the one entry that makes it an import. Killed before that, nothing of a record counts, and doing it
again completes it: every name is a digest of what it names.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from meterproof_api.importing.journal_entries import VERSION, ImportTold, SeriesTold, import_entry, parts_of
from meterproof_api.importing.kinds import Layout
from meterproof_api.importing.planning import ImportPlan, Ports
from meterproof_api.importing.records import Imported
from meterproof_core.errors import DataError
from meterproof_core.faults import FaultPoints, NoFaults
from meterproof_core.storage import JournalEntry

Tick = Callable[[int], None]
_NO_FAULTS = NoFaults()
_ENTRIES_AT_ONCE = 20
_LEFT_OUT = {"kind", "plant", "origin"}  # the entry tells them itself


class ImportRefusedError(DataError):
    """A file of which nothing was written: it has problems, or contradicts what the store holds."""


@dataclass(frozen=True, slots=True)
class Doing:
    """Who imports, and what else the way it is done depends on.

    Parameters
    ----------
    who : str
        Name of the person or account.
    replace : bool
        Whether rows that stand in the store with other values are replaced.
    faults : FaultPoints
        For kill tests.
    tick : callable
        Called with the number of rows that were written, as they are.
    """

    who: str
    replace: bool = False
    faults: FaultPoints = _NO_FAULTS
    tick: Tick = lambda _: None


def carry_out(plan: ImportPlan, ports: Ports, doing: Doing) -> str:
    """Write what a plan says; return the id of its import, or an empty text when the store holds all of it already.

    Parameters
    ----------
    plan : ImportPlan
        As `plan_import` gave it for this store, just now.
    ports : Ports
        The store.
    doing : Doing
        Who, and how.

    Raises
    ------
    ImportRefusedError
        When nothing may be written; nothing was.
    StoreError
        When the store fails: nothing counts yet, and doing it again completes it.
    """
    refusals = plan.refusals(replace=doing.replace)
    if refusals:
        raise ImportRefusedError(f"{plan.parsed.name}: nothing was written. " + "\n".join(refusals))
    if plan.changes_nothing:
        return ""
    series, parts = _told_series(plan)
    entry = import_entry(plan.parsed.layout.plant, _told(plan, series, doing.who), plan.at_ms)
    for entries in _in_lots(parts):
        ports.journal.append(entries)
        doing.tick(sum(int(each.data["length"]) for each in entries))
    _write_columns(plan, ports, doing.tick)
    doing.faults.reach("import.rows_before_entry")
    ports.journal.append([entry])
    return entry.entry_id


def withdrawal(imported: Imported, entry_id: str, *, who: str, at_ms: int) -> JournalEntry:
    """Return the entry from which on the rows of an import count no more; what they took the place of counts again.

    Parameters
    ----------
    imported : Imported
        What the journal tells of the plant.
    entry_id : str
        Of the import; the beginning of its digest is enough.
    who : str
        Who withdraws it.
    at_ms : int
        When [ms since 1970-01-01 UTC].

    Raises
    ------
    DataError
        When there is no such import, or it is none of records: what it put into a store stays there.
    """
    named = [one for one in imported.imports if entry_id in one.entry_id and not one.told.withdraws]
    if len(named) != 1:
        raise DataError(
            f"import {entry_id!r}: {len(named)} imports of plant {imported.plant!r} have it in their id; name one as "
            "`meterproof import list` shows it"
        )
    told = named[0].told
    if named[0].withdrawn_by:
        raise DataError(f"import {named[0].entry_id}: withdrawn already")
    if told.kind in ("intervals", "readings"):
        raise DataError(
            f"import {named[0].entry_id}: its {told.kind} stand in the store; correct the file and "
            "import it with --replace"
        )
    gone = ImportTold(
        VERSION, told.kind, told.origin, told.file, told.sha256, {}, {}, [], who, withdraws=named[0].entry_id
    )
    return import_entry(imported.plant, gone, max(at_ms, imported.newest_ms + 1))


def _told_series(plan: ImportPlan) -> tuple[dict[str, SeriesTold], list[JournalEntry]]:
    told, entries = {}, []
    for one in plan.series:
        if one.is_held:
            continue
        digest, parts = parts_of(plan.parsed.layout.plant, one.name, one.table, plan.at_ms)
        told[one.name] = SeriesTold(digest, len(parts), one.rows, one.unit, one.first, one.last)
        entries += parts
    return told, entries


def _told(plan: ImportPlan, series: dict[str, SeriesTold], who: str) -> ImportTold:
    parsed = plan.parsed
    return ImportTold(
        v=VERSION,
        kind=str(parsed.kind),
        origin=str(parsed.layout.origin),
        file=parsed.name,
        sha256=parsed.sha256,
        layout=_plain(parsed.layout),
        series=series,
        after=list(plan.after),
        who=who,
    )


def _plain(layout: Layout) -> dict[str, object]:
    """Return how a file was read, without what has its default."""
    default = Layout(kind=layout.kind, plant=layout.plant, origin=layout.origin)
    names = [field.name for field in fields(layout) if field.name not in _LEFT_OUT]
    told = {name: getattr(layout, name) for name in names if getattr(layout, name) != getattr(default, name)}
    return {name: _plain_value(value) for name, value in told.items()}


def _plain_value(value: object) -> object:
    if isinstance(value, StrEnum):
        return str(value)
    return dict(value) if isinstance(value, Mapping) else value


def _write_columns(plan: ImportPlan, ports: Ports, tick: Tick) -> None:
    for series in plan.series:
        for one in series.replacements:
            ports.intervals.replace(one.key, one.start_ms, one.end_ms, one.intervals)
            tick(len(one.intervals.start_ms))
        for batch in () if series.is_held else series.batches:
            ports.readings.write([batch.group])
            ports.journal.append(batch.entries)
            tick(len(batch.group.group.t))


def _in_lots(entries: Sequence[JournalEntry]) -> Iterator[Sequence[JournalEntry]]:
    for first in range(0, len(entries), _ENTRIES_AT_ONCE):
        yield entries[first : first + _ENTRIES_AT_ONCE]
