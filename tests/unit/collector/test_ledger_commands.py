"""The ledger's commands on a DuckDB file: what a verifier asks of an interval."""

import json

import numpy as np
import pytest
from book_worlds import KEY, NAME, PLANT, POINT, Series, World, meters_of
from typer.testing import CliRunner

from meterproof_collector.cli import app
from meterproof_collector.messages.entries import configuration, losses
from meterproof_core.memory import interval_columns
from meterproof_core.storage import EntryKind
from meterproof_core.wire import Loss, LostRange, MessageKind, Topic
from meterproof_store.duckdb_store import open_duckdb

QUARTER = 900_000
START = 1_763_791_200_000  # 2025-11-22T06:00:00Z
TOPIC = Topic(PLANT, "gw", MessageKind.METERS)


@pytest.fixture
def file(tmp_path):
    """Return a store in which a meter ran for two hours, with one glitch and one loss."""
    path = tmp_path / "plant.duckdb"
    store = open_duckdb(path)
    world = World(store.readings, store.intervals, store.journal, now_ms=START)
    rows = np.arange(24)
    register = 1000 + rows * 100
    register[10] = 90_000
    series = Series(START - 150_000 + rows * 300_000, register, np.zeros(24, bool))
    store.journal.append([configuration(TOPIC, meters_of(), START)])
    world.arrive(series[:12], seq=1)
    world.arrive(series[12:], seq=2)
    lost = Loss(1, "s", 9, [LostRange(POINT, START + 5_400_000, START + 5_401_000, 21, "spool full")])
    store.journal.append([losses(TOPIC, lost, START + 5000)])
    store.close()
    return path


def ask(*arguments, code=0):
    asked = CliRunner().invoke(app, ["ledger", *map(str, arguments)], env={"COLUMNS": "400"})
    assert asked.exit_code == code, asked.output + asked.stderr
    return asked


def answer(*arguments, code=0):
    return json.loads(ask(*arguments, "--json", code=code).stdout)


def change_one_interval(file):
    store = open_duckdb(file)
    wrong = (START, START + QUARTER, 0.5, 1050.0, 1550.0, False)
    store.intervals.replace(KEY, START, START + QUARTER, interval_columns([wrong]))
    store.close()


SERIES = ("--plant", PLANT, "--point", POINT, "--quantity", NAME)


def test_show_explains_each_interval_of_a_period(file):
    told = answer("show", "--duckdb", file, *SERIES, "--from", "2025-11-22T06:00", "--to", "2025-11-22T06:30")
    first, second = (each["explanation"] for each in told)
    assert (first["start_ms"], second["end_ms"]) == (START, START + 2 * QUARTER)
    assert first["amount"] == pytest.approx(0.3)
    assert first["start"]["before"]["register"] == 1000
    assert [batch["seq"] for batch in first["arrivals"]] == [1]
    assert told[0]["sentence"].startswith("2025-11-22 06:00:00Z to 2025-11-22 06:15:00Z: 0.3 kWh, interval, clean.")


def test_show_prints_a_table_with_local_times_beside_utc(file):
    shown = ask("show", "--duckdb", file, *SERIES, "--tz", "Asia/Colombo", "--from", "2025-11-22T11:30", "--limit", 1)
    assert "1. 2025-11-22 13:00:00+05:30 to 2025-11-22 13:15:00+05:30: 0.3 kWh" in shown.stdout
    assert "07:30:00Z" in shown.stdout
    assert "13:00:00+05:30" in shown.stdout


def test_times_without_a_zone_are_read_in_the_zone_that_is_asked_for(file):
    period = ("--from", "2025-11-22T11:30", "--to", "2025-11-22T11:45")
    (told,) = answer("show", "--duckdb", file, *SERIES, *period, "--tz", "Asia/Colombo")
    assert told["explanation"]["start_ms"] == START


def test_show_names_the_counters_that_there_are(file):
    wrong = ("--plant", PLANT, "--point", "boiler", "--quantity", NAME)
    assert f"there are {POINT} {NAME}" in ask("show", "--duckdb", file, *wrong, code=2).stderr


def test_events_lists_the_decisions(file):
    (glitch,) = answer("events", "--duckdb", file, "--plant", PLANT)
    assert (glitch["data"]["code"], glitch["data"]["t_ms"]) == ("glitch", START - 150_000 + 3_000_000)
    assert answer("events", "--duckdb", file, "--plant", PLANT, "--from", "2025-11-23") == []
    assert answer("events", "--duckdb", file, "--plant", PLANT, "--point", "other") == []
    assert "glitch" in ask("events", "--duckdb", file, "--plant", PLANT).stdout


def test_events_that_were_withdrawn_are_listed_when_all_are_asked_for(file):
    store = open_duckdb(file)
    world = World(store.readings, store.intervals, store.journal, now_ms=START + 60_000)
    instants = np.array([START - 150_000 + 2_900_000, START - 150_000 + 3_100_000])
    world.arrive(Series(instants, np.array([90_000, 90_000]), np.zeros(2, bool)), seq=3)
    store.close()
    holding = answer("events", "--duckdb", file, "--plant", PLANT)
    everything = answer("events", "--duckdb", file, "--plant", PLANT, "--all")
    assert "withdrawn" not in {entry["data"]["code"] for entry in holding}
    assert "withdrawn" in {entry["data"]["code"] for entry in everything}
    assert "withdrawn" in ask("events", "--duckdb", file, "--plant", PLANT, "--all").stdout


