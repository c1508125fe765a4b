"""Gathers messages into lots: full ones under load, soon closed ones when little comes."""

import queue
import threading
import time
from collections.abc import Callable, Iterator

from meterproof_collector.limits import Limits
from meterproof_collector.messages.intake import Accepted, Delivered, Refused
from meterproof_collector.messages.lot import Lot
from meterproof_collector.road.inbox import Inbox

_LOOK_UP_S = 0.5


class Gathering:
    """Reads messages in and hands over lots, one ahead of whoever stores them.

    Parameters
    ----------
    read : callable
        Says what a message is.
    limits : Limits
        How much is held, and how large a lot is.
    """

    def __init__(self, read: Callable[[Delivered], Accepted | Refused], limits: Limits) -> None:
        self._read = read
        self._limits = limits
        self._lots: queue.Queue[Lot | None] = queue.Queue(1)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="collector-gathers", daemon=True)
        self.inbox = Inbox(limits.queue, limits.queue_bytes)

    @property
    def alive(self) -> bool:
        """Whether messages are read in."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def deliver(self, delivered: Delivered) -> None:
        """Take a message, waiting for room; after `close` it is left to come again."""
        self.inbox.put(delivered)

    def lots(self) -> Iterator[Lot]:
        """Yield lots until all that was taken before `close` is in one, or `end` was called."""
        while (lot := self._lots.get()) is not None and not self._over.is_set():
            yield lot

    def close(self) -> None:
        """Take no more messages."""
        self.inbox.close()

    def end(self) -> None:
        """Gather no more; what is left comes again."""
        self._over.set()

    def _run(self) -> None:
        while (first := self.inbox.take()) is not None:
            self._hand_over(self._lot(first))
        self._hand_over(None)

    def _lot(self, first: Delivered) -> Lot:
        """Return a lot that begins with a message: full, or as full as it got while the wait lasted."""
        limits, lot = self._limits, Lot()
        ends_s = time.monotonic() + limits.lot_wait_s
        message: Delivered | None = first
        while message is not None:
            lot.add(self._read(message))
            if len(lot.delivered) >= limits.lot or lot.values >= limits.lot_values:
                break
            message = self.inbox.take(max(ends_s - time.monotonic(), 0.0))
        return lot

    def _hand_over(self, lot: Lot | None) -> None:
        while not self._over.is_set():
            try:
                self._lots.put(lot, timeout=_LOOK_UP_S)
            except queue.Full:
                continue
            return
