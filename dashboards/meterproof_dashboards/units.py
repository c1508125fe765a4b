"""Which unit Grafana shows for each canonical unit, so that a panel never shows another one than the catalogue's.

Where Grafana has an id for a unit, its own formatting is used (a large kWh becomes MWh). Where it has none, or one
that plant engineers would misread (its kilogram turns 1,000 kg into "1 Mg"), the unit is written out as a suffix.
"""

from collections.abc import Mapping
from types import MappingProxyType

from meterproof_core.errors import SettingsError

COUNT = "none"
SHARE = "percentunit"
INSTANT = "dateTimeAsIso"
AGE = "dateTimeFromNow"
SECONDS = "s"
PER_MINUTE = "suffix:/min"

GRAFANA_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "1": COUNT,
        "A": "amp",
        "Hz": "hertz",
        "V": "volt",
        "bar": "pressurebar",
        "degC": "celsius",
        "kVA": "kvoltamp",
        "kVAh": "suffix:kVAh",
        "kW": "kwatt",
        "kWh": "kwatth",
        "kg": "suffix:kg",
        "kg/h": "suffix:kg/h",
        "kvar": "kvoltampreact",
        "kvarh": "suffix:kvarh",
        "m3": "m3",
        "m3/h": "suffix:m³/h",
        "t": "masst",
    }
)


def grafana_unit(unit: str) -> str:
    """Return the id under which Grafana shows a canonical unit.

    Raises
    ------
    SettingsError
        When the unit has no entry here.

    Examples
    --------
    >>> grafana_unit("kWh")
    'kwatth'
    """
    found = GRAFANA_UNITS.get(unit)
    if found is None:
        raise SettingsError(f"unit {unit!r} has no Grafana unit; accepted: {', '.join(GRAFANA_UNITS)}")
    return found


def ratio_unit(upper: str, lower: str) -> str:
    """Return the Grafana unit of a ratio of two canonical units.

    Examples
    --------
    >>> ratio_unit("m3", "t")
    'suffix:m³/t'
    """
    return f"suffix:{upper}/{lower}".replace("m3", "m³")
