"""What can be known of the dashboards without a Grafana: that their JSON holds together."""

import json
import re
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from grafana_filling import variables_in

from meterproof_core.errors import SettingsError
from meterproof_core.quantities import QUANTITIES, Kind
from meterproof_dashboards.catalogue_units import units_by_name
from meterproof_dashboards.dashboard import Dashboard, Row
from meterproof_dashboards.files import dashboards
from meterproof_dashboards.panels import DATA_SOURCE_UID, Panel
from meterproof_dashboards.units import GRAFANA_UNITS, grafana_unit, ratio_unit
from meterproof_dashboards.variables import SIMULATED_WORD, TIME_ZONES

# Ids of Grafana 10's packages/grafana-data/src/valueFormats/categories.ts; an id of ours is one of these or a suffix.
GRAFANA_IDS = {
    "none", "percentunit", "dateTimeAsIso", "dateTimeFromNow", "s", "kwatt", "kwatth", "kvoltamp", "kvoltampreact",
    "volt", "amp", "hertz", "m3", "celsius", "pressurebar", "masst",
}  # fmt: skip
BOARDS = [dashboard.as_json() for dashboard in dashboards()]
PANELS = [panel for board in BOARDS for panel in board["panels"] if panel["type"] != "row"]
ASKING = [panel for panel in PANELS if panel["type"] != "text"]
TARGETS = [target for panel in ASKING for target in panel["targets"]]


def named(panel):
    return panel["title"]


def board_named(board):
    return board["uid"]


def test_there_are_three_dashboards_with_fixed_uids():
    assert [board["uid"] for board in BOARDS] == ["meterproof-plant", "meterproof-meter", "meterproof-gateways"]
    assert all(len(board["uid"]) <= 40 for board in BOARDS)


@pytest.mark.parametrize("board", BOARDS, ids=board_named)
def test_every_panel_has_a_number_of_its_own(board):
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(set(numbers)) == len(numbers) > 5


@pytest.mark.parametrize("board", BOARDS, ids=board_named)
def test_every_panel_has_a_title_of_its_own(board):
    titles = [panel["title"] for panel in board["panels"]]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("board", BOARDS, ids=board_named)
def test_no_two_panels_overlap_and_none_leaves_the_grid(board):
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


@pytest.mark.parametrize("board", BOARDS, ids=board_named)
def test_every_variable_that_is_used_is_defined_and_before_it_is_used(board):
    known = set()
    for variable in board["templating"]["list"]:
        assert variables_in(variable["query"]) <= known, variable["name"]
        known.add(variable["name"])
    assert variables_in(json.dumps([board["panels"], board["links"]])) <= known


@pytest.mark.parametrize("board", BOARDS, ids=board_named)
def test_every_variable_is_used(board):
    text = json.dumps([board["panels"], [each["query"] for each in board["templating"]["list"]]])
    assert {each["name"] for each in board["templating"]["list"]} == variables_in(text)


def test_everything_asks_the_one_data_source():
    asked = re.findall(r'"uid": "(meterproof-influx[^"]*)"', json.dumps(BOARDS))
    assert len(asked) > len(TARGETS)
    assert set(asked) == {DATA_SOURCE_UID}
    assert all(target["datasource"] == {"type": "influxdb", "uid": DATA_SOURCE_UID} for target in TARGETS)


@pytest.mark.parametrize("panel", PANELS, ids=named)
def test_every_panel_says_what_it_shows(panel):
    assert len(panel["description"]) > 15
    assert panel["description"].endswith(".")


@pytest.mark.parametrize("panel", PANELS, ids=named)
def test_every_title_carries_the_word_for_simulated_plants(panel):
    assert panel["title"].endswith(" ${simulated}")


