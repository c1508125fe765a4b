"""Plausible functions of time for every quantity: a mean and a daily swing, and counters as their integral.

The load follows a sine over the day. Its integral is known in closed form, so a counter is not a sum of steps and a
test can compare it with the truth at any two instants.
"""

from dataclasses import dataclass
from math import cos, hypot, pi, sin

from meterproof_core.errors import SettingsError
from meterproof_core.quantities import Kind
from meterproof_core.quantities import quantity as quantity_of
from meterproof_edge.simulator.electricity import Grid, electrical_gauge
from meterproof_edge.simulator.values import HOUR_MS, Ratio

_DAY_H = 24.0
_MORNING_H = 6.0
SINCE_MS = 1_704_067_200_000
"""When simulated counters stood at 0: 2024-01-01 00:00 UTC [ms since 1970-01-01 UTC]."""


@dataclass(frozen=True, slots=True)
class DailyWave:
    """A rate that is lowest at midnight UTC and highest at noon.

    Parameters
    ----------
    mean : float
        Mean over the day [unit, or unit/h for a counter].
    swing : float
        Half the way from lowest to highest [as mean]; at most the mean, so that its counter never falls.
    """

    mean: float
    swing: float

    def at(self, t_ms: int) -> float:
        """Return the rate at an instant.

        >>> DailyWave(10.0, 4.0).at(12 * 3_600_000)
        14.0
        """
        return self.mean + self.swing * sin(_angle(t_ms))

    def total(self, since_ms: int, t_ms: int) -> float:
        """Return the exact integral from one instant to another [unit of the rate x h].

        >>> DailyWave(10.0, 4.0).total(0, 24 * 3_600_000)
        240.0
        """
        swung = cos(_angle(since_ms)) - cos(_angle(t_ms))
        return self.mean * (t_ms - since_ms) / HOUR_MS + self.swing * _DAY_H / (2 * pi) * swung


def _angle(t_ms: int) -> float:
    day_ms = int(_DAY_H) * HOUR_MS
    return 2 * pi * ((t_ms % day_ms) / HOUR_MS - _MORNING_H) / _DAY_H


_LOAD = DailyWave(120.0, 40.0)  # kW: a small works
_REACTIVE_SHARE = 0.4  # kvar per kW: a power factor of 0.93
_APPARENT_SHARE = hypot(1.0, _REACTIVE_SHARE)
_NOTHING = DailyWave(0.0, 0.0)

_GAUGES = {
    "flow_m3_h": DailyWave(12.0, 5.0),
    "mass_flow_kg_h": DailyWave(900.0, 300.0),
    "heat_power_kw": DailyWave(600.0, 200.0),
    "temperature_c": DailyWave(65.0, 5.0),
    "pressure_bar_gauge": DailyWave(6.5, 0.3),
}
_RATES = {
    "volume_m3": _GAUGES["flow_m3_h"],
    "volume_2_m3": DailyWave(3.0, 1.0),
    "mass_kg": _GAUGES["mass_flow_kg_h"],
    "heat_kwh": _GAUGES["heat_power_kw"],
    "production_t": DailyWave(2.0, 1.0),
    "pulses": DailyWave(1200.0, 600.0),
}


class Waveforms:
    """Values of a plant that runs the same every day: a `ValueSource`.

    Parameters
    ----------
    grid : Grid
        Voltage and frequency.
    since_ms : int
        When the counters stood at 0 [ms since 1970-01-01 UTC].
    """

    def __init__(self, grid: Grid | None = None, *, since_ms: int = SINCE_MS) -> None:
        self._grid = grid or Grid()
        self._since_ms = since_ms

    def gauge(self, quantity: str, t_ms: int) -> float:
        """Return a momentary value at an instant [canonical unit]."""
        if quantity in _GAUGES:
            return _GAUGES[quantity].at(t_ms)
        load = _LOAD.at(t_ms)
        value = electrical_gauge(quantity, t_ms, active_kw=load, reactive_kvar=_REACTIVE_SHARE * load, grid=self._grid)
        if value is None:
            raise SettingsError(f"quantity {quantity!r} has no waveform; simulate a map without it")
        return value

    def counter(self, quantity: str, t_ms: int) -> Ratio:
        """Return the total at an instant [canonical unit]; 0 before the counters began."""
        return _rate(quantity).total(self._since_ms, max(t_ms, self._since_ms)).as_integer_ratio()


def _rate(quantity: str) -> DailyWave:
    if quantity in _RATES:
        return _RATES[quantity]
    if quantity_of(quantity).kind is not Kind.COUNTER or "energy" not in quantity:
        raise SettingsError(f"quantity {quantity!r} has no waveform for a counter; simulate a map without it")
    if "_export_" in quantity:
        return _NOTHING
    share = 1.0
    if quantity.startswith("reactive"):
        share = _REACTIVE_SHARE
    elif quantity.startswith("apparent"):
        share = _APPARENT_SHARE
    if quantity.split("_")[-2] in {"l1", "l2", "l3"}:
        share /= 3
    return DailyWave(share * _LOAD.mean, share * _LOAD.swing)
