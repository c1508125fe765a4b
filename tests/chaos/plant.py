"""What the simulated meters of a chaos run count: known for every instant, and exact at each quarter hour.

Nothing here is shared with the project's own simulator: the words on the wire, the count and its sum are written down a
second time, on purpose. Around each quarter hour a counter stands still, so that a register interpolated at that
boundary is a whole number, and the sum of the ledger's intervals has to be the meter's own count to the last digit.
"""

import struct
from dataclasses import dataclass

CELL_MS = 900_000
STILL_MS = 180_000
"""On each side of a boundary the counters stand still for so long [ms]."""
MODULUS = 1_000_000
"""Where the volume register rolls over [counts]."""
_FIRST_VOLUME = 985_000  # in the last tenth of the range: it rolls over after some fifteen quarter hours
_FIRST_ENERGY = 5_000_000_000  # beyond 32 bits: a word that is swapped or cut would show
_LEAST, _RANGE = 100, 1901
WORDS = 14


@dataclass(frozen=True, slots=True)
class Meter:
    """One simulated meter: two counters of its time, one of its answers, and two gauges.

    Parameters
    ----------
    unit : int
        Modbus unit, and what makes its counts differ from another's.
    t0_ms : int
        When its counters began, on a boundary [ms since 1970-01-01 UTC].
    """

    unit: int
    t0_ms: int

    def energy(self, t_ms: int) -> int:
        """Return the energy register at an instant [Wh]."""
        return _FIRST_ENERGY + self._counted(t_ms, 1)

    def volume(self, t_ms: int) -> int:
        """Return the volume register at an instant [counts of 0.01 m3]; it rolls over."""
        return (_FIRST_VOLUME + self._counted(t_ms, 2)) % MODULUS

    def counted(self, quantity: str, start_ms: int, end_ms: int) -> int:
        """Return what a counter of time counts between two instants, rollovers included [counts]."""
        salt = {"energy_import_kwh": 1, "volume_m3": 2}[quantity]
        return self._counted(end_ms, salt) - self._counted(start_ms, salt)

    def words(self, number: int, t_ms: int) -> tuple[int, ...]:
        """Return the registers of the meter's n-th answer, as they go over the wire."""
        values = (number, self.energy(t_ms), self.volume(t_ms), *gauges(number))
        return struct.unpack(f">{WORDS}H", struct.pack(">QqIff", *values))

    def _counted(self, t_ms: int, salt: int) -> int:
        cell, into_ms = divmod(t_ms - self.t0_ms, CELL_MS)
        moved = min(max(into_ms - STILL_MS, 0), CELL_MS - 2 * STILL_MS)
        before = sum(self._amount(k, salt) for k in range(cell % _RANGE)) + cell // _RANGE * _LAP
        return before + self._amount(cell, salt) * moved // (CELL_MS - 2 * STILL_MS)

    def _amount(self, cell: int, salt: int) -> int:
        return _LEAST + (cell * 557 + self.unit * 101 * salt) % _RANGE


_LAP = sum(_LEAST + k for k in range(_RANGE))  # 557 and 1901 have no common divisor: a lap meets every amount once


def gauges(number: int) -> tuple[float, float]:
    """Return the temperature [degC] and the power [kW] of the n-th answer: exact in 32 bits, and telling of n."""
    return (number % 512) / 8, (number % 2048) / 16
