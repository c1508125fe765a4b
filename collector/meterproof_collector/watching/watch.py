"""Watches over a running collector: what it knows itself, and what the journal says of losses, letters and gaps.

The journal is asked now and then in a thread of its own, so that neither the road nor whoever asks for health waits.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from meterproof_collector.collector import Collector
from meterproof_collector.messages.entries import replayed_arrivals
from meterproof_collector.road.following import Gap
from meterproof_collector.watching.alarms import (
    Alarm,
    broker_alarm,
    clock_alarm,
    gap_alarms,
    letter_alarms,
    loss_alarms,
    point_alarms,
    reused_alarms,
    stopped_alarm,
    store_alarm,
    unknown_plant_alarms,
)
from meterproof_collector.watching.recent import Recent
from meterproof_core.errors import StoreError
from meterproof_core.storage import EntryKind, Journal

_log = logging.getLogger(__name__)

_DAY_MS = 86_400_000
_NAMED = (EntryKind.ARRIVAL, EntryKind.DEAD_LETTER, EntryKind.LOSS)
_MOST_REBUILT = 50_000
_MOST_VERIFIED = 20


@dataclass(frozen=True, slots=True)
class WatchPolicy:
    """How closely it is watched.

    Parameters
    ----------
    every_s : float
        How often the journal is asked [s].
    rebuilt_days : int
        How far back the journal is read after a start, to know what came [d].
    recent_ms : int
        How long a loss or a dead letter is an alarm [ms].
    gap_after_ms : int
        For how long nothing may have come of missing batches before that is an alarm [ms].
    """

    every_s: float = 30.0
    rebuilt_days: int = 3
    recent_ms: int = _DAY_MS
    gap_after_ms: int = 15 * 60_000


class Watch:
    """Knows what is wrong; a context manager that asks the journal in the background.

    Parameters
    ----------
    collector : Collector
        What is watched.
    journal : Journal
        What was told, by this collector and by others.
    now_ms : callable
        When it is now [ms since 1970-01-01 UTC].
    broker : str
        How people call the broker; no secrets.
    policy : WatchPolicy
        How closely it is watched.
    """

    def __init__(
        self,
        collector: Collector,
        journal: Journal,
        *,
        now_ms: Callable[[], int],
        broker: str,
        policy: WatchPolicy | None = None,
    ) -> None:
        self._collector = collector
        self._journal = journal
        self._now_ms = now_ms
        self._broker = broker
        self._policy = policy or WatchPolicy()
        self._recent = Recent(journal, now_ms=now_ms, keep_ms=self._policy.recent_ms)
        self._gaps: tuple[Gap, ...] = ()
        self._verified: set[tuple[str, str, int, int]] = set()
        self._broker_away_ms = now_ms()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(self._policy.every_s)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Batches that have not come, as far as the journal was asked."""
        return self._gaps

    def alarms(self) -> list[Alarm]:
        """Return all that somebody should know or do, failures first."""
        collector, recent = self._collector, self._recent
        found = [
            *point_alarms(collector.waiting_points, collector.failed_points),
            *unknown_plant_alarms(collector.road.of_unknown_plants),
            *loss_alarms(recent.losses),
            *letter_alarms(recent.letters),
            *gap_alarms(self._gaps),
            *reused_alarms(collector.road.reused),
        ]
        if collector.clock_ahead is not None:
            found.append(clock_alarm(collector.clock_ahead))
        trouble = collector.store_state.trouble
        if trouble is not None:
            found.append(store_alarm(trouble))
        if not collector.connected:
            found.append(broker_alarm(self._broker, self._broker_away_ms))
        if not collector.alive:
            found.append(stopped_alarm(0))
        return sorted(found, key=lambda alarm: not alarm.is_failure)

    def refresh(self) -> None:
        """Ask the journal.

        Raises
        ------
        StoreError
            When it cannot be asked.
        """
        for event in self._recent.look():
            self._collector.take_up(replayed_arrivals(event))
        self._gaps = tuple(self._true_gaps())

    def rebuild(self) -> None:
        """Take up from the journal what came lately, so that a restart forgets no gap.

        Raises
        ------
        StoreError
            When it cannot be asked.
        """
        since_ms = max(self._now_ms() - self._policy.rebuilt_days * _DAY_MS, 0)
        self._collector.road.following.take_up(self._journal.read(_NAMED, since_ms=since_ms, limit=_MOST_REBUILT))

    def _true_gaps(self) -> list[Gap]:
        """Return the gaps that another collector, or a time before this one's memory, does not explain."""
        following = self._collector.road.following
        before_ms = self._now_ms() - self._policy.gap_after_ms
        fresh = [
            gap
            for gap in following.gaps(before_ms)
            if any((gap.plant, gap.stream, one.first, one.last) not in self._verified for one in gap.missing)
        ]
        for plant in sorted({gap.plant for gap in fresh})[:_MOST_VERIFIED]:
            since_ms = max(before_ms - 30 * _DAY_MS, 0)
            following.take_up(self._journal.read(_NAMED, plant, since_ms, limit=_MOST_REBUILT))
        found = following.gaps(before_ms)
        self._verified = {(gap.plant, gap.stream, one.first, one.last) for gap in found for one in gap.missing}
        return found

    def _run(self) -> None:
        rebuilt = False
        while not self._stopping.is_set():
            if self._collector.connected:
                self._broker_away_ms = self._now_ms()
            try:
                if not rebuilt:
                    self.rebuild()
                    rebuilt = True
                self.refresh()
            except StoreError:
                _log.debug("watch: the journal cannot be asked", exc_info=True)
            except Exception:  # noqa: BLE001 - whoever watches must not fall asleep
                _log.exception("watch: the journal's answer cannot be used")
            self._stopping.wait(self._policy.every_s)
