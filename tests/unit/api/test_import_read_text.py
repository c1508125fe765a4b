"""Text files: encoding, separator, quoting, headers; and files that are none."""

import gzip
import hashlib

import pytest

from meterproof_api.importing import reading, tables
from meterproof_api.importing.kinds import Kind, Label, Layout
from meterproof_api.importing.problems_of_file import ImportFileError
from meterproof_api.importing.reading import read_file
from meterproof_core.errors import SettingsError
from meterproof_mv.dossier.vocabulary import Origin
from meterproof_mv.heat_content import CalorificBasis

ROWS = "2024-01-01{0}2024-02-01{0}5\r\n2024-02-01{0}2024-03-01{0}6\r\n"
HEAD = "start{0}end{0}amount\r\n"


def layout(**changes):
    asked = {"kind": Kind.BILLS, "plant": "p", "origin": Origin.BILL, "series": "gas", "unit": "m3", **changes}
    return Layout(**asked)


def intervals(**changes):
    asked = {"kind": Kind.INTERVALS, "series": None, "unit": None, "time_zone": "Asia/Seoul", "label": Label.START}
    return layout(**{**asked, "point": "kiln", "quantity": "energy_import_kwh", **changes})


@pytest.fixture
def read(tmp_path):
    def reader(text, asked=None, *, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_file(path, asked or layout())

    return reader


def texts(parsed):
    return [str(problem) for problem in parsed.problems]


def amounts(parsed):
    assert texts(parsed) == []
    return [row.amount for row in parsed.records["bills/gas"]]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_separator_is_found_in_the_header_line(read, mark):
    assert amounts(read((HEAD + ROWS).format(mark))) == [5.0, 6.0]


def test_any_other_separator_can_be_said(read):
    assert amounts(read((HEAD + ROWS).format("|"), layout(delimiter="|"))) == [5.0, 6.0]


def test_two_separators_that_divide_the_headers_alike_are_asked_about(read):
    with pytest.raises(
        ImportFileError, match=r"file.csv: line 1: comma and semicolon divide the headers alike; say which"
    ):
        read("a;b,c\n1;2,3\n")


def test_a_byte_order_mark_is_no_part_of_the_first_header(read):
    assert amounts(read(b"\xef\xbb\xbf" + (HEAD + ROWS).format(",").encode())) == [5.0, 6.0]


def test_a_source_names_file_and_line_also_behind_an_empty_line_and_a_quoted_line_break(read):
    parsed = read('start,end,amount,note\n\n2024-01-01,2024-02-01,5,"two\nlines"\n,,,\n2024-02-01,2024-03-01,6\n')
    assert [row.source for row in parsed.records["bills/gas"]] == ["file.csv, line 3", "file.csv, line 6"]


def test_headers_may_stand_further_down(read):
    parsed = read("Bills of the works\nprinted 3/4/25,,\n" + (HEAD + ROWS).format(","), layout(header_line=3))
    assert amounts(parsed) == [5.0, 6.0]
    assert parsed.records["bills/gas"][0].source == "file.csv, line 4"


def test_a_file_of_one_column_tells_what_it_lacks(read):
    assert texts(read("amount\n5\n")) == [
        "line 1: no columns say which days a row covers; name start and end, start and last_day, or read_date"
    ]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b" \n", "is empty"),
        (b"\n1,2\n", "line 1 is empty; the headers are expected there"),
        ("a,b\n1,2".encode("utf-16"), "no text in UTF-8 or Windows-1252"),
        (b"a,b\n\0,2", "no text in UTF-8 or Windows-1252"),
        (b"a,b\n1,2\n\x81,2", "line 3 is text neither in UTF-8 nor in Windows-1252"),
        (b'a,b\n1,"2\n3,4\n', "line 2: the quotes are broken"),
        (b'a,b\n1,"2"3\n3,4\n', "line 2: the quotes are broken"),
        (b"," * 300 + b"\n", "has 301 columns; up to 256 are accepted"),
        (b"\xd0\xcf\x11\xe0\xa1", "an old workbook"),
        (gzip.compress(b"a,b\n1,2"), "no text in UTF-8"),
    ],
)
def test_what_is_no_table_of_text_is_refused_whole(read, data, told):
    with pytest.raises(ImportFileError, match=told):
        read(data)


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ImportFileError, match=r"nowhere.csv cannot be read: No such file"):
        read_file(tmp_path / "nowhere.csv", layout())
    monkeypatch.setattr(reading, "MOST_BYTES", 3)
    (tmp_path / "file.csv").write_text("a,b,c")
    with pytest.raises(ImportFileError, match=r"has 5 bytes; up to 3 are accepted: split it by year"):
        read_file(tmp_path / "file.csv", layout())


