"""Short ways to write down samples, and readings in a form that compares by value whatever the adapter's arrays are."""

import math

from meterproof_core.storage import PlantGroup, ReadingColumns, ReadingsQuery
from meterproof_core.wire import Group

KWH = "energy_import_kwh"
KW = "power_active_kw"


def group(t, values, *, raw=None, q=(), point="boiler", plant="works", config="c1", seq=1, stream="s1"):
    """Return the samples of one point: `values` by quantity, `q` as (row, quantity, level, reason)."""
    names = list(values)
    flags = [(row, names.index(name), level, reason) for row, name, level, reason in q]
    samples = Group(point, names, list(t), [list(column) for column in values.values()], dict(raw or {}), flags)
    return PlantGroup(plant, "gw1", stream, seq, config, samples)


def query(start=0, end=10**15, *quantities, neighbours=0, point="boiler", plant="works"):
    return ReadingsQuery(plant, point, quantities or (KWH, KW), start, end, neighbours)


def plain(columns: ReadingColumns) -> dict:
    """Return readings as plain lists; NaN and absent registers become None."""
    return {
        "t": _items(columns.t_ms),
        "values": {
            name: [None if math.isnan(value) else value for value in _items(column)]
            for name, column in columns.values.items()
        },
        "raw": {
            name: [
                register if present else None
                for register, present in zip(_items(column.registers), column.present, strict=True)
            ]
            for name, column in columns.raw.items()
        },
        "flags": [(flag.row, flag.quantity, flag.level, flag.reason) for flag in columns.flags],
        "config": list(columns.config),
        "batch": list(zip(columns.stream, _items(columns.seq), strict=True)),
    }


def _items(column):
    return [element.item() if hasattr(element, "item") else element for element in column]
