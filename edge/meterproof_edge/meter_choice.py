"""Which registers of a map are read at one metering point, in which units, and how fast its counters may run.

A map describes a model; these three are facts of the installation, and a wrong one spoils every later figure. So
nothing is guessed: a register in conflict is not read unasked, a unit that is set in the device and the weight of a
pulse must be stated, every counter has its largest plausible rate, and is read often enough for it.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from math import inf, isfinite
from types import MappingProxyType

import msgspec

from meterproof_core.errors import SettingsError
from meterproof_core.quantities import Kind, quantity
from meterproof_core.wire import CounterKind
from meterproof_edge.decode import count_scale
from meterproof_edge.pulse_inputs import PulseInput, pulse_registers
from meterproof_edge.registers import Register, RegisterMap, Trust
from meterproof_edge.units import exact_factor

_POWER_OF = {"kWh": "kW", "kvarh": "kvar", "kVAh": "kVA"}
"""Energies whose rate per hour is a power: the ones that `max_power_kw` bounds."""
_SURE_SHARE = 0.1
"""The ledger takes a fall for a rollover only in the last tenth of a register's range: our own definition there."""
_POLLS_AN_INTERVAL = 2.5
"""So often a finished interval must be read: twice when one reading is missed, and away from its ends."""


def choose_registers(
    meter_map: RegisterMap,
    quantities: tuple[str, ...] | None,
    units: Mapping[str, str],
    *,
    pulses: Mapping[str, PulseInput] = MappingProxyType({}),
) -> tuple[Register, ...]:
    """Return the registers to read, each with the unit that the device gives.

    Parameters
    ----------
    meter_map : RegisterMap
        The meter's model.
    quantities : tuple of str or None
        What is wanted, in this order; None is every register that is neither optional nor in conflict.
    units : mapping of quantity to unit
        What is set in the device, for registers whose map says so.
    pulses : mapping of quantity to PulseInput
        What the pulse inputs of the device count.

    Raises
    ------
    SettingsError
        When a quantity is not in the map, a unit is missing, needless or unknown, or a pulse input is not as wired.
    """
    named = [register for register in meter_map.registers if register.kind is not CounterKind.PULSE]
    named += pulse_registers(meter_map, pulses)
    if not named:
        raise SettingsError(
            f"map {meter_map.id} has pulse inputs only; say what they count, for example "
            'pulses = { energy_import_kwh = { input = "0", unit = "kWh", pulses_per_unit = 1000 } }'
        )
    by_quantity = {register.quantity: register for register in named}
    if len(by_quantity) < len(named):
        raise SettingsError(f"pulses: {_twice(named)} is a register of map {meter_map.id} already; use another point")
    if quantities is None:
        chosen = [reg for reg in named if not reg.optional and reg.trust is not Trust.CONFLICT]
    else:
        chosen = [_wanted(by_quantity, name, meter_map.id) for name in _each_once(quantities)]
    for name in units:
        register = _wanted(by_quantity, name, meter_map.id)
        if not register.unit_as_set:
            raise SettingsError(f"units: {name} is always in {register.unit} on this model; leave it out")
    return tuple(_with_unit(register, units) for register in chosen)


def largest_rates(
    registers: tuple[Register, ...], max_power_kw: float | None, max_rate_per_h: Mapping[str, float]
) -> dict[str, float]:
    """Return the largest plausible rate of each counter among the registers [canonical unit/h].

    Parameters
    ----------
    registers : tuple of Register
        What is read.
    max_power_kw : float or None
        Largest plausible power, active, reactive or apparent; bounds every energy counter [kW, kvar, kVA].
    max_rate_per_h : mapping of quantity to float
        Bounds of single counters, which win [canonical unit/h].

    Raises
    ------
    SettingsError
        When a counter has no bound, or a bound is no number above 0 or bounds nothing that is read.
    """
    counters = {reg.quantity: quantity(reg.quantity) for reg in registers}
    counters = {name: found for name, found in counters.items() if found.kind is Kind.COUNTER}
    if max_power_kw is not None:
        _check_bound("max_power_kw", max_power_kw, "kW")
    for name, rate in max_rate_per_h.items():
        if name not in counters:
            accepted = ", ".join(counters) or "nothing, for no counter is read"
            raise SettingsError(f"max_rate_per_h: {name!r} is not a counter that is read; accepted: {accepted}")
        _check_bound(f"max_rate_per_h: {name}", rate, f"{counters[name].unit}/h")
    return {name: _rate(name, found.unit, max_power_kw, max_rate_per_h) for name, found in counters.items()}


