"""What a server's status and sentence mean to whoever called."""

import pytest

from meterproof_core.errors import (
    StoreAccessError,
    StoreError,
    StoreInDoubtError,
    StoreRefusedError,
    StoreRetentionError,
)
from meterproof_store.influx.answers import message_of, query_error, write_error
from meterproof_store.influx.server import Generation, recognise

OUTSIDE = (
    b'{"message":"partial write: dropped 2 points outside retention policy of duration 2160h0m0s - oldest point x"}'
)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"error":"partial write: field type conflict: input field"}', StoreRefusedError),
        (400, b'{"error":"unable to parse \'x\': missing fields"}', StoreRefusedError),
        (422, b'{"code":"unprocessable entity","message":"failure writing points"}', StoreRefusedError),
        (413, b'{"error":"Request Entity Too Large"}', StoreRefusedError),
        (400, b'{"error":"partial write: points beyond retention policy dropped=3"}', StoreRetentionError),
        (422, b'{"message":"partial write: points beyond retention policy dropped=3"}', StoreRetentionError),
        (401, b'{"error":"authorization failed"}', StoreAccessError),
        (403, b'{"error":"not authorized"}', StoreAccessError),
        (404, b'{"error":"database not found: \\"x\\""}', StoreAccessError),
        (404, b'{"code":"not found","message":"bucket \\"x\\" not found"}', StoreAccessError),
        (500, b'{"error":"retention policy not found: gauges"}', StoreAccessError),
        (429, b"", StoreError),
        (
            500,
            b'{"message":"unexpected error: partial write: points beyond retention policy dropped=1"}',
            StoreRetentionError,
        ),
        (422, OUTSIDE, StoreRetentionError),
        (400, OUTSIDE, StoreRetentionError),
        (
            400,
            b'{"error":"partial write: max-values-per-tag limit exceeded (3/3): tag=\\"point\\" dropped=1"}',
            StoreAccessError,
        ),
        (400, b'{"error":"partial write: max-series-per-database limit exceeded: (1) dropped=1"}', StoreAccessError),
        (422, b'{"message":"partial write: limit exceeded"}', StoreAccessError),
        (500, b'{"error":"partial write: max-series-per-database limit exceeded: (1) dropped=1"}', StoreAccessError),
        (429, b'{"error":"rate limit exceeded"}', StoreError),
        (413, b'{"error":"body limit exceeded"}', StoreRefusedError),
        (500, b'{"error":"timeout"}', StoreInDoubtError),
        (500, b'{"error":"write failed"}', StoreError),
        (502, b"<html>Bad Gateway</html>", StoreInDoubtError),
        (504, b"", StoreInDoubtError),
        (503, b"no space left on device", StoreError),
        (301, b"", StoreError),
    ],
)
def test_a_refused_write_is_the_error_that_says_what_to_do(status, body, kind):
    error = write_error("http://db/x", status, body)
    assert type(error) is kind
    assert str(error).startswith("http://db/x: ")


def test_what_a_limit_keeps_out_is_never_passed_off_as_too_old():
    both = b'{"error":"points beyond retention policy dropped=1; max-values-per-tag limit exceeded"}'
    assert type(write_error("db", 400, both)) is StoreAccessError


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (401, "authorization failed", StoreAccessError),
        (200, "database not found: x", StoreAccessError),
        (200, "DBRP mapping not found", StoreAccessError),
        (400, "error parsing query", StoreError),
        (503, "", StoreError),
    ],
)
def test_a_refused_question_is_never_a_refusal_of_data(status, said, kind):
    assert type(query_error("http://db/x", status, said)) is kind


def test_how_many_points_were_too_old_is_told():
    body = b'{"error":"partial write: points beyond retention policy dropped=3"}'
    assert str(write_error("db", 400, body)) == "db: partial write: points beyond retention policy dropped=3"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error":"a"}', "a"),
        (b'{"code":"x","message":"b\\nc"}', "b c"),
        (b"[1]", "[1]"),
        (b"plain \xff", "plain \ufffd"),
        (b"", ""),
        (b"x" * 600, "x" * 500 + "..."),
    ],
)
def test_what_a_server_says_is_found_in_whatever_it_sends(body, said):
    assert message_of(body) == said


@pytest.mark.parametrize(
    ("version", "generation", "writes_v2"),
    [
        ("1.6.7~rc0", Generation.ONE, False),
        ("1.7.11", Generation.ONE, False),
        ("1.8.0", Generation.ONE, True),
        ("1.11.8", Generation.ONE, True),
        ("v2.7.10", Generation.TWO, True),
        ("3.0.1", Generation.THREE, True),
        ("4.0.0", Generation.THREE, True),
        ("0.9.6", Generation.ONE, False),
        ("unknown", Generation.ONE, True),
        (None, Generation.ONE, True),
    ],
)
def test_a_server_is_known_by_its_version(version, generation, writes_v2):
    server = recognise({} if version is None else {"X-Influxdb-Version": version, "X-Influxdb-Build": "OSS"})
    assert (server.generation, server.writes_v2) == (generation, writes_v2)
