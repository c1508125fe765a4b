"""When each line of a series counts: from read dates to periods, in order, without overlap, or an error naming both."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from meterproof_api.importing.cells import Source
from meterproof_api.importing.kinds import Kind
from meterproof_api.importing.rows import Line
from meterproof_api.importing.tables import told
from meterproof_mv.findings import Finding, Severity

_DAY = timedelta(days=1)
_MOST_TOLD = 5


def placed(lines: Sequence[Line], source: Source) -> tuple[list[Line], list[Finding]]:
    """Return the lines of one series with their periods, in rising time; what cannot be is a problem of the file.

    Parameters
    ----------
    lines : sequence of Line
        Of one series, in the order of the file.
    source : Source
        Takes the problems.
    """
    if "read_date" in source.mapped and "start" not in source.mapped:
        return _from_reads(lines, source)
    known, findings = _without_first(lines, source)
    for line in known:
        if line.start >= line.end:
            message = (
                f"with the end {line.end}, the first day that no longer belongs, covers no day; the end is after it"
            )
            source.tell(line.line, "start", line.start, message)
    whole = sorted((line for line in known if line.start < line.end), key=lambda line: (line.start, line.end))
    _tell_overlaps(whole, source)
    if source.layout.kind is Kind.BILLS:
        findings += _gaps(whole)
    return whole, findings


def _from_reads(lines: Sequence[Line], source: Source) -> tuple[list[Line], list[Finding]]:
    ordered, findings = list(lines), []
    if len(ordered) > 2 and all(later.end < line.end for line, later in pairwise(ordered)):
        ordered.reverse()
        message = f"{ordered[0].series}: the newest read stands first; the lines were taken from the bottom up"
        findings.append(told("newest_first", message, series=ordered[0].series))
    found = []
    for line, later in pairwise(ordered):
        if later.end <= line.end:
            how = "the same day as" if later.end == line.end else "before"
            message = (
                f"{how} the previous read, {line.end - _DAY} in line {line.line}; reads of a meter go forward in time"
            )
            source.tell(later.line, "read_date", later.end - _DAY, f"is {message}")
        else:
            found.append(replace(later, has_start=True, start=line.end))
    return found, [*findings, _first_dates_next(ordered[0])]


def _without_first(lines: Sequence[Line], source: Source) -> tuple[list[Line], list[Finding]]:
    """Return the lines with a start; the first of a series may lack it, since it can only date the next one."""
    known = [line for line in lines if line.has_start]
    open_ended = [line for line in lines if not line.has_start]
    if not open_ended:
        return known, []
    first = min(open_ended, key=lambda line: line.end)
    for line in open_ended:
        if line is not first:
            source.tell(
                line.line, "start", "", f"is empty; only the first row of a series may lack it (line {first.line})"
            )
    for line in known:
        if line.start < first.end:
            message = (
                f"is before the end, {first.end}, of line {first.line}, which has no start and so has to be the first"
            )
            source.tell(line.line, "start", line.start, message)
    return known, [_first_dates_next(first)]


def _first_dates_next(line: Line) -> Finding:
    message = (
        f"{line.series}: the first row (line {line.line}, to {line.end - _DAY}) has no known start; "
        "it dates the next one and counts nothing itself"
    )
    return told("first_bill_without_start", message, series=line.series, line=line.line)


def _tell_overlaps(lines: Sequence[Line], source: Source) -> None:
    if not lines:
        return
    last = lines[0]
    for line in lines[1:]:
        if line.start < last.end:
            one, other = sorted((last, line), key=lambda either: either.line)
            message = (
                f"{other.start} to {other.end} overlaps line {one.line} of the same series, {one.start} to {one.end} "
                "(ends are the first day that no longer belongs); a day counts once"
            )
            source.tell(other.line, "start" if "start" in source.mapped else "period", "", message)
        last = max(last, line, key=lambda either: either.end)


def _gaps(lines: Sequence[Line]) -> list[Finding]:
    gaps = [(line, later) for line, later in pairwise(lines) if line.end < later.start]
    if not gaps:
        return []
    series = lines[0].series
    if len(gaps) == len(lines) - 1 and all(line.end + _DAY == later.start for line, later in gaps):
        message = (
            f"{series}: each bill ends on the day before the next one starts; if that last day belongs to the bill, "
            "name the column last_day instead of end"
        )
        return [told("end_may_be_last_day", message, severity=Severity.WARNING, series=series, count=len(gaps))]
    shown = ", ".join(f"{line.end} to {later.start} (before line {later.line})" for line, later in gaps[:_MOST_TOLD])
    message = f"{series}: no bill covers {shown}" + (
        f" and {len(gaps) - _MOST_TOLD} more" if len(gaps) > _MOST_TOLD else ""
    )
    return [told("bill_gap", message, severity=Severity.WARNING, series=series, count=len(gaps))]
