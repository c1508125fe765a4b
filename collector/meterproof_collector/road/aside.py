"""What has been put aside already, so that a message that comes again and again is told once.

Nobody answers a message of an unknown plant: it stays in the gateway's spool, and comes again until its plant is known.
Some of them are kept in the journal, so that somebody sees what comes; a flood of them is counted only. What is known
here is a memory of this process; after a restart some of it is told again, which changes nothing.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence

from meterproof_collector.messages.entries import letter_id
from meterproof_collector.messages.intake import Refused
from meterproof_core.storage import JournalEntry
from meterproof_core.wire import MessageKind

_MOST_TOLD = 10_000
_MOST_PLANTS = 100
_MOST_LETTERS_A_PLANT = 100


class Aside:
    """Remembers, within bounds, what has been told."""

    def __init__(self) -> None:
        self._told: OrderedDict[str, None] = OrderedDict()
        self.of_unknown_plants: Counter[str] = Counter()

    def fresh(self, entries: Iterable[JournalEntry], refused: Sequence[Refused] = ()) -> list[JournalEntry]:
        """Return the entries that are to be told: not told lately, and not one more of too many.

        Parameters
        ----------
        entries : iterable of JournalEntry
            What there is to tell.
        refused : sequence of Refused
            The messages behind the dead letters among them.
        """
        needless = {letter_id(one.delivered) for one in refused if one.unknown_plant and not self._worth_keeping(one)}
        return [entry for entry in entries if entry.entry_id not in self._told and entry.entry_id not in needless]

    def note(self, told: Iterable[JournalEntry], refused: Iterable[Refused]) -> None:
        """Note what stands in the journal now, and the messages that were refused."""
        for entry in told:
            self._told[entry.entry_id] = None
        while len(self._told) > _MOST_TOLD:
            self._told.popitem(last=False)
        for one in refused:
            if one.unknown_plant and one.topic is not None and self._has_room(one.topic.plant):
                self.of_unknown_plants[one.topic.plant] += 1

    def _worth_keeping(self, refused: Refused) -> bool:
        topic = refused.topic
        if topic is None or topic.kind is MessageKind.STATUS:
            return False
        return self._has_room(topic.plant) and self.of_unknown_plants[topic.plant] < _MOST_LETTERS_A_PLANT

    def _has_room(self, plant: str) -> bool:
        return plant in self.of_unknown_plants or len(self.of_unknown_plants) < _MOST_PLANTS
