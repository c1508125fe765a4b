"""The factor records that ship, and a user's own file: what is not understood is refused by file, line and column."""

import csv
import doctest
import importlib
import io
import subprocess
import sys
from collections import Counter
from dataclasses import fields, replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_mv.errors import FactorError
from meterproof_mv.ghg.consistency import contradictions
from meterproof_mv.ghg.factors import Factor, FactorQuantity, FactorTrust, Gas
from meterproof_mv.ghg.keys import BASES, SECTORS
from meterproof_mv.ghg.library import SHIPPED, by_ref, read_factors, shipped_factors
from meterproof_mv.ghg.rows import COLUMNS
from meterproof_mv.heat_content import CalorificBasis

GRID = {
    "factor_id": "own.th.generation_2025",
    "version": "1",
    "value": "0.4512",
    "unit": "tCO2/MWh",
    "quantity": "ef",
    "carrier": "electricity",
    "publisher": "Ministry of Energy",
    "document": "Letter 12/2026",
    "edition": "2026-02-01",
    "page_or_table": "page 2",
    "trust": "verified",
    "gas": "CO2",
    "region": "TH",
    "basis": "generation",
    "includes_losses": "no",
    "reference_year": "2025",
    "official": "yes",
}
GAS = GRID | {
    "factor_id": "own.gas.co2",
    "value": "56100",
    "unit": "kg/TJ",
    "carrier": "natural_gas",
    "basis": "default",
    "includes_losses": "",
    "calorific_basis": "net",
}
NCV = GAS | {"factor_id": "own.gas.ncv", "value": "48.0", "unit": "TJ/Gg", "quantity": "ncv", "gas": ""}
GWP = GRID | {"value": "28", "unit": "tCO2e/t", "quantity": "gwp", "gas": "CH4", "gwp_set": "AR5", "carrier": ""}
SHARE = GRID | {"value": "0.9", "unit": "fraction", "quantity": "share", "gas": "", "carrier": "natural_gas"}
LOSS = SHARE | {"quantity": "loss", "carrier": "electricity"}


def written(tmp_path, *rows, name="own.csv"):
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return saved(tmp_path, text.getvalue(), name)


