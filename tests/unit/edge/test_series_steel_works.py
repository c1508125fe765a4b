import hashlib
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from importlib.resources import files
from math import sqrt

import pytest

from meterproof_core.errors import DataError
from meterproof_edge.simulator.recorded import RecordedValues
from meterproof_edge.simulator.steel_works import load_steel_works

SEOUL = timezone(timedelta(hours=9))
DATA = files("meterproof_edge") / "simulator" / "data"
HEAD = "date,Usage_kWh,Lagging_Current_Reactive_Power_kVarh"
ACTIVE, REACTIVE = "energy_import_kwh", "reactive_energy_import_kvarh"


@pytest.fixture(scope="module")
def record():
    return load_steel_works()


def write(tmp_path, *lines: str, head: str = HEAD):
    path = tmp_path / "works.csv"
    path.write_text("\r\n".join((head, *lines)) + "\r\n", encoding="utf-8-sig")
    return path


def test_the_shipped_file_is_the_one_that_its_readme_describes():
    digest = hashlib.sha256((DATA / "steel_industry_2018.csv").read_bytes()).hexdigest()
    assert digest == "7202b058121e0e7d50b5fe3c379b636f92757b3fc143046bc59936f1d6eca8d6"
    assert digest in (DATA / "README.md").read_text(encoding="utf-8")


def test_the_year_holds_959636_71_kwh_in_35040_quarter_hours(record):
    assert record.total(ACTIVE) == (95_963_671, 100)
    assert len(record.amounts[ACTIVE]) == 35_040
    assert record.step_ms == 900_000


def test_the_year_is_2018_in_korean_time(record):
    assert datetime.fromtimestamp(record.start_ms / 1000, SEOUL) == datetime(2018, 1, 1, tzinfo=SEOUL)
    assert datetime.fromtimestamp(record.end_ms / 1000, SEOUL) == datetime(2019, 1, 1, tzinfo=SEOUL)


def test_a_label_is_the_end_of_its_interval_and_midnight_belongs_to_the_day_that_ends(record):
    assert record.amounts[ACTIVE][:3] == (317, 400, 324)
    last_of_first_day = 95
    rows = (DATA / "steel_industry_2018.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[1 + last_of_first_day].startswith("01/01/2018 00:00,")
    cell = rows[1 + last_of_first_day].split(",")[1]
    assert Fraction(record.amounts[ACTIVE][last_of_first_day], 100) == Fraction(cell)


def test_the_one_dropout_is_flagged_and_kept(record):
    at = record.start_ms + record.dropouts[0] * record.step_ms
    assert len(record.dropouts) == 1
    assert datetime.fromtimestamp(at / 1000, SEOUL) == datetime(2018, 11, 7, 23, 45, tzinfo=SEOUL)
    assert record.amounts[ACTIVE][record.dropouts[0]] == 0


def test_the_power_factor_in_the_file_agrees_with_the_energies_we_took(record):
    rows = (DATA / "steel_industry_2018.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    for index, row in enumerate(rows):
        if index in record.dropouts:
            continue
        active, reactive = record.amounts[ACTIVE][index], record.amounts[REACTIVE][index]
        stated = float(row.split(",")[5]) / 100
        assert active / sqrt(active**2 + reactive**2) == pytest.approx(stated, abs=0.00006)


def test_a_meter_that_plays_the_year_counts_its_sum_to_the_watt_hour(record):
    values = RecordedValues(record)
    start, end = (Fraction(*values.counter(ACTIVE, t_ms)) for t_ms in (record.start_ms, record.end_ms))
    assert end - start == Fraction("959636.71")


def test_the_origin_names_its_authors_and_licence(record):
    assert "Sathishkumar V E" in record.origin
    assert "CC BY 4.0" in record.origin


def test_a_small_file_is_read(tmp_path):
    path = write(tmp_path, "30/06/2018 23:45,1.5,2", "30/06/2018 00:00,0.25,0", "01/07/2018 00:15,3,4")
    record = load_steel_works(path)
    assert record.amounts[ACTIVE] == (150, 25, 300)
    assert record.amounts["apparent_energy_import_kvah"] == (250, 25, 500)
    assert datetime.fromtimestamp(record.start_ms / 1000, SEOUL) == datetime(2018, 6, 30, 23, 30, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["01/01/2018 00:15,1,1", "01/01/2018 00:15,1,1"], "line 3 column date: '01/01/2018 00:15' is there twice; 01/01/2018 00:30 must come here"),
        (["01/01/2018 00:30,1,1", "01/01/2018 00:15,1,1"], "line 3 column date: '01/01/2018 00:15' is a step back in time"),
        (["01/01/2018 00:15,1,1", "01/01/2018 01:00,1,1"], "line 3 column date: '01/01/2018 01:00' is a gap of 0:45:00"),
        (["2018-01-01 00:15,1,1"], "line 2 column date: '2018-01-01 00:15' is not a time; use dd/mm/yyyy hh:mm"),
        (["01/01/2018 00:15,much,1"], "line 2 column Usage_kWh: 'much' is not a number; use one like 3.17"),
        (["01/01/2018 00:15,nan,1"], "line 2 column Usage_kWh: 'nan' is not a number"),
        (["01/01/2018 00:15,inf,1"], "line 2 column Usage_kWh: 'inf' is not a number"),
        (["01/01/2018 00:15,,1"], "line 2 column Usage_kWh: '' is not a number"),
        (["01/01/2018 00:15,1"], "line 2 column Lagging_Current_Reactive_Power_kVarh: None is not a number"),
        (["01/01/2018 00:15,-1,1"], "line 2 column Usage_kWh: '-1' is negative; use 0 or more"),
        (["01/01/2018 00:15,1.005,1"], "line 2 column Usage_kWh: '1.005' is finer than hundredths; use at most two decimals"),
        ([], "has no row; at least one is needed"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_with_line_column_and_value(tmp_path, lines, said):
    path = write(tmp_path, *lines)
    with pytest.raises(DataError) as error:
        load_steel_works(path)
    assert str(path) in str(error.value)
    assert said in str(error.value)


def test_a_missing_column_is_named_and_what_was_found(tmp_path):
    path = write(tmp_path, "01/01/2018 00:15,1", head="date,kWh")
    with pytest.raises(DataError, match="line 1: column 'Usage_kWh' is missing; found date, kWh"):
        load_steel_works(path)


def test_an_empty_file_lacks_its_columns(tmp_path):
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")
    with pytest.raises(DataError, match="column 'date' is missing; found nothing"):
        load_steel_works(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.csv: cannot be read: No such file"):
        load_steel_works(tmp_path / "gone.csv")


def test_a_file_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "works.csv"
    path.write_bytes(b"date,\xff\xfe")
    with pytest.raises(DataError, match="is not UTF-8 text"):
        load_steel_works(path)


def test_a_machine_without_the_time_zone_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("meterproof_edge.simulator.steel_works.ZONE", "Asia/Nowhere")
    with pytest.raises(DataError, match="time zone Asia/Nowhere is not on this machine; on Debian: apt install tzdata"):
        load_steel_works(write(tmp_path, "01/01/2018 00:15,1,1"))
