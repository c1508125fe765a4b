"""Importing into a store that a server holds: through its door, and nothing but imports."""

import json
import math

import httpx
import pytest
from archiving import in_memory
from imported_files import QUARTER_MS, T0, bill, intervals_file, monthly_bills, readings_file, records_file
from store_server import door_of, holding
from typer.testing import CliRunner

from meterproof.cli_import import app
from meterproof_api.importing.planning import plan_import
from meterproof_api.importing.records import imported_ranges, read_imports, read_records
from meterproof_api.importing.writing import Doing, carry_out, withdrawal
from meterproof_core.errors import DataError, StoreError, StoreRefusedError
from meterproof_core.storage import EntryKind, IntervalColumns, JournalEntry, SeriesKey
from meterproof_store.duckdb_store import open_duckdb
from meterproof_store.remote import find_server, open_remote

KEY = SeriesKey("mill", "main", "energy_import_kwh")
ROUTES = "/api/v1/store/imports"


@pytest.fixture
def served(tmp_path):
    """Give ports that a server holds, and the same through the server."""
    ports = in_memory()
    with holding(ports, tmp_path / "meterproof.duckdb"):
        yield ports, open_remote(tmp_path / "meterproof.duckdb")


@pytest.fixture
def client(served, tmp_path):
    told = find_server(tmp_path / "meterproof.duckdb")
    with httpx.Client(base_url=told.url, headers={"authorization": f"Bearer {told.token}"}) as client:
        yield client


def take_in(parsed, stores, **how):
    return carry_out(plan_import(parsed, stores, at_ms=1000), stores, Doing("anna", **how))


def test_what_was_imported_through_a_server_is_what_it_holds(served):
    ports, through = served
    take_in(records_file(*monthly_bills(12)), through)
    take_in(intervals_file([1.0, 2.0, None, 4.0]), through)
    assert list(read_records(ports.journal, "mill")["bills/natural_gas"].rows) == monthly_bills(12)
    held = ports.intervals.read(KEY, 0, 10**13)
    assert [float(amount) for amount in held.amount] == [1.0, 2.0, 4.0]
    assert all(map(math.isnan, held.register_start))
    assert imported_ranges(ports.journal, "mill") == imported_ranges(through.journal, "mill")
    assert plan_import(intervals_file([1.0, 2.0, None, 4.0]), through, at_ms=1).changes_nothing


def test_a_long_file_goes_through_in_pieces(served):
    ports, through = served
    amounts = [float(n) for n in range(45_000)]
    take_in(intervals_file(amounts), through)
    assert [float(amount) for amount in ports.intervals.read(KEY, 0, 10**13).amount] == amounts
    rows = [bill(f"{1600 + n}-01-01", f"{1600 + n}-12-31", n, cost="x" * 2000) for n in range(400)]
    take_in(records_file(*rows), through)
    assert len(ports.journal.read([EntryKind.RECORDS])) > 20
    assert list(read_records(ports.journal, "mill")["bills/natural_gas"].rows) == rows


def test_an_import_is_withdrawn_through_a_server(served):
    ports, through = served
    done = take_in(records_file(*monthly_bills()), through)
    through.journal.append([withdrawal(read_imports(through.journal, "mill"), done, who="ben", at_ms=5)])
    assert read_records(ports.journal, "mill") == {}


def test_a_server_does_not_let_a_command_write_over_what_was_metered(served):
    ports, through = served
    ports.intervals.replace(KEY, T0, T0 + 1, IntervalColumns([T0], [T0 + QUARTER_MS], [1.0], [5.0], [6.0], [False]))
    given = IntervalColumns([T0], [T0 + QUARTER_MS], [9.0], [math.nan], [math.nan], [False])
    with pytest.raises(StoreRefusedError, match="metered data are never overwritten"):
        through.intervals.replace(KEY, T0, T0 + QUARTER_MS, given)
    assert float(ports.intervals.read(KEY, 0, 10**13).amount[0]) == 1.0


def test_readings_are_not_written_through_a_server(served):
    _, through = served
    with pytest.raises(StoreError, match=r"the server holds the store, so 1 groups .* cannot be written here; stop it"):
        take_in(readings_file([20.0], quantity="temperature_c"), through)


def entry(**other):
    return {"id": "event/mill/1", "kind": "event", "plant": "mill", "at_ms": 1, "data": {}} | other


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not what an import sends"),
        (b"\xff", "not what an import sends"),
        (b"{}", "not what an import sends"),
        ([entry()], "kind event is the server's own"),
        ([entry(kind="arrival")], "kind arrival is the server's own"),
        ([entry(kind="nothing")], "not what an import sends"),
        ([entry(kind="import")], "not understood"),
        ([entry(kind="records")], "not understood"),
        ([entry(plant="Mill!")], "plant 'Mill!'"),
        ([entry(at_ms=-1)], "at -1"),
        ([entry(more=1)], "not what an import sends"),
        ([entry()] * 21, "at most 20"),
    ],
)
def test_entries_of_another_shape_are_refused(served, client, body, complaint):
    answer = client.post(f"{ROUTES}/entries", content=body if isinstance(body, bytes) else json.dumps(body))
    assert (answer.status_code, complaint in answer.json()["detail"]) == (422, True), answer.text
    assert served[0].journal.read(list(EntryKind)) == []


