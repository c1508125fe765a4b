"""What the dashboards ask of readings and of the journal: registers, gauges, flags, arrivals, events, losses."""

from meterproof_core.storage import EntryKind
from meterproof_dashboards.influxql import FILTER, PLANT, POINTS, equal, select, source
from meterproof_dashboards.panels import Target
from meterproof_store.influx.schema import JOURNAL, READINGS, Policy

_BY_POINT = "$tag_point"
_JOURNAL = source(Policy.COUNTERS, JOURNAL)


def series(what: str, policy: str, group: str, *, alias: str = _BY_POINT) -> Target:
    """Return series of something of the readings of the chosen points."""
    return Target(select(what, source(policy, READINGS), PLANT, POINTS, FILTER, group=group), policy, alias)


def newest(what: str, policy: str, within_minutes: int) -> Target:
    """Return something of the readings of the last minutes before the end of the range, by point."""
    recent = f"time >= ${{__to}}ms - {within_minutes}m AND time < ${{__to}}ms"
    return Target(select(what, source(policy, READINGS), PLANT, POINTS, recent, group='"point"'), policy, _BY_POINT)


def newest_rows(what: str, policy: str, *conditions: str, limit: int) -> Target:
    """Return the newest rows of the readings of the chosen points."""
    where = (PLANT, POINTS, *conditions, FILTER)
    return Target(select(what, source(policy, READINGS), *where, tail=_newest_first(limit)), policy)


def longest_gaps(field: str, policy: str) -> Target:
    """Return the longest time between two readings of a field that ends in each step [s]."""
    what = f'elapsed("{field}", 1s) AS "gap"'
    between = select(what, source(policy, READINGS), PLANT, POINTS, FILTER, group='"point"')
    group = 'time($__interval), "point"'
    longest = select('max("gap") AS "gap"', f"({between})", FILTER, group=group, tail="fill(none)")
    return Target(longest, policy, _BY_POINT)


def told(kind: EntryKind, what: str, *conditions: str, group: str = "", period: str = FILTER) -> Target:
    """Return something of the journal entries of one kind, as series by source when grouped."""
    where = (equal("kind", kind), *conditions, period)
    return Target(select(what, _JOURNAL, *where, group=group), Policy.COUNTERS, "$tag_source")


def newest_told(kind: EntryKind, *conditions: str, limit: int) -> Target:
    """Return the newest journal entries of one kind, with their details as JSON."""
    where = (equal("kind", kind), *conditions, FILTER)
    return Target(select('"data"', _JOURNAL, *where, tail=_newest_first(limit)), Policy.COUNTERS)


def _newest_first(limit: int) -> str:
    return f"ORDER BY time DESC LIMIT {limit}"