def saved(tmp_path, text, name="own.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(path):
    with pytest.raises(FactorError) as caught:
        read_factors(path)
    return str(caught.value)


# ------------------------------------------------------------------ what ships


def test_every_shipped_record_names_its_publisher_and_document_and_contradicts_nothing():
    assert len(shipped_factors()) == 195
    for factor in shipped_factors():
        assert factor.publisher
        assert factor.document
        assert list(contradictions(factor)) == []


def test_the_same_records_come_back_on_every_call_without_reading_again():
    assert shipped_factors() is shipped_factors()


def test_nothing_is_read_when_the_library_is_imported():
    code = "import sys, meterproof_mv.ghg.library as library;sys.exit(library.shipped_factors.cache_info().currsize)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_every_fuel_has_a_heating_value_and_three_gases_but_industrial_waste_has_no_heating_value():
    fuels = [factor for factor in shipped_factors() if factor.factor_id.startswith("ipcc2006.mfg.")]
    parts = {}
    for factor in fuels:
        parts.setdefault(factor.carrier, []).append(factor.factor_id.rpartition(".")[2])
    assert len(parts) == 27
    assert parts.pop("industrial_wastes") == ["co2", "ch4", "n2o"]
    assert {tuple(found) for found in parts.values()} == {("ncv", "co2", "ch4", "n2o")}


def test_only_the_co2_of_biomass_goes_to_the_memo():
    biogenic = [factor for factor in shipped_factors() if factor.biogenic]
    assert {factor.carrier for factor in biogenic} == {
        "wood",
        "other_solid_biomass",
        "charcoal",
        "black_liquor",
        "other_biogas",
    }
    assert {factor.gas for factor in biogenic} == {Gas.CO2}


def test_the_marks_of_trust_are_kept():
    assert Counter(factor.trust for factor in shipped_factors()) == {
        FactorTrust.VERIFIED: 159,
        FactorTrust.EXCERPT: 29,
        FactorTrust.UNVERIFIED: 7,
    }
    known = by_ref(shipped_factors())
    assert known["ipcc2006.mfg.natural_gas.ch4@1"].trust is FactorTrust.VERIFIED
    assert known["grid.vn.national.cm_2022@1"].trust is FactorTrust.EXCERPT
    assert known["gwp.ar4.ch4@1"].trust is FactorTrust.UNVERIFIED


def test_ten_countries_have_grid_records_and_each_unit_says_whether_it_counts_co2_or_co2e():
    grids = [factor for factor in shipped_factors() if factor.carrier == "electricity"]
    assert {factor.region[:2] for factor in grids} == {"VN", "IN", "CN", "PH", "TH", "BD", "LK", "ID", "MN", "KR"}
    assert {factor.unit for factor in grids} == {"tCO2/MWh", "tCO2e/MWh"}
    assert all(factor.unit.startswith(f"t{factor.gas}/") for factor in grids)


def test_nobody_signed_for_a_shipped_record():
    assert {(factor.checked_by, factor.checked_on) for factor in shipped_factors()} == {("", None)}


def test_the_files_that_ship_are_all_read_and_explained():
    folder = files("meterproof_mv.ghg") / "data"
    assert {path.name for path in folder.iterdir() if path.name.endswith(".csv")} == set(SHIPPED)
    assert [name for name in SHIPPED if f"`{name}`" not in (folder / "README.md").read_text()] == []


@pytest.mark.parametrize("name", ["emission_units", "library", "tonnes"])
def test_the_examples_hold(name):
    result = doctest.testmod(importlib.import_module(f"meterproof_mv.ghg.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


# ------------------------------------------------------------------ a user's own file


def test_the_columns_are_the_fields_of_a_record():
    assert set(COLUMNS) == {field.name for field in fields(Factor)}


def test_a_users_record_is_read_as_it_stands(tmp_path):
    (factor,) = read_factors(written(tmp_path, GRID | {"valid_from": "2026-01-01", "biogenic": "no", "note": " a "}))
    assert factor.ref == "own.th.generation_2025@1"
    assert (factor.value, factor.number) == ("0.4512", 0.4512)
    assert (factor.trust, factor.gas, factor.calorific_basis) == (FactorTrust.VERIFIED, Gas.CO2, None)
    assert factor.to_dict()["valid_from"] == "2026-01-01"
    assert factor.to_dict()["quantity"] == "ef"
    assert (factor.biogenic, factor.note, factor.uncertainty_low) == (False, "a", "")


@pytest.mark.parametrize("row", [GRID, GAS, NCV, GWP, SHARE, LOSS])
def test_every_kind_of_record_is_accepted(tmp_path, row):
    assert read_factors(written(tmp_path, row))[0].quantity is FactorQuantity(row["quantity"])


def test_digits_are_kept_as_printed(tmp_path):
    assert read_factors(written(tmp_path, GRID | {"value": "0.9130"}))[0].value == "0.9130"


@pytest.mark.parametrize("column", ["publisher", "document"])
@pytest.mark.parametrize("nothing", ["", "  ", "-", "n/a", "Unknown"])
def test_a_record_without_a_source_is_refused_by_line_and_column(tmp_path, column, nothing):
    told = refused(written(tmp_path, GAS, GRID | {column: nothing}))
    assert told.startswith(f"own.csv, line 3, column '{column}': {nothing.strip()!r}; ")
    assert told.endswith(" is accepted")


@pytest.mark.parametrize(
    ("column", "value", "accepted"),
    [
        ("value", "0,4512", "decimal point"),
        ("value", "-0.4", "0 or more"),
        ("value", "nan", "a number"),
        ("value", "9" * 400, "a number"),
        ("value", "٤٥", "a number"),
        ("value", "", "a number"),
        ("version", "0", "a whole number from 1"),
        ("version", "1.0", "a whole number from 1"),
        ("factor_id", "a b", "a name of letters"),
        ("factor_id", "a@1", "a name of letters"),
        ("quantity", "EF", "ef, ncv, gcv, gwp, share, loss"),
        ("trust", "", "verified, seen_in_excerpt, unverified"),
        ("gas", "co2", "CO2, CH4, N2O, CO2e, or nothing"),
        ("basis", "generations", "location_average"),
        ("sector", "industry", "manufacturing"),
        ("includes_losses", "maybe", "yes, no, unknown"),
        ("official", "perhaps", "yes, no, computed"),
        ("biogenic", "1", "yes, no or nothing"),
        ("calorific_basis", "lower", "net, gross, or nothing"),
        ("valid_from", "01/02/2026", "a day such as 2026-01-31"),
        ("valid_from", "20260201", "a day such as 2026-01-31"),
        ("valid_to", "2026-02-30", "a day such as 2026-01-31"),
        ("uncertainty_low", "-5 %", "0 or more"),
        ("supersedes", "own.th.generation_2025", "id@version"),
    ],
)
def test_a_cell_that_is_not_understood_is_refused_with_what_is(tmp_path, column, value, accepted):
    told = refused(written(tmp_path, GRID | {column: value}))
    assert f"own.csv, line 2, column '{column}': {value!r}; " in told
    assert accepted in told


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (GRID | {"gas": ""}, "gas"),
        (NCV | {"gas": "CO2"}, "gas"),
        (GRID | {"carrier": ""}, "carrier"),
        (GRID | {"unit": "tCO2e/MWh"}, "unit"),
        (GRID | {"unit": "kg/kWh"}, "unit"),
        (GRID | {"unit": "MWh"}, "unit"),
        (GRID | {"unit": "tCO2/furlong"}, "unit"),
        (GRID | {"calorific_basis": "net"}, "calorific_basis"),
        (GAS | {"calorific_basis": ""}, "calorific_basis"),
        (GAS | {"unit": "kg/m3"}, "calorific_basis"),
        (GAS | {"gas": "CO2e", "biogenic": "yes"}, "biogenic"),
        (GRID | {"valid_from": "2026-01-01", "valid_to": "2026-01-01"}, "valid_to"),
        (GRID | {"reference_year": "2024-25"}, "reference_year"),
        (GRID | {"reference_year": "2017-2015"}, "reference_year"),
        (GRID | {"reference_days": "2024-04-01"}, "reference_days"),
        (GRID | {"reference_days": "2025-04-01/2024-04-01"}, "reference_days"),
        (NCV | {"unit": "kg/TJ"}, "unit"),
        (NCV | {"calorific_basis": "gross"}, "calorific_basis"),
        (NCV | {"quantity": "gcv"}, "calorific_basis"),
        (NCV | {"value": "0"}, "value"),
        (GWP | {"gwp_set": ""}, "gwp_set"),
        (GWP | {"unit": "t/t"}, "unit"),
        (SHARE | {"unit": "%"}, "unit"),
        (SHARE | {"value": "90"}, "value"),
        (SHARE | {"value": "0", "basis": "net_per_gross"}, "value"),
        (LOSS | {"value": "1"}, "value"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused_by_line_and_column(tmp_path, row, column):
    told = refused(written(tmp_path, GAS | {"factor_id": "before"}, row))
    assert told.startswith(f"own.csv, line 3, column '{column}': ")


def test_a_fiscal_year_needs_its_days(tmp_path):
    (factor,) = read_factors(
        written(tmp_path, GRID | {"reference_year": "2024-25", "reference_days": "2024-07-01/2025-07-01"})
    )
    assert [day.isoformat() for day in factor.described] == ["2024-07-01", "2025-07-01"]


def test_the_same_id_and_version_twice_in_a_file_is_refused(tmp_path):
    told = refused(written(tmp_path, GRID, GAS, GRID | {"value": "0.5"}))
    assert told.startswith("own.csv, line 4, column 'factor_id': 'own.th.generation_2025@1'; ")
    assert "line 2" in told


def test_two_versions_of_one_id_are_two_records(tmp_path):
    rows = (GRID, GRID | {"version": "2", "supersedes": "own.th.generation_2025@1"})
    assert [factor.version for factor in read_factors(written(tmp_path, *rows))] == [1, 2]


def test_a_users_record_must_not_take_the_name_of_a_shipped_one(tmp_path):
    own = read_factors(written(tmp_path, GRID | {"factor_id": "grid.th.national.generation_2022"}))
    with pytest.raises(FactorError, match=r"grid\.th\.national\.generation_2022@1 is there twice.*0\.407 and 0\.4512"):
        by_ref((*shipped_factors(), *own))


def test_an_unknown_column_a_missing_one_and_a_doubled_one_are_refused(tmp_path):
    assert "line 1, column 'colour': 'colour'; one of factor_id, " in refused(
        written(tmp_path, GRID | {"colour": "red"})
    )
    missing = {name: text for name, text in GRID.items() if name not in ("publisher", "trust")}
    assert "line 1, column 'publisher': ''; a first line with the columns publisher, trust" in refused(
        written(tmp_path, missing)
    )
    header, line = ",".join([*GRID, "note", "note"]), ",".join([*GRID.values(), "", ""])
    assert "column 'note': 'note'; each column once" in refused(saved(tmp_path, f"{header}\n{line}\n"))


def test_a_line_with_too_many_or_too_few_cells_is_refused(tmp_path):
    text = ",".join(GRID) + "\n" + ",".join(GRID.values())
    assert "line 2, column 'official': 'yes,0'; one cell a column, 17 in all" in refused(saved(tmp_path, text + ",0"))
    assert "line 2, column 'official': ''; one cell a column" in refused(saved(tmp_path, text.rpartition(",")[0]))


def test_an_empty_file_a_missing_one_and_one_that_is_no_text_are_refused(tmp_path):
    assert "line 1, column 'factor_id'" in refused(saved(tmp_path, ""))
    assert "none.csv: cannot be read: No such file" in refused(tmp_path / "none.csv")
    header = ",".join(GRID).encode()
    assert "own.csv, line 2: a byte that is not UTF-8" in refused(saved(tmp_path, header + b"\nD\xfcngemittel"))
    assert "own.csv, line 2: " in refused(saved(tmp_path, header + b'\n"open'))


def test_line_numbers_are_those_of_the_file_after_a_note_of_several_lines_and_a_blank_line(tmp_path):
    rows = (GAS | {"factor_id": "a", "note": "first\nsecond"}, GAS | {"note": "", "publisher": ""})
    content = written(tmp_path, *rows).read_bytes().replace(b'second"\n', b'second"\n\n')
    assert refused(saved(tmp_path, b"\xef\xbb\xbf" + content)).startswith("own.csv, line 5, column 'publisher': ''")


@given(st.decimals(min_value=0, max_value=10**9, places=6, allow_nan=False))
def test_every_number_is_read_as_it_is_written(tmp_path_factory, number):
    value = format(number, "f")
    (factor,) = read_factors(written(tmp_path_factory.mktemp("own"), GRID | {"value": value}))
    assert Decimal(factor.value) == number
    assert factor.number == float(number)


@given(st.dictionaries(st.sampled_from(sorted(COLUMNS)), st.text(max_size=12), min_size=1))
def test_whatever_stands_in_a_line_it_is_read_or_refused_by_name(tmp_path_factory, cells):
    told, factors = "", []
    try:
        factors = read_factors(written(tmp_path_factory.mktemp("own"), GRID | cells))
    except FactorError as error:
        told = str(error)
    assert told.startswith("own.csv, line ") or [list(contradictions(factor)) for factor in factors] == [[]]


@pytest.mark.parametrize("value", ["abc", "-1", "inf", "nan"])
def test_a_record_made_by_hand_whose_value_is_no_number_says_so_when_it_is_used(value):
    factor = Factor(**{**known("ipcc2006.mfg.natural_gas.co2").to_dict(), "value": value})
    with pytest.raises(FactorError, match=rf"natural_gas\.co2@1: value '{value}'; a number of 0 or more is accepted"):
        _ = factor.number


def known(factor_id) -> Factor:
    return by_ref(shipped_factors())[f"{factor_id}@1"]


def test_what_a_record_describes_is_told_in_days():
    def told(factor_id):
        days = known(factor_id).described
        return days and [day.isoformat() for day in days]

    assert told("grid.kr.national.generation_2021") == ["2021-01-01", "2022-01-01"]
    assert told("grid.ph.mindanao.om_2015_2017") == ["2015-01-01", "2018-01-01"]
    assert told("grid.in.national.cm_2024_25") == ["2024-04-01", "2025-04-01"]
    assert told("ipcc2006.mfg.natural_gas.co2") is None


def test_every_word_that_a_factor_is_chosen_by_is_explained():
    assert all(SECTORS.values())
    assert all(BASES.values())
    assert {factor.sector for factor in shipped_factors()} <= {"", *SECTORS}
    assert {factor.basis for factor in shipped_factors()} <= set(BASES)
    assert {factor.calorific_basis for factor in shipped_factors()} == {None, CalorificBasis.NET, CalorificBasis.GROSS}


def test_the_folder_of_the_records_is_inside_the_package():
    assert Path(str(files("meterproof_mv.ghg") / "data")).is_dir()


def test_every_field_that_does_not_fit_is_told():
    factor = replace(known("grid.kr.national.generation_2021"), unit="MWh", carrier="", reference_year="once")
    assert [found.field for found in contradictions(factor)] == ["carrier", "reference_year", "unit"]


def test_a_record_with_a_note_of_several_lines_is_refused_by_its_first_line(tmp_path):
    row = GAS | {"publisher": "", "note": "first\nsecond\nthird"}
    assert refused(written(tmp_path, row)).startswith("own.csv, line 2, column 'publisher': ''")
