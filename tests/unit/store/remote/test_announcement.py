"""Who may know that a server holds a store, and when its word counts."""

import os
import stat
import subprocess
import sys

import msgspec
import pytest

from meterproof_core.errors import StoreBusyError, StoreError
from meterproof_store.remote import Announcement, announced, find_server, new_token, open_remote

URL = "http://127.0.0.1:1"


@pytest.fixture
def store_file(tmp_path):
    return tmp_path / "store.duckdb"


def leave_behind(store_file, **changes):
    told = {"store": store_file.name, "url": URL, "pid": os.getpid(), "token": "t", **changes}
    (store_file.parent / "server.json").write_bytes(msgspec.json.encode(told))


def ended_process():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_without_a_server_nothing_is_found(store_file):
    assert find_server(store_file) is None


def test_a_server_is_found_as_long_as_it_runs(store_file):
    with announced(store_file, URL, "secret") as told:
        assert find_server(store_file) == told == Announcement("store.duckdb", URL, os.getpid(), "secret")
    assert find_server(store_file) is None
    assert list(store_file.parent.iterdir()) == []


def test_a_server_that_fails_takes_its_word_back(store_file):
    with pytest.raises(RuntimeError, match="boom"), announced(store_file, URL, "secret"):
        raise RuntimeError("boom")
    assert list(store_file.parent.iterdir()) == []


def test_the_file_is_for_its_owner_alone_whatever_the_mask(store_file):
    before = os.umask(0)
    try:
        with announced(store_file, URL, "secret"):
            mode = (store_file.parent / "server.json").stat().st_mode
    finally:
        os.umask(before)
    assert stat.S_IMODE(mode) == 0o600


def test_the_word_of_a_process_that_is_gone_counts_for_nothing(store_file):
    leave_behind(store_file, pid=ended_process())
    assert find_server(store_file) is None


@pytest.mark.parametrize("pid", [0, -1, 2**70])
def test_a_process_number_that_names_no_process_counts_for_nothing(store_file, pid):
    leave_behind(store_file, pid=pid)
    assert find_server(store_file) is None


def test_the_server_of_another_file_in_the_folder_is_not_ours(store_file):
    leave_behind(store_file, store="other.duckdb")
    assert find_server(store_file) is None


@pytest.mark.parametrize("text", [b"", b"{", b'{"url": 3}', b"\xff"])
def test_a_file_that_says_nothing_counts_for_nothing(store_file, text):
    (store_file.parent / "server.json").write_bytes(text)
    assert find_server(store_file) is None


def test_a_new_server_takes_the_place_of_a_word_left_behind_and_keeps_its_own(store_file):
    leave_behind(store_file, pid=ended_process())
    with announced(store_file, URL, "one"):
        with announced(store_file, URL, "two"):
            pass
        assert find_server(store_file) is None
        leave_behind(store_file, token="of a later server")
    assert find_server(store_file).token == "of a later server"


def test_tokens_are_long_and_never_the_same():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 43


def test_a_token_is_not_shown_with_its_announcement():
    assert "secret" not in repr(Announcement("store.duckdb", URL, 1, "secret"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    with (
        pytest.raises(StoreError, match=r"nowhere/server\.json: cannot be written"),
        announced(tmp_path / "nowhere" / "store.duckdb", URL, "t"),
    ):
        pass


def test_a_held_store_without_a_server_says_what_to_do(store_file):
    with pytest.raises(StoreBusyError, match=r"store\.duckdb: held by another process .* server\.json"):
        open_remote(store_file)


def test_a_server_that_does_not_answer_is_named(store_file):
    leave_behind(store_file)
    with pytest.raises(StoreError, match=r"store\.duckdb through http://127\.0\.0\.1:1: no answer .* still run"):
        open_remote(store_file)


@pytest.mark.parametrize("url", ["http://192.0.2.1:80", "https://127.0.0.1:1", "http://127.0.0.1", "ftp://localhost:1"])
def test_the_token_is_sent_to_this_machine_only(store_file, url):
    leave_behind(store_file, url=url)
    with pytest.raises(StoreError, match="not the address of a server on this machine"):
        open_remote(store_file)
