"""From activity to tonnes: gases apart, net and gross never multiplied, nothing counted twice."""

import math
from dataclasses import astuple, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_mv.errors import FactorError
from meterproof_mv.ghg.emission_units import emission_unit
from meterproof_mv.ghg.factors import Factor, FactorQuantity, Gas
from meterproof_mv.ghg.library import by_ref, shipped_factors
from meterproof_mv.ghg.selection import Wanted, gwp_factors, stream_factors
from meterproof_mv.ghg.tonnes import per_unit
from meterproof_mv.heat_content import CalorificBasis, HeatContent

SHIPPED = shipped_factors()
NET, GROSS = CalorificBasis.NET, CalorificBasis.GROSS
AR5 = gwp_factors(SHIPPED, "AR5")
GAS_NET = HeatContent("36.4", "MJ/m3", NET, "supplier's certificate 2024")
MMBTU_J = 1055.05585262e6  # exact: 1e6 Btu (IT)


def known(factor_id) -> Factor:
    return by_ref(SHIPPED)[f"{factor_id}@1"]


def fuel(carrier, basis=NET, region=""):
    wanted = Wanted(
        carrier, sector="manufacturing", region=region, basis="default", calorific_basis=basis, on=date(2024, 1, 1)
    )
    return (*stream_factors(SHIPPED, wanted), *AR5)


def emitted(unit, factors, **keys):
    return per_unit(unit, factors, **{"gwp_set": "AR5", **keys})


def refused(unit, factors, **keys):
    with pytest.raises(FactorError) as caught:
        emitted(unit, factors, **keys)
    return str(caught.value)


def approx(*values):
    return pytest.approx(values, rel=1e-14)


GRID = known("grid.kr.national.generation_2021")
NCV = known("ipcc2006.mfg.natural_gas.ncv")
RATIO = replace(
    NCV,
    factor_id="own.ratio",
    value="0.9",
    unit="fraction",
    quantity=FactorQuantity.SHARE,
    calorific_basis=None,
    basis="net_per_gross",
)
LOSS = replace(
    GRID, factor_id="own.loss", value="0.08", unit="fraction", quantity=FactorQuantity.LOSS, gas=None, basis="default"
)


def test_gas_billed_in_mmbtu_and_counted_in_kwh_takes_gross_factors_per_mmbtu():
    mmbtu_a_kwh = 3.6e6 / MMBTU_J
    found = emitted("kWh", fuel("natural_gas", GROSS, "US"), calorific_basis=GROSS)
    assert (found.co2_t, found.ch4_t, found.n2o_t) == approx(
        53.06e-3 * mmbtu_a_kwh, 1e-6 * mmbtu_a_kwh, 1e-7 * mmbtu_a_kwh
    )
    assert found.co2e_t == pytest.approx((53.06 + 28 * 0.001 + 265 * 0.0001) / 1000 * mmbtu_a_kwh, rel=1e-14)
    assert emitted("MMBtu", fuel("natural_gas", GROSS, "US"), calorific_basis=GROSS).co2_t == pytest.approx(0.05306)


def test_a_cubic_metre_of_gas_takes_the_suppliers_net_heat_content():
    found = emitted("m3", fuel("natural_gas"), heat_content=GAS_NET)
    assert (found.co2_t, found.ch4_t, found.n2o_t) == approx(36.4e-6 * 56.1, 36.4e-6 * 1e-3, 36.4e-6 * 1e-4)
    assert found.co2e_t == pytest.approx(36.4e-6 * (56.1 + 0.028 + 0.0265), rel=1e-14)
    in_kwh = replace(GAS_NET, value="10.111111111111111", unit="kWh/m3")
    assert emitted("m3", fuel("natural_gas"), heat_content=in_kwh).co2_t == pytest.approx(found.co2_t, rel=1e-12)


def test_there_is_no_default_heat_of_a_cubic_metre():
    told = refused("m3", fuel("natural_gas"))
    assert "natural_gas is counted in m3, and its heat content is not stated" in told
    assert "heat content of natural_gas, 48.0 TJ/Gg: " in refused("m3", (*fuel("natural_gas"), NCV))


