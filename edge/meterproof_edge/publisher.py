"""Carries the spool to the broker, and empties it on receipts: the only thread that talks to the broker.

An acknowledgement of the broker deletes nothing. Whatever goes wrong in here - a full disk, a receipt that makes no
sense - is told once and tried again; this thread ends when it is asked to.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass

from meterproof_core.clock import WallClock
from meterproof_core.errors import MeterproofError
from meterproof_core.faults import FaultPoints, NoFaults
from meterproof_core.wire import VERSION, MessageKind, Meters, Status
from meterproof_edge import __version__
from meterproof_edge.announcements import Gateway, meters_letter, status_letter
from meterproof_edge.broker_link import BrokerLink, Letter
from meterproof_edge.delivery import Delivery
from meterproof_edge.mailbox import Mail, Mailbox
from meterproof_edge.outbox import FlowPolicy, Outbox
from meterproof_edge.spool import Spool

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """The publisher's own times.

    Parameters
    ----------
    announce_s : float
        Time after which configuration, status and losses are told again, since a broker may have lost them, and what
        was set aside is sent again, since a collector may have been upgraded [s].
    retry_s : float
        Pause after a failure [s].
    """

    announce_s: float = 300.0
    retry_s: float = 1.0


@dataclass(frozen=True, slots=True)
class PublisherStats:
    """What the publisher did since its start.

    Parameters
    ----------
    sent, resent : int
        Messages handed to the link for the first time, and again.
    acknowledged, unheard, refused : int
        Acknowledgements of the broker, those of them that say that nobody listens, and its refusals; none of them
        deletes anything.
    stored, rejected : int
        Messages deleted because a receipt said so.
    set_aside, waiting, in_doubt : int
        Messages that nobody answers, that wait for a receipt, and the part of those that was sent.
    taken_over : int
        How often another client with our id threw us off.
    connected : bool
        Whether the broker is reached.
    trouble : str
        Why the broker is not reached at present; empty when it is.
    failure : str
        What goes wrong at present; empty when nothing does.
    """

    sent: int = 0
    resent: int = 0
    acknowledged: int = 0
    unheard: int = 0
    refused: int = 0
    stored: int = 0
    rejected: int = 0
    set_aside: int = 0
    waiting: int = 0
    in_doubt: int = 0
    taken_over: int = 0
    connected: bool = False
    trouble: str = ""
    failure: str = ""


class Publisher:
    """Publishes what the spool holds until receipts empty it.

    Parameters
    ----------
    spool : Spool
        What is to be sent.
    link : BrokerLink
        The way to the broker.
    gateway : Gateway
        Whose messages these are.
    meters : Meters
        Its meter configuration.
    clock : WallClock
        Stamps the status.
    monotonic : callable
        A clock that never steps, for time-outs [s].
    chance : callable
        Gives a number in [0, 1) for the jitter.
    policy, pace : FlowPolicy, Pace
        How much is in doubt at a time, and how long things take.
    faults : FaultPoints
        For kill tests.
    """

    def __init__(
        self,
        spool: Spool,
        link: BrokerLink,
        *,
        gateway: Gateway,
        meters: Meters,
        clock: WallClock,
        monotonic: Callable[[], float],
        chance: Callable[[], float],
        policy: FlowPolicy | None = None,
        pace: Pace | None = None,
        faults: FaultPoints | None = None,
    ) -> None:
        self._spool = spool
        self._link = link
        self._gateway = gateway
        self._meters = meters_letter(gateway, meters)
        self._clock = clock
        self._monotonic = monotonic
        self._outbox = Outbox(policy or FlowPolicy(), chance)
        self._pace = pace or Pace()
        self._delivery = Delivery(spool, link, self._outbox, gateway=gateway, faults=faults or NoFaults())
        self._mailbox = Mailbox()
        self._progress = threading.Condition()
        self._stats = PublisherStats()
        self._road_open = False
        self._announce_at = 0.0
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        """Connect and begin; what was set aside in an earlier run gets another chance."""
        self._spool.retry_set_aside()
        self._show()
        self._link.start(
            self._mailbox, subscribe=self._gateway.topic(MessageKind.RECEIPTS), will=self._status(online=False)
        )
        self._thread.start()

    def notify(self) -> None:
        """Say that something new is in the spool."""
        self._mailbox.ring()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Say good-bye and disconnect; what is not answered stays in the spool."""
        self._mailbox.stop()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        self._link.stop()

    def stats(self) -> PublisherStats:
        """Return what was done so far."""
        return self._stats

    def wait_until_at_most(self, waiting: int, timeout_s: float) -> bool:
        """Wait until the spool holds at most so many messages that wait; return whether it came to that."""
        with self._progress:
            return self._progress.wait_for(
                lambda: max(self._stats.waiting, self._spool.counts().waiting) <= waiting, timeout_s
            )

    def wait_until_connected(self, timeout_s: float) -> bool:
        """Wait until the broker is reached; return whether it came to that."""
        with self._progress:
            return self._progress.wait_for(lambda: self._stats.connected, timeout_s)

    def wait_until_empty(self, timeout_s: float) -> bool:
        """Wait until every message has its receipt; return whether it came to that."""
        return self.wait_until_at_most(0, timeout_s)

    def _run(self) -> None:
        pause: float | None = None
        while not (mail := self._mailbox.wait(pause)).stopping:
            failure = ""
            try:
                self._turn(mail)
                pause = self._pause(mail)
            except Exception as error:  # noqa: BLE001 - this thread must outlive a full disk and a bug; it tells both
                failure, pause = f"{type(error).__name__}: {error}", self._pace.retry_s
                self._road_open = False  # nobody knows how far the turn came: look at the whole spool again
                if failure != self._stats.failure:
                    unforeseen = None if isinstance(error, MeterproofError) else error
                    name = self._gateway.gateway
                    _log.error("gateway %s cannot publish (%s); trying again", name, error, exc_info=unforeseen)
            self._show(mail, failure)
        if mail.online:
            self._link.publish(self._status(online=False))
        self._show()

    def _turn(self, mail: Mail) -> None:
        now = self._monotonic()
        if mail.new_connection:
            self._road_open, self._announce_at = False, now
        self._delivery.acknowledge(mail.tokens, now)
        self._delivery.take_receipts(mail.receipts, now)
        if not mail.online:
            return
        if not self._road_open:
            self._delivery.open_road(now)
            self._road_open = True
        if now >= self._announce_at:
            self._announce()
            self._announce_at = now + self._pace.announce_s
        self._delivery.send(now)

    def _announce(self) -> None:
        self._link.publish(self._meters)
        self._link.publish(self._status(online=True))
        self._delivery.retry_set_aside()
        self._spool.emit_losses()

    def _pause(self, mail: Mail) -> float | None:
        if not mail.online:
            return None
        due = self._outbox.next_due()
        at = self._announce_at if due is None else min(due, self._announce_at)
        return max(at - self._monotonic(), 0.0)

    def _status(self, *, online: bool) -> Letter:
        waiting = self._spool.counts().waiting
        status = Status(VERSION, online, self._clock.now_ms(), self._spool.stream, __version__, waiting)
        return status_letter(self._gateway, status)

    def _show(self, mail: Mail | None = None, failure: str = "") -> None:
        mail = mail or Mail()
        counts = self._spool.counts()
        stats = PublisherStats(
            **asdict(self._delivery.counts),
            set_aside=counts.set_aside,
            waiting=counts.waiting,
            in_doubt=self._outbox.in_doubt,
            taken_over=mail.taken_over,
            connected=mail.online,
            trouble=mail.trouble,
            failure=failure,
        )
        with self._progress:
            self._stats = stats
            self._progress.notify_all()
