"""What the link's thread and the poller leave for the publisher's thread.

States, not a queue of events: however long the publisher is busy with a slow disk, nothing here grows. Receipts are
the exception and are counted; one that finds no place is dropped, and its batches are simply sent again.
"""

import threading
from dataclasses import dataclass, field

from meterproof_edge.broker_link import Said

_MAX_RECEIPTS = 1024


@dataclass(slots=True)
class Mail:
    """What was left since the last look.

    Parameters
    ----------
    online : bool
        Whether the link is connected now.
    new_connection : bool
        Whether it connected since.
    trouble : str
        Why there is no connection now; empty while there is one.
    taken_over : int
        How often another client came with our id, since the start.
    tokens : dict of int to Said
        What the broker answered; at most as many as were published.
    receipts : list of bytes
        Payloads.
    stopping : bool
        Whether to come to an end.
    """

    online: bool = False
    new_connection: bool = False
    trouble: str = ""
    taken_over: int = 0
    tokens: dict[int, Said] = field(default_factory=dict)
    receipts: list[bytes] = field(default_factory=list)
    stopping: bool = False


class Mailbox:
    """One place for all that the publisher waits for; fills `broker_link.LinkEvents`."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._mail = Mail()
        self._rung = False

    def connected(self) -> None:
        """Note a new connection."""
        with self._condition:
            self._mail.online = self._mail.new_connection = True
            self._mail.trouble = ""
            self._ring()

    def disconnected(self, why: str = "", *, taken_over: bool = False) -> None:
        """Note that there is no connection, and that what was on the way is gone."""
        with self._condition:
            self._mail.online = self._mail.new_connection = False
            self._mail.trouble = why
            self._mail.taken_over += taken_over
            self._mail.tokens.clear()
            self._ring()

    def acknowledged(self, token: int, said: Said = Said.TAKEN) -> None:
        """Note a broker's answer."""
        with self._condition:
            self._mail.tokens[token] = said
            self._ring()

    def received(self, payload: bytes) -> None:
        """Note a receipt, unless there are far too many already."""
        with self._condition:
            if len(self._mail.receipts) < _MAX_RECEIPTS:
                self._mail.receipts.append(payload)
            self._ring()

    def ring(self) -> None:
        """Wake the publisher: something new is in the spool."""
        with self._condition:
            self._ring()

    def stop(self) -> None:
        """Ask the publisher to come to an end."""
        with self._condition:
            self._mail.stopping = True
            self._ring()

    def wait(self, timeout_s: float | None) -> Mail:
        """Return what was left, at once when there is something, else after the time-out [s]."""
        with self._condition:
            self._condition.wait_for(lambda: self._rung, timeout_s)
            self._rung = False
            mail = self._mail
            self._mail = Mail(
                online=mail.online, stopping=mail.stopping, trouble=mail.trouble, taken_over=mail.taken_over
            )
            return mail

    def _ring(self) -> None:
        self._rung = True
        self._condition.notify_all()
