"""The store's routes: who is let in, what is refused, what travels."""

import re
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from contract.readings_samples import KW, KWH, group
from plant_worlds import served
from store_server import door_of

from meterproof_api.app import create_app
from meterproof_api.plants import PlantList
from meterproof_api.routes_store import open_store_routes
from meterproof_api.stores import Stores
from meterproof_core.errors import StoreError
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings

TOKEN = "the-token-of-this-server"
STORE = "/api/v1/store"
ROUTES = [
    ("GET", f"{STORE}/readings?plant=works&point=boiler&quantity={KWH}&start_ms=0&end_ms=9"),
    ("GET", f"{STORE}/extents"),
    ("GET", f"{STORE}/intervals?plant=works&point=boiler&quantity={KWH}&start_ms=0&end_ms=9"),
    ("GET", f"{STORE}/series"),
    ("GET", f"{STORE}/journal?kind=loss"),
    ("POST", f"{STORE}/backup"),
    ("POST", f"{STORE}/retention"),
    ("POST", f"{STORE}/dead-letters/dead-letter/0a/replay"),
]


def an_app(stores=None, **door):
    stores = stores or Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal())
    app = create_app(stores, PlantList(()))
    open_store_routes(app, door_of(stores, **door), TOKEN)
    return app


@contextmanager
def operator(stores=None, **door):
    """Serve a door; give a client that has the token."""
    given = {"backup": lambda: iter([b"PK"]), "retain": lambda apply: {"applied": apply}} | door
    with served(an_app(stores, **given)) as client:
        client.headers["authorization"] = f"Bearer {TOKEN}"
        yield client


@pytest.fixture(scope="module")
def client():
    with operator(replay=lambda letter: {"letter": letter}) as client:
        yield client


@pytest.mark.parametrize(("method", "address"), ROUTES)
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer é"],
)
def test_nobody_is_let_in_without_the_token(client, method, address, header):
    headers = {} if header is None else {"authorization": header.encode()}
    answer = httpx.request(method, client.base_url.join(address), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert TOKEN not in answer.text


@pytest.mark.parametrize(("method", "address"), ROUTES)
def test_an_operator_is_let_in(client, method, address):
    answer = client.request(method, address)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("method", "address"), ROUTES)
def test_a_body_is_refused_however_long(client, method, address):
    for body in (b"x", iter([b"x"])):
        assert client.request(method, address, content=body).status_code == 413


@pytest.mark.parametrize(("method", "address"), ROUTES)
def test_a_foreign_name_for_this_server_is_refused_even_with_the_token(client, method, address):
    assert client.request(method, address, headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(("method", "address"), ROUTES)
def test_no_page_of_another_origin_may_read_an_answer(client, method, address):
    asked = {"origin": "http://evil.example", "access-control-request-method": method}
    preflight = client.options(address, headers=asked)
    answer = client.request(method, address, headers={"origin": "http://evil.example"})
    assert preflight.status_code == 405
    assert not [name for name in (*preflight.headers, *answer.headers) if name.startswith("access-control")]


@pytest.mark.parametrize(
    "address",
    [
        "readings?plant=works&point=boiler&start_ms=0&end_ms=9",
        f"readings?plant=works&point=boiler&quantity={KWH}&start_ms=0",
        f"readings?plant=works&point=boiler&quantity={KWH}&start_ms=0&end_ms=9&neighbours=10001",
        f"readings?plant=works&point=boiler&quantity={KWH}&start_ms=0&end_ms=9223372036854775808",
        "journal",
        "journal?kind=gossip",
        "journal?kind=loss&limit=-1",
    ],
)
def test_a_question_that_makes_no_sense_is_refused(client, address):
    assert client.get(f"{STORE}/{address}").status_code == 422


def test_an_answer_is_lines_of_json_of_which_the_last_counts_the_others():
    stores = Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal())
    stores.readings.write([group([1, 2], {KWH: [1.5, None]}, raw={KWH: [2**64 - 1, None]}, q=[(1, KWH, "bad", "x")])])
    with operator(stores) as client:
        asked = f"readings?plant=works&point=boiler&quantity={KWH}&quantity={KW}&start_ms=0&end_ms=9"
        answer = client.get(f"{STORE}/{asked}")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.text == (
        f'{{"t":[1,2],"values":{{"{KWH}":[1.5,null]}},"raw":{{"{KWH}":[18446744073709551615,null]}},'
        f'"flags":[[1,"{KWH}","bad","x"]],"sources":[["","s1","c1"]],"source":[0,0],"seq":[1,1]}}\n'
        '{"pieces":1}\n'
    )


def test_a_store_that_fails_before_the_first_line_is_a_problem_with_a_sentence():
    def broken():
        raise StoreError("disk gone")
        yield b""

    with operator(backup=broken) as client:
        answer = client.post(f"{STORE}/backup")
    assert answer.status_code == 503
    assert "disk gone" in answer.json()["detail"]


def test_retention_is_only_applied_when_told_to(client):
    assert client.post(f"{STORE}/retention").json() == {"applied": False}
    assert client.post(f"{STORE}/retention?apply=true").json() == {"applied": True}


def test_a_dead_letter_is_replayed_by_its_whole_id(client):
    for address in ("dead-letter/0a1b", "dead-letter%2F0a1b"):
        assert client.post(f"{STORE}/dead-letters/{address}/replay").json() == {"letter": "dead-letter/0a1b"}


def test_a_server_without_a_collector_says_that_it_cannot_replay():
    with operator() as client:
        answer = client.post(f"{STORE}/dead-letters/dead-letter/0a/replay")
    assert (answer.status_code, "no collector" in answer.json()["detail"]) == (409, True)


def test_a_server_that_opens_no_door_has_no_such_routes():
    app = create_app(Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal()), PlantList(()))
    with served(app) as client:
        assert client.get(f"{STORE}/extents").status_code == 404
    assert not [path for path in app.openapi()["paths"] if path.startswith(STORE)]


def test_every_route_of_the_store_is_documented_and_every_documented_one_exists():
    text = (Path(__file__).parents[3] / "docs/http-api.md").read_text()
    documented = set(re.findall(rf"^\| `(?:GET|POST) ({STORE}/[^`]*)` \|", text, re.MULTILINE))
    assert documented == {path for path in an_app().openapi()["paths"] if path.startswith(STORE)}
