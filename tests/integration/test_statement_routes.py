"""Issued statements over HTTP: JSON, paper, bundle and pages; what is not there or makes no sense is a problem."""

import hashlib
import html
import re

import pytest
from plant_worlds import served, world
from statement_worlds import NASTY, a_plan, a_plant, assess, bundle_of, ceramics, document_of, food, several

from meterproof_api.app import create_app
from meterproof_api.paper import statement_pdf
from meterproof_api.plants import PlantList
from meterproof_api.statements.document import shaped
from meterproof_api.statements.shelf import Shelf
from meterproof_api.statements.views import statement_view
from meterproof_core.errors import DataError
from meterproof_evidence.bundle import build_bundle
from meterproof_evidence.document import Identity

CERAMICS = "th-simulated-ceramics.2025-01-01.2026-01-01"
FOOD = "us-test-food.2025-01-01.2026-01-01"
NAMES = "vn-long-names.2025-01-01.2026-01-01"


def issued(dossier):
    """Return a real bundle, as it is issued."""
    assessment = assess(dossier)
    document = document_of(assessment)
    shape = shaped(document)
    identity = Identity(shape.statement_id, 1, None, shape.issued_at, "en", "meterproof 0.1.0")
    rows = {stream.stream.id: stream.rows for stream in assessment.streams}
    return build_bundle(assessment, identity, pdf=statement_pdf(document, rows))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    shelf = Shelf(tmp_path_factory.mktemp("data") / "statements")
    for dossier in (ceramics(), food(), several()):
        path = shelf.put(issued(dossier))
    second = document_of(assess(food()), 2)
    shelf.put(bundle_of(second, b"%PDF-1.7 second"))
    (path.parent / "notes.zip").write_bytes(b"no bundle")
    return path.parent


@pytest.fixture(scope="module")
def client(folder):
    with served(create_app(world(), PlantList(()), shelf=Shelf(folder))) as client:
        yield client


def test_the_list_names_every_version_which_is_current_and_what_is_no_statement(client):
    told = client.get("/api/v1/statements").raise_for_status().json()
    found = [(each["statement_id"], each["version"], each["current"]) for each in told["statements"]]
    assert found == [(CERAMICS, 1, True), (FOOD, 1, False), (FOOD, 2, True), (NAMES, 1, True)]
    assert [lost["file"] for lost in told["unreadable"]] == ["notes.zip"]
    first = told["statements"][0]
    assert (first["status"], first["simulated"], first["state"]) == ("claimable", True, "unsigned")
    assert first["verified_co2e_t"] > 0
    assert client.get(first["address"]).json()["version"] == 1


def test_a_statement_is_answered_as_it_was_issued(client):
    document = client.get(f"/api/v1/statements/{CERAMICS}").raise_for_status().json()
    expected = document_of(assess(ceramics()))
    assert document == expected
    assert document["streams"][0]["verified"] == expected["streams"][0]["verified"]


def test_the_newest_version_is_answered_and_an_older_one_names_it(client):
    newest = client.get(f"/api/v1/statements/{FOOD}")
    assert (newest.json()["version"], "Link" in newest.headers) == (2, False)
    for part in ("", "/statement.pdf", "/bundle.zip"):
        older = client.get(f"/api/v1/statements/{FOOD}{part}?version=1").raise_for_status()
        assert older.headers["Link"] == f'</api/v1/statements/{FOOD}>; rel="latest-version"'


@pytest.mark.parametrize(
    ("part", "media_type", "disposition", "begins"),
    [
        ("statement.pdf", "application/pdf", f'inline; filename="{CERAMICS}.v1.pdf"', b"%PDF-"),
        ("bundle.zip", "application/zip", f'attachment; filename="{CERAMICS}.v1.zip"', b"PK"),
    ],
)
def test_paper_and_bundle_come_byte_for_byte_with_a_strong_tag(client, part, media_type, disposition, begins):
    address = f"/api/v1/statements/{CERAMICS}/{part}"
    answer = client.get(address, headers={"Accept-Encoding": "gzip"}).raise_for_status()
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"] == disposition
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert "content-encoding" not in answer.headers
    assert answer.content.startswith(begins)
    again = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_bundle_that_is_taken_away_is_the_file_on_the_shelf(client, folder):
    taken = client.get(f"/api/v1/statements/{CERAMICS}/bundle.zip").content
    assert taken == (folder / f"{CERAMICS}.v1.zip").read_bytes()


@pytest.mark.parametrize("name", ["months", "baseline", "cumulative"])
def test_charts_are_drawn_from_the_rows_of_the_bundle(client, name):
    spec = client.get(f"/api/v1/statements/{CERAMICS}/charts/kiln-gas/{name}.json").raise_for_status().json()
    assert len(spec["data"]["values"]) == {"months": 24, "baseline": 732, "cumulative": 366}[name]
    picture = client.get(f"/statements/{CERAMICS}/charts/kiln-gas/{name}.svg").raise_for_status()
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg")


