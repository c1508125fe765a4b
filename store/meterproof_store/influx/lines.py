"""Turns samples into line protocol, by column: the hot path of the collector. Pure but for what `standing` remembers.

A group whose columns are all there and all good, as nearly all are, becomes its lines by one C-level formatting a row.
Whatever is missing, flagged or contradicts something takes the longer way below, column by column all the same.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite, isnan
from typing import Any

import msgspec

from meterproof_core.errors import StoreRefusedError
from meterproof_core.storage import PlantGroup
from meterproof_core.wire import Group
from meterproof_store.influx.influxql import field_text
from meterproof_store.influx.registers import RawTexts, raw_texts
from meterproof_store.influx.schema import (
    ALONE,
    CONFIG,
    FLAG,
    GATEWAY,
    MAX_MS,
    MIN_MS,
    MISSING,
    QUALITY,
    READINGS,
    SEQ,
    STREAM,
    Policy,
    checked_id,
    policy_of,
    value_field,
)
from meterproof_store.influx.standing import Standing

_MOST_SEQ = 2**63 - 1
_ENCODER = msgspec.json.Encoder()
_NUMERALS = b"0123456789+-.e,"


@dataclass(frozen=True, slots=True)
class _Value:
    """Where a quantity's values stand in a group, and its fields."""

    column: int
    quantity: str
    field: str
    flag: str


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a group belongs to one policy.

    Parameters
    ----------
    policy : Policy
        Where it is kept.
    values : tuple of _Value
        Of the quantities.
    raw : tuple of str
        Quantities that have raw registers.
    template : str
        The fields of the values, to be formatted.
    alone : str
        A field that says that the group has no counters, or nothing.
    """

    policy: Policy
    values: tuple[_Value, ...]
    raw: tuple[str, ...]
    template: str
    alone: str


@lru_cache(maxsize=4096)
def _parts(quantities: tuple[str, ...], raw: tuple[str, ...]) -> tuple[_Part, ...]:
    policies = [policy for policy in Policy if any(policy_of(name) is policy for name in (*quantities, *raw))]
    found = []
    for policy in policies:
        values = tuple(
            _Value(column, name, value_field(name), f"{name}{FLAG}")
            for column, name in enumerate(quantities)
            if policy_of(name) is policy
        )
        found.append(
            _Part(
                policy,
                values,
                tuple(name for name in raw if policy_of(name) is policy),
                "".join(f",{value.field}=%s" for value in values),
                f",{ALONE}=true" if policies == [Policy.GAUGES] else "",
            )
        )
    return tuple(found)


@lru_cache(maxsize=8192)
def _head(plant: str, point: str, source: tuple[str, str, str]) -> str:
    """Return how every line of a point's batch begins, ready to be the beginning of a template."""
    fields = zip((CONFIG, GATEWAY, STREAM), source, strict=True)
    told = ",".join(f"{name}={field_text(value)}" for name, value in fields)
    head = f"{READINGS},plant={checked_id('plant', plant)},point={checked_id('point', point)} {told}"
    return head.replace("%", "%%")


def reading_blocks(item: PlantGroup, standing: Standing) -> Iterator[tuple[Policy, str]]:
    """Yield a group's lines, those of counters first; instants are in ms.

    Parameters
    ----------
    item : PlantGroup
        The samples.
    standing : Standing
        What may stand of the metering point.

    Raises
    ------
    StoreRefusedError
        Naming the point, when a name, an instant or a number cannot be stored.
    """
    group = item.group
    if not group.t:
        return
    if not (0 <= item.seq <= _MOST_SEQ and min(group.t) >= MIN_MS and max(group.t) <= MAX_MS):
        raise StoreRefusedError(
            f"{item.plant}/{group.point}: seq {item.seq} or an instant of {group.t[0]} to {group.t[-1]} "
            "does not fit 64 bits in ns"
        )
    head = f"{_head(item.plant, group.point, (item.config, item.gateway, item.stream))},{SEQ}={item.seq}i"
    for part in _parts(tuple(group.quantities), tuple(group.raw)):
        raw = [raw_texts(name, group.raw[name], group.t, standing) for name in part.raw]
        lines = _clean_lines(head, part, group, (raw, standing)) or _other_lines(head, part, group, (raw, standing))
        yield part.policy, "\n".join(lines)


