"""The meters of the simulated ceramics works as they stand on its bus: a pulse logger and an electricity meter.

Gas meter, water meter and the counter at the kiln's exit send pulses to a Moxa ioLogik E1210, which knows neither what
they count nor their weight; electricity has a meter with registers of its own.
"""

import msgspec

from meterproof_core.clock import WallClock
from meterproof_edge.map_library import find_map
from meterproof_edge.pulse_inputs import PulseInput, pulse_registers
from meterproof_edge.registers import RegisterMap
from meterproof_edge.simulator.ceramics_works import ELECTRICITY, GAS, PRODUCTION, WATER
from meterproof_edge.simulator.meter import SimulatedBus, SimulatedMeter
from meterproof_edge.simulator.recorded import RecordedSeries, RecordedValues
from meterproof_edge.simulator.values import Ratio

LOGGER_UNIT_ID = 1
ELECTRICITY_UNIT_ID = 2
_LOGGER_MAP = "moxa-iologik-e1210"
_ELECTRICITY_MAP = "schneider-iem3155"
_WIRED = {
    GAS: PulseInput("0", "m3", unit_per_pulse=0.1),
    WATER: PulseInput("1", "l", unit_per_pulse=10),
    PRODUCTION: PulseInput("2", "kg", unit_per_pulse=10),  # a box of tiles
}


class _NothingWired:
    """An input to which nothing is connected: it counts nothing."""

    def gauge(self, quantity: str, t_ms: int) -> float:  # noqa: ARG002 - a `ValueSource`
        return 0.0

    def counter(self, quantity: str, t_ms: int) -> Ratio:  # noqa: ARG002 - a `ValueSource`
        return 0, 1


def ceramics_bus(series: RecordedSeries, clock: WallClock) -> SimulatedBus:
    """Return the works' bus: `LOGGER_UNIT_ID` counts pulses, `ELECTRICITY_UNIT_ID` measures electricity.

    Parameters
    ----------
    series : RecordedSeries
        What the works' counters rise by.
    clock : WallClock
        The time at which a request finds the values.
    """
    logger = SimulatedMeter(_wired_logger(), RecordedValues(series, others=_NothingWired()), clock)
    electricity = RecordedValues(_only_electricity(series))
    return SimulatedBus(
        {
            LOGGER_UNIT_ID: logger,
            ELECTRICITY_UNIT_ID: SimulatedMeter(find_map(_ELECTRICITY_MAP), electricity, clock),
        }
    )


def _wired_logger() -> RegisterMap:
    """Return the logger's map with each wired input showing its own series in pulses."""
    model = find_map(_LOGGER_MAP)
    wired = {register.address: register for register in pulse_registers(model, _WIRED)}
    registers = tuple(wired.get(register.address, register) for register in model.registers)
    return msgspec.structs.replace(model, registers=registers)


def _only_electricity(series: RecordedSeries) -> RecordedSeries:
    return RecordedSeries(
        start_ms=series.start_ms,
        step_ms=series.step_ms,
        parts=series.parts,
        amounts={ELECTRICITY: series.amounts[ELECTRICITY]},
        origin=series.origin,
    )
