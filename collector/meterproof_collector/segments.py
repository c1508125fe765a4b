"""Cuts the readings of a counter where it became another one, and leaves out what cannot be used. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import structs

from meterproof_core.storage import ReadingColumns
from meterproof_core.wire import CounterSpec, Level
from meterproof_mv.ledger import Counter, LedgerEvent, LedgerResult, LedgerRules, build_intervals

SpecOf = Callable[[str], CounterSpec | None]
"""What is known of the counter under a configuration's digest."""
_UNUSABLE = (Level.BAD, Level.MISSING)


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Samples that one counter gave, by column.

    Parameters
    ----------
    counter : Counter
        What the ledger must know of it.
    t_ms : (n,) int64
        Acquisition instants [ms since 1970-01-01 UTC].
    registers : (n,) int64 or float64
        As read [counts].
    usable : (n,) bool
        False where a sample is bad or missing.
    """

    counter: Counter
    t_ms: npt.NDArray[np.int64]
    registers: npt.NDArray[Any]
    usable: npt.NDArray[np.bool_]


def segments(quantity: str, readings: ReadingColumns, spec_of: SpecOf) -> list[Segment]:
    """Return the readings of one counter, cut where another counter begins.

    Parameters
    ----------
    quantity : str
        The counter.
    readings : ReadingColumns
        Of its metering point.
    spec_of : callable
        What is known of it under each configuration; readings under an unknown one are left out.
    """
    raw = readings.raw.get(quantity)
    if raw is None:
        return []
    t_ms = np.asarray(readings.t_ms, dtype=np.int64)
    registers = np.asarray(raw.registers)
    usable = np.asarray(raw.present, dtype=bool).copy()
    for flag in readings.flags:
        if flag.quantity == quantity and flag.level in _UNUSABLE:
            usable[flag.row] = False
    return [
        Segment(_counter(spec), t_ms[rows], registers[rows], usable[rows])
        for spec, rows in _runs(np.asarray(readings.config, dtype=object), spec_of)
        if spec is not None
    ]


def intervals_of(segment: Segment, rules: LedgerRules) -> LedgerResult:
    """Return the intervals of one counter's samples, by the way that its kind wants.

    Parameters
    ----------
    segment : Segment
        As `segments` cuts them.
    rules : LedgerRules
        Interval length, longest gap that is interpolated, confirmations.
    """
    return build_intervals(segment.t_ms, segment.registers, segment.usable, counter=segment.counter, rules=rules)


def changes(parts: list[Segment]) -> list[LedgerEvent]:
    """Return where another counter begins: no interval crosses that, and somebody should know."""
    return [
        LedgerEvent("configuration_changed", int(after.t_ms[0]), {"before_ms": int(before.t_ms[-1])})
        for before, after in pairwise(parts)
    ]


def _runs(config: npt.NDArray[np.object_], spec_of: SpecOf) -> list[tuple[CounterSpec | None, slice]]:
    edges = [0, *(np.flatnonzero(config[1:] != config[:-1]) + 1).tolist(), len(config)]
    runs: list[tuple[CounterSpec | None, slice]] = []
    for start, end in pairwise(edges):
        spec = spec_of(str(config[start]))
        if runs and _same_counter(runs[-1][0], spec):
            runs[-1] = (_looser(runs[-1][0], spec), slice(runs[-1][1].start, end))
        else:
            runs.append((spec, slice(start, end)))
    return runs


def _same_counter(one: CounterSpec | None, other: CounterSpec | None) -> bool:
    """Return whether two descriptions mean the same register; a limit that somebody changed is no other register."""
    if one is None or other is None:
        return one is other
    return (one.raw_type, one.scale, one.modulus) == (other.raw_type, other.scale, other.modulus)


def _looser(one: CounterSpec | None, other: CounterSpec | None) -> CounterSpec | None:
    """Return a description under which what either allows is allowed."""
    if one is None or other is None:
        return one
    return structs.replace(
        one,
        resolution=max(one.resolution, other.resolution),
        max_rate_per_h=max(one.max_rate_per_h, other.max_rate_per_h),
    )


def _counter(spec: CounterSpec) -> Counter:
    return Counter(
        scale=spec.scale, modulus=spec.modulus, resolution=spec.resolution, max_rate_per_h=spec.max_rate_per_h
    )
