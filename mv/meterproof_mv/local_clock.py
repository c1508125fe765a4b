"""The clock on a plant's wall: from local dates and times to instants, whatever the zone does to its clock.

Clocks are put forward and back, some zones stand half or three quarters of an hour off, and one left a date out. A time
that the clock skips is the instant at which it does; of a time that comes twice the first counts.
"""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import SeriesError

IntArray = npt.NDArray[np.int64]
_LOOK_EVERY_MS = 21_600_000  # 6 h: no zone has changed its clock twice within so little time


def zone_of(name: str) -> ZoneInfo:
    """Return the zone of an IANA name.

    Raises
    ------
    SeriesError
        When there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SeriesError(f"time zone {name!r} unknown; an IANA name such as Asia/Seoul is accepted") from error


def local_days(first_ms: int, last_ms: int, zone: str) -> tuple[npt.NDArray[np.datetime64], IntArray]:
    """Return the n plant-local dates that [first, last) touches and the n + 1 instants between them [ms UTC].

    A date that the zone left out, as where it crossed the date line, is not among them.

    Raises
    ------
    SeriesError
        When the zone is unknown.
    """
    place = zone_of(zone)
    day = datetime.fromtimestamp(first_ms / 1000, place).date()
    edges = [midnight_ms(day, place)]
    days = []
    while edges[-1] < last_ms:
        days.append(day)
        day += timedelta(days=1)
        edges.append(midnight_ms(day, place))
    kept = np.diff(edges) > 0  # a zone that crossed the date line left a date out
    return np.array(days, "datetime64[D]")[kept], np.array(edges, np.int64)[np.append(kept, True)]


def midnight_ms(day: date, zone: ZoneInfo) -> int:
    """Return the instant at which a local day begins [ms since 1970-01-01 UTC].

    Where a change of the clocks skips midnight, that is the first instant after the gap; where it repeats midnight,
    the first of the two. A date that the zone left out begins, and ends, where the next one begins.

    Examples
    --------
    >>> midnight_ms(date(2018, 1, 1), ZoneInfo("Asia/Seoul"))
    1514732400000
    """
    return local_ms(day, time(), zone)


def local_ms(day: date, clock: time, zone: ZoneInfo) -> int:
    """Return the first instant at which the clock on the wall shows a time or, where it skips it, a later one.

    Examples
    --------
    >>> vienna = ZoneInfo("Europe/Vienna")  # from 02:00 to 03:00 on 2018-03-25
    >>> local_ms(date(2018, 3, 25), time(2, 30), vienna) == local_ms(date(2018, 3, 25), time(3), vienna)
    True
    """
    shown = datetime.combine(day, clock)
    after = shown.replace(tzinfo=zone).timestamp()
    if datetime.fromtimestamp(after, zone).replace(tzinfo=None) == shown:
        return round(after * 1000)
    before = shown.replace(tzinfo=zone, fold=1).timestamp()
    return round(_change_s(before, after, zone) * 1000)


def utc_offsets_ms(t_ms: IntArray, zone: str) -> IntArray:
    """Return how far the local clock is ahead of UTC at rising instants [ms].

    Parameters
    ----------
    t_ms : (n,) int64
        Rising; at least one [ms since 1970-01-01 UTC].
    zone : str
        IANA name.
    """
    place = zone_of(zone)
    looks = [*range(int(t_ms[0]), int(t_ms[-1]), _LOOK_EVERY_MS), int(t_ms[-1])]
    offsets = [_offset_s(look / 1000, place) for look in looks]
    changes = [
        (round(_change_s(one / 1000, other / 1000, place) * 1000), offset)
        for (one, was), (other, offset) in pairwise(zip(looks, offsets, strict=True))
        if offset != was
    ]
    at = np.searchsorted([change for change, _ in changes], t_ms, side="right")
    return np.array([offsets[0], *(offset for _, offset in changes)], np.int64)[at] * 1000


def _offset_s(instant_s: float, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(instant_s, zone).utcoffset()
    return round(offset.total_seconds()) if offset else 0


def _change_s(before_s: float, after_s: float, zone: ZoneInfo) -> float:
    """Return the first whole second with the offset of the later of two instants between which it changes once."""
    low, high = int(before_s // 1), int(-(-after_s // 1))
    new = _offset_s(high, zone)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset_s(middle, zone) == new else (middle, high)
    return high
