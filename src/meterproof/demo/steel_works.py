"""The steel works of the demonstration: a real year of electricity on one simulated meter."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from meterproof.demo.played import PlayedCounter, PlayedPlant
from meterproof_core.clock import WallClock
from meterproof_edge.map_library import find_map
from meterproof_edge.simulator.meter import SimulatedBus, SimulatedMeter
from meterproof_edge.simulator.works import steel_works_values

_UNIT_ID = 1
_MAP = "schneider-iem3155"
_POLL = timedelta(minutes=5)
_OFFSET = timedelta(seconds=137)


def _bus(clock: WallClock) -> SimulatedBus:
    return SimulatedBus({_UNIT_ID: SimulatedMeter(find_map(_MAP), steel_works_values(), clock)})


def _meters_text(port: int) -> str:
    return f"""\
[[meter]]
point = "main-incomer"
map = "{_MAP}"
host = "127.0.0.1"
port = {port}
unit_id = {_UNIT_ID}
poll_s = {_POLL.total_seconds():.0f}
offset_s = {_OFFSET.total_seconds():.0f}
quantities = ["energy_import_kwh", "reactive_energy_import_kvarh"]
max_power_kw = 2000    # the recorded year peaks at 629 kW: 157.18 kWh in a quarter hour
"""


STEEL_WORKS = PlayedPlant(
    id="kr-gwangyang-steel",
    title="steel works",
    year_start=datetime(2018, 1, 1, tzinfo=ZoneInfo("Asia/Seoul")),
    poll=_POLL,
    offset=_OFFSET,
    counters=(PlayedCounter("main-incomer", "energy_import_kwh", _UNIT_ID, "energy_import_kwh"),),
    bus=_bus,
    meters_text=_meters_text,
)
