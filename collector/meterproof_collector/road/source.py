"""The port to a broker, as the collector needs it."""

from collections.abc import Callable, Sequence
from typing import Protocol

from meterproof_collector.messages.intake import Delivered
from meterproof_core.wire import Receipt, Topic


class Source(Protocol):
    """Delivers messages, takes acknowledgements and publishes receipts."""

    @property
    def connected(self) -> bool:
        """Whether the broker is reached."""
        ...

    def start(self, deliver: Callable[[Delivered], None]) -> None:
        """Connect, subscribe, and hand every message to `deliver`, which may block to slow the broker down."""
        ...

    def acknowledge(self, delivered: Sequence[Delivered]) -> None:
        """Acknowledge messages in the order they came."""
        ...

    def publish(self, topic: Topic, receipt: Receipt) -> None:
        """Publish a receipt."""
        ...

    def stop(self) -> None:
        """Disconnect; nothing is delivered afterwards."""
        ...