def test_mass_takes_the_heating_value_of_the_table_unless_the_supplier_states_his():
    factors = (*fuel("natural_gas"), NCV)
    assert emitted("t", factors).co2_t == pytest.approx(2.6928, rel=1e-14)
    stated = HeatContent("50.0", "GJ/t", NET, "supplier")
    assert emitted("t", factors, heat_content=stated).co2_t == pytest.approx(2.805, rel=1e-14)
    assert emitted("kg", factors).co2_t == pytest.approx(0.0026928, rel=1e-14)
    assert "counted in t, and its heat content is not stated" in refused("t", fuel("natural_gas"))


def test_of_two_heating_values_the_one_on_the_factors_basis_is_taken():
    gross = replace(NCV, factor_id="own.gcv", value="53.3", quantity=FactorQuantity.GCV, calorific_basis=GROSS)
    assert emitted("t", (*fuel("natural_gas"), gross, NCV)).co2_t == pytest.approx(2.6928)
    assert emitted("t", (*fuel("natural_gas", GROSS, "US"), NCV, gross)).co2_t == pytest.approx(
        53.3e9 / MMBTU_J * 0.05306
    )
    assert "on a net basis, the heat of natural_gas is gross" in refused("t", (*fuel("natural_gas"), gross))


@pytest.mark.parametrize(
    ("unit", "basis", "keys"),
    [
        ("kWh", NET, {"calorific_basis": GROSS}),
        ("kWh", GROSS, {"calorific_basis": NET}),
        ("m3", GROSS, {"heat_content": GAS_NET}),
        ("m3", NET, {"heat_content": replace(GAS_NET, basis=GROSS)}),
        ("m3", NET, {"heat_content": replace(GAS_NET, basis=GROSS), "calorific_basis": NET}),
    ],
)
def test_net_is_never_multiplied_by_gross(unit, basis, keys):
    factors = fuel("natural_gas", basis, "US" if basis is GROSS else "")
    other = NET if basis is GROSS else GROSS
    assert (
        f"is on a {basis} basis, the heat of natural_gas is {other}; factors on a {other} basis are accepted"
        in refused(unit, factors, **keys)
    )


def test_heat_whose_basis_nobody_stated_is_refused():
    assert "the heat of natural_gas does not say whether it is net or gross" in refused("kWh", fuel("natural_gas"))
    silent = [replace(factor, calorific_basis=None) for factor in fuel("natural_gas")]
    assert "ipcc2006.mfg.natural_gas.co2@1 does not say whether" in refused("kWh", silent, calorific_basis=NET)


def test_a_ratio_that_somebody_chose_turns_one_basis_into_the_other():
    net = emitted("kWh", fuel("natural_gas"), calorific_basis=NET)
    converted = emitted("kWh", (*fuel("natural_gas"), RATIO), calorific_basis=GROSS)
    assert astuple(converted) == approx(*(0.9 * value for value in astuple(net)))
    gross = fuel("natural_gas", GROSS, "US")
    assert emitted("m3", (*gross, RATIO), heat_content=GAS_NET).co2_t == pytest.approx(
        36.4e6 / 0.9 / MMBTU_J * 0.05306, rel=1e-14
    )
    assert emitted("kWh", (*fuel("natural_gas"), RATIO), calorific_basis=NET) == net
    assert "at most one is accepted" in refused("kWh", (*gross, RATIO, RATIO), calorific_basis=NET)
    nothing = replace(RATIO, value="0")
    assert "own.ratio@1: ratio 0; above 0" in refused("kWh", (*gross, nothing), calorific_basis=NET)


def test_electricity_has_no_calorific_basis_and_counts_what_its_factor_counts():
    found = emitted("kWh", [GRID])
    assert astuple(found) == approx(0.3706e-3, 0, 0, 0.3706e-3, 0)
    assert emitted("kWh", [GRID], calorific_basis=NET) == found


def test_a_co2e_factor_keeps_its_own_set_and_says_nothing_of_single_gases():
    thai = known("grid.th.national.generation_incl_tnd_loss_2026")
    found = emitted("MWh", [thai, *gwp_factors(SHIPPED, "AR4")], gwp_set="AR4")
    assert (found.co2e_t, found.biogenic_co2_t) == (0.475, 0.0)
    assert all(math.isnan(value) for value in (found.co2_t, found.ch4_t, found.n2o_t))


