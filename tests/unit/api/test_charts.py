import gzip
import json
import re
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from plant_worlds import a_plant, as_span, columns_of, quarter_hours, stated

from meterproof_api.chart_style import is_empty
from meterproof_api.charts import CHARTS
from meterproof_api.drawing import Drawing
from meterproof_api.load_profile import load_profile


def drawn_from(rows):
    plant = a_plant()
    columns = columns_of(rows)
    zone = ZoneInfo(plant.time_zone)
    profile = load_profile(columns, zone, plant.baseline_period.start, plant.reporting_period.end)
    return stated(plant, columns), profile


@pytest.fixture(scope="module")
def whole():
    return drawn_from(quarter_hours(a_plant(), cut=0.1))


@pytest.fixture(scope="module")
def with_holes():
    rows = quarter_hours(a_plant(), cut=0.1)
    rows = as_span(rows, 96 * 40 + 50, 96 * 42 + 3)
    return drawn_from([*rows[:500], *rows[700:]])


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_json_without_nan_and_describes_itself(name, with_holes):
    spec = CHARTS[name](*with_holes)
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec
    assert len(spec["description"]) > 40
    assert "{" not in spec["description"]
    assert spec["usermeta"]["empty"] is False


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_drawn_with_marks_by_vega_itself(name, with_holes):
    svg = Drawing().svg({**CHARTS[name](*with_holes), "width": 800})
    assert svg.startswith("<svg")
    marks = re.findall(r'<path [^>]*d="M[^"]{20,}"', svg)
    assert len(marks) > (1 if name != "load" else 1000)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_without_data_says_that_it_is_empty(name):
    statement, profile = drawn_from([])
    spec = CHARTS[name](statement, profile)
    assert spec["usermeta"]["empty"] is is_empty(name, statement) is (name != "completeness")
    json.dumps(spec, allow_nan=False)


def rows_of(name, drawn):
    return CHARTS[name](*drawn)["data"]["values"]


def test_demand_shows_the_lowest_mean_and_highest_of_each_day(whole):
    statement, profile = whole
    rows = rows_of("demand", whole)
    assert len(rows) == len(statement.rows) == 120
    assert rows[0] == {
        "day": "2018-01-01",
        "least": profile.least_kw[0],
        "mean": profile.mean_kw[0],
        "most": profile.most_kw[0],
    }


def test_a_hole_in_the_data_is_null_never_zero(with_holes):
    hole = next(row for row in rows_of("baseline", with_holes) if row["day"] == "2018-02-11")
    assert hole == {"day": "2018-02-11", "actual": None, "baseline": None}
    assert next(row for row in rows_of("demand", with_holes) if row["day"] == "2018-02-11")["mean"] is None
    assert not any(row["day"] == "2018-02-11" for row in rows_of("load", with_holes))


def test_the_load_field_has_a_cell_for_each_metered_hour(whole):
    rows = rows_of("load", whole)
    assert len(rows) == 120 * 24
    assert rows[25]["day"] == "2018-01-02"
    assert (rows[25]["hour"], rows[25]["next"]) == (1, "2018-01-03")


def test_the_cumulative_difference_ends_at_the_avoided_energy_in_mwh(whole):
    statement, _ = whole
    last = rows_of("cumulative", whole)[-1]
    assert statement.savings is not None
    assert last["difference"] == pytest.approx(statement.savings.avoided / 1000)
    assert last["lower"] < last["difference"] < last["upper"]


def test_the_calendar_tells_whole_partial_missing_and_coming_days_apart():
    rows = quarter_hours(a_plant())
    rows = [*rows[:96], *rows[96:190], *rows[192 + 60 : 288], *rows[384 : 96 * 50]]
    cells = rows_of("completeness", drawn_from(rows))
    assert [cell["class"] for cell in cells[:4]] == ["100 %", "90 % and more", "under 50 %", "nothing"]
    assert {cell["class"] for cell in cells[50:]} == {"nothing yet"}
    assert (cells[0]["weekday"], date.fromisoformat(cells[6]["week"])) == (0, date(2018, 1, 1))


def test_the_calendar_marks_days_that_lie_partly_in_a_span(with_holes):
    spans = {cell["day"]: cell["span"] for cell in rows_of("completeness", with_holes) if cell["span"]}
    assert spans == {"2018-02-10": 11.5, "2018-02-11": 24.0, "2018-02-12": 0.75}


def test_the_javascript_is_made_once_and_kept_over_a_restart(tmp_path):
    first = Drawing(tmp_path / "cache").bundle_gz()
    (kept,) = (tmp_path / "cache").iterdir()
    assert b"vegaEmbed" in gzip.decompress(first)
    kept.write_bytes(gzip.compress(b"kept"))
    assert gzip.decompress(Drawing(tmp_path / "cache").bundle_gz()) == b"kept"


def test_the_javascript_needs_no_folder():
    drawing = Drawing()
    assert drawing.bundle_gz() is drawing.bundle_gz()