@pytest.mark.parametrize("board", BOARDS, ids=board_named)
def test_a_plant_is_simulated_when_its_id_says_so(board):
    (mark,) = [each for each in board["templating"]["list"] if each["name"] == "simulated"]
    pattern = re.compile(mark["regex"].strip("/"))
    assert pattern.search("simulated-mill")[1] == SIMULATED_WORD
    assert pattern.search("north-mill") is None


@pytest.mark.parametrize("panel", ASKING, ids=named)
def test_every_unit_is_one_that_grafana_knows(panel):
    fields = panel["fieldConfig"]
    units = {fields["defaults"]["unit"]} | {
        member["value"] for override in fields["overrides"] for member in override["properties"]
    }
    assert {unit for unit in units if not unit.startswith("suffix:")} <= GRAFANA_IDS


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=lambda quantity: quantity.name)
def test_every_unit_of_the_catalogue_has_a_grafana_unit(quantity):
    shown = grafana_unit(quantity.unit)
    assert shown in GRAFANA_IDS or shown.startswith("suffix:")


def test_no_grafana_unit_stands_for_a_unit_that_the_catalogue_lacks():
    assert set(GRAFANA_UNITS) == {quantity.unit for quantity in QUANTITIES.values()}


def test_a_unit_that_is_not_known_is_refused_by_name():
    with pytest.raises(SettingsError, match="unit 'BTU' has no Grafana unit; accepted: 1, A"):
        grafana_unit("BTU")


def test_a_ratio_shows_both_units():
    assert [ratio_unit("kWh", "t"), ratio_unit("m3", "t")] == ["suffix:kWh/t", "suffix:m³/t"]


def quantity_of(panel):
    """Return the one quantity whose amounts a panel shows, if there is one."""
    query = " ".join(target["query"] for target in panel["targets"])
    asked = set(re.findall(r"\"quantity\" = '(\w+)'", query))
    return asked.pop() if len(asked) == 1 and "completeness" not in query else None


@pytest.mark.parametrize("panel", [panel for panel in ASKING if quantity_of(panel)], ids=named)
def test_a_panel_of_a_quantity_has_its_unit(panel):
    unit = grafana_unit(QUANTITIES[quantity_of(panel)].unit)
    shown = panel["fieldConfig"]["defaults"]["unit"]
    overridden = [each["properties"][0]["value"] for each in panel["fieldConfig"]["overrides"]]
    if "demand" in panel["targets"][0]["query"]:
        assert (shown, unit) == ("kwatt", "kwatth")
    else:
        assert unit in (shown, *overridden)


@pytest.mark.parametrize("kind", Kind)
def test_a_chosen_quantity_keeps_its_own_unit(kind):
    overrides = units_by_name(kind)
    for name, quantity in QUANTITIES.items():
        fitting = [each.unit for each in overrides if re.search(each.pattern, f"{name} mean")]
        wanted = [] if quantity.kind is not kind or quantity.unit == "1" else [grafana_unit(quantity.unit)]
        assert fitting == wanted


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["query"][:60])
def test_every_query_is_raw_and_names_its_retention_policy(target):
    assert target["rawQuery"] is True
    assert f'"{target["policy"]}"."' in target["query"]
    others = {"counters", "gauges"} - {target["policy"]}
    assert not any(f'"{other}"."' in target["query"] for other in others)


def test_what_a_plant_used_is_never_a_difference_of_registers():
    amounts = [target["query"] for target in TARGETS if "amount" in target["query"]]
    assert len(amounts) > 10
    assert all('"counters"."intervals"' in query and "readings" not in query for query in amounts)
    assert not any(re.search(r"difference|derivative|spread\(|integral", target["query"], re.I) for target in TARGETS)


def test_spans_are_never_spread_over_steps():
    stepped = [query for target in TARGETS if "amount" in (query := target["query"]) and "GROUP BY time(" in query]
    assert len(stepped) > 5
    assert all('"state" = 1' in query and '"state" > 0' not in query for query in stepped)