def test_a_table_with_too_many_lines_is_refused(read, monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 1)
    with pytest.raises(ImportFileError, match="more than 1 lines"):
        read((HEAD + ROWS).format(","))


def test_a_sheet_of_a_text_file_is_refused(read):
    with pytest.raises(ImportFileError, match="is a text file and has no sheets, but sheet '2024' is wanted"):
        read(HEAD.format(","), layout(sheet="2024"))


def test_a_table_without_rows_is_a_problem(read):
    assert texts(read(HEAD.format(","))) == ["line 1: has no rows below it"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"decimal": "'"}, 'decimal mark "\'" unknown'),
        ({"decimal": ",", "delimiter": ","}, "cannot be the decimal mark and the separator"),
        ({"header_line": 0}, "header line 0 is none"),
        ({"delimiter": "::"}, "separator '::' cannot be used"),
        ({"columns": {"heat": "x"}}, "bills have no field 'heat'; use start, end"),
        ({"columns": {"kiln/volume_m3": "x"}}, "bills have no field 'kiln/volume_m3'"),
        ({"columns": {"series": "amount"}}, "series 'gas' is given, and a column for it too"),
        ({"currency": "euro"}, "currency 'euro' is none; an ISO 4217 code"),
        ({"heat_content": "36,5"}, "heat content '36,5' has a decimal comma"),
        ({"target_unit": "MJ"}, "target unit 'MJ' unknown; use kWh"),
    ],
)
def test_a_layout_that_contradicts_itself_is_refused(read, changes, told):
    with pytest.raises(SettingsError, match=told):
        read((HEAD + ROWS).format(","), layout(**changes))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"columns": {"heat": "x"}}, "intervals have no field 'heat'; use start, end, time, amount, point/quantity"),
        ({"columns": {"Kiln/volume_m3": "energy"}}, "point 'Kiln' is not an id"),
        ({"columns": {"kiln/volume": "energy"}}, "quantity 'volume' unknown; did you mean"),
        ({"quantity": "power_active_kw"}, "is a gauge; intervals hold amounts of counters"),
        ({"point": None}, "point and quantity of the values are not stated"),
        ({"time_zone": "Seoul"}, "time zone 'Seoul' unknown"),
        ({"units": {"kiln/volume_m3": "l"}}, "a unit is said for 'kiln/volume_m3', which is no value column"),
        ({"interval_minutes": 0}, "an interval of 0 min is none"),
    ],
)
def test_a_layout_of_intervals_that_contradicts_itself_is_refused(read, changes, told):
    with pytest.raises(SettingsError, match=told):
        read("time,energy\n2024-01-01 00:00,1\n2024-01-01 00:15,2\n", intervals(**changes))


def test_a_column_is_named_by_header_by_a_like_header_or_by_letters(read):
    text = "Von,Bis,Menge [m3]\n2024-01-01,2024-02-01,5\n2024-02-01,2024-03-01,6\n"
    for columns in (
        {"start": "Von", "end": "Bis", "amount": "Menge [m3]"},
        {"start": "VON", "end": " bis ", "amount": "menge"},
        {"start": "A", "end": "B", "amount": "C"},
    ):
        assert amounts(read(text, layout(columns=columns))) == [5.0, 6.0]


def test_what_is_wrong_with_the_headers_is_told_at_once(read):
    text = "Von,Von,energy,volume,amount\n"
    asked = layout(columns={"start": "Von", "end": "To", "amount": "volume", "unit": "ZZ", "cost": "volume"})
    assert texts(read(text, asked))[:4] == [
        "line 1 column 'Von': stands over several columns (column 1, column 2); name the column of start by its letters, "
        "such as C",
        "line 1 column 'To': is no header of this file, but is named for end; it has 'Von', 'Von', 'energy', 'volume', "
        "'amount'",
        "line 1 column 'ZZ': is no header of this file, but is named for unit; it has 'Von', 'Von', 'energy', 'volume', "
        "'amount'",
        "line 1 column 'volume': is named for amount and for cost; a column holds one of them",
    ]


def test_two_usual_headers_for_one_field_are_asked_about_unless_one_is_the_field_itself(read):
    text = "start,end,energy,volume\n2024-01-01,2024-02-01,5,6\n"
    assert (
        texts(read(text))[0]
        == "line 1: amount could be 'energy' or 'volume'; say which: --map amount=HEADER, or --map amount=C by letter"
    )
    assert amounts(read(text.replace("energy", "amount"))) == [5.0]
    assert amounts(read(text, layout(columns={"amount": "volume"}))) == [6.0]


def test_a_field_with_an_empty_header_is_not_read(read):
    text = "start,end,amount,cost\n2024-01-01,2024-02-01,5,6\n"
    assert amounts(read(text, layout(columns={"cost": ""}))) == [5.0]


