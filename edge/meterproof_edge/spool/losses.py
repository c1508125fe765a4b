"""What is given up when there is no room, and how it is named: gauges before counters, and never in silence. Pure."""

from collections.abc import Iterable

from meterproof_core.wire import Batch, Group, LostRange

GAUGES_GIVEN_UP = "spool full: gauges given up, counters kept"
SAMPLES_GIVEN_UP = "spool full: samples given up"
BUFFER_GIVEN_UP = "spool not writable and buffer full: samples given up"


def holds_gauges(groups: Iterable[Group]) -> bool:
    """Return whether any column could be given up without losing a counter; a counter has its raw register."""
    return any(name not in group.raw for group in groups for name in group.quantities)


def without_gauges(batch: Batch) -> tuple[Batch, list[LostRange]]:
    """Return a batch with its counters only, and what it gave up; the batch may be left without a group."""
    kept: list[Group] = []
    lost: list[LostRange] = []
    for group in batch.groups:
        columns = [index for index, name in enumerate(group.quantities) if name in group.raw]
        if len(columns) < len(group.quantities):
            lost.extend(lost_ranges([group], GAUGES_GIVEN_UP))
        if columns:
            kept.append(_only(group, columns))
    return Batch(batch.v, batch.stream, batch.seq, batch.config, batch.clock, kept), lost


def lost_ranges(groups: Iterable[Group], reason: str) -> list[LostRange]:
    """Return the ranges that name the samples of groups as lost."""
    return [LostRange(group.point, group.t[0], group.t[-1], len(group.t), reason) for group in groups]


def merged(lost: Iterable[LostRange]) -> list[LostRange]:
    """Return ranges joined by point and reason, so that a ledger of losses stays as small as the plant.

    >>> merged([LostRange("a", 5, 6, 2, "full"), LostRange("a", 1, 2, 2, "full")])
    [LostRange(point='a', first_ms=1, last_ms=6, samples=4, reason='full')]
    """
    by_name: dict[tuple[str, str], LostRange] = {}
    for one in lost:
        known = by_name.get((one.point, one.reason))
        by_name[one.point, one.reason] = one if known is None else _joined(known, one)
    return list(by_name.values())


def _joined(a: LostRange, b: LostRange) -> LostRange:
    first, last = min(a.first_ms, b.first_ms), max(a.last_ms, b.last_ms)
    return LostRange(a.point, first, last, a.samples + b.samples, a.reason)


def _only(group: Group, columns: list[int]) -> Group:
    place = {column: index for index, column in enumerate(columns)}
    return Group(
        point=group.point,
        quantities=[group.quantities[column] for column in columns],
        t=group.t,
        values=[group.values[column] for column in columns],
        raw=group.raw,
        q=[(row, place[column], level, reason) for row, column, level, reason in group.q if column in place],
    )
