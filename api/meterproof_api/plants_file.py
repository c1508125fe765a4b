"""Plants from a TOML file, with errors that name file, plant, key, value and what is accepted.

::

    [[plant]]
    id = "north-mill"
    country = "LK"
    time_zone = "Asia/Colombo"
    baseline_period = { start = 2025-01-01, end = 2025-07-01 }
    ...
    [[plant.points]]
    id = "main"
    label = "Main incomer"

    [[plant.streams]]
    id = "electricity"
    point = "main"
    quantity = "energy_import_kwh"
"""

from pathlib import Path

import msgspec

from meterproof_api.emissions import stream_factors_of
from meterproof_api.plant_checks import complaints
from meterproof_api.plants import Plant, PlantList
from meterproof_core.errors import SettingsError
from meterproof_mv.errors import FactorError


class _PlantsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    plant: tuple[Plant, ...]


def load_plants(path: Path) -> PlantList:
    """Return the plants of a TOML file.

    Raises
    ------
    SettingsError
        When the file cannot be read or a plant in it makes no sense.
    """
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=_PlantsFile)
    except OSError as error:
        raise SettingsError(f"plants file {path}: cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"plants file {path}: {error}") from error
    try:
        return checked_plants(*found.plant)
    except SettingsError as error:
        raise SettingsError(f"plants file {path}: {error}") from None


def checked_plants(*plants: Plant) -> PlantList:
    """Return plants as a directory, after a look at each.

    Raises
    ------
    SettingsError
        Naming the plant, the key, its value and what is accepted.
    """
    ids = [plant.id for plant in plants]
    for plant in plants:
        for complaint in complaints(plant):
            raise SettingsError(f"plant {plant.id!r}: {complaint}")
        if ids.count(plant.id) > 1:
            raise SettingsError(f"plant {plant.id!r}: id is given {ids.count(plant.id)} times; give each once")
        _check_factors(plant)
    return PlantList(plants)


def _check_factors(plant: Plant) -> None:
    for stream in plant.streams:
        try:
            stream_factors_of(plant, stream)
        except FactorError as error:
            raise SettingsError(f"plant {plant.id!r}: stream {stream.id!r}: emissions: {error}") from error
