"""When the ledger looks into the journal, writes a mark, and tries again: by the machine's monotonic clock."""

from collections.abc import Callable
from dataclasses import dataclass, field

from meterproof_collector.ledger.agenda import Pace
from meterproof_core.backoff import Backoff


@dataclass(slots=True)
class Timetable:
    """What is due when.

    Parameters
    ----------
    pace : Pace
        How the ledger takes its time.
    now_s : callable
        The machine's monotonic clock [s].
    """

    pace: Pace
    now_s: Callable[[], float]
    store: Backoff = field(init=False)
    _look_s: float = 0.0
    _wide_look_s: float = 0.0
    _mark_s: float = 0.0
    _retry_s: float = 0.0

    def __post_init__(self) -> None:
        self.store = Backoff(first_s=self.pace.retry_s)

    @property
    def others_write(self) -> bool:
        """Whether other processes may write into the journal."""
        return self.pace.look_every_s > 0

    @property
    def store_rests(self) -> bool:
        """Whether the store has failed and is left alone for a while."""
        return self.store.wait_s(self.now_s()) > 0

    def look_is_due(self, *, widely: bool) -> bool:
        """Return whether the journal is to be asked for what others wrote."""
        return self.others_write and self.now_s() >= (self._wide_look_s if widely else self._look_s)

    def looked(self, *, widely: bool) -> None:
        """Note that the journal was asked."""
        self._look_s = self.now_s() + self.pace.look_every_s
        if widely:
            self._wide_look_s = self.now_s() + self.pace.look_widely_every_s

    def retry_is_due(self) -> bool:
        """Return whether points that failed are to be tried again; asked for, it is not due again for a while."""
        if self.now_s() < self._retry_s:
            return False
        self._retry_s = self.now_s() + self.pace.retry_point_s
        return True

    def mark_is_due(self) -> bool:
        """Return whether a mark is to be written."""
        return self.now_s() >= self._mark_s

    def marked(self) -> None:
        """Note that a mark was written."""
        self._mark_s = self.now_s() + self.pace.mark_every_s

    def pause_s(self, work_s: float | None, *, to_mark: bool) -> float:
        """Return how long there is nothing to do [s].

        Parameters
        ----------
        work_s : float or None
            When the first work is due, by the monotonic clock [s]; None when there is none.
        to_mark : bool
            Whether something was done that no mark tells yet.
        """
        now_s = self.now_s()
        if (rest_s := self.store.wait_s(now_s)) > 0:
            return rest_s
        dues = [self._retry_s]
        if self.others_write:
            dues.append(self._look_s)
        if to_mark:
            dues.append(self._mark_s)
        if work_s is not None:
            dues.append(min(work_s, now_s + self.pace.pass_every_s))  # what comes meanwhile may be due sooner
        return max(min(dues) - now_s, 0.0)
