"""Stores lots, however long that takes, and knows how it goes with the store.

A store that fails is tried again, later each time; one that turns us away is tried slowly, because somebody has to put
an account right; a message that meets a fault of ours is set aside so that the others go on. Nothing is answered
before it is stored.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from meterproof_collector.limits import Retry
from meterproof_collector.messages.lot import Lot
from meterproof_collector.road.road import Outcome, Road
from meterproof_core.backoff import Backoff
from meterproof_core.errors import StoreAccessError, StoreError, StoreRefusedError

_log = logging.getLogger(__name__)

Answer = Callable[[Lot, Outcome | None], None]
"""What is done with a lot that is safe; without an outcome it was set aside, and no receipt answers it."""


class Trouble(StrEnum):
    """What is wrong with the store."""

    AWAY = "store_away"
    ACCESS = "store_access"
    REFUSES = "store_refuses"


@dataclass(frozen=True, slots=True)
class StoreTrouble:
    """What is wrong with the store, since when [ms since 1970-01-01 UTC], and its own words."""

    kind: Trouble
    since_ms: int
    error: str

    @property
    def is_failure(self) -> bool:
        """Whether nothing can be stored meanwhile."""
        return self.kind is not Trouble.REFUSES


@dataclass(slots=True)
class StoreState:
    """How it goes with the store; written by the thread that stores, read by any.

    Parameters
    ----------
    trouble : StoreTrouble or None
        None while lots are stored.
    last_success_ms : int
        When a lot was stored last [ms since 1970-01-01 UTC]; 0 when none was yet.
    retries : int
        Tries that failed since the start.
    """

    trouble: StoreTrouble | None = None
    last_success_ms: int = 0
    retries: int = 0

    def note(self, kind: Trouble, error: object, at_ms: int) -> None:
        """Note what is wrong; the same trouble keeps its beginning."""
        before = self.trouble
        since_ms = before.since_ms if before is not None and before.kind is kind else at_ms
        self.trouble = StoreTrouble(kind, since_ms, str(error))


class Storing:
    """Stores lots one after the other; for one thread.

    Parameters
    ----------
    road : Road
        Stores a lot once.
    answer : callable
        Told of every lot that is safe.
    retry : Retry
        How long a failed write is left alone.
    now_ms, monotonic : callable
        When it is now [ms since 1970-01-01 UTC], and a clock that never steps [s].
    """

    def __init__(
        self, road: Road, answer: Answer, *, retry: Retry, now_ms: Callable[[], int], monotonic: Callable[[], float]
    ) -> None:
        self._road = road
        self._answer = answer
        self._retry = retry
        self._now_ms = now_ms
        self._monotonic = monotonic
        self._stopping = threading.Event()
        self._gave_up = False
        self.state = StoreState()

    def stop(self) -> None:
        """Wait for a failing store no longer."""
        self._stopping.set()

    @property
    def gave_up(self) -> bool:
        """Whether the store failed while we were to stop: more lots need not be tried."""
        return self._gave_up

    def store(self, lot: Lot) -> None:
        """Store a lot and have it answered; one that cannot be stored before we are to stop has no answer."""
        try:
            outcome = self._tried(lambda: self._road.settle(lot))
        except Exception as error:  # noqa: BLE001 - one message that we cannot handle must not stop all others
            self._isolate(lot, error)
            return
        if outcome is not None:
            self._note_success(lot, outcome)
            self._answer(lot, outcome)

    def _tried(self, task: Callable[[], Outcome]) -> Outcome | None:
        """Do a task until the store takes it; None when we are to stop."""
        backoff = Backoff(first_s=self._retry.first_s)
        while True:
            try:
                return task()
            except StoreRefusedError:
                raise
            except StoreError as error:
                pause_s = self._pause_s(error, backoff)
            if self._stopping.wait(pause_s):
                self._gave_up = True
                return None

    def _pause_s(self, error: StoreError, backoff: Backoff) -> float:
        kind = Trouble.ACCESS if isinstance(error, StoreAccessError) else Trouble.AWAY
        if self.state.trouble is None or self.state.trouble.kind is not kind:
            _log.error("store: %s; what comes waits, unanswered, and is tried again", error)
        self.state.note(kind, error, self._now_ms())
        self.state.retries += 1
        if kind is Trouble.ACCESS:
            return self._retry.most_s
        now_s = self._monotonic()
        backoff.failed(now_s)
        return min(backoff.wait_s(now_s), self._retry.most_s)

    def _note_success(self, lot: Lot, outcome: Outcome) -> None:
        at_ms = self._now_ms()
        self.state.last_success_ms = at_ms
        if lot.groups and not outcome.arrivals:
            reason = str(outcome.letters[0].data["reason"]) if outcome.letters else "it is too old"
            self.state.note(Trouble.REFUSES, reason, at_ms)
        elif self.state.trouble is not None and (lot.groups or self.state.trouble.kind is not Trouble.REFUSES):
            _log.info("store: takes readings again")
            self.state.trouble = None

    def _isolate(self, lot: Lot, error: Exception) -> None:
        """Halve a lot until the message that we cannot handle stands alone, and set that one aside."""
        if self._gave_up:
            return
        if len(lot.delivered) > 1:
            middle = len(lot.delivered) // 2
            for part in (lot.delivered[:middle], lot.delivered[middle:]):
                self.store(self._road.read_all(part))
            return
        message = lot.delivered[0]
        _log.error("collector: a message on %s met a fault of ours and is set aside", message.topic, exc_info=error)
        try:
            done = self._tried(lambda: self._road.set_aside(message, error))
        except Exception:  # noqa: BLE001 - a journal that refuses this one must not stop all others
            _log.exception("collector: it cannot even be kept as a dead letter; its gateway keeps it, unanswered")
            self._answer(lot, None)
            return
        if done is not None:
            self._answer(lot, None)