def test_the_set_of_potentials_is_the_named_one():
    factors = (*fuel("wood"), *gwp_factors(SHIPPED, "AR4"))
    five = emitted("kWh", factors, calorific_basis=NET)
    four = emitted("kWh", factors, calorific_basis=NET, gwp_set="AR4")
    assert five.co2e_t == pytest.approx(3.6e-6 * (0.030 * 28 + 0.004 * 265), rel=1e-14)
    assert four.co2e_t == pytest.approx(3.6e-6 * (0.030 * 25 + 0.004 * 298), rel=1e-14)
    assert (four.ch4_t, four.n2o_t) == (five.ch4_t, five.n2o_t)


def test_a_potential_that_is_not_there_or_there_twice_is_refused_by_name():
    factors = fuel("natural_gas")
    assert "of CH4 in the set 'AR6': 0 records; exactly one is accepted, and there are gwp.ar5.ch4@1" in refused(
        "kWh", factors, calorific_basis=NET, gwp_set="AR6"
    )
    assert "there are none" in refused("kWh", factors[:3], calorific_basis=NET)
    twice = (*factors, replace(AR5[1], factor_id="own.ch4"))
    assert "of CH4 in the set 'AR5': 2 records" in refused("kWh", twice, calorific_basis=NET)


def test_a_variant_of_a_potential_is_not_taken_for_the_default():
    fossil = known("gwp.ar5.ch4_fossil")
    found = emitted("kWh", (*fuel("natural_gas"), fossil), calorific_basis=NET)
    assert found == emitted("kWh", fuel("natural_gas"), calorific_basis=NET)


def test_co2_of_biomass_is_a_memo_while_its_other_gases_count():
    found = emitted("t", (*fuel("other_solid_biomass"), known("ipcc2006.mfg.other_solid_biomass.ncv")))
    assert (found.co2_t, found.biogenic_co2_t) == (0.0, pytest.approx(1.16, rel=1e-14))
    assert found.co2e_t == pytest.approx(11.6e-3 * (0.030 * 28 + 0.004 * 265), rel=1e-14)


def test_a_gas_that_no_factor_counts_is_zero():
    found = emitted("kWh", fuel("natural_gas")[:1], calorific_basis=NET)
    assert (found.ch4_t, found.n2o_t) == (0.0, 0.0)
    assert found.co2e_t == found.co2_t


@pytest.mark.parametrize(
    ("unit", "factors", "told"),
    [
        ("m3", [GRID], "is per MWh, electricity is counted in m3, and its heat content is not stated"),
        ("1", [GRID], "is per MWh, the activity is counted in 1; a factor per 1 or, of a fuel, per energy is accepted"),
        ("kWh", [known("ipcc2006.process.calcite")], "is per t, the activity is counted in kWh; a factor per kWh"),
        ("m3", [known("ipcc2006.process.calcite")], "is per t, the activity is counted in m3; a factor per m3"),
        ("furlong", [GRID], "unit of the activity: unit 'furlong' unknown"),
        ("Nm3", fuel("natural_gas"), "heat content of natural_gas, 36.4 MJ/m3: "),
    ],
)
def test_units_that_do_not_fit_are_refused_by_name(unit, factors, told):
    heat = GAS_NET if unit == "Nm3" else None
    assert told in refused(unit, factors, heat_content=heat)


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "36,4", ""])
def test_a_heat_content_that_is_no_number_above_zero_is_refused_with_its_source(value):
    told = refused("m3", fuel("natural_gas"), heat_content=replace(GAS_NET, value=value))
    assert told == f"heat content {value!r} MJ/m3 (supplier's certificate 2024); a number above 0 is accepted"


def test_a_factor_per_volume_needs_no_heat_content():
    direct = replace(known("ipcc2006.mfg.natural_gas.co2"), value="2.02", unit="kgCO2/Nm3", calorific_basis=None)
    assert emitted("Nm3", [direct]).co2_t == pytest.approx(0.00202)


