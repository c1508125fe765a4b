"""Every route over real HTTP."""

from datetime import date

import pytest
from plant_worlds import ENERGY, a_plant, as_span, claimable_plant, midnight, quarter_hours, served, world

from meterproof_api.app import create_app
from meterproof_api.headers import HEADERS
from meterproof_api.plants_file import checked_plants
from meterproof_api.schemas import SavingsAnswer
from meterproof_api.stores import Stores
from meterproof_core.errors import StoreError
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings
from meterproof_core.storage import EntryKind, JournalEntry

MILL = "/api/v1/plants/north-mill"
MAIN = f"{MILL}/points/main/intervals"


@pytest.fixture(scope="module")
def client():
    mill, store = a_plant(), claimable_plant()
    new = a_plant(id="new-plant", name="New plant", simulated=False)
    rows = as_span(quarter_hours(mill), 96 * 40 + 50, 96 * 42 + 3)
    stores = world((mill, rows), (store, quarter_hours(store, cut=0.2)), (new, []))
    stores.journal.append(
        [
            JournalEntry(f"e-{n}", EntryKind.EVENT, "north-mill", 1000 + n, {"what": "rollover", "n": n})
            for n in range(5)
        ]
    )
    stores.journal.append([JournalEntry("d-1", EntryKind.DEAD_LETTER, "north-mill", 2000, {"reason": "no JSON"})])
    stores.journal.append([JournalEntry("x-1", EntryKind.EVENT, "cold-store", 2000, {})])
    stats = Stores(stores.readings, stores.intervals, stores.journal, lambda: {"batches_stored": 3})
    with served(create_app(stats, checked_plants(mill, store, new))) as client:
        yield client


def problem(answer, status):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["type"] == "about:blank"
    assert told["instance"].startswith("/")
    return told["detail"]


def test_health_tells_the_counts_of_the_collector(client):
    assert client.get("/health").json() == {"status": "ok", "plants": 3, "collector": {"batches_stored": 3}}


def test_health_without_a_collector_has_no_counts():
    stores = Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal())
    with served(create_app(stores, checked_plants())) as alone:
        assert alone.get("/health").json() == {"status": "ok", "plants": 0, "collector": None}


def test_the_version_names_the_api(client):
    answer = client.get("/api/v1/version").json()
    assert (answer["name"], answer["api"]) == ("meterproof", "v1")


def test_plants_are_listed_by_id(client):
    plants = client.get("/api/v1/plants").json()["plants"]
    assert [plant["id"] for plant in plants] == ["cold-store", "new-plant", "north-mill"]
    assert plants[1] == {
        "id": "new-plant",
        "name": "New plant",
        "country": "KR",
        "sector": "Paper",
        "simulated": False,
    }


def test_a_plant_tells_its_record(client):
    plant = client.get("/api/v1/plants/cold-store").json()
    assert plant["baseline_period"] == {"start": "2018-01-01", "end": "2018-03-01"}
    assert plant["options"][0]["id"] == "opt-1"
    assert plant["simulated"] is True


def test_points_tell_what_the_store_holds_of_each(client):
    main, boiler = client.get(f"{MILL}/points").json()["points"]
    assert main["series"] == [ENERGY]
    assert main["first_ms"] == midnight(date(2018, 1, 1))
    assert main["first"] == "2018-01-01 00:00+09:00"
    assert main["readings"] > 2000
    assert (boiler["readings"], boiler["first"], boiler["last_ms"], boiler["series"]) == (0, None, None, [])


def test_intervals_as_they_are_keep_their_boundary_registers_and_spans(client):
    question = {"quantity": ENERGY, "start": "2018-02-10", "end": "2018-02-11", "level": "15min"}
    found = client.get(MAIN, params=question).json()
    assert found["start_ms"][0] == midnight(date(2018, 2, 10))
    assert found["is_span"] == [False] * 50 + [True]
    assert found["end_ms"][-1] == midnight(date(2018, 2, 12)) + 3 * 900_000
    assert found["register_end"][:-1] == pytest.approx(found["register_start"][1:])


def test_intervals_by_day_say_how_much_of_each_day_is_known(client):
    found = client.get(MAIN, params={"quantity": ENERGY, "start": "2018-02-09", "end": "2018-02-14"}).json()
    assert found["level"] == "day"
    assert found["day"] == ["2018-02-09", "2018-02-10", "2018-02-11", "2018-02-12", "2018-02-13"]
    assert found["cut_by_span"] == [False, True, True, True, False]
    assert found["completeness"][0] == 1.0
    assert found["amount"][2] is None


