"""Messages that wait to be stored: bounded by their number and by their bytes, and never dropped.

What has been taken out counts until it is released, that is stored and answered: the bound is one of memory.
"""

import threading
from collections import deque

from meterproof_collector.messages.intake import Delivered


class Inbox:
    """A queue between the broker's thread and the one that reads messages in.

    Parameters
    ----------
    most_messages, most_bytes : int
        What may be held at a time [1, byte]; one message is always taken, however long.
    """

    def __init__(self, most_messages: int, most_bytes: int) -> None:
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._waiting: deque[Delivered] = deque()
        self._held = 0
        self._held_bytes = 0
        self._closed = False
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._filled = threading.Condition(self._lock)

    @property
    def held(self) -> tuple[int, int]:
        """Messages and bytes that are held, those under way included."""
        return self._held, self._held_bytes

    def put(self, delivered: Delivered) -> bool:
        """Put a message in, waiting for room; return False when the inbox was closed meanwhile."""
        size = len(delivered.payload)
        with self._lock:
            while not (self._closed or self._fits(size)):
                self._room.wait()
            if self._closed:
                return False
            self._waiting.append(delivered)
            self._held += 1
            self._held_bytes += size
            self._filled.notify()
            return True

    def take(self, timeout_s: float | None = None) -> Delivered | None:
        """Return the oldest message; None when there is none within a time-out [s], or ever again."""
        with self._lock:
            self._filled.wait_for(lambda: self._waiting or self._closed, timeout_s)
            return self._waiting.popleft() if self._waiting else None

    def release(self, messages: int, payload_bytes: int) -> None:
        """Give back the room of messages that are done with."""
        with self._lock:
            self._held -= messages
            self._held_bytes -= payload_bytes
            self._room.notify_all()

    def close(self) -> None:
        """Take nothing in any more; what is in it can still be taken out."""
        with self._lock:
            self._closed = True
            self._room.notify_all()
            self._filled.notify_all()

    def _fits(self, size: int) -> bool:
        if not self._held:
            return True
        return self._held < self._most_messages and self._held_bytes + size <= self._most_bytes
