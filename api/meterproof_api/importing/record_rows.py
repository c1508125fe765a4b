"""Hand-kept rows of a file beside those that the store holds. Pure."""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import attrgetter

from meterproof_api.importing.plan_of_series import MonthTotal, SeriesPlan, month_totals, told_conflicts
from meterproof_api.importing.reading import ParsedFile
from meterproof_api.importing.records import is_spread, table_of_rows
from meterproof_mv.dossier.series import Recorded, RecordRow

_COMPARED = attrgetter(*(name for name in RecordRow.__dataclass_fields__ if name != "source"))
_PARTING = str.maketrans("", "", " '\u00a0\u202f\u2019")


@dataclass(slots=True)
class _Compared:
    new: int = 0
    same: int = 0
    changed: int = 0
    conflicts: list[str] = field(default_factory=list)


def plan_records(parsed: ParsedFile, stored: Mapping[str, Recorded]) -> Iterator[SeriesPlan]:
    """Yield what becomes of each series of a file.

    Parameters
    ----------
    parsed : ParsedFile
        Without problems.
    stored : mapping of name to Recorded
        What the store holds.
    """
    for name, rows in sorted(parsed.records.items()):
        yield _plan(rows, stored.get(name) or Recorded(name, parsed.units[name], (), is_spread(name)), parsed)


def _plan(rows: Sequence[RecordRow], held: Recorded, parsed: ParsedFile) -> SeriesPlan:
    unit = parsed.units[held.name]
    found = _compared(rows, held) if held.unit == unit else _Compared(conflicts=[_other_unit(held, unit, rows)])
    conflicting = len(rows) - found.new - found.same - found.changed
    return SeriesPlan(
        name=held.name,
        unit=unit,
        first=rows[0].start.isoformat(),
        last=rows[-1].end.isoformat(),
        new=found.new,
        same=found.same,
        changed=found.changed,
        conflicts=told_conflicts(found.conflicts),
        conflicting=conflicting,
        is_held=found.same == len(rows),
        total=math.fsum(row.amount for row in rows),
        written_totals=_written_totals(rows, parsed.layout.decimal),
        months=() if held.unit != unit else _months(held, rows),
        table=table_of_rows(rows),
    )


def _compared(rows: Iterable[RecordRow], held: Recorded) -> _Compared:
    found = _Compared()
    starts, ends = [row.start for row in held.rows], [row.end for row in held.rows]
    for row in rows:
        overlapping = held.rows[bisect_right(ends, row.start) : bisect_left(starts, row.end)]
        if not overlapping:
            found.new += 1
        elif (overlapping[0].start, overlapping[0].end) != (row.start, row.end):
            found.conflicts.append(_conflict(held.name, row, overlapping))
        elif _COMPARED(overlapping[0]) == _COMPARED(row):
            found.same += 1
        else:
            found.changed += 1
    return found


def _conflict(name: str, row: RecordRow, overlapping: Sequence[RecordRow]) -> str:
    first = overlapping[0]
    more = f" and {len(overlapping) - 1} more" if len(overlapping) > 1 else ""
    return (
        f"{name}: {row.source}: {row.start} to {row.end} overlaps {first.start} to {first.end} of {first.source}"
        f"{more}, which is in the store; give a row its period there to replace it, or withdraw that import"
    )


def _other_unit(held: Recorded, unit: str, rows: Sequence[RecordRow]) -> str:
    return (
        f"{held.name}: {rows[0].source}: the file gives {unit}, and the store holds {held.unit} (of "
        f"{held.rows[0].source}); convert it to that unit, or import it under another series"
    )


def _months(held: Recorded, rows: Sequence[RecordRow]) -> tuple[MonthTotal, ...]:
    starts, ends = [row.start for row in rows], [row.end for row in rows]
    staying = [row for row in held.rows if bisect_right(ends, row.start) == bisect_left(starts, row.end)]
    brought = _by_month(rows, spread=held.spread)
    before, left = _by_month(held.rows, spread=held.spread), _by_month(staying, spread=held.spread)
    after = {month: left.get(month, 0.0) + amount for month, amount in brought.items()}
    return month_totals(before, after, brought)


def _by_month(rows: Iterable[RecordRow], *, spread: bool) -> dict[str, float]:
    """Return what rows add up to by month: spread evenly over their days, or whole where they begin."""
    totals: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        for month, share in _shares(row) if spread else ((f"{row.start:%Y-%m}", 1.0),):
            totals[month] += row.amount * share
    return dict(totals)


def _shares(row: RecordRow) -> Iterator[tuple[str, float]]:
    days = (row.end - row.start).days
    first = row.start
    while first < row.end:
        following = min(_next_month(first), row.end)
        yield f"{first:%Y-%m}", (following - first).days / days
        first = following


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _written_totals(rows: Iterable[RecordRow], decimal: str | None) -> dict[str, float]:
    figures: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        figures[row.written_unit].append(_figure(row.written, decimal))
    return {unit: math.fsum(told) for unit, told in sorted(figures.items())}


def _figure(written: str, decimal: str | None) -> float:
    """Return a figure as it stands in the file; NaN where a workbook shows it in a way of its own."""
    decimal = decimal or "."
    thousands = "," if decimal == "." else "."
    try:
        return float(written.translate(_PARTING).replace(thousands, "").replace(decimal, "."))
    except ValueError:
        return math.nan
