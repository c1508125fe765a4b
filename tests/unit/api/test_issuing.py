"""From imported files to an issued statement: what is gathered, when it may be issued, what a correction does."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from imported_files import records_file
from typer.testing import CliRunner

from meterproof.cli import app
from meterproof_api.emissions import plant_factors, stream_factors_of
from meterproof_api.gathering import Books, gather
from meterproof_api.importing.planning import plan_import
from meterproof_api.importing.writing import Doing, carry_out
from meterproof_api.issuing import issue
from meterproof_api.plants import DriverInfo, EmissionsChoice, Plant, StreamInfo
from meterproof_api.plants_file import checked_plants
from meterproof_api.statements.shelf import Shelf
from meterproof_api.stores import Stores
from meterproof_core.errors import DataError, SettingsError
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings
from meterproof_evidence.verification import verify_bundle
from meterproof_mv.dossier.assess import assess
from meterproof_mv.dossier.plan import Period
from meterproof_mv.dossier.series import RecordRow
from meterproof_mv.dossier.vocabulary import Grain, Origin
from meterproof_mv.heat_content import CalorificBasis

GAS = StreamInfo(
    id="gas",
    label="Natural gas",
    carrier="natural_gas",
    grain=Grain.MONTH,
    records="bills/natural_gas",
    calorific_basis=CalorificBasis.GROSS,
    drivers=("output",),
    emissions=EmissionsChoice(factor="us40cfr98."),
)
MILL = Plant(
    id="paper-mill",
    name="Paper mill",
    country="US",
    sector="pulp_paper",
    time_zone="America/New_York",
    simulated=True,
    origin="Invented for a test.",
    produces=True,
    baseline_period=Period(date(2023, 1, 1), date(2024, 1, 1)),
    reporting_period=Period(date(2024, 1, 1), date(2025, 1, 1)),
    streams=(GAS,),
    drivers=(DriverInfo(name="output", production=True, records="production/output"),),
)
NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def months(first, count):
    start = first
    for _ in range(count):
        end = (start + timedelta(days=31)).replace(day=1)
        yield start, end
        start = end


def row(start, end, amount, unit="kWh", **changes):
    given = {"written": repr(amount), "written_unit": unit, "origin": Origin.BILL, **changes}
    return RecordRow(start=start, end=end, amount=amount, **given)


def bills(count=24, first=date(2023, 1, 1), rise=1.0):
    return tuple(
        row(start, end, 1000.0 * (10 + (n * 7) % 5) * (rise if n >= 12 else 1.0), calorific_basis=CalorificBasis.GROSS)
        for n, (start, end) in enumerate(months(first, count))
    )


def output(count=24):
    spans = enumerate(months(date(2023, 1, 1), count))
    return tuple(row(start, end, 100.0 + (n * 7) % 5 * 10 + n % 3, "t", origin=Origin.LOG) for n, (start, end) in spans)


@pytest.fixture
def stores():
    return Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal())


def take_in(stores, kind, name, unit, rows, *, at_ms=1000, replace=False):
    parsed = records_file(*rows, series=f"{kind}/{name}", unit=unit, plant=MILL.id)
    plan = plan_import(parsed, stores, at_ms=at_ms)
    return carry_out(plan, stores, Doing("a clerk", replace=replace))


def books(stores):
    return Books(stores.intervals, stores.journal)


def test_only_what_the_periods_need_is_gathered_with_the_estimates_that_a_read_settles(stores):
    many = bills(60, date(2021, 1, 1))
    estimated = [replaced(one, estimated=True) if one.start in ESTIMATED else one for one in many]
    take_in(stores, "bills", "natural_gas", "kWh", tuple(estimated))
    kept = gather(MILL, books(stores)).series["bills/natural_gas"].rows
    assert [kept[0].start, kept[-1].end] == [date(2022, 11, 1), date(2025, 2, 1)]


ESTIMATED = {date(2022, 11, 1), date(2022, 12, 1), date(2022, 3, 1), date(2024, 12, 1), date(2025, 3, 1)}


def replaced(one, **changes):
    return dataclasses.replace(one, **changes)


def test_a_series_that_nobody_imported_is_there_and_empty(stores):
    dossier = gather(MILL, books(stores))
    assert len(dossier.series["bills/natural_gas"]) == len(dossier.series["production/output"]) == 0
    (stream,) = assess(dossier).streams
    assert {finding.code for finding in stream.findings} >= {"baseline_missing", "driver_missing"}


def test_a_statement_is_issued_once_and_a_correction_becomes_the_next_version(stores, tmp_path):
    shelf = Shelf(tmp_path / "shelf")
    take_in(stores, "bills", "natural_gas", "kWh", bills())
    take_in(stores, "production", "output", "t", output())
    first = issue(MILL, books(stores), shelf, issued_at=NOW)
    assert (first.new, first.statement.version, first.statement.document["supersedes"]) == (True, 1, None)
    again = issue(MILL, books(stores), shelf, issued_at=NOW + timedelta(days=1))
    assert (again.new, again.statement.path) == (False, first.statement.path)
    corrected = (*bills()[:5], *(replaced(b, amount=9.0, written="9.0") for b in bills()[5:6]), *bills()[6:])
    take_in(stores, "bills", "natural_gas", "kWh", corrected, at_ms=2000, replace=True)
    second = issue(MILL, books(stores), shelf, issued_at=NOW + timedelta(days=2))
    assert (second.new, second.statement.version, second.statement.document["supersedes"]) == (True, 2, "1")
    assert [entry.version for entry in shelf.statements()] == [1, 2]
    for entry in shelf.statements():
        assert verify_bundle(entry.path).ok
    assert first.statement.document["issued_at"] == "2026-01-02T03:04:05Z"


def test_no_statement_is_issued_before_its_period_is_over(stores, tmp_path):
    shelf = Shelf(tmp_path)
    midnight = datetime(2025, 1, 1, 5, tzinfo=UTC)  # in New York
    with pytest.raises(DataError, match="its reporting period ends 2025-01-01 and it is 2024-12-31 there"):
        issue(MILL, books(stores), shelf, issued_at=midnight - timedelta(seconds=1))
    assert issue(MILL, books(stores), shelf, issued_at=midnight).new


def test_data_that_cannot_be_used_at_all_are_told_with_the_plant(stores, tmp_path):
    twice = msgspec.structs.replace(MILL, streams=(GAS, msgspec.structs.replace(GAS, id="gas-2")))
    with pytest.raises(DataError, match=r"plant 'paper-mill': .*series of streams"):
        issue(twice, books(stores), Shelf(tmp_path), issued_at=NOW)


def test_factors_are_chosen_by_what_the_stream_is():
    assert [factor.ref for factor in stream_factors_of(MILL, GAS)] == [
        f"us40cfr98.natural_gas.{gas}@1" for gas in ("co2", "ch4", "n2o")
    ]
    assert {factor.ref for factor in plant_factors(MILL)} >= {"gwp.ar5.ch4@1", "us40cfr98.natural_gas.co2@1"}
    bare = msgspec.structs.replace(MILL, streams=(msgspec.structs.replace(GAS, emissions=None),))
    assert plant_factors(bare) == ()


def test_coal_by_mass_takes_the_heating_value_of_its_table_along():
    choice = EmissionsChoice(sector="manufacturing", basis="default")
    coal = StreamInfo(
        id="coal", label="Coal", carrier="other_bituminous_coal", records="materials/coal", emissions=choice
    )
    assert [factor.ref for factor in stream_factors_of(MILL, coal)][-1] == "ipcc2006.mfg.other_bituminous_coal.ncv@1"


def test_two_streams_never_share_a_source():
    twice = msgspec.structs.replace(MILL, streams=(GAS, msgspec.structs.replace(GAS, id="gas-2")))
    with pytest.raises(SettingsError, match="bills/natural_gas is the source of another stream too"):
        checked_plants(twice)


PLANTS = """
[[plant]]
id = "cold-store"
name = "Cold store"
country = "LK"
sector = "food"
time_zone = "Asia/Colombo"
simulated = true
origin = "Invented for a test."
produces = false
baseline_period = { start = 2023-01-01, end = 2024-01-01 }
reporting_period = { start = 2024-01-01, end = 2025-01-01 }
[[plant.points]]
id = "main"
label = "Main incomer"
[[plant.streams]]
id = "electricity"
label = "Electricity"
carrier = "electricity"
point = "main"
quantity = "energy_import_kwh"
"""


def run(*words):
    return CliRunner().invoke(app, [*map(str, words)])


def test_the_commands_issue_list_and_show(tmp_path):
    plants, data = tmp_path / "plants.toml", tmp_path / "data"
    plants.write_text(PLANTS)
    data.mkdir()
    from meterproof_store.duckdb_store import open_duckdb

    open_duckdb(data / "meterproof.duckdb").close()
    built = run("statement", "build", "--plants", plants, "--data", data, "--json")
    assert built.exit_code == 0, built.output
    (told,) = msgspec.json.decode(built.stdout)
    assert (told["statement_id"], told["version"], told["new"]) == ("cold-store.2024-01-01.2025-01-01", 1, True)
    again = run("statement", "build", "--plants", plants, "--plant", "cold-store", "--data", data)
    assert "1 (issued before)" in again.stdout
    assert "[simulated]" in again.stdout
    (data / "statements" / "junk.zip").write_bytes(b"no zip")
    listed = run("statement", "show", "--data", data)
    assert "cold-store.2024-01-01.2025-01-01" in listed.stdout
    assert "junk.zip" in listed.output
    as_json = run("statement", "show", "--statements", data / "statements", "--json")
    assert msgspec.json.decode(as_json.stdout)[0]["verified_co2e_t"] is None
    one = run("statement", "show", "cold-store.2024-01-01.2025-01-01", "--data", data)
    assert msgspec.json.decode(one.stdout)["version"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["build", "--plants", "{plants}", "--plant", "moon", "--data", "{data}"],
            "--plant 'moon' is not in the plants",
        ),
        (["build", "--plants", "{plants}", "--influx", "http://127.0.0.1:1"], "name the folder of the bundles"),
        (["build", "--plants", "{plants}", "--data", "{data}/none"], "there is no such store"),
        (
            ["show", "moon.2024-01-01.2025-01-01", "--data", "{data}"],
            "there is no statement 'moon.2024-01-01.2025-01-01'",
        ),
        (["show"], "name the folder of the bundles"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(tmp_path, words, said):
    plants = tmp_path / "plants.toml"
    plants.write_text(PLANTS)
    done = run("statement", *(word.format(plants=plants, data=tmp_path) for word in words))
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_build_that_is_stopped_says_what_it_issued(tmp_path, monkeypatch):
    from meterproof import cli_statement
    from meterproof_store.duckdb_store import open_duckdb

    plants, data = tmp_path / "plants.toml", tmp_path / "data"
    plants.write_text(PLANTS + PLANTS.replace('"cold-store"', '"warm-store"'))
    data.mkdir()
    open_duckdb(data / "meterproof.duckdb").close()
    real = cli_statement.issue

    def interrupted(plant, *rest, **more):
        if plant.id == "warm-store":
            raise KeyboardInterrupt
        return real(plant, *rest, **more)

    monkeypatch.setattr(cli_statement, "issue", interrupted)
    done = run("statement", "build", "--plants", plants, "--data", data)
    assert done.exit_code == 130
    assert "stopped; issued: cold-store.2024-01-01.2025-01-01.v1.zip" in done.stderr
