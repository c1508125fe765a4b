"""Findings on factors: where they are weak, and a refusal wherever tonnes cannot be computed."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_mv.dossier.plan import Period
from meterproof_mv.errors import FactorError
from meterproof_mv.findings import Severity
from meterproof_mv.ghg.factors import Factor, FactorQuantity
from meterproof_mv.ghg.findings import factor_findings, is_provisional
from meterproof_mv.ghg.library import by_ref, shipped_factors
from meterproof_mv.ghg.selection import gwp_factors
from meterproof_mv.ghg.tonnes import per_unit
from meterproof_mv.heat_content import CalorificBasis, HeatContent

SHIPPED = shipped_factors()
NET, GROSS = CalorificBasis.NET, CalorificBasis.GROSS
YEAR = Period(date(2024, 1, 1), date(2025, 1, 1))
AR5 = gwp_factors(SHIPPED, "AR5")
HEAT = HeatContent("36.4", "MJ/m3", NET, "supplier")


def known(factor_id) -> Factor:
    return by_ref(SHIPPED)[f"{factor_id}@1"]


def fuel(carrier, table="ipcc2006.mfg"):
    return tuple(known(f"{table}.{carrier}.{gas}") for gas in ("co2", "ch4", "n2o"))


def found(factors, unit="kWh", period=YEAR, gwp_set="AR5", **keys):
    findings = factor_findings(factors, gwp_set=gwp_set, period=period, unit=unit, **keys)
    return {finding.code: finding for finding in findings}


def year(number):
    return Period(date(number, 1, 1), date(number + 1, 1, 1))


GRID = known("grid.kr.national.generation_2021")
SIGNED = {"checked_by": "A. Verifier", "checked_on": date(2026, 1, 1), "uncertainty_low": "1", "uncertainty_high": "2"}


def test_verified_signed_official_factors_of_the_year_with_an_uncertainty_leave_nothing_to_say():
    factors = [replace(factor, **SIGNED) for factor in (*fuel("natural_gas"), *AR5)]
    assert found(factors, "m3", heat_content=HEAT) == {}


def test_the_shipped_gas_factors_only_inform():
    findings = found((*fuel("natural_gas"), *AR5), "m3", heat_content=HEAT)
    assert {code: finding.severity for code, finding in findings.items()} == {
        "factor_not_checked": Severity.INFO,
        "factor_uncertainty_unknown": Severity.INFO,
    }
    assert findings["factor_uncertainty_unknown"].data["factors"] == [factor.ref for factor in fuel("natural_gas")]
    assert len(findings["factor_not_checked"].data["factors"]) == 6


def test_the_korean_factor_of_2021_does_not_describe_2018_and_is_not_official():
    findings = found([GRID], period=year(2018))
    assert findings["factor_year"].severity is Severity.WARNING
    assert "describes 2021, the activity is from 2018-01-01 until 2019-01-01" in findings["factor_year"].message
    assert findings["factor_year"].data == {
        "factors": ["grid.kr.national.generation_2021@1"],
        "described": ["2021-01-01", "2022-01-01"],
    }
    assert findings["factor_not_official"].severity is Severity.WARNING
    assert "one of Climate Transparency" in findings["factor_not_official"].message
    assert "factor_co2_alone" in findings


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        (date(2024, 4, 1), date(2025, 4, 1), False),
        (date(2024, 6, 1), date(2024, 7, 1), False),
        (date(2024, 3, 31), date(2025, 4, 1), True),
        (date(2024, 4, 1), date(2025, 4, 2), True),
        (date(2024, 1, 1), date(2025, 1, 1), True),
    ],
)
def test_a_fiscal_year_is_compared_by_its_days(start, end, told):
    factor = known("grid.in.national.cm_2024_25")
    assert ("factor_year" in found([factor], period=Period(start, end))) is told


def test_a_computed_value_says_so():
    findings = found([known("grid.ph.luzon_visayas.cm_2015_2017")])
    assert "no official figure, but one computed from official ones" in findings["factor_not_official"].message
    assert findings["factor_not_official"].data["official"] == "computed"


@pytest.mark.parametrize(
    ("factor_id", "told"),
    [
        ("grid.vn.national.cm_2022", "seen in an excerpt, not in the original"),
        ("gwp.ar4.ch4", "not verified"),
    ],
)
def test_what_was_not_compared_with_its_source_makes_a_result_provisional(factor_id, told):
    factor = known(factor_id)
    finding = found([factor])["factor_not_verified"]
    assert f"{factor.ref} ({told})" in finding.message
    assert "provisional" in finding.message
    assert finding.severity is Severity.WARNING
    assert is_provisional([*AR5, factor])


def test_verified_factors_make_nothing_provisional():
    assert not is_provisional([])
    assert not is_provisional([*AR5, GRID, *fuel("natural_gas")])


@pytest.mark.parametrize(
    ("period", "told"),
    [
        (year(2026), False),
        (year(2025), True),
        (Period(date(2025, 7, 1), date(2026, 7, 1)), True),
    ],
)
def test_a_factor_is_refused_over_days_on_which_it_is_not_in_force(period, told):
    findings = found([known("grid.th.national.generation_incl_tnd_loss_2026")], period=period)
    assert ("factor_not_in_force" in findings) is told
    if told:
        assert findings["factor_not_in_force"].severity is Severity.REFUSAL
        assert "in force from 2026-01-01 to now, not over all of" in findings["factor_not_in_force"].message


def test_a_factor_is_refused_after_its_validity_and_in_force_up_to_it():
    ended = replace(GRID, valid_to=YEAR.end)
    assert "factor_not_in_force" not in found([ended])
    findings = found([replace(GRID, valid_to=date(2024, 12, 31))])
    assert "in force from ever to 2024-12-31" in findings["factor_not_in_force"].message


@pytest.mark.parametrize(("carrier", "wrong"), [("gas_diesel_oil", "10"), ("natural_gas", "5.0"), ("wood", "300")])
def test_methane_of_institutional_boilers_is_refused_whatever_sector_it_claims(carrier, wrong):
    co2, ch4, n2o = fuel(carrier)
    findings = found([co2, replace(ch4, value=wrong), n2o, *AR5], calorific_basis=NET)
    assert findings["institutional_ch4"].severity is Severity.REFUSAL
    assert f"{wrong} kg/TJ, is a value of institutional boilers" in findings["institutional_ch4"].message
    assert "institutional_ch4" not in found([co2, ch4, n2o, *AR5], calorific_basis=NET)


def test_any_factor_of_the_institutional_sector_is_refused():
    co2, ch4, n2o = fuel("lpg")
    wrong = replace(n2o, sector="institutional")
    assert found([co2, ch4, wrong, *AR5], calorific_basis=NET)["institutional_ch4"].data["factors"] == [wrong.ref]


def test_methane_on_another_basis_or_in_another_unit_is_no_institutional_value():
    co2, ch4, n2o = fuel("natural_gas", "us40cfr98")
    factors = [co2, replace(ch4, value="5"), n2o, *AR5]
    assert "institutional_ch4" not in found(factors, calorific_basis=GROSS)
    gross = [replace(factor, unit="kg/TJ") for factor in factors[:3]]
    assert "institutional_ch4" not in found([*gross, *AR5], calorific_basis=GROSS)


@pytest.mark.parametrize(
    ("unit", "table", "keys"),
    [
        ("kWh", "ipcc2006.mfg", {"calorific_basis": GROSS}),
        ("kWh", "us40cfr98", {"calorific_basis": NET}),
        ("m3", "us40cfr98", {"heat_content": HEAT}),
        ("kWh", "ipcc2006.mfg", {}),
    ],
)
def test_net_beside_gross_is_a_refusal_and_said_once(unit, table, keys):
    findings = found((*fuel("natural_gas", table), *AR5), unit, **keys)
    assert findings["factor_basis"].severity is Severity.REFUSAL
    assert len(findings["factor_basis"].data["factors"]) == 3
    assert "factors_do_not_fit" not in findings


def test_net_factors_of_one_gas_beside_gross_of_another_are_a_refusal():
    mixed = [known("us40cfr98.natural_gas.co2"), *fuel("natural_gas")[1:], *AR5]
    findings = found(mixed, calorific_basis=GROSS)
    assert findings["factor_basis"].data["factors"] == [factor.ref for factor in mixed[1:3]]


def test_a_missing_heat_content_is_a_refusal_that_asks_for_it():
    finding = found((*fuel("natural_gas"), *AR5), "m3")["factors_do_not_fit"]
    assert finding.severity is Severity.REFUSAL
    assert finding.message.startswith("no tonnes: ")
    assert "its heat content is not stated" in finding.message


def test_a_ratio_of_net_to_gross_is_told_where_it_is_used():
    ratio = replace(
        known("ipcc2006.mfg.natural_gas.ncv"),
        factor_id="own.ratio",
        value="0.9",
        unit="fraction",
        quantity=FactorQuantity.SHARE,
        calorific_basis=None,
        basis="net_per_gross",
    )
    factors = (*fuel("natural_gas"), ratio, *AR5)
    findings = found(factors, calorific_basis=GROSS)
    assert findings["default_heat_ratio"].severity is Severity.WARNING
    assert "factor_basis" not in findings
    assert "default_heat_ratio" not in found(factors, calorific_basis=NET)


def test_the_heating_value_of_a_table_is_told_where_the_supplier_states_none():
    ncv = known("ipcc2006.mfg.natural_gas.ncv")
    factors = (*fuel("natural_gas"), ncv, *AR5)
    findings = found(factors, "t")
    assert findings["default_heating_value"].severity is Severity.INFO
    assert findings["default_heating_value"].data["factors"] == [ncv.ref]
    stated = HeatContent("50", "GJ/t", NET, "supplier")
    assert "default_heating_value" not in found(factors, "t", heat_content=stated)
    assert "default_heating_value" not in found(factors, "kWh", calorific_basis=NET)


def test_a_co2e_factor_under_another_set_is_told_and_not_converted():
    factor = replace(known("grid.th.national.generation_incl_tnd_loss_2026"), gwp_set="AR4")
    assert "under the set AR4, not AR5" in found([factor])["factor_gwp_set"].message
    assert "factor_gwp_set" not in found([factor], gwp_set="AR4")
    unnamed = found([replace(factor, gwp_set="")])
    assert "a set that its publisher does not name, not AR5" in unnamed["factor_gwp_set"].message


@pytest.mark.parametrize("factor_id", ["grid.kr.national.tnd_2021", "grid.th.national.scope_3_2026"])
def test_a_factor_of_scope_3_alone_is_told(factor_id):
    assert found([known(factor_id)])["factor_scope_3"].severity is Severity.WARNING
    assert "factor_scope_3" not in found([GRID])


def test_a_factor_that_counts_co2_alone_is_told_but_not_of_a_process():
    assert found([GRID])["factor_co2_alone"].severity is Severity.INFO
    assert "factor_co2_alone" not in found([known("ipcc2006.process.calcite")], "t")
    assert "factor_co2_alone" not in found((*fuel("natural_gas"), *AR5), calorific_basis=NET)


@pytest.mark.parametrize(
    "factors",
    [
        AR5,
        [replace(GRID, value="much")],
        [replace(GRID, reference_year="last year")],
        [replace(GRID, unit="MWh")],
        [known("grid.lk.national.total_2021")],
        [GRID, known("grid.kr.national.tnd_2021")],
    ],
)
def test_whatever_stops_the_computation_is_a_refusal(factors):
    findings = found(factors)
    assert findings["factors_do_not_fit"].severity is Severity.REFUSAL


HEATS = [None, HEAT, replace(HEAT, basis=GROSS), replace(HEAT, unit="GJ/t"), replace(HEAT, value="0")]


@given(
    st.lists(st.sampled_from(SHIPPED), max_size=4),
    st.sampled_from([fuel("natural_gas"), fuel("natural_gas", "us40cfr98"), fuel("wood"), (GRID,), ()]),
    st.sampled_from(["kWh", "m3", "Nm3", "t", "1", "x"]),
    st.sampled_from([None, NET, GROSS]),
    st.sampled_from(HEATS),
    st.sampled_from(["AR5", "AR6"]),
)
def test_a_refusal_stands_wherever_tonnes_cannot_be_computed(drawn, chosen, unit, basis, heat, gwp_set):
    factors = (*chosen, *drawn, *AR5)
    keys = {"gwp_set": gwp_set, "calorific_basis": basis, "heat_content": heat}
    findings = factor_findings(factors, period=YEAR, unit=unit, **keys)
    try:
        per_unit(unit, factors, **keys)
    except FactorError:
        assert any(finding.severity is Severity.REFUSAL for finding in findings)
    else:
        assert {"factors_do_not_fit", "factor_basis"}.isdisjoint(finding.code for finding in findings)
