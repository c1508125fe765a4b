"""The choice of factors: exactly one record a gas, and never one in place of another."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_mv.errors import FactorError
from meterproof_mv.ghg.factors import Factor, FactorQuantity, Gas
from meterproof_mv.ghg.keys import BASES_NOT_USED
from meterproof_mv.ghg.library import by_ref, shipped_factors
from meterproof_mv.ghg.selection import Wanted, gwp_factors, heating_value, pinned, select, stream_factors
from meterproof_mv.heat_content import CalorificBasis

SHIPPED = shipped_factors()
DAY = date(2024, 1, 1)
NET, GROSS = CalorificBasis.NET, CalorificBasis.GROSS


def known(factor_id) -> Factor:
    return by_ref(SHIPPED)[f"{factor_id}@1"]


def fuel(carrier, **keys):
    return Wanted(carrier, **{"sector": "manufacturing", "basis": "default", "on": DAY, **keys})


def power(region, basis, on):
    return Wanted("electricity", region=region, basis=basis, on=on)


def chosen(wanted, factors=SHIPPED):
    return [factor.factor_id for factor in stream_factors(factors, wanted)]


def refused(wanted, factors=SHIPPED):
    with pytest.raises(FactorError) as caught:
        stream_factors(factors, wanted)
    return str(caught.value)


def test_a_fuel_has_three_gases_and_a_grid_one():
    assert chosen(fuel("natural_gas", region="TH", calorific_basis=NET)) == [
        "ipcc2006.mfg.natural_gas.co2",
        "ipcc2006.mfg.natural_gas.ch4",
        "ipcc2006.mfg.natural_gas.n2o",
    ]
    assert chosen(power("KR", "generation", DAY)) == ["grid.kr.national.generation_2021"]
    assert chosen(Wanted("clinker", sector="process", on=DAY)) == ["ipcc2006.process.clinker_default"]


def test_the_calorific_basis_tells_gross_factors_from_net_ones_and_without_it_neither_is_taken():
    gross = chosen(fuel("natural_gas", region="US", calorific_basis=GROSS))
    assert gross == [f"us40cfr98.natural_gas.{gas}" for gas in ("co2", "ch4", "n2o")]
    told = refused(fuel("natural_gas", region="US"))
    assert "2 match" in told
    assert "ipcc2006.mfg.natural_gas.co2@1 (56100 kg/TJ, net" in told
    assert "us40cfr98.natural_gas.co2@1 (53.06 kg/MMBtu, gross" in told


def test_a_factor_of_one_country_is_not_taken_in_another():
    told = refused(fuel("natural_gas", region="TH", calorific_basis=GROSS))
    assert "none matches" in told
    assert "ipcc2006.mfg.natural_gas.co2@1" in told


@pytest.mark.parametrize("carrier", ["biogas", "gas", "natural gas", ""])
def test_no_fuel_takes_the_place_of_another(carrier):
    told = refused(fuel(carrier))
    assert "none matches; known carriers are " in told
    assert "blast_furnace_gas" in told


def test_gases_of_low_heating_value_keep_their_own_records():
    gas = fuel("blast_furnace_gas")
    assert heating_value(SHIPPED, gas).value == "2.47"
    assert select(SHIPPED, gas, Gas.CO2).value == "260000"
    assert select(SHIPPED, fuel("other_biogas"), Gas.CO2).biogenic


def test_industrial_waste_has_no_heating_value_to_fall_back_to():
    with pytest.raises(FactorError, match=r"heating value for carrier industrial_wastes.*none matches"):
        heating_value(SHIPPED, fuel("industrial_wastes"))


def test_an_average_never_stands_in_for_a_missing_margin():
    assert "none matches" in refused(power("BD", "CM", DAY))
    assert "grid.bd.national.average_direct_2024@1" in refused(power("BD", "CM", DAY))
    assert "none matches" in refused(power("CN", "BM", DAY))


def test_a_calculated_average_is_not_taken_where_the_official_value_is_a_margin():
    assert "none matches" in refused(power("VN", "location_average", DAY))
    assert chosen(power("VN", "", date(2022, 6, 1))) == ["grid.vn.national.cm_2022"]
    assert chosen(power("VN", "comparison", DAY)) == ["grid.vn.national.average_2022"]
    assert chosen(power("CN", "location_average", DAY)) == ["grid.cn.national.average_2022"]


def test_a_sum_of_two_scopes_is_only_taken_by_its_name():
    assert chosen(power("LK", "generation", DAY)) == ["grid.lk.national.generation_2021"]
    told = refused(power("LK", "", DAY))
    assert "grid.lk.national.tnd_2021@1" in told
    assert "total" not in told


@given(
    st.sampled_from(sorted({factor.region for factor in SHIPPED})),
    st.dates(date(2013, 1, 1), date(2030, 1, 1)),
)
def test_what_must_not_be_used_is_never_chosen_unasked(region, on):
    try:
        found = stream_factors(SHIPPED, power(region, "", on))
    except FactorError:
        return
    assert found[0].basis not in BASES_NOT_USED


def test_a_country_of_several_grids_is_asked_for_the_grid():
    assert "2 match" in refused(power("PH", "CM", DAY))
    assert chosen(power("PH/Mindanao", "CM", DAY)) == ["grid.ph.mindanao.cm_2015_2017"]
    assert chosen(power("MN", "conservative", DAY)) == ["grid.mn.central_energy_system.conservative_project"]
    assert chosen(power("TH/North", "generation", DAY)) == ["grid.th.national.generation_2022"]


@pytest.mark.parametrize(
    ("on", "year"),
    [
        (date(2010, 1, 1), "2014"),
        (date(2014, 12, 31), "2014"),
        (date(2017, 12, 31), "2014"),
        (date(2018, 1, 1), "2018"),
        (date(2021, 12, 31), "2021"),
        (date(2022, 1, 1), "2022"),
        (date(2026, 1, 1), "2023"),
    ],
)
def test_the_year_of_the_activity_is_taken_else_the_newest_before_it_else_the_oldest(on, year):
    assert chosen(power("VN", "CM", on)) == [f"grid.vn.national.cm_{year}"]


@pytest.mark.parametrize(
    ("on", "year"), [(date(2024, 3, 31), "2023_24"), (date(2024, 4, 1), "2024_25"), (date(2025, 3, 31), "2024_25")]
)
def test_a_fiscal_year_is_matched_by_its_days_and_not_by_its_label(on, year):
    assert chosen(power("IN", "CM", on)) == [f"grid.in.national.cm_{year}"]


@pytest.mark.parametrize(
    ("on", "factor_id"),
    [
        (date(2025, 12, 31), "grid.th.national.average_2022"),
        (date(2026, 1, 1), "grid.th.national.generation_incl_tnd_loss_2026"),
    ],
)
def test_a_record_that_says_from_when_it_is_valid_holds_from_that_day(on, factor_id):
    assert chosen(power("TH", "location_average", on)) == [factor_id]


def test_a_record_is_not_taken_from_the_day_on_which_its_validity_ends():
    ended = replace(known("grid.kr.national.generation_2021"), valid_to=date(2024, 1, 1))
    assert chosen(power("KR", "generation", date(2023, 12, 31)), [ended]) == [ended.factor_id]
    assert "none matches" in refused(power("KR", "generation", date(2024, 1, 1)), [ended])


def test_a_correction_takes_the_place_of_what_it_corrects():
    old = known("grid.kr.national.generation_2021")
    newer = replace(old, version=2, value="0.4")
    other = replace(old, factor_id="own.kr", value="0.41", supersedes=old.ref)
    wanted = power("KR", "generation", DAY)
    assert stream_factors([newer, old], wanted) == (newer,)
    assert stream_factors([old, other], wanted) == (other,)
    assert "2 match" in refused(wanted, [newer, other])


def test_two_records_of_the_same_keys_are_an_error_that_lists_both():
    old = known("ipcc2006.mfg.natural_gas.co2")
    told = refused(
        fuel("natural_gas", calorific_basis=NET), [*SHIPPED, replace(old, factor_id="own.gas", value="55000")]
    )
    assert "ipcc2006.mfg.natural_gas.co2@1 (56100 kg/TJ, net; manufacturing default)" in told
    assert "own.gas@1 (55000 kg/TJ, net; manufacturing default)" in told


def test_a_long_list_is_cut_and_says_by_how_much():
    old = known("grid.kr.national.generation_2021")
    many = [replace(old, factor_id=f"own.kr_{number}") for number in range(20)]
    told = refused(power("KR", "generation", DAY), many)
    assert "own.kr_11@1" in told
    assert "own.kr_12@1" not in told
    assert told.endswith("; and 8 more")


def test_institutional_methane_is_not_taken_for_a_plant():
    wrong = replace(known("ipcc2006.mfg.gas_diesel_oil.ch4"), factor_id="own.ch4", sector="institutional", value="10")
    factors = [*SHIPPED, wrong]
    assert select(factors, fuel("gas_diesel_oil"), Gas.CH4).value == "3"
    with pytest.raises(FactorError, match=r"2 match.*own\.ch4@1 \(10 kg/TJ, net; institutional default\)"):
        select(factors, fuel("gas_diesel_oil", sector=""), Gas.CH4)


def test_a_fuel_that_lacks_a_gas_is_an_error_naming_the_gas():
    without = [factor for factor in SHIPPED if factor.factor_id != "ipcc2006.mfg.lpg.n2o"]
    assert refused(fuel("lpg"), without).startswith("N2O factor for carrier lpg, sector manufacturing, basis default")


def test_co2e_beside_single_gases_is_refused():
    added = replace(known("ipcc2006.mfg.lpg.co2"), factor_id="own.lpg", gas=Gas.CO2E, unit="kgCO2e/TJ")
    assert "would count gases twice" in refused(fuel("lpg"), [*SHIPPED, added])


def test_the_two_defaults_of_dolomitic_lime_are_of_two_groups_of_countries():
    lime = Wanted("lime_dolomitic", sector="process", on=DAY)
    assert "2 match" in refused(lime)
    assert select(SHIPPED, replace(lime, basis="developing_countries"), Gas.CO2).value == "0.77"
    assert select(SHIPPED, replace(lime, basis="developed_countries"), Gas.CO2).value == "0.86"


def test_a_heating_value_is_chosen_on_the_wanted_basis():
    gross = replace(
        known("ipcc2006.mfg.natural_gas.ncv"),
        factor_id="own.gcv",
        value="53.3",
        quantity=FactorQuantity.GCV,
        calorific_basis=GROSS,
    )
    factors = [*SHIPPED, gross]
    assert heating_value(factors, fuel("natural_gas", calorific_basis=NET)).value == "48.0"
    assert heating_value(factors, fuel("natural_gas", calorific_basis=GROSS)).value == "53.3"
    with pytest.raises(FactorError, match=r"heating value .* 2 match"):
        heating_value(factors, fuel("natural_gas"))


def test_a_set_of_potentials_is_taken_whole_and_in_its_default_variant():
    assert [(factor.gas, factor.value) for factor in gwp_factors(SHIPPED, "AR5")] == [
        (Gas.CO2, "1"),
        (Gas.CH4, "28"),
        (Gas.N2O, "265"),
    ]
    assert [factor.value for factor in gwp_factors(SHIPPED, "AR4")] == ["1", "25", "298"]
    assert [factor.value for factor in gwp_factors(SHIPPED, "AR6")] == ["1", "27.9", "273"]


@pytest.mark.parametrize("gwp_set", ["AR3", "", "ar5"])
def test_an_unknown_set_of_potentials_is_refused_with_those_that_are_known(gwp_set):
    with pytest.raises(FactorError, match=f"of CO2 in the set '{gwp_set}': none; .* sets are AR4, AR5, AR6"):
        gwp_factors(SHIPPED, gwp_set)
    with pytest.raises(FactorError, match="sets are none: no record of any set is there"):
        gwp_factors([], gwp_set)


def test_two_records_of_one_potential_are_refused_with_both():
    twice = replace(known("gwp.ar5.ch4"), factor_id="own.ch4", value="30")
    with pytest.raises(FactorError, match=r"of CH4 in the set 'AR5': gwp\.ar5\.ch4@1 .*; own\.ch4@1 \(30"):
        gwp_factors([*SHIPPED, twice], "AR5")


def test_pinned_records_come_back_in_the_order_of_the_pins():
    wanted = ("gwp.ar5.ch4@1", "ipcc2006.mfg.lpg.co2@1")
    assert [factor.ref for factor in pinned(SHIPPED, wanted)] == list(wanted)
    assert pinned(SHIPPED, ()) == ()


def test_a_pin_that_leads_nowhere_names_the_versions_that_are_there():
    with pytest.raises(
        FactorError, match=r"'gwp\.ar5\.ch4@2' is not among 195 records; of that id there are gwp\.ar5\.ch4@1"
    ):
        pinned(SHIPPED, ["gwp.ar5.ch4@2"])
    with pytest.raises(FactorError, match="an id@version of a known record is accepted"):
        pinned(SHIPPED, ["nothing"])
    with pytest.raises(FactorError, match="is there twice"):
        pinned([*SHIPPED, SHIPPED[0]], [])


@given(st.sampled_from([factor for factor in SHIPPED if factor.factor_id.startswith("ipcc2006.mfg.")]), st.dates())
def test_every_shipped_fuel_is_found_by_its_keys_on_every_day(factor, on):
    wanted = fuel(factor.carrier, calorific_basis=NET, on=on)
    found = (
        heating_value(SHIPPED, wanted)
        if factor.quantity is FactorQuantity.NCV
        else select(SHIPPED, wanted, Gas(factor.gas))
    )
    assert found is factor
