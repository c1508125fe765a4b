"""Tonnes against published arithmetic, and the traps of emission factors that a program can catch.

References: 2006 IPCC Guidelines, volume 2, chapters 1 and 2, and volume 3, chapter 2; 40 CFR 98.
"""

from dataclasses import astuple, replace
from datetime import date

import pytest

from meterproof_mv.dossier.plan import Period
from meterproof_mv.errors import FactorError
from meterproof_mv.findings import Severity
from meterproof_mv.ghg.factors import Factor, FactorTrust, Gas
from meterproof_mv.ghg.findings import factor_findings, is_provisional
from meterproof_mv.ghg.library import by_ref, shipped_factors
from meterproof_mv.ghg.selection import Wanted, gwp_factors, heating_value, select, stream_factors
from meterproof_mv.ghg.tonnes import per_unit
from meterproof_mv.heat_content import CalorificBasis, HeatContent

SHIPPED = shipped_factors()
DAY = date(2024, 1, 1)
NET, GROSS = CalorificBasis.NET, CalorificBasis.GROSS
YEAR = Period(date(2024, 1, 1), date(2025, 1, 1))

# t CO2 a t of fuel: heating value times factor, to four decimals; biomass as a memo
TONNES_A_TONNE = {
    "anthracite": 2.6246,
    "coking_coal": 2.6677,
    "other_bituminous_coal": 2.4407,
    "sub_bituminous_coal": 1.8163,
    "lignite": 1.2019,
    "brown_coal_briquettes": 2.0183,
    "patent_fuel": 2.0183,
    "coke_oven_coke": 3.0174,
    "coal_tar": 2.2596,
    "petroleum_coke": 3.1688,
    "residual_fuel_oil": 3.1270,
    "gas_diesel_oil": 3.1863,
    "motor_gasoline": 3.0700,
    "other_kerosene": 3.1492,
    "naphtha": 3.2618,
    "lpg": 2.9846,
    "natural_gas": 2.6928,
    "coke_oven_gas": 1.7183,
    "blast_furnace_gas": 0.6422,
    "oxygen_steel_furnace_gas": 1.2849,
    "waste_oils": 2.9467,
    "wood": 1.7472,
    "other_solid_biomass": 1.1600,
    "charcoal": 3.3040,
    "black_liquor": 1.1245,
    "other_biogas": 2.7518,
}


def known(factor_id) -> Factor:
    return by_ref(SHIPPED)[f"{factor_id}@1"]


def by_mass(carrier, gwp_set="AR5"):
    wanted = Wanted(carrier, sector="manufacturing", basis="default", calorific_basis=NET, on=DAY)
    return (*stream_factors(SHIPPED, wanted), heating_value(SHIPPED, wanted), *gwp_factors(SHIPPED, gwp_set))


def codes(factors, unit="kWh", **keys):
    findings = factor_findings(factors, gwp_set="AR5", period=YEAR, unit=unit, **keys)
    return {finding.code: finding.severity for finding in findings}


def test_a_thousand_tonnes_of_diesel_oil():
    each = per_unit("t", by_mass("gas_diesel_oil"), gwp_set="AR5")
    co2, ch4, n2o, co2e, memo = (1000 * value for value in astuple(each))
    assert (co2, ch4, n2o) == pytest.approx((3186.3, 0.129, 0.0258), rel=1e-12)
    assert co2e == pytest.approx(3186.3 + 3.612 + 6.837, rel=1e-12)
    assert co2e == pytest.approx(3196.749, rel=1e-12)
    assert memo == 0


def test_diesel_oil_by_the_suppliers_heat_content_gives_the_same():
    stated = HeatContent("43.0", "GJ/t", NET, "supplier's certificate")
    assert per_unit("t", by_mass("gas_diesel_oil"), gwp_set="AR5", heat_content=stated) == per_unit(
        "t", by_mass("gas_diesel_oil"), gwp_set="AR5"
    )


@pytest.mark.parametrize("carrier", TONNES_A_TONNE)
def test_every_fuel_gives_the_published_product(carrier):
    each = per_unit("t", by_mass(carrier), gwp_set="AR5")
    assert each.co2_t + each.biogenic_co2_t == pytest.approx(TONNES_A_TONNE[carrier], abs=5.0001e-5)


def test_every_fuel_with_a_heating_value_is_in_the_table_of_products():
    assert {factor.carrier for factor in SHIPPED if factor.quantity == "ncv"} == set(TONNES_A_TONNE)


