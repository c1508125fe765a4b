"""When each point's turn comes: fresh intervals soon, and no look where nothing can have changed.

An interval ends at a boundary of its grid. As long as new readings cross none, they change no interval, and the point
may wait; what it brings meanwhile is looked at together. A point whose series takes long to count waits in proportion,
so that it cannot take the time of all others.
"""

from dataclasses import dataclass

from meterproof_collector.ledger.workload import PointKey, Stretch, Workload

_LONG_S = 1.0
_SHARE = 10
_LONGEST_REST_S = 600.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How the ledger takes its time.

    Parameters
    ----------
    pass_every_s : float
        Passes begin at least so far apart [s]; 0 works through everything at once.
    hold_s : float
        Readings that cross no boundary may wait so long [s].
    look_every_s : float
        How often the journal is asked for what other processes wrote [s]; 0 when nobody else writes.
    look_widely_every_s : float
        How often it is asked again for what was written late [s].
    overlap_s : float
        How far back that goes [s]: longer than a write takes, with its retries, plus what clocks differ by.
    mark_every_s : float
        How often a mark is written while there is work [s].
    retry_s : float
        First pause after a store has failed [s].
    retry_point_s : float
        When a point that could not be computed is tried again, if no readings come before [s].
    """

    pass_every_s: float = 1.0
    hold_s: float = 60.0
    look_every_s: float = 2.0
    look_widely_every_s: float = 60.0
    overlap_s: float = 300.0
    mark_every_s: float = 60.0
    retry_s: float = 1.0
    retry_point_s: float = 300.0


LOCK_STEP = Pace(pass_every_s=0.0, hold_s=0.0)
"""For a time-lapse, which runs faster than any timer."""


class Agenda:
    """Work by point, and when it is due.

    Parameters
    ----------
    pace : Pace
        How the ledger takes its time.
    interval_ms : int
        Length of an interval [ms].
    """

    def __init__(self, pace: Pace, interval_ms: int) -> None:
        self._pace = pace
        self._interval_ms = interval_ms
        self._done_ms: dict[PointKey, int] = {}
        self._since_s: dict[PointKey, float] = {}
        self._rests_until_s: dict[PointKey, float] = {}
        self._next_pass_s = 0.0
        self.work = Workload()

    def put(self, key: PointKey, stretch: Stretch, now_s: float) -> None:
        """Put a stretch of a point on the agenda at a monotonic time [s]."""
        self._since_s.setdefault(key, now_s)
        self.work.put(key, stretch)

    def due_s(self) -> float | None:
        """Return when the next pass is due, a monotonic time [s]; None when there is no work."""
        if not len(self.work):
            return None
        return max(self._next_pass_s, min(map(self._due_s, self.work)))

    def take(self, now_s: float, *, everything: bool) -> list[tuple[PointKey, list[Stretch]]]:
        """Take what is due at a monotonic time [s], or everything; what has waited longest comes first."""
        due = [key for key in self.work if everything or self._due_s(key) <= now_s]
        self._next_pass_s = now_s + self._pace.pass_every_s
        for key in due:
            del self._since_s[key]
        return [(key, self.work.pop(key)) for key in due]

    def done(self, key: PointKey, stretches: list[Stretch], took_s: float, now_s: float) -> None:
        """Note that a point was worked through, and how long it took [s]."""
        last_ms = max(stretch.last_ms for stretch in stretches)
        self._done_ms[key] = max(last_ms, self._done_ms.get(key, 0))
        self._rests_until_s.pop(key, None)
        if took_s > _LONG_S and self._pace.pass_every_s:
            self._rests_until_s[key] = now_s + min(_SHARE * took_s, _LONGEST_REST_S)

    def _due_s(self, key: PointKey) -> float:
        since_s = self._since_s[key]
        due_s = since_s if self._may_change(key) else since_s + self._pace.hold_s
        return max(due_s, self._rests_until_s.get(key, 0.0))

    def _may_change(self, key: PointKey) -> bool:
        """Return whether readings are late, or cross a boundary."""
        done_ms = self._done_ms.get(key)
        stretches = self.work[key]
        if done_ms is None or stretches[0].first_ms <= done_ms:
            return True
        return stretches[-1].last_ms // self._interval_ms > done_ms // self._interval_ms
