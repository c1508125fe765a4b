"""The catalogue: every quantity says its unit in its name, its limits and why."""

import math

import pytest

from meterproof_core import quantities
from meterproof_core.errors import SettingsError
from meterproof_core.names import is_column
from meterproof_core.quantities import QUANTITIES, Kind, quantity

SUFFIX_OF_UNIT = {
    "kWh": "_kwh",
    "kvarh": "_kvarh",
    "kVAh": "_kvah",
    "kW": "_kw",
    "kvar": "_kvar",
    "kVA": "_kva",
    "V": "_v",
    "A": "_a",
    "Hz": "_hz",
    "m3": "_m3",
    "m3/h": "_m3_h",
    "kg": "_kg",
    "kg/h": "_kg_h",
    "degC": "_c",
    "bar": "_bar_gauge",
    "t": "_t",
}
WITHOUT_UNIT = {"power_factor", "power_factor_l1", "power_factor_l2", "power_factor_l3", "pulses"}
ALL = pytest.mark.parametrize("each", QUANTITIES.values(), ids=lambda each: each.name)


@ALL
def test_the_unit_is_in_the_name(each):
    if each.unit == "1":
        assert each.name in WITHOUT_UNIT
    else:
        assert each.name.endswith(SUFFIX_OF_UNIT[each.unit])


@ALL
def test_a_name_is_a_column_and_leaves_two_underscores_to_the_store(each):
    assert is_column(each.name)
    assert "__" not in each.name


@ALL
def test_limits_are_finite_ordered_and_reasoned(each):
    assert -math.inf < each.low < each.high < math.inf
    assert len(each.why.split()) >= 4
    assert each.label[0].isupper()


@ALL
def test_both_limits_are_accepted_and_what_lies_beyond_is_not(each):
    assert each.accepts(each.low)
    assert each.accepts(each.high)
    assert not each.accepts(math.nextafter(each.low, -math.inf))
    assert not each.accepts(math.nextafter(each.high, math.inf))
    assert not any(each.accepts(value) for value in (math.nan, math.inf, -math.inf))


def test_a_counter_counts_from_nought():
    counters = [each for each in QUANTITIES.values() if each.kind is Kind.COUNTER]
    assert {each.low for each in counters} == {0.0}
    assert {each.unit for each in counters} == {"kWh", "kvarh", "kVAh", "m3", "kg", "t", "1"}


def test_names_and_labels_are_unique():
    families = (quantities._electricity, quantities._fluids_and_heat, quantities._production_and_pulses)
    names = [each.name for family in families for each in family()]
    assert len(names) == len(set(names)) == len(QUANTITIES)
    assert len({each.label for each in QUANTITIES.values()}) == len(QUANTITIES)


@pytest.mark.parametrize(
    ("name", "unit", "kind"),
    [
        ("energy_import_kwh", "kWh", Kind.COUNTER),
        ("power_active_l2_kw", "kW", Kind.GAUGE),
        ("power_reactive_kvar", "kvar", Kind.GAUGE),
        ("voltage_l3_l1_v", "V", Kind.GAUGE),
        ("flow_m3_h", "m3/h", Kind.GAUGE),
        ("production_t", "t", Kind.COUNTER),
    ],
)
def test_a_quantity_is_found_by_its_name(name, unit, kind):
    found = quantity(name)
    assert (found.name, found.unit, found.kind) == (name, unit, kind)


def test_the_common_sentinels_of_meters_lie_outside_the_limits():
    assert not quantity("frequency_hz").accepts(6553.5)
    assert not quantity("temperature_c").accepts(3276.7)
    assert not quantity("power_factor").accepts(32.767)
    assert not quantity("volume_m3").accepts(-1.0)


def test_a_misspelt_quantity_is_answered_with_the_closest_names():
    with pytest.raises(SettingsError, match=r"quantity 'energy_import_kw' unknown; did you mean energy_import_kwh, "):
        quantity("energy_import_kw")


def test_a_quantity_like_none_is_answered_with_where_the_list_is():
    with pytest.raises(SettingsError, match=r"quantity 'zzz' unknown; see docs/nomenclature\.md"):
        quantity("zzz")
