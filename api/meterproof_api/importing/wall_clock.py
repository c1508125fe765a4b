"""From what the clock on the wall showed to instants: an hour that came twice is told by the order of the lines."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

_DAY_MS = 86_400_000  # exact
_APART_MS = _DAY_MS // 2  # repeated hours further apart than this are of two changes of the clocks
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - counted on the clock on the wall
_MS = timedelta(milliseconds=1)

SKIPPED = "does not exist: clocks were put forward over it; look at the time zone, or write the offset"
REPEATED = (
    "came twice when clocks were put back, and the lines do not tell which is meant; write both hours in order, "
    "or the offset of each"
)


def instants(shown: IntArray, zone: ZoneInfo) -> tuple[IntArray, dict[int, str]]:
    """Return the instants at which a clock showed times, and what is wrong with single ones.

    Parameters
    ----------
    shown : (n,) int64
        In the order of the file, counted as if the clock were UTC [ms since 1970-01-01].
    zone : ZoneInfo
        The clock's.
    """
    first, second = _candidates(shown, zone)
    wrong = dict.fromkeys(np.flatnonzero(second < first).tolist(), SKIPPED)
    twice = np.flatnonzero(second > first)
    if len(twice):
        changes = np.flatnonzero(np.abs(np.diff(shown[twice])) > _APART_MS) + 1
        for rows in np.split(twice, changes):
            back = np.flatnonzero(np.diff(shown[rows]) <= 0) + 1
            if len(back) == 1:
                first[rows[back[0] :]] = second[rows[back[0] :]]
            else:
                wrong.update(dict.fromkeys(rows.tolist(), REPEATED))
    return first, wrong


def _candidates(shown: IntArray, zone: ZoneInfo) -> tuple[IntArray, IntArray]:
    """Return the earlier and the later instant that a clock shows so; the wrong way round where it never did."""
    days, of_day = np.unique(shown // _DAY_MS, return_inverse=True)
    at_start = _offsets(days * _DAY_MS, zone, fold=0)
    changing = (at_start != _offsets((days + 1) * _DAY_MS, zone, fold=0))[of_day]
    first = shown - at_start[of_day]
    second = first.copy()
    first[changing] = shown[changing] - _offsets(shown[changing], zone, fold=0)
    second[changing] = shown[changing] - _offsets(shown[changing], zone, fold=1)
    return first, second


def _offsets(shown: IntArray, zone: ZoneInfo, *, fold: int) -> IntArray:
    moments = ((_EPOCH + ms * _MS).replace(tzinfo=zone, fold=fold) for ms in shown.tolist())
    return np.array([(moment.utcoffset() or timedelta()) // _MS for moment in moments], np.int64)
