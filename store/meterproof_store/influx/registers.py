"""Raw registers as fields, each type under its own name, and back; exact for every 64-bit register. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import msgspec
import numpy as np
import numpy.typing as npt

from meterproof_core.errors import StoreRefusedError
from meterproof_core.storage import RawColumn
from meterproof_core.wire import RawValue
from meterproof_store.influx.influxql import field_text
from meterproof_store.influx.schema import RAW_COMPOSITE, RAW_IS, RAW_KINDS, raw_field
from meterproof_store.influx.standing import Standing

_MIN_I64, _MAX_I64, _MAX_U64 = -(2**63), 2**63 - 1, 2**64 - 1
_FORMATS = {"i": "%si", "f": "%r", "u": '"%s"'}
_ENCODER = msgspec.json.Encoder()
_DIGITS = b"0123456789-,"
_DIGITS_THAT_FIT = 18


@dataclass(frozen=True, slots=True)
class RawTexts:
    """A counter's registers as a part of lines.

    Parameters
    ----------
    template : str or None
        What formats one register, where all are of one type and contradict nothing.
    column : sequence
        The registers, or their digits.
    mixed : list of str or None
        Otherwise the finished field of each row, "" where there is none.
    """

    template: str | None
    column: Sequence[object]
    mixed: Sequence[str] | None = None

    @property
    def texts(self) -> Sequence[str]:
        """The finished field of each row."""
        if self.mixed is not None:
            return self.mixed
        template = self.template or ""
        return [template % register for register in self.column]


def raw_texts(quantity: str, registers: Sequence[RawValue], t_ms: Sequence[int], standing: Standing) -> RawTexts:
    """Return a counter's registers as a part of lines.

    Parameters
    ----------
    quantity : str
        The counter.
    registers : sequence of length n
        None where there is none.
    t_ms : sequence of int, length n
        Their instants [ms since 1970-01-01 UTC].
    standing : Standing
        Where a register of another type may stand, the field that says which type counts is written too.

    Raises
    ------
    StoreRefusedError
        When a register has more than 64 bits or is not finite.
    """
    kind, column = _one_kind(registers)
    if kind is not None:
        field = raw_field(quantity, kind)
        standing.meets(field)
        if _others_until(quantity, kind, standing) < t_ms[0]:
            standing.wrote(field, t_ms[-1])
            return RawTexts(f",{field}={_FORMATS[kind]}", column)
    texts = [_text(quantity, register, at, standing) for register, at in zip(registers, t_ms, strict=True)]
    return RawTexts(None, registers, texts)


def _one_kind(registers: Sequence[RawValue]) -> tuple[str | None, Sequence[object]]:
    """Return the type that all registers have, and what formats them fastest; None where they differ."""
    try:
        text = _ENCODER.encode(registers)[1:-1]
    except (TypeError, OverflowError):
        return None, registers  # numbers of another library, or beyond 64 bits
    if not text.translate(None, _DIGITS):
        digits = text.decode().split(",")
        if max(map(len, digits)) <= _DIGITS_THAT_FIT or all(_MIN_I64 <= int(each) <= _MAX_I64 for each in digits):
            return "i", digits
    elif set(map(type, registers)) == {float} and all(map(isfinite, registers)):  # type: ignore[arg-type] # floats
        return "f", registers
    return None, registers


def _others_until(quantity: str, kind: str, standing: Standing) -> int:
    return max(standing.until(raw_field(quantity, other)) for other in RAW_KINDS if other != kind)


def _text(quantity: str, register: RawValue, at_ms: int, standing: Standing) -> str:
    if register is None:
        return ""
    if isinstance(register, list):
        return f",{quantity}{RAW_COMPOSITE}={field_text(json.dumps(register, separators=(',', ':')))}"
    kind = _kind(quantity, register)
    field = raw_field(quantity, kind)
    standing.meets(field)
    counts = f',{quantity}{RAW_IS}="{kind}"' if _others_until(quantity, kind, standing) >= at_ms else ""
    standing.wrote(field, at_ms)
    return f",{field}={_FORMATS[kind] % register}{counts}"


def _kind(quantity: str, register: int | float) -> str:
    if isinstance(register, float) and isfinite(register):
        return "f"
    if isinstance(register, int) and _MIN_I64 <= register <= _MAX_U64:
        return "i" if register <= _MAX_I64 else "u"
    raise StoreRefusedError(f"{quantity}: raw register {register} is no finite number of 64 bits")


def raw_column(quantity: str, fields: Mapping[str, Sequence[object]]) -> RawColumn | None:
    """Return a counter's registers from what was read; None when there is none.

    Parameters
    ----------
    quantity : str
        The counter.
    fields : mapping of field to sequence, length n
        What was read of it; None where there is nothing.
    """
    held = {kind: fields[raw_field(quantity, kind)] for kind in RAW_KINDS if raw_field(quantity, kind) in fields}
    held = {kind: column for kind, column in held.items() if any(register is not None for register in column)}
    if not held:
        return None
    if len(held) == 1:
        return _alone(*held.popitem())
    counts = fields.get(f"{quantity}{RAW_IS}")
    rows = len(next(iter(held.values())))
    registers = [_counting(held, row, counts[row] if counts else None) for row in range(rows)]
    return RawColumn([register or 0 for register in registers], [register is not None for register in registers])


def _alone(kind: str, column: Sequence[object]) -> RawColumn:
    present: npt.NDArray[np.bool_] = np.array([register is not None for register in column], dtype=bool)
    if kind == "u":
        return RawColumn([0 if register is None else int(str(register)) for register in column], present)
    filled = [0 if register is None else register for register in column]
    return RawColumn(np.array(filled, dtype=np.int64 if kind == "i" else np.float64), present)


def _counting(held: Mapping[str, Sequence[object]], row: int, counts: object) -> int | float | None:
    """Return the register of a row that counts among those of several types."""
    found = {kind: column[row] for kind, column in held.items() if column[row] is not None}
    if not found:
        return None
    kind = str(counts) if counts in found else next(iter(found))
    register = found[kind]
    return int(str(register)) if kind == "u" else register  # type: ignore[return-value] # decoded as such
