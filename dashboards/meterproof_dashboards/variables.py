"""What a reader chooses at the top of a dashboard, the same on all of them."""

from meterproof_core.quantities import QUANTITIES, Kind
from meterproof_dashboards.dashboard import Choice, Lookup
from meterproof_dashboards.influxql import PLANT, POINTS, choices, equal
from meterproof_store.influx.schema import INTERVALS, JOURNAL, READINGS, Policy

SIMULATED_WORD = "simulated"
"""A plant whose id contains this word holds simulated data: the one mark that every store and topic carries."""

LEVELS = ("15m", "1h", "1d")

TIME_ZONES = (
    "UTC",
    "Africa/Addis_Ababa",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Maputo",
    "Africa/Nairobi",
    "Africa/Tunis",
    "America/Bogota",
    "America/Guatemala",
    "America/Havana",
    "America/Lima",
    "America/Mexico_City",
    "America/Sao_Paulo",
    "America/Santiago",
    "Asia/Bangkok",
    "Asia/Colombo",
    "Asia/Dhaka",
    "Asia/Ho_Chi_Minh",
    "Asia/Jakarta",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Manila",
    "Asia/Phnom_Penh",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Tashkent",
    "Asia/Ulaanbaatar",
    "Asia/Vientiane",
    "Europe/Belgrade",
    "Europe/Kyiv",
    "Europe/Madrid",
    "Europe/Skopje",
)
"""Choices of the time zone; any other IANA name can be typed in Grafana 11.5 and later, and set in the address."""


def plant() -> Lookup:
    """Return the plant, of all that ever told anything."""
    return Lookup("plant", "Plant", choices(Policy.COUNTERS, JOURNAL, "plant"))


def simulated() -> Lookup:
    """Return the word that marks a simulated plant, or nothing; panel titles carry it."""
    return Lookup(
        "simulated",
        "Simulated",
        choices(Policy.COUNTERS, JOURNAL, "plant", PLANT),
        regex=f"/({SIMULATED_WORD})/",
        hidden=True,
    )


def points() -> Lookup:
    """Return the metering points, all of them to begin with."""
    return Lookup("point", "Metering point", choices(Policy.COUNTERS, READINGS, "point", PLANT), several=True)


def one_point() -> Lookup:
    """Return one metering point."""
    return Lookup("point", "Metering point", choices(Policy.COUNTERS, READINGS, "point", PLANT))


def point_of(name: str, label: str, quantity: str) -> Lookup:
    """Return one metering point among those that count a quantity."""
    return Lookup(name, label, choices(Policy.COUNTERS, INTERVALS, "point", PLANT, equal("quantity", quantity)))


def counter() -> Lookup:
    """Return one of the chosen point's counters."""
    return Lookup("counter", "Counter", choices(Policy.COUNTERS, INTERVALS, "quantity", PLANT, POINTS))


def gauge() -> Choice:
    """Return one of the catalogue's gauges."""
    names = [name for name, quantity in QUANTITIES.items() if quantity.kind is Kind.GAUGE]
    return Choice("gauge", "Gauge", names, default="power_active_kw")


def level() -> Choice:
    """Return the length of the steps in which intervals are added up."""
    return Choice("level", "Add up by", LEVELS, default="1h")


def time_zone(default: str) -> Choice:
    """Return the plant's time zone, in which days and hours begin."""
    known = default in TIME_ZONES
    return Choice("tz", "Plant's time zone", TIME_ZONES if known else (default, *TIME_ZONES), default=default)
