"""What a store holds after a chaos run, read by plain SQL or plain HTTP: no code of ours comes between."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from chaos.influxd import Asking

MS_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """One stored reading; None is not there."""

    t_ms: int
    number: int | None
    energy: int | None
    volume: int | None
    energy_kwh: float | None
    volume_m3: float | None
    temperature_c: float | None
    power_active_kw: float | None
    stream: str
    seq: int


@dataclass(frozen=True, slots=True)
class Interval:
    """One stored interval or span [canonical unit]."""

    start_ms: int
    end_ms: int
    amount: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored journal entry."""

    entry_id: str
    kind: str
    plant: str
    at_ms: int
    data: dict[str, Any]


@dataclass(slots=True)
class Held:
    """All that a store holds: rows as they stand there, in no order, doubles included."""

    readings: dict[tuple[str, str], list[Reading]] = field(default_factory=lambda: defaultdict(list))
    intervals: dict[tuple[str, str, str], list[Interval]] = field(default_factory=lambda: defaultdict(list))
    journal: list[Entry] = field(default_factory=list)

    def entries(self, kind: str) -> list[Entry]:
        """Return the journal's entries of a kind, each once."""
        return list({entry.entry_id: entry for entry in self.journal if entry.kind == kind}.values())


def held_by_duckdb(file: Path) -> Held:
    """Return what a DuckDB file holds; no process may have it."""
    held = Held()
    with duckdb.connect(str(file), read_only=True) as store:
        for plant, point, *row in store.execute(_DUCKDB_READINGS).fetchall():
            held.readings[plant, point].append(Reading(*row))
        for plant, point, quantity, *row in store.execute(
            "SELECT plant, point, quantity, start_ms, end_ms, amount FROM intervals JOIN series ON series.id = _series"
        ).fetchall():
            held.intervals[plant, point, quantity].append(Interval(*row))
        for *entry, data in store.execute("SELECT entry_id, kind, plant, at_ms, data FROM journal").fetchall():
            held.journal.append(Entry(*entry, json.loads(data)))
    return held


_DUCKDB_READINGS = """SELECT plant, point, _t_ms, pulses__i, energy_import_kwh__i, volume_m3__i, energy_import_kwh,
    volume_m3, temperature_c, power_active_kw, stream, _seq
    FROM readings JOIN points ON points.id = _point JOIN sources ON sources.id = _source"""


def held_by_influxdb(asking: Asking) -> Held:
    """Return what an InfluxDB holds."""
    held = Held()
    counters = {_key(row): row for row in asking.rows('SELECT * FROM "counters"."readings"')}
    gauges = {_key(row): row for row in asking.rows('SELECT * FROM "gauges"."readings"')}
    for plant, point, t_ms in counters.keys() | gauges.keys():
        key = (plant, point, t_ms)
        held.readings[plant, point].append(_reading(t_ms, counters.get(key, {}), gauges.get(key, {})))
    for row in asking.rows('SELECT * FROM "counters"."intervals" WHERE state > 0'):
        interval = Interval(row["time"] // MS_NS, row["end_ms"], row["amount"])
        held.intervals[row["plant"], row["point"], row["quantity"]].append(interval)
    for row in asking.rows('SELECT * FROM "counters"."journal"'):
        data = json.loads(row["data"])
        held.journal.append(Entry(row["entry_id"], row["kind"], row.get("plant") or "", row["time"] // MS_NS, data))
    return held


def _key(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["plant"], row["point"], row["time"] // MS_NS


def _reading(t_ms: int, counters: dict[str, Any], gauges: dict[str, Any]) -> Reading:
    source = counters or gauges
    return Reading(
        t_ms,
        counters.get("pulses__raw_i"),
        counters.get("energy_import_kwh__raw_i"),
        counters.get("volume_m3__raw_i"),
        counters.get("energy_import_kwh"),
        counters.get("volume_m3"),
        gauges.get("temperature_c"),
        gauges.get("power_active_kw"),
        source["_stream"],
        source["_seq"],
    )
