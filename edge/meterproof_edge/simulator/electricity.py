"""What a three-phase meter shows at a given active and reactive power: a balanced load on a stiff grid."""

from dataclasses import dataclass
from functools import cache
from math import hypot, pi, sin, sqrt

_PHASES = 3
_SECOND_MS = 1000.0
_W_PER_KW = 1000.0


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid that a simulated meter is connected to.

    Parameters
    ----------
    voltage_v : float
        Nominal voltage, phase to neutral [V].
    frequency_hz : float
        Nominal frequency [Hz].
    """

    voltage_v: float = 230.0
    frequency_hz: float = 50.0

    def voltage_at(self, t_ms: int) -> float:
        """Return the voltage, phase to neutral [V]: within 1 % of nominal, with a period of an hour."""
        return self.voltage_v * (1 + 0.01 * sin(2 * pi * t_ms / (3600 * _SECOND_MS)))

    def frequency_at(self, t_ms: int) -> float:
        """Return the frequency [Hz]: within 0.02 Hz of nominal, with a period of ten minutes."""
        return self.frequency_hz + 0.02 * sin(2 * pi * t_ms / (600 * _SECOND_MS))


def electrical_gauge(quantity: str, t_ms: int, *, active_kw: float, reactive_kvar: float, grid: Grid) -> float | None:
    """Return what a meter shows of an electrical gauge, or None when it is not one.

    Parameters
    ----------
    quantity : str
        Name from core's catalogue.
    t_ms : int
        Instant [ms since 1970-01-01 UTC].
    active_kw, reactive_kvar : float
        Total power [kW, kvar].
    grid : Grid
        Voltage and frequency.
    """
    kind, share = _kind_and_share(quantity)
    match kind:
        case "active":
            return active_kw * share
        case "reactive":
            return reactive_kvar * share
        case "apparent":
            return hypot(active_kw, reactive_kvar) * share
        case "factor":
            apparent = hypot(active_kw, reactive_kvar)
            return active_kw / apparent if apparent else 1.0
        case "voltage":
            return grid.voltage_at(t_ms) * share
        case "current":
            return hypot(active_kw, reactive_kvar) * _W_PER_KW / (_PHASES * grid.voltage_at(t_ms))
        case "frequency":
            return grid.frequency_at(t_ms)
        case _:
            return None


@cache
def _kind_and_share(quantity: str) -> tuple[str, float]:
    """Return which electrical gauge a name means and the factor from the three phases' value to it."""
    parts = quantity.split("_")
    phases = len({"l1", "l2", "l3"} & set(parts))
    if parts[0] == "power":
        return parts[1], 1 / _PHASES if phases else 1.0
    return parts[0], sqrt(_PHASES) if phases == 2 else 1.0  # between two phases
