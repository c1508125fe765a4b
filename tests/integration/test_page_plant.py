"""The page of a plant, as a browser without scripts gets it."""

import re
from html import unescape
from itertools import pairwise

import pytest
from plant_worlds import OPTION, a_plant, as_span, claimable_plant, quarter_hours, served, world

from meterproof_api.app import create_app
from meterproof_api.charts import CHARTS
from meterproof_api.plants_file import checked_plants
from meterproof_api.showing import plain, with_unit

NASTY = "<script>alert(1)</script> & \"Sons\" 'Ltd'"


@pytest.fixture(scope="module")
def client():
    mill, store = a_plant(simulated=False), claimable_plant()
    nasty = a_plant(id="nasty", name=NASTY, sector=NASTY, origin=NASTY)
    stores = world(
        (mill, as_span(quarter_hours(mill, cut=0.1), 96 * 40 + 50, 96 * 42 + 3)),
        (store, quarter_hours(store, cut=0.2)),
    )
    with served(create_app(stores, checked_plants(mill, store, nasty))) as client:
        yield client


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def shown(text: str) -> str:
    return text.replace("\xa0", " ")


def test_the_first_page_lists_the_plants_and_marks_simulated_ones(client):
    page = client.get("/").text
    assert re.findall(r'href="/plants/([a-z-]+)"', page) == ["cold-store", "nasty", "north-mill"]
    assert page.count(">simulated<") == 2


def test_with_one_plant_the_first_page_is_its_page():
    with served(create_app(world(), checked_plants(a_plant()))) as alone:
        answer = alone.get("/")
        assert (answer.status_code, answer.headers["location"]) == (307, "/plants/north-mill")


def test_without_a_plant_the_first_page_says_so():
    with served(create_app(world(), checked_plants())) as alone:
        assert "No plant is set up yet." in alone.get("/").text


@pytest.mark.parametrize("plant", ["north-mill", "cold-store", "nasty"])
def test_the_figures_of_the_page_are_those_of_the_savings(client, plant):
    savings = client.get(f"/api/v1/plants/{plant}/savings").json()
    text = shown(text_of(client.get(f"/plants/{plant}").text))
    (stream,) = savings["streams"]
    for name in ("avoided", "lower", "upper", "lower_one_sided_90", "adjusted_baseline", "actual"):
        assert shown(with_unit((stream["savings"] or {}).get(name), "kWh")) in text, name
    for period in ("baseline", "reporting"):
        assert shown(with_unit(stream[period]["amount"], "kWh")) in text
    for finding in (*savings["findings"], *stream["findings"]):
        assert finding["message"][1:] in text
    assert ("Not claimable" in text) is (savings["status"] == "not_claimable")


def test_a_plant_that_may_not_claim_says_why_in_plain_words_and_claims_nothing(client):
    text = shown(text_of(client.get("/plants/north-mill").text))
    assert "No saving can be claimed: " in text
    assert "no cleaner-production option is linked" in text
    assert "What would mend it : Link the option" in text.replace("it:", "it :")
    assert "Claimed reduction 0 t CO2e" in text
    assert "Verified none" in text


def test_a_plant_that_may_claim_says_how_much_and_under_which_option(client):
    verified = client.get("/api/v1/plants/cold-store/savings").json()["streams"][0]["verified"]
    text = shown(text_of(client.get("/plants/cold-store").text))
    assert f"At least {plain(verified)} kWh of avoided use can be claimed for 61 compared days" in text
    assert OPTION.title in text
    assert "No emission factor is set for this plant" in text
    assert "Not claimable" not in text


def test_a_plant_without_data_has_a_page_that_says_what_is_missing(client):
    text = text_of(client.get("/plants/nasty").text)
    assert "None of its" not in text
    assert "none of its 59 days was metered whole: 2018-01-01 to 2018-02-28" in text
    assert "No reading has arrived yet" in text
    assert "Nothing to draw yet." in text


def test_simulated_data_is_called_so_and_recorded_data_tells_its_origin(client):
    assert "Simulated: this plant and its data are invented" in client.get("/plants/cold-store").text
    mill = client.get("/plants/north-mill").text
    assert "Simulated:" not in mill
    assert "Invented for a test." in mill


def test_names_are_text_and_never_markup(client):
    for address in ("/", "/plants/nasty", "/plants/nasty/live"):
        page = client.get(address).text
        assert "<script>alert" not in page
        assert "alert(1)" not in re.sub(r"&lt;script&gt;alert\(1\)&lt;/script&gt;", "", page)


def test_nothing_runs_inline_and_nothing_comes_from_elsewhere(client):
    page = client.get("/plants/north-mill").text
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert re.findall(r"""\s(?:style|on[a-z]+)=["']""", page) == []
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
    assert len(addresses) > 10
    assert [address for address in addresses if not address.startswith(("/", "#"))] == []


def test_every_address_on_the_page_answers(client):
    page = client.get("/plants/north-mill").text
    addresses = re.findall(r"""(?:src|href|data-chart|data-address)=["'](/[^"']*)""", page)
    for address in sorted({unescape(address) for address in addresses}):
        assert client.get(address).status_code in (200, 307), address


def test_every_chart_has_a_picture_for_browsers_without_scripts_with_words_beside_it(client):
    page = client.get("/plants/north-mill").text
    pictures = re.findall(r'<noscript><img src="([^"]+)" alt="([^"]+)"', page)
    assert [address.rsplit("/", 1)[1] for address, _ in pictures] == [
        f"{name}.svg?stream=electricity" for name in CHARTS
    ]
    for address, words in pictures:
        answer = client.get(address)
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert answer.text.startswith("<svg")
        assert len(words) > 40


def test_the_table_by_month_stands_in_for_the_charts(client):
    page = client.get("/plants/north-mill").text
    table = page[page.index("<table>") : page.index("</table>")]
    months = re.findall(r'<th scope="row">([^<]+)</th>', table)
    assert months == ["2018-01", "2018-02", "2018-03", "2018-04"]
    february = text_of(table[table.index("2018-02") : table.index("2018-03")])
    series = client.get("/api/v1/plants/north-mill/savings/series").json()["rows"]
    actual = sum(row["actual"] for row in series if row["start"].startswith("2018-02") and row["actual"])
    assert february.startswith(f"2018-02 25 / 28 {plain(actual)} ")


def test_headings_come_in_order_and_labels_point_somewhere(client):
    page = client.get("/plants/north-mill").text
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'aria-labelledby="([^"]+)"', page)) <= set(ids)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_the_part_that_follows_the_data_is_the_part_of_the_page(client):
    page, part = client.get("/plants/north-mill").text, client.get("/plants/north-mill/live")
    assert part.text in page
    assert f'data-statement="{part.headers["meterproof-statement"]}"' in page


def test_an_unknown_plant_is_a_page_for_a_person_and_a_problem_for_a_program(client):
    page = client.get("/plants/nowhere", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "there is no plant &#39;nowhere&#39; here" in page.text
    assert client.get("/plants/nowhere").headers["content-type"] == "application/problem+json"


def test_the_javascript_comes_gzipped_or_plain_as_the_browser_takes_it(client):
    address = re.findall(r'src="(/static/vega[^"]+)"', client.get("/plants/north-mill").text)[0]
    small = client.get(address, headers={"Accept-Encoding": "gzip"})
    large = client.get(address, headers={"Accept-Encoding": "identity"})
    assert small.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in large.headers
    assert small.text == large.text
    assert "immutable" in large.headers["cache-control"]
