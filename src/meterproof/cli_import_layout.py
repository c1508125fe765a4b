"""How a command's options say the way a file is laid out."""

from collections.abc import Iterable
from pathlib import Path

from meterproof_api.importing.kinds import Kind
from meterproof_api.plants_file import load_plants
from meterproof_core.errors import SettingsError
from meterproof_core.names import ID_RULE, is_id
from meterproof_mv.dossier.vocabulary import Origin

USUAL_ORIGIN = {kind: Origin.METER if kind.by_column else Origin.LOG for kind in Kind} | {Kind.BILLS: Origin.BILL}
"""What kind of evidence the rows of a kind mostly are."""


def columns_of(given: Iterable[str]) -> dict[str, str]:
    """Return the columns that ``field=Header`` texts name.

    Raises
    ------
    SettingsError
        When one has no ``=``, or a field is named twice.
    """
    columns: dict[str, str] = {}
    for text in given:
        field, equals, header = text.partition("=")
        if not equals or not field.strip():
            raise SettingsError(f"--map {text!r}: no field and header; use field=Header, such as amount=Verbrauch")
        if field.strip() in columns:
            raise SettingsError(f"--map {text!r}: field {field.strip()!r} is named twice; name each once")
        columns[field.strip()] = header.strip()
    return columns


def units_of(given: Iterable[str]) -> tuple[str | None, dict[str, str]]:
    """Return the unit of all rows, and those of single columns, that ``U`` and ``point/quantity=U`` texts name.

    Raises
    ------
    SettingsError
        When two speak for the same.
    """
    whole: str | None = None
    units: dict[str, str] = {}
    for text in given:
        column, equals, unit = (part.strip() for part in text.partition("="))
        if (column in units) if equals else whole is not None:
            raise SettingsError(f"--unit {text!r}: a second unit for the same; give each once")
        if equals:
            units[column] = unit
        else:
            whole = column
    return whole, units


def heat_of(text: str | None) -> tuple[str | None, str | None]:
    """Return figure and unit of a heat content such as ``38.1 MJ/m3``.

    Raises
    ------
    SettingsError
        When one of them is missing.
    """
    if text is None:
        return None, None
    figure, _, unit = text.strip().partition(" ")
    if not unit.strip():
        raise SettingsError(f"--heat-content {text!r}: no figure with its unit; use such as '38.1 MJ/m3'")
    return figure, unit.strip()


def zone_of_plant(plant: str, plants: Path | None, zone: str | None) -> str | None:
    """Return the time zone in which a file's instants are written: the one given, or the plant's.

    Raises
    ------
    SettingsError
        When the plant has no id, or is none of the plants file's.
    """
    if not is_id(plant):
        raise SettingsError(f"--plant {plant!r} is not an id; use {ID_RULE}")
    if plants is None:
        return zone
    known = load_plants(plants)
    found = known.plant(plant)
    if found is None:
        listed = ", ".join(one.id for one in known.plants())
        raise SettingsError(f"--plant {plant!r} is not in {plants}; use {listed}")
    return zone or found.time_zone


def decimal_of(*, comma: bool, point: bool) -> str | None:
    """Return the decimal sign that two options name; None when neither is given.

    Raises
    ------
    SettingsError
        When both are.
    """
    if comma and point:
        raise SettingsError("--decimal-comma and --decimal-point are given; use one of them")
    return "," if comma else "." if point else None
