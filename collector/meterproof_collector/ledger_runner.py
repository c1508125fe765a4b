"""Runs the ledger beside the road: arrivals come in, intervals go out, and nothing is forgotten over a restart.

What has arrived but is not yet worked through stands in the journal. A mark says up to when everything is done, so a
restart takes up the arrivals written since the last mark; some are done twice, which changes nothing.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from meterproof_collector.configurations import Configurations
from meterproof_collector.workload import Stretch, Workload, add_arrivals, put
from meterproof_core.errors import StoreError
from meterproof_core.storage import EntryKind, Journal, JournalEntry
from meterproof_core.wire import Meters

_log = logging.getLogger(__name__)
_RETRY_S = 1.0


class Books(Protocol):
    """Brings intervals up to date; `Bookkeeper` in real life."""

    def bring_up_to_date(self, plant: str, point: str, stretch: Stretch, at_ms: int) -> None:
        """Compute anew what a stretch of new samples can change."""
        ...


def last_mark(journal: Journal) -> JournalEntry | None:
    """Return the newest mark; those before it say less."""
    return next(iter(journal.read([EntryKind.LEDGER_MARK], limit=1)), None)


class LedgerRunner:
    """A thread that works through arrivals, newest stretch of each point in one go.

    Parameters
    ----------
    books : Bookkeeper
        Computes the intervals.
    configurations : Configurations
        What is known of each counter; arrivals under an unknown one wait for it.
    journal : Journal
        Holds arrivals and marks.
    now_ms : callable
        When it is now [ms since 1970-01-01 UTC].
    mark_every : int
        After how many arrivals a mark is written.
    """

    def __init__(
        self,
        books: Books,
        configurations: Configurations,
        journal: Journal,
        *,
        now_ms: Callable[[], int],
        mark_every: int = 1000,
    ) -> None:
        self._books = books
        self._configurations = configurations
        self._journal = journal
        self._now_ms = now_ms
        self._mark_every = mark_every
        self._workload: Workload = {}
        self._waiting: Workload = {}
        self._failed: dict[str, str] = {}
        self._newest_ms = 0
        self._unmarked = 0
        self._marked_ms = 0
        self._busy = False
        self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)

    def start(self) -> None:
        """Take up what a former run left undone, and begin to work."""
        mark = last_mark(self._journal)
        since_ms = int(mark.data["through_ms"]) if mark else 0
        self.add(self._journal.read([EntryKind.ARRIVAL], since_ms=since_ms))
        self._thread.start()

    def stop(self) -> None:
        """Finish the work at hand, write a mark, and end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def add(self, arrivals: Sequence[JournalEntry]) -> None:
        """Hand over arrivals that stand in the journal."""
        with self._changed:
            fresh: Workload = {}
            add_arrivals(fresh, arrivals)
            for key, stretch in fresh.items():
                self._put(key, stretch)
            self._newest_ms = max([self._newest_ms, *(entry.at_ms for entry in arrivals)])
            self._unmarked += len(arrivals)
            self._changed.notify_all()

    def configured(self, meters: Meters) -> None:
        """Hand over a meter configuration; what waited for it is worked through."""
        with self._changed:
            self._configurations.add(meters)
            waiting, self._waiting = self._waiting, {}
            for key, stretch in waiting.items():
                self._put(key, stretch)
            self._changed.notify_all()

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Return whether all work was done before a time-out [s]."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._workload and not self._busy, timeout_s)

    @property
    def waiting_points(self) -> list[str]:
        """Points whose readings are stored but whose configuration has not come yet."""
        with self._changed:
            return sorted(f"{plant}/{point}" for plant, point in self._waiting)

    @property
    def failed_points(self) -> dict[str, str]:
        """Points whose intervals could not be computed at the last try, and why."""
        with self._changed:
            return dict(self._failed)

    def _put(self, key: tuple[str, str], stretch: Stretch) -> None:
        unknown = {config for config in stretch.configs if not self._configurations.knows(config, key[1])}
        put(self._waiting if unknown else self._workload, key, stretch)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._workload or self._stopping)
                workload, self._workload, self._busy = self._workload, {}, True
            undone = self._work(workload)
            with self._changed:
                for key, stretch in undone.items():
                    self._put(key, stretch)
                self._busy = False
                self._mark()
                self._changed.notify_all()
                if self._stopping and (undone or not self._workload):
                    return
                if undone:
                    self._changed.wait(_RETRY_S)

    def _work(self, workload: Workload) -> Workload:
        """Work through stretches; return those that the store would not take now."""
        undone: Workload = {}
        for (plant, point), stretch in workload.items():
            name = f"{plant}/{point}"
            try:
                self._books.bring_up_to_date(plant, point, stretch, self._now_ms())
            except StoreError:
                _log.exception("ledger: %s could not be brought up to date; it is tried again", name)
                undone[plant, point] = stretch
            except Exception as error:  # noqa: BLE001 - one point's trouble must not stop the books of all others
                self._note_failure(name, error)
            else:
                with self._changed:
                    self._failed.pop(name, None)
        return undone

    def _note_failure(self, name: str, error: Exception) -> None:
        """Keep in mind that a point failed; its next readings bring it back to where it was last settled."""
        text = f"{type(error).__name__}: {error}"
        if self._failed.get(name) != text:
            _log.error("ledger: the intervals of %s cannot be computed", name, exc_info=error)
        with self._changed:
            self._failed[name] = text

    def _mark(self) -> None:
        """Say in the journal up to when every arrival is worked through, now and then and at the end."""
        if not self._unmarked or (self._unmarked < self._mark_every and not self._stopping):
            return
        undone = [stretch.arrived_ms - 1 for stretch in (*self._workload.values(), *self._waiting.values())]
        through_ms = min([self._newest_ms, *undone])
        if through_ms > self._marked_ms:
            data = {"through_ms": through_ms}
            entry = JournalEntry(f"ledger-mark/{through_ms}", EntryKind.LEDGER_MARK, "", self._now_ms(), data)
            try:
                self._journal.append([entry])
            except StoreError:
                _log.exception("ledger: the mark could not be written; a restart will do some work again")
                return
            self._marked_ms = through_ms
        self._unmarked = 0
