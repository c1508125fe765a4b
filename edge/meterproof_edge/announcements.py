"""What a gateway says of itself: who it is, which meters it reads, and whether it is there. All of it is retained."""

from dataclasses import dataclass

from meterproof_core.errors import SettingsError
from meterproof_core.names import ID_RULE, is_id
from meterproof_core.wire import MAX_PAYLOAD_BYTES, MessageKind, Meters, Status, Topic, encode
from meterproof_edge.broker_link import Letter


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where a gateway stands.

    Raises
    ------
    SettingsError
        When plant or gateway are no ids.
    """

    plant: str
    gateway: str

    def __post_init__(self) -> None:
        for what, name in (("plant", self.plant), ("gateway", self.gateway)):
            if not is_id(name):
                raise SettingsError(f"{what} {name!r} is not an id; use {ID_RULE}")

    def topic(self, kind: MessageKind) -> str:
        """Return the topic of this gateway's messages of a kind."""
        return str(Topic(self.plant, self.gateway, kind))


def meters_letter(gateway: Gateway, meters: Meters) -> Letter:
    """Return the meter configuration as it is published.

    Raises
    ------
    SettingsError
        When it is longer than the wire allows.
    """
    payload = encode(meters)
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise SettingsError(
            f"gateway {gateway.gateway!r}: the configuration of {len(meters.points)} metering points has "
            f"{len(payload)} bytes; at most {MAX_PAYLOAD_BYTES} are accepted: share the meters among several gateways"
        )
    return Letter(gateway.topic(MessageKind.METERS), payload, retain=True)


def status_letter(gateway: Gateway, status: Status) -> Letter:
    """Return a status as it is published, now or as a will."""
    return Letter(gateway.topic(MessageKind.STATUS), encode(status), retain=True)
