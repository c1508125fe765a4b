"""The ceramics works of the demonstration: a simulated plant with a known saving, read live over Modbus.

Gas and production of the kiln are one metering point: what it takes and what it makes are read in one request, at one
instant.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from meterproof.demo.played import PlayedCounter, PlayedPlant
from meterproof_core.clock import WallClock
from meterproof_edge.simulator.ceramics_meters import ELECTRICITY_UNIT_ID, LOGGER_UNIT_ID, ceramics_bus
from meterproof_edge.simulator.ceramics_works import ELECTRICITY, GAS, PRODUCTION, WATER, ZONE, CeramicsWorks
from meterproof_edge.simulator.meter import SimulatedBus

YEAR = date(2025, 1, 1), date(2026, 1, 1)
_POLL = timedelta(seconds=440)  # the longest with which a missed reading spoils no interval
_OFFSET = timedelta(seconds=97)


def _bus(clock: WallClock) -> SimulatedBus:
    return ceramics_bus(CeramicsWorks().series(*YEAR), clock)


def _meters_text(port: int) -> str:
    where = f'host = "127.0.0.1"\nport = {port}'
    when = f"poll_s = {_POLL.total_seconds():.0f}\noffset_s = {_OFFSET.total_seconds():.0f}"
    logger = f'map = "moxa-iologik-e1210"\n{where}\nunit_id = {LOGGER_UNIT_ID}\n{when}'
    return f"""\
[[meter]]
point = "tunnel-kiln"
{logger}
max_rate_per_h = {{ volume_m3 = 1500, production_t = 20 }}
[meter.pulses]
volume_m3 = {{ input = "0", unit = "m3", pulses_per_unit = 10 }}
production_t = {{ input = "2", unit = "kg", unit_per_pulse = 10 }}

[[meter]]
point = "process-water"
{logger}
max_rate_per_h = {{ volume_m3 = 20 }}
[meter.pulses]
volume_m3 = {{ input = "1", unit = "l", unit_per_pulse = 10 }}

[[meter]]
point = "main-incomer"
map = "schneider-iem3155"
{where}
unit_id = {ELECTRICITY_UNIT_ID}
{when}
quantities = ["energy_import_kwh"]
max_power_kw = 3000
"""


CERAMICS_WORKS = PlayedPlant(
    id="th-simulated-ceramics",
    title="simulated ceramics",
    year_start=datetime(2025, 1, 1, tzinfo=ZoneInfo(ZONE)),
    poll=_POLL,
    offset=_OFFSET,
    counters=(
        PlayedCounter("main-incomer", "energy_import_kwh", ELECTRICITY_UNIT_ID, ELECTRICITY),
        PlayedCounter("tunnel-kiln", "volume_m3", LOGGER_UNIT_ID, GAS),
        PlayedCounter("tunnel-kiln", "production_t", LOGGER_UNIT_ID, PRODUCTION),
        PlayedCounter("process-water", "volume_m3", LOGGER_UNIT_ID, WATER),
    ),
    bus=_bus,
    meters_text=_meters_text,
)
