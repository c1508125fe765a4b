"""Polls the metering points when they are due, each on its own, and hands over their samples.

A point's instants rise: what the clock has already passed is not read again, not after a step back and not after a
restart; `instants` says what happens when the clock was far ahead. A cycle that came too late is skipped and counted,
never queued.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from meterproof_core.backoff import Backoff
from meterproof_core.clock import WallClock
from meterproof_edge.errors import LinkError, NotConnectedError
from meterproof_edge.instants import FAR_AHEAD_MS, Instants
from meterproof_edge.sample import Sample
from meterproof_edge.schedule import Schedule

_log = logging.getLogger(__name__)
_LONGEST_SLEEP_S = 1.0  # after that the wall clock is looked at again: it may have been put right
_UNANSWERED_POLLS = 2  # one lost answer is no reason to leave a unit alone


class Reader(Protocol):
    """What reads one metering point."""

    @property
    def point(self) -> str:
        """The metering point."""
        ...

    @property
    def trouble(self) -> LinkError | None:
        """What went wrong with a part of the last sample."""
        ...

    async def read(self) -> Sample:
        """Return one sample, or raise `LinkError` when nothing could be read."""
        ...


@dataclass(frozen=True, slots=True)
class PolledPoint:
    """A metering point and when it is polled."""

    reader: Reader
    schedule: Schedule


@dataclass(slots=True)
class PointCounts:
    """What became of the polls of one metering point.

    Parameters
    ----------
    samples : int
        Samples handed over.
    failed : int
        Polls that brought nothing.
    left_alone : int
        Polls left out because the unit had not answered for a while.
    overruns : int
        Polls skipped because their time had passed.
    held_back : int
        Samples not handed over because their instant was not later than the last, known, or uncertain by a clock jump.
    cursor_ahead : int
        Times that the last sample lay far ahead of the clock and was left behind.
    """

    samples: int = 0
    failed: int = 0
    left_alone: int = 0
    overruns: int = 0
    held_back: int = 0
    cursor_ahead: int = 0


@dataclass(slots=True)
class _Watched:
    """One point's poll in the making."""

    point: PolledPoint
    instants: Instants
    due_ms: int = 0
    counts: PointCounts = field(default_factory=PointCounts)
    backoff: Backoff = field(default_factory=lambda: Backoff(free=_UNANSWERED_POLLS))
    trouble: str = ""

    def is_due(self, now_ms: int) -> bool:
        """Return whether the time of the next poll has come; it is set anew when it has not."""
        if self.due_ms <= now_ms:
            return True
        self.plan_next(now_ms)  # the same as before, unless the clock was put right
        return False

    def plan_next(self, now_ms: int) -> None:
        """Set the next poll after a time; it lies after the last sample even when the clock has stepped back."""
        ahead_ms = self.instants.resume(now_ms)
        if ahead_ms:
            self.counts.cursor_ahead += 1
            _log.error(
                "%s: the last sample lies %d s ahead of the clock, which was wrong then or is wrong now; "
                "reading on by the clock, see that it is synchronised",
                self.point.reader.point,
                ahead_ms // 1000,
            )
        self.due_ms = self.point.schedule.next_after(max(now_ms, self.instants.last_ms))

    def move_on(self, now_ms: int) -> None:
        """Set the next poll after one that has just ended, and count those that it made too late."""
        was_ms = self.due_ms
        self.plan_next(max(now_ms, was_ms))
        self.counts.overruns += (self.due_ms - was_ms) // self.point.schedule.poll_ms - 1

    def note_trouble(self, error: Exception | None) -> None:
        """Log a change between good and bad, and nothing else."""
        kind = "" if error is None else type(error).__name__
        if kind == self.trouble:
            return
        self.trouble = kind
        if error is None:
            _log.info("%s: reads well again", self.point.reader.point)
        else:
            unforeseen = None if isinstance(error, LinkError) else error
            _log.warning("%s: %s", self.point.reader.point, error, exc_info=unforeseen)


