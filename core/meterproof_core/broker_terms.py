"""What a broker grants when it lets a client in (MQTT 5, section 3.2.2.3); 3.1.1 says nothing of it."""

from dataclasses import dataclass

MOST_PACKET_BYTES = 268_435_455  # MQTT 5, 2.1.4: what the length of a packet can say


@dataclass(frozen=True, slots=True)
class BrokerTerms:
    """What a client must keep to; where the broker says nothing, what the standard then means.

    Parameters
    ----------
    receive_maximum : int
        Messages of ours without an acknowledgement at a time.
    maximum_packet_size : int
        Longest packet that the broker takes [byte].
    shared_subscriptions : bool
        Whether several clients can share a subscription.
    """

    receive_maximum: int = 65_535
    maximum_packet_size: int = MOST_PACKET_BYTES
    shared_subscriptions: bool = True


def terms_of(properties: object) -> BrokerTerms:
    """Return the terms that the properties of a CONNACK state, whatever driver decoded them."""
    said = BrokerTerms()
    return BrokerTerms(
        getattr(properties, "ReceiveMaximum", said.receive_maximum),
        getattr(properties, "MaximumPacketSize", said.maximum_packet_size),
        bool(getattr(properties, "SharedSubscriptionAvailable", said.shared_subscriptions)),
    )
