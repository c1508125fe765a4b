"""Brings raw registers from a store into one array without losing a digit, by the type that the register has.

A store gives what it holds: whole numbers up to 64 bits, floats, and both where a register's type has changed. numpy
would turn such a mixture into floats, and a count above 2^53 would no longer be itself. The type decides, not the
values: a part of a series must give what the whole gives.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_core.storage import Column

_BEYOND_SIGNED = 1 << 63


@dataclass(frozen=True, slots=True, eq=False)
class ExactRegisters:
    """Registers as int64, uint64 or float64 [counts], and which of them their type can hold; the others are 0."""

    values: npt.NDArray[Any]
    held: npt.NDArray[np.bool_]


def as_stored(column: Column[int] | Column[float]) -> npt.NDArray[Any]:
    """Return a store's column as an array: of numbers where one type holds them all exactly, else of objects.

    Examples
    --------
    >>> as_stored([7, 0.5]).dtype, as_stored([7, 8]).dtype
    (dtype('O'), dtype('int64'))
    """
    array = np.asarray(column)
    if isinstance(column, np.ndarray) or array.dtype.kind in "iu":
        return array
    listed: list[int | float] = [column[row] for row in range(len(column))]
    if all(isinstance(register, float) for register in listed):
        return array
    objects = np.empty(len(listed), dtype=object)
    objects[:] = listed
    return objects


def exact_registers(stored: npt.NDArray[Any], raw_type: str) -> ExactRegisters:
    """Return registers exactly, by the type that they have.

    Parameters
    ----------
    stored : (n,) array
        As from `as_stored` [counts].
    raw_type : str
        Register type, such as ``u32`` or ``f64``.

    Examples
    --------
    >>> exact = exact_registers(as_stored([7, 0.5, 2**53 + 1]), "i64")
    >>> exact.values.tolist(), exact.held.tolist()
    ([7, 0, 9007199254740993], [True, False, True])
    """
    all_held = np.ones(len(stored), dtype=bool)
    if raw_type.startswith("f"):
        return ExactRegisters(stored.astype(np.float64, copy=False), all_held)
    if stored.dtype.kind in "iu":
        return ExactRegisters(stored, all_held)
    whole = [_whole(register, signed=not raw_type.startswith("u")) for register in stored.tolist()]
    counts = [register or 0 for register in whole]
    beyond = max(counts, default=0) >= _BEYOND_SIGNED
    held = np.array([register is not None for register in whole], dtype=bool)
    return ExactRegisters(np.array(counts, dtype=np.uint64 if beyond else np.int64), held)


def _whole(register: float, *, signed: bool) -> int | None:
    """Return a register as the whole number that it is, None where its type cannot hold it."""
    if not float(register).is_integer():  # a NaN is none, nor is an infinity
        return None
    count = int(register)
    low, beyond = (-_BEYOND_SIGNED, _BEYOND_SIGNED) if signed else (0, 2 * _BEYOND_SIGNED)
    return count if low <= count < beyond else None
