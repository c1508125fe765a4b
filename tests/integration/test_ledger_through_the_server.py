"""While a server holds the DuckDB file, the ledger's commands ask through it; what would write says so."""

import json

import numpy as np
import pytest
from book_worlds import KEY, NAME, PLANT, POINT, World, meters_of, series_of
from store_server import holding
from typer.testing import CliRunner

from meterproof_collector.cli import app
from meterproof_collector.messages.entries import configuration
from meterproof_core.memory import interval_columns
from meterproof_core.wire import MessageKind, Topic
from meterproof_store.duckdb_store import open_duckdb


@pytest.fixture
def held(tmp_path):
    """Return the file of a store that a server holds, and its intervals."""
    file = tmp_path / "held.duckdb"
    store = open_duckdb(file)
    world = World(store.readings, store.intervals, store.journal)
    store.journal.append([configuration(Topic(PLANT, "gw", MessageKind.METERS), meters_of(), world.now_ms)])
    world.arrive(series_of(np.random.default_rng(5), ("glitch", "gap"), size=80))
    with holding(store, file):
        yield file, world
    store.close()


def ask(*arguments, code=0):
    asked = CliRunner().invoke(app, ["ledger", *map(str, arguments)])
    assert asked.exit_code == code, asked.output + asked.stderr
    return asked


def test_intervals_are_explained_recomputed_and_the_journal_is_browsed_through_the_server(held):
    file, world = held
    shown = ask("show", "--duckdb", file, "--plant", PLANT, "--point", POINT, "--quantity", NAME, "--json").stdout
    assert [each["explanation"]["amount"] for each in json.loads(shown)] == [row[2] for row in world.rows()]
    assert all(each["explanation"]["reproduced"] for each in json.loads(shown))
    assert json.loads(ask("recompute", "--duckdb", file, "--plant", PLANT, "--json").stdout)[0]["agrees"]
    assert len(json.loads(ask("journal", "--duckdb", file, "--kind", "arrival", "--json").stdout)) == 1


def test_putting_intervals_in_place_is_left_to_the_process_that_holds_the_file(held):
    file, world = held
    first = world.rows()[0]
    world.intervals.replace(KEY, first[0], first[1], interval_columns([]))
    refused = ask("recompute", "--duckdb", file, "--plant", PLANT, "--write", code=1)
    assert refused.stderr.startswith("error: ")
    assert world.rows()[0] != first
