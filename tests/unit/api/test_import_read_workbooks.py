"""Workbooks: what their cells hide is an error with sheet and cell, what is read otherwise than it looks is told."""

import io
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest

from meterproof_api.importing import sheet_flaws, tables
from meterproof_api.importing.kinds import Kind, Label, Layout
from meterproof_api.importing.problems_of_file import ImportFileError
from meterproof_api.importing.reading import read_file
from meterproof_mv.dossier.vocabulary import Origin

HEAD = ["start", "end", "amount"]
ROWS = [[date(2024, 1, 1), date(2024, 2, 1), 5], [date(2024, 2, 1), date(2024, 3, 1), 6.5]]


def layout(**changes):
    asked = {"kind": Kind.BILLS, "plant": "p", "origin": Origin.BILL, "series": "gas", "unit": "m3", **changes}
    return Layout(**asked)


def workbook(*rows, title="2024"):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book


@pytest.fixture
def read(tmp_path):
    def reader(book, asked=None):
        path = tmp_path / "bills.xlsx"
        if isinstance(book, bytes):
            path.write_bytes(book)
        else:
            book.save(path)
        return read_file(path, asked or layout())

    return reader


def texts(parsed):
    return [str(problem) for problem in parsed.problems]


def codes(parsed):
    return [finding.code for finding in parsed.findings]


def amounts(parsed):
    assert texts(parsed) == []
    return [row.amount for row in parsed.records["bills/gas"]]


def repacked(book, part, change):
    """Return a workbook's bytes with one of its parts changed, as other programs may write it."""
    plain, changed = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        assert change(source.read(part)) != source.read(part)
        for name in source.namelist():
            target.writestr(name, change(source.read(name)) if name == part else source.read(name))
    return changed.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_rows_of_the_only_sheet_are_read_with_their_place(read):
    parsed = read(workbook(HEAD, ROWS[0], [], ROWS[1]))
    assert amounts(parsed) == [5.0, 6.5]
    assert [row.source for row in parsed.records["bills/gas"]] == [
        "bills.xlsx, sheet 2024, row 2",
        "bills.xlsx, sheet 2024, row 4",
    ]
    assert [row.written for row in parsed.records["bills/gas"]] == ["5", "6.5"]
    assert parsed.findings == ()


def test_what_stands_above_the_headers_or_beside_the_table_does_not_matter(read):
    book = workbook(["Bills of the works"], HEAD, *ROWS)
    book.active.merge_cells("A1:C1")
    book.active["J30"] = "a note far away"
    book.active["J31"] = "=1+1"
    book.active.merge_cells("F3:G9")
    parsed = read(book, layout(header_line=2))
    assert amounts(parsed) == [5.0, 6.5]


def test_cells_without_a_reference_are_read(read):
    assert amounts(read(repacked(workbook(HEAD, *ROWS), SHEET, lambda xml: xml.replace(b' r="A2"', b"")))) == [5.0, 6.5]


def test_merged_cells_are_an_error_naming_each_cell(read):
    book = workbook(HEAD, *ROWS)
    book.active.merge_cells("A2:A3")
    assert texts(read(book)) == [
        "sheet '2024' cell A2 column 'start': is part of the merged cells A2:A3; unmerge them, and fill in every cell",
        "sheet '2024' cell A3 column 'start': is part of the merged cells A2:A3; unmerge them, and fill in every cell",
    ]


def test_merged_headers_are_an_error(read):
    book = workbook(HEAD, *ROWS)
    book.active.merge_cells("B1:C1")
    assert "sheet '2024' cell B1: the header is part of the merged cells B1:C1" in texts(read(book))[0]


def test_more_merged_cells_than_a_table_has_are_refused(read, monkeypatch):
    monkeypatch.setattr(sheet_flaws, "_MOST_MERGED", 5)
    book = workbook(HEAD, *ROWS)
    book.active.merge_cells("A2:C4")
    with pytest.raises(ImportFileError, match="the cells A2:C4 are merged"):
        read(book)


def test_a_formula_without_a_stored_result_is_an_error_and_one_with_a_result_is_read(read):
    book = workbook(HEAD, [*ROWS[0][:2], "=2+3"], ROWS[1])
    assert texts(read(book)) == [
        "sheet '2024' cell C2 column 'amount': '=2+3' holds a formula whose result is not stored; save the workbook in a "
        "spreadsheet program, or paste values"
    ]
    stored = repacked(book, SHEET, lambda xml: xml.replace(b"<v />", b"<v>5</v>").replace(b"<v></v>", b"<v>5</v>"))
    assert amounts(read(stored)) == [5.0, 6.5]


def test_a_formula_that_gives_an_empty_text_is_an_empty_cell(read):
    book = workbook([*HEAD, "cost"], [*ROWS[0], '=""'], [*ROWS[1], None])
    stored = repacked(
        book, SHEET, lambda xml: xml.replace(b'<c r="D2">', b'<c r="D2" t="str">').replace(b'<c r="D2"><f>', b"")
    )
    assert amounts(read(stored, layout(currency="USD"))) == [5.0, 6.5]


