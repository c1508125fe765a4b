"""Which message is sent when, and when again: the flow control of the publisher, without a socket or a clock.

*In doubt* is what was sent and has no receipt yet: a broker can acknowledge and still lose. At most so many messages
and bytes are in doubt at a time. The time-out for the receipt begins with the broker's acknowledgement, so that a slow
line does not make the gateway send twice what is still on its way.

Two lanes share that room. *Live* is what was spooled since the road opened, *backfill* what waited before; the road
opens on each connect, and when receipts come again after a silence of the collector. Live goes first, and backfill
never takes the last quarter of the room, so that a long backlog does not delay the reading that was just taken; while
the collector is away nothing new takes that quarter, and few messages ask whether it is back.
Within a lane the oldest goes first, because the ledger behind the collector has less to revise then.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

_FOR_EVER = 2**63 - 1


class Lane(Enum):
    """What a message is to the plant engineer."""

    LIVE = "live"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True)
class FlowPolicy:
    """How much may be in doubt, and for how long.

    Parameters
    ----------
    max_messages, max_bytes : int
        Most messages and bytes in doubt [1, byte].
    backfill_share : float
        Part of the room that backfill may take.
    first_wait_s, max_wait_s : float
        Time-out of the first sending, doubled with each further one up to the longest [s].
    jitter : float
        Part of a time-out that is drawn at random, so that gateways do not send in step.
    acknowledge_wait_s : float
        Longest time for the broker's acknowledgement on a living connection [s].
    overtaken_wait_s : float
        Time that a message is still given once one that was sent later has its receipt [s].
    set_aside_after : int
        Sendings without a receipt, while later ones had theirs, after which a message is set aside.
    silence_s : float
        Time without a receipt after which the collector is away [s].
    probes : int
        Messages that are sent again at a time while it is away; all others follow once one is answered.
    """

    max_messages: int = 64
    max_bytes: int = 1 << 20
    backfill_share: float = 0.75
    first_wait_s: float = 5.0
    max_wait_s: float = 60.0
    jitter: float = 0.5
    acknowledge_wait_s: float = 300.0
    overtaken_wait_s: float = 1.0
    set_aside_after: int = 8
    silence_s: float = 30.0
    probes: int = 2


@dataclass(frozen=True, slots=True)
class Span:
    """Which waiting messages a lane may look at next: ``after < seq <= until``, at most `limit` of them."""

    after: int
    until: int
    limit: int


@dataclass(frozen=True, slots=True)
class Due:
    """What has to be sent again, and what nobody will answer."""

    resend: list[int]
    set_aside: list[int]


@dataclass(slots=True)
class _Doubt:
    size: int
    lane: Lane
    sent_at: float
    due: float
    sendings: int = 1
    strikes: int = 0
    acknowledged: bool = False


class Outbox:
    """What is in doubt, and what comes next.

    Parameters
    ----------
    policy : FlowPolicy
        How much, and for how long.
    chance : callable
        Gives a number in [0, 1) for the jitter.
    """

    def __init__(self, policy: FlowPolicy, chance: Callable[[], float]) -> None:
        self._policy = policy
        self._chance = chance
        self._doubts: dict[int, _Doubt] = {}
        self._bytes = {Lane.LIVE: 0, Lane.BACKFILL: 0}
        self._backfill_after = 0
        self._backfill_until = 0
        self._live_after = 0
        self._answered_at = float("-inf")
        self._answered_sent_at = float("-inf")
        self._probe_at = float("-inf")
        self._away = False

    @property
    def in_doubt(self) -> int:
        """Number of messages in doubt."""
        return len(self._doubts)

    @property
    def bytes_in_doubt(self) -> int:
        """Size of what is in doubt [byte]."""
        return sum(self._bytes.values())

    def open_road(self, newest_seq: int, now: float) -> None:
        """Begin anew after a connect or a failure: all that waits is backfill, what was on the way is due at once."""
        self._backfill_after = 0
        self._all_is_backfill(newest_seq)
        self._away = False
        self._answered_at = now
        self._probe_at = float("-inf")
        for doubt in self._doubts.values():
            doubt.due, doubt.acknowledged = now, False

    def look_again(self) -> None:
        """Go through all that was looked at once more, as backfill: messages came back from aside."""
        self._backfill_after = 0
        self._backfill_until = max(self._backfill_until, self._live_after)

    def span(self, lane: Lane) -> Span | None:
        """Return what a lane may look at; None while it has no room."""
        messages, size = self._room(lane)
        if messages <= 0 or size <= 0:
            return None
        if lane is Lane.LIVE:
            return Span(self._live_after, _FOR_EVER, messages)
        return Span(self._backfill_after, self._backfill_until, messages) if self._backlog() else None

    def offer(self, lane: Lane, waiting: Sequence[tuple[int, int]], now: float) -> list[int]:
        """Take (seq, size) pairs of a lane's span in their order, and return those to send now.

        What is in doubt already is passed over; the first that finds no room ends it.
        """
        chosen: list[int] = []
        for seq, size in waiting:
            if seq not in self._doubts:
                if not self._admits(lane, size):
                    break
                self._doubts[seq] = _Doubt(size, lane, now, now + self._policy.acknowledge_wait_s)
                self._bytes[lane] += size
                chosen.append(seq)
            self._advance(lane, seq)
        return chosen

    def due(self, now: float) -> Due:
        """Return what is to be sent again by now, and count it as sent; what struck out leaves."""
        found = Due([], [])
        overdue = [seq for seq, doubt in self._doubts.items() if doubt.due <= now]
        self._away = now - self._answered_at > self._policy.silence_s
        if self._away:
            overdue = self._probes(overdue, now)
        for seq in overdue:
            doubt = self._doubts[seq]
            doubt.strikes += doubt.acknowledged and doubt.sent_at <= self._answered_sent_at
            if doubt.strikes >= self._policy.set_aside_after:
                self.forget(seq)
                found.set_aside.append(seq)
                continue
            doubt.sendings += 1
            doubt.acknowledged = False
            doubt.sent_at, doubt.due = now, now + self._policy.acknowledge_wait_s
            found.resend.append(seq)
        return found

    def acknowledged(self, seq: int, now: float) -> None:
        """Begin the time-out for a receipt: the broker has the message, or the link could not take it."""
        doubt = self._doubts.get(seq)
        if doubt is not None and not doubt.acknowledged:
            doubt.acknowledged = True
            doubt.due = now + self._wait_s(doubt.sendings)

    def next_due(self) -> float | None:
        """Return when something is to be sent again; None when nothing is in doubt."""
        return min((doubt.due for doubt in self._doubts.values()), default=None)

    def answered(self, ranges: Iterable[tuple[int, int]], *, newest_seq: int, now: float) -> None:
        """Take what a receipt answers, both ends of a range included, out of doubt."""
        ranges = list(ranges)
        found = [seq for seq in self._doubts if any(first <= seq <= last for first, last in ranges)]
        if not found:
            return
        self._answered_sent_at = max(self._answered_sent_at, *(self._doubts[seq].sent_at for seq in found))
        for seq in found:
            self.forget(seq)
        if now - self._answered_at > self._policy.silence_s:
            self._all_is_backfill(newest_seq)
        self._away = False
        self._answered_at = now
        self._hasten(now)

    def forget(self, seq: int) -> None:
        """Take a message out of doubt that is no longer there."""
        doubt = self._doubts.pop(seq, None)
        if doubt is not None:
            self._bytes[doubt.lane] -= doubt.size

    def _all_is_backfill(self, newest_seq: int) -> None:
        """Open the road: what was spooled up to now has waited, what is in doubt included."""
        self._backfill_until = self._live_after = newest_seq
        self._bytes = {Lane.LIVE: 0, Lane.BACKFILL: self.bytes_in_doubt}
        for doubt in self._doubts.values():
            doubt.lane = Lane.BACKFILL

    def _probes(self, overdue: list[int], now: float) -> list[int]:
        """Return the few that ask whether the collector is back, never the same ones, and put the others off."""
        overdue = sorted(overdue, key=lambda seq: (self._doubts[seq].sent_at, seq))
        few = overdue[: self._policy.probes] if now >= self._probe_at else []
        if few:
            self._probe_at = now + self._wait_s(self._doubts[few[-1]].sendings)
        for seq in overdue[len(few) :]:
            self._doubts[seq].due = self._probe_at
        return few

    def _hasten(self, now: float) -> None:
        soon = now + self._policy.overtaken_wait_s
        for doubt in self._doubts.values():
            if doubt.acknowledged and doubt.sent_at < self._answered_sent_at:
                doubt.due = min(doubt.due, soon)

    def _wait_s(self, sendings: int) -> float:
        policy = self._policy
        wait = min(policy.first_wait_s * 2.0 ** min(sendings - 1, 16), policy.max_wait_s)
        return wait * (1.0 - policy.jitter * self._chance())

    def _room(self, lane: Lane) -> tuple[int, int]:
        policy = self._policy
        share = policy.backfill_share if self._away else 1.0  # the rest is for what is live when it comes back
        messages = int(policy.max_messages * share) - len(self._doubts)
        size = int(policy.max_bytes * share) - self.bytes_in_doubt
        if lane is Lane.BACKFILL:
            backfill = sum(doubt.lane is Lane.BACKFILL for doubt in self._doubts.values())
            messages = min(messages, int(policy.max_messages * policy.backfill_share) - backfill)
            size = min(size, int(policy.max_bytes * policy.backfill_share) - self._bytes[Lane.BACKFILL])
        return messages, size

    def _admits(self, lane: Lane, size: int) -> bool:
        messages, room = self._room(lane)
        return messages > 0 and size <= room

    def _backlog(self) -> bool:
        return self._backfill_after < self._backfill_until

    def _advance(self, lane: Lane, seq: int) -> None:
        if lane is Lane.LIVE:
            self._live_after = max(self._live_after, seq)
        else:
            self._backfill_after = max(self._backfill_after, seq)
