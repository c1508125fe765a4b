"""A statement on paper: the same bytes again, every kind of outcome, and no name that acts as markup."""

import re
import struct
import zlib
from dataclasses import replace

import pytest
import typst
from statement_worlds import NASTY, a_plan, a_plant, assess, ceramics, document_of, food, several, without_data

from meterproof_api.paper import statement_pages_png, statement_pdf
from meterproof_api.paper.letters import beyond_shipped_fonts
from meterproof_api.paper.sheet import FONT, sheet_of
from meterproof_api.statements.document import shaped
from meterproof_core.errors import DataError


def rows_of(assessment):
    return {stream.stream.id: stream.rows for stream in assessment.streams}


def sheet(assessment, **changes):
    return sheet_of(shaped(document_of(assessment, **changes)), rows_of(assessment), lambda spec: spec["description"])


@pytest.fixture(scope="module")
def works():
    return assess(ceramics())


def test_the_same_statement_gives_the_same_bytes(works):
    document = document_of(works)
    first = statement_pdf(document, rows_of(works))
    assert first.startswith(b"%PDF-")
    assert statement_pdf(document, rows_of(works)) == first


def test_another_date_of_issue_gives_another_paper(works):
    papers = {statement_pdf(document_of(works, version), {}) for version in (1, 2)}
    assert len(papers) == 2


def test_the_paper_carries_its_title_and_its_date_of_issue_and_no_other(works):
    paper = statement_pdf(document_of(works), {})
    assert b"Simulated ceramics works, Saraburi" in paper
    assert set(re.findall(rb"D:(\d{12})", paper)) == {b"202601200930"}


@pytest.mark.parametrize("world", [ceramics, food, several, without_data])
def test_every_outcome_can_be_printed(world):
    assessment = assess(world())
    pages = statement_pages_png(document_of(assessment), rows_of(assessment), ppi=20)
    assert len(pages) >= 3
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_a_statement_without_rows_is_printed_without_charts(works):
    with_charts = statement_pdf(document_of(works), rows_of(works))
    assert len(statement_pdf(document_of(works), {})) < 0.8 * len(with_charts)


def test_simulated_stands_across_every_page_of_a_simulated_plant_only():
    real = replace(a_plant(), simulated=False)
    papers = [assess(ceramics(plan=a_plan(plant=plant))) for plant in (a_plant(), real)]
    documents = [document_of(paper) for paper in papers]
    marked, plain = (statement_pages_png(document, {}, ppi=20) for document in documents)
    assert len(marked) == len(plain)
    for one, other in zip(marked, plain, strict=True):
        assert tinted(one) > tinted(other) + 500  # letters that cross the page, not a word in its header
    assert [sheet(paper)["view"]["simulated"] for paper in papers] == [True, False]
    assert "Simulated" in sheet(papers[0])["view"]["marks"][0]


def tinted(png):
    """Return how many pixels below the header of a picture have the tint of the letters across the page."""
    width, height, body, at = *struct.unpack(">II", png[16:24]), b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        body += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    lines, above = zlib.decompress(body), bytearray(4 * width)
    count = 0
    for row in range(height):
        line = lines[row * (4 * width + 1) :][: 4 * width + 1]
        above = unfiltered(line[0], line[1:], above)
        pixels = zip(above[0::4], above[1::4], above[2::4], strict=True)
        count += row > height // 5 and sum(230 < r < 245 and g < r and b > r for r, g, b in pixels)
    return count


def unfiltered(kind, line, above):
    """Return a line of a PNG, of 4 bytes a pixel."""
    done = bytearray()
    for place, byte in enumerate(line):
        left, up = (done[place - 4] if place >= 4 else 0), above[place]
        corner = above[place - 4] if place >= 4 else 0
        guess = left + up - corner
        nearest = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
        done.append((byte + (0, left, up, (left + up) // 2, nearest)[kind]) % 256)
    return done


def test_fonts_of_the_machine_are_used_only_for_letters_that_need_them(works, monkeypatch):
    asked = []
    real = typst.compile
    monkeypatch.setattr(
        typst, "compile", lambda *args, **how: asked.append(how["ignore_system_fonts"]) or real(*args, **how)
    )
    statement_pdf(document_of(works), {})
    statement_pdf(document_of(assess(several())), {})
    assert asked == [True, False]


def test_names_with_every_awkward_letter_reach_the_paper_as_they_are():
    found = sheet(assess(several()))
    assert found["view"]["plant"] == NASTY
    assert found["view"]["options"][0][0][1].startswith(NASTY)
    assert found["title"].endswith(NASTY)


@pytest.mark.parametrize(
    "name", ["#panic()", '"', "\\", "$x$", '#read("/etc/passwd")', "[", "`", "*", "@ref", "x" * 400]
)
def test_no_name_acts_as_markup(name):
    document = document_of(assess(several(name)))
    assert len(statement_pages_png(document, {}, ppi=20)) >= 3


def test_every_stream_has_its_charts_and_page_one_that_of_the_first_claimed(works):
    assert list(sheet(works)["charts"]) == ["first", "kiln-gas/baseline", "kiln-gas/cumulative"]
    assert list(sheet(assess(without_data()))["charts"]) == []
    assert sheet(assess(several()))["charts"]["first"].startswith("Expected and actual use by month: Gas ")


def test_charts_on_paper_are_set_in_the_letters_of_the_text(works):
    drawn = []
    sheet_of(shaped(document_of(works)), rows_of(works), lambda spec: drawn.append(spec) or "")
    assert {spec["config"]["font"] for spec in drawn} == {FONT}
    assert {spec["width"] for spec in drawn} == {660}


def test_letters_that_no_shipped_font_has_are_said(works):
    words = "not in the fonts that come with the program"
    assert words in sheet(assess(several()))["view"]["limits"][-1]
    assert not any(words in limit for limit in sheet(works)["view"]["limits"])


@pytest.mark.parametrize("text", ["Công ty Đặng Nguyễn Ữ", "Łódź Straße ÅÉ", "Завод № 5", "Ωμέγα m² CO₂ „x“ 90 %", ""])
def test_latin_with_vietnamese_greek_and_cyrillic_need_no_font_of_the_machine(text):
    assert beyond_shipped_fonts(text) == ""


def test_other_scripts_do():
    assert beyond_shipped_fonts("ก ข ก / 工") == "กข工"


def test_unsigned_stands_on_every_page_with_number_version_and_date(works):
    found = sheet(works)
    assert found["footer"].endswith("version 1 · Issued on 2026-01-20 · unsigned")
    assert any("no verifier's signature yet" in mark for mark in found["view"]["marks"])
    assert found["view"]["command"] == "meterproof-verify th-simulated-ceramics.2025-01-01.2026-01-01.v1.zip"


def test_what_is_no_statement_is_not_printed():
    with pytest.raises(DataError, match="missing required field"):
        statement_pdf({}, {})
