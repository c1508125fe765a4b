"""What a command makes of a server that answers otherwise than ours does."""

import socket
import threading
from contextlib import contextmanager

import pytest

from meterproof_core.errors import StoreAccessError, StoreError
from meterproof_store.remote import Announcement
from meterproof_store.remote.link import ServerLink

LINES = b'{"plant":"works","point":"a","quantity":"b"}\n{"pieces":1}\n'


def answer(body, status="200 OK", *, chunked=False, cut=0):
    """Return a whole HTTP answer, or one that ends too early."""
    if chunked:
        text = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:9], body[9:]) if part) + b"0\r\n\r\n"
        head = b"Transfer-Encoding: chunked"
    else:
        text, head = body, b"Content-Length: %d" % len(body)
    whole = b"HTTP/1.1 " + status.encode() + b"\r\n" + head + b"\r\nConnection: close\r\n\r\n" + text
    return whole[: len(whole) - cut]


@contextmanager
def answering(text):
    """Serve one answer to one question, whatever it is; give the way there and the question as it came."""
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(65536))
                connection.sendall(text)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield ServerLink(Announcement("store.duckdb", url, 1, "the-token")), asked
        finally:
            thread.join(30)


def test_lines_come_without_the_one_that_counts_them():
    for chunked in (False, True):
        with answering(answer(LINES, chunked=chunked)) as (link, asked):
            assert list(link.lines("series", {"plant": None})) == [LINES.split(b"\n")[0]]
        assert b"Authorization: Bearer the-token\r\n" in asked[0]
        assert asked[0].startswith(b"GET /api/v1/store/series? HTTP/1.1\r\n")


@pytest.mark.parametrize("cut", range(len(LINES)))
@pytest.mark.parametrize(("chunked", "framing"), [(False, 2), (True, 6)])
def test_an_answer_that_is_cut_anywhere_is_never_taken_for_a_whole_one(cut, chunked, framing):
    with answering(answer(LINES, chunked=chunked, cut=cut + framing)) as (link, _), pytest.raises(StoreError):
        list(link.lines("series", {}))


@pytest.mark.parametrize(
    "body",
    [b"", b"{}\n", b"[]\n", b'{"pieces":2}\n', b'{"a":1}\n', LINES + LINES, b'{"pieces":0,"more":1}\n', b"\xff\n"],
)
def test_an_answer_without_its_right_count_at_the_end_is_refused(body):
    with answering(answer(body)) as (link, _), pytest.raises(StoreError, match="ends before its end"):
        list(link.lines("series", {}))


def test_an_empty_answer_has_its_count_too():
    with answering(answer(b'{"pieces":0}\n')) as (link, _):
        assert list(link.lines("series", {})) == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("401 Unauthorized", StoreAccessError),
        ("403 Forbidden", StoreAccessError),
        ("404 Not Found", StoreAccessError),
        ("503 Service Unavailable", StoreError),
        ("302 Found", StoreError),
    ],
)
@pytest.mark.parametrize(
    ("body", "says"), [(b'{"detail": "because"}', "because"), (b"<html>", None), (b"[1]", None), (b"{}", None)]
)
def test_a_refusal_is_told_with_its_reason(status, error, body, says):
    with answering(answer(body, status)) as (link, _), pytest.raises(error, match=says or status) as told:
        list(link.lines("series", {}))
    assert type(told.value) is error


@pytest.mark.parametrize("text", [b"", b"SSH-2.0-server\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 two\r\n\r\n"])
def test_a_program_that_is_no_http_server_is_told_apart(text):
    with answering(text) as (link, _), pytest.raises(StoreError, match=r"no answer|ends before its end"):
        list(link.lines("series", {}))


def test_an_answer_that_is_no_json_is_told_apart():
    with answering(answer(b"oops")) as (link, _), pytest.raises(StoreError, match="no JSON"):
        link.json("POST", "/api/v1/store/retention")
