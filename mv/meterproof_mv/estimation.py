"""Estimates of what was not measured: only on request, marked row by row, and never stored or claimed.

A span has a total and no distribution, a hole has neither. Somebody who wants to see a load curve through one may ask
for an estimate; what comes back says of every row that it is one, and by which method. It is a type of its own, which
nothing that stores, sums or claims takes.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import fsum

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import EstimateError
from meterproof_mv.interval_rows import IntervalRows, interval_rows
from meterproof_mv.local_clock import utc_offsets_ms
from meterproof_mv.periods import QUARTER_HOUR_MS, check_period

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_WEEK_MS = 604_800_000  # exact
WEEKS = 4
"""So many weeks before and behind are looked at: our own definition; further off a season may have changed."""


class Method(StrEnum):
    """How an estimate is made."""

    LINEAR = "linear"  # the total in equal shares of time
    PROFILE = "profile"  # as the same weekday and local time in neighbouring weeks


@dataclass(frozen=True, slots=True, eq=False)
class EstimatedRows:
    """Estimated quarter hours, or parts of one at the ends.

    Parameters
    ----------
    start_ms, end_ms : (n,) int64
        Half-open [start, end) [ms since 1970-01-01 UTC].
    amount : (n,) float64
        Estimates; those of a span add up to its total exactly, in any order [unit].
    estimated : (n,) bool
        True throughout: it stays with each row when rows are put beside measured ones.
    method : tuple of Method, length n
        How each was made.
    neighbours : (n,) int64
        On how many measured quarter hours each rests.
    total : float
        The span's measured total; NaN where an unknown was filled [unit].
    """

    start_ms: IntArray
    end_ms: IntArray
    amount: FloatArray
    estimated: npt.NDArray[np.bool_]
    method: tuple[Method, ...]
    neighbours: IntArray
    total: float

    def __len__(self) -> int:
        return len(self.start_ms)


def estimated(
    start_ms: npt.ArrayLike,
    end_ms: npt.ArrayLike,
    amount: npt.ArrayLike,
    is_span: npt.ArrayLike,
    *,
    gap_ms: tuple[int, int],
    method: Method | str,
    zone: str,
) -> EstimatedRows:
    """Return an estimate of the quarter hours within a span, or of a stretch of which nothing is known.

    Parameters
    ----------
    start_ms, end_ms, amount, is_span : (n,) arrays
        Rows as `aggregate.daily_totals` takes them: the span itself, and for a profile the weeks around it.
    gap_ms : (int, int)
        The span, or the unknown stretch: half-open [ms since 1970-01-01 UTC].
    method : Method or str
        ``linear`` needs a total; ``profile`` needs a measured quarter hour of the same weekday and local time for
        each that it estimates, within four weeks before or behind.
    zone : str
        IANA name of the plant's time zone.

    Raises
    ------
    EstimateError
        When the method is unknown, or has nothing to stand on: the stretch is known already or in part, it has no
        total, or the weeks around it say nothing.
    SeriesError
        When rows make no sense, the stretch is empty, or the zone is unknown.

    Examples
    --------
    >>> rows = ([0], [2_700_000], [9.0], [True])
    >>> made = estimated(*rows, gap_ms=(0, 2_700_000), method=Method.LINEAR, zone="UTC")
    >>> made.amount.tolist(), made.method[0].value, made.estimated.all().item()
    ([3.0, 3.0, 3.0], 'linear', True)
    """
    check_period(*gap_ms)
    if method not in list(Method):
        raise EstimateError(_says(gap_ms, f"method {method!r} unknown; {', '.join(Method)} are accepted"))
    rows = interval_rows(start_ms, end_ms, amount, is_span)
    total = _total(rows, gap_ms)
    edges = _edges(*gap_ms)
    lengths = np.diff(edges) / QUARTER_HOUR_MS
    if method == Method.LINEAR:
        shape, neighbours = lengths, np.zeros(len(lengths), np.int64)
        if np.isnan(total):
            raise EstimateError(_says(gap_ms, "no total is known; a span, or method profile, is accepted"))
    else:
        mean, neighbours = _neighbouring(rows, edges[:-1], zone)
        shape = mean * lengths
        _check_profile(shape, neighbours, total=total, edges=edges)
    return EstimatedRows(
        start_ms=edges[:-1],
        end_ms=edges[1:],
        amount=shape if np.isnan(total) else _shared(total, shape),
        estimated=np.ones(len(shape), dtype=bool),
        method=(Method(method),) * len(shape),
        neighbours=neighbours,
        total=total,
    )


def _total(rows: IntervalRows, gap_ms: tuple[int, int]) -> float:
    """Return the total of the span that is exactly the stretch, NaN where nothing is known of it."""
    touching = np.flatnonzero((rows.end_ms > gap_ms[0]) & (rows.start_ms < gap_ms[1]))
    if not len(touching):
        return float("nan")
    one = int(touching[0])
    if len(touching) == 1 and (rows.start_ms[one], rows.end_ms[one]) == gap_ms and rows.is_span[one]:
        return float(rows.amount[one])
    raise EstimateError(
        _says(
            gap_ms,
            f"{len(touching)} row(s) tell of it already; exactly one span, or a stretch without any, is accepted",
        )
    )


def _edges(first_ms: int, last_ms: int) -> IntArray:
    inner = np.arange(first_ms // QUARTER_HOUR_MS + 1, -(-last_ms // QUARTER_HOUR_MS), dtype=np.int64)
    return np.concatenate([[first_ms], inner * QUARTER_HOUR_MS, [last_ms]])


def _neighbouring(rows: IntervalRows, start_ms: IntArray, zone: str) -> tuple[FloatArray, IntArray]:
    """Return the mean of the same quarter hours in the weeks around, and how many there are."""
    measured = ~rows.is_span & (rows.end_ms - rows.start_ms == QUARTER_HOUR_MS)
    known, amount = rows.start_ms[measured], rows.amount[measured]
    wall = start_ms // QUARTER_HOUR_MS * QUARTER_HOUR_MS + utc_offsets_ms(start_ms, zone)
    count, total = np.zeros(len(start_ms), np.int64), np.zeros(len(start_ms))
    for week in [*range(-WEEKS, 0), *range(1, WEEKS + 1)]:
        shown = wall + week * _WEEK_MS
        at = shown - utc_offsets_ms(start_ms + week * _WEEK_MS, zone)
        place = np.searchsorted(known, at)
        found = np.append(known, -1)[place] == at
        found &= at + utc_offsets_ms(at, zone) == shown  # beside a change of the clocks it is another time
        count += found
        total += np.where(found, np.append(amount, 0.0)[place], 0.0)
    return total / np.maximum(count, 1), count


def _check_profile(shape: FloatArray, neighbours: IntArray, *, total: float, edges: IntArray) -> None:
    gap_ms = int(edges[0]), int(edges[-1])
    alone = np.flatnonzero(neighbours == 0)
    if len(alone):
        raise EstimateError(
            _says(
                gap_ms,
                f"nothing was measured at the time of [{edges[alone[0]]}, {edges[alone[0] + 1]}) in {WEEKS} weeks "
                "before and behind; method linear, where a total is known, is accepted",
            )
        )
    if total > 0 and fsum(shape) <= 0:
        raise EstimateError(
            _says(gap_ms, f"a total of {total} and nothing in the weeks around it; method linear is accepted")
        )


def _shared(total: float, shape: FloatArray) -> FloatArray:
    """Return a total in shares of a shape, each a multiple of its last place: they add up exactly in any order."""
    weight = fsum(shape)
    if weight == 0:
        return shape
    place = float(np.spacing(abs(total)))
    amount = np.rint(shape * (total / weight) / place) * place
    largest = int(np.argmax(amount))
    while missing := total - fsum(amount):
        amount[largest] += missing
    return amount


def _says(gap_ms: tuple[int, int], what: str) -> str:
    return f"estimate of [{gap_ms[0]}, {gap_ms[1]}): {what}"
