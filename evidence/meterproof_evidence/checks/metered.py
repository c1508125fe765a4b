"""Whether a counter's intervals agree with themselves: in time, and each amount with the registers around it.

A bundle does not say how much one count is worth; the rows themselves do, because a meter keeps its scale. An amount
that was changed alone stands out among its neighbours. Only where the row of registers breaks, as when a meter was
replaced, may another scale begin.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from meterproof_evidence.number_columns import instants_text
from meterproof_mv.dossier.series import Metered

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
REGISTER_TOLERANCE = 1e-9
"""Of an amount, and besides it eight times the step between two neighbouring doubles of the largest register."""
_STEPS = 8
_TURNS = (10.0**4, 2.0**16)
"""A counter that went round counts a multiple of one of these more than its registers show."""
_ALONE = 96
"""Rows without a link between their registers that may have a scale of their own: a day of quarter hours."""
_NAMED = 20


def metered_problems(name: str, series: Metered) -> Iterator[str]:
    """Yield what does not agree in the intervals of a counter.

    Parameters
    ----------
    name : str
        Of the series.
    series : Metered
        Its intervals.
    """
    in_time = list(_time_problems(name, series))
    yield from in_time
    if not in_time:
        yield from _link_problems(name, series)
        yield from _register_problems(name, series)


def _time_problems(name: str, series: Metered) -> Iterator[str]:
    for row in np.flatnonzero(series.end_ms <= series.start_ms)[:_NAMED].tolist():
        yield f"{_place(name, series, row)}: it ends before or when it starts"
    for row in np.flatnonzero(series.start_ms[1:] < series.end_ms[:-1])[:_NAMED].tolist():
        yield f"{_place(name, series, row + 1)}: it begins before the one above it ends"


def _place(name: str, series: Metered, row: int) -> str:
    return f"{name} line {row + 2} ({instants_text(series.start_ms[row : row + 1])[0]})"


def _both(series: Metered) -> BoolArray:
    return np.asarray(~np.isnan(series.register_start) & ~np.isnan(series.register_end), bool)


def _slack(series: Metered) -> float:
    """Return how far interpolation may move a register or a difference of two [counts]."""
    there = _both(series)
    largest = max(series.register_start[there].max(initial=0.0), series.register_end[there].max(initial=0.0))
    return _STEPS * float(np.spacing(largest))


def _linked(series: Metered) -> BoolArray:
    """Return whether each row but the last goes on where the next begins, in time and in its register."""
    step = np.abs(series.register_start[1:] - series.register_end[:-1])
    return np.asarray((series.start_ms[1:] == series.end_ms[:-1]) & (step <= _slack(series)), bool)


def _link_problems(name: str, series: Metered) -> Iterator[str]:
    for row in np.flatnonzero(np.isnan(series.register_start) != np.isnan(series.register_end))[:_NAMED].tolist():
        yield f"{_place(name, series, row)}: it has one register; both or none are accepted"
    for row in np.flatnonzero(_torn(series))[:_NAMED].tolist():
        ends, begins = float(series.register_end[row]), float(series.register_start[row + 1])
        yield f"{_place(name, series, row + 1)}: its register begins at {begins!r}, the row above ended at {ends!r}"


def _torn(series: Metered) -> BoolArray:
    """Return after which rows a register that fell does not go on: neither a new meter nor a turn of the counter."""
    both, falls = _both(series), series.register_end < series.register_start
    touching = both[1:] & both[:-1] & (series.start_ms[1:] == series.end_ms[:-1])
    return np.asarray(touching & ~_linked(series) & (falls[1:] | falls[:-1]), bool)


def _register_problems(name: str, series: Metered) -> Iterator[str]:
    counts = series.register_end - series.register_start
    compared = np.flatnonzero(_both(series) & (counts >= 0))
    if not (counts[compared] > 0).any():
        for row in compared[series.amount[compared] != 0][:_NAMED].tolist():
            yield f"{_place(name, series, row)}: amount {float(series.amount[row])!r}, and its registers stood still"
        return
    scale = _scale(series, compared)
    off = compared[~_agrees(series, compared, scale)]
    for first, last in _stretches(series, compared, off):
        rows = compared[first:last]
        if not _own_scale(series, rows):
            yield from _disagreements(name, series, rows[np.isin(rows, off)], scale)


def _scale(series: Metered, rows: npt.NDArray[np.intp]) -> float:
    """Return what one count is worth in most of the rows [unit]."""
    counts = (series.register_end - series.register_start)[rows]
    large = counts > 0
    large &= counts >= np.median(counts[large]) if large.any() else large
    return float(np.median(series.amount[rows][large] / counts[large])) if large.any() else 0.0


def _agrees(series: Metered, rows: npt.NDArray[np.intp], scale: float) -> BoolArray:
    counts = (series.register_end - series.register_start)[rows]
    amount, slack = series.amount[rows], _slack(series)
    if scale <= 0:
        return np.asarray(counts == 0, bool)
    usual = max(float(np.median(counts[counts > 0])) if (counts > 0).any() else 0.0, slack)
    more = amount / scale - counts
    allowed = REGISTER_TOLERANCE * counts + slack * (1 + counts / usual)
    agrees = np.abs(more) <= allowed
    for turn in _TURNS:  # only in a stretch of which nobody saw the middle
        turns = np.rint(more / turn)
        agrees |= series.is_span[rows] & (turns > 0) & (np.abs(more - turns * turn) <= allowed)
    return np.asarray(agrees, bool)


def _stretches(series: Metered, compared: npt.NDArray[np.intp], off: npt.NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of compared rows around those that are off: as far as the registers are linked."""
    linked = np.append(False, _linked(series))[compared]
    linked[1:] &= np.diff(compared) == 1
    is_off = np.isin(compared, off)
    # rows of an interval meter are not linked; those that are off in a row belong together
    begins = ~linked & ~(is_off & np.append(False, is_off[:-1]))
    edges = np.append(np.flatnonzero(begins), len(compared))
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if is_off[first:last].any():
            yield first, last


def _own_scale(series: Metered, rows: npt.NDArray[np.intp]) -> bool:
    """Return whether a stretch is that of another meter: it keeps a scale of its own from end to end."""
    linked = bool(_linked(series)[rows[:-1]].all())
    enough = len(rows) >= _ALONE or (linked and len(rows) > 1)
    return enough and bool(_agrees(series, rows, _scale(series, rows)).all())


def _disagreements(name: str, series: Metered, rows: npt.NDArray[np.intp], scale: float) -> Iterator[str]:
    for row in rows[:_NAMED].tolist():
        counts = float(series.register_end[row] - series.register_start[row])
        yield (
            f"{_place(name, series, row)}: amount {float(series.amount[row])!r} {series.unit}, but its registers "
            f"differ by {counts!r}, each worth {scale:.9g} {series.unit}"
        )
