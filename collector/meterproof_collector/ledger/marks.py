"""Marks say in the journal up to when a ledger has worked through what arrived, and what it left undone before that.

What waits for its configuration, or cannot be computed, is written into the mark: it may wait for good, and must not
hold the mark back for good. What is too much for one entry does hold it back.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from meterproof_collector.ledger.partition import Partition
from meterproof_collector.ledger.workload import Stretch, Workload
from meterproof_core.storage import EntryKind, Journal, JournalEntry

_MOST_UNDONE = 200
"""Stretches that one mark lists, about 30 kB."""
_FIRST_LIMIT = 16


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to when everything is done, apart from what is listed.

    Parameters
    ----------
    through_ms : int
        Everything that was entered up to here is done [ms since 1970-01-01 UTC].
    undone : tuple of (plant, point, first_ms, last_ms, digests)
        But these stretches.
    """

    through_ms: int
    undone: tuple[tuple[str, str, int, int, tuple[str, ...]], ...] = field(default=())

    def entry(self, partition: Partition, at_ms: int) -> JournalEntry:
        """Return the mark as it is written in the journal."""
        data = {
            "through_ms": self.through_ms,
            "partition": partition.name,
            "undone": [[*listed[:4], list(listed[4])] for listed in self.undone],
        }
        name = f"ledger-mark/{partition.name}/{self.through_ms}/{at_ms}"
        return JournalEntry(name, EntryKind.LEDGER_MARK, "", at_ms, data)

    def workload(self) -> Workload:
        """Return what was left undone, as work."""
        work = Workload()
        for plant, point, first_ms, last_ms, configs in self.undone:
            work.put((plant, point), Stretch(first_ms, last_ms, self.through_ms, set(configs)))
        return work


def mark_of(through_ms: int, aside: Iterable[Workload], held: Iterable[Workload]) -> Mark:
    """Return the mark that tells the truth.

    Parameters
    ----------
    through_ms : int
        Everything up to here has been seen [ms since 1970-01-01 UTC].
    aside : iterable of Workload
        What is listed in the mark: it may take for ever.
    held : iterable of Workload
        What holds the mark back: it will soon be done.
    """
    listed = sorted((item for work in aside for item in work.items()), key=lambda item: item[1].arrived_ms)
    fits, beyond = listed[:_MOST_UNDONE], listed[_MOST_UNDONE:]
    waits = [*(stretch for _, stretch in beyond), *(stretch for work in held for _, stretch in work.items())]
    undone = tuple(
        (*key, stretch.first_ms, stretch.last_ms, tuple(sorted(stretch.configs)))
        for key, stretch in sorted(fits, key=_place)
    )
    return Mark(min([through_ms, *(stretch.arrived_ms - 1 for stretch in waits)]), undone)


def last_mark(journal: Journal, partition: Partition | None = None) -> JournalEntry | None:
    """Return the newest mark of a partition, or of any; those before it say less."""
    limit: int | None = _FIRST_LIMIT
    while True:
        found = journal.read([EntryKind.LEDGER_MARK], limit=limit)
        mine = [entry for entry in found if partition is None or _partition_of(entry) == partition.name]
        if mine:
            return mine[-1]
        if limit is None or len(found) < limit:
            return None
        limit = limit * 64 if limit < 1_000_000 else None


def read_mark(entry: JournalEntry) -> Mark:
    """Return the mark that a journal entry is."""
    undone = tuple((plant, point, first, last, tuple(configs)) for plant, point, first, last, configs in _listed(entry))
    return Mark(int(entry.data["through_ms"]), undone)


def _listed(entry: JournalEntry) -> list[tuple[str, str, int, int, list[str]]]:
    return list(entry.data.get("undone", ()))


def _partition_of(entry: JournalEntry) -> str:
    return str(entry.data.get("partition", Partition().name))


def _place(item: tuple[tuple[str, str], Stretch]) -> tuple[str, str, int]:
    return (*item[0], item[1].first_ms)
