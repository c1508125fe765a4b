"""Brings the intervals of one point up to date with what has arrived.

The maths is `meterproof_mv.ledger`; `counting` knows which readings it must see and what of the books they change.
Late data, replays and restarts all take this one way, and doing anything twice changes nothing.
"""

from collections.abc import Sequence
from functools import partial

from meterproof_collector.ledger.configurations import Configurations
from meterproof_collector.ledger.counting import Ports, SeriesCount
from meterproof_collector.ledger.point_reader import PointReader, look_beyond_ms
from meterproof_collector.ledger.told_events import ToldEvents
from meterproof_collector.ledger.workload import Stretch
from meterproof_core.storage import IntervalsStore, Journal, PointExtent, ReadingsStore, SeriesKey
from meterproof_mv.ledger import LedgerRules

DEFAULT_RULES = LedgerRules()


class Bookkeeper:
    """Computes the intervals of counters from their stored readings.

    Parameters
    ----------
    readings, intervals, journal
        The three storage ports.
    configurations : Configurations
        What is known of each counter.
    rules : LedgerRules
        Interval length, longest gap that is interpolated, confirmations.
    """

    def __init__(
        self,
        readings: ReadingsStore,
        intervals: IntervalsStore,
        journal: Journal,
        *,
        configurations: Configurations,
        rules: LedgerRules = DEFAULT_RULES,
    ) -> None:
        self._ports = Ports(readings, intervals, journal)
        self._configurations = configurations
        self._rules = rules
        self._told = ToldEvents(journal)

    @property
    def interval_ms(self) -> int:
        """Return the length of an interval [ms]."""
        return self._rules.interval_ms

    def extents(self) -> Sequence[PointExtent]:
        """Return what readings there are of each point of every plant."""
        return self._ports.readings.extents()

    def bring_up_to_date(self, plant: str, point: str, stretch: Stretch, at_ms: int) -> set[str]:
        """Compute anew what a stretch of new samples can change, for every counter of its configurations.

        Parameters
        ----------
        plant, point : str
            The metering point.
        stretch : Stretch
            The new samples; those of no named configuration are looked at under all that are known of the point.
        at_ms : int
            When events are entered in the journal [ms since 1970-01-01 UTC].

        Returns
        -------
        set of str
            Digests under which readings of the stretch are stored while nothing is known of them: these readings wait.

        Raises
        ------
        StoreError
            When a store fails; then it is to be done again.
        """
        names = self._configurations.counters(plant, point, stretch.configs)
        beyond_ms = look_beyond_ms(self._rules, self._configurations.longest_interval_ms(plant, point))
        reader = PointReader(self._ports.readings, plant, point, stretch, self._rules.interval_ms, beyond_ms)
        first = reader.first_part()
        columns = reader.read(first, names)
        for name in names:
            key = SeriesKey(plant, point, name)
            spec_of = partial(self._configurations.counter, plant, point, quantity=name)
            count = SeriesCount(self._ports, reader, key, spec_of, rules=self._rules, told=self._told, at_ms=at_ms)
            count.run(first, columns)
        return {config for config in reader.configs if not self._configurations.knows(plant, point, config)}
