"""Puts raw samples into strictly rising time, and says what could not be used."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import SeriesError
from meterproof_mv.ledger.values import LedgerEvent

BEYOND_REGISTER = 1 << 63
"""The first register that signed 64-bit arithmetic cannot hold [counts]."""

Registers = npt.NDArray[np.int64] | npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Usable samples in strictly rising time, registers in whole or in floating counts."""

    t_ms: npt.NDArray[np.int64]
    register: Registers
    events: tuple[LedgerEvent, ...]


def usable_samples(t_ms: npt.ArrayLike, register: npt.ArrayLike, usable: npt.ArrayLike) -> Samples:
    """Return the samples that can be used, sorted by time.

    Parameters
    ----------
    t_ms : (n,) int
        Acquisition instants [ms since 1970-01-01 UTC].
    register : (n,) int or float
        Registers [counts].
    usable : (n,) bool
        False where the caller knows the sample to be bad or missing.

    Raises
    ------
    SeriesError
        When lengths differ, times are not whole numbers, or registers are no numbers.
    """
    times, registers, keep = _columns(t_ms, register, usable)
    if not keep.all():
        times, registers = times[keep], registers[keep]
    events: list[LedgerEvent] = []
    times, registers = _only_finite(times, registers, events)
    times, registers = _in_range(times, registers, events)
    registers = registers.astype(np.float64 if registers.dtype.kind == "f" else np.int64, copy=False)
    steps = np.diff(times)
    if not (steps > 0).all():
        order = np.argsort(times, kind="stable")
        times, registers = _one_a_time(times[order], registers[order], events)
    return Samples(times, registers, tuple(events))


def _columns(t_ms: npt.ArrayLike, register: npt.ArrayLike, usable: npt.ArrayLike) -> tuple[Any, Any, Any]:
    times, registers, keep = np.asarray(t_ms), np.asarray(register), np.asarray(usable)
    if not (times.ndim == registers.ndim == keep.ndim == 1 and len(times) == len(registers) == len(keep)):
        raise SeriesError(
            f"ledger samples: t_ms {times.shape}, register {registers.shape} and usable {keep.shape} must be "
            "one-dimensional and of equal length"
        )
    if not len(times):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool)
    if times.dtype.kind not in "iu":
        raise SeriesError(f"ledger samples: t_ms has type {times.dtype}; whole milliseconds (int64) are accepted")
    if registers.dtype.kind not in "iuf":
        raise SeriesError(f"ledger samples: register has type {registers.dtype}; int64 or float64 is accepted")
    return times.astype(np.int64, copy=False), registers, keep.astype(bool, copy=False)


def _only_finite(times: Any, registers: Any, events: list[LedgerEvent]) -> tuple[Any, Any]:  # noqa: ANN401 - arrays
    if registers.dtype.kind != "f":
        return times, registers
    finite = np.isfinite(registers)
    if finite.all():
        return times, registers
    events.extend(LedgerEvent("not_finite", int(t), {}) for t in times[~finite])
    return times[finite], registers[finite]


def _in_range(times: Any, registers: Any, events: list[LedgerEvent]) -> tuple[Any, Any]:  # noqa: ANN401 - arrays
    """Put aside what differences in 64 bits cannot hold; all ones is what many meters show for "no value"."""
    if registers.dtype.kind == "i" or not len(registers):
        return times, registers
    inside = registers < BEYOND_REGISTER
    if registers.dtype.kind == "f":
        inside &= registers >= -BEYOND_REGISTER
    if inside.all():
        return times, registers
    for t, register in zip(times[~inside].tolist(), registers[~inside].tolist(), strict=True):
        events.append(LedgerEvent("out_of_range", t, {"register": register}))
    return times[inside], registers[inside]


def _one_a_time(times: Any, registers: Any, events: list[LedgerEvent]) -> tuple[Any, Any]:  # noqa: ANN401 - arrays
    """Keep one of equal doubles, and none of doubles that contradict each other: which is true cannot be known."""
    _, first, counts = np.unique(times, return_index=True, return_counts=True)
    keep = np.ones(len(first), dtype=bool)
    for place in np.flatnonzero(counts > 1):
        same = registers[first[place] : first[place] + counts[place]]
        if (same != same[0]).any():
            keep[place] = False
            data = {"lowest": same.min().item(), "highest": same.max().item(), "samples": int(counts[place])}
            events.append(LedgerEvent("conflicting_time", int(times[first[place]]), data))
    return times[first[keep]], registers[first[keep]]
