"""Shifts by the clock on the wall: over midnight, by weekday, and as long as the clock makes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise

import numpy as np

from meterproof_mv.errors import SeriesError
from meterproof_mv.local_clock import local_ms, zone_of
from meterproof_mv.periods import Periods, check_period

_DAY_S = 86_400
EVERY_DAY = frozenset(range(7))
"""Monday is 0, as in `datetime.date.weekday`."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift by the clock on the wall.

    Parameters
    ----------
    name : str
        For people.
    start, end : time
        Local; an end at or before the start lies on the next day.
    weekdays : frozenset of int
        On which weekdays it begins; Monday is 0.

    Raises
    ------
    SeriesError
        When it has no name, no weekday, or a time with a zone of its own.
    """

    name: str
    start: time
    end: time
    weekdays: frozenset[int] = EVERY_DAY

    def __post_init__(self) -> None:
        if not self.name:
            raise SeriesError(f"shift from {self.start} to {self.end} has no name; give one")
        if not self.weekdays or not self.weekdays <= EVERY_DAY:
            raise SeriesError(
                f"shift {self.name!r}: weekdays {sorted(self.weekdays)}; some of 0 (Monday) to 6 are accepted"
            )
        if self.start.tzinfo or self.end.tzinfo:
            raise SeriesError(f"shift {self.name!r}: a time with a zone of its own; the plant's local time is accepted")


def shifts_from(starts: Mapping[str, time]) -> tuple[Shift, ...]:
    """Return shifts that follow each other around the clock, each until the next one starts.

    Examples
    --------
    >>> [(one.name, one.end.hour) for one in shifts_from({"late": time(14), "night": time(22), "early": time(6)})]
    [('early', 14), ('late', 22), ('night', 6)]

    Raises
    ------
    SeriesError
        When there is none, or two start at the same time.
    """
    ordered = sorted(starts.items(), key=lambda item: item[1])
    if not ordered or len(set(starts.values())) < len(starts):
        raise SeriesError(
            f"shift starts {[str(at) for _, at in ordered]}; at least one, and each at its own time, is accepted"
        )
    return tuple(Shift(name, start, ends) for (name, start), (_, ends) in pairwise([*ordered, ordered[0]]))


def shift_periods(shifts: Sequence[Shift], first_ms: int, last_ms: int, zone: str) -> Periods:
    """Return the shifts that [first, last) touches, whole.

    A time that the clock skips is the instant at which it does; of one that comes twice the first counts. So a night
    shift is an hour shorter or longer when clocks change, and shifts that follow each other still do.

    Parameters
    ----------
    shifts : sequence of Shift
        At most one at any time of the week.
    first_ms, last_ms : int
        Half-open [ms since 1970-01-01 UTC].
    zone : str
        IANA name of the plant's time zone.

    Raises
    ------
    SeriesError
        When two shifts overlap, the zone is unknown, or [first, last) is empty.
    """
    check_period(first_ms, last_ms)
    _refuse_overlaps(shifts)
    place = zone_of(zone)
    day = datetime.fromtimestamp(first_ms / 1000, place).date() - timedelta(days=1)
    last = datetime.fromtimestamp(last_ms / 1000, place).date()
    found = []
    while day <= last:
        for shift in shifts:
            if day.weekday() in shift.weekdays:
                end = day + timedelta(days=1) if shift.end <= shift.start else day
                found.append((local_ms(day, shift.start, place), local_ms(end, shift.end, place), day, shift.name))
        day += timedelta(days=1)
    found = sorted(row for row in found if row[0] < row[1])
    starts, ends, days, names = zip(*found, strict=True) if found else ((), (), (), ())
    periods = Periods(np.array(starts, np.int64), np.array(ends, np.int64), np.array(days, "datetime64[D]"), names)
    return periods.touching(first_ms, last_ms)


def _refuse_overlaps(shifts: Sequence[Shift]) -> None:
    week = sorted(
        (_DAY_S * weekday + _second(shift.start), _length_s(shift), shift.name)
        for shift in shifts
        for weekday in shift.weekdays
    )
    following = [*week[1:], *((start + 7 * _DAY_S, length, name) for start, length, name in week[:1])]
    for (start, length, name), (next_start, _, other) in zip(week, following, strict=True):
        if start + length > next_start:
            raise SeriesError(f"shifts {name!r} and {other!r} overlap; at most one at any time is accepted")


def _second(clock: time) -> float:
    return 3600 * clock.hour + 60 * clock.minute + clock.second + clock.microsecond / 1e6


def _length_s(shift: Shift) -> float:
    length = _second(shift.end) - _second(shift.start)
    return length if length > 0 else length + _DAY_S