def test_losses_lists_what_was_given_up(file):
    (loss,) = answer("losses", "--duckdb", file, "--plant", PLANT)
    assert loss["data"]["lost"][0]["samples"] == 21
    assert "spool full" in ask("losses", "--duckdb", file, "--plant", PLANT).stdout
    assert answer("losses", "--duckdb", file, "--plant", PLANT, "--to", "2025-11-01") == []


def test_the_journal_is_browsed_by_kind_plant_and_time(file):
    arrivals = answer("journal", "--duckdb", file, "--kind", "arrival", "--plant", PLANT)
    assert [entry["data"]["seq"] for entry in arrivals] == [1, 2]
    newest = answer("journal", "--duckdb", file, "--kind", "arrival", "--kind", "loss", "--limit", 1)
    assert [entry["kind"] for entry in newest] == ["loss"]
    assert answer("journal", "--duckdb", file, "--since", "2030-01-01") == []
    assert "arrival/plant-a/s/" in ask("journal", "--duckdb", file).stdout


def test_recompute_agrees_with_what_the_ledger_wrote(file):
    (told,) = answer("recompute", "--duckdb", file, "--plant", PLANT)
    assert told["agrees"]
    assert told["intervals"] == 7
    assert "7 intervals agree, bit for bit" in ask("recompute", "--duckdb", file, "--plant", PLANT).stdout


def test_recompute_names_the_first_difference_and_puts_it_in_place_when_asked(file):
    change_one_interval(file)
    named = ask("recompute", "--duckdb", file, "--plant", PLANT, code=1).stdout
    assert "stored is 0.5 from 2025-11-22T06:00:00Z to 2025-11-22T06:15:00Z, register 1050.0 to 1550.0" in named
    (told,) = answer("recompute", "--duckdb", file, "--plant", PLANT, "--point", POINT, "--write")
    assert told["put_in_place"]
    assert answer("recompute", "--duckdb", file, "--plant", PLANT)[0]["agrees"]


def test_recompute_of_a_plant_that_is_not_there_says_so(file):
    asked = ask("recompute", "--duckdb", file, "--plant", PLANT, "--point", "nowhere", code=2)
    assert "no counter at point 'nowhere'" in asked.stderr


@pytest.mark.parametrize("command", [("recompute",), ("losses",), ("events",), ("show", *SERIES[2:])])
def test_a_plant_that_is_not_there_is_told_with_those_that_are(file, command):
    name, *more = command
    asked = ask(name, "--duckdb", file, "--plant", "nope", *more, code=2)
    assert asked.stderr == f"error: plant 'nope' is not in this store; there are {PLANT}\n"


def test_recompute_without_any_interval_does_not_say_that_the_books_agree(tmp_path):
    path = tmp_path / "young.duckdb"
    store = open_duckdb(path)
    world = World(store.readings, store.intervals, store.journal, now_ms=START)
    store.journal.append([configuration(TOPIC, meters_of(), START)])
    world.arrive(Series(np.array([START + 1000]), np.array([1000]), np.zeros(1, bool)), seq=1)
    store.close()
    asked = ask("recompute", "--duckdb", path, "--plant", PLANT, code=1)
    assert "nothing to compare" in asked.stdout
    assert "nothing was compared" in asked.stderr
    assert "agree" not in asked.stdout


def test_a_journal_that_is_cut_says_so(file):
    cut = ask("journal", "--duckdb", file, "--kind", "arrival", "--limit", 1)
    assert "the newest 1 entries" in cut.stderr
    assert ask("journal", "--duckdb", file, "--kind", "arrival", "--limit", 2).stderr == ""


def test_tables_are_whole_in_a_pipe(file):
    asked = CliRunner().invoke(app, ["ledger", "journal", "--duckdb", str(file)], env={"COLUMNS": None})
    store = open_duckdb(file)
    wanted = [entry.entry_id for entry in store.journal.read(list(EntryKind))]
    store.close()
    assert [name for name in wanted if name not in asked.stdout] == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "give either --settings"),
        (("--duckdb", "nowhere.duckdb"), "no such file"),
        (("--duckdb", "FILE", "--since", "yesterday"), "'yesterday' is no date"),
        (("--duckdb", "FILE", "--tz", "Mars/Olympus"), "no time zone"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(file, arguments, complaint):
    given = [str(file) if argument == "FILE" else argument for argument in arguments]
    assert complaint in ask("journal", *given, code=2).stderr


def test_the_store_of_the_settings_is_opened(file, tmp_path):
    settings = tmp_path / "collector.toml"
    settings.write_text(f'[broker]\nurl = "mqtt://127.0.0.1:1883"\n[store]\nduckdb = "{file.name}"\n')
    assert answer("losses", "--settings", settings, "--plant", PLANT)
