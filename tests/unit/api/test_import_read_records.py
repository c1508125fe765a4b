"""Bills and other hand-kept records read from files: what lines say of each other, and what goes through unchanged."""

import csv
from dataclasses import dataclass
from datetime import date, timedelta

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterproof_api.importing.kinds import Kind, Layout
from meterproof_api.importing.reading import read_file
from meterproof_mv.dossier.vocabulary import Origin
from meterproof_mv.heat_content import CalorificBasis

FOOD_PLANT = "start,end,fuel,energy,unit,cost\n"


def layout(**changes):
    asked = {"kind": Kind.BILLS, "plant": "p", "origin": Origin.BILL, "series": "natural_gas", "unit": "m3", **changes}
    return Layout(**asked)


@pytest.fixture
def read(tmp_path):
    def reader(text, **changes):
        path = tmp_path / "file.csv"
        path.write_text(text)
        return read_file(path, layout(**changes))

    return reader


def texts(parsed):
    return [str(problem) for problem in parsed.problems]


def codes(parsed):
    return [finding.code for finding in parsed.findings]


def months(amounts, head="start,end,amount", tail=""):
    lines = [f"2024-{at:02}-01,2024-{at + 1:02}-01,{amount}{tail}\n" for at, amount in enumerate(amounts, start=1)]
    return head + "\n" + "".join(lines)


def test_the_first_bill_without_a_start_dates_the_next_one_only(read):
    parsed = read(
        FOOD_PLANT + ",2021-12-31,gas,6022,MMBtu,1\n2021-12-31,2022-01-29,gas,10,MMBtu,2\n,2021-12-28,power,7,kWh,\n",
        series=None,
        currency="USD",
    )
    assert texts(parsed) == []
    assert set(parsed.records) == {"bills/gas"}
    assert [row.written for row in parsed.records["bills/gas"]] == ["10"]
    assert codes(parsed) == ["first_bill_without_start", "first_bill_without_start"]


def test_a_later_bill_without_a_start_and_one_before_the_first_are_errors(read):
    text = "start,end,amount\n,2024-02-01,1\n2024-01-15,2024-03-01,2\n,2024-04-01,3\n"
    assert texts(read(text)) == [
        "line 3 column 'start': '2024-01-15' is before the end, 2024-02-01, of line 2, which has no start and so has to be "
        "the first",
        "line 4 column 'start': is empty; only the first row of a series may lack it (line 2)",
    ]
    assert texts(read(text, kind=Kind.WASTE))[0] == "line 2 column 'start': is empty; a date is needed here"


def test_reads_with_the_newest_first_are_taken_from_the_bottom_up(read):
    parsed = read("read_date,amount\n2024-03-28,3\n2024-02-28,2\n2024-01-28,1\n")
    assert [(row.start, row.amount) for row in parsed.records["bills/natural_gas"]] == [
        (date(2024, 1, 29), 2.0),
        (date(2024, 2, 29), 3.0),
    ]
    assert codes(parsed) == ["newest_first", "first_bill_without_start"]


def test_lines_of_periods_may_stand_in_any_order(read):
    parsed = read("start,end,amount\n2024-02-01,2024-03-01,2\n2024-01-01,2024-02-01,1\n")
    assert [row.amount for row in parsed.records["bills/natural_gas"]] == [1.0, 2.0]


def test_a_bill_inside_of_a_long_one_overlaps_it_also_when_another_lies_between(read):
    text = "start,end,amount\n2024-01-01,2025-01-01,9\n2024-02-01,2024-03-01,2\n2024-05-01,2024-06-01,3\n"
    assert [message.partition(" of the same")[0] for message in texts(read(text))] == [
        "line 3 column 'start': 2024-02-01 to 2024-03-01 overlaps line 2",
        "line 4 column 'start': 2024-05-01 to 2024-06-01 overlaps line 2",
    ]


def test_many_gaps_between_bills_are_told_by_the_first_ones(read):
    text = "start,end,amount\n" + "".join(f"20{year}-01-01,20{year}-02-01,1\n" for year in range(10, 20))
    assert read(text).findings[0].message.endswith("2015-01-01 (before line 7) and 4 more")


def test_gaps_of_production_are_no_matter_of_the_file(read):
    assert read("date,output\n2024-01-01,1\n2024-01-05,2\n", kind=Kind.PRODUCTION, unit="t").findings == ()


