"""The page of a plant in a real browser: charts are drawn under our own security policy, and figures follow the data."""

import re

import pytest
from plant_worlds import a_plant, as_span, quarter_hours, served, world

from meterproof_api.app import create_app
from meterproof_api.charts import CHARTS
from meterproof_api.plants_file import checked_plants
from meterproof_api.stores import Stores
from meterproof_core.storage import PointExtent

pytestmark = pytest.mark.chromium


class _GrowingReadings:
    """Readings of which one more is there at each look."""

    def __init__(self, readings, plant):
        self._readings, self._plant, self.looks = readings, plant, 0

    def extents(self, plant):
        self.looks += 1
        first = self._readings.extents(plant)[0]
        return [PointExtent(plant, first.point, first.first_ms, first.last_ms, 1_000_000 + self.looks)]

    def read(self, query):
        return self._readings.read(query)

    def write(self, groups):
        raise AssertionError("a page writes nothing")


def figure(document: str, name: str) -> str:
    found = re.search(rf'<figure class="chart" id="chart-{name}".*?</figure>', document, re.S)
    assert found is not None, name
    return found.group()


@pytest.mark.parametrize("width", [1280, 390])
def test_every_chart_is_drawn_with_marks_and_the_console_stays_silent(browse, width):
    plant = a_plant()
    stores = world((plant, as_span(quarter_hours(plant, cut=0.1), 96 * 40 + 50, 96 * 42 + 3)))
    with served(create_app(stores, checked_plants(plant))) as client:
        document, console = browse(f"{client.base_url}/plants/{plant.id}", f"--window-size={width},2000")
    assert console == []
    for name in CHARTS:
        drawn = figure(document, name)
        assert 'data-drawn="true"' in drawn, name
        if name == "load":
            assert re.search(r"<canvas [^>]*width=\"[1-9]", drawn)
        else:
            assert len(re.findall(r'<path [^>]*d="M[^"]{20,}"', drawn)) > 1, name
    cells = re.findall(r'<path [^>]*fill="#1f7a5c"', figure(document, "completeness"))
    assert len(cells) >= 117


def test_a_plant_without_data_says_so_where_its_charts_would_be(browse):
    plant = a_plant()
    with served(create_app(world(), checked_plants(plant))) as client:
        document, console = browse(f"{client.base_url}/plants/{plant.id}")
    assert console == []
    for name in CHARTS:
        assert (
            "Nothing to draw yet."
            in re.sub(r"<noscript>.*?</noscript>|data-empty=\"[^\"]*\"", "", figure(document, name))
        ) is (name != "completeness")


def test_figures_follow_the_data_while_the_page_is_open(browse):
    plant = a_plant()
    stores = world((plant, quarter_hours(plant)))
    growing = _GrowingReadings(stores.readings, plant)
    app = create_app(Stores(growing, stores.intervals, stores.journal), checked_plants(plant))
    with served(app) as client:
        document, console = browse(f"{client.base_url}/plants/{plant.id}")
    assert console == []
    shown = re.search(r"([\d,]+) readings since", document)
    assert shown is not None
    assert 1_000_001 < int(shown.group(1).replace(",", "")) <= 1_000_000 + growing.looks
