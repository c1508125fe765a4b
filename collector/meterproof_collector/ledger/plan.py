"""Whether a collector keeps the ledger, of which plants, and how it takes its time."""

from collections.abc import Callable
from dataclasses import dataclass, field

from meterproof_collector.ledger.agenda import Pace
from meterproof_collector.ledger.bookkeeper import Bookkeeper
from meterproof_collector.ledger.configurations import Configurations
from meterproof_collector.ledger.partition import Partition
from meterproof_collector.ledger.runner import LedgerRunner
from meterproof_core.storage import EntryKind, IntervalsStore, Journal, ReadingsStore

ALONE = Pace(look_every_s=0.0)
"""All arrivals are handed over by the collector of this process: to read them again costs more than to store them."""
BESIDE_OTHERS = Pace()
"""Other processes write arrivals too, and the journal is asked for theirs."""


@dataclass(frozen=True, slots=True)
class LedgerPlan:
    """What a collector does for the ledger.

    Parameters
    ----------
    partition : Partition or None
        Which plants' ledger is kept here; None leaves all of it to others.
    pace : Pace
        How it takes its time; unless told otherwise nobody else writes arrivals, and the journal is not asked for them.
    """

    partition: Partition | None = field(default_factory=Partition)
    pace: Pace = ALONE


WHOLE_LEDGER = LedgerPlan()


@dataclass(frozen=True, slots=True)
class StorePorts:
    """The three storage ports of one store."""

    readings: ReadingsStore
    intervals: IntervalsStore
    journal: Journal


def planned_ledger(plan: LedgerPlan, store: StorePorts, *, now_ms: Callable[[], int]) -> LedgerRunner | None:
    """Return the ledger of a plan, not started yet; None when none is kept here.

    Raises
    ------
    StoreError
        When the configurations cannot be read.
    """
    if plan.partition is None:
        return None
    configurations = Configurations(store.journal.read([EntryKind.CONFIG]))
    books = Bookkeeper(store.readings, store.intervals, store.journal, configurations=configurations)
    return LedgerRunner(books, configurations, store.journal, now_ms=now_ms, partition=plan.partition, pace=plan.pace)
