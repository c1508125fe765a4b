"""The plants of the demonstration as the API knows them, from the files that ship with it."""

from importlib.resources import as_file, files

from meterproof_api.plants import Plant, PlantDirectory
from meterproof_api.plants_file import checked_plants, load_plants

_FILES = ("steel_works.toml", "ceramics_works.toml", "food_plant.toml")


def demo_plants() -> PlantDirectory:
    """Return the plants of the demonstration."""
    found: list[Plant] = []
    for name in _FILES:
        with as_file(files("meterproof.demo") / name) as file:
            found.extend(load_plants(file).plants())
    return checked_plants(*found)
