"""A server that does not answer, or not as one does, is an error in our words and in bounded time."""

import socket
import ssl
import threading

import pytest
import urllib3

from meterproof_core.errors import StoreAccessError, StoreError, StoreInDoubtError
from meterproof_store.influx.asking import Asker
from meterproof_store.influx.roads import FirstRoad, SecondRoad
from meterproof_store.influx.schema import Policy
from meterproof_store.influx.server import find_out, recognise
from meterproof_store.influx.transport import Account, Transport, no_answer
from meterproof_store.settings import StoreSettings


@pytest.fixture
def answering():
    """Return a function that gives a transport to a server which sends the same bytes to whoever asks, or nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    opened = []

    def serve(answer):
        def run():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                opened.append(connection)
                connection.recv(65536)
                if answer is not None:
                    connection.sendall(answer)
                    connection.close()

        threading.Thread(target=run, daemon=True).start()
        return Transport(f"http://127.0.0.1:{listener.getsockname()[1]}", Account("secret"), timeout_s=0.2)

    yield serve
    listener.close()
    for connection in opened:
        connection.close()


def http(body, status=b"200 OK", more=b""):
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), more, body)


def ask(transport):
    return Asker(transport, recognise({}), "db").ask_all(["SELECT x"], Policy.COUNTERS, lambda _: float)


@pytest.mark.parametrize("answer", [None, b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", b"SSH-2.0-x\r\n"])
def test_a_server_without_a_whole_answer_is_an_error_to_try_again(answering, answer):
    transport = answering(answer)
    for fails in (lambda: transport.request("GET", "/ping"), lambda: ask(transport)):
        with pytest.raises(StoreError, match=r"http://127.0.0.1:\d+: (GET /ping|POST /query) failed: ") as caught:
            fails()
        assert type(caught.value) is StoreError
        assert "secret" not in str(caught.value)


def first_road(transport):
    return FirstRoad(transport, "db")


def second_road(transport):
    return SecondRoad(transport, StoreSettings(influx=transport.url, timeout_s=0.2))


@pytest.mark.parametrize("road_on", [first_road, second_road])
@pytest.mark.parametrize("answer", [None, b"", b"SSH-2.0-x\r\n"])
def test_a_write_that_was_sent_and_is_not_answered_is_in_doubt(answering, answer, road_on):
    road = road_on(answering(answer))
    with pytest.raises(StoreInDoubtError, match=r"POST /(api/v2/)?write failed.*; it may still be done"):
        road.post(Policy.COUNTERS, b"x y=1", "ms")
    road.close()


@pytest.mark.parametrize("road_on", [first_road, second_road])
def test_a_write_that_never_left_us_is_in_no_doubt(road_on):
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        url = f"http://127.0.0.1:{closed_soon.getsockname()[1]}"
    road = road_on(Transport(url, Account("secret"), timeout_s=0.2))
    with pytest.raises(StoreError, match=r"POST /(api/v2/)?write failed") as caught:
        road.post(Policy.COUNTERS, b"x y=1", "ms")
    assert type(caught.value) is StoreError
    road.close()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed")), StoreError),
        (urllib3.exceptions.SSLError(ssl.SSLEOFError("cut")), StoreInDoubtError),
        (ConnectionResetError("cut"), StoreInDoubtError),
    ],
)
def test_a_certificate_is_looked_at_before_anything_is_sent(error, kind):
    assert type(no_answer("db: POST /write", error, writes=True)) is kind
    assert type(no_answer("db: POST /query", error, writes=False)) is StoreError


@pytest.mark.parametrize(
    "body", [b"<html>hello</html>", b'{"results":[{"series":[{"columns":["time","x"],"values":[[1]]}]}]}']
)
def test_an_answer_that_is_not_what_was_asked_for_is_an_error(answering, body):
    with pytest.raises(StoreError, match=r"not InfluxDB's|another type than ours"):
        ask(answering(http(body)))


def test_a_chunk_without_an_end_is_an_error_before_memory_is_full(answering, monkeypatch):
    monkeypatch.setattr("meterproof_store.influx.asking._LONGEST_LINE", 100)
    with pytest.raises(StoreError, match="passes 100 bytes; ask for less"):
        ask(answering(http(b"x" * 200)))


def test_the_last_line_of_an_answer_may_lack_its_end(answering):
    body = b'{"results":[{"statement_id":0,"series":[{"columns":["time","x"],"values":[[1,2]]}]}]}'
    (series,) = ask(answering(http(b"\n" + body)))
    assert series.rows == [(1, 2.0)]


def test_an_error_in_a_status_and_one_in_an_answer_are_both_errors(answering):
    with pytest.raises(StoreAccessError, match="turned away with 403: no"):
        ask(answering(http(b'{"error":"no"}', b"403 Forbidden")))


def test_an_error_inside_an_answer_is_an_error(answering):
    with pytest.raises(StoreError, match="query failed: engine: too slow"):
        ask(answering(http(b'{"results":[{"statement_id":0,"error":"engine: too slow"}]}')))


def test_something_else_than_a_database_is_not_taken_for_one(answering):
    with pytest.raises(StoreError, match="/ping failed with 500: oops; name an InfluxDB"):
        find_out(answering(http(b"oops", b"500 Internal Server Error")))


def test_an_account_is_never_shown():
    assert "secret" not in repr(Account("secret")) + repr(Account(user="u", password="secret"))
    assert Account(user="u", password="p").as_token == "u:p"
    assert (Account().as_token, Account().headers) == ("", {})
    assert Account("t").headers == {"Authorization": "Token t"}
    assert Account(user="u", password="p").headers == {"authorization": "Basic dTpw"}