def test_an_entry_whose_id_is_not_that_of_its_content_is_refused(served):
    ports, through = served
    take_in(records_file(*monthly_bills()), ports)
    (told,) = ports.journal.read([EntryKind.IMPORT])
    (rows,) = ports.journal.read([EntryKind.RECORDS])
    for forged in (
        JournalEntry(told.entry_id, told.kind, told.plant, 1, {**told.data, "file": "other.csv"}),
        JournalEntry(told.entry_id, told.kind, "works", 1, told.data),
        JournalEntry("event/x/0", rows.kind, rows.plant, 1, rows.data),
        JournalEntry(rows.entry_id, rows.kind, rows.plant, 1, {**rows.data, "part": 1}),
        JournalEntry(rows.entry_id, rows.kind, rows.plant, 1, {**rows.data, "series": "x" * 32_000}),
    ):
        with pytest.raises(StoreRefusedError, match=r"not that of its content|longer than"):
            through.journal.append([forged])


def test_the_door_itself_takes_nothing_but_imports():
    ports = in_memory()
    with pytest.raises(DataError, match="kind loss is the server's own; use import or records"):
        door_of(ports).take_entries([JournalEntry("loss/1", EntryKind.LOSS, "mill", 1)])
    assert ports.journal.read(list(EntryKind)) == []


INTERVALS = {
    "key": {"plant": "mill", "point": "main", "quantity": "energy_import_kwh"},
    "start_ms": 0,
    "end_ms": 9,
    "start": [1],
    "end": [2],
    "amount": [1.5],
    "span": [False],
}


def test_intervals_of_the_right_shape_are_taken(served, client):
    assert client.post(f"{ROUTES}/intervals", json=INTERVALS).status_code == 200
    assert [int(at) for at in served[0].intervals.read(KEY, 0, 10).start_ms] == [1]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"start": [1, 2]}, "differ in length"),
        ({"start": [3]}, "overlap or do not rise"),
        ({"start": [2]}, "overlap or do not rise"),
        ({"start": [-1]}, "overlap or do not rise"),
        ({"start": [1, 1], "end": [2, 2], "amount": [1, 1], "span": [False, False]}, "overlap or do not rise"),
        ({"start_ms": 2}, "lie outside [2, 9)"),
        ({"end_ms": 1}, "lie outside [0, 1)"),
        ({"amount": [None]}, "not what an import sends"),
        ({"register_start": [1.0]}, "not what an import sends"),
        ({"key": INTERVALS["key"] | {"quantity": "nothing_kwh"}}, "quantity 'nothing_kwh' unknown"),
        ({"key": INTERVALS["key"] | {"plant": "no plant"}}, "name a plant"),
    ],
)
def test_intervals_of_another_shape_are_refused(served, client, change, complaint):
    answer = client.post(f"{ROUTES}/intervals", json=INTERVALS | change)
    assert (answer.status_code, complaint in answer.json()["detail"]) == (422, True), answer.text
    assert list(served[0].intervals.series()) == []


@pytest.mark.parametrize(("route", "most"), [("entries", 20 * 33_000), ("intervals", 20_000 * 100 + 1000)])
def test_a_body_has_a_bound_whether_its_length_is_declared_or_not(client, route, most):
    for body in (b" " * (most + 1), iter([b" " * most, b" "])):
        assert client.post(f"{ROUTES}/{route}", content=body).status_code == 413


@pytest.mark.parametrize("route", ["entries", "intervals"])
@pytest.mark.parametrize("header", ["", "Bearer x", "Basic x"])
def test_nobody_writes_without_the_token(served, client, route, header):
    answer = httpx.post(client.base_url.join(f"{ROUTES}/{route}"), content=b"[]", headers={"authorization": header})
    assert answer.status_code == 401


def test_the_command_finds_the_server_that_holds_the_file(tmp_path):
    file = tmp_path / "gas.csv"
    file.write_text("start,end,amount\n2024-01-01,2024-02-01,100\n")
    asked = ["bills", file, "--plant", "mill", "--series", "gas", "--unit", "kWh", "--data", tmp_path, "--json"]
    store = open_duckdb(tmp_path / "meterproof.duckdb")
    try:
        with holding(store, tmp_path / "meterproof.duckdb"):
            done = CliRunner().invoke(app, list(map(str, asked)))
            assert done.exit_code == 0, done.output
            listed = CliRunner().invoke(app, ["list", "--plant", "mill", "--data", str(tmp_path), "--json"])
        assert [one["import"] for one in json.loads(listed.stdout)] == [json.loads(done.stdout)["import"]]
        assert len(read_records(store.journal, "mill")["bills/gas"]) == 1
    finally:
        store.close()
