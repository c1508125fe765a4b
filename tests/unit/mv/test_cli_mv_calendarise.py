"""``meterproof mv calendarise``: what it reads, what it prints and writes, and how bad bills are told."""

import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from meterproof.cli_mv import app

MONTHS = np.arange("2023-12", "2024-08", dtype="datetime64[M]").astype("datetime64[D]").astype(str).tolist()
JAN, FEB, MAR, APR = MONTHS[1:5]


def run(*arguments):
    return CliRunner().invoke(app, ["calendarise", *(str(argument) for argument in arguments)])


def write(path, header, *lines, encoding="utf-8"):
    path.write_text("\n".join([header, *lines]) + "\n", encoding=encoding)
    return path


def bills(tmp_path, header, *lines):
    return write(tmp_path / "bills.csv", header, *lines)


def told(path, *arguments):
    result = run(path, "--energy", "use", "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def refused(path, *arguments):
    result = run(path, "--energy", "use", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("meterproof mv: ")
    return result.stderr


@pytest.fixture
def three(tmp_path):
    return bills(tmp_path, "start,end,use", f"{JAN},{FEB},31", f"{FEB},{MAR},58", f"{MAR},{APR},93")


def test_months_come_out_as_json(three):
    found = told(three)
    assert found["columns"] == ["start", "end", "use"]
    assert found["rows"] == [
        {"start": JAN, "end": FEB, "use": 31.0},
        {"start": FEB, "end": MAR, "use": 58.0},
        {"start": MAR, "end": APR, "use": 93.0},
    ]
    (meter,) = found["meters"]
    assert (meter["meter"], meter["unit"], meter["bills"], meter["findings"]) == ("all", None, 3, [])
    assert meter["periods"][1] == {
        "start": FEB,
        "end": MAR,
        "amount": 58.0,
        "covered_amount": 58.0,
        "days_covered": 29,
        "days": 29,
        "complete": True,
    }
    assert (found["periods"], found["findings"]) == ("monthly", [])


def test_bills_with_a_read_date_alone_are_dated_by_the_read_before(tmp_path):
    path = bills(tmp_path, "read_date,use", "2023-12-31,9", "2024-01-31,31", "2024-02-29,58")
    assert [row["use"] for row in told(path)["rows"]] == [31.0, 58.0]


def test_a_file_is_written_that_mv_fit_reads(tmp_path):
    edges = np.arange("2022-01", "2024-02", dtype="datetime64[M]").astype("datetime64[D]").astype(str)
    lines = [f"{edges[row]},{edges[row + 1]},{500 + 3 * (row % 7) / 7}" for row in range(24)]
    drivers = [f"{edges[row]},{edges[row + 1]},{row % 7},{'AB'[row % 2]}" for row in range(24)]
    path = bills(tmp_path, "start,end,use", *lines)
    join = write(tmp_path / "drivers.csv", "start,end,production_t,shift", *reversed(drivers))
    out = tmp_path / "rows.csv"
    assert run(path, "--energy", "use", "--join", join, "--out", out).exit_code == 0
    with out.open() as file:
        written = list(csv.DictReader(file))
    assert list(written[0]) == ["start", "end", "use", "production_t", "shift"]
    assert float(written[5]["use"]) == 500 + 15 / 7
    arguments = ["fit", out, "--energy", "use", "--drivers", "production_t,shift", "--model", "linear", "--json"]
    fitted = json.loads(CliRunner().invoke(app, [str(argument) for argument in arguments]).stdout)
    assert fitted["coefficients"]["production_t"] == pytest.approx(3 / 7)
    assert fitted["n"] == 24


def test_each_meter_becomes_a_column_and_cost_is_spread_likewise(tmp_path):
    path = bills(
        tmp_path,
        "start,end,meter,use,unit,cost",
        f"{JAN},{MAR},Boiler gas,60,MMBtu,-30",
        f"{JAN},{FEB},main,10,MWh,5",
        f"{FEB},{APR},main,60,MWh,",
    )
    found = told(path, "--group-by", "meter", "--cost", "cost")
    assert found["columns"][2:] == ["boiler_gas_mmbtu", "boiler_gas_cost", "main_mwh", "main_cost"]
    assert [row["boiler_gas_mmbtu"] for row in found["rows"]] == [pytest.approx(31.0), pytest.approx(29.0), None]
    assert found["rows"][0]["boiler_gas_cost"] == pytest.approx(-15.5)
    assert [row["main_cost"] for row in found["rows"]] == [5.0, None, None]
    alone = told(path, "--meter", "main", "--cost", "cost")
    assert alone["columns"][2:] == ["use_mwh", "cost"]
    assert [row["use_mwh"] for row in alone["rows"]] == [10.0, pytest.approx(29.0), pytest.approx(31.0)]
    assert [meter["cost_column"] for meter in found["meters"]] == ["boiler_gas_cost", "main_cost"]


def test_people_see_a_table_with_what_is_covered_and_what_was_found(tmp_path):
    path = bills(
        tmp_path,
        "start,end,meter,use,unit,calorific_basis",
        f"2023-12-15,{FEB},gas,48,kWh,gross",
        f"{FEB},{MAR},gas,29e6,kWh,gross",
        f"{JAN},{FEB},power,31,kWh,",
        "2024-02-11,2024-04-01,power,50,kWh,",
    )
    join = write(tmp_path / "drivers.csv", "start,end,shift,output_t", f"{JAN},{FEB},day,", f"{FEB},{MAR},,5")
    result = run(path, "--energy", "use", "--group-by", "meter", "--join", join)
    assert result.exit_code == 0
    for words in (
        "gas_kwh",
        "29,000,000",
        "19 of 29 days",
        "gas: 2 bills, kWh, gross calorific value; 2 of 3 periods known",
        "power: 2 bills, kWh; 2 of 3 periods known",
        "bill_gap",
        "driver_missing: driver 'shift' is missing in 2 of 3 periods",
    ):
        assert words in result.stdout
    assert (
        "no unit stated"
        in run(bills(tmp_path, "read_date,use", "2023-12-31,1", "2024-01-31,5"), "--energy", "use").stdout
    )


def test_drivers_that_are_missing_for_some_months_are_a_finding_and_an_empty_cell(three, tmp_path):
    join = write(tmp_path / "drivers.csv", "start,end,production_t", f"{JAN},{FEB},5", f"{MAR},{APR},")
    found = told(three, "--join", join)
    assert [row["production_t"] for row in found["rows"]] == [5.0, None, None]
    (finding,) = found["findings"]
    assert (finding["code"], finding["severity"]) == ("driver_missing", "warning")
    assert finding["data"] == {"driver": "production_t", "start": [FEB, MAR]}


def test_many_missing_months_are_counted_not_listed(tmp_path):
    lines = [f"{MONTHS[row]},{MONTHS[row + 1]},1" for row in range(7)]
    join = write(tmp_path / "drivers.csv", "start,end,t", f"{MONTHS[0]},{MONTHS[1]},1")
    (finding,) = told(bills(tmp_path, "start,end,use", *lines), "--join", join)["findings"]
    assert "and 3 more" in finding["message"]


def test_bills_may_be_spread_over_the_periods_of_the_drivers(three, tmp_path):
    join = write(tmp_path / "weeks.csv", "start,end,t", "2024-01-01,2024-01-29,7", "2024-01-29,2024-02-26,8")
    found = told(three, "--join", join, "--to", "drivers")
    assert [row["use"] for row in found["rows"]] == pytest.approx([28.0, 3.0 + 25 * 2.0])
    assert "is no calendar month" in refused(three, "--join", join)
    assert "--to drivers needs the file whose periods are meant" in refused(three, "--to", "drivers")


def test_only_the_months_of_a_period_are_given_when_one_is_asked_for(three):
    found = told(three, "--from", "2024-01-15", "--until", MAR)
    assert [row["start"] for row in found["rows"]] == [FEB]
    assert "bills cover no period on all its days" in refused(three, "--from", "2025-01-01")


def test_amounts_in_several_units_are_added_only_in_a_unit_that_was_asked_for(tmp_path):
    path = bills(tmp_path, "start,end,use,unit", f"{JAN},{FEB},1,MWh", f"{FEB},{MAR},3.6,GJ")
    assert "line 3: unit 'GJ' stands beside 'MWh' of line 2; --unit says which one is wanted" in refused(path)
    found = told(path, "--unit", "kwh")
    assert [row["use_kwh"] for row in found["rows"]] == pytest.approx([1000.0, 1000.0])
    assert found["meters"][0]["unit"] == "kWh"


def test_fuel_becomes_heat_by_the_heat_content_of_its_own_bill(tmp_path):
    header = "start,end,use,unit,heat_content,heat_content_unit,calorific_basis"
    lines = [f"{JAN},{FEB},100,m3,36.0,MJ/m3,gross", f"{FEB},{MAR},100,m3,10.01,kWh/m3,gross"]
    found = told(bills(tmp_path, header, *lines), "--unit", "kWh")
    assert [row["use_kwh"] for row in found["rows"]] == pytest.approx([1000.0, 1001.0])
    assert found["meters"][0]["calorific_basis"] == "gross"
    kept = told(bills(tmp_path, header, *lines))
    assert [row["use_m3"] for row in kept["rows"]] == [100.0, 100.0]
    empty = told(bills(tmp_path, header, lines[0], f"{FEB},{MAR},,m3,,MJ/m3,gross"), "--unit", "kWh")
    assert [row["use_kwh"] for row in empty["rows"]] == [1000.0]


def test_estimated_bills_are_added_to_the_next_read(tmp_path):
    path = bills(tmp_path, "start,end,use,estimated", f"{JAN},{FEB},40,Yes", f"{FEB},{MAR},20,no")
    assert [row["use"] for row in told(path)["rows"]] == pytest.approx([31.0, 29.0])


def test_an_end_may_be_the_last_day(tmp_path):
    lines = [f"{JAN},2024-01-31,31", f"{FEB},2024-02-29,29"]
    path = bills(tmp_path, "start,end,use", *lines)
    assert [row["use"] for row in told(path, "--end-included")["rows"]] == [31.0, 29.0]
    assert "bills cover no period" in refused(path)
    with_read = bills(tmp_path, "start,end,use,read_date", f"{lines[0]},2024-01-31", f"{lines[1]},")
    assert [row["use"] for row in told(with_read, "--end-included")["rows"]] == [31.0, 29.0]
    words = "line 2: read_date '2024-01-31' does not fit end '2024-01-31': a bill ends the day after its read"
    assert words in refused(with_read)


def test_decimal_commas_are_read_when_it_is_said(tmp_path):
    path = bills(tmp_path, "start;end;use", f"{JAN};{FEB};1.234,5", f"{FEB};{MAR};1.234.567", f"{MAR};{APR};-0,5e")
    assert "line 2: use '1.234,5' is not a number" in refused(path)
    assert "--decimal-comma" in refused(path)
    assert "line 4: use '-0,5e' is not a number" in refused(path, "--decimal-comma")
    path = bills(tmp_path, "start;end;use", f"{JAN};{FEB};1.234,5", f"{FEB};{MAR};1.234.567", f"{MAR};{APR};31,25")
    join = write(tmp_path / "drivers.csv", "start\tend\tt", f"{JAN}\t{FEB}\t0,5")
    found = told(path, "--decimal-comma", "--join", join)
    assert [row["use"] for row in found["rows"]] == [1234.5, 1234567.0, 31.25]
    assert found["rows"][0]["t"] == 0.5


def test_points_that_may_part_thousands_are_asked_for(tmp_path):
    path = bills(tmp_path, "start;end;use", f"{JAN};{FEB};1.234", f"{FEB};{MAR};2.345")
    assert "line 2: use '1.234' could be thousands or a decimal point; say --decimal-comma or" in refused(path)
    assert [row["use"] for row in told(path, "--decimal-comma")["rows"]] == [1234.0, 2345.0]
    assert [row["use"] for row in told(path, "--decimal-point")["rows"]] == [1.234, 2.345]
    settled = bills(tmp_path, "start;end;use", f"{JAN};{FEB};1.234", f"{FEB};{MAR};2.34")
    assert [row["use"] for row in told(settled)["rows"]] == [1.234, 2.34]
    by_commas = bills(tmp_path, "start,end,use", f"{JAN},{FEB},1.234")
    assert [row["use"] for row in told(by_commas)["rows"]] == [1.234]


@pytest.mark.parametrize(
    ("header", "lines", "words"),
    [
        (
            "start,end,use",
            [f"{JAN},{MAR},1", f"{FEB},{APR},1"],
            "line 3 starts 2024-02-01, before line 2 ends 2024-03-01; bills of one meter may not overlap",
        ),
        (
            "start,end,use",
            [f"{FEB},{JAN},1"],
            f"line 2: start '{FEB}' is not before the bill's last day or end '{JAN}'",
        ),
        ("start,read_date,use", [f"{FEB},{JAN},1"], f"line 2: start '{FEB}' is not before the bill's last day or end"),
        ("read_date,use", [f"{JAN},1", f"{JAN},2"], "line 3 and line 2 both end 2024-01-02"),
        ("end,use", [f"{JAN},1", "31.01.2024,2"], "line 3: end '31.01.2024' is no date; ISO 8601"),
        ("end,use", [",1"], "line 2: end '' is no date"),
        ("end,use", ["2024-01-31T06:00,1"], "line 2: end '2024-01-31T06:00' has a time of day"),
        ("end,use", ["2024-01-31T00:00Z,1"], "has a time of day"),
        ("date,use", [f"{JAN},1"], "line 1: column 'end' is missing; there are date, use"),
        ("end,energy", [f"{JAN},1"], "line 1: column 'use' is missing"),
        ("end,use,use", [f"{JAN},1,1"], "column 'use' is there twice"),
        ("end,use", [f"{JAN},'1"], 'line 2: use "\'1" is not a number'),
        ("end,use", [f"{JAN},1,5"], "line 2: 3 cells under 2 columns"),
        ("end,use,unit", [f"{JAN},1,ton"], "line 2: unit: unit 'ton' does not say which it is; write t, short ton"),
        ("end,use,unit", [f"{JAN},1,"], "line 2: unit: unit '' unknown"),
        ("end,use,estimated", [f"{JAN},1,perhaps"], "line 2: estimated 'perhaps' is unknown; yes, no"),
        ("end,use,meter", [f"{JAN},1,"], "line 2: meter '' is empty"),
        (
            "end,use,meter",
            [f"{JAN},1,a", f"{JAN},1,b"],
            "column 'meter' has a, b: bills of different meters are not added",
        ),
        ("end,use,calorific_basis", [f"{JAN},1,upper"], "line 2: calorific_basis 'upper' is unknown; net or gross"),
        (
            "end,use,calorific_basis",
            [f"{JAN},1,net", f"{FEB},1,gross"],
            "line 3: calorific_basis 'gross' stands beside 'net' of line 2",
        ),
    ],
)
def test_a_bill_that_cannot_be_used_is_named_with_line_and_column(tmp_path, header, lines, words):
    path = bills(tmp_path, header, *lines)
    said = refused(path)
    assert words in said
    assert str(path) in said


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["--meter", "b"], "column 'meter' has no 'b'; there are a"),
        (["--group-by", "site"], "column 'site' is missing"),
        (["--cost", "cost"], "column 'cost' is missing"),
        (["--unit", "furlong"], "--unit: unit 'furlong' unknown"),
        (["--unit", "kWh"], "line 2: unit: unit 'm3' measures volume, 'kWh' energy"),
        (["--join", "nowhere.csv"], "nowhere.csv: No such file"),
    ],
)
def test_a_question_that_the_file_cannot_answer_is_told(tmp_path, asked, words):
    path = bills(tmp_path, "start,end,use,unit,meter", f"{JAN},{FEB},1,m3,a")
    assert words in refused(path, *asked)


