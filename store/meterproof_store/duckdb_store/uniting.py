"""What becomes of a row that is written again: a union of fields in which the last write wins. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np

from meterproof_store.duckdb_store.columns import RAW_TYPES, Array, raw_column, value_column
from meterproof_store.duckdb_store.incoming import Flags, Rows


@dataclass(frozen=True, slots=True)
class United:
    """Stored rows after a write.

    Parameters
    ----------
    columns : dict of column name to ndarray, length n
        All that the write could change; masked where NULL.
    changed : ndarray of bool, length n
        Whether anything differs from what is stored.
    """

    columns: dict[str, Array]
    changed: Array


def quality_text(flags: Flags) -> str | None:
    """Return flags as they are stored; None when there are none."""
    return json.dumps(flags, sort_keys=True, separators=(",", ":")) if flags else None


def flags_of(text: str | None) -> Flags:
    """Return flags from what is stored; the reverse of `quality_text`."""
    return {name: (level, reason) for name, (level, reason) in json.loads(text).items()} if text else {}


def quality_texts(column: Array) -> Array:
    """Return a fetched quality column with None where NULL."""
    texts = np.array(np.ma.getdata(column), dtype=object)
    texts[np.ma.getmaskarray(column)] = None
    return texts


def unite(stored: Mapping[str, Array], incoming: Rows) -> United:
    """Return the union of stored rows and the same points and instants written again.

    Parameters
    ----------
    stored : mapping of column name to ndarray, length n
        Every column of the incoming quantities that the table has, ``_source``, ``_seq`` and ``_quality``.
    incoming : Rows, length n
        Row by row the same keys.
    """
    columns: dict[str, Array] = {"_source": incoming.source, "_seq": incoming.seq}
    for name, values in incoming.values.items():
        column = value_column(name)
        columns[column] = _last(stored[column], np.ma.masked_invalid(values))
    for name, registers in incoming.raw.items():
        columns.update(_united_raw(name, stored, registers))
    columns["_quality"] = _united_quality(stored, columns, incoming)
    differing = [_differs(column, stored[name]) for name, column in columns.items()]
    return United(columns, reduce(np.logical_or, differing))


def _last(stored: Array, written: Array) -> Array:
    return np.ma.where(np.ma.getmaskarray(written), stored, written)  # type: ignore[no-any-return, no-untyped-call]


def _united_raw(name: str, stored: Mapping[str, Array], registers: Mapping[str, Array]) -> dict[str, Array]:
    """Unite one counter's registers; a new register of one type clears an old one of another."""
    if not registers:
        return {}
    written = reduce(np.logical_or, [~np.ma.getmaskarray(column) for column in registers.values()])
    united = {}
    for kind in RAW_TYPES:
        column = raw_column(name, kind)
        if column in stored:
            cleared = np.ma.masked_array(stored[column], mask=np.ma.getmaskarray(stored[column]) | written)
            united[column] = _last(cleared, registers[kind]) if kind in registers else cleared
    return united


def _united_quality(stored: Mapping[str, Array], united: Mapping[str, Array], incoming: Rows) -> Array:
    texts = quality_texts(stored["_quality"])
    for row in {*np.flatnonzero(texts != None).tolist(), *incoming.flags}:  # noqa: E711 elementwise
        flags = flags_of(texts[row])
        for name, values in incoming.values.items():
            if not np.isnan(values[row]):
                flags.pop(name, None)
        for name, flag in incoming.flags.get(row, {}).items():
            held = not np.ma.getmaskarray(united[value_column(name)])[row]
            if not held or not np.isnan(incoming.values[name][row]):
                flags[name] = flag
        texts[row] = quality_text(flags)
    return np.ma.masked_array(texts, mask=texts == None)  # noqa: E711 elementwise


def _differs(left: Array, right: Array) -> Array:
    left_absent, right_absent = np.ma.getmaskarray(left), np.ma.getmaskarray(right)
    unequal = np.ma.getdata(left) != np.ma.getdata(right)
    return (left_absent != right_absent) | (~left_absent & ~right_absent & unequal)  # type: ignore[no-any-return]
