"""What one turn of the publisher does: take in receipts, send again what is overdue, send what there is room for.

The order inside matters once: what a receipt answers is deleted from the spool first and only then out of doubt, so
that a failure in between sends again instead of forgetting.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from meterproof_core.errors import WireError
from meterproof_core.faults import FaultPoints
from meterproof_core.wire import MessageKind, Receipt, decode
from meterproof_edge.announcements import Gateway
from meterproof_edge.broker_link import BrokerLink, Letter, Said
from meterproof_edge.outbox import Lane, Outbox
from meterproof_edge.spool import Spool, Spooled

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Delivered:
    """What was delivered since the start [messages]."""

    sent: int = 0
    resent: int = 0
    acknowledged: int = 0
    unheard: int = 0
    refused: int = 0
    stored: int = 0
    rejected: int = 0


class Delivery:
    """Moves messages between spool, outbox and link; for one thread.

    Parameters
    ----------
    spool : Spool
        What is to be sent.
    link : BrokerLink
        The way to the broker.
    outbox : Outbox
        What is in doubt, and what comes next.
    gateway : Gateway
        Whose messages these are.
    faults : FaultPoints
        For kill tests.
    """

    def __init__(
        self, spool: Spool, link: BrokerLink, outbox: Outbox, *, gateway: Gateway, faults: FaultPoints
    ) -> None:
        self._spool = spool
        self._link = link
        self._outbox = outbox
        self._gateway = gateway
        self._faults = faults
        self._tokens: dict[int, int] = {}
        self._told_aside: set[int] = set()
        self._heard = True
        self.counts = Delivered()

    def open_road(self, now: float) -> None:
        """Begin anew after a connect: tokens of an earlier connection mean nothing any more."""
        self._tokens.clear()
        self._outbox.open_road(self._spool.counts().newest_seq, now)

    def acknowledge(self, tokens: Mapping[int, Said], now: float) -> None:
        """Note what the broker answered; this deletes nothing."""
        for token, said in tokens.items():
            seq = self._tokens.pop(token, None)
            if seq is not None:
                self.counts.acknowledged += said is not Said.REFUSED
                self.counts.refused += said is Said.REFUSED
                self.counts.unheard += said is Said.UNHEARD
                self._tell_listeners(said)
                self._outbox.acknowledged(seq, now)

    def take_receipts(self, payloads: Iterable[bytes], now: float) -> None:
        """Delete what receipts answer."""
        receipts = [receipt for payload in payloads if (receipt := self._read(payload)) is not None]
        if not receipts:
            return
        stored = [pair for receipt in receipts for pair in receipt.stored]
        rejected = [(first, last) for receipt in receipts for first, last, _ in receipt.rejected]
        self._faults.reach("edge.receipt_before_delete")
        self.counts.stored += self._spool.delete(stored)
        for receipt in receipts:
            self._tell_rejections(receipt)
        self.counts.rejected += self._spool.delete(rejected)
        newest = self._spool.counts().newest_seq
        self._outbox.answered([*stored, *rejected], newest_seq=newest, now=now)

    def retry_set_aside(self) -> None:
        """Let what nobody answered wait for its turn again: the collector may know it by now."""
        if self._spool.retry_set_aside():
            self._outbox.look_again()

    def send(self, now: float) -> None:
        """Send again what is overdue, then as much as there is room for."""
        due = self._outbox.due(now)
        for seq in due.set_aside:
            self._set_aside(seq)
        for seq in due.resend:
            self._send_again(seq, now)
        for lane in Lane:
            while self._send_some(lane, now):
                pass

    def _set_aside(self, seq: int) -> None:
        self._spool.set_aside(seq)
        if seq in self._told_aside:
            return
        self._told_aside.add(seq)
        _log.error(
            "batch %d of %s: nobody answers it while others are answered; set aside, sent again from time to time",
            seq,
            self._spool.stream,
        )

    def _send_again(self, seq: int, now: float) -> None:
        message = self._spool.read(seq)
        if message is None:  # given up at the bound meanwhile
            self._outbox.forget(seq)
            return
        self.counts.resent += 1
        self._publish(message, now)

    def _send_some(self, lane: Lane, now: float) -> bool:
        span = self._outbox.span(lane)
        if span is None:
            return False
        waiting = self._spool.waiting(after=span.after, until=span.until, limit=span.limit)
        chosen = set(self._outbox.offer(lane, [(message.seq, len(message.payload)) for message in waiting], now))
        for message in waiting:
            if message.seq in chosen:
                self.counts.sent += 1
                self._publish(message, now)
        return bool(waiting) and self._outbox.span(lane) not in (None, span)

    def _publish(self, message: Spooled, now: float) -> None:
        token = self._link.publish(Letter(self._gateway.topic(message.kind), message.payload))
        if token is None:
            self._outbox.acknowledged(message.seq, now)  # not taken: its turn comes again after the time-out
        else:
            self._tokens[token] = message.seq

    def _read(self, payload: bytes) -> Receipt | None:
        try:
            receipt = decode(MessageKind.RECEIPTS, payload)
        except WireError as error:
            _log.warning("a receipt that makes no sense was passed over: %s", error)
            return None
        if not isinstance(receipt, Receipt) or receipt.stream != self._spool.stream:
            return None  # an answer to a spool that was here before this one
        return receipt

    def _tell_listeners(self, said: Said) -> None:
        if said is Said.UNHEARD and self._heard:
            _log.warning("nobody listens at the broker; batches stay in the spool until a collector answers them")
        elif said is Said.TAKEN and not self._heard:
            _log.info("somebody listens at the broker again")
        self._heard = self._heard if said is Said.REFUSED else said is Said.TAKEN

    def _tell_rejections(self, receipt: Receipt) -> None:
        for first, last, reason in receipt.rejected:
            _log.error("batches %d to %d of %s were rejected: %s", first, last, receipt.stream, reason)
