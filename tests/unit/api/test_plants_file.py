from datetime import date
from pathlib import Path

import pytest
from plant_worlds import a_plant

from meterproof_api.plants import OptionRef, Period, PointInfo
from meterproof_api.plants_file import checked_plants, load_plants
from meterproof_core.errors import SettingsError

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
main_point = "main"
main_quantity = "energy_import_kwh"
baseline_period = { start = 2018-01-01, end = 2018-07-01 }
reporting_period = { start = 2018-07-01, end = 2019-01-01 }
drivers = ["day_type"]

[[plant.points]]
id = "main"
label = "Main incomer"

[[plant.options]]
id = "opt-1"
title = "Heat recovery"
technique = "equipment modification"
date = 2018-07-01
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
    assert found.options == (OptionRef("opt-1", "Heat recovery", "equipment modification", date(2018, 7, 1)),)


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
        ('main_point = "main"', 'main_point = "other"', "main_point 'other' is not among its points; use main"),
        ('"energy_import_kwh"', '"power_active_kw"', "main_quantity 'power_active_kw' is a momentary value"),
        ('"energy_import_kwh"', '"volume_m3"', "main_quantity 'volume_m3' counts m3; use a counter of kWh"),
        ('"energy_import_kwh"', '"energy_kwh"', "main_quantity: quantity 'energy_kwh' unknown"),
        ("end = 2018-07-01 }", "end = 2018-01-01 }", "baseline_period from 2018-01-01 to 2018-01-01 holds no day"),
        ("end = 2019-01-01 }", "end = 9999-12-31 }", "2,915,183 days; at most 3,700 are accepted"),
        ("start = 2018-07-01", "start = 2018-06-01", "reporting_period starts 2018-06-01, before baseline_period ends"),
        ('drivers = ["day_type"]', 'drivers = ["moon"]', "drivers: 'moon' unknown; use day_type"),
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
    with pytest.raises(SettingsError, match="main_point 'main' is not among its points; list at least one point"):
        checked_plants(a_plant(points=()))
