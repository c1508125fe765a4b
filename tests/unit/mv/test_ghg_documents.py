"""The page on factors says what ships, no more and no less."""

import csv
import io
import re
from pathlib import Path

import pytest

from meterproof_mv.ghg import findings, record_findings
from meterproof_mv.ghg.keys import BASES, SECTORS
from meterproof_mv.ghg.library import by_ref, read_factors, shipped_factors
from meterproof_mv.ghg.rows import COLUMNS

PAGE = (Path(__file__).parents[3] / "docs/factors.md").read_text()
SHIPPED = shipped_factors()


def rows(heading):
    section = PAGE.split(f"\n### {heading}")[1].split("\n## ")[0].split("\n### ")[0]
    lines = re.findall(r"^\| `([^`]+)` \| (.*) \|$", section, re.MULTILINE)
    return [(name, *(cell.strip().strip("`") for cell in rest.split("|"))) for name, rest in lines]


def begins(prefix):
    return [factor for factor in SHIPPED if factor.factor_id.startswith(prefix)]


def test_the_page_shows_every_fuel_as_it_ships():
    known = by_ref(SHIPPED)
    expected = []
    for co2 in (factor for factor in begins("ipcc2006.mfg.") if factor.gas == "CO2"):
        parts = [known.get(f"ipcc2006.mfg.{co2.carrier}.{part}@1") for part in ("ncv", "co2", "ch4", "n2o")]
        values = [factor.value if factor else "" for factor in parts]
        expected.append((co2.carrier, *values, "memo" if co2.biogenic else ""))
    assert rows("Fuels") == expected
    assert len(expected) == 27


@pytest.mark.parametrize(
    ("heading", "prefix", "shown"),
    [
        ("Natural gas", "us40cfr98.", ("value", "unit", "calorific_basis", "trust")),
        ("Electricity", "grid.", ("value", "unit", "region", "basis", "reference_year", "trust", "official")),
        ("Process", "ipcc2006.process.", ("value", "unit", "carrier", "trust")),
        ("Global", "gwp.", ("value", "trust")),
    ],
)
def test_the_page_shows_every_record_as_it_ships(heading, prefix, shown):
    expected = [(factor.factor_id, *(getattr(factor, name) for name in shown)) for factor in begins(prefix)]
    assert expected
    assert rows(heading) == expected


def test_every_record_is_on_the_page():
    prefixes = ("ipcc2006.mfg.", "us40cfr98.", "grid.", "ipcc2006.process.", "gwp.")
    assert [factor.factor_id for factor in SHIPPED if not factor.factor_id.startswith(prefixes)] == []


def test_every_finding_on_factors_is_on_the_page_with_its_severity():
    raised = {}
    for module in (findings, record_findings):
        source = Path(module.__file__).read_text()
        raised |= dict(re.findall(r'factor_finding\(\s*"(\w+)", Severity\.(\w+)', source))
    assert len(raised) == 14
    shown = dict(re.findall(r"^\| `(\w+)` \| (info|warning|refusal) \|", PAGE, re.MULTILINE))
    assert shown == {code: severity.lower() for code, severity in raised.items()}


def test_every_word_that_factors_are_chosen_by_is_on_the_page():
    for basis, meaning in BASES.items():
        assert f"| `{basis}` | {meaning} |" in PAGE
    for sector, meaning in SECTORS.items():
        assert f"`{sector}` ({meaning})" in PAGE


def test_every_column_of_a_users_file_is_on_the_page():
    section = PAGE.split("## Your own factors")[1]
    assert [name for name in COLUMNS if f"`{name}`" not in section] == []


def test_the_example_of_a_users_file_is_accepted(tmp_path):
    (text,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "own.csv"
    path.write_text(text)
    assert len(read_factors(path)) == len(list(csv.reader(io.StringIO(text)))) - 1 == 1
