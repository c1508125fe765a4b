"""The way to the broker: the port that the publisher uses and that `mqtt` fills.

A link connects again by itself. Whatever it holds when a connection ends it forgets: the publisher alone knows what
has to be sent again.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """A message for the broker, at QoS 1."""

    topic: str
    payload: bytes
    retain: bool = False


class Said(Enum):
    """What a broker said to a message; it deletes nothing, whatever it is."""

    TAKEN = "it has it"
    UNHEARD = "it has it, and nobody listens"
    REFUSED = "it does not take it"


class LinkEvents(Protocol):
    """What a link tells, from a thread of its own; every call returns at once."""

    def connected(self) -> None:
        """Say that the broker takes messages and that receipts are subscribed to."""
        ...

    def disconnected(self, why: str = "", *, taken_over: bool = False) -> None:
        """Say that there is no connection and why, and whether another client came with our id."""
        ...

    def acknowledged(self, token: int, said: Said = Said.TAKEN) -> None:
        """Say what the broker answered to what was published under a token."""
        ...

    def received(self, payload: bytes) -> None:
        """Hand over what came on the subscribed topic."""
        ...


class BrokerLink(Protocol):
    """A connection to a broker."""

    def start(self, events: LinkEvents, *, subscribe: str, will: Letter) -> None:
        """Connect in the background, again and again; subscribe to one topic on each connect."""
        ...

    def publish(self, letter: Letter) -> int | None:
        """Publish without waiting and return the token of its acknowledgement; None when it cannot be sent now."""
        ...

    def stop(self) -> None:
        """Disconnect for good; the will is not sent."""
        ...
