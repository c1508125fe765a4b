"""The programme over HTTP: its page, its files, and what it says when there is nothing to add up."""

import re
from html import unescape

import pytest
from plant_worlds import served
from programme_documents import a_statement, a_stream, not_claimable, shelf_of

from meterproof_api.app import create_app
from meterproof_api.plants import PlantList
from meterproof_api.stores import Stores
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings

NASTY = "<script>alert(1)</script> & \"Sons\" 'Ltd'"


def application(shelf=None):
    return create_app(Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal()), PlantList(()), shelf=shelf)


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split()).replace("\xa0", " ")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf")
    shelf = shelf_of(
        folder,
        a_statement("north-tiles", 500.0),
        a_statement("north-tiles", 480.0, version=2, issued_at="2026-06-01T00:00:00Z"),
        a_statement(
            "nasty-works",
            90.0,
            name=NASTY,
            country="VN",
            issued_at="2025-02-01T00:00:00Z",
            start="2024-01-01",
            end="2025-01-01",
        ),
        a_statement("nasty-works", 20.0, name=NASTY, country="VN", start="2025-10-01", end="2026-02-01"),
        a_statement("nasty-works", 30.0, name=NASTY, country="VN"),
        a_statement("sim-tiles", 4000.0, simulated=True, name="Simulated works", provisional=True),
        not_claimable("north-steel", country="KR"),
        a_statement("dry-works", tonnes=None, streams=[a_stream(9.0, tonnes=None)]),
    )
    (folder / "broken.zip").write_bytes(b"no zip file")
    with served(application(shelf)) as client:
        yield client


def section(page: str, name: str) -> str:
    found = re.search(rf'<section class="block {name}".*?</section>', page, re.S)
    assert found is not None
    return found.group()


def test_the_page_shows_the_figures_of_the_json_in_two_blocks(client):
    data, page = client.get("/api/v1/programme").json(), client.get("/programme").text
    for name in ("real", "simulated"):
        text = text_of(section(page, name))
        total = data[name]["total"]
        assert f"Verified a year {total['annual']['verified_co2e_t']:,.0f} t CO2e" in text
        assert f"Verified up to the cut-off {total['cumulative']['verified_co2e_t']:,.0f} t CO2e" in text
        interval = total["cumulative"]["interval"]
        assert (
            f"point {interval['point_co2e_t']:,.0f} {interval['lower_co2e_t']:,.0f} to {interval['upper_co2e_t']:,.0f}"
            in text
        )
    assert data["real"]["total"]["cumulative"]["verified_co2e_t"] == 480.0 + 90.0 + 30.0
    assert data["simulated"]["total"]["cumulative"]["verified_co2e_t"] == 4000.0


def test_simulated_plants_have_a_banner_and_real_ones_none(client):
    page = client.get("/programme").text
    assert "Simulated: these plants and their data are invented" in text_of(section(page, "simulated"))
    assert "invented" not in text_of(section(page, "real"))


def test_what_is_unsigned_provisional_or_left_out_is_said(client):
    text = text_of(client.get("/programme").text)
    assert "Unsigned: 5 of 5 statements carry no verifier's signature yet" in text
    assert "4,000 t CO2e of the verified tonnes are provisional" in text
    for reason in (
        "cannot be used",
        "superseded by a newer version",
        "overlaps with another statement",
        "no emission factor",
        "an earlier year of the same plant",
    ):
        assert reason in text, reason
    assert "nasty-works, kiln-gas, 2025-10-01 to 2025-12-31: nasty-works.2025-01-01.2026-01-01 counts" in text


def test_every_row_leads_to_its_statements_and_every_address_answers(client):
    page = client.get("/programme").text
    country = page[page.index('id="real-by-country"') : page.index('id="real-by-sector"')]
    assert re.findall(r'href="/statements/([^"]+)"', country) == [
        "north-steel.2025-01-01.2026-01-01",
        "dry-works.2025-01-01.2026-01-01",
        "north-tiles.2025-01-01.2026-01-01",
        "nasty-works.2024-01-01.2025-01-01",
        "nasty-works.2025-01-01.2026-01-01",
    ]
    addresses = set(re.findall(r"""(?:src|href)=["'](/[^"'#]*)""", page)) - {"/"}
    assert len(addresses) > 8
    for address in sorted(unescape(address) for address in addresses):
        assert client.get(address).status_code == 200, address


