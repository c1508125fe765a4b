"""What a write brings, arranged for few, large statements: by points and quantities alike, old and new apart. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from meterproof_core.errors import StoreRefusedError
from meterproof_core.storage import PlantGroup
from meterproof_core.wire import Group
from meterproof_store.duckdb_store.columns import Array, raw_arrays, value_array

Flags = dict[str, tuple[str, str]]
T = TypeVar("T")
Signature = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Placed:
    """A group with the numbers of its point and its source."""

    point: int
    source: int
    item: PlantGroup


@dataclass(frozen=True, slots=True)
class Arranged:
    """A write's groups in lots of equal quantities.

    Parameters
    ----------
    fresh : list of lots
        Later than all that the store and this write held of their points before: they can only be new rows.
    known_range : list of lots
        The others, in an order that keeps "last write wins"; they may meet rows that are there.
    """

    fresh: list[list[Placed]]
    known_range: list[list[Placed]]


def arrange(placed: Iterable[Placed], newest: Mapping[int, int]) -> Arranged:
    """Return a write's groups in lots.

    Parameters
    ----------
    placed : iterable of Placed
        In the order in which they were written.
    newest : mapping of point to int
        Latest stored instant of each point [ms since 1970-01-01 UTC].
    """
    fresh: dict[Signature, list[Placed]] = defaultdict(list)
    met: dict[tuple[int, Signature], list[Placed]] = defaultdict(list)
    step: dict[int, tuple[int, Signature]] = {}
    latest: dict[int, int] = {}
    for each in placed:
        group = each.item.group
        if not group.t:
            continue
        signature = (tuple(group.quantities), tuple(group.raw))
        before = latest.get(each.point, newest.get(each.point))
        if before is None or group.t[0] > before:
            fresh[signature].append(each)
        else:
            count, last = step.get(each.point, (0, signature))
            step[each.point] = (count + (last != signature), signature)
            met[step[each.point]].append(each)
        latest[each.point] = max(group.t[-1], group.t[-1] if before is None else before)
    return Arranged(list(fresh.values()), [met[key] for key in sorted(met, key=lambda key: key[0])])


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of equal quantities, by column.

    Parameters
    ----------
    point, source : ndarray of int32, length n
        Numbers of the metering point and of where the row came from.
    t_ms, seq : ndarray of int64, length n
        Acquisition instant [ms since 1970-01-01 UTC] and the batch's number.
    values : dict of quantity to ndarray of float64, length n
        Canonical units; NaN where missing.
    raw : dict of quantity to dict of type to ndarray, length n
        Raw registers by type, masked where absent (`columns.raw_arrays`).
    flags : dict of row to flags
        Sparse quality.
    """

    point: Array
    source: Array
    t_ms: npt.NDArray[np.int64]
    seq: Array
    values: dict[str, npt.NDArray[np.float64]]
    raw: dict[str, dict[str, Array]]
    flags: dict[int, Flags]

    def __len__(self) -> int:
        return len(self.t_ms)

    def take(self, index: Array) -> "Rows":
        """Return some of the rows, in the order of `index`."""
        return Rows(
            point=self.point[index],
            source=self.source[index],
            t_ms=self.t_ms[index],
            seq=self.seq[index],
            values={name: column[index] for name, column in self.values.items()},
            raw={name: {kind: column[index] for kind, column in of.items()} for name, of in self.raw.items()},
            flags={new: self.flags[old] for new, old in enumerate(index.tolist()) if old in self.flags},
        )


def rows_of(lot: Sequence[Placed]) -> Rows:
    """Return a lot's samples by column.

    Raises
    ------
    StoreRefusedError
        When an instant, a number or a register does not fit 64 bits.
    """
    groups = [each.item.group for each in lot]
    lengths = [len(group.t) for group in groups]
    try:
        return Rows(
            point=np.repeat(np.array([each.point for each in lot], dtype=np.int32), lengths),
            source=np.repeat(np.array([each.source for each in lot], dtype=np.int32), lengths),
            t_ms=np.array(_joined(group.t for group in groups), dtype=np.int64),
            seq=np.repeat(np.array([each.item.seq for each in lot], dtype=np.int64), lengths),
            values={
                name: value_array(_joined(group.values[column] for group in groups))
                for column, name in enumerate(groups[0].quantities)
            },
            raw={name: raw_arrays(_joined(group.raw[name] for group in groups)) for name in groups[0].raw},
            flags=_flags(groups, lengths),
        )
    except OverflowError as error:
        points = ", ".join(sorted({group.point for group in groups})[:5])
        raise StoreRefusedError(
            f"an instant or a seq of {points} does not fit 64 bits ({error}); nothing is stored"
        ) from None


def _joined(parts: Iterable[Sequence[T]]) -> list[T]:
    return list(chain.from_iterable(parts))


def _flags(groups: Sequence[Group], lengths: Sequence[int]) -> dict[int, Flags]:
    found: dict[int, Flags] = defaultdict(dict)
    offset = 0
    for group, length in zip(groups, lengths, strict=True):
        for row, column, level, reason in group.q:
            found[offset + row][group.quantities[column]] = (level, reason)
        offset += length
    return dict(found)


def passes(rows: Rows) -> list[Rows]:
    """Return rows in passes in which no point and instant occurs twice, each occurrence in its order."""
    order = np.lexsort((rows.t_ms, rows.point))
    point, t_ms = rows.point[order], rows.t_ms[order]
    starts = np.flatnonzero(np.r_[True, (point[1:] != point[:-1]) | (t_ms[1:] != t_ms[:-1])])
    if len(starts) == len(rows):
        return [rows]
    rank = np.empty(len(rows), dtype=np.int64)
    lengths = np.diff(np.r_[starts, len(rows)])
    rank[order] = np.arange(len(rows)) - np.repeat(starts, lengths)
    return [rows.take(np.flatnonzero(rank == occurrence)) for occurrence in range(int(rank.max()) + 1)]
