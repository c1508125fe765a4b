"""Every query of every dashboard, asked of a real InfluxDB that holds a plant whose counts are known."""

import json
import re
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from dashboard_plant import (
    BOILER,
    COUNTERS,
    DAY_MS,
    END,
    INTERVAL_MS,
    LINE,
    MAIN,
    OTHER,
    PLANT,
    SPANS,
    START,
    TAKEN_AWAY,
    UNEXPLAINED,
    WATER,
    WHOLE_SPAN,
    by_local_day,
    quarters_by_local_day,
    seed,
    truth,
)
from grafana_filling import ALL, Reader
from influx_server import InfluxServer

from meterproof_dashboards.files import dashboards
from meterproof_dashboards.ledger_queries import INTERVAL_MINUTES
from meterproof_dashboards.variables import LEVELS, TIME_ZONES
from meterproof_mv.ledger import LedgerRules
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store

pytestmark = pytest.mark.influxdb
ZONES = ("Europe/Madrid", "America/New_York", "Asia/Kathmandu", "UTC")
BOARDS = {board["uid"]: board for board in (dashboard.as_json() for dashboard in dashboards())}
READER = Reader(
    START,
    END,
    {
        "plant": PLANT,
        "simulated": "simulated",
        "point": ALL,
        "level": "1h",
        "tz": "Europe/Madrid",
        "energy_point": MAIN,
        "water_point": WATER,
        "production_point": LINE,
        "counter": "energy_import_kwh",
        "gauge": "power_active_kw",
    },
)


class Asker:
    """Asks as Grafana's back end does: database and retention policy beside the query, instants in ms."""

    def __init__(self, server):
        self._url = f"{server.url}/query"

    def series(self, query, policy=""):
        fields = {"db": "meterproof", "epoch": "ms", "q": query} | ({"rp": policy} if policy else {})
        with urllib.request.urlopen(self._url, urllib.parse.urlencode(fields).encode(), timeout=60) as answer:
            (result,) = json.load(answer)["results"]
        assert "error" not in result, f"{result['error']}: {query}"
        return result.get("series", [])

    def panel(self, board, title, reader=READER):
        """Return the series of a panel's queries, as {tags: {time: value}}, or rows of a table."""
        (panel,) = [each for each in BOARDS[board]["panels"] if each["title"] == f"{title} ${{simulated}}"]
        (target,) = panel["targets"]
        found = self.series(reader.filled(target["query"]), target["policy"])
        if target["resultFormat"] == "table":
            return [
                {**each.get("tags", {}), **dict(zip(each["columns"], row, strict=True))}
                for each in found
                for row in each["values"]
            ]
        return {
            " ".join(each.get("tags", {"": ""}).values()): {row[0]: row[1] for row in each["values"]} for each in found
        }


@pytest.fixture(scope="module")
def ask(require_program, tmp_path_factory):
    with InfluxServer(require_program("influxd", package="influxdb"), tmp_path_factory.mktemp("influx")) as server:
        settings = server.settings()
        set_up(settings)
        store = open_store(settings)
        seed(store)
        store.close()
        yield Asker(server)


def one(series):
    """Return the only value of each series."""
    return {name: next(iter(values.values())) for name, values in series.items()}


def dated(values, zone):
    """Return values by the local date of their instant, which has to be the local midnight."""
    found = {}
    for at_ms, value in values.items():
        local = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone))
        assert (local.hour, local.minute) == (0, 0), local
        found[local.date().isoformat()] = value
    return found


def queries():
    for board in BOARDS.values():
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                yield pytest.param(board["uid"], target, id=f"{board['uid']}-{panel['title'].split(' $')[0]}")


@pytest.mark.parametrize(("board", "target"), list(queries()))
def test_every_query_returns_rows(ask, board, target):
    reader = READER.but(point=MAIN) if board == "meterproof-meter" else READER
    found = ask.series(reader.filled(target["query"]), target["policy"])
    values = [value for series in found for row in series["values"] for value in row[1:]]
    assert any(value is not None for value in values), reader.filled(target["query"])


