"""Does a register map make sense? Every rule says which register breaks it, with which value, and what is accepted."""

from collections.abc import Iterator
from itertools import combinations
from math import isfinite

from meterproof_core.errors import SettingsError
from meterproof_core.names import ID_RULE, is_id
from meterproof_core.quantities import Kind, quantity
from meterproof_core.wire import CounterKind
from meterproof_edge.plan import MAX_WORDS, WIDEST_REGISTER
from meterproof_edge.registers import WORD_ORDERS, Register, RegisterMap, Trust
from meterproof_edge.units import exact_factor

_PULSES = "pulses"
_LONGEST_INTERVAL_S = 86_400.0  # a day; nothing that is read every few minutes shows a longer one
_LAST_ADDRESS = 0xFFFF  # Modbus application protocol V1.1b3, 4.4: a PDU addresses 0 to 65535


def check_map(meter_map: RegisterMap) -> None:
    """Check that a register map makes sense.

    Raises
    ------
    SettingsError
        Naming the register, the value and what is accepted; the caller names the file.
    """
    for complaint in _map_complaints(meter_map):
        raise SettingsError(complaint)
    for register in meter_map.registers:
        _check_register(register, meter_map)
    for one, other in combinations(meter_map.registers, 2):
        _check_pair(one, other)


def _map_complaints(meter_map: RegisterMap) -> Iterator[str]:
    if not is_id(meter_map.id):
        yield f"id {meter_map.id!r} is not an id; use {ID_RULE}"
    if meter_map.version < 1:
        yield f"version {meter_map.version} is not accepted; use 1 or more, and raise it with every change of meaning"
    if not meter_map.sources or not all(text.strip() for text in meter_map.sources.values()):
        yield "sources are missing; give at least one manual with its page, or public repository with path"
    if not meter_map.registers:
        yield "register list is empty; give at least one"
    if not WIDEST_REGISTER <= meter_map.max_registers <= MAX_WORDS:
        yield f"max_registers {meter_map.max_registers} is not accepted; use {WIDEST_REGISTER} to {MAX_WORDS}"
    if meter_map.min_gap_ms < 0:
        yield f"min_gap_ms {meter_map.min_gap_ms} is negative; use 0 or more"


def _check_register(register: Register, meter_map: RegisterMap) -> None:
    try:
        complaint = next(_register_complaints(register, meter_map), None)
    except SettingsError as error:
        complaint = str(error)
    if complaint is not None:
        raise SettingsError(f"register {register.label} at {register.address}: {complaint}")


def _register_complaints(register: Register, meter_map: RegisterMap) -> Iterator[str]:
    measured = quantity(register.quantity)
    exact_factor(register.unit, measured)
    if register.function not in (3, 4):
        yield f"function {register.function} is not accepted; use 3 (holding registers) or 4 (input registers)"
    if register.address < 0 or register.end - 1 > _LAST_ADDRESS:
        yield f"{register.type} ends at {register.end - 1}; words 0 to {_LAST_ADDRESS} are accepted"
    if register.order not in WORD_ORDERS:
        yield f"order {register.order!r} unknown; use {', '.join(WORD_ORDERS[:-1])} or {WORD_ORDERS[-1]}"
    if not isfinite(register.scale) or register.scale == 0:
        yield f"scale {register.scale} is not accepted; use a finite number other than 0"
    yield from _source_complaints(register, meter_map)
    if measured.kind is Kind.COUNTER:
        yield from _counter_complaints(register)
    elif register.modulus is not None or register.resolution is not None:
        yield f"modulus and resolution belong to counters; {register.quantity} is a gauge"
    elif register.kind is not CounterKind.CUMULATIVE:
        yield f"kind {register.kind} belongs to counters; {register.quantity} is a gauge"
    yield from _interval_complaints(register)
    yield from _pulse_complaints(register)


def _source_complaints(register: Register, meter_map: RegisterMap) -> Iterator[str]:
    if not register.sources:
        yield f"sources are missing; name at least one of {', '.join(meter_map.sources)}"
    for key in register.sources:
        if key not in meter_map.sources:
            yield f"source {key!r} unknown; use {', '.join(meter_map.sources)}"
    if register.trust is Trust.CROSS_CHECKED and len(set(register.sources)) < 2:
        yield f"trust cross-checked with sources {list(register.sources)}; name two, or use documented"


def _counter_complaints(register: Register) -> Iterator[str]:
    bits = 16 * register.type.words
    if register.scale < 0:
        yield f"scale {register.scale} of a counter is negative; use a number above 0"
    if register.type.is_float and register.resolution is None:
        yield f"a {register.type} counter has no resolution; give its smallest step [counts]"
    if register.resolution is not None and not (isfinite(register.resolution) and register.resolution > 0):
        yield f"resolution {register.resolution} is not accepted; use a number above 0 [counts]"
    rolls = register.kind is not CounterKind.INTERVAL
    if rolls and register.modulus is None and not register.type.is_float and bits < 64:
        yield f"a {register.type} counter has no modulus; give the count at which it rolls over, {2**bits} at most"
    if register.modulus is not None and not 1 < register.modulus <= min(2**bits, 2**63):
        yield f"modulus {register.modulus} is not accepted; use 2 to {min(2**bits, 2**63)}, or none if it never rolls"


def _interval_complaints(register: Register) -> Iterator[str]:
    length, offset = register.interval_s, register.interval_offset_s
    if register.kind is not CounterKind.INTERVAL:
        if length is not None or offset:
            yield f"interval_s and interval_offset_s belong to kind interval; this one is {register.kind}"
        return
    if length is None or not 1.0 <= length <= _LONGEST_INTERVAL_S:
        yield f"interval_s {length} is not accepted; give the length of the meter's interval, 1 to 86400 [s]"
    elif not 0 <= offset < length:
        yield f"interval_offset_s {offset} is not accepted; use 0 or more and less than interval_s {length} [s]"
    if register.modulus is not None:
        yield f"modulus {register.modulus} of a finished interval; leave it out, such a register does not roll over"


def _pulse_complaints(register: Register) -> Iterator[str]:
    if register.kind is not CounterKind.PULSE:
        if register.input:
            yield f"input {register.input!r} belongs to kind pulse; this one is {register.kind}"
        return
    if register.quantity != _PULSES:
        yield f"a pulse input counts {_PULSES}; what one stands for is said in the gateway's settings"
    if not register.input:
        yield "input is missing; give the name by which the settings choose it, such as 0"
    if register.type.value[0] != "u" or register.scale != 1 or register.smallest_step != 1:
        yield (
            f"a pulse input of type {register.type}, scale {register.scale:g} and resolution "
            f"{register.smallest_step:g} is not accepted; use u16, u32 or u64, and 1 for both"
        )


def _check_pair(one: Register, other: Register) -> None:
    if one.label == other.label:
        raise SettingsError(f"register {one.label} is given at {one.address} and {other.address}; give it once")
    apart = one.function != other.function or one.end <= other.address or other.end <= one.address
    same = (one.address, one.type, one.order) == (other.address, other.type, other.order)
    if not apart and not same:
        raise SettingsError(
            f"register {one.label} ({one.type} {one.order} at {one.address}) overlaps {other.label} "
            f"({other.type} {other.order} at {other.address}); registers may share words only as the same number"
        )
