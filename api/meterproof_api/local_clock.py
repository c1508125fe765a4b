"""From UTC instants to the plant's own calendar and clock, many at a time."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Instants = NDArray[np.int64]

HOUR_MS = 3_600_000
DAY_MS = 86_400_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def local_ms(t_ms: Instants, zone: ZoneInfo) -> Instants:
    """Return instants as the plant's clock shows them, counted as if the clock were UTC [ms].

    Parameters
    ----------
    t_ms : array of int, shape (n,)
        Instants [ms since 1970-01-01 UTC].
    zone : ZoneInfo
        The plant's zone.
    """
    if len(t_ms) == 0:
        return t_ms
    days, of_day = np.unique(t_ms // DAY_MS, return_inverse=True)
    at_start, at_end = _offsets_ms(days * DAY_MS, zone), _offsets_ms((days + 1) * DAY_MS, zone)
    offsets = at_start[of_day]
    changing = (at_start != at_end)[of_day]
    offsets[changing] = _offsets_ms(t_ms[changing], zone)
    return np.asarray(t_ms + offsets, dtype=np.int64)


def _offsets_ms(t_ms: Instants, zone: ZoneInfo) -> Instants:
    moments = (datetime.fromtimestamp(instant / 1000, zone) for instant in t_ms.tolist())
    return np.array([(moment.utcoffset() or timedelta()) // timedelta(milliseconds=1) for moment in moments], np.int64)


def day_numbers(local: Instants, first: date) -> Instants:
    """Return on which day after `first` local instants lie; 0 is `first` itself.

    Parameters
    ----------
    local : array of int, shape (n,)
        From `local_ms`.
    first : date
        The day counted as 0.
    """
    return np.asarray(local // DAY_MS - (first.toordinal() - _EPOCH_ORDINAL), dtype=np.int64)


def hours_of_day(local: Instants) -> Instants:
    """Return the hour that the plant's clock shows, 0 to 23."""
    return np.asarray(local % DAY_MS // HOUR_MS, dtype=np.int64)


def local_text(instant_ms: int, zone: ZoneInfo) -> str:
    """Return an instant as the plant's clock shows it, to the minute, with its offset.

    Examples
    --------
    >>> local_text(1514732400000, ZoneInfo("Asia/Seoul"))
    '2018-01-01 00:00+09:00'
    """
    return datetime.fromtimestamp(instant_ms / 1000, zone).isoformat(" ", "minutes")