def test_a_span_that_reaches_in_from_before_brings_no_day_that_was_not_asked_for(client):
    found = client.get(MAIN, params={"quantity": ENERGY, "start": "2018-02-12", "end": "2018-02-13"}).json()
    assert found["day"] == ["2018-02-12"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quantity": "energy_kwh"}, "quantity 'energy_kwh' unknown; did you mean"),
        ({"quantity": "power_active_kw"}, "'power_active_kw' is a momentary value; only counters have intervals"),
        ({"end": "2018-01-01"}, "start 2018-01-01 to end 2018-01-01 holds no day"),
        ({"end": "2020-01-01", "level": "15min"}, "may hold 70,080 rows at level 15min; at most 40,000"),
        ({"end": "2118-01-01"}, "rows at level day; at most 3,700"),
        ({"level": "second"}, "level 'second': Input should be '15min' or 'day'"),
        ({"start": "yesterday"}, "start 'yesterday'"),
        ({"start": None}, "start is missing"),
        ({"limit": "9"}, "limit '9'"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_why(client, changes, said):
    question = {"quantity": ENERGY, "start": "2018-01-01", "end": "2018-02-01", **changes}
    answer = client.get(MAIN, params={key: value for key, value in question.items() if value is not None})
    assert said in problem(answer, 422)


def test_a_point_that_is_not_the_plants_is_not_found(client):
    question = {"quantity": ENERGY, "start": "2018-01-01", "end": "2018-02-01"}
    told = problem(client.get(f"{MILL}/points/other/intervals", params=question), 404)
    assert told == "plant 'north-mill' has no point 'other'; use main, boiler"
    assert "is not an id" in problem(client.get(f"{MILL}/points/Main!/intervals", params=question), 422)


@pytest.mark.parametrize(
    "tail", ["", "/points", "/savings", "/savings/series", "/journal?kind=event", "/charts/demand.json"]
)
def test_an_unknown_plant_and_a_bad_id_are_told_apart(client, tail):
    assert "there is no plant 'nowhere' here" in problem(client.get(f"/api/v1/plants/nowhere{tail}"), 404)
    told = problem(client.get(f"/api/v1/plants/No_Where{tail}"), 422)
    assert told == "plant 'No_Where' is not an id; use 1 to 64 of a-z, 0-9 and '-', starting with a letter or digit"


def test_savings_follow_their_description_and_claim_nothing_without_an_option(client):
    savings = SavingsAnswer.model_validate(client.get(f"{MILL}/savings").json())
    assert savings.status == "not_claimable"
    (stream,) = savings.streams
    assert (stream.verified, savings.tonnes) == (0, None)
    assert {"no_option", "no_production_driver"} <= {finding.code for finding in stream.findings}
    assert stream.baseline.spans == 1
    assert stream.baseline.completeness < 1


def test_savings_of_a_plant_with_an_option_are_claimable(client):
    savings = SavingsAnswer.model_validate(client.get("/api/v1/plants/cold-store/savings").json())
    assert savings.status == "claimable"
    (stream,) = savings.streams
    assert stream.savings is not None
    assert stream.savings.lower_one_sided_90 is not None
    assert 0 < stream.verified <= stream.savings.lower_one_sided_90


def test_savings_of_a_plant_without_data_follow_their_description_too(client):
    savings = SavingsAnswer.model_validate(client.get("/api/v1/plants/new-plant/savings").json())
    assert savings.status == "not_claimable"
    (stream,) = savings.streams
    assert stream.savings is None
    assert stream.baseline.amount is None
    assert [finding.code for finding in stream.findings if finding.severity == "refusal"] == [
        "baseline_missing",
        "reporting_missing",
    ]


def test_the_series_carry_every_day(client):
    series = client.get(f"{MILL}/savings/series").json()
    assert (series["stream"], series["unit"], len(series["rows"])) == ("electricity", "kWh", 120)
    assert series["cumulative"][-1]["start"] == "2018-04-30"


def test_a_stream_that_is_not_there_is_named_with_those_that_are(client):
    told = "plant 'north-mill' has no stream 'steam'; use electricity"
    for address in (f"{MILL}/savings/series", f"{MILL}/charts/baseline.json", "/plants/north-mill"):
        assert problem(client.get(address, params={"stream": "steam"}), 404) == told


def test_the_journal_gives_the_newest_entries_of_the_kinds_that_are_asked_for(client):
    found = client.get(f"{MILL}/journal", params={"kind": "event", "limit": 2}).json()
    assert [entry["entry_id"] for entry in found["entries"]] == ["e-3", "e-4"]
    assert found["more"] is True
    assert client.get(f"{MILL}/journal", params={"kind": "event", "limit": 5}).json()["more"] is False
    both = client.get(f"{MILL}/journal", params={"kind": ["event", "dead_letter"]}).json()["entries"]
    assert len(both) == 6
    assert both[-1]["data"] == {"reason": "no JSON"}


def test_a_long_journal_is_not_read_whole_for_a_short_answer():
    asked = []

    class Watched(MemoryJournal):
        def read(self, *args, limit=None):
            found = super().read(*args, limit=limit)
            asked.append(len(found))
            return found

    journal = Watched()
    journal.append([JournalEntry(f"e-{n}", EntryKind.EVENT, "north-mill", n, {}) for n in range(500)])
    stores = Stores(MemoryReadings(), MemoryIntervals(), journal)
    with served(create_app(stores, checked_plants(a_plant()))) as client:
        found = client.get(f"{MILL}/journal", params={"kind": "event", "limit": 3}).json()
    assert [entry["entry_id"] for entry in found["entries"]] == ["e-497", "e-498", "e-499"]
    assert max(asked) <= 4


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({}, "kind is missing"),
        ({"kind": "gossip"}, "Input should be 'arrival'"),
        ({"kind": "event", "limit": 5000}, "limit '5000': Input should be less than or equal to 1000"),
    ],
)
def test_a_journal_question_that_makes_no_sense_is_told_why(client, question, said):
    assert said in problem(client.get(f"{MILL}/journal", params=question), 422)