def check_polling(registers: tuple[Register, ...], rates: Mapping[str, float], poll_s: float) -> None:
    """Check that every counter is read often enough to be counted, even when one reading is missed.

    Parameters
    ----------
    registers : tuple of Register
        What is read.
    rates : mapping of quantity to float
        Largest plausible rate of each counter among them [canonical unit/h].
    poll_s : float
        Period of the readings [s].

    Raises
    ------
    SettingsError
        When a register could roll over unseen, or a finished interval could go by unread.
    """
    for register in registers:
        longest_s = _longest_poll_s(register, rates)
        if poll_s > longest_s:
            raise SettingsError(
                f"poll_s {poll_s} is too long for {register.quantity}, {_haste(register, rates)}; "
                f"use {longest_s:.3g} or less [s]"
            )


def _haste(register: Register, rates: Mapping[str, float]) -> str:
    if register.kind is CounterKind.INTERVAL:
        return f"a finished interval of {register.interval_s:g} s"
    rate = f"{rates[register.quantity]:g} {quantity(register.quantity).unit}/h"
    return f"a register that rolls over at {register.modulus} and may rise by {rate}"


def _longest_poll_s(register: Register, rates: Mapping[str, float]) -> float:
    if register.kind is CounterKind.INTERVAL and register.interval_s is not None:
        return register.interval_s / _POLLS_AN_INTERVAL
    if register.modulus is None:
        return inf
    counts_per_s = rates[register.quantity] / count_scale(register) / 3600  # s per h, exact
    return register.modulus * _SURE_SHARE / counts_per_s / 2


def _twice(registers: list[Register]) -> str:
    names = [register.quantity for register in registers]
    return next(name for name in names if names.count(name) > 1)


def _rate(name: str, unit: str, max_power_kw: float | None, rates: Mapping[str, float]) -> float:
    rate = rates.get(name, max_power_kw if unit in _POWER_OF else None)
    if rate is None:
        power = f"max_power_kw = <{_POWER_OF[unit]}> or " if unit in _POWER_OF else ""
        raise SettingsError(
            f"counter {name} has no largest plausible rate; give {power}max_rate_per_h = {{ {name} = <{unit}/h> }}"
        )
    return rate


def _check_bound(key: str, bound: float, unit: str) -> None:
    if not (isfinite(bound) and bound > 0):
        raise SettingsError(f"{key} {bound} is not accepted; use a number above 0 [{unit}]")


def _each_once(quantities: tuple[str, ...]) -> tuple[str, ...]:
    if not quantities:
        raise SettingsError("quantities is empty; name at least one, or leave the key out to read them all")
    for name in quantities:
        if quantities.count(name) > 1:
            raise SettingsError(f"quantities: {name!r} occurs {quantities.count(name)} times; name it once")
    return quantities


def _wanted(by_quantity: Mapping[str, Register], name: str, map_id: str) -> Register:
    register = by_quantity.get(name)
    if register is None:
        close = get_close_matches(name, by_quantity, n=3) or list(by_quantity)
        raise SettingsError(f"quantity {name!r} is not in map {map_id}; use for example {', '.join(close)}")
    if register.trust is Trust.CONFLICT and quantity(name).kind is Kind.COUNTER:
        raise SettingsError(f"quantity {name!r}: the sources of map {map_id} conflict; a counter must not rest on that")
    return register


def _with_unit(register: Register, units: Mapping[str, str]) -> Register:
    if not register.unit_as_set:
        return register
    unit = units.get(register.quantity)
    if unit is None:
        raise SettingsError(
            f"unit of {register.quantity} is a setting of the device; "
            f'state it: units = {{ {register.quantity} = "{register.unit}" }}, or what its display shows'
        )
    exact_factor(unit, quantity(register.quantity))
    return msgspec.structs.replace(register, unit=unit)
