"""Puts the finished intervals of a meter on the ledger's grid: added up where they fill it, else as they stand."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_mv.ledger.counters import IntervalMeter
from meterproof_mv.ledger.values import LedgerIntervals, LedgerRules

IntArray = npt.NDArray[np.int64]


def on_the_grid(
    end_ms: IntArray, counts: npt.NDArray[Any], meter: IntervalMeter, rules: LedgerRules
) -> LedgerIntervals:
    """Return a meter's intervals as the ledger gives them out.

    Those that fill an interval of the grid are added up to it. Those that leave a part of it unknown stand as a span
    as far as they hang together, and one that crosses the grid's boundaries stands as a span by itself.

    Parameters
    ----------
    end_ms : (n,) int64
        Ends of the meter's intervals, rising, at least one length apart [ms since 1970-01-01 UTC].
    counts : (n,) int64 or float64
        Their amounts [counts].
    meter : IntervalMeter
        Length and scale.
    rules : LedgerRules
        The grid.
    """
    start_ms = end_ms - meter.interval_ms
    cell = start_ms // rules.interval_ms
    fits = cell == (end_ms - 1) // rules.interval_ms
    follows = np.zeros(len(end_ms), dtype=bool)
    follows[1:] = fits[1:] & fits[:-1] & (cell[1:] == cell[:-1]) & (start_ms[1:] == end_ms[:-1])
    first = np.flatnonzero(~follows)
    last = np.append(first, len(end_ms))[1:] - 1
    return _rows(_Runs(start_ms[first], end_ms[last], _added(counts, first)), meter, rules)


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    start_ms: IntArray
    end_ms: IntArray
    counts: npt.NDArray[Any]


def _added(counts: npt.NDArray[Any], first: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    return np.add.reduceat(counts, first) if len(first) else counts


def _rows(runs: _Runs, meter: IntervalMeter, rules: LedgerRules) -> LedgerIntervals:
    on_grid = (runs.start_ms % rules.interval_ms == 0) & (runs.end_ms - runs.start_ms == rules.interval_ms)
    return LedgerIntervals(
        start_ms=runs.start_ms,
        end_ms=runs.end_ms,
        amount=runs.counts * meter.scale,
        register_start=np.zeros(len(runs.start_ms)),
        register_end=runs.counts.astype(np.float64),
        is_span=~on_grid,
    )