def test_a_total_holds_spans_only_whole():
    totals = [target["query"] for target in TARGETS if target["query"].startswith('SELECT sum("amount")')]
    with_spans = [query for query in totals if '"state" > 0' in query]
    assert with_spans
    assert all('"end_ms" <= ${__to} + 1' in query for query in with_spans)


def test_points_are_never_added_up_because_they_may_contain_one_another():
    summed = [target["query"] for target in TARGETS if 'sum("amount")' in target["query"]]
    assert summed
    assert all('"point"' in query.rsplit("GROUP BY", 1)[1] for query in summed)


def test_thresholds_begin_below_everything_and_rise():
    for panel in ASKING:
        first, *rest = [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
        assert first is None
        assert rest == sorted(rest)


def test_no_link_leads_out_of_our_own_dashboards():
    assert "http" not in json.dumps(BOARDS)
    ours = {board["uid"] for board in BOARDS}
    for board in BOARDS:
        ways = [re.fullmatch(r"/d/([a-z-]+)\?(.*)", link["url"])[1] for link in board["links"]]
        assert sorted([board["uid"], *ways]) == sorted(ours)


def test_a_link_carries_only_what_is_chosen_in_the_same_way_on_both_sides():
    choices = {board["uid"]: {each["name"]: each["multi"] for each in board["templating"]["list"]} for board in BOARDS}
    for board in BOARDS:
        for link in board["links"]:
            target, carried = link["url"].removeprefix("/d/").split("?")
            names = re.findall(r"\$\{(\w+):queryparam\}", carried)
            assert "plant" in names
            assert all(choices[board["uid"]][name] == choices[target][name] for name in names)


@pytest.mark.parametrize("zone", TIME_ZONES)
def test_every_time_zone_to_choose_is_known(zone):
    assert ZoneInfo(zone).key == zone


def test_a_plant_of_another_zone_begins_with_it():
    plant, meter, _ = (board.as_json() for board in dashboards("Pacific/Apia"))
    for board in (plant, meter):
        (zone,) = [each for each in board["templating"]["list"] if each["name"] == "tz"]
        assert (board["timezone"], zone["current"]["value"]) == ("Pacific/Apia", "Pacific/Apia")
        assert zone["query"].split(",")[:2] == ["Pacific/Apia", "UTC"]


def test_a_zone_in_the_list_stands_in_it_once():
    (zone,) = [each for each in dashboards("Asia/Dhaka")[0].as_json()["templating"]["list"] if each["name"] == "tz"]
    assert zone["query"].split(",").count("Asia/Dhaka") == 1
    assert [each["text"] for each in zone["options"] if each["selected"]] == ["Asia/Dhaka"]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_a_zone_that_is_none_is_refused(zone):
    with pytest.raises(SettingsError, match="an IANA name such as Asia/Kathmandu is accepted"):
        dashboards(zone)


def test_panels_flow_from_left_to_right_and_down_by_the_tallest():
    panels = [
        Panel("stat", name, "Something.").sized(width, height)
        for name, width, height in (("a", 12, 5), ("b", 12, 8), ("c", 6, 3))
    ]
    board = Dashboard("u", "t", "d", (), (Row("one", panels), Row("two", panels[:1])), (), since="now-1d").as_json()
    places = [(panel["title"], *panel["gridPos"].values()) for panel in board["panels"]]
    assert [place[1:] for place in places] == [
        (0, 0, 24, 1), (0, 1, 12, 5), (12, 1, 12, 8), (0, 9, 6, 3), (0, 12, 24, 1), (0, 13, 12, 5),
    ]  # fmt: skip


def test_a_panel_wider_than_the_grid_is_refused():
    wide = Panel("stat", "all of it", "Something.").sized(25, 3)
    with pytest.raises(SettingsError, match="panel 'all of it': width 25; at most 24"):
        Dashboard("u", "t", "d", (), (Row("one", (wide,)),), (), since="now-1d").as_json()
