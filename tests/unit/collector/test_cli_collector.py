"""The collector's commands, on a store of their own."""

import gc
import json
import sys
import threading
import urllib.request

import pytest
from typer.testing import CliRunner

from meterproof_collector.cli import app
from meterproof_collector.cli.service import Service
from meterproof_collector.messages.entries import dead_letter
from meterproof_collector.messages.intake import Delivered, Refused, take_in
from meterproof_collector.settings import load_settings
from meterproof_core.errors import SettingsError, StoreBusyError, StoreError
from meterproof_core.faults import NoFaults
from meterproof_core.storage import EntryKind
from meterproof_core.wire import Batch, ClockState, Group, encode
from meterproof_store.duckdb_store import open_duckdb

TOPIC = "meterproof/v1/north-mill/gateway-1/readings"


@pytest.fixture(autouse=True)
def pythons_own_pace():
    """What a service sets for its whole process is undone."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.fixture
def file(tmp_path):
    found = tmp_path / "collector.toml"
    found.write_text(
        'name = "c1"\n[broker]\nurl = "mqtt://127.0.0.1:1"\n[store]\nduckdb = "readings.duckdb"\n[health]\nport = 0\n'
    )
    return found


def call(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def message(seq=1):
    group = Group("main", ["power_active_kw"], [seq], [[1.0]])
    return Delivered(TOPIC, encode(Batch(1, "s1", seq, "c1", ClockState.SYNCED, [group])))


@pytest.fixture
def letters(file):
    """One that can be replayed by now, one that never can be."""
    store = open_duckdb(file.parent / "readings.duckdb")
    broken = take_in(Delivered(TOPIC, b'{"v": 1, "stream": "s1", "seq": 2}'), 0)
    entries = [
        dead_letter(Refused(message(), "TypeError: mended by now"), 1_790_000_000_000),
        dead_letter(broken, 1_795_000_000_000),
    ]
    store.journal.append(entries)
    store.close()
    return [entry.entry_id for entry in entries]


def test_a_check_shows_what_the_settings_mean_and_opens_no_socket(file):
    shown = call("check", file)
    assert shown.exit_code == 0
    assert "mqtt://127.0.0.1:1, no account, share none" in shown.output
    assert "readings.duckdb" in shown.output
    assert not (file.parent / "readings.duckdb").exists()


def test_a_check_of_wrong_settings_says_what_is_wrong_and_ends_with_2(file):
    file.write_text(file.read_text().replace("duckdb =", "duck ="))
    shown = call("check", file)
    assert shown.exit_code == 2
    assert "key 'duck' unknown; did you mean duckdb" in shown.stderr


def test_dead_letters_are_listed(file, letters):
    shown = call("dead-letters", "list", "--settings", file)
    assert shown.exit_code == 0
    assert "TypeError: mended by now" in shown.stdout
    assert "2 dead letters" in shown.stderr
    assert len(json.loads(call("dead-letters", "list", "--settings", file, "--json").stdout)) == 2
    assert "1 dead letters" in call("dead-letters", "list", "--settings", file, "--since", "2026-11-01").stderr
    assert "0 dead letters" in call("dead-letters", "list", "--settings", file, "--plant", "south-mill").stderr


def test_a_dead_letter_is_shown_with_its_payload(file, letters):
    shown = call("dead-letters", "show", letters[1].removeprefix("dead-letter/")[:10], "--settings", file)
    assert '"seq": 2}' in shown.stdout
    told = json.loads(call("dead-letters", "show", letters[1], "--settings", file, "--json").stdout)
    assert (told["letter"], told["open"], json.loads(told["payload"])["seq"]) == (letters[1], True, 2)


def test_a_dead_letter_that_is_not_there_is_said_so(file, letters):
    shown = call("dead-letters", "show", "zzz", "--settings", file)
    assert (shown.exit_code, "no dead letter has it" in shown.stderr) == (1, True)


def test_a_replay_says_what_became_of_each_and_ends_with_1_when_one_is_refused(file, letters):
    shown = call("dead-letters", "replay", "--all", "--settings", file)
    assert shown.exit_code == 1
    lines = dict(zip(letters, shown.stdout.splitlines(), strict=True))
    assert "stored" in lines[letters[0]]
    assert "refused  readings: Object missing required field" in lines[letters[1]]
    assert "1 dead letters" in call("dead-letters", "list", "--settings", file).stderr
    assert "[stored]" in call("dead-letters", "list", "--all", "--settings", file).stdout
    store = open_duckdb(file.parent / "readings.duckdb")
    assert [extent.rows for extent in store.readings.extents("north-mill")] == [1]
    assert len(store.journal.read([EntryKind.ARRIVAL])) == 1
    store.close()


def test_dead_letters_of_a_duckdb_file_need_no_settings(file, letters):
    store = file.parent / "readings.duckdb"
    assert "2 dead letters" in call("dead-letters", "list", "--duckdb", store).stderr
    assert "payload" in json.loads(call("dead-letters", "show", letters[1], "--duckdb", store, "--json").stdout)
    shown = call("dead-letters", "replay", letters[0], "--duckdb", store, "--json")
    assert [told["result"] for told in json.loads(shown.stdout)] == ["stored"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "give either --settings SETTINGS.toml or --duckdb FILE"),
        (["--duckdb", "a", "--settings", "b"], "give either --settings SETTINGS.toml or --duckdb FILE"),
        (["--duckdb", "not-there.duckdb"], "not-there.duckdb: there is no such file"),
    ],
)
def test_dead_letters_of_no_store_or_of_two_end_with_2(options, says):
    shown = call("dead-letters", "list", *options)
    assert (shown.exit_code, says in shown.stderr) == (2, True)


def test_a_named_letter_is_replayed_alone(file, letters):
    shown = call("dead-letters", "replay", letters[0], "--settings", file, "--json")
    assert (shown.exit_code, [one["result"] for one in json.loads(shown.stdout)]) == (0, ["stored"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["replay"], "no dead letter is named; give ids, or --all"),
        (["list", "--since", "yesterday"], "--since 'yesterday' is no date; use 2026-11-22"),
    ],
)
def test_a_call_that_makes_no_sense_ends_with_2(file, letters, arguments, says):
    shown = call("dead-letters", *arguments, "--settings", file)
    assert (shown.exit_code, says in shown.stderr) == (2, True)


def test_a_payload_that_was_too_long_to_be_kept_is_refused_and_the_others_go_on(file, letters):
    store = open_duckdb(file.parent / "readings.duckdb")
    store.journal.append([dead_letter(take_in(Delivered(TOPIC, b"x" * 70_000), 0), 5)])
    store.close()
    shown = call("dead-letters", "replay", "--all", "--settings", file)
    assert [("stored" in line, "not replayable" in line) for line in shown.stdout.splitlines()] == [
        (False, True),
        (True, False),
        (False, False),
    ]


# ---------------------------------------------------------------- the service, without a broker


class Running:
    """A service in a thread; `line` is what it said when it was ready."""

    def __init__(self, file):
        self.asked, self.ready, self.line = threading.Event(), threading.Event(), ""
        self.service = Service(load_settings(file), NoFaults(), self._say)
        self.thread = threading.Thread(target=lambda: self.service.run(self.asked))

    def _say(self, line):
        self.line = line
        self.ready.set()

    def __enter__(self):
        self.thread.start()
        assert self.ready.wait(20)
        self.url = self.line.rpartition("health ")[2]
        return self

    def __exit__(self, *_):
        self.asked.set()
        self.thread.join(30)
        assert not self.thread.is_alive()

    def get(self, path):
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


def test_a_service_without_its_broker_says_so_on_every_route(file):
    with Running(file) as running:
        assert running.line.startswith("ready: c1, broker mqtt://127.0.0.1:1, store duckdb ")
        status, body = running.get("/health")
        told = json.loads(body)
        assert (status, told["ok"]) == (503, False)
        assert [alarm["code"] for alarm in told["alarms"]] == ["broker_away"]
        assert running.get("/ready") == (503, b'{"ready":false}')
        status, body = running.get("/metrics")
        assert (status, b"meterproof_collector_broker_connected 0.0" in body) == (200, True)


def test_a_service_looks_rarely_for_cycles(file):
    before = gc.get_threshold()[0]
    with Running(file):
        assert gc.get_threshold()[0] > 10 * before
        assert gc.get_freeze_count() > 1000


def test_a_service_without_health_listens_nowhere(file):
    file.write_text(file.read_text().replace("port = 0", "enabled = false"))
    with Running(file) as running:
        assert running.line.endswith("health off")


def test_an_embedded_store_that_is_held_ends_the_service_at_once(file):
    store = open_duckdb(file.parent / "readings.duckdb")
    try:
        with pytest.raises(StoreBusyError):
            Service(load_settings(file), NoFaults(), print).run(threading.Event())
    finally:
        store.close()


def test_a_database_that_is_away_is_waited_for_and_said_so(file):
    text = file.read_text().replace('duckdb = "readings.duckdb"', 'influx = "http://127.0.0.1:9"')
    file.write_text(text + "[limits]\nretry_s = 0.01\nretry_max_s = 0.01\n")
    asked = threading.Event()
    service = Service(load_settings(file), NoFaults(), print)
    thread = threading.Thread(target=lambda: service.run(asked))
    thread.start()
    for _ in range(2000):
        if "127.0.0.1:9" in service._waits_for:
            break
        asked.wait(0.01)
    told = json.loads(service._say_health().body)
    assert (told["ok"], service._say_ready().status) == (False, 503)
    assert "127.0.0.1:9" in told["waiting_for"]
    asked.set()
    thread.join(30)
    assert not thread.is_alive()


def test_a_damaged_embedded_store_ends_the_service_at_once(file):
    (file.parent / "readings.duckdb").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match=r"readings\.duckdb"):
        Service(load_settings(file), NoFaults(), print).run(threading.Event())


def test_a_health_port_that_is_taken_ends_the_service_at_once(file):
    with Running(file) as running:
        port = running.url.rpartition(":")[2]
        other = file.parent / "other.toml"
        other.write_text(file.read_text().replace("port = 0", f"port = {port}").replace("readings.", "other."))
        with pytest.raises(SettingsError, match=f"health: 127.0.0.1:{port} cannot be listened on"):
            Service(load_settings(other), NoFaults(), print).run(threading.Event())


def test_a_check_that_connects_says_of_each_what_it_found(file, monkeypatch):
    monkeypatch.setattr(sys.modules["meterproof_collector.cli.check"], "_CONNECT_S", 0.1)
    shown = call("check", file, "--connect")
    assert shown.exit_code == 1
    assert "error: broker mqtt://127.0.0.1:1 has not let us in within" in shown.stderr
    assert "store    answers" in shown.stdout
    store = open_duckdb(file.parent / "readings.duckdb")
    assert "store    is in use: " in call("check", file, "--connect").stdout
    store.close()


SHARED = '[broker]\nshare_group = "mill"\n'
WHOLE = "share_group 'mill' with [ledger] parts = 1: this collector keeps the whole ledger"


@pytest.mark.parametrize(
    ("ledger", "warns"), [("", True), ("[ledger]\nenabled = false\n", False), ("[ledger]\nparts = 2\n", False)]
)
def test_a_group_in_which_each_keeps_the_whole_ledger_is_warned_of(file, ledger, warns):
    file.write_text(file.read_text().replace("[broker]\n", SHARED) + ledger)
    shown = call("check", file)
    assert (shown.exit_code, WHOLE in shown.stderr) == (0, warns)
    assert "parts = n and its own part = 1 to n" in shown.stderr or not warns


def test_a_service_of_a_group_that_keeps_the_whole_ledger_says_so_in_its_log(file, caplog):
    file.write_text(file.read_text().replace("[broker]\n", SHARED))
    asked = threading.Event()
    asked.set()
    Service(load_settings(file), NoFaults(), print).run(asked)
    assert WHOLE in caplog.text


def test_a_check_warns_of_a_password_in_the_clear(file):
    (file.parent / "p").write_text("secret")
    text = file.read_text().replace("127.0.0.1:1", "broker.example:1883")
    file.write_text(text.replace("[store]", 'user = "u"\npassword_file = "p"\n[store]'))
    shown = call("check", file)
    assert (shown.exit_code, "travels in the clear" in shown.stderr) == (0, True)
    assert "secret" not in shown.output
