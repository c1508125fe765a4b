"""How an interval came about: from the two boundary registers back to samples, batches, gateways and meter settings.

Nothing here is remembered from the time when the interval was computed. It is traced anew from what is stored, by the
ledger's own steps, and says so when the registers no longer give what stands in the books.
"""

from collections.abc import Iterable
from functools import partial

from meterproof_collector.ledger.configurations import Configurations
from meterproof_collector.ledger.counting import Ports
from meterproof_collector.ledger.evidence import Arrival, Boundary, Explanation, Sample, Setting
from meterproof_collector.ledger.interval_rows import IntervalRows, stored_rows
from meterproof_collector.ledger.point_reader import look_beyond_ms
from meterproof_collector.ledger.sight import NEIGHBOURS
from meterproof_collector.ledger.told_events import RECOUNT, holding
from meterproof_collector.ledger.trace import Trace, trace
from meterproof_core.quantities import quantity
from meterproof_core.storage import EntryKind, JournalEntry, ReadingsQuery, SeriesKey
from meterproof_mv.ledger import LedgerRules

_DAY_MS = 86_400_000
"""A gateway's clock may be so far ahead of ours: batches are looked for from so long before their samples on."""
_WIDER = 16


def explain(
    ports: Ports, key: SeriesKey, period: tuple[int, int], *, rules: LedgerRules, most: int | None = None
) -> list[Explanation]:
    """Return how each interval of a counter came about that overlaps a period.

    Parameters
    ----------
    ports : Ports
        The three storage ports; only read.
    key : SeriesKey
        The counter.
    period : (int, int)
        Half-open [start, end) [ms since 1970-01-01 UTC].
    rules : LedgerRules
        As the ledger was given.
    most : int or None
        How many intervals at most, the newest.

    Raises
    ------
    StoreError
        When a store fails.
    """
    rows = stored_rows(ports.intervals.read(key, *period, limit=most))
    if not len(rows):
        return []
    configurations = Configurations(ports.journal.read([EntryKind.CONFIG], key.plant))
    traced = _traced(ports, key, rows, configurations=configurations, rules=rules)
    ends = [traced.boundaries(rows, place) for place in range(len(rows))]
    arrivals = _arrivals(ports, key.plant, [sample for both in ends for sample in _samples(both)])
    told = _Told(ports, key, rules)
    return [
        _explanation(key, rows, place, ends=both, traced=traced, arrivals=arrivals, told=told, known=configurations)
        for place, both in enumerate(ends)
    ]


def _traced(
    ports: Ports, key: SeriesKey, rows: IntervalRows, *, configurations: Configurations, rules: LedgerRules
) -> Trace:
    """Return the way back from some intervals; as much around them is read as it takes to come to the same ones."""
    spec_of = partial(configurations.counter, key.plant, key.point, quantity=key.quantity)
    first_ms, last_ms = int(rows.start_ms[0]), int(rows.end_ms[-1])
    beyond_ms = look_beyond_ms(rules, configurations.longest_interval_ms(key.plant, key.point))
    while True:
        start_ms = max(first_ms - beyond_ms, 0)
        query = ReadingsQuery(
            key.plant, key.point, (key.quantity,), start_ms, last_ms + beyond_ms, neighbours=NEIGHBOURS
        )
        columns = ports.readings.read(query)
        traced = trace(key.quantity, columns, spec_of, rules=rules)
        is_all = sum(t_ms < start_ms for t_ms in columns.t_ms) < NEIGHBOURS
        if is_all or traced.reproduces(rows).all():
            return traced
        beyond_ms *= _WIDER


class _Told:
    """What the journal tells of a counter: decisions that hold, and losses."""

    def __init__(self, ports: Ports, key: SeriesKey, rules: LedgerRules) -> None:
        self._point = key.point
        self._near_ms = rules.interval_ms
        self._events = [
            entry
            for entry in holding(ports.journal.read([EntryKind.EVENT], key.plant))
            if entry.data.get("point") == key.point
            and entry.data.get("quantity", key.quantity) == key.quantity
            and entry.data["code"] != RECOUNT
        ]
        self._losses = ports.journal.read([EntryKind.LOSS], key.plant)

    def events(self, start_ms: int, end_ms: int) -> tuple[JournalEntry, ...]:
        """Return the decisions that touch [start, end), or lie no further from it than one interval."""
        return tuple(
            entry
            for entry in self._events
            if entry.data["t_ms"] < end_ms + self._near_ms
            and max(entry.data["t_ms"], entry.data.get("end_ms", 0)) >= start_ms - self._near_ms
        )

    def losses(self, start_ms: int, end_ms: int) -> tuple[JournalEntry, ...]:
        """Return the losses that tell of samples of the point in [start, end)."""
        return tuple(
            entry
            for entry in self._losses
            if any(
                lost["point"] == self._point and lost["first_ms"] < end_ms and lost["last_ms"] >= start_ms
                for lost in entry.data["lost"]
            )
        )


def _explanation(
    key: SeriesKey,
    rows: IntervalRows,
    place: int,
    *,
    ends: tuple[Boundary, Boundary],
    traced: Trace,
    arrivals: dict[tuple[str, int], Arrival],
    told: _Told,
    known: Configurations,
) -> Explanation:
    start_ms, end_ms = int(rows.start_ms[place]), int(rows.end_ms[place])
    samples = _samples(ends)
    batches = dict.fromkeys((sample.stream, sample.seq) for sample in samples)
    is_span = bool(rows.is_span[place])
    return Explanation(
        start_ms=start_ms,
        end_ms=end_ms,
        amount=float(rows.amount[place]),
        unit=quantity(key.quantity).unit,
        is_span=is_span,
        reproduced=bool(traced.reproduces(rows[place : place + 1])[0]),
        start=ends[0],
        end=ends[1],
        samples=traced.samples(start_ms, end_ms),
        unread=tuple(traced.unread(start_ms, end_ms)) if is_span else (),
        arrivals=tuple(arrivals[batch] for batch in batches if batch in arrivals),
        settings=tuple(_settings(key, {sample.config for sample in samples}, known)),
        events=told.events(start_ms, end_ms),
        losses=told.losses(start_ms, end_ms),
    )


def _samples(ends: tuple[Boundary, Boundary]) -> list[Sample]:
    return [sample for end in ends for sample in (end.before, end.behind) if sample is not None]


def _arrivals(ports: Ports, plant: str, samples: list[Sample]) -> dict[tuple[str, int], Arrival]:
    """Return when the batches of some samples were stored first, by stream and seq."""
    if not samples:
        return {}
    wanted = {(sample.stream, sample.seq) for sample in samples}
    since_ms = max(min(sample.t_ms for sample in samples) - _DAY_MS, 0)
    found: dict[tuple[str, int], Arrival] = {}
    for entry in ports.journal.read([EntryKind.ARRIVAL], plant, since_ms):
        name = (str(entry.data["stream"]), int(entry.data["seq"]))
        if name in wanted:
            found.setdefault(name, Arrival(*name, entry.at_ms, str(entry.data["gateway"])))
    return found


def _settings(key: SeriesKey, configs: Iterable[str], known: Configurations) -> Iterable[Setting]:
    described = known.of_point(key.plant, key.point)
    for config in sorted(configs):
        point = described.get(config)
        spec = known.counter(key.plant, key.point, config, key.quantity)
        if point is not None and spec is not None:
            yield Setting(config, point.meter, point.map_version, spec)
