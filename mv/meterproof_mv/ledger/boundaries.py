"""Finds the register at each boundary of the grid that good samples bracket closely enough."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_mv.ledger.line import Line
from meterproof_mv.ledger.values import LedgerRules

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Boundaries:
    """The known boundaries, in rising time.

    Parameters
    ----------
    number : (n,) int64
        Place on the grid: the instant is `number` times the interval length.
    sample : (n,) int64
        The good sample at or before it.
    beyond : (n,) float64
        Counts between that sample and the boundary; kept apart from the register, so that a large register
        takes no digits from it.
    """

    number: IntArray
    sample: IntArray
    beyond: npt.NDArray[np.float64]


def known_boundaries(line: Line, rules: LedgerRules) -> Boundaries:
    """Return the boundaries that are bracketed by good samples of one segment at most `max_gap_ms` apart.

    A boundary at which a sample was taken is known whatever lies around it.
    """
    step = rules.interval_ms
    t_ms = line.t_ms
    if not len(t_ms):
        nothing = np.zeros(0, np.int64)
        return Boundaries(nothing, nothing, np.zeros(0))
    cell = t_ms // step
    before = np.flatnonzero(cell[1:] != cell[:-1])
    number, sample = _bracketed(line, cell, before, rules)
    exact = _taken_on_the_grid(t_ms, cell, before, step)
    number, sample = np.concatenate([number, cell[exact]]), np.concatenate([sample, exact])
    order = np.argsort(number, kind="stable")
    number, sample = number[order], sample[order]
    return Boundaries(number, sample, _beyond(line, number * step, sample))


def _bracketed(line: Line, cell: IntArray, before: npt.NDArray[np.intp], rules: LedgerRules) -> tuple[Any, Any]:
    """Return the boundaries strictly between two neighbouring samples."""
    after = before + 1
    close = (line.t_ms[after] - line.t_ms[before] <= rules.max_gap_ms) & (line.segment[after] == line.segment[before])
    before = before[close]
    after = before + 1
    # a boundary at the second sample itself belongs to the samples taken on the grid
    last = cell[after] - (line.t_ms[after] == cell[after] * rules.interval_ms)
    count = last - cell[before]
    sample = np.repeat(before, count)
    first_of = np.repeat(np.cumsum(count) - count, count)
    return cell[sample] + 1 + (np.arange(len(sample)) - first_of), sample


def _taken_on_the_grid(t_ms: IntArray, cell: IntArray, before: npt.NDArray[np.intp], step: int) -> Any:  # noqa: ANN401
    # only the first sample of a cell can lie on the boundary that opens it
    first = np.concatenate([np.zeros(1, np.intp), before + 1])
    return first[t_ms[first] == cell[first] * step]


def _beyond(line: Line, at_ms: IntArray, sample: IntArray) -> npt.NDArray[np.float64]:
    following = np.minimum(sample + 1, len(line.t_ms) - 1)
    elapsed = at_ms - line.t_ms[sample]
    between = np.maximum(line.t_ms[following] - line.t_ms[sample], 1)
    rise = (line.register[following] - line.register[sample]) + (line.turns[following] - line.turns[sample])
    return np.where(elapsed > 0, rise * (elapsed / between), 0.0)
