"""What lies on the ledger's desk: work that is due, work that waits, and what a mark may say of it.

It knows no thread; `ledger_runner` touches it under its lock.
"""

from collections.abc import Iterable, Sequence

from meterproof_collector.ledger.agenda import Agenda
from meterproof_collector.ledger.configurations import Configurations, meters_of
from meterproof_collector.ledger.marks import Mark, mark_of
from meterproof_collector.ledger.partition import Partition
from meterproof_collector.ledger.taking_up import whole_point
from meterproof_collector.ledger.workload import PointKey, Stretch, Workload, add_arrivals
from meterproof_core.storage import EntryKind, JournalEntry
from meterproof_core.wire import Meters


class LedgerDesk:
    """Sorts what comes in into what can be done and what has to wait.

    Parameters
    ----------
    agenda : Agenda
        When each point's turn comes.
    configurations : Configurations
        What is known of each counter; arrivals under an unknown one wait for it.
    partition : Partition
        Which plants are worked for.
    """

    def __init__(self, agenda: Agenda, configurations: Configurations, partition: Partition) -> None:
        self.agenda = agenda
        self._configurations = configurations
        self._partition = partition
        self._waiting = Workload()
        self._failed = Workload()
        self._reasons: dict[str, str] = {}
        self._expected: set[tuple[str, str]] = set()
        self._doubted = Workload()
        self._doubted_before = Workload()

    @property
    def waiting_points(self) -> list[str]:
        """Points whose readings are stored but whose configuration has not come yet."""
        return sorted(map("/".join, self._waiting))

    @property
    def failed_points(self) -> dict[str, str]:
        """Points whose intervals could not be computed at the last try, and why."""
        return dict(self._reasons)

    @property
    def expects_configurations(self) -> bool:
        """Whether the journal is to be asked for all its configurations, however old."""
        return bool(self._expected)

    def expect(self, plant: str, meters: Meters) -> None:
        """Note that a configuration stands in the journal; one that is known already asks for nothing."""
        if not self._configurations.has(plant, meters):
            self._expected.add((plant, meters.config))

    def put(self, key: PointKey, stretch: Stretch, now_s: float) -> None:
        """Put a stretch where it belongs at a monotonic time [s]; what failed of its point comes with it."""
        known = self._configurations.of_point(*key)
        if stretch.configs.isdisjoint(known) if stretch.configs else not known:
            self._waiting.put(key, stretch)
            return
        for each in (stretch, *self._failed.pop(key)):
            self.agenda.put(key, each, now_s)

    def put_arrivals(self, entries: Iterable[JournalEntry], now_s: float) -> None:
        """Put arrivals where they belong."""
        fresh = Workload()
        add_arrivals(fresh, entries)
        for key, stretch in fresh.items():
            self.put(key, stretch, now_s)

    def take_in(self, entries: Sequence[JournalEntry], now_s: float, *, at_the_start: bool) -> None:
        """Take in what stands in the journal: configurations first, then arrivals and what waited."""
        for entry in entries:
            if entry.kind is EntryKind.CONFIG and self._partition.holds(entry.plant):
                self._configure(entry, now_s, at_the_start=at_the_start)
        if any(entry.kind is EntryKind.CONFIG for entry in entries):
            self._expected.clear()
            waiting, self._waiting = self._waiting, Workload()
            for key, stretch in waiting.items():
                self.put(key, stretch, now_s)
        self.put_arrivals((entry for entry in entries if entry.kind is EntryKind.ARRIVAL), now_s)

    def _configure(self, entry: JournalEntry, now_s: float, *, at_the_start: bool) -> None:
        """Take up a configuration; where it changes what held for earlier readings, these are looked at anew."""
        meters = meters_of(entry)
        if meters is None:
            return
        points = self._configurations.add(entry.plant, meters)
        if at_the_start:  # whoever took it up before may have been killed before the earlier readings' turn
            points |= {
                each.point for each in meters.points if len(self._configurations.of_point(entry.plant, each.point)) > 1
            }
        for point in points:
            self.put((entry.plant, point), whole_point(entry.at_ms), now_s)

    def succeeded(self, key: PointKey) -> None:
        """Note that a point was worked through."""
        self._reasons.pop("/".join(key), None)

    def failed(self, key: PointKey, stretches: Iterable[Stretch], reason: str) -> bool:
        """Lay a point aside that cannot be computed; return whether the reason is a new one."""
        for stretch in stretches:
            self._failed.put(key, stretch)
        name = "/".join(key)
        is_new = self._reasons.get(name) != reason
        self._reasons[name] = reason
        return is_new

    def doubt(self, key: PointKey, stretches: Iterable[Stretch]) -> None:
        """Note that a store did not answer a replacement: it may yet carry it out, over a later one.

        So the point is looked at once more, at the retry after the next: not before one whole pause has gone by.
        """
        for stretch in stretches:
            self._doubted.put(key, stretch)

    def retry_failed(self, now_s: float) -> None:
        """Put what failed on the agenda again, and what was in doubt at the retry before."""
        for work in (self._failed, self._doubted_before):
            for key in list(work):
                for stretch in work.pop(key):
                    self.agenda.put(key, stretch, now_s)
        self._doubted_before, self._doubted = self._doubted, Workload()

    def mark(self, through_ms: int) -> Mark:
        """Return the mark that may be written when all that was entered up to a time was seen [ms]."""
        aside = [self._waiting, self._failed, self._doubted, self._doubted_before]
        return mark_of(through_ms, aside=aside, held=[self.agenda.work])
