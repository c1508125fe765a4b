"""What the columns of quantities are called, and how sequences become arrays that DuckDB takes without a copy.

A value's column has the quantity's own name. A raw register's column carries its type behind two underscores, because
a 64-bit register does not survive a DOUBLE: ``energy_import_kwh__i`` (BIGINT), ``__u`` (UBIGINT, above 2**63 - 1),
``__f`` (DOUBLE). A quantity that has two underscores in its own name gets ``__v`` behind it, so that no two names meet.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_core.errors import StoreRefusedError
from meterproof_core.names import is_column

Array = npt.NDArray[Any]

VALUE_TYPE = "DOUBLE"
RAW_TYPES: Mapping[str, str] = {"i": "BIGINT", "u": "UBIGINT", "f": "DOUBLE"}
RAW_DTYPES: Mapping[str, type[np.generic]] = {"i": np.int64, "u": np.uint64, "f": np.float64}
_MAX_I64 = 2**63 - 1
_MIN_I64 = -(2**63)
_MAX_U64 = 2**64 - 1


def value_column(quantity: str) -> str:
    """Return the column of a quantity's value.

    Raises
    ------
    StoreRefusedError
        When the name is no name: it would become part of an SQL statement.
    """
    if not is_column(quantity):
        raise StoreRefusedError(f"quantity {quantity!r} is not a name; use a-z, 0-9 and '_', starting with a letter")
    return f"{quantity}__v" if "__" in quantity else quantity


def raw_column(quantity: str, kind: str) -> str:
    """Return the column of a quantity's raw registers of one type, a key of `RAW_TYPES`."""
    value_column(quantity)
    return f"{quantity}__{kind}"


def column_quantity(column: str) -> str:
    """Return the quantity of a column of values or raw registers; the reverse of `value_column` and `raw_column`."""
    head, mark, kind = column.rpartition("__")
    return head if mark and (kind == "v" or kind in RAW_TYPES) else column


def quoted(names: Iterable[str]) -> str:
    """Return names as a list for an SQL statement."""
    return ", ".join(f'"{name}"' for name in names)


def value_array(values: Sequence[float | None]) -> npt.NDArray[np.float64]:
    """Return values as an array, NaN where there is none."""
    return np.array(values, dtype=np.float64)


def raw_arrays(registers: Sequence[object]) -> dict[str, Array]:
    """Return raw registers by type, masked where that type has none; composites and None are left out.

    Raises
    ------
    StoreRefusedError
        When a register has more than 64 bits.
    """
    types = set(map(type, registers))
    if types == {float}:
        return {"f": np.array(registers, dtype=np.float64)}
    if types == {int}:
        try:
            return {"i": np.array(registers, dtype=np.int64)}
        except OverflowError:
            pass  # some need the unsigned column
    kinds = [_kind(register) for register in registers]
    return {
        kind: np.ma.masked_array(
            np.array([register if of == kind else 0 for register, of in zip(registers, kinds, strict=True)], dtype),
            mask=[of != kind for of in kinds],
        )
        for kind, dtype in RAW_DTYPES.items()
        if kind in kinds
    }


def _kind(register: object) -> str | None:
    if isinstance(register, float):
        return "f"
    if not isinstance(register, int):
        return None
    if _MIN_I64 <= register <= _MAX_I64:
        return "i"
    if 0 <= register <= _MAX_U64:
        return "u"
    raise StoreRefusedError(f"raw register {register} has more than 64 bits; use {_MIN_I64} to {_MAX_U64}")


def join_raw(columns: Mapping[str, Array], rows: int) -> tuple[Sequence[int] | Sequence[float] | Array, Array]:
    """Return registers, 0 where absent, and where they are present, from columns by type.

    Parameters
    ----------
    columns : mapping of type to array
        What a query fetched; masked where NULL.
    rows : int
        Length of each.
    """
    present = {kind: ~np.ma.getmaskarray(column) for kind, column in columns.items()}
    held = {kind: column for kind, column in columns.items() if present[kind].any()}
    if len(held) <= 1:
        for kind, column in held.items():
            return np.ma.filled(column, 0), present[kind]
        return np.zeros(rows), np.zeros(rows, dtype=bool)
    joined: list[Any] = [0] * rows
    for kind, column in held.items():
        for row in np.flatnonzero(present[kind]):
            joined[row] = column[row].item()
    return joined, np.logical_or.reduce(list(present.values()))
