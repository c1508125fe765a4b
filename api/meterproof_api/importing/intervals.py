"""Intervals of a file beside those that the store holds. What a gateway's registers gave is never overwritten.

An interval that the ledger made has registers at its boundaries; one that was imported has none. So both are told apart
by what stands in the store, also after an import that was killed before the journal told of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from meterproof_api.importing.journal_entries import Table
from meterproof_api.importing.plan_of_series import MonthTotal, Replacement, SeriesPlan, month_totals, told_conflicts
from meterproof_api.importing.reading import IntervalColumns as FileColumns
from meterproof_api.importing.reading import ParsedFile
from meterproof_api.importing.records import Imported, instant_text, ranges_of
from meterproof_core.quantities import quantity
from meterproof_core.storage import IntervalColumns, IntervalsStore, SeriesKey
from meterproof_mv.dossier.series import ImportedRange
from meterproof_mv.local_clock import utc_offsets_ms
from meterproof_mv.periods import QUARTER_HOUR_MS, Level, level_periods

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
_MOST_ROWS = 20_000
"""Intervals that are replaced at once: a server takes them in one request of bounded size."""


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """What the store holds of a series in the months that a file touches."""

    start_ms: IntArray
    end_ms: IntArray
    amount: FloatArray
    is_metered: npt.NDArray[np.bool_]
    ranges: Sequence[ImportedRange]

    def source(self, row: int) -> str:
        """Return where a row came from."""
        if self.is_metered[row]:
            return "the ledger's, from the meter's registers"
        at_ms = self.start_ms[row]
        found = (one.source for one in self.ranges if one.start_ms <= at_ms < one.end_ms)
        return f"of {next(found, 'an import that was cut off')}"


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """Which rows of a file are the same and which have another amount in the store, and which contradict it."""

    same: npt.NDArray[np.bool_]
    changed: npt.NDArray[np.bool_]
    conflicting: npt.NDArray[np.bool_]
    first_held: IntArray


def plan_intervals(parsed: ParsedFile, store: IntervalsStore, imported: Imported) -> Iterator[SeriesPlan]:
    """Yield what becomes of each series of a file.

    Parameters
    ----------
    parsed : ParsedFile
        Without problems.
    store : IntervalsStore
        What is held already.
    imported : Imported
        What the journal tells of earlier imports.
    """
    ranges = ranges_of(imported)
    for (point, name), columns in sorted(parsed.columns.items()):
        if isinstance(columns, FileColumns) and len(columns):
            key = SeriesKey(parsed.layout.plant, point, name)
            held = _held(store, key, columns, ranges=ranges.get(key, ()), zone=_zone(parsed))
            yield _plan(key, columns, held, parsed)


def _plan(key: SeriesKey, columns: FileColumns, held: _Held, parsed: ParsedFile) -> SeriesPlan:
    found = _compared(columns, held)
    name, unit = f"{key.point}/{key.quantity}", quantity(key.quantity).unit
    ranges = _contiguous(columns)
    same, changed, conflicting = (int(rows.sum()) for rows in (found.same, found.changed, found.conflicting))
    return SeriesPlan(
        name=name,
        unit=unit,
        first=instant_text(int(columns.start_ms[0])),
        last=instant_text(int(columns.end_ms[-1])),
        new=len(columns) - same - changed - conflicting,
        same=same,
        changed=changed,
        conflicts=told_conflicts(_conflicts(name, columns, held, found, parsed.name)),
        conflicting=conflicting,
        is_held=same == len(columns) and _is_told(columns, held.ranges),
        total=float(columns.amount.sum()),
        months=_months(columns, held, _zone(parsed)),
        table=_ranges_table(columns, ranges),
        replacements=tuple(_replacement(key, columns, rows) for rows in ranges if not found.same[rows].all()),
    )


def _zone(parsed: ParsedFile) -> str:
    return parsed.layout.time_zone or "UTC"


def _held(
    store: IntervalsStore, key: SeriesKey, columns: FileColumns, *, ranges: Sequence[ImportedRange], zone: str
) -> _Held:
    months = level_periods(Level.MONTH, int(columns.start_ms[0]), int(columns.end_ms[-1]), zone)
    stored = store.read(key, int(months.start_ms[0]), int(months.end_ms[-1]))
    registers = np.asarray(stored.register_start, np.float64), np.asarray(stored.register_end, np.float64)
    return _Held(
        np.asarray(stored.start_ms, np.int64),
        np.asarray(stored.end_ms, np.int64),
        np.asarray(stored.amount, np.float64),
        ~(np.isnan(registers[0]) & np.isnan(registers[1])),
        ranges,
    )


def _compared(columns: FileColumns, held: _Held) -> _Compared:
    first = np.searchsorted(held.end_ms, columns.start_ms, side="right")
    behind = np.searchsorted(held.start_ms, columns.end_ms, side="left")
    overlaps = behind > first
    if not len(held.start_ms):
        nothing = np.zeros(len(columns), bool)
        return _Compared(nothing, nothing, nothing, first)
    place = np.minimum(first, len(held.start_ms) - 1)
    equal = (held.start_ms[place] == columns.start_ms) & (held.end_ms[place] == columns.end_ms)
    replaceable = overlaps & equal & ~held.is_metered[place]
    same = replaceable & (held.amount[place] == columns.amount)
    return _Compared(same, replaceable & ~same, overlaps & ~replaceable, place)


def _conflicts(name: str, columns: FileColumns, held: _Held, found: _Compared, file: str) -> Iterator[str]:
    for row in np.flatnonzero(found.conflicting).tolist():
        other = int(found.first_held[row])
        yield (
            f"{name}: {file}, line {columns.line[row]}: {_period(columns.start_ms[row], columns.end_ms[row])} overlaps "
            f"{_period(held.start_ms[other], held.end_ms[other])}, {held.source(other)}; "
            + ("metered data are never overwritten: leave that time out" if held.is_metered[other] else _SAME_PERIODS)
        )


_SAME_PERIODS = "only an interval of the same start and end can be replaced"


def _period(start_ms: np.int64, end_ms: np.int64) -> str:
    return f"{instant_text(int(start_ms))} to {instant_text(int(end_ms))}"


def _contiguous(columns: FileColumns) -> list[slice]:
    """Return the stretches of rows without time between them, each of bounded length."""
    gaps = (np.flatnonzero(columns.start_ms[1:] != columns.end_ms[:-1]) + 1).tolist()
    edges = [0, *gaps, len(columns)]
    return [
        slice(first, min(first + _MOST_ROWS, end))
        for begin, end in pairwise(edges)
        for first in range(begin, end, _MOST_ROWS)
    ]


def _ranges_table(columns: FileColumns, ranges: Sequence[slice]) -> Table:
    return {
        "start_ms": [int(columns.start_ms[rows.start]) for rows in ranges],
        "end_ms": [int(columns.end_ms[rows.stop - 1]) for rows in ranges],
    }


def _replacement(key: SeriesKey, columns: FileColumns, rows: slice) -> Replacement:
    start_ms, end_ms, amount = columns.start_ms[rows], columns.end_ms[rows], columns.amount[rows]
    unknown = np.full(len(amount), np.nan)
    is_span = (end_ms - start_ms != QUARTER_HOUR_MS) | (start_ms % QUARTER_HOUR_MS != 0)
    intervals = IntervalColumns(start_ms, end_ms, amount, unknown, unknown, is_span)
    return Replacement(key, int(start_ms[0]), int(end_ms[-1]), intervals)


def _is_told(columns: FileColumns, ranges: Sequence[ImportedRange]) -> bool:
    """Return whether every row lies in a stretch of which the journal tells."""
    starts = np.array([one.start_ms for one in ranges], np.int64)
    ends = np.array([one.end_ms for one in ranges], np.int64)
    if not len(starts):
        return False
    place = np.searchsorted(starts, columns.start_ms, side="right") - 1
    inside = (place >= 0) & (columns.end_ms <= ends[np.maximum(place, 0)])
    return bool(inside.all())


def _months(columns: FileColumns, held: _Held, zone: str) -> tuple[MonthTotal, ...]:
    brought = _by_month(columns.start_ms, columns.amount, zone)
    before = _by_month(held.start_ms, held.amount, zone)
    giving_way = np.isin(held.start_ms, columns.start_ms)
    left = _by_month(held.start_ms[~giving_way], held.amount[~giving_way], zone)
    return month_totals(before, {each: left.get(each, 0.0) + amount for each, amount in brought.items()}, brought)


def _by_month(start_ms: IntArray, amount: FloatArray, zone: str) -> dict[str, float]:
    if not len(start_ms):
        return {}
    local = (start_ms + utc_offsets_ms(start_ms, zone)).astype("datetime64[ms]").astype("datetime64[M]")
    months, place = np.unique(local, return_inverse=True)
    return dict(zip(np.datetime_as_string(months).tolist(), np.bincount(place, amount).tolist(), strict=True))
