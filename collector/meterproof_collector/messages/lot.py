"""Messages that are stored together. Pure."""

from dataclasses import dataclass, field

from meterproof_collector.messages.intake import Accepted, Delivered, Refused
from meterproof_core.storage import PlantGroup
from meterproof_core.wire import Batch, Topic


@dataclass(slots=True)
class Lot:
    """Messages that are stored together.

    Parameters
    ----------
    delivered : list of Delivered
        As they came.
    accepted, refused : list
        What was made of them.
    groups : list of PlantGroup
        The samples of the accepted ones.
    values, payload_bytes : int
        How much it is.
    """

    delivered: list[Delivered] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    groups: list[PlantGroup] = field(default_factory=list)
    values: int = 0
    payload_bytes: int = 0

    def add(self, taken: Accepted | Refused) -> None:
        """Put a message into the lot."""
        self.delivered.append(taken.delivered)
        self.payload_bytes += len(taken.delivered.payload)
        if isinstance(taken, Refused):
            self.refused.append(taken)
            return
        self.accepted.append(taken)
        if isinstance(taken.message, Batch):
            groups = plant_groups(taken.topic, taken.message)
            self.groups += groups
            self.values += sum(len(item.group.t) * len(item.group.quantities) for item in groups)


def plant_groups(topic: Topic, batch: Batch) -> list[PlantGroup]:
    """Return a batch's groups with where they came from."""
    return [
        PlantGroup(topic.plant, topic.gateway, batch.stream, batch.seq, batch.config, group) for group in batch.groups
    ]
