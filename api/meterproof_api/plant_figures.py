"""The figures of a plant, computed once for as long as its intervals stay the same.

The intervals are read at every call and named by a digest of all of them, so that a figure that is shown is never
older than the store; only the maths behind it is spared.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from meterproof_api.answers import tag_of
from meterproof_api.charts import CHARTS
from meterproof_api.drawing import Drawing
from meterproof_api.load_profile import LoadProfile, load_profile
from meterproof_api.plants import Plant
from meterproof_api.savings_statement import savings_statement
from meterproof_api.statement import Statement
from meterproof_api.statement_parts import Json
from meterproof_core.storage import IntervalColumns, IntervalsStore, SeriesKey
from meterproof_mv.aggregate import midnight_ms

PAPER_WIDTH = 1040
"""Width of a chart on paper [px]."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What follows from a plant's intervals.

    Parameters
    ----------
    statement : Statement
        Its savings.
    profile : LoadProfile
        Its demand.
    tag : str
        Names the plant's record and the intervals that the figures follow from.
    """

    statement: Statement
    profile: LoadProfile
    tag: str
    _kept: dict[str, bytes] = field(default_factory=dict)

    def chart(self, name: str) -> Json:
        """Return the specification of a chart."""
        return CHARTS[name](self.statement, self.profile)

    def chart_json(self, name: str) -> bytes:
        """Return the specification of a chart as JSON, made once."""
        return self._once(f"{name}.json", lambda: msgspec.json.encode(self.chart(name)))

    def chart_svg(self, name: str, drawing: Drawing) -> bytes:
        """Return a chart as a picture for paper, drawn once."""
        return self._once(f"{name}.svg", lambda: drawing.svg({**self.chart(name), "width": PAPER_WIDTH}).encode())

    def _once(self, name: str, make: Callable[[], bytes]) -> bytes:
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]


class PlantFigures:
    """Gives the figures of plants, and keeps the newest of each.

    Parameters
    ----------
    intervals : IntervalsStore
        What they are computed from.
    """

    def __init__(self, intervals: IntervalsStore) -> None:
        self._intervals = intervals
        self._newest: dict[str, Figures] = {}
        self._locks: dict[str, Lock] = {}
        self._lock = Lock()

    def of(self, plant: Plant) -> Figures:
        """Return the figures of a plant, as its intervals are now."""
        zone = ZoneInfo(plant.time_zone)
        start, end = plant.baseline_period.start, plant.reporting_period.end
        key = SeriesKey(plant.id, plant.main_point, plant.main_quantity)
        with self._lock:
            lock = self._locks.setdefault(plant.id, Lock())
        with lock:
            columns = self._intervals.read(key, midnight_ms(start, zone), midnight_ms(end, zone))
            tag = _tag(plant, columns)
            known = self._newest.get(plant.id)
            if known is not None and known.tag == tag:
                return known
            profile = load_profile(columns, zone, start, end)
            figures = Figures(savings_statement(plant, columns), profile, tag)
            self._newest[plant.id] = figures
            return figures


def _tag(plant: Plant, columns: IntervalColumns) -> str:
    types: Mapping[str, type] = {"start_ms": np.int64, "end_ms": np.int64, "amount": np.float64, "is_span": np.bool_}
    parts = [np.ascontiguousarray(getattr(columns, name), dtype=kind).tobytes() for name, kind in types.items()]
    return tag_of(msgspec.json.encode(plant), *parts)
