"""Retention by class: gauges are kept for a while, counters, intervals and the journal for good.

InfluxDB does it by itself, by retention policies that set-up makes. The embedded store has nobody to do it, so a
command does, and the journal says what went.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from meterproof_core.errors import SettingsError
from meterproof_core.quantities import QUANTITIES, Kind
from meterproof_core.storage import EntryKind, Journal, JournalEntry

GAUGE_DAYS = 90
"""How long gauges are kept unless settings say otherwise [d]."""
_DAY_MS = 86_400_000
CODE = "gauges_retired"


def is_gauge(quantity: str) -> bool:
    """Return whether a quantity is a momentary value; what is unknown is kept like a counter."""
    known = QUANTITIES.get(quantity)
    return known is not None and known.kind is Kind.GAUGE


@dataclass(frozen=True, slots=True)
class AgedPoint:
    """What is too old of one metering point.

    Parameters
    ----------
    plant, point : str
        The metering point.
    values : int
        Values of gauges.
    rows : int
        Rows in which nothing else stands; they go altogether.
    first_ms, last_ms : int
        First and last instant of such values [ms since 1970-01-01 UTC].
    """

    plant: str
    point: str
    values: int
    rows: int
    first_ms: int
    last_ms: int


@runtime_checkable
class AgesGauges(Protocol):
    """A readings store in which somebody has to take out what is too old."""

    def aged_gauges(self, before_ms: int) -> Sequence[AgedPoint]:
        """Return what there is of gauges before an instant."""
        ...

    def retire_gauges(self, before_ms: int) -> None:
        """Take all gauges before an instant out, and nothing else."""
        ...


@dataclass(frozen=True, slots=True)
class Retention:
    """What retention takes away.

    Parameters
    ----------
    before_ms : int
        Gauges before this instant go [ms since 1970-01-01 UTC].
    applied : bool
        Whether they are gone.
    points : sequence of AgedPoint
        Of each metering point.
    """

    before_ms: int
    applied: bool
    points: Sequence[AgedPoint]


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """What is too old.

    Parameters
    ----------
    now_ms : int
        [ms since 1970-01-01 UTC].
    gauge_days : int
        How long gauges are kept [d]; 0 is for good.
    """

    now_ms: int
    gauge_days: int = GAUGE_DAYS

    @property
    def before_ms(self) -> int:
        """The instant before which gauges are too old: a midnight in UTC, so that a day goes as a whole."""
        return (self.now_ms - self.gauge_days * _DAY_MS) // _DAY_MS * _DAY_MS


def retain(readings: object, journal: Journal, rule: RetentionRule, *, apply: bool) -> Retention:
    """Return what is too old in a store, and take it out when told to.

    The journal is told first: what it says may have gone only in part, but nothing goes untold.

    Parameters
    ----------
    readings : ReadingsStore
        The embedded store's.
    journal : Journal
        Of the same store.
    rule : RetentionRule
        What is too old.
    apply : bool
        Whether to take it out.

    Raises
    ------
    SettingsError
        When the store sees to its retention itself, or gauges are kept for good.
    StoreError
        When the store fails; doing it again does the rest.
    """
    if not isinstance(readings, AgesGauges):
        raise SettingsError(
            "this store sees to retention itself, by the policies that `meterproof store setup` makes; "
            "`meterproof store check` shows them"
        )
    if rule.gauge_days <= 0:
        raise SettingsError(f"gauge_days {rule.gauge_days}: gauges are kept for good; use 1 or more [d]")
    found = readings.aged_gauges(rule.before_ms)
    if apply and found:
        journal.append([_told(plant, found, rule) for plant in sorted({point.plant for point in found})])
        readings.retire_gauges(rule.before_ms)
    return Retention(rule.before_ms, apply, found)


def _told(plant: str, found: Sequence[AgedPoint], rule: RetentionRule) -> JournalEntry:
    points: Mapping[str, Any] = {
        point.point: {"values": point.values, "rows": point.rows, "t_ms": [point.first_ms, point.last_ms]}
        for point in found
        if point.plant == plant
    }
    data = {"code": CODE, "before_ms": rule.before_ms, "gauge_days": rule.gauge_days, "points": points}
    return JournalEntry(f"event/{plant}/{CODE}/{rule.before_ms}", EntryKind.EVENT, plant, rule.now_ms, data)
