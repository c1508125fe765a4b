"""The page of a statement in a real browser: charts are drawn under our own security policy, the console is silent."""

import re

import pytest
from plant_worlds import served, world
from statement_worlds import assess, bundle_of, ceramics, document_of

from meterproof_api.app import create_app
from meterproof_api.paper import statement_pdf
from meterproof_api.plants import PlantList
from meterproof_api.statements.document import shaped
from meterproof_api.statements.shelf import Shelf
from meterproof_evidence.bundle import build_bundle
from meterproof_evidence.document import Identity

pytestmark = pytest.mark.chromium
CERAMICS = "th-simulated-ceramics.2025-01-01.2026-01-01"


@pytest.fixture
def shelf(tmp_path):
    assessment = assess(ceramics())
    document = document_of(assessment)
    identity = Identity(CERAMICS, 1, None, shaped(document).issued_at, "en", "meterproof 0.1.0")
    rows = {stream.stream.id: stream.rows for stream in assessment.streams}
    shelf = Shelf(tmp_path / "statements")
    shelf.put(build_bundle(assessment, identity, pdf=statement_pdf(document, rows)))
    return shelf


@pytest.mark.parametrize("width", [1280, 390])
def test_every_chart_of_a_statement_is_drawn_and_the_console_stays_silent(browse, shelf, width):
    with served(create_app(world(), PlantList(()), shelf=shelf)) as client:
        address = f"{client.base_url}/statements/{CERAMICS}"
        document, console = browse(address, f"--window-size={width},2000")
    assert console == []
    figures = re.findall(r'<figure class="chart".*?</figure>', document, re.S)
    assert len(figures) == 3
    for figure in figures:
        assert 'data-drawn="true"' in figure
        assert len(re.findall(r'<path [^>]*d="M[^"]{20,}"', figure)) > 1


def test_a_chart_whose_rows_the_bundle_lacks_says_so(browse, tmp_path):
    shelf = Shelf(tmp_path / "statements")
    shelf.put(bundle_of(document_of(assess(ceramics()))))
    with served(create_app(world(), PlantList(()), shelf=shelf)) as client:
        document, _ = browse(f"{client.base_url}/statements/{CERAMICS}")
    assert document.count("The chart could not be drawn; its rows are in the bundle.</div>") == 3


def test_the_list_of_statements_is_shown_in_silence(browse, shelf):
    with served(create_app(world(), PlantList(()), shelf=shelf)) as client:
        document, console = browse(f"{client.base_url}/statements")
    assert console == []
    assert f'href="/statements/{CERAMICS}"' in document
