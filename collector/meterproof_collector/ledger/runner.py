"""Runs the ledger beside the road: arrivals come in, intervals go out, and nothing is forgotten over a restart.

What has arrived but is not yet worked through stands in the journal, whoever wrote it: any number of collectors and
ledgers may stand side by side on one store. A mark says up to when everything is done, so a restart takes up what was
written since; some is done twice, which changes nothing. What a collector in the same process hands over is the same
work, only sooner.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from meterproof_collector.ledger.agenda import Agenda, Pace
from meterproof_collector.ledger.configurations import Configurations
from meterproof_collector.ledger.desk import LedgerDesk
from meterproof_collector.ledger.journal_tail import JournalTail
from meterproof_collector.ledger.marks import Mark, last_mark
from meterproof_collector.ledger.partition import Partition
from meterproof_collector.ledger.taking_up import Books, take_up
from meterproof_collector.ledger.timetable import Timetable
from meterproof_collector.ledger.workload import PointKey, Stretch
from meterproof_core.errors import StoreError, StoreInDoubtError, StoreRefusedError
from meterproof_core.storage import EntryKind, Journal, JournalEntry
from meterproof_core.wire import Meters

__all__ = ["LedgerRunner", "last_mark"]

_log = logging.getLogger(__name__)
_WHOLE = Partition()
_PACE = Pace()
_Work = list[tuple[PointKey, list[Stretch]]]


@dataclass(slots=True)
class _Asked:
    """What the thread was asked for."""

    stopping: bool = False
    woken: bool = False
    looks: int = 0
    answered: int = 0
    waiters: int = 0


class LedgerRunner:
    """A thread that works through arrivals, the stretches of each point in one go.

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
    partition : Partition
        Which plants are worked for.
    pace : Pace
        How it takes its time.
    monotonic : callable
        The machine's monotonic clock [s].
    """

    def __init__(
        self,
        books: Books,
        configurations: Configurations,
        journal: Journal,
        *,
        now_ms: Callable[[], int],
        partition: Partition = _WHOLE,
        pace: Pace = _PACE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._books = books
        self._journal = journal
        self._now_ms = now_ms
        self._partition = partition
        self._now_s = monotonic
        self._tail = JournalTail(journal, partition.holds, now_ms=now_ms, overlap_ms=round(pace.overlap_s * 1000))
        self._desk = LedgerDesk(Agenda(pace, books.interval_ms), configurations, partition)
        self._times = Timetable(pace, monotonic)
        self._asked = _Asked()
        self._busy = False
        self._unmarked = True
        self._marked: Mark | None = None
        self._fault = ""
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)

    def start(self) -> None:
        """Take up what a former run left undone, and begin to work.

        Raises
        ------
        StoreError
            When the store cannot be read.
        """
        work = take_up(self._journal, self._books, self._tail, self._partition)
        entries = self._tail.look_widely()
        with self._changed:
            self._desk.take_in(entries, self._now_s(), at_the_start=True)
            for key, stretch in work.items():
                self._desk.put(key, stretch, self._now_s())
        self._thread.start()

    def stop(self) -> None:
        """Finish the work at hand, write a mark, and end; a runner that was never started is left alone."""
        with self._changed:
            self._asked.stopping = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def add(self, arrivals: Sequence[JournalEntry]) -> None:
        """Hand over arrivals that stand in the journal."""
        with self._changed:
            was_idle = not len(self._desk.agenda.work)
            self._desk.put_arrivals(self._tail.saw(arrivals), self._now_s())
            if was_idle or not self._times.pace.pass_every_s:
                self._wake()

    def configured(self, plant: str, meters: Meters) -> None:
        """Tell of a meter configuration that stands in the journal; what waited for it is worked through."""
        with self._changed:
            self._desk.expect(plant, meters)
            self._wake()

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Return whether all that stands in the journal was done before a time-out [s]; no timer is waited for."""
        with self._changed:
            if not self._thread.is_alive():
                return self._is_idle()
            self._asked.looks += 1
            self._asked.waiters += 1
            looks = self._asked.looks
            self._changed.notify_all()
            try:
                return self._changed.wait_for(lambda: self._asked.answered >= looks and self._is_idle(), timeout_s)
            finally:
                self._asked.waiters -= 1

    @property
    def alive(self) -> bool:
        """Whether the thread runs, or has not been started."""
        return self._thread.ident is None or self._thread.is_alive()

    @property
    def waiting_points(self) -> list[str]:
        """Points whose readings are stored but whose configuration has not come yet."""
        with self._changed:
            return self._desk.waiting_points

    @property
    def failed_points(self) -> dict[str, str]:
        """Points whose intervals could not be computed at the last try, and why."""
        with self._changed:
            itself = {"the ledger itself": self._fault} if self._fault else {}
            return {**self._desk.failed_points, **itself}

    def _wake(self) -> None:
        self._asked.woken = True
        self._changed.notify_all()

    def _is_idle(self) -> bool:
        return not len(self._desk.agenda.work) and not self._busy

    def _run(self) -> None:
        """Turn after turn, whatever happens: a fault of ours is told, and must not end the books of all plants."""
        while True:
            try:
                if self._turn():
                    return
            except Exception as error:  # noqa: BLE001 - whatever it is, the books of all plants go on
                _log.exception("ledger: a fault of ours; it goes on after a pause, and a restart does its work again")
                self._times.store.failed(self._now_s())
                with self._changed:
                    self._fault = f"{type(error).__name__}: {error}"
                    self._busy = False
                    self._changed.notify_all()
                    if self._asked.stopping:
                        return

    def _turn(self) -> bool:
        """Wait for work, look, work, mark; return whether the end was reached."""
        with self._changed:
            due_s = self._desk.agenda.due_s()
            self._changed.wait_for(self._is_wanted, self._times.pause_s(due_s, to_mark=self._unmarked))
            self._asked.woken = False
            looks, stopping = self._asked.looks, self._asked.stopping
        failures = self._times.store.failures
        found_all = self._look(urgently=stopping or looks > self._asked.answered)
        went_well = self._pass()
        if went_well and failures == self._times.store.failures > 0:
            _log.info("ledger: the store does its part again")
            self._times.store.succeeded()
        with self._changed:
            if found_all:
                self._asked.answered = looks
            is_over = stopping and (self._is_idle() or not went_well)
            self._changed.notify_all()
        self._mark(at_the_end=is_over)
        return is_over

    def _is_wanted(self) -> bool:
        asked = self._asked
        if asked.stopping:
            return True
        if self._times.store_rests:
            return False
        return asked.woken or asked.looks > asked.answered or (asked.waiters > 0 and len(self._desk.agenda.work) > 0)

    def _look(self, *, urgently: bool) -> bool:
        """Take in what others wrote, if it is time; return whether all was found that stands in the journal."""
        if self._times.store_rests and not self._asked.stopping:
            return False
        alone = not self._times.others_write
        widely = not alone and (urgently or self._times.look_is_due(widely=True))
        with self._changed:
            waits = (urgently or widely) and bool(self._desk.waiting_points)
            all_configurations = self._desk.expects_configurations or waits
        if not (widely or all_configurations or self._times.look_is_due(widely=False)):
            return alone
        try:
            entries = [] if alone else self._tail.look_widely() if widely else self._tail.look()
            if all_configurations:
                entries = [*self._journal.read([EntryKind.CONFIG]), *entries]
        except StoreError as error:
            self._note_store("the journal cannot be read", error)
            return False
        with self._changed:
            self._desk.take_in(entries, self._now_s(), at_the_start=False)
            self._unmarked |= bool(entries)
        self._times.looked(widely=widely)
        return alone or widely

    def _pass(self) -> bool:
        """Work through what is due; return whether the store did its part."""
        now_s = self._now_s()
        with self._changed:
            stopping = self._asked.stopping
            if self._times.store_rests and not stopping:
                return False
            if not stopping and self._times.retry_is_due():
                self._desk.retry_failed(now_s)
            work = self._desk.agenda.take(now_s, everything=stopping or self._asked.waiters > 0)
            self._busy = bool(work)
            self._unmarked |= self._busy
        left = self._work_through(work)
        with self._changed:
            for key, stretches in left:
                for stretch in stretches:
                    self._desk.put(key, stretch, now_s)
            self._busy = False
        return not left

    def _work_through(self, work: _Work) -> _Work:
        """Work through points; return those that were not reached when the store failed, the failing one last."""
        for place, (key, stretches) in enumerate(work):
            try:
                self._point(key, stretches)
            except StoreRefusedError as error:
                self._note_failure(key, stretches, error)
            except StoreError as error:
                if isinstance(error, StoreInDoubtError):
                    with self._changed:
                        self._desk.doubt(key, stretches)
                self._note_store(f"{'/'.join(key)} could not be brought up to date", error)
                return [*work[place + 1 :], work[place]]
            except Exception as error:  # noqa: BLE001 - one point's trouble must not stop the books of all others
                self._note_failure(key, stretches, error)
        return []

    def _point(self, key: PointKey, stretches: list[Stretch]) -> None:
        begun_s = self._now_s()
        for stretch in stretches:
            unknown = self._books.bring_up_to_date(*key, stretch, self._now_ms())
            if unknown:
                waits = Stretch(stretch.first_ms, stretch.last_ms, stretch.arrived_ms, unknown)
                with self._changed:
                    self._desk.put(key, waits, begun_s)
        ended_s = self._now_s()
        with self._changed:
            self._desk.agenda.done(key, stretches, ended_s - begun_s, ended_s)
            self._desk.succeeded(key)

    def _note_failure(self, key: PointKey, stretches: list[Stretch], error: Exception) -> None:
        with self._changed:
            is_new = self._desk.failed(key, stretches, f"{type(error).__name__}: {error}")
        if is_new:
            _log.error("ledger: the intervals of %s cannot be computed", "/".join(key), exc_info=error)

    def _note_store(self, what: str, error: StoreError) -> None:
        """Leave the store alone for a while; said once, until it does its part again."""
        if not self._times.store.failures:
            _log.error("ledger: %s (%s); it is tried again", what, error)
        self._times.store.failed(self._now_s())

    def _mark(self, *, at_the_end: bool) -> None:
        """Say in the journal up to when every arrival is worked through, now and then and at the end."""
        if self._fault or (not at_the_end and not (self._unmarked and self._times.mark_is_due())):
            return
        self._unmarked = False
        self._times.marked()
        with self._changed:
            mark = self._desk.mark(self._tail.covered_ms if self._times.others_write else self._tail.newest_ms)
        if mark.through_ms <= 0 or mark == self._marked:
            return
        try:
            self._journal.append([mark.entry(self._partition, self._now_ms())])
        except StoreError as error:
            self._note_store("the mark could not be written; a restart will do some work again", error)
            return
        self._marked = mark