def test_the_unit_of_a_header_counts_and_contradicts(read):
    text = "start,end,amount [l]\n2024-01-01,2024-02-01,5000\n"
    assert amounts(read(text, layout(unit=None))) == [5.0]
    assert amounts(read(text, layout(unit="litres"))) == [5.0]
    assert texts(read(text)) == ["line 1: the header says l, but the unit is said to be m3; use one of them"]
    assert texts(read(text, layout(unit="bucket")))[0].startswith("line 1: unit 'bucket' unknown; accepted are")
    assert texts(read(text.replace("[l]", "[bucket]"), layout(unit=None))) == [
        "line 1: no unit is stated; say it, or name its column as in unit=HEADER"
    ]


def test_an_empty_unit_cell_takes_the_unit_said_for_all(read):
    text = "start,end,amount,unit\n2024-01-01,2024-02-01,5,\n2024-02-01,2024-03-01,6000,l\n"
    assert amounts(read(text)) == [5.0, 6.0]
    assert texts(read(text, layout(unit=None))) == [
        "line 2 column 'unit': is empty; a unit is needed here, or one for all rows that have none"
    ]


def test_many_problems_are_told_up_to_a_bound_and_counted_beyond(read):
    parsed = read(HEAD.format(",") + "x,y,z\n" * 100)
    assert len(parsed.problems) == 200
    assert parsed.more_problems == 100
    assert [problem.line for problem in parsed.problems] == sorted(problem.line for problem in parsed.problems)


def test_a_long_value_is_cut_in_a_problem(read):
    assert len(read(HEAD.format(",") + f"{'x' * 500},2024-02-01,5\n").problems[0].value) == 60


@pytest.mark.parametrize("text", [" " * 120_000 + "x", "T" * 120_000, "1" * 120_000, "1,111" * 20_000, "(" * 120_000])
def test_a_cell_or_a_header_of_endless_text_is_refused_at_once(read, text):
    told = texts(read(f'start,end,amount\n"{text.strip()}","a{text}","b{text}"\n'))
    assert len(told) == 3
    assert texts(read(f'start,end,amount,"a{text}z"\n')) == ["line 1: has no rows below it"]
    asked = intervals(columns={"time": "start", "kiln/energy_import_kwh": "amount"}, point=None, quantity=None)
    assert "characters; up to 1,000 are accepted" in texts(read(f'start,amount\n"a{text}z",1\n', asked))[0]


def test_a_file_without_a_series_or_with_a_bad_name_says_so(read):
    assert texts(read((HEAD + ROWS).format(","), layout(series=None)))[0].startswith(
        "line 1: no column names the series"
    )
    assert texts(read((HEAD + ROWS).format(","), layout(series="7 up")))[0].startswith(
        "line 1: series '7 up' is no name"
    )
    text = "start,end,amount,fuel\n2024-01-01,2024-02-01,5,ガス\n2024-01-01,2024-02-01,5,Fuel Oil No. 6\n"
    assert texts(read(text, layout(series=None)))[0].startswith("line 2 column 'fuel': 'ガス' cannot name a series")


def test_the_layout_of_a_file_and_its_digest_stay_with_it(read):
    parsed = read((HEAD + ROWS).format(","), name="Bills 2024.csv")
    assert parsed.name == "Bills 2024.csv"
    assert parsed.layout == layout()
    assert parsed.sha256 == hashlib.sha256((HEAD + ROWS).format(",").encode()).hexdigest()


def test_points_of_a_file_with_semicolons_are_asked_for_where_they_may_part_thousands(read):
    text = "start;end;amount;heat content [MJ/m3];cost\n2024-01-01;2024-02-01;1.234;38.412;2.500\n"
    told = texts(read(text, layout(currency="EUR")))
    assert [line.split(";")[0] for line in told] == [
        "line 2 column 'amount': '1.234' could be thousands or a decimal point",
        "line 2 column 'heat content [MJ/m3]': '38.412' could be thousands or a decimal point",
        "line 2 column 'cost': '2.500' could be thousands or a decimal point",
    ]
    asked = layout(currency="EUR", decimal=".", calorific_basis=CalorificBasis.NET)
    (row,) = read(text, asked).records["bills/gas"]
    assert (row.amount, row.written, row.cost) == (1.234, "1.234", "2.500")


def test_values_of_a_file_with_semicolons_are_asked_for_too(read):
    text = "time;amount\n2024-01-01 00:00;1.234\n2024-01-01 00:15;2.345\n"
    assert all("could be thousands or a decimal point" in line for line in texts(read(text, intervals())))
    assert not texts(read(text, intervals(decimal=".")))
    assert not texts(read(text.replace("2.345", "2.34"), intervals()))
