"""The quantities that meterproof knows, each with its canonical unit, its plausible limits and why.

A value travels in its canonical unit and its unit is in its name, so that no message needs a unit field and no reader
has to guess. Limits are wide on purpose: they catch a swapped word or a sentinel, not an unusual plant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from meterproof_core.errors import SettingsError


class Kind(StrEnum):
    """How a quantity behaves over time."""

    GAUGE = "gauge"  # a momentary value
    COUNTER = "counter"  # a cumulative register: only its differences mean something


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measurable quantity.

    Parameters
    ----------
    name : str
        Its name in messages, columns and settings; ends in the unit where it has one.
    unit : str
        Canonical unit; ``1`` where it has none.
    kind : Kind
        Gauge or counter.
    low, high : float
        Plausible limits of one value [unit], both accepted.
    why : str
        The reason for the limits.
    label : str
        English label for people.
    """

    name: str
    unit: str
    kind: Kind
    low: float
    high: float
    why: str
    label: str

    def accepts(self, value: float) -> bool:
        """Return whether a value [unit] lies within the plausible limits; a NaN does not."""
        return self.low <= value <= self.high


_PHASES = ("l1", "l2", "l3")
_PAIRS = ("l1_l2", "l2_l3", "l3_l1")
_MW = "no single metering point of a plant passes 1 GW"
_REGISTER = "a register starts at 0 and a 1 GW point needs over 100 years to pass 1e12"
_VOLT = "high-voltage metering ends at 500 kV line to line; primary values may be shown"
_AMPERE = "no metered conductor carries 100 kA in service"


def _gauge(name: str, unit: str, low: float, high: float, why: str, label: str) -> Quantity:
    return Quantity(name, unit, Kind.GAUGE, low, high, why, label)


def _counter(name: str, unit: str, label: str, high: float = 1e12, why: str = _REGISTER) -> Quantity:
    return Quantity(name, unit, Kind.COUNTER, 0.0, high, why, label)


def _electricity() -> Iterator[Quantity]:
    for direction in ("import", "export"):
        yield _counter(f"energy_{direction}_kwh", "kWh", f"Active energy, {direction}")
        yield _counter(f"reactive_energy_{direction}_kvarh", "kvarh", f"Reactive energy, {direction}")
        for phase in _PHASES:
            yield _counter(f"energy_{direction}_{phase}_kwh", "kWh", f"Active energy, {direction}, {phase.upper()}")
    yield _counter("energy_both_directions_kwh", "kWh", "Active energy, import plus export")
    yield _counter("reactive_energy_both_directions_kvarh", "kvarh", "Reactive energy, import plus export")
    yield _counter("apparent_energy_import_kvah", "kVAh", "Apparent energy, import")
    yield _counter("apparent_energy_export_kvah", "kVAh", "Apparent energy, export")
    for name, unit, label in (
        ("power_active", "kw", "Active power"),
        ("power_reactive", "kvar", "Reactive power"),
        ("power_apparent", "kva", "Apparent power"),
    ):
        shown = {"kw": "kW", "kvar": "kvar", "kva": "kVA"}[unit]
        yield _gauge(f"{name}_{unit}", shown, -1e6, 1e6, _MW, f"{label}, total")
        for phase in _PHASES:
            yield _gauge(f"{name}_{phase}_{unit}", shown, -1e6, 1e6, _MW, f"{label}, {phase.upper()}")
    for phase in _PHASES:
        yield _gauge(f"voltage_{phase}_v", "V", 0, 5e5, _VOLT, f"Voltage {phase.upper()} to neutral")
        yield _gauge(f"current_{phase}_a", "A", -1e5, 1e5, _AMPERE, f"Current {phase.upper()}")
        yield _gauge(f"power_factor_{phase}", "1", -1, 1, "a ratio by definition", f"Power factor {phase.upper()}")
    for pair in _PAIRS:
        yield _gauge(f"voltage_{pair}_v", "V", 0, 5e5, _VOLT, f"Voltage {pair.upper().replace('_', ' to ')}")
    yield _gauge("power_factor", "1", -1, 1, "a ratio by definition", "Power factor, total")
    yield _gauge(
        "frequency_hz",
        "Hz",
        45,
        65,
        "public grids run at 50 or 60 Hz; islands and generators stray",
        "Frequency",
    )


def _fluids_and_heat() -> Iterator[Quantity]:
    pipe = "a DN 2000 main at 10 m/s carries 113,000 m3/h"
    for name, label in (("volume_m3", "Volume"), ("volume_2_m3", "Volume, totalizer 2")):
        yield _counter(name, "m3", label, 1e11, "113,000 m3/h need 100 years to pass 1e11 m3")
    yield _gauge("flow_m3_h", "m3/h", -2e5, 2e5, pipe, "Volume flow")
    yield _counter("mass_kg", "kg", "Mass, cumulative", 1e12, "1,000 t/h of steam need over 100 years to pass 1e12 kg")
    yield _gauge("mass_flow_kg_h", "kg/h", -1e6, 1e6, "the largest steam mains carry some 1,000 t/h", "Mass flow")
    yield _counter("heat_kwh", "kWh", "Heat")
    yield _gauge("heat_power_kw", "kW", -1e6, 1e6, _MW, "Heat flow")
    yield _gauge("temperature_c", "degC", -60, 1800, "from an arctic yard to a steel ladle", "Temperature")
    yield _gauge("pressure_bar_gauge", "bar", -1, 400, "from vacuum to a supercritical boiler", "Pressure (gauge)")


def _production_and_pulses() -> Iterator[Quantity]:
    yield _counter(
        "production_t",
        "t",
        "Production, cumulative",
        1e10,
        "a 10 Mt/a works needs 1,000 years to pass 1e10 t",
    )
    yield _counter("pulses", "1", "Pulses", 2.0**64, "a 64-bit register ends there")


QUANTITIES: Mapping[str, Quantity] = {
    quantity.name: quantity
    for family in (_electricity(), _fluids_and_heat(), _production_and_pulses())
    for quantity in family
}


def quantity(name: str) -> Quantity:
    """Return the quantity of a name.

    Raises
    ------
    SettingsError
        When there is none of that name; the message lists the closest ones.
    """
    found = QUANTITIES.get(name)
    if found is None:
        close = get_close_matches(name, QUANTITIES, n=3)
        hint = f"did you mean {', '.join(close)}?" if close else "see docs/nomenclature.md for the list"
        raise SettingsError(f"quantity {name!r} unknown; {hint}")
    return found
