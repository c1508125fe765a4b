"""What the simulator can measure by name; whoever simulates a plant asks here and never opens a record itself."""

from meterproof_edge.simulator.electricity import Grid
from meterproof_edge.simulator.recorded import RecordedValues
from meterproof_edge.simulator.steel_works import load_steel_works

KOREAN_GRID = Grid(voltage_v=220.0, frequency_hz=60.0)


def steel_works_values() -> RecordedValues:
    """Return what the incomer of the recorded steel works shows: real energy of 2018 on a simulated meter."""
    return RecordedValues(load_steel_works(), grid=KOREAN_GRID)
