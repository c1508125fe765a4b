"""The command from file to store: what it prints, and how it ends."""

import json

import pytest
from influx_server import free_ports
from typer.testing import CliRunner

from meterproof.cli_import import app
from meterproof_api.importing.records import read_records
from meterproof_store.duckdb_store import open_duckdb

HEADER = "start,end,amount,unit\n"
JANUARY, FEBRUARY = "2024-01-01,2024-02-01,100,kWh\n", "2024-02-01,2024-03-01,200,kWh\n"
PLANTS = """
[[plant]]
id = "mill"
name = "Mill"
country = "LK"
sector = "paper"
time_zone = "Asia/Colombo"
simulated = true
origin = "invented for a test"
produces = false
baseline_period = { start = 2024-01-01, end = 2025-01-01 }
reporting_period = { start = 2025-01-01, end = 2026-01-01 }

[[plant.points]]
id = "main"
label = "Mains"

[[plant.streams]]
id = "electricity"
label = "Electricity"
carrier = "electricity"
grain = "day"
point = "main"
quantity = "energy_import_kwh"
drivers = ["day_type"]
"""


def call(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def bills(tmp_path, data):
    """Import the given lines of bills; return what the command said."""

    def bills(*lines, name="gas.csv", options=()):
        file = tmp_path / name
        file.write_text(HEADER + "".join(lines))
        return call("bills", file, "--plant", "mill", "--series", "gas", "--data", data, "--user", "anna", *options)

    return bills


def rows_in(data):
    store = open_duckdb(data / "meterproof.duckdb")
    try:
        return [row.amount for row in read_records(store.journal, "mill")["bills/gas"].rows]
    finally:
        store.close()


def test_a_dry_run_makes_no_store_and_shows_the_months(bills, data):
    done = bills(JANUARY, FEBRUARY, options=["--dry-run"])
    assert done.exit_code == 0
    assert "2024-02    0.00  200.00\ndry run: nothing was written\n" in done.stdout
    assert not data.exists()


def test_an_import_says_its_name_and_the_same_file_again_has_nothing_to_do(bills, data):
    first, again = bills(JANUARY), bills(JANUARY)
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "imported: import/mill/" in first.stdout
    assert again.stdout.endswith("nothing to do: the store holds all of it\n")
    assert rows_in(data) == [100.0]


def test_a_wrong_line_is_named_with_its_column_and_nothing_is_written(bills, data):
    done = bills(JANUARY, "2024-02-01,2024-03-01,-5,kWh\n", "2024-03-01,2024-02-01,7,kWh\n")
    assert done.exit_code == 2
    told = done.stderr.splitlines()
    assert "line 3 column 'amount': '-5'" in told[0]
    assert "line 4" in told[1]
    assert told[-1].endswith("gas.csv: nothing was written")
    assert "imported" not in done.stdout


def test_a_change_is_refused_until_it_is_told_to_replace_also_in_a_dry_run(bills, data):
    bills(JANUARY, FEBRUARY)
    other = JANUARY.replace("100", "110")
    for options in ([], ["--dry-run"]):
        done = bills(other, options=options)
        assert (done.exit_code, "1 row stands in the store with other values" in done.stderr) == (2, True)
    assert rows_in(data) == [100.0, 200.0]
    assert bills(other, options=["--replace"]).exit_code == 0
    assert rows_in(data) == [110.0, 200.0]


def test_json_is_one_object_also_when_the_file_is_refused(bills):
    told = json.loads(bills(JANUARY, options=["--json"]).stdout)
    assert (told["accepted"], told["series"][0]["new"], told["series"][0]["total"]) == (True, 1, 100.0)
    assert told["import"].startswith("import/mill/")
    refused = bills(JANUARY.replace("100", "7"), options=["--json"])
    told = json.loads(refused.stdout)
    assert (refused.exit_code, told["accepted"], told["import"]) == (2, False, None)
    assert "--replace" in told["refusals"][0]


def test_the_list_tells_who_what_and_whether_it_counts(bills, data):
    bills(JANUARY, FEBRUARY)
    bills(JANUARY.replace("100", "7"), name="corrected.csv", options=["--replace"])
    shown = call("list", "--plant", "mill", "--data", data).stdout
    assert [line.split()[3] for line in shown.splitlines()[1:]] == ["gas.csv", "corrected.csv"]
    assert ["in part" in line for line in shown.splitlines()[1:]] == [True, False]
    told = json.loads(call("list", "--plant", "mill", "--data", data, "--json").stdout)
    assert [(one["who"], one["file"], one["standing"]) for one in told] == [
        ("anna", "gas.csv", "in part"),
        ("anna", "corrected.csv", "in force"),
    ]


def test_a_withdrawn_import_counts_no_more(bills, data):
    bills(JANUARY)
    bills(JANUARY.replace("100", "7"), options=["--replace"])
    number = json.loads(call("list", "--plant", "mill", "--data", data, "--json").stdout)[1]["import"][-32:-20]
    done = call("withdraw", number, "--plant", "mill", "--data", data)
    assert (done.exit_code, f"withdrawn: import/mill/{number}" in done.stdout) == (0, True)
    assert rows_in(data) == [100.0]
    again = call("withdraw", number, "--plant", "mill", "--data", data)
    assert (again.exit_code, "withdrawn already" in again.stderr) == (2, True)


def test_nothing_imported_is_said(bills, data):
    bills(JANUARY)
    done = call("list", "--plant", "works", "--data", data)
    assert (done.exit_code, done.stdout, "nothing was imported for plant 'works'" in done.stderr) == (0, "", True)


def test_a_store_that_does_not_answer_is_exit_code_1(tmp_path):
    (port,) = free_ports(1)
    (tmp_path / "gas.csv").write_text(HEADER + JANUARY)
    where = ["--influx", f"http://127.0.0.1:{port}"]
    done = call("bills", tmp_path / "gas.csv", "--plant", "mill", "--series", "gas", *where)
    assert (done.exit_code, done.stderr.startswith("error: ")) == (1, True)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--map", "amount"], "--map 'amount': no field and header"),
        (["--map", "amount=a", "--map", "amount=b"], "field 'amount' is named twice"),
        (["--heat-content", "38.1"], "--heat-content '38.1': no figure with its unit"),
        (["--decimal-comma", "--decimal-point"], "use one of them"),
        (["--plant", "No Plant"], "--plant 'No Plant' is not an id"),
        (["--influx", "http://127.0.0.1:1"], "name one store"),
        (["--map", "nothing=x"], "bills have no field 'nothing'"),
    ],
)
def test_a_call_that_makes_no_sense_is_exit_code_2(bills, options, complaint):
    done = bills(JANUARY, options=options)
    assert (done.exit_code, complaint in done.stderr) == (2, True), done.stderr


