"""A recorded series of interval amounts, played back as cumulative counters, exact to the count.

Inside an interval a counter rises evenly. Everything is whole numbers: the record's hundredths times milliseconds, so
that no float drifts over a year and the sum of what a meter has counted is the sum of the record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from meterproof_core.errors import DataError
from meterproof_edge.simulator.electricity import Grid, electrical_gauge
from meterproof_edge.simulator.values import HOUR_MS, Ratio, ValueSource
from meterproof_edge.simulator.waveforms import Waveforms

_WEEK_MS = 7 * 24 * HOUR_MS
_PHASES = 3


@dataclass(frozen=True, slots=True)
class RecordedSeries:
    """Amounts of consecutive intervals of one length.

    Parameters
    ----------
    start_ms : int
        Start of the first interval [ms since 1970-01-01 UTC].
    step_ms : int
        Length of an interval [ms].
    parts : int
        Parts of a canonical unit in which amounts are counted: 100 for hundredths.
    amounts : mapping of quantity to tuple of n ints
        What each counter rose by in each interval [1/parts canonical unit], 0 or more.
    dropouts : tuple of int
        Indices of intervals that the recording itself lost.
    origin : str
        Where the record comes from, for people.
    """

    start_ms: int
    step_ms: int
    parts: int
    amounts: Mapping[str, tuple[int, ...]]
    dropouts: tuple[int, ...] = ()
    origin: str = ""

    @property
    def end_ms(self) -> int:
        """End of the last interval [ms since 1970-01-01 UTC]."""
        return self.start_ms + len(next(iter(self.amounts.values()))) * self.step_ms

    def total(self, quantity: str) -> Ratio:
        """Return the exact sum of a counter's amounts [canonical unit]."""
        return sum(self.amounts[quantity]), self.parts


class _Track:
    """One counter's amounts, continued on both sides of the record.

    Before its first and after its last interval the counter runs on at the rate of the nearest one for one interval, so
    that the record's own boundaries can be interpolated. Earlier it stands still; later the record repeats, shifted by
    whole weeks where it is that long (364 days for a year), so that a Monday stays a Monday.
    """

    __slots__ = ("_amounts", "_before", "_lap", "_lap_before", "_run_on")

    def __init__(self, amounts: tuple[int, ...], step_ms: int) -> None:
        weeks = len(amounts) * step_ms // _WEEK_MS if _WEEK_MS % step_ms == 0 else 0
        self._amounts = amounts
        self._before = tuple(accumulate(amounts, initial=0))
        self._lap = amounts[-weeks * _WEEK_MS // step_ms :]
        self._lap_before = tuple(accumulate(self._lap, initial=0))
        self._run_on = amounts[-1] - self._lap[0]

    def amount_and_before(self, index: int) -> tuple[int, int]:
        """Return the amount of the interval at an index, and the sum of all from index 0 up to it."""
        last = len(self._amounts)
        if 0 <= index < last:
            return self._amounts[index], self._before[index]
        if index < 0:
            first = self._amounts[0]
            return (first, -first) if index == -1 else (0, -first)
        if index == last:
            return self._amounts[-1], self._before[-1]
        laps, place = divmod(index - last, len(self._lap))
        before = self._before[-1] + self._run_on + laps * self._lap_before[-1] + self._lap_before[place]
        return self._lap[place], before


class RecordedValues:
    """A recorded series as what a meter shows: a `ValueSource`.

    Power follows from the interval's amount, so it is constant within one; voltages are a stiff grid's. What the record
    does not speak of comes from another source.

    Parameters
    ----------
    series : RecordedSeries
        Active energy at least, as ``energy_import_kwh``.
    start_register : int
        What every recorded counter shows at the record's start [canonical unit].
    grid : Grid
        Voltage and frequency.
    others : ValueSource
        Gives the quantities that neither are recorded nor follow from the record.

    Raises
    ------
    DataError
        When a counter would have to begin below 0.
    """

    def __init__(
        self,
        series: RecordedSeries,
        *,
        start_register: int = 100_000,
        grid: Grid | None = None,
        others: ValueSource | None = None,
    ) -> None:
        for name, amounts in series.amounts.items():
            if start_register * series.parts < amounts[0]:
                least = -(-amounts[0] // series.parts)
                raise DataError(f"start_register {start_register} of {name} is too small; use {least} or more")
        self.series = series
        self._start_parts = start_register * series.parts
        self._grid = grid or Grid()
        self._others = others or Waveforms(self._grid)
        self._tracks = {name: _Track(amounts, series.step_ms) for name, amounts in series.amounts.items()}

    def counter(self, quantity: str, t_ms: int) -> Ratio:
        """Return the exact total at an instant [canonical unit]."""
        name, share = _recorded_name(quantity)
        track = self._tracks.get(name)
        if track is None:
            return self._others.counter(quantity, t_ms)
        series = self.series
        index, into_ms = divmod(t_ms - series.start_ms, series.step_ms)
        amount, before = track.amount_and_before(index)
        counted = (self._start_parts + before) * series.step_ms + amount * into_ms
        return counted, series.parts * series.step_ms * share

    def gauge(self, quantity: str, t_ms: int) -> float:
        """Return a momentary value at an instant [canonical unit]."""
        active_kw = self._rate("energy_import_kwh", t_ms)
        reactive_kvar = self._rate("reactive_energy_import_kvarh", t_ms)
        value = electrical_gauge(quantity, t_ms, active_kw=active_kw, reactive_kvar=reactive_kvar, grid=self._grid)
        return self._others.gauge(quantity, t_ms) if value is None else value

    def _rate(self, quantity: str, t_ms: int) -> float:
        track = self._tracks.get(quantity)
        if track is None:
            return 0.0
        amount, _ = track.amount_and_before((t_ms - self.series.start_ms) // self.series.step_ms)
        return amount * HOUR_MS / (self.series.parts * self.series.step_ms)


@cache
def _recorded_name(quantity: str) -> tuple[str, int]:
    """Return the recorded counter that a counter follows, and by how much it has to be divided."""
    name = quantity.replace("_both_directions_", "_import_")  # nothing is exported
    for phase in ("_l1", "_l2", "_l3"):
        if phase in name:
            return name.replace(phase, ""), _PHASES
    return name, 1
