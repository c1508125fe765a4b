"""A broker that acknowledges messages and discards some of them: allowed to no broker, and seen in the field.

Readings, losses and receipts are hit; configuration and status pass, because they are retained and told again.
"""

import random
import threading

from amqtt.broker import Broker
from amqtt.session import Session

from meterproof.broker import TidyBroker

_HIT = ("readings", "loss", "receipts")


class Discards:
    """How many messages of each kind a lossy broker passed on and discarded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.passed = dict.fromkeys(_HIT, 0)
        self.discarded = dict.fromkeys(_HIT, 0)

    def count(self, kind: str, *, discarded: bool) -> None:
        with self._lock:
            (self.discarded if discarded else self.passed)[kind] += 1


def lossy_broker(share: float = 0.1, seed: int = 20180101) -> tuple[type[Broker], Discards]:
    """Return a broker to run and what it will have discarded: a share of the messages, after their PUBACK."""
    draw = random.Random(seed)
    discards = Discards()

    class LossyBroker(TidyBroker):
        async def _broadcast_message(
            self,
            session: Session | None,
            topic: str | None,
            data: bytes | bytearray | None,
            force_qos: int | None = None,
        ) -> None:
            kind = (topic or "").rsplit("/", 1)[-1]
            if kind in _HIT:
                lost = draw.random() < share
                discards.count(kind, discarded=lost)
                if lost:
                    return
            await super()._broadcast_message(session, topic, data, force_qos)

    return LossyBroker, discards
