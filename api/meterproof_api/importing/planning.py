"""What a file would change: every row is new, the same, changed or in conflict, before anything is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from meterproof_api.importing.intervals import plan_intervals
from meterproof_api.importing.kinds import Kind
from meterproof_api.importing.plan_of_series import MonthTotal, SeriesPlan
from meterproof_api.importing.problems_of_file import Problem
from meterproof_api.importing.reading import ParsedFile
from meterproof_api.importing.readings import plan_readings
from meterproof_api.importing.record_rows import plan_records
from meterproof_api.importing.records import Imported, read_imports, records_of
from meterproof_core.storage import IntervalsStore, Journal, ReadingsStore
from meterproof_mv.findings import Finding

__all__ = ["ImportPlan", "MonthTotal", "Ports", "SeriesPlan", "plan_import"]


class Ports(Protocol):
    """The three storage ports of one store."""

    @property
    def readings(self) -> ReadingsStore:
        """Where readings lie."""
        ...

    @property
    def intervals(self) -> IntervalsStore:
        """Where intervals lie."""
        ...

    @property
    def journal(self) -> Journal:
        """Where imports and their rows are told."""
        ...


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What importing a file would do.

    Parameters
    ----------
    parsed : ParsedFile
        The file.
    series : tuple of SeriesPlan
        What becomes of each of its series, by name.
    after : tuple of str
        The newest import before it of each of its series.
    at_ms : int
        When the journal is told of it [ms since 1970-01-01 UTC].
    """

    parsed: ParsedFile
    series: tuple[SeriesPlan, ...] = ()
    after: tuple[str, ...] = ()
    at_ms: int = 0

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What has to be corrected in the file."""
        return self.parsed.problems

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What somebody should know."""
        return self.parsed.findings

    @property
    def conflicts(self) -> tuple[str, ...]:
        """What in the file contradicts what the store holds, a sentence each."""
        return tuple(conflict for one in self.series for conflict in one.conflicts)

    @property
    def changed(self) -> int:
        """How many rows stand in the store with other values."""
        return sum(one.changed for one in self.series)

    @property
    def changes_nothing(self) -> bool:
        """Whether the store holds all of it already."""
        return not (self.problems or self.conflicts) and all(one.is_held for one in self.series)

    def refusals(self, *, replace: bool) -> tuple[str, ...]:
        """Return why nothing of the file may be written, a sentence each; empty when it may.

        Parameters
        ----------
        replace : bool
            Whether rows that stand in the store with other values may be replaced.
        """
        told = [str(problem) for problem in self.problems]
        if self.parsed.more_problems:
            told.append(f"and {self.parsed.more_problems:,} more problems")
        told += self.conflicts
        if self.changed and not (told or replace):
            rows = "1 row stands" if self.changed == 1 else f"{self.changed:,} rows stand"
            told.append(f"{rows} in the store with other values; look at --dry-run, and replace with --replace")
        return tuple(told)


def plan_import(parsed: ParsedFile, ports: Ports, *, at_ms: int) -> ImportPlan:
    """Return what importing a file would change; nothing is written.

    Parameters
    ----------
    parsed : ParsedFile
        The file; with a problem in it, nothing is compared.
    ports : Ports
        The store.
    at_ms : int
        When it is done [ms since 1970-01-01 UTC]; a plant's imports keep their order whatever the clock does.

    Raises
    ------
    StoreError
        When the store does not answer.
    DataError
        When the rows of an earlier import are not there.
    """
    if parsed.problems:
        return ImportPlan(parsed)
    imported = read_imports(ports.journal, parsed.layout.plant)
    at_ms = max(at_ms, imported.newest_ms + 1)
    series = tuple(_series_plans(parsed, ports, imported, at_ms))
    after = sorted({imported.newest(parsed.kind, one.name) for one in series} - {""})
    return ImportPlan(parsed, series, tuple(after), at_ms)


def _series_plans(parsed: ParsedFile, ports: Ports, imported: Imported, at_ms: int) -> Iterable[SeriesPlan]:
    if parsed.kind is Kind.INTERVALS:
        return plan_intervals(parsed, ports.intervals, imported)
    if parsed.kind is Kind.READINGS:
        return plan_readings(parsed, ports.readings, ports.journal, imported, at_ms=at_ms)
    return plan_records(parsed, records_of(imported))
