from fractions import Fraction

import pytest

from meterproof_core.errors import SettingsError
from meterproof_core.quantities import QUANTITIES, quantity
from meterproof_edge.units import UNITS, exact_factor, to_canonical


@pytest.mark.parametrize("name", QUANTITIES)
def test_a_quantity_in_its_canonical_unit_is_taken_as_it_is(name):
    assert to_canonical(QUANTITIES[name].unit, QUANTITIES[name]) == 1.0


@pytest.mark.parametrize(
    ("unit", "name", "factor"),
    [
        ("Wh", "energy_import_kwh", 0.001),
        ("MWh", "energy_import_kwh", 1000.0),
        ("kJ", "heat_kwh", 1 / 3600),
        ("GJ", "heat_kwh", 1e9 / 3.6e6),
        ("varh", "reactive_energy_import_kvarh", 0.001),
        ("VAh", "apparent_energy_import_kvah", 0.001),
        ("W", "power_active_kw", 0.001),
        ("var", "power_reactive_kvar", 0.001),
        ("VA", "power_apparent_kva", 0.001),
        ("mA", "current_l1_a", 0.001),
        ("mHz", "frequency_hz", 0.001),
        ("%", "power_factor", 0.01),
        ("l/s", "flow_m3_h", 3.6),
        ("m3/s", "flow_m3_h", 3600.0),
        ("l/h", "flow_m3_h", 0.001),
        ("l/min", "flow_m3_h", 0.06),
        ("mm3", "volume_m3", 1e-9),
        ("ft3", "volume_m3", 0.028316846592),
        ("gal_us", "volume_m3", 0.003785411784),
        ("t", "mass_kg", 1000.0),
        ("kg", "production_t", 0.001),
        ("t/h", "mass_flow_kg_h", 1000.0),
        ("kg/s", "mass_flow_kg_h", 3600.0),
        ("kPa", "pressure_bar_gauge", 0.01),
        ("mbar", "pressure_bar_gauge", 0.001),
    ],
)
def test_published_factors_hold_to_the_last_bit(unit, name, factor):
    assert to_canonical(unit, quantity(name)) == factor


def test_there_and_back_is_exactly_one():
    there = exact_factor("kJ", quantity("heat_kwh"))
    assert there * 3600 == 1
    assert isinstance(there, Fraction)


def test_every_unit_says_why():
    assert all(unit.why for unit in UNITS.values())


@pytest.mark.parametrize(
    ("unit", "name", "message"),
    [
        ("kwh", "energy_import_kwh", r"unit 'kwh' unknown; for energy_import_kwh use J, kJ, MJ, GJ, Wh, kWh"),
        ("kW", "energy_import_kwh", r"unit 'kW' measures power; for energy_import_kwh use J"),
        ("kvarh", "energy_import_kwh", r"unit 'kvarh' measures reactive energy; for energy_import_kwh"),
        ("K", "temperature_c", r"unit 'K' unknown; for temperature_c use degC"),
    ],
)
def test_a_unit_that_does_not_fit_is_refused_with_those_that_do(unit, name, message):
    with pytest.raises(SettingsError, match=message):
        to_canonical(unit, quantity(name))
