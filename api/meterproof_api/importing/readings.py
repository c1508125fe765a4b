"""Readings of a file beside those that the store holds, and what a ledger needs to count with imported registers.

A register means nothing without the description of its meter: type, scale, rollover. So a counter is taken only where a
gateway has told how it reads that metering point; else its amounts are to be imported as intervals. Gauges need no
description; where there is none, the import tells that they came from a file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import numpy.typing as npt

from meterproof_api.importing.journal_entries import digest_of
from meterproof_api.importing.plan_of_series import Batch, SeriesPlan, told_conflicts
from meterproof_api.importing.reading import InstantColumns, ParsedFile
from meterproof_api.importing.records import Imported, instant_text, stretches_told
from meterproof_core.quantities import Kind, quantity
from meterproof_core.storage import (
    EntryKind,
    Journal,
    JournalEntry,
    PlantGroup,
    ReadingsQuery,
    ReadingsStore,
    SeriesKey,
)
from meterproof_core.wire import VERSION, CounterSpec, Group, Meters, PointConfig

GATEWAY = "import"
"""What stands in the place of a gateway for readings that came from a file."""
_STREAM = "import-"
_BATCH_ROWS = 5_000
_BESIDE = 1e-3
"""How far a register may lie beside a whole count: the file's figure is decimal, and a scale such as 0.1 is not."""
_Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Meter:
    """How a point is read: digest of its configuration, the counter's description, and what tells it when nobody has.

    Parameters
    ----------
    config : str
        Digest of its configuration.
    counter : CounterSpec or None
        None of a gauge.
    telling : JournalEntry or None
        What tells it, when no gateway has.
    """

    config: str
    counter: CounterSpec | None = None
    telling: JournalEntry | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """The readings of one series in a file, and when they are told."""

    key: SeriesKey
    columns: InstantColumns
    file: str
    at_ms: int

    @property
    def name(self) -> str:
        return f"{self.key.point}/{self.key.quantity}"

    def place(self, row: int) -> str:
        """Return the place of a row in file and time, with its value."""
        at = instant_text(int(self.columns.t_ms[row]))
        return f"{self.name}: {self.file}, line {self.columns.line[row]}: {at}: {float(self.columns.value[row])!r}"


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """Which rows the store has, has with another value from a file, and has with another value from a gateway."""

    same: _Rows
    changed: _Rows
    conflicting: _Rows
    from_gateway: _Rows
    held: npt.NDArray[np.float64]


def plan_readings(
    parsed: ParsedFile, store: ReadingsStore, journal: Journal, imported: Imported, *, at_ms: int
) -> Iterator[SeriesPlan]:
    """Yield what becomes of each series of a file.

    Parameters
    ----------
    parsed : ParsedFile
        Without problems.
    store, journal
        What is held already, and how gateways read their meters.
    imported : Imported
        What the journal tells of earlier imports.
    at_ms : int
        When arrivals are told [ms since 1970-01-01 UTC].
    """
    plant = parsed.layout.plant
    configured = list(journal.read([EntryKind.CONFIG], plant))
    told = stretches_told(imported, parsed.kind)
    for (point, name), columns in sorted(parsed.columns.items()):
        if isinstance(columns, InstantColumns) and len(columns):
            series = _Series(SeriesKey(plant, point, name), columns, parsed.name, at_ms)
            yield _planned(series, _meter(series, configured), store, told.get(series.name, ()))


def _planned(
    series: _Series, meter: _Meter | None, store: ReadingsStore, told: Sequence[tuple[int, int]]
) -> SeriesPlan:
    count = len(series.columns)
    if meter is None:
        return replace(_outline(series), conflicting=count, conflicts=(_without_configuration(series),))
    registers, broken = _registers(series.columns, meter.counter)
    if broken.any():
        complaints = told_conflicts(_no_register(series, row, meter) for row in np.flatnonzero(broken).tolist())
        return replace(
            _outline(series), new=count - int(broken.sum()), conflicting=int(broken.sum()), conflicts=complaints
        )
    found = _compared(series, store)
    same, changed, conflicting = (int(rows.sum()) for rows in (found.same, found.changed, found.conflicting))
    is_told = any(a <= series.columns.t_ms[0] and series.columns.t_ms[-1] < b for a, b in told)
    return replace(
        _outline(series),
        new=count - same - changed - conflicting,
        same=same,
        changed=changed,
        conflicting=conflicting,
        conflicts=told_conflicts(_conflict(series, row, found) for row in np.flatnonzero(found.conflicting).tolist()),
        is_held=same == count and (is_told or bool(found.from_gateway.all())),
        batches=tuple(_batches(series, meter, registers, np.flatnonzero(~found.from_gateway))),
    )


def _outline(series: _Series) -> SeriesPlan:
    first_ms, end_ms = int(series.columns.t_ms[0]), int(series.columns.t_ms[-1]) + 1
    return SeriesPlan(
        name=series.name,
        unit=quantity(series.key.quantity).unit,
        first=instant_text(first_ms),
        last=instant_text(end_ms),
        table={"start_ms": [first_ms], "end_ms": [end_ms]},
    )


