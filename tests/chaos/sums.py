"""Are the sums of intervals and spans the meters' own counts?

The way from samples to boundaries is written down here a second time, with fractions instead of floats. An interval's
amount has to be the difference of the registers at its boundaries; and from the first to the last boundary at which a
counter stood still, the sum has to be what the meter counted, exactly.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

from chaos.answers import Answer
from chaos.held import Held, Interval, Reading
from chaos.plant import CELL_MS, MODULUS, STILL_MS
from chaos.verdict import Case, Tally

_PARTS = {"energy_import_kwh": 1000, "volume_m3": 100, "pulses": 1}
"""Counts a canonical unit."""
_FIELDS = {"energy_import_kwh": "energy", "volume_m3": "volume", "pulses": "number"}
_ROUNDING = Fraction(1, 10**6)
"""A double keeps an amount to far better than a millionth of a count."""


def judge_sums(case: Case, held: Held, tally: Tally) -> None:
    """Compare the ledger's intervals of one point with what its meter counted."""
    key = (case.point.plant, case.point.point)
    rows = sorted(held.readings[key], key=lambda row: row.t_ms)
    for quantity in _PARTS:
        name = "/".join((*key, quantity))
        line = _Line(rows, quantity, case.answers)
        intervals = sorted(held.intervals[*key, quantity], key=lambda one: one.start_ms)
        tally.counts["intervals"] += sum(one.end_ms - one.start_ms == CELL_MS for one in intervals)
        tally.counts["spans"] += sum(one.end_ms - one.start_ms > CELL_MS for one in intervals)
        _judge_cover(name, line, intervals, tally)
        _judge_each(name, line, intervals, tally)
        if quantity != "pulses":
            _judge_total(name, case, line, intervals, tally)


class _Line:
    """The registers of one counter as they are stored: the way from samples to boundaries, written down once more."""

    def __init__(self, rows: Sequence[Reading], quantity: str, answers: dict[int, Answer]) -> None:
        self.quantity = quantity
        self.t_ms = [row.t_ms for row in rows]
        self.count = list(_unrolled(getattr(row, _FIELDS[quantity]) or 0 for row in rows))
        self._answers = [answers.get(row.number or 0) for row in rows]

    def at(self, boundary_ms: int) -> Fraction | None:
        """Return the register at a boundary; None where it is not bracketed within an interval."""
        after = bisect_left(self.t_ms, boundary_ms)
        if after < len(self.t_ms) and self.t_ms[after] == boundary_ms:
            return Fraction(self.count[after])
        if not 0 < after < len(self.t_ms) or self.t_ms[after] - self.t_ms[after - 1] > CELL_MS:
            return None
        share = Fraction(boundary_ms - self.t_ms[after - 1], self.t_ms[after] - self.t_ms[after - 1])
        return self.count[after - 1] + (self.count[after] - self.count[after - 1]) * share

    def stood_still(self, boundary_ms: int) -> bool:
        """Return whether both readings around a boundary were answered while the counter stood still."""
        after = bisect_left(self.t_ms, boundary_ms)
        around = self._answers[max(after - 1, 0) : after + 1]
        return len(around) == 2 and all(one and abs(one.t_ms - boundary_ms) <= STILL_MS for one in around)

    def boundaries(self) -> list[int]:
        """Return the boundaries whose register is known."""
        if not self.t_ms:
            return []
        grid = range(-(-self.t_ms[0] // CELL_MS) * CELL_MS, self.t_ms[-1] + 1, CELL_MS)
        return [boundary for boundary in grid if self.at(boundary) is not None]


def _unrolled(counts: Iterable[int]) -> Iterable[int]:
    turns, before = 0, 0
    for count in counts:
        if count < before:
            turns += MODULUS
        before = count
        yield count + turns


def _judge_cover(name: str, line: _Line, intervals: Sequence[Interval], tally: Tally) -> None:
    """Between all known boundaries there is exactly one interval or span."""
    known = line.boundaries()
    wanted = list(pairwise(known))
    found = [(one.start_ms, one.end_ms) for one in intervals]
    tally.complain(name, "intervals or spans are missing", sorted(set(wanted) - set(found)))
    tally.complain(name, "intervals or spans are too many", sorted(set(found) - set(wanted)))
    tally.complain(name, "intervals stand twice", [one for one, times in Counter(found).items() if times > 1])


def _judge_each(name: str, line: _Line, intervals: Sequence[Interval], tally: Tally) -> None:
    """Each amount is the difference of the registers at its boundaries."""
    off, parts = [], _PARTS[line.quantity]
    for one in intervals:
        start, end = line.at(one.start_ms), line.at(one.end_ms)
        if start is None or end is None or abs(Fraction(one.amount) * parts - (end - start)) > _ROUNDING:
            off.append(one)
    tally.complain(name, "amounts are not the difference of their registers", off)


def _judge_total(name: str, case: Case, line: _Line, intervals: Sequence[Interval], tally: Tally) -> None:
    """Between the first and last boundary at which the counter stood still, the sum is the meter's own count."""
    edges = sorted({edge for one in intervals for edge in (one.start_ms, one.end_ms)})
    still = [edge for edge in edges if line.stood_still(edge)]
    if len(still) < 2:
        if edges:
            tally.wrong.append(f"{name}: no two of {len(edges)} boundaries were met while the counter stood still")
        return
    first, last = still[0], still[-1]
    inside = [one for one in intervals if first <= one.start_ms and one.end_ms <= last]
    summed = sum((Fraction(one.amount) for one in inside), Fraction()) * _PARTS[line.quantity]
    counted = case.meter.counted(line.quantity, first, last)
    tally.counts[f"{line.quantity}: counted by the meters"] += counted
    tally.counts[f"{line.quantity}: sum of intervals and spans"] += round(summed)
    tally.counts["boundaries outside the exact sums"] += sum(not first <= edge <= last for edge in edges)
    if abs(summed - counted) > len(inside) * _ROUNDING:
        tally.wrong.append(f"{name}: intervals sum up to {float(summed)}, the meter counted {counted}")
