"""What a ledger has to take up when it starts: all that a former run may have left undone."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from meterproof_collector.ledger.journal_tail import JournalTail
from meterproof_collector.ledger.marks import last_mark, read_mark
from meterproof_collector.ledger.partition import Partition
from meterproof_collector.ledger.told_events import RECOUNT
from meterproof_collector.ledger.workload import Stretch, Workload
from meterproof_core.storage import END_OF_TIME_MS, EntryKind, Journal, JournalEntry, PointExtent


class Books(Protocol):
    """Brings intervals up to date; `Bookkeeper` in real life."""

    @property
    def interval_ms(self) -> int:
        """Return the length of an interval [ms]."""
        ...

    def extents(self) -> Sequence[PointExtent]:
        """Return what readings there are of each point of every plant."""
        ...

    def bring_up_to_date(self, plant: str, point: str, stretch: Stretch, at_ms: int) -> set[str]:
        """Compute anew what a stretch of new samples can change; return the unknown digests in it."""
        ...


def take_up(journal: Journal, books: Books, tail: JournalTail, partition: Partition) -> Workload:
    """Return what a former run left undone, apart from what the tail will find, and set the tail to where it begins.

    A partition that has never written a mark goes through all readings once.

    Raises
    ------
    StoreError
        When the store cannot be read.
    """
    entry = last_mark(journal, partition)
    if entry is None:
        arrivals = journal.read([EntryKind.ARRIVAL], limit=1)
        tail.begin(arrivals[0].at_ms if arrivals else 0)
        return _everything(books.extents(), partition)
    mark = read_mark(entry)
    tail.begin(mark.through_ms)
    work = mark.workload()
    work.put_all(_recounts(journal.read([EntryKind.EVENT], since_ms=tail.since_ms), partition))
    return work


def whole_point(arrived_ms: int) -> Stretch:
    """Return the stretch that asks for all of a point's readings."""
    return Stretch(0, END_OF_TIME_MS - 1, arrived_ms)


def _everything(extents: Iterable[PointExtent], partition: Partition) -> Workload:
    work = Workload()
    for extent in extents:
        if partition.holds(extent.plant):
            work.put((extent.plant, extent.point), Stretch(extent.first_ms, extent.last_ms, 0, rows=extent.rows))
    return work


def _recounts(events: Iterable[JournalEntry], partition: Partition) -> Workload:
    """Return what was being counted anew when a former run may have been killed."""
    work = Workload()
    for entry in events:
        data = entry.data
        if data["code"] == RECOUNT and partition.holds(entry.plant):
            stretch = Stretch(int(data["t_ms"]), int(data["end_ms"]) - 1, entry.at_ms)
            work.put((entry.plant, str(data["point"])), stretch)
    return work
