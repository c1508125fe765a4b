"""The embedded broker: for a look and for one plant, on loopback only."""

from meterproof.broker.embedded import EmbeddedBroker
from meterproof.broker.tidy import TidyBroker

__all__ = ["EmbeddedBroker", "TidyBroker"]
