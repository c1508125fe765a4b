"""The collector: from the broker through the inbox into lots, from lots into the store, and the ledger beside it.

Three threads share the road. The broker's own puts messages into the inbox and waits when it is full. A second reads
messages in and gathers lots while a third stores the lot before: decoding goes on while a database writes.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Collection, Sequence

from meterproof_collector.answers import Lot
from meterproof_collector.bookkeeper import Bookkeeper
from meterproof_collector.configurations import Configurations
from meterproof_collector.dead_letters import find, replay
from meterproof_collector.inbox import Inbox
from meterproof_collector.intake import Delivered
from meterproof_collector.ledger_runner import LedgerRunner, last_mark
from meterproof_collector.limits import Limits
from meterproof_collector.rising_clock import RisingClock
from meterproof_collector.road import Outcome, Road, RoadCounts
from meterproof_collector.source import Source
from meterproof_collector.storing import StoreState, Storing
from meterproof_core.faults import FaultPoints, NoFaults
from meterproof_core.storage import EntryKind, IntervalsStore, Journal, ReadingsStore

_log = logging.getLogger(__name__)
_GRACE_S = 2.0
"""What a write may take yet when the time of a stop is over [s]."""
_LOOK_UP_S = 0.5


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
    ) -> None:
        self._source = source
        self._journal = journal
        self._limits = limits or Limits()
        self._now_ms = rising = RisingClock(now_ms, _newest_entry_ms(journal))
        configurations = Configurations(journal.read([EntryKind.CONFIG]))
        books = Bookkeeper(readings, intervals, journal, configurations=configurations)
        self.road = Road(readings, journal, now_ms=rising, faults=faults or NoFaults(), known_plants=known_plants)
        self._ledger = LedgerRunner(books, configurations, journal, now_ms=rising)
        self._storing = Storing(
            self.road, self._answer, retry=self._limits.retry, now_ms=rising, monotonic=time.monotonic
        )
        self._inbox = Inbox(self._limits.queue, self._limits.queue_bytes)
        self._lots: queue.Queue[Lot | None] = queue.Queue(1)
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._gather, name="collector-gathers", daemon=True),
            threading.Thread(target=self._store, name="collector-stores", daemon=True),
        ]

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
        return self._inbox.held

    @property
    def alive(self) -> bool:
        """Whether every thread of the road runs."""
        return all(thread.is_alive() for thread in self._threads)

    @property
    def connected(self) -> bool:
        """Whether the broker is reached."""
        return self._source.connected

    @property
    def waiting_points(self) -> list[str]:
        """Points whose readings are stored but whose configuration has not come yet."""
        return self._ledger.waiting_points

    @property
    def failed_points(self) -> dict[str, str]:
        """Points whose intervals could not be computed at the last try, and why."""
        return self._ledger.failed_points

    def start(self) -> None:
        """Take up undone ledger work, then connect."""
        self._ledger.start()
        for thread in self._threads:
            thread.start()
        self._source.start(self._deliver)

    def stop(self) -> None:
        """Stop taking messages, store and answer what was taken, end the ledger; all of it within bounds of time.

        What cannot be stored in time is not answered, and comes again.
        """
        self._inbox.close()
        self._storing.stop()
        ends_s = time.monotonic() + self._limits.stop_s
        for thread in self._threads:
            thread.join(max(ends_s - time.monotonic(), 0.0))
        if any(thread.is_alive() for thread in self._threads):
            _log.error("collector: not all was stored within %s s; the rest comes again", self._limits.stop_s)
        self._over.set()
        self._threads[-1].join(_GRACE_S)
        self._source.stop()
        self._ledger.stop()

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Return whether the ledger had done all that arrived before a time-out [s]."""
        return self._ledger.wait_until_idle(timeout_s)

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

    def _replayed(self, delivered: Sequence[Delivered]) -> Outcome:
        outcome = self.road.process(delivered)
        self._pass_on(outcome)
        return outcome

    def _deliver(self, delivered: Delivered) -> None:
        self._inbox.put(delivered)

    def _gather(self) -> None:
        while (first := self._inbox.take()) is not None:
            self._hand_over(self._lot(first))
        self._hand_over(None)

    def _hand_over(self, lot: Lot | None) -> None:
        while not self._over.is_set():
            try:
                self._lots.put(lot, timeout=_LOOK_UP_S)
            except queue.Full:
                continue
            return

    def _lot(self, first: Delivered) -> Lot:
        """Return a lot that begins with a message: full, or as full as it got while the wait lasted."""
        lot = Lot()
        ends_s = time.monotonic() + self._limits.lot_wait_s
        message: Delivered | None = first
        while message is not None:
            lot.add(self.road.read(message))
            if len(lot.delivered) >= self._limits.lot or lot.values >= self._limits.lot_values:
                break
            message = self._inbox.take(max(ends_s - time.monotonic(), 0.0))
        return lot

    def _store(self) -> None:
        while (lot := self._lots.get()) is not None and not self._over.is_set():
            self._storing.store(lot)
            if self._storing.gave_up:
                break
        self._over.set()

    def _answer(self, lot: Lot, outcome: Outcome | None) -> None:
        self._source.acknowledge(lot.delivered)
        self._inbox.release(len(lot.delivered), lot.payload_bytes)
        if outcome is not None:
            self._pass_on(outcome)

    def _pass_on(self, outcome: Outcome) -> None:
        """Give the ledger its work and the gateways their receipts."""
        for _topic, meters in outcome.configurations:
            self._ledger.configured(meters)
        self._ledger.add(outcome.arrivals)
        for topic, receipt in outcome.receipts:
            self._source.publish(topic, receipt)


def _newest_entry_ms(journal: Journal) -> int:
    """Return the newest time that the ledger goes by: of the last mark, or of an arrival entered after it."""
    mark = last_mark(journal)
    newest_ms = max(mark.at_ms, int(mark.data["through_ms"])) if mark else 0
    return max([newest_ms, *(entry.at_ms for entry in journal.read([EntryKind.ARRIVAL], since_ms=newest_ms))])
