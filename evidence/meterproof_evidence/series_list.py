"""``series.json``: what each CSV file under ``data/`` holds, and from there back to the series of a dossier."""

from collections.abc import Mapping

import msgspec

from meterproof_evidence.errors import BundleError, IssueError
from meterproof_evidence.layout import DATA, csv_path
from meterproof_evidence.metered_csv import metered_csv, read_metered
from meterproof_evidence.recorded_csv import read_recorded, recorded_csv
from meterproof_mv.dossier.series import ImportedRange, Metered, Series


class MeteredEntry(msgspec.Struct, frozen=True, tag="metered", tag_field="kind"):
    """A counter's intervals.

    Parameters
    ----------
    file : str
        Its file in the bundle.
    point, quantity, unit : str
        Metering point, counter and its canonical unit.
    imported : tuple of ImportedRange
        The stretches that no gateway read.
    """

    file: str
    point: str
    quantity: str
    unit: str
    imported: tuple[ImportedRange, ...] = ()


class RecordedEntry(msgspec.Struct, frozen=True, tag="recorded", tag_field="kind"):
    """A hand-kept record.

    Parameters
    ----------
    file : str
        Its file in the bundle.
    name, unit : str
        Of the record.
    spread : bool
        Whether a row that crosses two periods is spread evenly over its days.
    """

    file: str
    name: str
    unit: str
    spread: bool


Entries = dict[str, MeteredEntry | RecordedEntry]


def entries_of(series: Mapping[str, Series]) -> Entries:
    """Return what ``series.json`` says of the series of a dossier.

    Raises
    ------
    IssueError
        When two names would give one file.
    """
    entries: Entries = {}
    for name in sorted(series):
        one, file = series[name], csv_path(DATA, name)
        if any(entry.file == file for entry in entries.values()):
            raise IssueError(f"series {name!r}: another one is written to {file} already; rename one of the two")
        if isinstance(one, Metered):
            entries[name] = MeteredEntry(file, one.point, one.quantity, one.unit, one.imported)
        else:
            entries[name] = RecordedEntry(file, one.name, one.unit, one.spread)
    return entries


def series_csv(series: Series) -> bytes:
    """Return the rows of a series as its CSV file holds them."""
    return metered_csv(series) if isinstance(series, Metered) else recorded_csv(series)


def read_series(entries: Entries, files: Mapping[str, bytes]) -> dict[str, Series]:
    """Return every series that is listed.

    Raises
    ------
    BundleError
        When a file is missing, named twice, named by nobody, or cannot be read.
    """
    named = [entry.file for entry in entries.values()]
    for path in sorted({*named, *(path for path in files if path.startswith(DATA))}):
        there = "there" if path in files else "not there"
        if named.count(path) != 1 or path not in files:
            times = f"series.json names {path} {named.count(path)} times, and it is {there}"
            raise BundleError(f"{times}; each file of {DATA} once is accepted")
    return {name: _read(entry, files[entry.file]) for name, entry in entries.items()}


def _read(entry: MeteredEntry | RecordedEntry, content: bytes) -> Series:
    if isinstance(entry, MeteredEntry):
        names = (entry.point, entry.quantity, entry.unit)
        return read_metered(entry.file, content, names=names, imported=entry.imported)
    return read_recorded(entry.file, content, name=entry.name, unit=entry.unit, spread=entry.spread)
