"""From the rows of a file of intervals or readings to columns of numbers, one set for each point and quantity."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from meterproof_api.importing.cells import Source
from meterproof_api.importing.date_order import check_date_order
from meterproof_api.importing.kinds import Kind, Label
from meterproof_api.importing.parsed_file import Columns, InstantColumns, IntervalColumns
from meterproof_api.importing.tables import told
from meterproof_api.importing.time_columns import equal_steps, instants_of, most_frequent, rising, step_of
from meterproof_api.importing.value_columns import value_columns, values_of
from meterproof_mv.findings import Finding

IntArray = npt.NDArray[np.int64]


def metered_columns(source: Source) -> tuple[Mapping[tuple[str, str], Columns], list[Finding]]:
    """Return the columns by point and quantity; what is wrong is noted in the source.

    Raises
    ------
    SettingsError
        When the layout names an unknown point, quantity or time zone, or contradicts itself.
    """
    check_date_order(source)
    wanted = value_columns(source)
    starts, ends, rows, findings = _times(source)
    values = []
    for column in wanted:
        numbers, found = values_of(column, source)
        values.append(numbers)
        findings += found
    if source.problems.count:
        return {}, findings
    lines = np.array(source.table.lines, np.int64)[rows]
    columns: dict[tuple[str, str], Columns] = {}
    for column, numbers in zip(wanted, values, strict=True):
        own = numbers[rows]
        there = ~np.isnan(own)
        key = (column.point, column.quantity.name)
        if source.layout.kind is Kind.READINGS:
            columns[key] = InstantColumns(starts[there], own[there], lines[there])
        else:
            columns[key] = IntervalColumns(starts[there], ends[there], own[there], lines[there])
    return columns, findings


def _times(source: Source) -> tuple[IntArray, IntArray, IntArray, list[Finding]]:
    """Return starts and ends, the row of each, and what was found; of readings both are the instant."""
    nothing = np.zeros(0, np.int64)
    if source.layout.kind is Kind.INTERVALS and "start" in source.mapped and "end" in source.mapped:
        return _of_two(source)
    if "time" not in source.mapped:
        others = ", or start and end" if source.layout.kind is Kind.INTERVALS else ""
        source.tell_table(f"no column holds the times; name time{others}, as in --map time=HEADER")
        return nothing, nothing, nothing, []
    if source.layout.kind is Kind.INTERVALS and source.layout.label is None:
        source.tell_table("a time stamp may label the start or the end of its interval; say which (label)")
    t_ms, findings = instants_of("time", source)
    rows = _usable(source)
    t_ms, rows = _in_file_order(t_ms[rows], rows, findings)
    rising(t_ms, rows.tolist(), "time", source)
    if source.layout.kind is Kind.READINGS:
        return t_ms, t_ms, rows, findings
    step = step_of(t_ms, source)
    if step is None:
        return nothing, nothing, nothing, findings
    findings += equal_steps(t_ms, step, rows.tolist(), source)
    start = t_ms - step if source.layout.label is Label.END else t_ms
    return start, start + step, rows, findings


def _of_two(source: Source) -> tuple[IntArray, IntArray, IntArray, list[Finding]]:
    starts, findings = instants_of("start", source)
    ends, _ = instants_of("end", source)
    rows = _usable(source)
    starts, ordered = _in_file_order(starts[rows], rows, findings)
    ends = ends[ordered]
    rising(starts, ordered.tolist(), "start", source)
    length = ends - starts
    for at in np.flatnonzero(length <= 0).tolist():
        source.tell_row(int(ordered[at]), "end", "is not after the start of its interval")
    for at in (np.flatnonzero((starts[1:] < ends[:-1]) & (np.diff(starts) > 0)) + 1).tolist():
        line = source.table.lines[int(ordered[at - 1])]
        source.tell_row(
            int(ordered[at]), "start", f"is before the end of the interval in line {line}; a time counts once"
        )
    positive = length[length > 0]
    if len(positive) and (positive != most_frequent(positive)).any():
        usual = most_frequent(positive)
        other = ordered[np.flatnonzero((length > 0) & (length != usual))]
        line = source.table.lines[int(other[0])]
        message = (
            f"intervals that are not {usual / 60_000:g} min long, as most are: the first of {len(other)} in line {line}"
        )
        findings.append(told("unequal_intervals", message, count=len(other), line=line))
    return starts, ends, ordered, findings


def _usable(source: Source) -> IntArray:
    return np.array([row for row in range(len(source.table.lines)) if row not in source.bad], np.int64)


def _in_file_order(t_ms: IntArray, rows: IntArray, findings: list[Finding]) -> tuple[IntArray, IntArray]:
    """Return instants in rising order: a file with the newest line first is read from the bottom up."""
    if len(t_ms) > 2 and (np.diff(t_ms) < 0).all():
        findings.append(told("newest_first", "the newest line stands first; lines were taken from the bottom up"))
        return t_ms[::-1], rows[::-1]
    return t_ms, rows