def test_a_chart_that_is_not_there_names_those_that_are(client):
    told = problem(client.get(f"{MILL}/charts/pie.json"), 404)
    assert told == "there is no chart 'pie'; use baseline, cumulative, demand, load, completeness"
    assert problem(client.get("/plants/north-mill/charts/pie.svg"), 404) == told


def test_an_address_that_is_not_there_and_a_method_that_is_not_accepted_are_problems(client):
    assert "there is no page '/api/v2/plants'" in problem(client.get("/api/v2/plants"), 404)
    answer = client.post("/api/v1/plants")
    assert problem(answer, 405) == "method POST is not accepted here; use GET"
    assert answer.headers["allow"] == "GET"


def test_an_answer_that_is_already_known_is_not_sent_again(client):
    first = client.get(f"{MILL}/savings")
    again = client.get(f"{MILL}/savings", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "address", ["/health", f"{MILL}/savings", "/api/v1/plants/nowhere", "/plants/north-mill", "/static/page.css"]
)
def test_every_answer_carries_the_security_headers(client, address):
    headers = client.get(address).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS


def test_the_description_names_every_data_route_and_loads_nothing_from_elsewhere(client):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert f"{MILL}/savings".replace("north-mill", "{plant}") in paths
    assert len([path for path in paths if path.startswith("/api/v1/plants")]) == 8
    assert client.get("/docs").status_code == 404


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8080", "LOCALHOST", "[::1]", "[::1]:8080"])
def test_whoever_asks_this_machine_by_one_of_its_own_names_is_answered(client, host):
    assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["attacker.example", "attacker.example:80", "localhost.attacker.example", "[::2]", ""])
def test_a_name_that_somebody_else_pointed_at_this_machine_is_refused(client, host):
    answer = client.get(f"{MILL}/savings", headers={"Host": host})
    assert answer.status_code == 400
    assert "avoided" not in answer.text
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


def test_a_server_that_others_reach_is_given_its_own_names():
    stores = Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal())
    with served(create_app(stores, checked_plants(), allowed_hosts=("meter.example",))) as named:
        assert named.get("/health", headers={"Host": "meter.example:443"}).status_code == 200
        assert named.get("/health").status_code == 400


class _LostStore(MemoryIntervals):
    def read(self, key, start_ms, end_ms):
        raise StoreError("the file is gone")


class _WrongStore(MemoryIntervals):
    def read(self, key, start_ms, end_ms):
        raise ZeroDivisionError("secret detail")


@pytest.mark.parametrize(
    ("store", "status", "said"),
    [
        (_LostStore(), 503, "the store does not answer: the file is gone"),
        (_WrongStore(), 500, "a mistake of ours (ZeroDivisionError); the server's log tells more"),
    ],
)
def test_a_store_that_fails_is_a_problem_too(store, status, said):
    app = create_app(Stores(MemoryReadings(), store, MemoryJournal()), checked_plants(a_plant()))
    with served(app) as client:
        answer = client.get(f"{MILL}/savings")
        assert problem(answer, status) == said
        assert "secret" not in answer.text
        assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


def test_figures_follow_the_store_at_once():
    plant = a_plant()
    stores = world()
    with served(create_app(stores, checked_plants(plant))) as client:
        assert client.get(f"{MILL}/savings").json()["streams"][0]["baseline"]["present_intervals"] == 0
        fuller = world((plant, quarter_hours(plant)))
        key = fuller.intervals.series(plant.id)[0]
        whole = fuller.intervals.read(key, 0, 2**53)
        stores.intervals.replace(key, 0, 2**53, whole)
        assert client.get(f"{MILL}/savings").json()["streams"][0]["baseline"]["completeness"] == 1.0