def test_estimated_reads_are_marked_by_the_usual_words(read):
    words = [
        "yes",
        "Y",
        "TRUE",
        "1",
        "x",
        "E",
        "est",
        "Estimate",
        "estimated",
        "no",
        "n",
        "false",
        "0",
        "A",
        "act",
        "actual",
        "read",
        "measured",
        "metered",
        "",
    ]
    days = [date(2024, 1, 1) + timedelta(days=at) for at in range(len(words) + 1)]
    text = "start,end,amount,estimated\n" + "".join(
        f"{days[at]},{days[at + 1]},1,{word}\n" for at, word in enumerate(words)
    )
    assert [row.estimated for row in read(text).records["bills/natural_gas"]] == [True] * 9 + [False] * 11


def test_volume_stays_volume_and_keeps_its_heat_content(read):
    parsed = read(
        months(["1000", "2000"], tail=",39.6,kWh/m3,GCV")
        .replace("39.6", "11.0")
        .replace("amount", "amount,cv,cvu,basis"),
        columns={"heat_content": "cv", "heat_content_unit": "cvu"},
    )
    rows = parsed.records["bills/natural_gas"]
    assert parsed.units == {"bills/natural_gas": "m3"}
    assert [row.amount for row in rows] == [1000.0, 2000.0]
    assert {(row.heat_content, row.heat_content_unit, row.calorific_basis) for row in rows} == {
        ("11.0", "kWh/m3", CalorificBasis.GROSS)
    }


def test_volume_becomes_energy_with_the_heat_content_of_each_bill_when_asked(read):
    stated = {"heat_content": "36", "heat_content_unit": "MJ/m3", "calorific_basis": CalorificBasis.NET}
    head, tail = "start,end,amount,heat_content", ","
    text = months(["1000", "2000"], head, tail).replace("2000,", "2000,39.6")
    parsed = read(text, target_unit="kWh", **stated)
    assert parsed.units == {"bills/natural_gas": "kWh"}
    assert [row.amount for row in parsed.records["bills/natural_gas"]] == pytest.approx([10_000, 22_000], rel=1e-15)
    assert [row.written for row in parsed.records["bills/natural_gas"]] == ["1000", "2000"]
    assert codes(parsed) == ["converted_with_heat_content"]


def test_energy_stays_energy_when_energy_is_asked_for(read):
    parsed = read(months(["10"]), unit="MWh", target_unit="kWh")
    assert [row.amount for row in parsed.records["bills/natural_gas"]] == [10_000.0]
    assert parsed.findings == ()


def test_volume_without_a_heat_content_cannot_become_energy(read):
    assert texts(read(months(["10"]), target_unit="kWh")) == [
        "line 2: 'm3' cannot become kWh; without a heat content they are never added: state it, or give them series "
        "of their own"
    ]


def test_energy_of_an_unknown_basis_is_not_added_to_converted_volume(read):
    text = "start,end,amount,unit,hc,b\n2024-01-01,2024-02-01,10,MWh,,\n2024-02-01,2024-03-01,9,m3,36,net\n"
    columns = {"heat_content": "hc", "calorific_basis": "b"}
    assert texts(read(text, unit=None, columns=columns, heat_content_unit="MJ/m3")) == [
        "line 2 column 'b': is heat of an unknown basis, line 3 is net; say calorific_basis, and never add net to gross"
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"heat_content_unit": None}, "has no unit that can be read: unit '' is no heat content"),
        ({"heat_content_unit": "MJ"}, "has no unit that can be read: unit 'MJ' is no heat content"),
        ({"heat_content_unit": "GJ/t"}, "is per t, but the row counts m3; use a heat content of what is counted"),
        ({"heat_content_unit": "MJ/Nm3"}, "is per Nm3, but the row counts m3"),
        ({"calorific_basis": None}, "does not say net or gross, which is a tenth apart for gas"),
        ({"heat_content": "3.6"}, "is 3.6 MJ/m3, which natural_gas cannot have; 19.2 to 57.6 MJ/m3 is accepted"),
        ({"series": "steam_coal", "heat_content": "1e9"}, "which steam_coal cannot have; 2 to 6e+04 MJ/m3 is accepted"),
        (
            {"unit": "t", "heat_content_unit": "MJ/kg", "heat_content": "480"},
            "is 480 GJ/t, which natural_gas cannot have",
        ),
        (
            {"unit": "t", "heat_content_unit": "GJ/t", "heat_content": "0.5", "carrier": "mystery"},
            "is 0.5 GJ/t, which mystery cannot have; 1 to 150 GJ/t is accepted",
        ),
        ({"heat_content": "36", "carrier": "anthracite"}, ""),
    ],
)
def test_a_wrong_heat_content_is_an_error_of_each_line_that_it_holds_for(read, changes, told):
    stated = {"heat_content": "36", "heat_content_unit": "MJ/m3", "calorific_basis": CalorificBasis.GROSS}
    problems = texts(read(months(["1", "2"]), **{**stated, **changes}))
    assert len(problems) == (2 if told else 0)
    assert all(told in problem for problem in problems)