def test_a_file_that_is_not_there_is_exit_code_2(data, tmp_path):
    done = call("bills", tmp_path / "no.csv", "--plant", "mill", "--series", "gas", "--data", data)
    assert (done.exit_code, "no.csv" in done.stderr, data.exists()) == (2, True, False)


@pytest.mark.parametrize(
    ("options", "first"),
    [(["--time-zone", "UTC"], "2024-01-01T00:00:00Z"), (["--plants", "plants.toml"], "2023-12-31T18:30:00Z")],
)
def test_instants_without_offset_are_in_the_zone_that_is_given_or_the_plants(
    data, tmp_path, options, first, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plants.toml").write_text(PLANTS)
    (tmp_path / "history.csv").write_text("start,end,amount\n2024-01-01 00:00,2024-01-01 00:15,1.5\n")
    where = ["--plant", "mill", "--point", "main", "--quantity", "energy_import_kwh", "--data", data]
    done = call("intervals", "history.csv", *where, *options, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["series"][0]["first"] == first


def test_a_plant_that_the_plants_file_does_not_know_is_refused(bills, tmp_path):
    (tmp_path / "plants.toml").write_text(PLANTS.replace('"mill"', '"works"'))
    done = bills(JANUARY, options=["--plants", tmp_path / "plants.toml"])
    assert (done.exit_code, "--plant 'mill' is not in" in done.stderr, "use works" in done.stderr) == (2, True, True)


def test_units_of_a_wide_file_are_given_column_by_column(data, tmp_path):
    file = tmp_path / "wide.csv"
    file.write_text("start,end,mains,gas\n2024-01-01T00:00Z,2024-01-01T00:15Z,1.5,2\n")
    columns = ["--map", "main/energy_import_kwh=mains", "--map", "boiler/volume_m3=gas"]
    asked = ["intervals", file, "--plant", "mill", "--data", data, *columns, "--json"]
    told = json.loads(call(*asked, "--unit", "main/energy_import_kwh=MWh", "--unit", "m3").stdout)
    assert {one["series"]: one["total"] for one in told["series"]} == {
        "main/energy_import_kwh": 1500.0,
        "boiler/volume_m3": 2.0,
    }
    for twice in (["m3", "l"], ["main/energy_import_kwh=MWh", "main/energy_import_kwh=kWh"]):
        done = call(*asked, "--unit", twice[0], "--unit", twice[1])
        assert (done.exit_code, "a second unit for the same" in done.stderr) == (2, True)


def test_a_long_file_shows_how_far_it_is_and_json_does_not(data, tmp_path):
    days = [f"{2000 + n // 336}-{n // 28 % 12 + 1:02d}-{n % 28 + 1:02d}" for n in range(6000)]
    file = tmp_path / "output.csv"
    file.write_text("date,amount\n" + "".join(f"{day},{n % 9}\n" for n, day in enumerate(days)))
    done = call("production", file, "--plant", "mill", "--series", "output", "--unit", "t", "--data", data)
    assert (done.exit_code, "6,000 of 6,000 rows" in done.stderr) == (0, True), done.output
    again = call("production", file, "--plant", "mill", "--series", "output", "--unit", "t", "--data", data, "--json")
    assert (again.stderr, json.loads(again.stdout)["import"]) == ("", None)


def test_a_plant_of_which_nothing_was_stored_before_is_named(tmp_path):
    file = tmp_path / "gas.csv"
    file.write_text("start,end,amount\n2024-01-01,2024-02-01,5\n")
    words = ("bills", file, "--plant", "milll", "--series", "gas", "--unit", "kWh", "--data", tmp_path)
    first = call(*words)
    assert first.exit_code == 0, first.output
    assert "note: nothing was stored of plant 'milll' before" in first.stderr
    assert "note:" not in call(*words).stderr
