"""What the pulses of an input stand for: a device that counts them knows neither the quantity nor the weight.

Both are facts of the installation, printed on the meter that sends the pulses. A wrong weight spoils every figure, so
nothing is taken in silence: an input that the settings do not name is not read.
"""

from collections.abc import Mapping
from math import isfinite

import msgspec

from meterproof_core.errors import SettingsError
from meterproof_core.quantities import Kind, quantity
from meterproof_core.wire import CounterKind
from meterproof_edge.registers import Register, RegisterMap
from meterproof_edge.units import exact_factor


class PulseInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an input counts, as the settings say it; either `pulses_per_unit` or `unit_per_pulse` is given.

    Parameters
    ----------
    input : str
        Name of the input in the map.
    unit : str
        Unit that the meter's plate speaks of (``kWh``, ``m3``).
    pulses_per_unit : float or None
        Such as 1000 for ``1000 imp/kWh`` [1/unit].
    unit_per_pulse : float or None
        Such as 10 for ``10 l/imp`` [unit].
    """

    input: str
    unit: str
    pulses_per_unit: float | None = None
    unit_per_pulse: float | None = None


def pulse_registers(meter_map: RegisterMap, inputs: Mapping[str, PulseInput]) -> tuple[Register, ...]:
    """Return the registers of the inputs that the settings name, each with its quantity, unit and weight.

    Parameters
    ----------
    meter_map : RegisterMap
        The device's model.
    inputs : mapping of quantity to PulseInput
        What is wired.

    Raises
    ------
    SettingsError
        When an input or unit is unknown, the quantity is no counter, or the weight is missing or no number above 0.
    """
    known = {reg.input: reg for reg in meter_map.registers if reg.kind is CounterKind.PULSE}
    taken: dict[str, str] = {}
    registers = []
    for name, given in inputs.items():
        try:
            registers.append(_register(known, name, given))
        except SettingsError as error:
            raise SettingsError(f"pulses: {name}: {error}") from None
        if given.input in taken:
            raise SettingsError(
                f"pulses: input {given.input!r} is given to {taken[given.input]} and {name}; use it once"
            )
        taken[given.input] = name
    return tuple(registers)


def _register(known: Mapping[str, Register], name: str, given: PulseInput) -> Register:
    measured = quantity(name)
    if measured.kind is not Kind.COUNTER:
        raise SettingsError("pulses add up to a counter; this is a gauge")
    exact_factor(given.unit, measured)
    register = known.get(given.input)
    if register is None:
        accepted = ", ".join(known) or "none, for this model has no pulse input"
        raise SettingsError(f"input {given.input!r} unknown; accepted: {accepted}")
    return msgspec.structs.replace(register, quantity=name, unit=given.unit, scale=_weight(given), input="")


def _weight(given: PulseInput) -> float:
    """Return how much a pulse stands for [unit]."""
    stated = [weight for weight in (given.pulses_per_unit, given.unit_per_pulse) if weight is not None]
    if len(stated) != 1:
        raise SettingsError(f"{len(stated)} weights are given; give either pulses_per_unit or unit_per_pulse")
    if not (isfinite(stated[0]) and stated[0] > 0):
        raise SettingsError(f"weight {stated[0]} is not accepted; use a number above 0")
    return stated[0] if given.unit_per_pulse is not None else 1.0 / stated[0]