def test_steam_takes_the_factor_of_its_supplier_per_gigajoule():
    steam = replace(GRID, factor_id="own.steam", carrier="steam", value="0.08", unit="tCO2/GJ")
    assert emitted("kWh", [steam]).co2_t == pytest.approx(0.08 * 3.6e-3)
    heat = HeatContent("2.7", "GJ/t", NET, "steam table")
    assert emitted("t", [steam], heat_content=heat).co2_t == pytest.approx(0.216)


@pytest.mark.parametrize(
    ("factors", "told"),
    [
        (AR5, "no emission factor among the factors"),
        ([GRID, known("ipcc2006.process.calcite")], "are of several carriers; those of one are accepted"),
        ([GRID, known("grid.kr.national.tnd_2021")], "count a gas twice"),
        (
            [GRID, known("grid.th.national.scope_3_2026")],
            "count a gas twice; one of each gas, or one of CO2e, is accepted",
        ),
        (
            [known("grid.lk.national.total_2021")],
            "is of basis 'total', which must not be used; mixes scope 2 and scope 3",
        ),
        ([known("grid.vn.national.average_2022")], "is of basis 'comparison', which must not be used; DO NOT USE"),
        ([replace(GRID, value="much")], "generation_2021@1: value 'much'; a number of 0 or more is accepted"),
        ([replace(GRID, unit="MWh")], "unit 'MWh' of an emission factor"),
    ],
)
def test_what_would_be_left_out_or_counted_twice_is_refused(factors, told):
    assert told in refused("kWh", factors)


def test_losses_are_applied_once_to_a_factor_without_them():
    assert emitted("kWh", [GRID, LOSS]).co2_t == pytest.approx(0.3706e-3 / 0.92, rel=1e-14)


@pytest.mark.parametrize(
    "factors",
    [
        [replace(GRID, includes_losses="yes"), LOSS],
        [replace(GRID, includes_losses="unknown"), LOSS],
        [known("grid.th.national.generation_incl_tnd_loss_2026"), LOSS],
    ],
)
def test_losses_are_not_applied_to_a_factor_that_may_contain_them(factors):
    assert f"losses own.loss@1 beside {factors[0].ref}, which may contain losses would be counted twice" in refused(
        "kWh", factors
    )


def test_two_losses_are_refused():
    assert "losses own.loss@1, own.more@1 would be counted twice" in refused(
        "kWh", [GRID, LOSS, replace(LOSS, factor_id="own.more")]
    )


@pytest.mark.parametrize(
    ("text", "tonnes", "gas", "per"),
    [
        ("kg/TJ", 0.001, None, "TJ"),
        ("tCO2/MWh", 1.0, Gas.CO2, "MWh"),
        ("kg CO2e/kWh", 0.001, Gas.CO2E, "kWh"),
        ("gCH4/Nm3", 1e-6, Gas.CH4, "Nm3"),
        ("lb/MMBtu", 0.00045359237, None, "MMBtu"),
        ("t/t", 1.0, None, "t"),
    ],
)
def test_the_unit_of_an_emission_factor_is_taken_apart(text, tonnes, gas, per):
    found = emission_unit(text)
    assert (found.tonnes, found.gas, found.per.name) == (tonnes, gas, per)


@pytest.mark.parametrize("text", ["", "kg", "TJ/kg/t", "MJ/t", "kgSO2/t", "kg/furlong", "co2/MWh"])
def test_what_is_no_mass_per_activity_is_refused(text):
    with pytest.raises(FactorError, match="of an emission factor"):
        emission_unit(text)


@given(
    st.sampled_from(sorted({factor.carrier for factor in SHIPPED if factor.quantity is FactorQuantity.NCV})),
    st.floats(0.1, 100),
    st.sampled_from(["kWh", "MJ", "therm"]),
)
def test_the_way_over_energy_and_the_way_over_volume_meet(carrier, heat, unit):
    by_energy = emitted(unit, fuel(carrier), calorific_basis=NET)
    content = HeatContent(repr(heat), f"{unit}/m3", NET, "drawn")
    by_volume = emitted("m3", fuel(carrier), heat_content=content)
    assert astuple(by_volume) == approx(*(heat * value for value in astuple(by_energy)))
    assert all(value >= 0 for value in astuple(by_volume))
