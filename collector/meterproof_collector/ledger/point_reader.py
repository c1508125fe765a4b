"""Reads the parts of a metering point's readings that the ledger wants to look at."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from meterproof_collector.ledger.sight import NEIGHBOURS, Part
from meterproof_collector.ledger.workload import Stretch
from meterproof_core.storage import END_OF_TIME_MS, ReadingColumns, ReadingsQuery, ReadingsStore
from meterproof_mv.ledger import LedgerRules

PART_MS = 2 * 86_400_000
"""How much of a long stretch is looked at to begin with where nobody knows how many readings there are."""
_ROWS = 100_000
"""How many readings are looked at together, about."""
_WIDER = 16


@dataclass(slots=True, eq=False)
class PointReader:
    """Reads what lies in a stretch of a metering point, and around it.

    Parameters
    ----------
    store : ReadingsStore
        Where the readings are.
    plant, point : str
        The metering point.
    stretch : Stretch
        What is looked at.
    step_ms : int
        Length of the ledger's intervals [ms].
    beyond_ms : int
        How far beyond a part is read, apart from the neighbours [ms].
    configs : set of str
        Digests under which readings of the stretch were found so far.
    """

    store: ReadingsStore
    plant: str
    point: str
    stretch: Stretch
    step_ms: int
    beyond_ms: int
    configs: set[str] = field(default_factory=set)

    def first_part(self) -> Part:
        """Return the first part of the stretch; mostly that is all of it."""
        first_ms, last_ms, rows = self.stretch.first_ms, self.stretch.last_ms, self.stretch.rows
        length_ms = (last_ms - first_ms) * _ROWS // max(rows, _ROWS) if rows else PART_MS
        return self._part(first_ms, min(last_ms, first_ms + length_ms))

    def part_behind(self, part: Part, columns: ReadingColumns) -> Part | None:
        """Return the part that begins with the next reading, about as long as readings are dense; None at the end.

        Parameters
        ----------
        part : Part
            The part before.
        columns : ReadingColumns
            What was read of it, with its neighbours.
        """
        t_ms = np.asarray(columns.t_ms, dtype=np.int64)
        behind = int(np.searchsorted(t_ms, part.last_ms, side="right"))
        if behind == len(t_ms):
            return None
        first_ms = int(t_ms[behind])
        length_ms = max(int(t_ms[-1] - t_ms[0]) * _ROWS // len(t_ms), self.step_ms)
        in_stretch = first_ms <= self.stretch.last_ms
        return self._part(first_ms, min(first_ms + length_ms, self.stretch.last_ms if in_stretch else END_OF_TIME_MS))

    def part_from_the_beginning(self, point_part: Part) -> Part:
        """Return a part that begins with the point's first reading and is no longer than another."""
        query = ReadingsQuery(self.plant, self.point, (), 0, 0, neighbours=1)
        first_ms = int(self.store.read(query).t_ms[0])
        return self._part(first_ms, min(point_part.last_ms, first_ms + PART_MS))

    def wider(self, part: Part, columns: ReadingColumns) -> Part:
        """Return a part that looks back much further than what was read of it."""
        back_ms = part.first_ms - int(columns.t_ms[0])
        return Part(part.first_ms, part.last_ms, max(part.first_ms - _WIDER * back_ms, 0), part.to_ms)

    def read(self, part: Part, quantities: Sequence[str]) -> ReadingColumns:
        """Return the readings of a part with those around it."""
        columns = self.store.read(
            ReadingsQuery(self.plant, self.point, tuple(quantities), part.from_ms, part.to_ms, neighbours=NEIGHBOURS)
        )
        t_ms = np.asarray(columns.t_ms, dtype=np.int64)
        begin = int(np.searchsorted(t_ms, self.stretch.first_ms))
        end = int(np.searchsorted(t_ms, self.stretch.last_ms, side="right"))
        self.configs.update(columns.config[row] for row in range(begin, end))
        return columns

    def _part(self, first_ms: int, last_ms: int) -> Part:
        step_ms = self.step_ms
        return Part(
            first_ms=first_ms,
            last_ms=last_ms,
            from_ms=max(first_ms // step_ms * step_ms - self.beyond_ms, 0),
            to_ms=min((last_ms // step_ms + 1) * step_ms + self.beyond_ms, END_OF_TIME_MS),
        )


def look_beyond_ms(rules: LedgerRules, meter_interval_ms: int) -> int:
    """Return how far beyond a part is read, so that intervals on both sides can be compared [ms].

    Parameters
    ----------
    rules : LedgerRules
        The grid, and the longest gap.
    meter_interval_ms : int
        Longest interval of the point's interval meters; 0 when it has none [ms].
    """
    return 2 * rules.interval_ms + rules.max_gap_ms + 4 * meter_interval_ms
