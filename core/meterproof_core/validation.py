"""Does a batch make sense? The checks that both ends of the wire share; a batch that fails one is a dead letter."""

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

from meterproof_core.errors import WireError
from meterproof_core.names import ID_RULE, is_column, is_id
from meterproof_core.storage import END_OF_TIME_MS
from meterproof_core.wire import Batch, Group, Level, RawValue

_LEVELS = frozenset(Level)
_MAX_SEQ = 2**63 - 1  # what every store's integer column holds
_MIN_REGISTER = -(2**63)
_MAX_REGISTER = 2**64 - 1  # no register has more than 64 bits, signed or not


def check_batch(batch: Batch) -> None:
    """Check that a batch makes sense.

    Raises
    ------
    WireError
        Naming the group, the thing, its value and what is accepted.
    """
    if batch.seq < 0:
        raise WireError(f"seq {batch.seq} is negative; use 0 or more")
    if batch.seq > _MAX_SEQ:
        raise WireError(f"seq {batch.seq} is above {_MAX_SEQ}; count from 0")
    if not is_id(batch.stream):
        raise WireError(f"stream {batch.stream!r} is not an id; use {ID_RULE}")
    if not batch.groups:
        raise WireError("batch has no group; send at least one")
    points = [group.point for group in batch.groups]
    if len(set(points)) != len(points):
        raise WireError(f"a point occurs twice among {points}; send one group a point")
    for group in batch.groups:
        try:
            _check_group(group)
        except WireError as error:
            raise WireError(f"group {group.point!r}: {error}") from None


def _check_group(group: Group) -> None:
    _check_names(group)
    rows, columns = len(group.t), len(group.quantities)
    if rows == 0:
        raise WireError("t is empty; send at least one instant")
    if group.t[0] <= 0 or not all(a < b for a, b in pairwise(group.t)):
        raise WireError("t does not strictly rise above 0; sort it and send each instant once")
    if group.t[-1] >= END_OF_TIME_MS:
        raise WireError(
            f"t reaches {group.t[-1]}, 2262 or later, where a 64-bit count of ns ends; send ms since 1970-01-01 UTC"
        )
    if len(group.values) != columns:
        raise WireError(f"{len(group.values)} value columns for {columns} quantities; send one column a quantity")
    absent: set[tuple[int, int]] = set()
    for index, (name, column) in enumerate(zip(group.quantities, group.values, strict=True)):
        if len(column) != rows:
            raise WireError(f"{name} has {len(column)} values for {rows} instants; send one an instant")
        absent.update((row, index) for row in _absent_rows(name, column))
    _check_raw(group, rows)
    _check_quality(group, rows, columns, absent)


def _check_names(group: Group) -> None:
    if not is_id(group.point):
        raise WireError(f"point {group.point!r} is not an id; use {ID_RULE}")
    for name in group.quantities:
        if not is_column(name):
            raise WireError(f"quantity {name!r} is not a name; use a-z, 0-9 and '_', starting with a letter")
    if not group.quantities or len(set(group.quantities)) != len(group.quantities):
        raise WireError(f"quantities {group.quantities} are empty or repeat a name; send each once")


def _absent_rows(name: str, column: Sequence[float | None]) -> list[int]:
    try:
        finite = all(map(isfinite, column))  # type: ignore[arg-type] # a None raises, and is then looked for
        absent = []
    except TypeError:
        finite = all(value is None or isfinite(value) for value in column)
        absent = [row for row, value in enumerate(column) if value is None]
    if not finite:
        raise WireError(f"{name} holds a value that is not finite; send null with an entry in q")
    return absent


def _check_raw(group: Group, rows: int) -> None:
    for name, registers in group.raw.items():
        if name not in group.quantities:
            raise WireError(f"raw {name!r} is not among the quantities {group.quantities}")
        if len(registers) != rows:
            raise WireError(f"raw {name!r} has {len(registers)} registers for {rows} instants; send one an instant")
        _check_registers(name, registers)


def _check_registers(name: str, registers: Sequence[RawValue]) -> None:
    try:
        if min(registers) >= _MIN_REGISTER and max(registers) <= _MAX_REGISTER:  # type: ignore[type-var, operator]
            return
    except TypeError:
        pass  # None or a composite is among them: they are looked at one by one
    for register in registers:
        for part in register if isinstance(register, list) else [register]:
            if isinstance(part, int) and not _MIN_REGISTER <= part <= _MAX_REGISTER:
                raise WireError(f"raw {name!r} holds {part}; use {_MIN_REGISTER} to {_MAX_REGISTER}")


def _check_quality(group: Group, rows: int, columns: int, absent: set[tuple[int, int]]) -> None:
    for row, column, level, reason in group.q:
        if not (0 <= row < rows and 0 <= column < columns):
            raise WireError(f"q entry [{row}, {column}] lies outside {rows} rows and {columns} columns")
        if level not in _LEVELS:
            raise WireError(f"q level {level!r} unknown; use {', '.join(Level)}")
        if not reason:
            raise WireError(f"q entry [{row}, {column}] has no reason; give one")
    if absent:
        silent = absent - {(row, column) for row, column, _, _ in group.q}
        if silent:
            row, column = min(silent)
            raise WireError(f"{group.quantities[column]} at row {row} is null without an entry in q; say why")