def _meter(series: _Series, configured: Sequence[JournalEntry]) -> _Meter | None:
    """Return how a point is read, as the newest configuration says that knows it; None of a counter that none knows."""
    key = series.key
    is_counter = quantity(key.quantity).kind is Kind.COUNTER
    for entry in reversed(configured):
        point = next((one for one in _points(entry) if one.point == key.point), None)
        if point is not None and (not is_counter or key.quantity in point.counters):
            return _Meter(str(entry.data["config"]), point.counters.get(key.quantity))
    return None if is_counter else _told_by_the_import(series)


def _points(entry: JournalEntry) -> Sequence[PointConfig]:
    try:
        return msgspec.convert(entry.data, Meters).points
    except msgspec.ValidationError:
        return ()  # a later version wrote it; the ledger says so too


def _told_by_the_import(series: _Series) -> _Meter:
    key = series.key
    config = digest_of("gauge of a file", key.plant, key.point, key.quantity)
    meters = Meters(VERSION, config, [PointConfig(key.point, "a file", 0, 0, [key.quantity])])
    data = {"gateway": GATEWAY, **msgspec.to_builtins(meters)}
    entry = JournalEntry(f"config/{key.plant}/{GATEWAY}/{config}", EntryKind.CONFIG, key.plant, series.at_ms, data)
    return _Meter(config, telling=entry)


def _without_configuration(series: _Series) -> str:
    return (
        f"{series.name}: no gateway has told how it reads this counter, so its registers cannot be understood; "
        "start the gateway once, or import the amounts between the readings with `meterproof import intervals`"
    )


def _registers(columns: InstantColumns, counter: CounterSpec | None) -> tuple[list[int | float], _Rows]:
    """Return raw registers [counts], and in which rows there is none."""
    if counter is None:
        return [], np.zeros(len(columns), bool)
    counts = columns.value / counter.scale
    if counter.raw_type.startswith("f"):
        return counts.tolist(), ~np.isfinite(counts)
    whole = np.rint(counts)
    broken = ~(np.abs(counts - whole) <= _BESIDE) | (np.abs(whole) >= 2.0**63)
    return [0 if bad else int(count) for count, bad in zip(whole, broken, strict=True)], broken


def _no_register(series: _Series, row: int, meter: _Meter) -> str:
    scale = 0.0 if meter.counter is None else meter.counter.scale
    unit = quantity(series.key.quantity).unit
    return (
        f"{series.place(row)} {unit} is no whole number of counts of {scale!r} {unit} each; "
        "give what the register shows"
    )


def _compared(series: _Series, store: ReadingsStore) -> _Compared:
    key, t_ms = series.key, series.columns.t_ms
    query = ReadingsQuery(key.plant, key.point, (key.quantity,), int(t_ms[0]), int(t_ms[-1]) + 1)
    stored = store.read(query)
    instants = np.asarray(stored.t_ms, np.int64)
    values = np.full(len(t_ms), np.nan)
    from_gateway = np.zeros(len(t_ms), bool)
    if len(instants):
        place = np.minimum(np.searchsorted(instants, t_ms), len(instants) - 1)
        hit = instants[place] == t_ms
        values[hit] = np.asarray(stored.values[key.quantity], np.float64)[place[hit]]
        own = np.array([str(stream).startswith(_STREAM) for stream in stored.stream], bool)
        from_gateway = hit & ~own[place] & ~np.isnan(values)
    same = values == series.columns.value
    other = ~np.isnan(values) & ~same
    return _Compared(same, other & ~from_gateway, other & from_gateway, from_gateway, values)


def _conflict(series: _Series, row: int, found: _Compared) -> str:
    return (
        f"{series.place(row)}, and a gateway read {float(found.held[row])!r}; metered data are never "
        "overwritten: leave that line out"
    )


def _batches(
    series: _Series, meter: _Meter, registers: Sequence[int | float], rows: npt.NDArray[np.intp]
) -> Iterator[Batch]:
    """Yield the readings in batches of bounded size, named by what they hold."""
    key, columns = series.key, series.columns
    t_ms, values = columns.t_ms[rows].tolist(), columns.value[rows].tolist()
    raw = [registers[row] for row in rows.tolist()] if registers else []
    stream = _STREAM + digest_of(key.plant, key.point, key.quantity, meter.config, t_ms, values)
    for seq, first in enumerate(range(0, len(t_ms), _BATCH_ROWS)):
        part = slice(first, first + _BATCH_ROWS)
        group = Group(
            key.point, [key.quantity], t_ms[part], [values[part]], {key.quantity: raw[part]} if registers else {}
        )
        item = PlantGroup(key.plant, GATEWAY, stream, seq, meter.config, group)
        yield Batch(item, tuple(entry for entry in (meter.telling, _arrival(item, series.at_ms)) if entry is not None))


def _arrival(item: PlantGroup, at_ms: int) -> JournalEntry:
    """Return the entry that hands a stored batch to the ledger."""
    t_ms = item.group.t
    return JournalEntry(
        entry_id=f"arrival/{item.plant}/{GATEWAY}/{item.stream}/{item.seq}",
        kind=EntryKind.ARRIVAL,
        plant=item.plant,
        at_ms=at_ms,
        data={
            "gateway": GATEWAY,
            "stream": item.stream,
            "seq": item.seq,
            "config": item.config,
            "points": {item.group.point: [t_ms[0], t_ms[-1], len(t_ms)]},
        },
    )