def test_there_are_queries_of_all_three_dashboards():
    assert {parameters.values[0] for parameters in queries()} == set(BOARDS)
    assert len(list(queries())) > 40


@pytest.mark.parametrize(("point", "counter"), COUNTERS)
def test_intervals_of_any_counter_of_any_point_are_shown(ask, point, counter):
    found = ask.panel("meterproof-meter", "Intervals", READER.but(point=point, counter=counter))
    assert sum(found[point].values()) == pytest.approx(sum(truth(point, counter).values()))


def variable(board, name):
    (found,) = [each for each in BOARDS[board]["templating"]["list"] if each["name"] == name]
    return found


def listed(ask, query):
    return sorted(row[1] for series in ask.series(query) for row in series["values"])


@pytest.mark.parametrize(
    ("board", "name", "choices"),
    [
        ("meterproof-plant", "plant", [OTHER, PLANT]),
        ("meterproof-plant", "simulated", [PLANT]),
        ("meterproof-plant", "point", [BOILER, LINE, MAIN]),
        ("meterproof-plant", "energy_point", [LINE, MAIN]),
        ("meterproof-plant", "water_point", [WATER]),
        ("meterproof-plant", "production_point", [LINE]),
        ("meterproof-meter", "counter", ["energy_import_kwh", "heat_kwh", "mass_kg", "production_t", "volume_m3"]),
    ],
)
def test_a_variable_lists_what_is_stored(ask, board, name, choices):
    assert listed(ask, READER.filled(variable(board, name)["query"])) == choices


def test_only_the_chosen_points_counters_are_offered(ask):
    query = variable("meterproof-meter", "counter")["query"]
    assert listed(ask, READER.but(point=BOILER).filled(query)) == ["heat_kwh", "mass_kg"]


def test_the_mark_of_a_simulated_plant_comes_from_its_id(ask):
    mark = variable("meterproof-plant", "simulated")
    pattern = re.compile(mark["regex"].strip("/"))
    shown = {
        plant: [pattern.search(each) for each in listed(ask, READER.but(plant=plant).filled(mark["query"]))]
        for plant in (PLANT, OTHER)
    }
    assert [found[1] for found in shown[PLANT]] == ["simulated"]
    assert shown[OTHER] == [None]


@pytest.mark.parametrize("zone", ZONES)
def test_energy_per_day_is_that_of_the_plants_own_days(ask, zone):
    found = ask.panel("meterproof-plant", "Active energy, import, per ${level}", READER.but(level="1d", tz=zone))
    for point in (MAIN, LINE):
        assert dated(found[point], zone) == pytest.approx(by_local_day(truth(point, "energy_import_kwh"), zone))


@pytest.mark.parametrize("zone", ZONES)
def test_completeness_per_day_is_right_on_days_of_23_and_25_hours_too(ask, zone):
    found = ask.panel("meterproof-plant", "Completeness per day", READER.but(tz=zone))
    known = by_local_day(dict.fromkeys(truth(MAIN, "energy_import_kwh"), 1), zone)
    expected = {day: known.get(day, 0) / quarters for day, quarters in quarters_by_local_day(zone).items()}
    assert dated(found[f"{MAIN} energy_import_kwh"], zone) == pytest.approx(expected)


def test_the_day_of_25_hours_is_whole_with_100_intervals(ask):
    assert quarters_by_local_day("Europe/Madrid")["2025-10-26"] == 100
    found = ask.panel("meterproof-plant", "Completeness per day")
    assert dated(found[f"{MAIN} energy_import_kwh"], "Europe/Madrid")["2025-10-26"] == 1.0


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("zone", ZONES)
def test_every_level_adds_up_to_the_same_energy(ask, level, zone):
    found = ask.panel("meterproof-plant", "Active energy, import, per ${level}", READER.but(level=level, tz=zone))
    for point in (MAIN, LINE):
        assert sum(found[point].values()) == pytest.approx(sum(truth(point, "energy_import_kwh").values()))


