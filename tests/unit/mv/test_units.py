"""Units: exact, spelled as people do, and never guessed where two readings are possible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_mv.errors import UnitError
from meterproof_mv.unit_definitions import TWO_MEANINGS, spellings
from meterproof_mv.units import UNITS, canonical, convert, convert_heat, heat_kwh, heat_units, ratio, unit


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_itself(name):
    assert unit(name).name == name
    assert ratio(name, name) == 1.0


@pytest.mark.parametrize("kept", sorted({known.canonical for known in UNITS.values()}))
def test_the_unit_that_a_quantity_is_kept_in_is_one_of_it(kept):
    assert UNITS[kept].factor == 1
    assert canonical(kept) == kept


@pytest.mark.parametrize(
    ("value", "name", "same", "other"),
    [
        (1, "MWh", 3.6, "GJ"),
        (1, "GWh", 3.6, "TJ"),
        (1, "kWh", 3.6, "MJ"),
        (1, "MMBtu", 1055.05585262, "MJ"),  # 1e6 x 0.45359237 kg x 2326 J/kg
        (1, "Dth", 10, "therm"),
        (1, "therm", 105.505585262, "MJ"),
        (1, "MMBtu", 1e6, "Btu"),
        (1, "Gcal", 4.1868, "GJ"),
        (1, "Gcal", 1e3, "Mcal"),
        (1, "toe", 41.868, "GJ"),
        (1, "toe", 11630, "kWh"),
        (1, "tce", 29.3076, "GJ"),
        (1, "ft3", 28.316846592, "l"),
        (1, "CCF", 2.8316846592, "m3"),
        (1, "Mcf", 28.316846592, "m3"),
        (1, "US gal", 3.785411784, "l"),
        (1, "imp gal", 4.54609, "l"),
        (1, "bbl", 158.987294928, "l"),
        (1, "kl", 1, "m3"),
        (1, "lb", 0.45359237, "kg"),
        (1, "short ton", 907.18474, "kg"),
        (1, "long ton", 1016.0469088, "kg"),
        (1, "t", 1000, "kg"),
    ],
)
def test_a_published_equivalence_holds(value, name, same, other):
    assert convert(value, name, other) == pytest.approx(same, rel=1e-15)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("kwh", "kWh"),
        ("KWH", "kWh"),
        ("kW h", "kWh"),
        ("kW·h", "kWh"),
        ("kW-hr", "kWh"),
        (" MWH ", "MWh"),
        ("megawatt hours", "MWh"),
        ("mmbtu", "MMBtu"),
        ("MMBTU", "MMBtu"),
        ("Therms", "therm"),
        ("dth", "Dth"),
        ("gcal", "Gcal"),
        ("TOE", "toe"),
        ("m³", "m3"),
        ("m^3", "m3"),
        ("Cu. m", "m3"),
        ("cubic metres", "m3"),
        ("Nm³", "Nm3"),
        ("m3(n)", "Nm3"),
        ("NM3", "Nm3"),
        ("sm3", "Sm3"),
        ("L", "l"),
        ("kL", "kl"),
        ("cu ft", "ft3"),
        ("ccf", "CCF"),
        ("MCF", "Mcf"),
        ("gal (US)", "US gal"),
        ("US gallons", "US gal"),
        ("Imperial gallon", "imp gal"),
        ("tonnes", "t"),
        ("short tons", "short ton"),
        ("LBS", "lb"),
        ("pcs", "1"),
        ("pieces", "1"),
    ],
)
def test_capitals_and_spaces_do_not_matter_where_nothing_depends_on_them(written, name):
    assert unit(written).name == name


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("ton", "short ton"),
        ("tons", "long ton"),
        ("gal", "US gal or imp gal"),
        ("MBtu", "MMBtu"),
        ("MT", "metric ton"),
        ("units", "pieces"),
        ("mWh", "milli or mega; write MWh"),
        ("mwh", "milli or mega; write MWh"),
        ("mJ", "milli or mega; write MJ"),
        ("mcal", "milli or mega; write Mcal"),
        ("MW", "power"),
        ("mW", "power"),
        ("kW", "power"),
    ],
)
def test_what_could_mean_two_things_is_not_guessed(written, told):
    with pytest.raises(UnitError, match=told) as refused:
        unit(written)
    assert repr(written) in str(refused.value)


@pytest.mark.parametrize("written", ["", "  ", "furlong", "kWh/t", "m3/h", "kVAh"])
def test_an_unknown_unit_is_named_beside_those_that_are_accepted(written):
    with pytest.raises(UnitError) as refused:
        unit(written)
    assert repr(written) in str(refused.value)
    assert all(name in str(refused.value) for name in UNITS)


@pytest.mark.parametrize(
    ("one", "other"), [("m3", "Nm3"), ("Nm3", "Sm3"), ("Sm3", "m3"), ("kWh", "m3"), ("t", "kWh"), ("1", "t")]
)
def test_quantities_of_different_kinds_never_turn_into_each_other(one, other):
    with pytest.raises(UnitError, match="measures") as refused:
        convert(1.0, one, other)
    assert repr(one) in str(refused.value)
    assert repr(other) in str(refused.value)


@pytest.mark.parametrize(
    ("value", "of", "same", "to"),
    [
        (36.0, "MJ/m3", 10.0, "kWh/m3"),
        (9000, "kcal/Nm3", 37.6812, "MJ/Nm3"),
        (48.0, "TJ/Gg", 48.0, "GJ/t"),
        (48.0, "TJ/Gg", 48.0, "MJ/kg"),
        (1.0, "Btu/lb", 2.326, "kJ/kg"),
        (1030, "Btu/ft3", 1.03, "MMBtu/Mcf"),
        (1.0, "kWh/kg", 1000.0, "kWh/t"),
    ],
)
def test_a_heat_content_is_converted_in_both_its_parts(value, of, same, to):
    assert convert_heat(value, of, to) == pytest.approx(same, rel=1e-15)


@pytest.mark.parametrize("written", ["kWh", "m3/MJ", "MJ/kWh", "MJ/m3/h", "MJ/1", "/", "m3/m3"])
def test_what_is_no_energy_per_volume_or_mass_is_no_heat_content(written):
    with pytest.raises(UnitError):
        heat_units(written)


def test_a_heat_content_per_volume_never_becomes_one_per_mass_or_normal_volume():
    for other in ("MJ/kg", "MJ/Nm3"):
        with pytest.raises(UnitError, match="measures"):
            convert_heat(36.0, "MJ/m3", other)


def test_fuel_becomes_heat_only_by_the_heat_content_of_its_own_quantity():
    assert heat_kwh(1.0, "t", heat_content=48.0, heat_unit="TJ/Gg") == pytest.approx(48e3 / 3.6, rel=1e-15)
    assert heat_kwh(10.0, "Mcf", heat_content=1030.0, heat_unit="Btu/ft3") == pytest.approx(
        convert(10.3, "MMBtu", "kWh"), rel=1e-15
    )
    with pytest.raises(UnitError, match="'Nm3' measures"):
        heat_kwh(1.0, "Nm3", heat_content=36.0, heat_unit="MJ/m3")


def test_no_two_units_share_a_spelling():
    spelled = [key.casefold() for key, _ in spellings()]
    names = {}
    for key, known in spellings():
        assert names.setdefault(key.casefold(), known.name) == known.name
    assert len(spelled) > len(UNITS)
    assert not set(spelled) & set(TWO_MEANINGS)


SAME = [(one, other) for one in UNITS for other in UNITS if UNITS[one].canonical == UNITS[other].canonical]


@given(st.sampled_from(SAME), st.floats(1e-9, 1e12))
def test_there_and_back_gives_the_same_number(pair, value):
    one, other = pair
    assert convert(convert(value, one, other), other, one) == pytest.approx(value, rel=1e-15)