@pytest.mark.parametrize("carrier", ["wood", "other_solid_biomass", "charcoal", "black_liquor", "other_biogas"])
def test_a_switch_to_biomass_shows_no_co2_in_the_total_and_the_memo_beside_it(carrier):
    each = per_unit("t", by_mass(carrier), gwp_set="AR5")
    assert each.co2_t == 0
    assert each.biogenic_co2_t > 0
    assert each.co2e_t == pytest.approx(28 * each.ch4_t + 265 * each.n2o_t, rel=1e-12)


# ------------------------------------------------------------------ margins


@pytest.mark.parametrize(
    ("om", "bm", "cm", "wind_solar"),
    [
        ("ph.luzon_visayas.om_2015_2017", "ph.luzon_visayas.bm_2015_2017", "0.65505", "0.683625"),
        ("ph.mindanao.om_2015_2017", "ph.mindanao.bm_2015_2017", "0.7921", "0.7859"),
        ("in.national.om_2024_25", "in.national.bm_2024_25", "0.73825", ""),
    ],
)
def test_combined_margins_are_halves_and_three_quarters_of_wind_and_sun(om, bm, cm, wind_solar):
    operating, build = known(f"grid.{om}"), known(f"grid.{bm}")
    combined = select(SHIPPED, Wanted("electricity", region=operating.region, basis="CM", on=date(2025, 3, 1)), Gas.CO2)
    assert 0.5 * operating.number + 0.5 * build.number == pytest.approx(float(cm), abs=1e-9)
    assert combined.number == pytest.approx(float(cm), abs=5.1e-5)
    if wind_solar:
        printed = known(f"grid.{om.replace('.om_', '.cm_wind_solar_')}")
        assert 0.75 * operating.number + 0.25 * build.number == pytest.approx(printed.number, abs=5e-5)
        assert printed.number == pytest.approx(float(wind_solar), abs=5e-5)


@pytest.mark.parametrize(
    "grid", ["bd.national.{}_2022", "lk.national.{}_2021", "id.national.{}_2021", "mn.national.{}_2022"]
)
def test_a_total_is_generation_and_losses(grid):
    parts = [known(f"grid.{grid.format(part)}") for part in ("generation", "tnd", "total")]
    generation, losses, total = (factor.number for factor in parts)
    assert generation + losses == pytest.approx(total, abs=5e-5)
    assert [factor.includes_losses for factor in parts] == ["no", "", "yes"]


# ------------------------------------------------------------------ the traps


def test_trap_1_institutional_methane_of_diesel_oil_is_refused():
    co2, ch4, n2o, *rest = by_mass("gas_diesel_oil")
    assert ch4.value == "3"
    wrong = replace(ch4, value="10", publisher="a cross-sector workbook")
    assert codes([co2, wrong, n2o, *rest], "t")["institutional_ch4"] is Severity.REFUSAL


def test_trap_2_the_heating_value_of_diesel_oil_is_the_default_of_2006():
    assert known("ipcc2006.mfg.gas_diesel_oil.ncv").value == "43.0"
    assert known("ipcc2006.mfg.gas_diesel_oil.ncv").page_or_table == "Volume 2, chapter 1, Table 1.2"


def test_trap_3_the_misprint_of_the_philippines_carries_its_note():
    factor = known("grid.ph.luzon_visayas.cm_2015_2017")
    assert (factor.value, factor.official, factor.trust) == ("0.65505", "computed", FactorTrust.EXCERPT)
    assert "the page prints .5979, which is the BM: apparent misprint" in factor.note
    assert known("grid.ph.luzon_visayas.bm_2015_2017").value == "0.5979"
    assert is_provisional([factor])
    assert {"factor_not_verified", "factor_not_official", "factor_year"} <= set(codes([factor]))


def test_trap_4_a_value_is_kept_as_printed_and_the_other_print_is_noted():
    factor = known("grid.in.national.cm_2023_24")
    assert factor.value == "0.757"
    assert "another page prints .758" in factor.note
    assert known("ipcc2006.process.glass_default").value == "0.20"


def test_trap_5_a_total_of_two_scopes_must_not_be_used_and_losses_are_told():
    assert codes([known("grid.bd.national.total_2022")])["factors_do_not_fit"] is Severity.REFUSAL
    assert codes([known("grid.bd.national.tnd_2022")])["factor_scope_3"] is Severity.WARNING


