"""The figures of a plant, computed once for as long as its data stay the same.

The data are read at every call and named by a digest of all of them, so that a figure that is shown is never older
than the store; only the maths behind it is spared.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from meterproof_api.answers import tag_of
from meterproof_api.charts import CHARTS
from meterproof_api.drawing import Drawing
from meterproof_api.gathering import Books, gather
from meterproof_api.load_profile import LoadProfile, load_profile
from meterproof_api.plants import Plant
from meterproof_api.statement import Json, Statement, statement_of
from meterproof_core.storage import IntervalColumns
from meterproof_mv.dossier.assess import assess
from meterproof_mv.dossier.assessment import Assessment
from meterproof_mv.dossier.series import Dossier, Metered

PAPER_WIDTH = 1040
"""Width of a chart on paper [px]."""
_COLUMNS = ("start_ms", "end_ms", "amount", "register_start", "register_end", "is_span")


@dataclass(frozen=True, slots=True)
class Figures:
    """What follows from a plant's data for one of its streams.

    Parameters
    ----------
    statement : Statement
        What is said of the stream.
    profile : LoadProfile
        Its demand; empty days of a hand-kept series.
    tag : str
        Names the plant's record and the data that the figures follow from.
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


@dataclass(slots=True)
class _Newest:
    """The newest assessment of a plant, and the figures of the streams that were asked for."""

    tag: str
    assessment: Assessment
    streams: dict[str, Figures]


class PlantFigures:
    """Gives the figures of plants, and keeps the newest of each.

    Parameters
    ----------
    books : Books
        What they are computed from.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._newest: dict[str, _Newest] = {}
        self._locks: dict[str, Lock] = {}
        self._lock = Lock()

    def of(self, plant: Plant, stream: str = "") -> Figures:
        """Return the figures of a stream of a plant, as its data are now; of its first when none is named."""
        with self._lock:
            lock = self._locks.setdefault(plant.id, Lock())
        with lock:
            newest = self._newest_of(plant)
            wanted = stream or plant.main.id
            if wanted not in newest.streams:
                statement = statement_of(plant, newest.assessment, wanted)
                newest.streams[wanted] = Figures(statement, _profile(plant, statement), newest.tag)
            return newest.streams[wanted]

    def _newest_of(self, plant: Plant) -> _Newest:
        dossier = gather(plant, self._books)
        tag = tag_of(msgspec.json.encode(plant), *_parts(dossier))
        known = self._newest.get(plant.id)
        if known is None or known.tag != tag:
            known = self._newest[plant.id] = _Newest(tag, assess(dossier), {})
        return known


def _profile(plant: Plant, statement: Statement) -> LoadProfile:
    series = statement.assessment.dossier.series[statement.shown.stream.series]
    if isinstance(series, Metered):
        columns = IntervalColumns(*(getattr(series, name) for name in _COLUMNS))
    else:
        none = np.zeros(0)
        columns = IntervalColumns(none, none, none, none, none, none)
    return load_profile(columns, ZoneInfo(plant.time_zone), statement.first_day, statement.end_day)


def _parts(dossier: Dossier) -> Iterator[bytes]:
    for name, series in sorted(dossier.series.items()):
        yield name.encode()
        if isinstance(series, Metered):
            yield from (np.ascontiguousarray(getattr(series, column)).tobytes() for column in _COLUMNS)
            yield msgspec.json.encode(series.imported)
        else:
            yield msgspec.json.encode(series.rows)
    yield msgspec.json.encode(dossier.factors)