def test_the_sum_at_the_end_of_the_cumulative_chart_is_the_point_value(client):
    spec = client.get(f"/api/v1/statements/{CERAMICS}/charts/kiln-gas/cumulative.json").json()
    savings = client.get(f"/api/v1/statements/{CERAMICS}").json()["streams"][0]["savings"]
    assert spec["data"]["values"][-1]["sum"] == pytest.approx(savings["avoided"], rel=1e-9)
    [bounds] = [layer["data"]["values"][0] for layer in spec["layer"] if layer["mark"]["type"] == "errorbar"]
    assert (bounds["lower"], bounds["upper"]) == (savings["lower"], savings["upper"])


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/api/v1/statements/no-plant.2025-01-01.2026-01-01", 404, "there is no statement"),
        ("/api/v1/statements/NO", 422, "statement 'NO' is not an id; use <plant>.<first day>.<end day>"),
        ("/api/v1/statements/..%2f..%2fetc", 404, ""),
        (f"/api/v1/statements/{CERAMICS}?version=7", 404, "has no version 7"),
        (f"/api/v1/statements/{CERAMICS}?version=0", 422, "version"),
        (f"/api/v1/statements/{CERAMICS}?version=two", 422, "version"),
        (f"/api/v1/statements/{CERAMICS}/charts/steam/months.json", 404, "has no stream 'steam'; use kiln-gas"),
        (f"/api/v1/statements/{CERAMICS}/charts/kiln-gas/pie.json", 404, "there is no chart 'pie'; use months"),
        (f"/api/v1/statements/{FOOD}/charts/gas/months.json", 500, "no rows/gas.csv in it"),
        (f"/statements/{CERAMICS}?version=9", 404, "has no version 9"),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_a_problem(client, address, status, sentence):
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert sentence in answer.json()["detail"]


def test_a_server_without_a_shelf_has_an_empty_one(folder):
    with served(create_app(world(), PlantList(()))) as alone:
        assert alone.get("/api/v1/statements").json()["statements"] == []
        assert alone.get("/statements").status_code == 200
    with pytest.raises(DataError, match="there is no folder for statements here"):
        Shelf(None).put((folder / f"{CERAMICS}.v1.zip").read_bytes())


def test_a_bundle_that_is_damaged_after_it_was_listed_is_told(folder, tmp_path):
    shelf = Shelf(tmp_path)
    path = shelf.put((folder / f"{CERAMICS}.v1.zip").read_bytes())
    entry = shelf.find(CERAMICS)
    shelf.find = lambda statement, version=None: entry
    path.unlink()
    with served(create_app(world(), PlantList(()), shelf=shelf)) as alone:
        for part in ("statement.pdf", "bundle.zip"):
            answer = alone.get(f"/api/v1/statements/{CERAMICS}/{part}")
            assert answer.status_code == 500
            assert f"the bundle {CERAMICS}.v1.zip cannot be read" in answer.json()["detail"]


def page(client, address):
    answer = client.get(address, headers={"Accept": "text/html"}).raise_for_status()
    return html.unescape(answer.text)


def test_the_page_of_all_statements_lists_current_ones_with_their_outcome(client):
    text = page(client, "/statements")
    assert text.count('<th scope="row">') == 3
    assert "May be claimed" in text
    assert "May not be claimed" in text
    assert "simulated" in text
    assert "notes.zip" in text
    assert "version 2, unsigned" in text


def test_the_page_of_no_statements_says_so(tmp_path):
    with served(create_app(world(), PlantList(()), shelf=Shelf(tmp_path))) as alone:
        assert "No statement has been issued yet." in page(alone, "/statements")


@pytest.mark.parametrize("statement", [CERAMICS, FOOD, NAMES])
def test_the_page_says_everything_that_the_paper_says(client, statement):
    text = re.sub(r"\s+", " ", page(client, f"/statements/{statement}?version=1").replace("\N{NO-BREAK SPACE}", " "))
    document = client.get(f"/api/v1/statements/{statement}?version=1").json()
    view = statement_view(shaped(document))
    told = [view.plant, view.badge, *view.marks, *view.sentences, *view.reasons, *view.limits]
    told += [text for figure in view.figures for text in (figure.label, figure.value, figure.beside, figure.text)]
    for stream in view.streams:
        told += [text for term in (*stream.method, *stream.figures) for text in term]
        told += [finding.title[1:] for finding in stream.findings]
        told += [cell for row in stream.data.rows for cell in row]
    told += [cell for row in view.factors.rows for cell in row] if view.factors else []
    missing = [
        each for each in told if re.sub(r"\s+", " ", each.replace("\N{NO-BREAK SPACE}", " ")).strip() not in text
    ]
    assert missing == []


def test_a_name_with_markup_in_it_stays_text(client):
    raw = client.get(f"/statements/{NAMES}").text
    assert "<b>" not in raw
    assert html.escape(NASTY, quote=False).split("<")[0][:20] in raw


def test_a_superseded_version_says_so_and_leads_to_the_newer_one(client):
    old = page(client, f"/statements/{FOOD}?version=1")
    assert "This version is superseded: version 2 was issued on 2026-01-21." in old
    assert f'href="/statements/{FOOD}"' in old
    assert "superseded" not in page(client, f"/statements/{FOOD}")


def test_the_page_leads_to_the_plant_only_where_this_server_knows_it(tmp_path):
    from plant_worlds import a_plant as a_registered_plant

    assessment = assess(ceramics(plan=a_plan(plant=a_plant(id="north-mill"))))
    shelf = Shelf(tmp_path)
    shelf.put(bundle_of(document_of(assessment)))
    address = "/statements/north-mill.2025-01-01.2026-01-01"
    for plants, there in (((), False), ((a_registered_plant(),), True)):
        with served(create_app(world(), PlantList(plants), shelf=shelf)) as alone:
            assert ('href="/plants/north-mill"' in page(alone, address)) is there


def test_an_amount_that_is_claimed_without_tonnes_stands_in_the_list(tmp_path):
    document = document_of(assess(ceramics()))
    document["tonnes"] = None
    shelf = Shelf(tmp_path)
    shelf.put(bundle_of(document))
    with served(create_app(world(), PlantList(()), shelf=shelf)) as alone:
        assert re.search(r"<td>[\d,]+\xa0m3</td>", page(alone, "/statements"))