def test_trap_6_a_calculated_value_does_not_take_the_place_of_an_official_one():
    calculated = known("grid.vn.national.average_2022")
    official = known("grid.vn.national.cm_2022")
    assert calculated.number < 0.6 * official.number
    assert "DO NOT USE" in calculated.note
    with pytest.raises(FactorError, match="none matches"):
        select(SHIPPED, Wanted("electricity", region="VN", basis="location_average", on=DAY), Gas.CO2)
    with pytest.raises(FactorError, match="must not be used"):
        per_unit("kWh", [calculated], gwp_set="AR5")


def test_trap_8_clinker_contains_its_kiln_dust():
    clinker, dust = known("ipcc2006.process.clinker_default"), known("ipcc2006.process.ckd_correction")
    assert per_unit("t", [clinker], gwp_set="AR5").co2_t == 0.52
    assert "do not multiply by 1.02 again" in clinker.note
    assert codes([clinker, dust], "t")["factors_do_not_fit"] is Severity.REFUSAL
    with pytest.raises(FactorError, match="only when a plant-specific clinker factor without dust is used"):
        per_unit("t", [clinker, dust], gwp_set="AR5")


def test_trap_9_the_two_values_of_dolomitic_lime_are_of_two_groups_of_countries():
    lime = Wanted("lime_dolomitic", on=DAY)
    with pytest.raises(FactorError, match=r"lime_dolomitic_developing@1 \(0\.77 .*lime_dolomitic_developed@1 \(0\.86 "):
        select(SHIPPED, lime, Gas.CO2)


def test_trap_10_a_gross_bill_does_not_meet_a_net_factor():
    co2, ch4, n2o, _, *potentials = by_mass("natural_gas")
    assert codes([co2, ch4, n2o, *potentials], calorific_basis=GROSS)["factor_basis"] is Severity.REFUSAL
    with pytest.raises(FactorError, match="is on a net basis, the heat of natural_gas is gross"):
        per_unit("kWh", [co2, ch4, n2o, *potentials], gwp_set="AR5", calorific_basis=GROSS)


def test_trap_11_a_unit_says_whether_it_counts_co2_or_co2e():
    thai = known("grid.th.national.generation_incl_tnd_loss_2026")
    assert (thai.gas, thai.unit, thai.includes_losses) == (Gas.CO2E, "tCO2e/MWh", "yes")
    assert codes([thai])["factor_gwp_set"] is Severity.WARNING
    assert known("grid.in.national.cm_2024_25").unit == "tCO2/MWh"


def test_trap_12_an_indian_factor_runs_from_april_to_march():
    def chosen(on):
        return select(SHIPPED, Wanted("electricity", region="IN", basis="location_average", on=on), Gas.CO2).value

    assert (chosen(date(2024, 3, 31)), chosen(date(2024, 4, 1))) == ("0.727", "0.7117")
    assert "factor_year" in codes([known("grid.in.national.average_2024_25")])


@pytest.mark.parametrize(("carrier", "kg_per_tj"), [("blast_furnace_gas", "260000"), ("other_biogas", "54600")])
def test_trap_13_works_gases_and_biogas_never_fall_back_to_natural_gas(carrier, kg_per_tj):
    assert select(SHIPPED, Wanted(carrier, on=DAY), Gas.CO2).value == kg_per_tj
    without = [factor for factor in SHIPPED if factor.carrier != carrier]
    with pytest.raises(FactorError, match=f"carrier {carrier}, on 2024-01-01: none matches"):
        select(without, Wanted(carrier, on=DAY), Gas.CO2)


# ------------------------------------------------------------------ calcination


def test_lime_of_unknown_kind_and_carbonates_keep_their_printed_digits():
    assert known("ipcc2006.process.lime_mix_85_15").value == "0.75"
    assert known("ipcc2006.process.calcite").number == pytest.approx(44.0087 / 100.0869, abs=1e-5)
    assert known("ipcc2006.process.lime_high_calcium").number == pytest.approx(0.785 * 0.95, abs=5e-3)
    assert known("ipcc2006.process.lime_dolomitic_developing").number == pytest.approx(0.913 * 0.85, abs=7e-3)
    assert known("ipcc2006.process.lime_hydraulic").number == pytest.approx(0.785 * 0.75, abs=5e-3)


def test_the_share_of_limestone_in_clay_stays_unverified():
    assert known("ipcc2006.process.ceramic_clay_mix").trust is FactorTrust.UNVERIFIED