def test_a_meter_and_a_unit_need_their_columns(three):
    assert "--meter 'a' needs a column 'meter'" in refused(three, "--meter", "a")
    assert "column 'unit' is missing, so that nothing can become 'kWh'" in refused(three, "--unit", "kWh")


@pytest.mark.parametrize(
    ("content", "unit", "words"),
    [
        ("0", "MJ/m3", "line 2: heat_content '0' is no heat content; a number above 0 is accepted"),
        ("", "MJ/m3", "heat_content '' is no heat content"),
        ("36", "MJ", "line 2: unit: unit 'MJ' is no heat content; energy per volume or mass"),
        ("36", "MJ/Nm3", "line 2: unit: unit 'm3' measures volume"),
    ],
)
def test_a_wrong_heat_content_is_told(tmp_path, content, unit, words):
    header = "start,end,use,unit,heat_content,heat_content_unit"
    path = bills(tmp_path, header, f"{JAN},{FEB},1,m3,{content},{unit}")
    assert words in refused(path, "--unit", "MWh")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([f"{FEB},{JAN},1"], f"line 2: end '{JAN}' is not after start {FEB}"),
        ([f"{JAN},{MAR},1", f"{FEB},{MAR},1"], f"line 3: start '{FEB}' lies before line 2 ends {MAR}"),
        ([f"{JAN},{FEB},1", f"{FEB},{MAR},one"], "line 3: t 'one' is not a number"),
        ([f"{JAN},2024-01-31,1"], "2024-01-01 to 2024-01-31 is no calendar month"),
        (["2024-01-02,2024-02-01,1"], "--to drivers spreads the bills over the periods of this file"),
    ],
)
def test_drivers_that_cannot_be_used_are_told(three, tmp_path, lines, words):
    join = write(tmp_path / "drivers.csv", "start,end,t", *lines)
    said = refused(three, "--join", join)
    assert words in said
    assert str(join) in said