@pytest.mark.parametrize("zone", TIME_ZONES)
def test_the_database_knows_every_time_zone_to_choose(ask, zone):
    found = ask.panel("meterproof-plant", "Active energy, import, per month", READER.but(tz=zone))
    assert sum(row["amount"] for row in found if row["point"] == MAIN) == pytest.approx(
        sum(truth(MAIN, "energy_import_kwh").values())
    )


def test_a_total_holds_the_spans_that_lie_whole_within_the_range_and_no_other(ask):
    found = one(ask.panel("meterproof-plant", "Active energy, import, whole range"))
    assert found[MAIN] == pytest.approx(sum(truth(MAIN, "energy_import_kwh").values()) + WHOLE_SPAN)


def test_a_total_of_a_wider_range_holds_every_span(ask):
    wider = Reader(START - DAY_MS, END + DAY_MS, READER.chosen)
    found = one(ask.panel("meterproof-plant", "Active energy, import, whole range", wider))
    assert found[MAIN] == pytest.approx(sum(truth(MAIN, "energy_import_kwh").values()) + sum(SPANS.values()))


def test_a_range_that_ends_a_millisecond_before_midnight_holds_the_last_interval(ask):
    day = Reader(START + DAY_MS, START + 2 * DAY_MS - 1, READER.chosen)
    found = one(ask.panel("meterproof-plant", "Active energy, import, whole range", day))
    inside = [
        amount for start, amount in truth(LINE, "energy_import_kwh").items() if day.start_ms <= start < day.end_ms
    ]
    assert len(inside) == 96
    assert found[LINE] == pytest.approx(sum(inside))


def test_what_the_ledger_took_away_counts_nowhere(ask):
    day = Reader(*TAKEN_AWAY, READER.chosen)
    assert MAIN not in ask.panel("meterproof-plant", "Active energy, import, whole range", day)
    assert one(ask.panel("meterproof-meter", "Intervals taken away", day.but(point=MAIN))) == {MAIN: 8}


def test_peak_and_last_demand_are_mean_powers_of_intervals(ask):
    amounts = truth(MAIN, "energy_import_kwh")
    assert one(ask.panel("meterproof-plant", "Peak demand"))[MAIN] == max(amounts.values()) * 4
    assert one(ask.panel("meterproof-plant", "Demand of the last interval"))[MAIN] == amounts[max(amounts)] * 4


def test_demand_over_a_long_range_keeps_the_peaks_and_breaks_where_nothing_is_known(ask):
    found = ask.panel("meterproof-plant", "Demand, 15 min")[MAIN]
    amounts = truth(MAIN, "energy_import_kwh")
    for hour, shown in found.items():
        within = [amounts[t] for t in range(hour, hour + 4 * INTERVAL_MS, INTERVAL_MS) if t in amounts]
        assert shown == (max(within) * 4 if within else None)
    assert found[UNEXPLAINED[0]] is None


def test_power_now_is_the_newest_and_nothing_old_is_shown(ask):
    assert set(one(ask.panel("meterproof-plant", "Power now"))) == {MAIN}
    later = Reader(START, END + 15 * 60_000, READER.chosen)
    assert ask.panel("meterproof-plant", "Power now", later) == {}


def test_specific_consumption_takes_only_intervals_in_which_both_are_known(ask):
    zone = "Europe/Madrid"
    energy, product = truth(MAIN, "energy_import_kwh"), truth(LINE, "production_t")
    both = energy.keys() & product.keys()
    assert len(both) < len(energy)
    upper, lower = (by_local_day({t: of[t] for t in both}, zone) for of in (energy, product))
    (found,) = ask.panel("meterproof-plant", "Active energy, import per t produced", READER.but(level="1d")).values()
    assert dated(found, zone) == pytest.approx({day: upper[day] / lower[day] for day in upper})


