"""The collector: one thread between the broker and the store, one for the ledger."""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from meterproof_collector.bookkeeper import Bookkeeper
from meterproof_collector.configurations import Configurations
from meterproof_collector.intake import Delivered
from meterproof_collector.ledger_runner import LedgerRunner, last_mark
from meterproof_collector.road import Outcome, Road, RoadCounts
from meterproof_collector.source import Source
from meterproof_core.errors import StoreError
from meterproof_core.faults import FaultPoints, NoFaults
from meterproof_core.storage import EntryKind, IntervalsStore, Journal, ReadingsStore

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken at a time.

    Parameters
    ----------
    queue : int
        Messages that may wait; when it is full the broker is made to wait.
    lot : int
        Messages that are stored together at most.
    retry_s : float
        Pause before a failed write is tried again [s].
    """

    queue: int = 2000
    lot: int = 500
    retry_s: float = 1.0


class RisingClock:
    """A wall clock that never goes back: the ledger takes up arrivals by the time they were entered.

    Parameters
    ----------
    now_ms : callable
        The machine's wall clock [ms since 1970-01-01 UTC].
    floor_ms : int
        The newest time that was given out before [ms].
    """

    def __init__(self, now_ms: Callable[[], int], floor_ms: int) -> None:
        self._now_ms = now_ms
        self._newest_ms = floor_ms

    def __call__(self) -> int:
        """Return the time [ms since 1970-01-01 UTC], or the newest one given out if the clock was put back."""
        self._newest_ms = max(self._newest_ms, self._now_ms())
        return self._newest_ms


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
    ) -> None:
        self._source = source
        self._limits = limits or Limits()
        rising = RisingClock(now_ms, _newest_entry_ms(journal))
        configurations = Configurations(journal.read([EntryKind.CONFIG]))
        books = Bookkeeper(readings, intervals, journal, configurations=configurations)
        self._road = Road(readings, journal, now_ms=rising, faults=faults or NoFaults())
        self._ledger = LedgerRunner(books, configurations, journal, now_ms=rising)
        self._queue: queue.Queue[Delivered | None] = queue.Queue(self._limits.queue)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="collector", daemon=True)

    @property
    def counts(self) -> RoadCounts:
        """What went over the road since the start."""
        return self._road.counts

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
        self._thread.start()
        self._source.start(self._deliver)

    def stop(self) -> None:
        """Stop taking messages, store what was taken, end the ledger."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join()
        self._source.stop()
        self._ledger.stop()

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Return whether the ledger had done all that arrived before a time-out [s]."""
        return self._ledger.wait_until_idle(timeout_s)

    def _deliver(self, delivered: Delivered) -> None:
        while not self._stopping.is_set():
            try:
                self._queue.put(delivered, timeout=self._limits.retry_s)
            except queue.Full:
                continue
            return

    def _run(self) -> None:
        while (lot := self._next_lot()) is not None:
            self._process(lot)

    def _next_lot(self) -> list[Delivered] | None:
        first = self._queue.get()
        if first is None:
            return None
        lot = [first]
        while len(lot) < self._limits.lot:
            try:
                message = self._queue.get_nowait()
            except queue.Empty:
                break
            if message is None:
                self._queue.put(None)
                break
            lot.append(message)
        return lot

    def _process(self, lot: list[Delivered]) -> None:
        outcome = self._stored(lot)
        if outcome is None:
            return
        for _topic, meters in outcome.configurations:
            self._ledger.configured(meters)
        self._ledger.add(outcome.arrivals)
        self._source.acknowledge(lot)
        for topic, receipt in outcome.receipts:
            self._source.publish(topic, receipt)

    def _stored(self, lot: list[Delivered]) -> Outcome | None:
        """Store messages, however long that takes; None when they are taken one by one, or when we are to stop."""
        while True:
            try:
                return self._road.process(lot)
            except StoreError:
                _log.exception("collector: %d messages could not be stored; they are tried again", len(lot))
            except Exception as error:  # noqa: BLE001 - one message that we cannot handle must not stop all others
                self._isolate(lot, error)
                return None
            if self._stopping.wait(self._limits.retry_s):
                return None

    def _isolate(self, lot: list[Delivered], error: Exception) -> None:
        """Take messages one by one, and set the one aside that we cannot handle."""
        if len(lot) > 1:
            for message in lot:
                self._process([message])
            return
        _log.error("collector: a message on %s met a fault of ours and is set aside", lot[0].topic, exc_info=error)
        self._road.set_aside(lot[0], error)
        self._source.acknowledge(lot)


def _newest_entry_ms(journal: Journal) -> int:
    """Return the newest time that the ledger goes by: of the last mark, or of an arrival entered after it."""
    mark = last_mark(journal)
    newest_ms = max(mark.at_ms, int(mark.data["through_ms"])) if mark else 0
    return max([newest_ms, *(entry.at_ms for entry in journal.read([EntryKind.ARRIVAL], since_ms=newest_ms))])
