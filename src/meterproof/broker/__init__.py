"""The embedded broker: for a look and for one plant, on loopback only."""

from meterproof.broker.embedded import EmbeddedBroker

__all__ = ["EmbeddedBroker"]