def test_completeness_of_the_range_is_the_share_of_its_quarter_hours(ask):
    found = one(ask.panel("meterproof-plant", "Completeness"))
    expected = len(truth(MAIN, "energy_import_kwh")) / ((END - START) / INTERVAL_MS)
    assert found[f"{MAIN} energy_import_kwh"] == pytest.approx(expected)
    assert found[f"{WATER} volume_m3"] == 1.0


def test_spans_that_overlap_the_range_are_listed_as_what_they_are(ask):
    rows = ask.panel("meterproof-plant", "Spans")
    assert {(row["time"], row["end_ms"]): row["amount"] for row in rows} == SPANS
    assert {row["point"] for row in rows} == {MAIN}


def test_the_newest_interval_of_each_counter_is_known_by_its_end(ask):
    found = one(ask.panel("meterproof-plant", "Newest interval"))
    assert found[f"{WATER} volume_m3"] == END
    assert found[f"{MAIN} energy_import_kwh"] == max(end for _, end in SPANS)


@pytest.mark.parametrize(
    ("point", "counter", "column", "last"),
    [
        (MAIN, "energy_import_kwh", "energy_import_kwh__raw_i", 79_000),
        (LINE, "production_t", "production_t__raw_f", 79),
        (BOILER, "heat_kwh", "heat_kwh__raw_u", str(2**63 + 79)),
        (BOILER, "mass_kg", "mass_kg__raw_c", "[79,5]"),
    ],
)
def test_a_raw_register_is_shown_whatever_its_type(ask, point, counter, column, last):
    rows = ask.panel("meterproof-meter", "Newest readings of the counter", READER.but(point=point, counter=counter))
    newest = rows[0]
    assert newest["time"] == END - 60_000
    assert json.dumps(newest[column]).replace(" ", "") == json.dumps(last)
    assert (newest["_gateway"], newest["_stream"]) == ("gateway-1", "stream-1")


def test_the_longest_time_between_readings_shows_the_gap(ask):
    found = ask.panel("meterproof-meter", "Longest time between two readings", READER.but(point=MAIN))[MAIN]
    assert max(found.values()) == 41 * 60
    assert min(found.values()) == 60


def test_flags_are_listed_with_quantity_level_and_reason(ask):
    reader = READER.but(point=MAIN)
    counters = [json.loads(row["_quality"]) for row in ask.panel("meterproof-meter", "Flags of counters", reader)]
    gauges = [json.loads(row["_quality"]) for row in ask.panel("meterproof-meter", "Flags of gauges", reader)]
    assert counters == [{"energy_import_kwh": ["uncertain", "clock"]}]
    assert gauges == [{"power_active_kw": ["missing", "no_answer"]}, {"power_active_kw": ["bad", "sentinel"]}]
    assert one(ask.panel("meterproof-meter", "Flagged readings", reader)) == {MAIN: 1}


def test_events_are_those_of_the_chosen_point(ask):
    rows = ask.panel("meterproof-meter", "Events", READER.but(point=LINE))
    assert [json.loads(row["data"])["code"] for row in rows] == ["reset"]


def test_arrivals_losses_and_dead_letters_are_counted(ask):
    assert one(ask.panel("meterproof-gateways", "Batches stored")) == {
        "gateway-1/stream-1": 100,
        "gateway-2/stream-2": 100,
    }
    assert one(ask.panel("meterproof-gateways", "Samples stored")) == {
        "gateway-1/stream-1": 1500,
        "gateway-2/stream-2": 1500,
    }
    assert list(one(ask.panel("meterproof-gateways", "Samples lost")).values()) == [24]
    assert list(one(ask.panel("meterproof-gateways", "Messages refused")).values()) == [2]


