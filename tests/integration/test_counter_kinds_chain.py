"""From the register of a simulated pulse input or interval meter to intervals: what comes out is what flowed."""

import numpy as np
import pytest

from meterproof_collector.ledger.segments import intervals_of, segments
from meterproof_core.clock import ManualClock
from meterproof_core.storage import RawColumn, ReadingColumns
from meterproof_edge.cli_simulate import _as_set
from meterproof_edge.decode import BlockDecoder
from meterproof_edge.settings import make_settings, point_configs
from meterproof_edge.simulator.meter import SimulatedMeter
from meterproof_edge.simulator.waveforms import SINCE_MS, Waveforms
from meterproof_mv.ledger import LedgerRules

MIN, HOUR = 60_000, 3_600_000
START = SINCE_MS + 50 * 24 * HOUR
DEMAND_MAP = """
id = "demand"
version = 1
vendor = "Nobody"
model = "Made up"
firmware = "any"
registers = [
  { quantity = "energy_import_kwh", kind = "interval", interval_s = %s, function = 3, address = 0, type = "u16", unit = "Wh", scale = 10, sources = ["a"] },
]
[sources]
a = "made up for this test"
"""
PULSES = {
    "point": "gas", "map": "moxa-iologik-e1210", "host": "h", "poll_s": 60, "serial": "77",
    "pulses": {"volume_m3": {"input": "3", "unit": "l", "unit_per_pulse": 10}}, "max_rate_per_h": {"volume_m3": 40},
}  # fmt: skip
DEMAND = {"point": "demand", "map": "demand.toml", "host": "h", "poll_s": 60, "max_power_kw": 400}


class Chain:
    """One metering point: settings, a simulated meter, the agent's decoder, and the collector's way to the ledger."""

    def __init__(self, table, folder):
        tables = {"plant": "p", "gateway": "g", "broker": {"url": "mqtt://h"}, "meter": [table]}
        settings = make_settings(tables, beside=folder, file="edge.toml")
        self.meter = settings.meters[0]
        (self.config,) = point_configs(settings)
        self.clock = ManualClock(START)
        self.simulated = SimulatedMeter(_as_set(self.meter), Waveforms(), self.clock)
        self.decoder = BlockDecoder(self.meter.registers)
        (self.name,) = self.config.quantities

    def register(self, t_ms):
        self.clock.move_to(t_ms)
        function = self.meter.registers[0].function
        return self.decoder.decode(self.simulated.read(function, self.decoder.start, self.decoder.count)).raw[self.name]

    def result(self, instants):
        size = len(instants)
        readings = ReadingColumns(
            t_ms=instants,
            values={self.name: [0.0] * size},
            raw={self.name: RawColumn([self.register(t) for t in instants], [True] * size)},
            flags=(),
            config=["c"] * size,
            stream=["s"] * size,
            seq=[1] * size,
        )
        (part,) = segments(self.name, readings, {"c": self.config.counters[self.name]}.get)
        return intervals_of(part, LedgerRules())

    def flowed(self, start_ms, end_ms):
        return float(self.simulated.amount_between(self.name, int(start_ms), int(end_ms)))


def every_minute(hours, start=START + 17_000):
    return list(range(start, START + hours * HOUR, MIN))


def test_pulses_become_the_volume_that_flowed(tmp_path):
    chain = Chain(PULSES, tmp_path)
    rows = chain.result(every_minute(6)).intervals
    assert len(rows) == 22
    for start, end, amount in zip(rows.start_ms, rows.end_ms, rows.amount, strict=True):
        assert amount == pytest.approx(chain.flowed(start, end), abs=0.01)  # a pulse
    assert rows.amount.sum() == pytest.approx(chain.flowed(rows.start_ms[0], rows.end_ms[-1]), abs=0.01)


def test_a_power_loss_of_the_pulse_counter_is_a_reset_that_counts_nothing_across_itself(tmp_path):
    chain = Chain(PULSES, tmp_path)
    lost = START + 3 * HOUR + 5 * MIN
    chain.simulated.lose_power(lost)
    instants = [t for t in every_minute(6) if not lost - 2 * MIN <= t < lost + MIN]  # it was off the bus for a moment
    result = chain.result(instants)
    (event,) = result.events
    assert event.code == "reset"
    rows = result.intervals
    assert not ((rows.start_ms <= lost) & (rows.end_ms > lost)).any()
    for start, end, amount in zip(rows.start_ms, rows.end_ms, rows.amount, strict=True):
        assert amount == pytest.approx(chain.flowed(start, end), abs=0.01)
    assert event.data["amount_since_reset"] == pytest.approx(chain.flowed(lost, event.t_ms), abs=0.01)


@pytest.mark.parametrize(("seconds", "is_span"), [(300, False), (900, False), (1800, True), (600, True)])
def test_finished_intervals_become_the_energy_that_flowed(tmp_path, seconds, is_span):
    (tmp_path / "demand.toml").write_text(DEMAND_MAP % seconds)
    chain = Chain(DEMAND, tmp_path)
    rows = chain.result(every_minute(6)).intervals
    assert rows.is_span[1:-1].tolist() == [is_span] * (len(rows) - 2)  # a quarter hour may be known in part at the ends
    assert (rows.start_ms[1:] == rows.end_ms[:-1]).all()
    assert rows.end_ms[-1] - rows.start_ms[0] >= 5.5 * HOUR
    counts = (rows.end_ms - rows.start_ms) / (1000 * seconds)
    for start, end, amount, n in zip(rows.start_ms, rows.end_ms, rows.amount, counts, strict=True):
        assert amount == pytest.approx(chain.flowed(start, end), abs=0.01 * n)  # 10 Wh an interval of the meter


def test_an_outage_of_the_gateway_loses_finished_intervals_and_says_which(tmp_path):
    (tmp_path / "demand.toml").write_text(DEMAND_MAP % 900)
    chain = Chain(DEMAND, tmp_path)
    out = range(START + 2 * HOUR + 5 * MIN, START + 3 * HOUR + 5 * MIN)
    result = chain.result([t for t in every_minute(6) if t not in out])
    (event,) = result.events
    assert (event.code, event.t_ms, event.data["intervals"]) == ("interval_missed", START + 2 * HOUR, 3)
    rows = result.intervals
    known = np.sum(rows.end_ms - rows.start_ms)
    assert known == rows.end_ms[-1] - rows.start_ms[0] - 3 * 15 * MIN