def test_two_columns_of_one_name_are_refused(three, tmp_path):
    join = write(tmp_path / "drivers.csv", "start,end,use", f"{JAN},{FEB},1")
    assert "two columns would be called 'use'" in refused(three, "--join", join)


def test_negative_use_is_a_refusal_and_its_month_is_not_given(tmp_path):
    path = bills(tmp_path, "start,end,use", f"{JAN},{FEB},31", f"{FEB},{MAR},-5", f"{MAR},{APR},31")
    found = told(path)
    assert [row["use"] for row in found["rows"]] == [31.0, None, 31.0]
    refusal = next(finding for finding in found["meters"][0]["findings"] if finding["severity"] == "refusal")
    assert refusal["code"] == "negative_use"
    assert "line 3 from 2024-02-01 to 2024-03-01" in refusal["message"]


def test_a_read_date_before_the_previous_is_a_finding_with_its_line(tmp_path):
    path = bills(tmp_path, "read_date,use", "2023-12-31,1", "2024-02-29,1", "2024-01-31,1", "2024-03-31,1")
    codes = {finding["code"]: finding["message"] for finding in told(path)["meters"][0]["findings"]}
    assert codes["bills_out_of_order"].startswith("line 4 breaks the order of the read dates")


def test_a_file_is_written_whole_or_not_at_all(three, tmp_path):
    assert "is a file that was read" in refused(three, "--out", three)
    before = three.read_text()
    assert "No such file" in refused(three, "--out", tmp_path / "nowhere" / "rows.csv")
    folder = tmp_path / "folder"
    folder.mkdir()
    assert "Is a directory" in refused(three, "--out", folder)
    assert three.read_text() == before
    assert not list(tmp_path.glob("*.part"))
