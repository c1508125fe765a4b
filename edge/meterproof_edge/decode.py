"""Words from the wire into values, and back: our own, because libraries change theirs and none does every order.

`decode_words` and `encode_value` treat one register. `BlockDecoder` treats the answer to one request: everything that
can be known before is worked out once, so that a poll costs one pass in C over the block's bytes and a check.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import isfinite
from operator import itemgetter, le, mul

from meterproof_core.errors import DataError
from meterproof_core.quantities import Kind, quantity
from meterproof_core.wire import Level
from meterproof_edge.registers import Register, RegisterType
from meterproof_edge.units import exact_factor

_FORMATS = {
    RegisterType.U16: "H",
    RegisterType.I16: "h",
    RegisterType.U32: "I",
    RegisterType.I32: "i",
    RegisterType.U64: "Q",
    RegisterType.I64: "q",
    RegisterType.F32: "f",
    RegisterType.F64: "d",
}
_WORDS_REVERSED = frozenset({"CDAB", "DCBA"})
_BYTES_SWAPPED = frozenset({"BADC", "DCBA"})

Raw = int | float


class Reason(StrEnum):
    """Why a decoded value is not good."""

    SENTINEL = "sentinel"  # the meter's pattern for "not available"
    NOT_FINITE = "not-finite"  # NaN or infinity
    OUTSIDE_LIMITS = "outside-limits"  # a number that the quantity cannot have


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one block gave, in the order of its registers.

    Parameters
    ----------
    values : tuple of k floats or None
        In canonical units; None is not there and has a flag.
    raw : mapping of quantity to int or float
        Raw register of each cumulative counter whose value is there [counts].
    flags : tuple of (column, level, reason)
        Sparse quality; what has none is good.
    """

    values: tuple[float | None, ...]
    raw: Mapping[str, Raw]
    flags: tuple[tuple[int, str, str], ...]


def count_scale(register: Register) -> float:
    """Return the canonical units of one count of a register [unit/count], rounded once."""
    scale = Fraction(str(register.scale))  # the decimal that the map's author wrote, not its nearest binary
    return float(scale * exact_factor(register.unit, quantity(register.quantity)))


def decode_words(words: Sequence[int], register_type: RegisterType, order: str) -> Raw:
    """Return the raw number that words from the wire hold.

    Parameters
    ----------
    words : sequence of int
        16-bit words in the order of the wire.
    register_type : RegisterType
        How they are to be read.
    order : str
        One of `registers.WORD_ORDERS`.

    Raises
    ------
    DataError
        When the number of words is not the type's, or one is no 16-bit word.
    """
    wire = _pack_words(words, register_type.words)
    big = bytes(wire[index] for index in _big_endian(register_type.words, order))
    raw: Raw = struct.unpack(f">{_FORMATS[register_type]}", big)[0]
    return raw


def encode_value(value: Raw, register_type: RegisterType, order: str) -> list[int]:
    """Return the words that a meter would send for a raw number: the inverse of `decode_words`.

    Raises
    ------
    DataError
        When the type cannot hold the number.
    """
    try:
        big = struct.pack(f">{_FORMATS[register_type]}", value)
    except (struct.error, OverflowError):
        accepted = "a number up to 3.4e38" if register_type is RegisterType.F32 else _range(register_type)
        raise DataError(f"{register_type} cannot hold {value!r}; it holds {accepted}") from None
    wire = bytes(big[index] for index in _big_endian(register_type.words, order))
    return list(struct.unpack(f">{register_type.words}H", wire))


class BlockDecoder:
    """Decodes the answers to one request.

    Parameters
    ----------
    registers : sequence of Register
        The registers of the block; results come in their order.
    """

    __slots__ = ("_arrange", "_counters", "_highs", "_lows", "_scales", "_sentinels", "_unpack", "count", "start")

    def __init__(self, registers: Sequence[Register]) -> None:
        self.start = min(register.address for register in registers)
        self.count = max(register.end for register in registers) - self.start
        kinds = [quantity(register.quantity) for register in registers]
        self._arrange = _arrangement(registers, self.start, self.count)
        self._unpack = struct.Struct(">" + "".join(_FORMATS[register.type] for register in registers)).unpack
        self._scales = tuple(count_scale(register) for register in registers)
        self._lows = tuple(kind.low for kind in kinds)
        self._highs = tuple(kind.high for kind in kinds)
        self._counters = tuple((kind.name, at) for at, kind in enumerate(kinds) if kind.kind is Kind.COUNTER)
        self._sentinels = {at: frozenset(reg.sentinels) for at, reg in enumerate(registers) if reg.sentinels}

    def decode(self, words: Sequence[int]) -> Decoded:
        """Return what the words of an answer say.

        Parameters
        ----------
        words : sequence of int, length `count`
            16-bit words in the order of the wire, from `start` on.

        Raises
        ------
        DataError
            When the answer has not as many words as were asked for, or one is no 16-bit word.
        """
        wire = _pack_words(words, self.count)
        raws: tuple[Raw, ...] = self._unpack(self._arrange(wire) if self._arrange else wire)
        values = tuple(map(mul, raws, self._scales))
        good = all(map(le, self._lows, values)) and all(map(le, values, self._highs))  # a NaN is never le
        if good and not any(raws[at] in patterns for at, patterns in self._sentinels.items()):
            return Decoded(values, {name: raws[at] for name, at in self._counters}, ())
        return self._judge(raws, values)

    def _judge(self, raws: tuple[Raw, ...], values: tuple[float, ...]) -> Decoded:
        kept: list[float | None] = list(values)
        flags = []
        for at, value in enumerate(values):
            if raws[at] in self._sentinels.get(at, ()):
                kept[at], reason = None, Reason.SENTINEL
            elif not isfinite(value):
                kept[at], reason = None, Reason.NOT_FINITE
            elif not self._lows[at] <= value <= self._highs[at]:
                reason = Reason.OUTSIDE_LIMITS
            else:
                continue
            flags.append((at, Level.BAD.value, reason.value))
        raw = {name: raws[at] for name, at in self._counters if kept[at] is not None}
        return Decoded(tuple(kept), raw, tuple(flags))


def _big_endian(words: int, order: str) -> list[int]:
    """Return which wire byte stands at each place of the big-endian number, and the way back."""
    sequence = range(words - 1, -1, -1) if order in _WORDS_REVERSED else range(words)
    swap = 1 if order in _BYTES_SWAPPED else 0
    return [2 * word + (byte ^ swap) for word in sequence for byte in (0, 1)]


def _arrangement(registers: Sequence[Register], start: int, count: int) -> Callable[[bytes], bytes] | None:
    """Return what brings a block's wire bytes into the order of the registers; None when they are in it already."""
    places = [
        2 * (register.address - start) + byte
        for register in registers
        for byte in _big_endian(register.type.words, register.order)
    ]
    if places == list(range(2 * count)):
        return None
    pick = itemgetter(*places)
    return lambda wire: bytes(pick(wire))


def _pack_words(words: Sequence[int], expected: int) -> bytes:
    if len(words) != expected:
        raise DataError(f"{len(words)} words came; {expected} are accepted")
    try:
        return struct.pack(f">{expected}H", *words)
    except struct.error:
        raise DataError(f"{list(words)} holds a value that is no word; 0 to 65535 is accepted") from None


def _range(register_type: RegisterType) -> str:
    if register_type.is_float:
        return "numbers"
    bits = 16 * register_type.words
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if register_type.value[0] == "i" else (0, 2**bits - 1)
    return f"whole numbers from {low} to {high}"
