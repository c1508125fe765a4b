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
"""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from meterproof_api.countries import is_country
from meterproof_api.plants import DRIVERS, Period, Plant, PlantList
from meterproof_core.errors import SettingsError
from meterproof_core.names import ID_RULE, is_id
from meterproof_core.quantities import Kind, quantity

_MOST_DAYS = 3700  # ten years: a page shows every day


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
        for complaint in _complaints(plant):
            raise SettingsError(f"plant {plant.id!r}: {complaint}")
        if ids.count(plant.id) > 1:
            raise SettingsError(f"plant {plant.id!r}: id is given {ids.count(plant.id)} times; give each once")
    return PlantList(plants)


def _complaints(plant: Plant) -> Iterator[str]:
    yield from _bad_names(plant)
    yield from _bad_points(plant)
    yield from _bad_main_quantity(plant)
    yield from _bad_period("baseline_period", plant.baseline_period)
    yield from _bad_period("reporting_period", plant.reporting_period)
    if plant.baseline_period.end > plant.reporting_period.start:
        yield (
            f"reporting_period starts {plant.reporting_period.start}, before baseline_period ends "
            f"{plant.baseline_period.end}; use periods that do not overlap"
        )
    for driver in plant.drivers:
        if driver not in DRIVERS:
            yield f"drivers: {driver!r} unknown; use {', '.join(DRIVERS)}"


def _bad_names(plant: Plant) -> Iterator[str]:
    if not is_id(plant.id):
        yield f"id {plant.id!r} is not an id; use {ID_RULE}"
    for key in ("name", "sector", "origin"):
        if not getattr(plant, key).strip():
            yield f"{key} is empty; give a text"
    if not is_country(plant.country):
        yield f"country {plant.country!r} unknown; use an ISO 3166-1 code of two capitals, such as 'LK'"
    try:
        ZoneInfo(plant.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"time_zone {plant.time_zone!r} unknown; use an IANA name, such as 'Asia/Colombo'"


def _bad_points(plant: Plant) -> Iterator[str]:
    ids = [point.id for point in plant.points]
    for point in ids:
        if not is_id(point):
            yield f"points: id {point!r} is not an id; use {ID_RULE}"
        if ids.count(point) > 1:
            yield f"points: id {point!r} is given {ids.count(point)} times; give each once"
    if plant.main_point not in ids:
        accepted = f"use {', '.join(ids)}" if ids else "list at least one point"
        yield f"main_point {plant.main_point!r} is not among its points; {accepted}"


def _bad_main_quantity(plant: Plant) -> Iterator[str]:
    try:
        known = quantity(plant.main_quantity)
    except SettingsError as error:
        yield f"main_quantity: {error}"
        return
    if known.kind is not Kind.COUNTER:
        yield f"main_quantity {plant.main_quantity!r} is a momentary value; use a counter, such as 'energy_import_kwh'"
    elif known.unit != "kWh":
        yield f"main_quantity {plant.main_quantity!r} counts {known.unit}; use a counter of kWh"


def _bad_period(key: str, period: Period) -> Iterator[str]:
    if period.days > _MOST_DAYS:
        yield f"{key} {period.start} to {period.end} holds {period.days:,} days; at most {_MOST_DAYS:,} are accepted"
    if period.days < 1:
        yield f"{key} from {period.start} to {period.end} holds no day; use an end after its start"