def test_the_row_of_the_total_is_the_sum_of_the_rows(client):
    page = client.get("/programme").text
    country = page[page.index('id="real-by-country"') : page.index('id="real-by-sector"')]
    table = [re.findall(r"<td[^>]*>(?:<strong>)?([\d,]+)", row) for row in re.findall(r"<tr.*?</tr>", country, re.S)]
    rows = [[int(cell.replace(",", "")) for cell in row] for row in table if row]
    assert len(rows) == 4
    assert [sum(column) for column in zip(*rows[:-1], strict=True)] == rows[-1]


def test_a_cut_off_date_is_handed_on_to_the_files(client):
    page = client.get("/programme?cut_off=2026-03-01").text
    assert 'href="/api/v1/programme.csv?cut_off=2026-03-01"' in page
    assert "Cut-off date 2026-03-01" in text_of(page)
    data = client.get("/api/v1/programme?cut_off=2026-03-01").json()
    assert (data["cut_off"], data["real"]["total"]["cumulative"]["verified_co2e_t"]) == ("2026-03-01", 620.0)
    assert 'href="/programme?cut_off=2025-12-31"' in page


def test_at_a_date_before_every_statement_the_page_says_so_and_names_them(client):
    text = text_of(client.get("/programme?cut_off=2020-01-01").text)
    assert "No statement counts at 2020-01-01." in text
    assert text.count("issued after the cut-off") == 8


@pytest.mark.parametrize("path", ["/api/v1/programme", "/api/v1/programme.csv", "/api/v1/programme.xlsx", "/programme"])
@pytest.mark.parametrize(
    "day", ["2026-13-01", "", "today", "20261231", "2026-W01-1", "\N{FULLWIDTH DIGIT TWO}026-01-01"]
)
def test_a_date_that_is_none_is_a_clear_problem(client, path, day):
    answer = client.get(path, params={"cut_off": day})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "is no date; use YYYY-MM-DD, such as 2026-12-31" in answer.json()["detail"]


def test_the_last_date_of_all_has_no_day_after_it(client):
    answer = client.get("/programme", params={"cut_off": "9999-12-31"})
    assert answer.status_code == 422
    assert "'9999-12-31' has no day after it; use an earlier one" in answer.json()["detail"]


def test_files_carry_the_date_in_their_name_and_are_told_apart_by_content(client):
    csv, xlsx = client.get("/api/v1/programme.csv"), client.get("/api/v1/programme.xlsx")
    assert csv.headers["content-disposition"] == 'attachment; filename="programme-2026-06-01.csv"'
    assert xlsx.headers["content-disposition"] == 'attachment; filename="programme-2026-06-01.xlsx"'
    assert xlsx.content.startswith(b"PK")
    again = client.get("/api/v1/programme.csv", headers={"If-None-Match": csv.headers["etag"]})
    assert again.status_code == 304


def test_names_are_text_and_nothing_runs_inline(client):
    page = client.get("/programme").text
    assert "<script>alert" not in page
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert re.findall(r"""\s(?:style|on[a-z]+)=["']""", page) == []


def test_without_a_statement_the_page_says_what_to_do(tmp_path):
    for shelf in (None, shelf_of(tmp_path / "nothing")):
        with served(application(shelf)) as client:
            text = text_of(client.get("/programme").text)
            assert "No statement has been issued yet." in text
            assert "meterproof statement build" in text
            data = client.get("/api/v1/programme").json()
            assert (data["cut_off"], data["real"]["total"]["plants"], data["exclusions"]) == (None, 0, [])
            assert (
                client.get("/api/v1/programme.csv").headers["content-disposition"]
                == 'attachment; filename="programme.csv"'
            )


@pytest.mark.chromium
@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_shows_the_page_without_a_word_on_its_console(client, browse, width):
    document, console = browse(f"{client.base_url}/programme", f"--window-size={width},2000")
    assert "Simulated plants" in document
    assert console == []