def test_a_heat_content_said_for_the_file_holds_for_its_fuels_alone(read):
    text = "start,end,amount,unit,series\n2024-01-01,2024-02-01,5,m3,natural gas\n2024-01-01,2024-02-01,5,kWh,Electricity\n"
    stated = {"heat_content": "36", "heat_content_unit": "MJ/m3", "calorific_basis": CalorificBasis.GROSS}
    parsed = read(text, series=None, unit=None, **stated)
    assert parsed.records["bills/natural_gas"][0].calorific_basis is CalorificBasis.GROSS
    assert parsed.records["bills/electricity"][0].calorific_basis is None
    assert parsed.records["bills/electricity"][0].heat_content == ""


def test_few_heat_contents_have_no_median_to_stand_out_from(read):
    stated = {"heat_content_unit": "MJ/m3", "calorific_basis": CalorificBasis.GROSS}
    text = months(["1", "2"], "start,end,amount,heat_content", ",").replace("1,\n", "1,30\n").replace("2,\n", "2,45\n")
    assert read(text, **stated).findings == ()


def test_drivers_keep_their_unit_as_stated_and_may_be_negative(read):
    parsed = read("month,value\n2024-01,-3.5\n2024-02,\n", kind=Kind.DRIVERS, series="t_out", unit="degC")
    assert parsed.units == {"drivers/t_out": "degC"}
    assert [row.amount for row in parsed.records["drivers/t_out"]] == [-3.5]
    assert codes(parsed) == ["empty_amount"]
    assert "no unit is stated" in texts(read("month,value\n2024-01,1\n", kind=Kind.DRIVERS, series="x", unit=None))[0]


def test_pieces_are_counted_in_ones(read):
    parsed = read("day,output\n2024-01-01,12\n", kind=Kind.PRODUCTION, series="tiles", unit="pcs")
    assert parsed.units == {"production/tiles": "1"}


def test_a_file_without_amounts_says_so(read):
    assert "line 1: no column holds the amounts; name it, as in --map amount=HEADER" in texts(
        read("start,end\n2024-01-01,2024-02-01\n")
    )


def test_costs_are_kept_digit_by_digit_with_their_currency(read):
    text = "start;end;amount;cost;currency\n2024-01-01;2024-02-01;5;1.234,50;vnd\n2024-02-01;2024-03-01;5;-7,10;\n"
    rows = read(text, decimal=",", currency="EUR").records["bills/natural_gas"]
    assert [(row.cost, row.currency) for row in rows] == [("1234.50", "VND"), ("-7.10", "EUR")]
    assert "line 2 column 'currency': 'dong' is no currency" in texts(read(text.replace("vnd", "dong"), decimal=","))[0]


@dataclass(frozen=True)
class Bill:
    days: int
    amount: float
    unit: str
    estimated: bool
    cost: str


BILLS = st.lists(
    st.builds(
        Bill,
        days=st.integers(1, 70),
        amount=st.floats(0, 1e12).map(lambda value: float(f"{value:.15g}")),  # as many digits as a spreadsheet keeps
        unit=st.sampled_from(["kWh", "MWh", "GJ", "MMBtu", "therm"]),
        estimated=st.booleans(),
        cost=st.decimals(-1000, 1_000_000, places=2).map(str),
    ),
    min_size=1,
    max_size=8,
)


def _table(bills, first):
    rows, start = [], first
    for bill in bills:
        end = start + timedelta(days=bill.days)
        rows.append((start, end, bill.amount, bill.unit, bill.estimated, bill.cost))
        start = end
    return rows


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bills=BILLS, first=st.dates(date(1990, 1, 1), date(2150, 1, 1)))
def test_rows_written_to_a_text_file_and_to_a_workbook_come_back_as_they_were(tmp_path, bills, first):
    head = ["start", "end", "amount", "unit", "estimated", "cost"]
    rows = _table(bills, first)
    with (tmp_path / "file.csv").open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    book = openpyxl.Workbook()
    for row in [head, *rows]:
        book.active.append(row)
    book.save(tmp_path / "file.xlsx")
    asked = layout(unit=None, currency="USD")
    found = [read_file(tmp_path / name, asked) for name in ("file.csv", "file.xlsx")]
    for parsed in found:
        assert texts(parsed) == []
        back = parsed.records["bills/natural_gas"]
        told = [(row.start, row.end, float(row.written), row.written_unit, row.estimated, row.cost) for row in back]
        assert told == rows
        assert {row.currency for row in back} == {"USD"}
    assert [row.amount for row in found[0].records["bills/natural_gas"]] == [
        row.amount for row in found[1].records["bills/natural_gas"]
    ]