def test_an_error_of_the_spreadsheet_is_named(read):
    assert texts(read(workbook(HEAD, [*ROWS[0][:2], "#DIV/0!"]))) == [
        "sheet '2024' cell C2 column 'amount': '#DIV/0!' is an error of the spreadsheet; a number is accepted"
    ]


def test_numbers_stored_as_text_and_dates_stored_as_numbers_are_read_and_told(read):
    parsed = read(workbook(HEAD, [45292, 45323, "5"], [45323, 45352, 6.5]))
    assert amounts(parsed) == [5.0, 6.5]
    assert parsed.records["bills/gas"][0].start == date(2024, 1, 1)
    assert [finding.message for finding in parsed.findings] == [
        "column 'amount' holds 1 numbers stored as text, read as numbers, the first in C2",
        "column 'start' holds 2 dates stored as numbers, the first in A2",
        "column 'end' holds 2 dates stored as numbers, the first in B2",
    ]


def test_a_workbook_that_counts_days_from_1904_is_read_so(read):
    book = workbook(HEAD, [45292 - 1462, 45323 - 1462, 5])
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    assert read(book).records["bills/gas"][0].start == date(2024, 1, 1)


def test_what_is_no_date_and_no_number_is_named(read):
    six = datetime(2024, 1, 1, 6)  # noqa: DTZ001 - a sheet knows no zone
    book = workbook(HEAD, [six, 2024, date(2024, 1, 1)], [time(6), 45323.5, True], [True, 1, ""])
    assert texts(read(book)) == [
        "sheet '2024' cell A2 column 'start': '2024-01-01 06:00:00' has a time of day where a date is needed; write the "
        "date alone",
        "sheet '2024' cell B2 column 'end': '2024' is a number and no date; 2025-03-31 is accepted, and 31/03/2025 where "
        "the file's dates are said to be day first",
        "sheet '2024' cell C2 column 'amount': '2024-01-01 00:00:00' is no number; a number such as 1234.5 is accepted",
        "sheet '2024' cell A3 column 'start': '06:00:00' is no date; 2025-03-31 is accepted, and 31/03/2025 where the "
        "file's dates are said to be day first",
        "sheet '2024' cell B3 column 'end': '45323.5' is a number and no date; 2025-03-31 is accepted, and 31/03/2025 "
        "where the file's dates are said to be day first",
        "sheet '2024' cell C3 column 'amount': 'True' is no number; a number such as 1234.5 is accepted",
        "sheet '2024' cell A4 column 'start': 'True' is no date; 2025-03-31 is accepted, and 31/03/2025 where the file's "
        "dates are said to be day first",
        "sheet '2024' cell B4 column 'end': '1' is a number and no date; 2025-03-31 is accepted, and 31/03/2025 where the "
        "file's dates are said to be day first",
        "sheet '2024' cell C4 column 'amount': is empty; a number is needed here",
    ]


def test_dates_that_a_spreadsheet_converted_in_part_are_an_error(read):
    book = workbook(HEAD, [date(2025, 3, 4), date(2025, 4, 1), 5], ["13/04/2025", date(2025, 5, 1), 6])
    assert texts(read(book, layout(day_first=True)))[0].startswith(
        "sheet '2024' cell A3 column 'start': '13/04/2025' is text, but row 2 of the column is a date: the spreadsheet may"
    )


def test_several_sheets_have_to_be_named(read):
    book = workbook(HEAD, *ROWS)
    book.create_sheet("2025").append(HEAD)
    with pytest.raises(
        ImportFileError, match=r"bills.xlsx: the workbook has several sheets; name the one to read: '2024', "
    ):
        read(book)
    assert amounts(read(book, layout(sheet="2024"))) == [5.0, 6.5]
    with pytest.raises(ImportFileError, match=r"the workbook has no sheet '2023'; it has '2024', '2025'"):
        read(book, layout(sheet="2023"))


def test_a_hidden_sheet_is_not_read_unless_it_is_named_and_both_are_told(read):
    book = workbook(HEAD, *ROWS)
    hidden = book.create_sheet("drafts")
    hidden.append(HEAD)
    hidden.append([*ROWS[0][:2], 99])
    hidden.sheet_state = "hidden"
    parsed = read(book)
    assert amounts(parsed) == [5.0, 6.5]
    assert [finding.message for finding in parsed.findings] == ["hidden sheets were not read: 'drafts'"]
    named = read(book, layout(sheet="drafts"))
    assert amounts(named) == [99.0]
    assert codes(named) == ["hidden_sheet"]


def test_a_workbook_of_hidden_sheets_alone_asks_for_a_name(read):
    book = repacked(
        workbook(HEAD, *ROWS), "xl/workbook.xml", lambda xml: xml.replace(b'state="visible"', b'state="hidden"')
    )
    with pytest.raises(ImportFileError, match="has no visible sheet; name the one to read: '2024'"):
        read(book)


