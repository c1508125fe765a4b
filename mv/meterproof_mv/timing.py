"""What the rows' times say: their order, how far they lie apart, and which kind of data they are."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import SeriesError

MS_PER_HOUR = 3_600_000  # exact
# Our own bounds between the kinds of data [h]: the longest row that still counts as the kind.
_LONGEST_HOURLY, _LONGEST_DAILY, _LONGEST_WEEKLY = 12.0, 36.0, 24.0 * 10


class Interval(StrEnum):
    """How long a row is."""

    HOURLY = "hourly"  # or finer
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"  # or coarser: bills, batches, campaigns
    UNKNOWN = "unknown"  # no times were given


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """The rows in time.

    Parameters
    ----------
    order : (n,) int
        Rows as given, sorted by start.
    position : (n,) int64
        Place of each sorted row, counted in intervals from the first; steps of more than one are gaps.
    interval : Interval
        How long a row is.
    """

    order: npt.NDArray[np.intp]
    position: npt.NDArray[np.int64]
    interval: Interval


def timing(
    rows: int, *, start: npt.ArrayLike | None = None, end: npt.ArrayLike | None = None, interval: str | None = None
) -> Timing:
    """Return the order and spacing of rows.

    Parameters
    ----------
    rows : int
        Number of rows.
    start, end : (n,) datetime64 or ISO 8601 text, optional
        Half-open [start, end) of each row; without them the rows are taken as consecutive, in the order given.
    interval : str, optional
        ``hourly``, ``daily``, ``weekly`` or ``monthly``; overrides what the times say.

    Raises
    ------
    SeriesError
        When times cannot be read, rows overlap or end before they start, or the interval is unknown.
    """
    stated = _stated(interval)
    if start is None:
        if end is not None:
            raise SeriesError("rows have an end but no start; both, the start alone or neither is accepted")
        return Timing(np.arange(rows), np.arange(rows), stated or Interval.UNKNOWN)
    begins = _instants(start, "start", rows)
    order = np.argsort(begins, kind="stable")
    ends = None if end is None else _instants(end, "end", rows)
    _refuse_overlaps(order, begins, ends)
    lengths = _lengths(begins[order], None if ends is None else ends[order])
    if not len(lengths):
        return Timing(order, np.arange(rows), stated or Interval.UNKNOWN)
    usual = float(np.median(lengths))
    lag = np.maximum(np.rint(np.diff(begins[order]) / usual).astype(np.int64), 1)
    position = np.concatenate([np.zeros(1, np.int64), np.cumsum(lag)])
    return Timing(order, position, stated or _kind(usual / MS_PER_HOUR))


def _stated(interval: str | None) -> Interval | None:
    accepted = [kind.value for kind in Interval if kind is not Interval.UNKNOWN]
    if interval is None:
        return None
    if interval not in accepted:
        raise SeriesError(f"interval {interval!r} unknown; {', '.join(accepted)} are accepted")
    return Interval(interval)


def _instants(times: npt.ArrayLike, name: str, rows: int) -> npt.NDArray[np.int64]:
    given = np.asarray(times)
    if given.shape != (rows,):
        raise SeriesError(f"{name} has shape {given.shape}; one time for each of the {rows} rows is accepted")
    try:
        instants = given.astype("datetime64[ms]")
    except (ValueError, TypeError) as error:
        raise SeriesError(f"{name}: {error}; datetime64 or ISO 8601 text without a zone is accepted") from error
    missing = np.flatnonzero(np.isnat(instants))
    if len(missing):
        raise SeriesError(f"{name} of row {missing[0]} is missing; every row needs one")
    return instants.astype(np.int64)


def _refuse_overlaps(
    order: npt.NDArray[np.intp], begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64] | None
) -> None:
    if ends is not None:
        empty = np.flatnonzero(ends <= begins)
        if len(empty):
            raise SeriesError(f"row {empty[0]} ends before or when it starts; an end after the start is accepted")
    sorted_begins = begins[order]
    early = np.flatnonzero(np.diff(sorted_begins) == 0 if ends is None else sorted_begins[1:] < ends[order][:-1])
    if len(early):
        raise SeriesError(
            f"rows {order[early[0]]} and {order[early[0] + 1]} overlap; every instant may be covered once"
        )


def _lengths(begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64] | None) -> npt.NDArray[np.int64]:
    return np.diff(begins) if ends is None else ends - begins


def _kind(hours: float) -> Interval:
    if hours <= _LONGEST_HOURLY:
        return Interval.HOURLY
    if hours <= _LONGEST_DAILY:
        return Interval.DAILY
    return Interval.WEEKLY if hours <= _LONGEST_WEEKLY else Interval.MONTHLY