def test_dead_letters_of_no_known_plant_are_listed_beside_the_plants_own(ask):
    rows = ask.panel("meterproof-gateways", "Dead letters")
    assert sorted(json.loads(row["data"])["reason"] for row in rows) == ["no JSON", "topic"]


def test_events_of_the_collector_are_not_those_of_the_ledger(ask):
    rows = ask.panel("meterproof-gateways", "Events of the collector")
    assert [json.loads(row["data"])["code"] for row in rows] == ["two_gateways"]


def test_batches_a_minute_are_a_rate_whatever_the_step(ask):
    late = Reader(END - 2 * 3_600_000, END, READER.chosen, interval_ms=600_000)
    found = ask.panel("meterproof-gateways", "Batches a minute, by stream", late)["gateway-1/stream-1"]
    assert [*found.values()][:5] == [2.0] * 5  # one batch each 30 s
    assert min(found.values()) == 0


def test_who_was_last_heard_of_is_shown_by_stream_and_by_plant(ask):
    rows = ask.panel("meterproof-gateways", "Last heard of, by stream")
    newest = {row["source"]: json.loads(row["data"]) for row in rows}
    assert {stream: (told["gateway"], told["seq"]) for stream, told in newest.items()} == {
        "gateway-1/stream-1": ("gateway-1", 99),
        "gateway-2/stream-2": ("gateway-2", 99),
    }
    assert {row["plant"] for row in ask.panel("meterproof-gateways", "Last heard of, every plant")} == {OTHER, PLANT}


def test_the_ledgers_mark_says_up_to_when_arrivals_are_worked_through(ask):
    (row,) = ask.panel("meterproof-gateways", "The ledger has worked through")
    assert json.loads(row["data"]) == {"through_ms": END - 60_000}
    assert datetime.fromtimestamp(row["time"] / 1000, UTC) < datetime.fromtimestamp(END / 1000, UTC)


def test_an_account_that_may_only_read_is_enough(require_program, tmp_path):
    program = require_program("influxd", package="influxdb")
    with InfluxServer(program, tmp_path, auth=True) as server:

        def told(statement, user, password, **beside):
            fields = urllib.parse.urlencode({"u": user, "p": password, "db": "meterproof", "q": statement, **beside})
            with urllib.request.urlopen(f"{server.url}/query?{fields}", b"", timeout=60) as answer:
                return json.load(answer)["results"][0]

        told("CREATE USER admin WITH PASSWORD 'admin' WITH ALL PRIVILEGES", "", "")
        for statement in (
            "CREATE DATABASE meterproof",
            "CREATE RETENTION POLICY counters ON meterproof DURATION INF REPLICATION 1 DEFAULT",
            "CREATE RETENTION POLICY gauges ON meterproof DURATION INF REPLICATION 1",
            "CREATE USER grafana WITH PASSWORD 'grafana'",
            "GRANT READ ON meterproof TO grafana",
        ):
            assert "error" not in told(statement, "admin", "admin")
        asked = [target for parameters in queries() for target in [parameters.values[1]]]
        looked_up = [
            each["query"]
            for board in BOARDS.values()
            for each in board["templating"]["list"]
            if each["type"] == "query"
        ]
        for target in asked:
            assert "error" not in told(READER.filled(target["query"]), "grafana", "grafana", rp=target["policy"])
        for query in [*map(READER.filled, looked_up), 'SHOW RETENTION POLICIES ON "meterproof"']:
            assert "error" not in told(query, "grafana", "grafana")


def test_several_points_may_be_chosen_at_once(ask):
    found = ask.panel("meterproof-plant", "Completeness", READER.but(point=[WATER, BOILER]))
    assert {name.split()[0] for name in found} == {WATER, BOILER}


def test_the_dashboards_interval_is_the_ledgers():
    assert LedgerRules().interval_ms == INTERVAL_MINUTES * 60_000
