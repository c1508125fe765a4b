"""Cuts the readings of a counter where it became another one, and brings each part to the ledger by its kind. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import structs

from meterproof_collector.ledger.registers import as_stored, exact_registers
from meterproof_core.storage import ReadingColumns
from meterproof_core.wire import CounterKind, CounterSpec, Level
from meterproof_mv.ledger import (
    Counter,
    IntervalMeter,
    LedgerEvent,
    LedgerResult,
    LedgerRules,
    build_intervals,
    finished_intervals,
)

SpecOf = Callable[[str], CounterSpec | None]
"""What is known of the counter under a configuration's digest."""
_UNUSABLE = (Level.BAD, Level.MISSING)
_SIGNIFICAND_BITS = {"f32": 24, "f64": 53}  # IEEE 754-2019, table 3.5: p of binary32 and binary64


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Samples that one counter gave, by column.

    Parameters
    ----------
    counter : Counter or IntervalMeter
        What the ledger must know of it.
    t_ms : (n,) int64
        Acquisition instants [ms since 1970-01-01 UTC].
    registers : (n,) int64, uint64 or float64
        As read, by the type that the counter has [counts].
    usable : (n,) bool
        False where a sample is bad or missing, or its register is none of the counter's type.
    after_other : bool
        Whether another counter was read before it.
    """

    counter: Counter | IntervalMeter
    t_ms: npt.NDArray[np.int64]
    registers: npt.NDArray[Any]
    usable: npt.NDArray[np.bool_]
    after_other: bool = False


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
    usable = np.asarray(raw.present, dtype=bool).copy()
    for flag in readings.flags:
        if flag.quantity == quantity and flag.level in _UNUSABLE:
            usable[flag.row] = False
    registers = as_stored(raw.registers)
    return [
        _segment(spec, _Rows(t_ms[rows], registers[rows], usable[rows]), after_other=rows.start > 0)
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
    if isinstance(segment.counter, Counter):
        return build_intervals(segment.t_ms, segment.registers, segment.usable, counter=segment.counter, rules=rules)
    t_ms, registers, usable = segment.t_ms, segment.registers, segment.usable
    if segment.after_other:
        usable = usable & _begun_since(segment.counter, t_ms)
    return finished_intervals(t_ms, registers, usable, meter=segment.counter, rules=rules)


def changes(parts: list[Segment]) -> list[LedgerEvent]:
    """Return where another counter begins: no interval crosses that, and somebody should know."""
    return [
        LedgerEvent("configuration_changed", int(after.t_ms[0]), {"before_ms": int(before.t_ms[-1])})
        for before, after in pairwise(parts)
    ]


def _begun_since(meter: IntervalMeter, t_ms: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which samples show an interval that began since the first of them: an earlier one is another meter's."""
    since = (t_ms - meter.offset_ms) % meter.interval_ms
    begun: npt.NDArray[np.bool_] = t_ms - since - meter.interval_ms >= t_ms[0]
    return begun


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    t_ms: npt.NDArray[np.int64]
    registers: npt.NDArray[Any]
    usable: npt.NDArray[np.bool_]


def _segment(spec: CounterSpec, rows: _Rows, *, after_other: bool) -> Segment:
    exact = exact_registers(rows.registers, spec.raw_type)
    return Segment(_counter(spec), rows.t_ms, exact.values, rows.usable & exact.held, after_other)


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
    return _identity(one) == _identity(other)


def _identity(spec: CounterSpec) -> tuple[object, ...]:
    return (
        spec.raw_type,
        spec.scale,
        spec.modulus,
        spec.kind,
        spec.interval_ms,
        spec.interval_offset_ms,
        spec.serial,
    )


def _looser(one: CounterSpec | None, other: CounterSpec | None) -> CounterSpec | None:
    """Return a description under which what either allows is allowed."""
    if one is None or other is None:
        return one
    return structs.replace(
        one,
        resolution=max(one.resolution, other.resolution),
        max_rate_per_h=max(one.max_rate_per_h, other.max_rate_per_h),
    )


def _counter(spec: CounterSpec) -> Counter | IntervalMeter:
    if spec.kind is CounterKind.INTERVAL:
        return IntervalMeter(
            scale=spec.scale,
            interval_ms=spec.interval_ms,
            resolution=spec.resolution,
            max_rate_per_h=spec.max_rate_per_h,
            offset_ms=spec.interval_offset_ms,
        )
    return Counter(
        scale=spec.scale,
        modulus=spec.modulus,
        resolution=spec.resolution,
        max_rate_per_h=spec.max_rate_per_h,
        significand_bits=_SIGNIFICAND_BITS.get(spec.raw_type),
        never_steps_back=spec.kind is CounterKind.PULSE,
    )