def test_hidden_rows_are_read_and_told(read):
    book = workbook(HEAD, *ROWS)
    book.active.row_dimensions[3].hidden = True
    parsed = read(book)
    assert amounts(parsed) == [5.0, 6.5]
    assert codes(parsed) == ["hidden_rows"]


def test_an_empty_header_row_is_named(read):
    with pytest.raises(ImportFileError, match="row 9 of sheet '2024' is empty; the headers are expected there"):
        read(workbook(HEAD, *ROWS), layout(header_line=9))


def test_a_workbook_that_would_unpack_too_large_is_refused_before_it_is_unpacked(read):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for part in range(3):
            with archive.open(f"xl/worksheets/sheet{part}.xml", "w") as target:
                for _ in range(48):
                    target.write(bytes(2**20))
    assert len(packed.getvalue()) < 200_000
    with pytest.raises(
        ImportFileError, match=r"unpacks to 150,994,944 bytes in 3 parts; up to 134,217,728 bytes in 10,000"
    ):
        read(packed.getvalue())


def test_a_part_that_is_larger_than_it_says_is_refused(read):
    data = bytearray(repacked(workbook(HEAD, *ROWS), SHEET, lambda xml: xml + b" " * 100_000))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        told = archive.getinfo(SHEET)
    size = told.file_size.to_bytes(4, "little")
    data = bytes(data).replace(size, (200).to_bytes(4, "little"))
    with pytest.raises(ImportFileError, match="the workbook is damaged"):
        read(data)


def test_too_many_rows_are_refused_also_when_the_sheet_only_claims_them(read, monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 100)
    far = repacked(
        workbook(HEAD, *ROWS),
        SHEET,
        lambda xml: xml.replace(b'<row r="3"', b'<row r="3000000"').replace(b'r="A3"', b'r="A3000000"'),
    )
    with pytest.raises(ImportFileError, match="more than 100 lines"):
        read(far)


def test_a_sheet_that_lies_about_its_size_is_read_by_its_cells(read):
    lying = repacked(workbook(HEAD, *ROWS), SHEET, lambda xml: xml.replace(b'ref="A1:C3"', b'ref="A1:XFD1048576"'))
    assert amounts(read(lying)) == [5.0, 6.5]


def test_too_many_columns_are_refused(read):
    with pytest.raises(ImportFileError, match="has 257 columns; up to 256 are accepted"):
        read(workbook([f"h{number}" for number in range(300)]))


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, "a zip archive and no XLSX workbook"),
        ({"[Content_Types].xml": "", "xl/workbook.bin": ""}, "a binary workbook"),
        ({"[Content_Types].xml": "<no"}, "the workbook is damaged"),
    ],
)
def test_archives_that_are_no_workbooks_are_refused(read, parts, told):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    with pytest.raises(ImportFileError, match=told):
        read(packed.getvalue())


def test_a_cut_workbook_and_one_with_grown_entities_are_refused(read):
    whole = repacked(workbook(HEAD, *ROWS), SHEET, lambda xml: xml + b"\n")
    with pytest.raises(ImportFileError, match="the workbook is damaged"):
        read(whole[: len(whole) // 2])
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "{"ha" * 50}">{laughs}]><worksheet>&l9;</worksheet>'
    with pytest.raises(ImportFileError, match="the workbook is damaged"):
        read(repacked(workbook(HEAD, *ROWS), SHEET, lambda _: bomb.encode()))


def test_intervals_of_a_sheet_keep_whole_seconds(read):
    asked = layout(
        kind=Kind.INTERVALS,
        series=None,
        unit=None,
        time_zone="Asia/Seoul",
        label=Label.END,
        point="kiln",
        quantity="energy_import_kwh",
    )
    steps = [45292 + quarter / 96 for quarter in range(1, 97)]
    shown = [datetime(2024, 1, 1) + timedelta(minutes=15 * step) for step in range(96)]  # noqa: DTZ001 - no zone
    for times in (steps, shown):
        book = workbook(["time", "energy"], *([at, 1.5] for at in times))
        for row in book.active.iter_rows(min_row=2, max_col=1):
            row[0].number_format = "General" if times is steps else "yyyy-mm-dd hh:mm"
        parsed = read(book, asked)
        assert texts(parsed) == []
        columns = parsed.columns["kiln", "energy_import_kwh"]
        assert len(columns) == 96
        assert set((columns.start_ms % 900_000).tolist()) == {0}
        assert columns.amount.sum() == 144.0


def test_sheets_in_utf_16_are_looked_at_as_well(read):
    book = workbook(HEAD, [*ROWS[0][:2], "=2+3"])
    wide = repacked(book, SHEET, lambda xml: xml.decode().split("?>")[-1].encode("utf-16"))
    assert "holds a formula whose result is not stored" in texts(read(wide))[0]


def test_a_damaged_workbook_is_told_in_one_line(read):
    with pytest.raises(ImportFileError) as caught:
        read(repacked(workbook(HEAD, *ROWS), "xl/workbook.xml", lambda _: b"<workbook/>"))
    assert "\n" not in str(caught.value)
