"""The programme's files: the same figures as the table, and no name becomes a formula."""

import csv
from datetime import date
from io import BytesIO, StringIO

import msgspec
import pytest
from openpyxl import load_workbook
from programme_documents import GAS, a_statement, a_stream, an_option, many_statements, not_claimable

from meterproof_api.programme.csv_file import guarded, programme_csv
from meterproof_api.programme.roll_up import programme_table
from meterproof_api.programme.rows import STATES
from meterproof_api.programme.schemas import ProgrammeAnswer, programme_json
from meterproof_api.programme.spreadsheet import programme_xlsx

CUT_OFF = date(2026, 12, 31)
NASTY = '=HYPERLINK("http://example.com","x")'
SHEETS = ["Headline", "By country", "By sector", "By technique", "Statements", "Exclusions"]


def lines(programme):
    return list(csv.DictReader(StringIO(programme_csv(programme).decode(), newline="")))


def sheets(programme):
    return load_workbook(BytesIO(programme_xlsx(programme)))


def texts(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.fixture(scope="module")
def programme():
    documents = [
        *many_statements(30),
        a_statement("plant-00001", version=2, verified_t=7.0),
        a_statement("plant-00001", start="2025-06-01", end="2026-01-01"),
        a_statement("dry", tonnes=None, streams=[a_stream(3.0, tonnes=None)]),
        a_statement("gross", streams=[a_stream(3.0, unit="kWh", calorific_basis="gross")]),
    ]
    return programme_table(documents, CUT_OFF, unreadable=[("broken.zip", "no zip file")])


def test_the_json_has_the_shape_that_is_described(programme):
    answer = ProgrammeAnswer.model_validate_json(msgspec.json.encode(programme_json(programme)))
    total = programme.real.total
    assert answer.cut_off == CUT_OFF
    assert answer.real.total.cumulative.verified_co2e_t == total.cumulative.verified_t
    assert answer.real.total.options.monitored == total.options[STATES.index("monitored")]
    assert answer.real.total.statement_ids == list(total.statement_ids)
    assert {one.reason for one in answer.exclusions} == {"unusable", "superseded", "overlap", "no_factor"}
    assert [one.counted for one in answer.overlaps] == ["plant-00001.2025-01-01.2026-01-01"]
    assert {note.code for note in answer.real.notes} >= {"several_techniques", "provisional"}


def test_an_empty_programme_has_the_same_shape_with_nulls_for_what_is_not_there():
    answer = ProgrammeAnswer.model_validate_json(msgspec.json.encode(programme_json(programme_table([]))))
    assert answer.cut_off is None
    assert answer.real.total.annual.interval.lower_co2e_t is None
    assert answer.real.notes == []


def test_a_note_says_when_sets_of_potentials_are_mixed_or_an_interval_is_too_narrow():
    stream = a_stream(50.0)
    stream["savings"] = None
    table = programme_table(
        [
            a_statement("a", gwp_set="AR6"),
            a_statement("b", factors=[], streams=[stream]),
            a_statement("c", factors=[{**GAS, "factor_id": "another", "uncertainty_low": ""}]),
        ],
        CUT_OFF,
    )
    notes = {note["code"]: note["message"] for note in programme_json(table)["real"]["notes"]}
    assert list(notes) == ["several_gwp_sets", "factor_spread_unknown", "without_interval"]
    assert "(AR5, AR6)" in notes["several_gwp_sets"]


def test_a_note_says_why_the_plants_of_the_rows_do_not_add_up():
    table = programme_table([a_statement("a"), not_claimable("a", start="2024-01-01", end="2025-01-01")], CUT_OFF)
    notes = [note["message"] for note in programme_json(table)["real"]["notes"]]
    assert notes == [
        "The plants of the rows by technique add up to 2, not to 1: a plant with several statements can stand in several "
        "rows. Every other column adds up to its total."
    ]


def test_the_csv_holds_every_row_statement_and_exclusion_with_its_block(programme):
    found = lines(programme)
    for block, name in ((programme.real, "real"), (programme.simulated, "simulated")):
        of_block = [line for line in found if line["block"] == name]
        (total,) = [line for line in of_block if line["table"] == "total"]
        assert float(total["cumulative_verified_co2e_t"]) == block.total.cumulative.verified_t
        assert total["statement_ids"].split() == list(block.total.statement_ids)
        for table, rows in (
            ("country", block.by_country),
            ("sector", block.by_sector),
            ("technique", block.by_technique),
        ):
            of_table = [line for line in of_block if line["table"] == table]
            assert [line["key"] for line in of_table] == [row.key for row in rows]
            assert [float(line["annual_verified_co2e_t"]) for line in of_table] == [
                row.annual.verified_t for row in rows
            ]
        assert [line["statement"] for line in of_block if line["table"] == "statement"] == list(
            block.total.statement_ids
        )
    assert len([line for line in found if line["table"] == "exclusion"]) == len(programme.exclusions)
    assert {line["cut_off"] for line in found} == {"2026-12-31"}


def test_the_csv_tells_units_basis_and_missing_figures(programme):
    found = lines(programme)
    (total,) = [line for line in found if (line["table"], line["block"]) == ("total", "real")]
    assert "natural_gas gross 1500.0 kWh" in total["use"]
    (dry,) = [line for line in found if (line["table"], line["plant"]) == ("statement", "dry")]
    assert (dry["verified_co2e_t"], dry["counts_annually"]) == ("", "true")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_text_that_begins_as_a_formula_is_guarded(start):
    assert guarded(f"{start}1+1") == f"'{start}1+1"
    assert guarded(f"a{start}1") == f"a{start}1"


def test_no_name_becomes_a_formula_in_the_csv_and_numbers_stay_numbers():
    document = a_statement(name=NASTY, sector="@sum", country="-2+3", streams=[a_stream(5.0, carrier="+cmd")])
    document["streams"][0]["tonnes"]["co2e_t"] = -600.0
    found = lines(programme_table([document], CUT_OFF))
    cells = [cell for line in found for cell in line.values() if cell and cell[0] in "=+-@"]
    assert all(float(cell) < 0 for cell in cells)
    assert cells
    assert {line["name"] for line in found if line["table"] == "statement"} == {f"'{NASTY}"}
    assert [line["key"] for line in found if line["table"] == "sector"] == ["'@sum"]


def test_no_name_becomes_a_formula_or_a_link_in_the_spreadsheet():
    table = programme_table([a_statement(name=NASTY, sector="http://example.com", country="=1+1")], CUT_OFF)
    book = sheets(table)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert [cell.hyperlink for cell in cells if cell.hyperlink] == []
    assert NASTY in [cell.value for cell in cells]
    xml = programme_xlsx(table)
    assert b"<f>" not in xml


def test_the_spreadsheet_has_its_sheets_and_the_figures_of_the_table(programme):
    book = sheets(programme)
    assert book.sheetnames == SHEETS
    country = texts(book["By country"])
    head = next(row for row in country if row[0] == "Country")
    column = head.index("Cumulative, verified [t CO2e]")
    totals = [row[column] for row in country if row[0] == "total"]
    assert totals == [programme.real.total.cumulative.verified_t, programme.simulated.total.cumulative.verified_t]
    assert [row[0] for row in country if row[0] in ("Real plants", "Simulated plants")] == [
        "Real plants",
        "Simulated plants",
    ]
    register = texts(book["Statements"])
    ids = [row[0] for row in register if str(row[0]).endswith(".2026-01-01")]
    assert ids == [*programme.real.total.statement_ids, *programme.simulated.total.statement_ids]
    out = texts(book["Exclusions"])
    assert len(out) == 1 + len(programme.exclusions)
    headline = {row[0]: row[1] for row in texts(book["Headline"])}
    assert headline["Cut-off date"] == "2026-12-31"
    assert headline["Left out (sheet Exclusions)"] == len(programme.exclusions)


def test_simulated_plants_are_called_so_in_every_sheet_that_shows_them(programme):
    book = sheets(programme)
    for name in SHEETS[:-1]:
        assert any("invented for demonstration" in str(row[0]) for row in texts(book[name])), name
    assert "simulated" in {row[0] for row in texts(book["Exclusions"])} | {"simulated"}


def test_the_same_programme_is_the_same_file(programme):
    assert programme_xlsx(programme) == programme_xlsx(programme)
    assert programme_csv(programme) == programme_csv(programme)


def test_an_empty_programme_is_a_spreadsheet_that_says_none():
    book = sheets(programme_table([]))
    assert book.sheetnames == SHEETS
    assert texts(book["Exclusions"]) == [["none"]]


def test_a_row_with_more_ids_than_a_cell_holds_names_their_number():
    table = programme_table([a_statement(f"plant-{number:04d}") for number in range(1200)], CUT_OFF)
    rows = texts(sheets(table)["By country"])
    head = next(row for row in rows if row[0] == "Country")
    cell = next(row for row in rows if row[0] == "TH")[head.index("Statement ids")]
    assert cell == "1200 statements; the sheet Statements names them"


def test_techniques_and_outcomes_are_words_in_the_spreadsheet():
    options = [an_option(), an_option(id="b", technique="good_housekeeping")]
    rows = texts(sheets(programme_table([a_statement(options=options)], CUT_OFF))["By technique"])
    assert {"Good housekeeping", "Several techniques"} <= {row[0] for row in rows}
