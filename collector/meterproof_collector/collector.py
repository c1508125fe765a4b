"""The collector: from the broker through lots into the store, and the ledger beside it.

Three threads share the road. The broker's own hands over messages and waits when too many are held. A second reads
them in and gathers lots while a third stores the lot before: decoding goes on while a database writes.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from meterproof_collector.ledger.plan import WHOLE_LEDGER, LedgerPlan, StorePorts, planned_ledger
from meterproof_collector.ledger.runner import last_mark
from meterproof_collector.limits import Limits
from meterproof_collector.messages.entries import clock_ahead
from meterproof_collector.messages.intake import Delivered
from meterproof_collector.messages.lot import Lot
from meterproof_collector.rising_clock import MOST_AHEAD_MS, RisingClock
from meterproof_collector.road.dead_letters import find, replay
from meterproof_collector.road.gathering import Gathering
from meterproof_collector.road.road import Outcome, Road, RoadCounts
from meterproof_collector.road.source import Source
from meterproof_collector.road.storing import StoreState, Storing
from meterproof_core.faults import FaultPoints, NoFaults
from meterproof_core.storage import EntryKind, IntervalsStore, Journal, JournalEntry, ReadingsStore

_log = logging.getLogger(__name__)
_GRACE_S = 2.0
"""What a write may take yet when the time of a stop is over [s]."""


class Collector:
    """Takes messages from a source, stores them, answers, and keeps the ledger.

    Parameters
    ----------
    source : Source
        The broker.
    readings, intervals, journal
        The three storage ports.
    now_ms : callable
        The machine's wall clock [ms since 1970-01-01 UTC].
    limits : Limits
        How much is taken at a time.
    faults : FaultPoints
        For kill tests.
    known_plants : collection of str or None
        Plants whose messages are taken; None takes all.
    ledger : LedgerPlan
        Whose ledger is kept here, and how.
    """

    def __init__(
        self,
        source: Source,
        readings: ReadingsStore,
        intervals: IntervalsStore,
        journal: Journal,
        *,
        now_ms: Callable[[], int],
        limits: Limits | None = None,
        faults: FaultPoints | None = None,
        known_plants: Collection[str] | None = None,
        ledger: LedgerPlan = WHOLE_LEDGER,
    ) -> None:
        self._source = source
        self._journal = journal
        self._limits = limits or Limits()
        newest = _newest_entry(journal)
        is_ahead = newest is not None and newest.at_ms - now_ms() > MOST_AHEAD_MS
        self.clock_ahead = clock_ahead(newest, now_ms()) if newest and is_ahead else None
        self._now_ms = rising = RisingClock(now_ms, newest.at_ms if newest and not is_ahead else 0)
        self._faults = faults or NoFaults()
        self.road = Road(readings, journal, now_ms=rising, faults=self._faults, known_plants=known_plants)
        self._ledger = planned_ledger(ledger, StorePorts(readings, intervals, journal), now_ms=rising)
        self._storing = Storing(
            self.road, self._answer, retry=self._limits.retry, now_ms=rising, monotonic=time.monotonic
        )
        self._gathering = Gathering(self.road.read, self._limits)
        self._thread = threading.Thread(target=self._store, name="collector-stores", daemon=True)

    @property
    def counts(self) -> RoadCounts:
        """What went over the road since the start."""
        return self.road.counts

    @property
    def store_state(self) -> StoreState:
        """How it goes with the store."""
        return self._storing.state

    @property
    def held(self) -> tuple[int, int]:
        """Messages and bytes that are taken and not answered yet."""
        return self._gathering.inbox.held

    @property
    def alive(self) -> bool:
        """Whether every thread of the road and of the ledger runs."""
        return self._thread.is_alive() and self._gathering.alive and (self._ledger is None or self._ledger.alive)

    @property
    def connected(self) -> bool:
        """Whether the broker is reached."""
        return self._source.connected

    @property
    def waiting_points(self) -> list[str]:
        """Points whose readings are stored but whose configuration has not come yet."""
        return self._ledger.waiting_points if self._ledger else []

    @property
    def failed_points(self) -> dict[str, str]:
        """Points whose intervals could not be computed at the last try, and why."""
        return self._ledger.failed_points if self._ledger else {}

    def start(self) -> None:
        """Take up undone ledger work, then connect."""
        if self.clock_ahead is not None:
            _log.error("collector: %s: its journal entry lies ahead of our clock", self.clock_ahead.data["writer"])
            self._journal.append([self.clock_ahead])
        if self._ledger:
            self._ledger.start()
        self._gathering.start()
        self._thread.start()
        self._source.start(self._gathering.deliver)

    def stop(self) -> None:
        """Stop taking messages, store and answer what was taken, end the ledger; all of it within bounds of time.

        What cannot be stored in time is not answered, and comes again.
        """
        self._gathering.close()
        self._storing.stop()
        ends_s = time.monotonic() + self._limits.stop_s
        self._thread.join(self._limits.stop_s)
        if self._thread.is_alive():
            _log.error("collector: not all was stored within %s s; the rest comes again", self._limits.stop_s)
        self._gathering.end()
        self._thread.join(_GRACE_S)
        self._source.stop()
        self._stop_ledger(max(ends_s - time.monotonic(), _GRACE_S))

    def _stop_ledger(self, timeout_s: float) -> None:
        """End the ledger; work that takes longer is taken up by the next run."""
        if self._ledger:
            stopper = threading.Thread(target=self._ledger.stop, name="ledger-stops", daemon=True)
            stopper.start()
            stopper.join(timeout_s)

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Return whether the ledger had done all that arrived before a time-out [s]."""
        return self._ledger is None or self._ledger.wait_until_idle(timeout_s)

    def replay(self, letter: str) -> dict[str, str]:
        """Take a dead letter in again, beside what comes, and return what became of it.

        Raises
        ------
        DataError
            When no such letter is there, or it cannot be replayed.
        StoreError
            When the store fails; the same may be tried again.
        """
        return replay(self._journal, find(self._journal, letter), self._replayed, self._now_ms()).as_data()

    def take_up(self, arrivals: Sequence[JournalEntry]) -> None:
        """Hand arrivals to the ledger that stand in the journal and were stored by a command beside us."""
        if self._ledger and arrivals:
            self._ledger.add(arrivals)

    def _replayed(self, delivered: Sequence[Delivered]) -> Outcome:
        outcome = self.road.process(delivered)
        self._pass_on(outcome)
        return outcome

    def _store(self) -> None:
        for lot in self._gathering.lots():
            try:
                self._storing.store(lot)
            except Exception:  # noqa: BLE001 - whatever it is, what comes next has to be stored
                _log.exception("collector: %d messages were not answered; they come again", len(lot.delivered))
            if self._storing.gave_up:
                break
        self._gathering.end()

    def _answer(self, lot: Lot, outcome: Outcome | None) -> None:
        self._source.acknowledge(lot.delivered)
        self._gathering.inbox.release(len(lot.delivered), lot.payload_bytes)
        if outcome is not None:
            if outcome.arrivals:
                self._faults.reach("collector.acknowledged_before_receipt")
            self._pass_on(outcome)

    def _pass_on(self, outcome: Outcome) -> None:
        """Give the ledger its work and the gateways their receipts."""
        if self._ledger:
            for topic, meters in outcome.configurations:
                self._ledger.configured(topic.plant, meters)
            self._ledger.add(outcome.arrivals)
        for topic, receipt in outcome.receipts:
            self._source.publish(topic, receipt)


def _newest_entry(journal: Journal) -> JournalEntry | None:
    """Return the newest entry that the ledger goes by: the last mark, at its time, or an arrival entered after it."""
    mark = last_mark(journal)
    marks = [] if mark is None else [replace(mark, at_ms=max(mark.at_ms, int(mark.data["through_ms"])))]
    entries = [*marks, *journal.read([EntryKind.ARRIVAL], limit=1)]
    return max(entries, key=lambda entry: entry.at_ms, default=None)