_Besides = tuple[Sequence[RawTexts], Standing]


def _clean_lines(head: str, part: _Part, group: Group, besides: _Besides) -> Sequence[str] | None:
    """Return the lines of columns in which everything is there and good and contradicts nothing; None for others."""
    raw, standing = besides
    first_ms = group.t[0]
    if (
        group.q
        or any(texts.template is None for texts in raw)
        or any(standing.until(value.flag) >= first_ms for value in part.values)
    ):
        return None
    columns: list[Sequence[Any]] = []
    for value in part.values:
        texts = _number_texts(group.values[value.column])
        if texts is None:
            return None
        columns.append(texts)
    template = f"{head}{part.alone}{part.template}{''.join(each.template or '' for each in raw)} %d"
    columns += [each.column for each in raw]
    return list(map(template.__mod__, zip(*columns, group.t, strict=True)))


def _number_texts(column: Sequence[float | None]) -> list[str] | None:
    """Return the shortest text of each number that gives it back exactly; None when something is no finite number.

    A JSON encoder writes a whole column four times as fast as `repr` writes its numbers, and the same texts.
    """
    try:
        text = _ENCODER.encode(column)[1:-1]
    except TypeError:
        return None  # numbers of another library
    return None if text.translate(None, _NUMERALS) else text.decode().split(",")


def _other_lines(head: str, part: _Part, group: Group, besides: _Besides) -> Sequence[str]:
    raw, standing = besides
    flags = {(row, column): (level, reason) for row, column, level, reason in group.q}
    texts: list[Sequence[str]] = [[f"{head % ()}{part.alone}"] * len(group.t)]
    texts += [_value_texts(value, group, flags, standing) for value in part.values]
    texts += [each.texts for each in raw]
    if flags:
        texts.append(_quality_texts(part, group, flags))
    texts.append([f" {t}" for t in group.t])
    return list(map("".join, zip(*texts, strict=True)))


_Flags = dict[tuple[int, int], tuple[str, str]]


def _value_texts(value: _Value, group: Group, flags: _Flags, standing: Standing) -> list[str]:
    """Return the fields that a quantity has in each row: the value, and what there is to say of it."""
    found = []
    stands_until = standing.until(value.flag)
    for row, number in enumerate(group.values[value.column]):
        flag = flags.get((row, value.column))
        if number is None or isnan(number):
            found.append("" if flag is None else f",{value.quantity}{MISSING}={_json(flag)}")
            continue
        text = f",{value.field}={_finite(value.quantity, number)!r}"
        if flag is not None:
            text += f",{value.flag}={_json([*flag, float(number)])}"
            standing.wrote(value.flag, group.t[row])
        elif group.t[row] <= stands_until:
            text += f',{value.flag}=""'
        found.append(text)
    return found


def _finite(quantity: str, number: float) -> float:
    value = float(number)
    if not isfinite(value):
        raise StoreRefusedError(f"{quantity} {number} is not finite; leave it out and say why")
    return value


def _quality_texts(part: _Part, group: Group, flags: _Flags) -> list[str]:
    by_row: dict[int, dict[str, tuple[str, str]]] = {}
    of_part = {value.column for value in part.values}
    for (row, column), flag in flags.items():
        if column in of_part:
            by_row.setdefault(row, {})[group.quantities[column]] = flag
    return [f",{QUALITY}={_json(by_row[row])}" if row in by_row else "" for row in range(len(group.t))]


def _json(value: object) -> str:
    return field_text(json.dumps(value, separators=(",", ":")))
