from datetime import date
from pathlib import Path

import pytest
from plant_worlds import a_plant

from meterproof_api.plants import PointInfo
from meterproof_api.plants_file import checked_plants, load_plants
from meterproof_core.errors import SettingsError
from meterproof_mv.dossier.plan import OptionRecord, Period
from meterproof_mv.dossier.vocabulary import OptionState, Technique

GOOD = """
[[plant]]
id = "north-mill"
name = "North mill"
country = "LK"
sector = "Paper"
time_zone = "Asia/Colombo"
simulated = true
origin = "Invented for a test."
produces = true
baseline_period = { start = 2018-01-01, end = 2018-07-01 }
reporting_period = { start = 2018-07-01, end = 2019-01-01 }

[[plant.points]]
id = "main"
label = "Main incomer"

[[plant.streams]]
id = "electricity"
label = "Electricity"
carrier = "electricity"
point = "main"
quantity = "energy_import_kwh"
drivers = ["day_type"]

[[plant.streams]]
id = "gas"
label = "Natural gas"
carrier = "natural_gas"
grain = "month"
records = "bills/natural_gas"
calorific_basis = "gross"
drivers = ["output"]
emissions = { factor = "us40cfr98." }

[[plant.drivers]]
name = "output"
production = true
records = "production/output"

[[plant.options]]
id = "opt-1"
title = "Heat recovery"
technique = "on_site_recovery_reuse"
cause = "heat left with the air"
state = "monitored"
start_up = 2018-07-01
streams = ["gas"]
"""


@pytest.fixture
def plants_file(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "plants.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_good_file_gives_its_plants(plants_file):
    found = load_plants(plants_file(GOOD)).plant("north-mill")
    assert found is not None
    assert found.points == (PointInfo("main", "Main incomer"),)
    assert found.baseline_period == Period(date(2018, 1, 1), date(2018, 7, 1))
    option = OptionRecord(
        id="opt-1",
        title="Heat recovery",
        technique=Technique.ON_SITE_RECOVERY_REUSE,
        cause="heat left with the air",
        state=OptionState.MONITORED,
        start_up=date(2018, 7, 1),
        streams=("gas",),
    )
    assert found.options == (option,)
    assert [stream.id for stream in found.streams] == ["electricity", "gas"]
    assert found.main.series == "metered/main/energy_import_kwh"
    assert found.drivers[0].series == "production/output"


def test_an_unknown_plant_is_none_and_plants_are_sorted():
    plants = checked_plants(a_plant(id="b"), a_plant(id="a"))
    assert plants.plant("c") is None
    assert [plant.id for plant in plants.plants()] == ["a", "b"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('country = "LK"', 'country = "lk"', "country 'lk' unknown; use an ISO 3166-1 code"),
        ('"Asia/Colombo"', '"Asia/Colombia"', "time_zone 'Asia/Colombia' unknown; use an IANA name"),
        ('"Asia/Colombo"', '"../etc/passwd"', "time_zone '../etc/passwd' unknown"),
        ('id = "north-mill"', 'id = "North Mill"', "id 'North Mill' is not an id; use 1 to 64"),
        ('name = "North mill"', 'name = " "', "name is empty"),
        ('point = "main"', 'point = "other"', "stream 'electricity': point 'other' is not among the points; use main"),
        ('"energy_import_kwh"', '"power_active_kw"', "quantity 'power_active_kw' is a momentary value"),
        ('"energy_import_kwh"', '"energy_kwh"', "stream 'electricity': quantity 'energy_kwh' unknown"),
        ('"bills/natural_gas"', '"bill/natural_gas"', "records 'bill/natural_gas' unknown; use kind/series"),
        ('"bills/natural_gas"', '"bills"', "records 'bills' unknown; use kind/series"),
        ('records = "bills', 'point = "main"\nrecords = "bills', "are both given; give one of them"),
        ('grain = "month"', 'grain = "day"', "stream 'gas': grain 'day' is finer than bills are; use 'month'"),
        ('grain = "month"', 'grain = "week"', "Invalid enum value 'week'"),
        ('"us40cfr98."', '"moon."', "stream 'gas': emissions:"),
        ('"gross"', '"net"', "stream 'gas': emissions:"),
        ('["output"]', '["moon"]', "stream 'gas': driver 'moon' unknown; use day_type, output"),
        ('["output"]', '["day_type"]', "stream 'gas': driver 'day_type' says nothing of a month; use grain 'day'"),
        ('streams = ["gas"]', 'streams = ["steam"]', "option 'opt-1': stream 'steam' unknown; use electricity, gas"),
        ('"on_site_recovery_reuse"', '"magic"', "Invalid enum value 'magic'"),
        ("start = 2018-07-01, end", "start = 2018-07-02, end", "need periods that begin and end with months"),
        ("end = 2018-07-01 }", "end = 2018-01-01 }", "baseline period 2018-01-01 to 2018-01-01 holds no day"),
        ("end = 2019-01-01 }", "end = 9999-12-31 }", "2,915,183 days; 3,700 are accepted"),
        (
            "start = 2018-07-01",
            "start = 2018-06-01",
            "the reporting period starts 2018-06-01, before the baseline ends",
        ),
        ('["day_type"]', '["moon"]', "stream 'electricity': driver 'moon' unknown; use day_type, output"),
        ('id = "main"', 'id = "Main!"', "points: id 'Main!' is not an id"),
        ("simulated = true", 'simulated = "yes"', "Expected `bool`, got `str` - at `$.plant[0].simulated`"),
        ("simulated = true", "simulatd = true", "simulatd"),
        ('sector = "Paper"\n', "", "missing required field `sector`"),
        ("[[plant]]", "[[plant]", "plants.toml"),
    ],
)
def test_a_bad_setting_is_named_with_its_value_and_what_is_accepted(plants_file, old, new, said):
    assert old in GOOD
    path = plants_file(GOOD.replace(old, new, 1))
    with pytest.raises(SettingsError) as told:
        load_plants(path)
    assert said in str(told.value)
    assert str(path) in str(told.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml: cannot be read: No such file"):
        load_plants(tmp_path / "none.toml")


def test_an_id_is_given_once():
    with pytest.raises(SettingsError, match="id is given 2 times"):
        checked_plants(a_plant(), a_plant())
    points = (PointInfo("main", "A"), PointInfo("main", "B"))
    with pytest.raises(SettingsError, match="points: id 'main' is given 2 times"):
        checked_plants(a_plant(points=points))


def test_a_plant_without_points_is_told_to_list_one():
    with pytest.raises(SettingsError, match="point 'main' is not among the points; list it under points"):
        checked_plants(a_plant(points=()))


def test_a_plant_without_streams_is_told_to_give_one():
    with pytest.raises(SettingsError, match="streams: there is none; give at least one"):
        checked_plants(a_plant(streams=()))