class Poller:
    """Polls metering points and hands over their samples.

    Parameters
    ----------
    points : sequence of PolledPoint
        What is polled; every point once.
    clock : WallClock
        Says what is due; the same clock that stamps the answers.
    sink : callable
        Takes each sample; an error of it ends the poller, since nothing may be read that cannot be kept.
    cursors : mapping of point to ms
        Instant of the last sample that was kept of each point [ms since 1970-01-01 UTC].
    """

    def __init__(
        self,
        points: Sequence[PolledPoint],
        clock: WallClock,
        sink: Callable[[Sample], object],
        *,
        cursors: Mapping[str, int] | None = None,
    ) -> None:
        self._clock = clock
        self._sink = sink
        now_ms = clock.now_ms()
        self._watched = []
        for point in points:
            watched = _Watched(point, Instants((cursors or {}).get(point.reader.point, 0)))
            watched.plan_next(now_ms - 1)  # a poll that is due at this very instant is taken
            self._watched.append(watched)

    def counts(self) -> Mapping[str, PointCounts]:
        """Return what became of the polls, by metering point."""
        return {watched.point.reader.point: watched.counts for watched in self._watched}

    def next_due_ms(self) -> int:
        """Return the instant of the next poll [ms since 1970-01-01 UTC]."""
        return min(watched.due_ms for watched in self._watched)

    async def poll_due(self, now_ms: int) -> int:
        """Poll every point that is due, side by side, and return how many samples were handed over.

        Parameters
        ----------
        now_ms : int
            The time that has come [ms since 1970-01-01 UTC].
        """
        due = [watched for watched in self._watched if watched.is_due(now_ms)]
        if len(due) == 1:
            return await self._poll(due[0])
        async with asyncio.TaskGroup() as group:
            polls = [group.create_task(self._poll(watched)) for watched in due]
        return sum(poll.result() for poll in polls)

    async def run(self, stop: asyncio.Event) -> None:
        """Poll in real time until told to stop; each point on its own, so that a slow one delays no other."""
        async with asyncio.TaskGroup() as group:
            for watched in self._watched:
                group.create_task(self._run_point(watched, stop))

    async def _run_point(self, watched: _Watched, stop: asyncio.Event) -> None:
        while not stop.is_set():
            now_ms = self._clock.now_ms()
            if watched.is_due(now_ms):
                await self._poll(watched)
                continue
            try:
                async with asyncio.timeout(min((watched.due_ms - now_ms) / 1000, _LONGEST_SLEEP_S)):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _poll(self, watched: _Watched) -> int:
        """Return how many samples one point gave, 0 or 1; whatever goes wrong with it stays with it."""
        try:
            sample = await self._read(watched)
        finally:
            watched.move_on(self._clock.now_ms())
        if sample is None:
            return 0
        jumped = abs(self._clock.now_ms() - sample.t_ms) > FAR_AHEAD_MS  # then the instant lies somewhere between
        if jumped or not watched.instants.admits(sample.t_ms):
            watched.counts.held_back += 1
            return 0
        self._sink(sample)
        watched.counts.samples += 1
        watched.instants.note(sample.t_ms)
        return 1

    async def _read(self, watched: _Watched) -> Sample | None:
        reader, backoff = watched.point.reader, watched.backoff
        loop = asyncio.get_running_loop()
        if backoff.wait_s(loop.time()) > 0:
            watched.counts.left_alone += 1
            return None
        try:
            sample = await reader.read()
        except LinkError as error:
            self._note_failure(watched, error)
            if not isinstance(error, NotConnectedError):  # the bus waits for its connection on its own
                backoff.failed(loop.time())
            return None
        except Exception as error:  # noqa: BLE001 - a fault in reading one meter must not stop the others
            self._note_failure(watched, error)
            return None
        backoff.succeeded()
        watched.note_trouble(reader.trouble)
        return sample

    def _note_failure(self, watched: _Watched, error: Exception) -> None:
        watched.counts.failed += 1
        watched.note_trouble(error)
