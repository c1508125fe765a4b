"""Encodes a run of neighbouring registers in one pass: the mirror of the agent's block decoder.

A time-lapse asks a simulated meter a hundred thousand times, so what can be known before is worked out once.
"""

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import isfinite
from operator import itemgetter

from meterproof_core.quantities import Kind, quantity
from meterproof_edge.decode import encode_value
from meterproof_edge.registers import Register, RegisterType
from meterproof_edge.simulator.values import Ratio, ValueSource
from meterproof_edge.units import exact_factor

_FORMATS = {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q", "f32": "f", "f64": "d"}

Raw = int | float


class RegisterValue:
    """What one register shows at an instant, as its raw number.

    Parameters
    ----------
    register : Register
        Its scale, unit, type and modulus.
    values : ValueSource
        What is measured.

    Attributes
    ----------
    lost_ms : int or None
        When the device lost power, and with it what it had counted [ms since 1970-01-01 UTC].
    """

    __slots__ = ("_divisor", "_factor", "_is_counter", "_is_float", "_modulus", "_values", "lost_ms", "register")

    def __init__(self, register: Register, values: ValueSource) -> None:
        measured = quantity(register.quantity)
        count = Fraction(str(register.scale)) * exact_factor(register.unit, measured)  # canonical units a count
        self.register = register
        self.lost_ms: int | None = None
        self._values = values
        self._factor = count.denominator
        self._divisor = count.numerator
        self._is_counter = measured.kind is Kind.COUNTER
        self._is_float = register.type.is_float
        self._modulus = register.modulus or 2 ** (16 * register.type.words)

    def raw(self, t_ms: int) -> Raw:
        """Return the raw number: a counter that counts whole steps shows those that are complete."""
        if self._is_counter:
            numerator, denominator = self._counted(t_ms)
            if self._is_float:
                return numerator * self._factor / (denominator * self._divisor)
            return numerator * self._factor // (denominator * self._divisor) % self._modulus
        value = self._values.gauge(self.register.quantity, t_ms) * self._factor / self._divisor
        return value if self._is_float or not isfinite(value) else round(value)

    def _counted(self, t_ms: int) -> Ratio:
        """Return what the register has counted: all, since its device lost power, or in the last finished interval."""
        name, length = self.register.quantity, self.register.interval_ms
        if length:
            end = t_ms - (t_ms - self.register.interval_offset_ms) % length
            return self._between(end - length, end)
        if self.lost_ms is not None and t_ms >= self.lost_ms:
            return self._between(self.lost_ms, t_ms)
        return self._values.counter(name, t_ms)

    def _between(self, start_ms: int, end_ms: int) -> Ratio:
        name = self.register.quantity
        return (
            Fraction(*self._values.counter(name, end_ms)) - Fraction(*self._values.counter(name, start_ms))
        ).as_integer_ratio()


class RunEncoder:
    """Encodes registers that lie in one run of addresses; words that no register describes are 0.

    Parameters
    ----------
    registers : sequence of Register
        By rising address, not overlapping; at least one.
    """

    __slots__ = ("_arrange", "_pack", "_unpack", "start")

    def __init__(self, registers: Sequence[Register]) -> None:
        self.start = registers[0].address
        count = registers[-1].end - self.start
        self._pack = struct.Struct(_layout(registers)).pack
        self._unpack = struct.Struct(f">{count}H").unpack
        self._arrange = _arrangement(registers, self.start, count)

    def words(self, raws: Sequence[Raw]) -> tuple[int, ...]:
        """Return the words of a run, given the raw number of each register."""
        wire = self._pack(*raws)
        return self._unpack(self._arrange(wire) if self._arrange else wire)


def _layout(registers: Sequence[Register]) -> str:
    parts, at = [">"], registers[0].address
    for register in registers:
        parts.append(f"{2 * (register.address - at)}x{_FORMATS[register.type]}")
        at = register.end
    return "".join(parts)


def _arrangement(registers: Sequence[Register], start: int, count: int) -> Callable[[bytes], bytes] | None:
    """Return what brings big-endian bytes into the order of the wire; None when they are in it already."""
    places = list(range(2 * count))
    for register in registers:
        at = 2 * (register.address - start)
        places[at : at + 2 * register.type.words] = [at + place for place in _wire_order(register)]
    if places == list(range(2 * count)):
        return None
    pick = itemgetter(*places)
    return lambda big: bytes(pick(big))


def _wire_order(register: Register) -> bytes:
    """Return which byte of the big-endian number stands at each place on the wire, as the agent's own encoder says."""
    size = 2 * register.type.words
    marked = int.from_bytes(bytes(range(size)), "big")
    words = encode_value(marked, RegisterType(f"u{8 * size}"), register.order)
    return struct.pack(f">{len(words)}H", *words)
