"""When intervals and readings are: instants in rising order, and equal steps, or the lines where that breaks."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from meterproof_api.importing.cells import Source
from meterproof_api.importing.instants import DAY_MS, Shown, shown_instant
from meterproof_api.importing.kinds import Label
from meterproof_api.importing.tables import told
from meterproof_api.importing.wall_clock import instants
from meterproof_core.errors import SettingsError
from meterproof_mv.errors import SeriesError
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.local_clock import zone_of

IntArray = npt.NDArray[np.int64]
_MINUTE_MS = 60_000


def instants_of(field: str, source: Source) -> tuple[IntArray, list[Finding]]:
    """Return the instant of each row [ms since 1970-01-01 UTC]; rows that have none are bad.

    Raises
    ------
    SettingsError
        When the time zone is unknown.
    """
    how = {"day_first": source.layout.day_first, "serial_1904": source.table.serial_1904}
    read = source.each(field, partial(shown_instant, **how))
    shown = np.array([0 if one is None else one[0] for one in read], np.int64)
    there = np.array([one is not None for one in read], bool)
    local = np.array([one is not None and one[1] is None for one in read], bool)
    findings = _midnights_moved(shown, np.flatnonzero(local), source) if field == "time" else []
    offset = np.array([_offset(one) for one in read], np.int64)
    found = shown - offset
    if local.any():
        found[local] = _from_wall(shown[local], np.flatnonzero(local), field, source)
    return np.where(there, found, 0), findings


def _offset(one: Shown | None) -> int:
    return (one[1] or 0) if one else 0


def _from_wall(shown: IntArray, rows: IntArray, field: str, source: Source) -> IntArray:
    if source.layout.time_zone is None:
        source.tell_table("times are written without an offset; say the time zone, such as Asia/Colombo")
        return shown
    try:
        zone = zone_of(source.layout.time_zone)
    except SeriesError as error:
        raise SettingsError(str(error)) from None
    found, wrong = instants(shown, zone)
    for at, message in wrong.items():
        source.tell_row(int(rows[at]), field, message)
    return found


def _midnights_moved(shown: IntArray, rows: IntArray, source: Source) -> list[Finding]:
    """Move midnights that carry the date of the day that ends there, in place, when all of them do so."""
    if source.layout.label is not Label.END or len(rows) < 2:
        return []
    own = shown[rows]
    midnight = own % DAY_MS == 0
    back = np.flatnonzero(np.diff(own) <= 0) + 1
    if not len(back) or not midnight[back].all() or len(back) < np.count_nonzero(midnight[1:]):
        return []
    moved = np.where(midnight, own + DAY_MS, own)
    if (np.diff(moved) <= 0).any():
        return []
    shown[rows] = moved
    first = source.table.lines[int(rows[np.flatnonzero(midnight)[0]])]
    message = (
        f"00:00 with the date of the day that ends there (the first of {np.count_nonzero(midnight)} is line {first}) "
        "was read as the midnight after it"
    )
    return [told("midnight_of_ending_day", message, severity=Severity.WARNING, line=first)]


def rising(t_ms: IntArray, rows: Sequence[int], field: str, source: Source) -> None:
    """Note each row whose instant is not after the one before it."""
    for at in (np.flatnonzero(np.diff(t_ms) <= 0) + 1).tolist():
        how = "the same instant as" if t_ms[at] == t_ms[at - 1] else "before"
        message = f"is {how} line {source.table.lines[rows[at - 1]]}; times have to rise from line to line"
        source.tell_row(rows[at], field, message)


def step_of(t_ms: IntArray, source: Source) -> int | None:
    """Return the length of the intervals that one time stamp each stands for [ms]; None when it is not clear."""
    if source.layout.interval_minutes is not None:
        if source.layout.interval_minutes < 1:
            raise SettingsError(f"an interval of {source.layout.interval_minutes} min is none; use 1 or more")
        return source.layout.interval_minutes * _MINUTE_MS
    steps = np.diff(t_ms)
    if not len(steps) or not (steps > 0).any():
        if not source.problems.count:
            source.tell_table("one time stamp does not tell how long an interval is; say interval_minutes")
        return None
    return most_frequent(steps[steps > 0])


def most_frequent(lengths: IntArray) -> int:
    """Return the length that most of them have [ms]; the shorter one of two."""
    values, counts = np.unique(lengths, return_counts=True)
    return int(values[np.argmax(counts)])


def equal_steps(t_ms: IntArray, step: int, rows: Sequence[int], source: Source) -> list[Finding]:
    """Note each row that is off the grid of its neighbour, and return a finding on gaps."""
    steps = np.diff(t_ms)
    for at in (np.flatnonzero((steps > 0) & (steps % step != 0)) + 1).tolist():
        minutes, line = steps[at - 1] / _MINUTE_MS, source.table.lines[rows[at - 1]]
        message = (
            f"is {minutes:g} min after line {line}, but intervals of {step / _MINUTE_MS:g} min are expected; "
            "for intervals of several lengths give columns start and end"
        )
        source.tell_row(rows[at], "time", message)
    gaps = np.flatnonzero((steps > step) & (steps % step == 0)) + 1
    if not len(gaps):
        return []
    lacking, line = int((steps[gaps - 1] // step - 1).sum()), source.table.lines[rows[int(gaps[0])]]
    message = f"intervals that are not in the file: {lacking}, the first before line {line}"
    return [told("interval_gap", message, severity=Severity.WARNING, gaps=len(gaps), lacking=lacking, line=line)]
