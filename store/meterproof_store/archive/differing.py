"""Finds where a store parts from the archive that it was restored from, in instants, values, registers, flags. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from meterproof_store.pieces import IntervalsPiece, ReadingsPiece, Register
from meterproof_store.retention import is_gauge

Index = npt.NDArray[np.intp]
IntervalRow = tuple[int, int, float | None, float | None, float | None, bool]
_Flag = tuple[str, str]


@dataclass(slots=True)
class PointComparison:
    """The comparison of one metering point's readings, piece by piece in rising time.

    Parameters
    ----------
    may_age : bool
        Whether the store said that some readings are older than what it keeps: then gauges may be missing up to some
        instant, and from there on none.
    aged : int
        How many values are missing for that reason.
    """

    may_age: bool
    aged: int = 0
    _keeping: bool = field(default=False)

    def differences(self, told: ReadingsPiece, found: ReadingsPiece) -> Iterator[str]:
        """Yield what the store lacks or holds otherwise; what it holds besides is no difference.

        Parameters
        ----------
        told : ReadingsPiece
            From the archive.
        found : ReadingsPiece
            What the store answers for its period.
        """
        rows, places, missing = _matched(told, found)
        kept_from = self._kept_from(told, found)
        for row in missing.tolist():
            if row >= kept_from or _has_counter(told, row):
                yield f"instant {told.t[row]} is missing"
        for name in sorted({*told.values, *told.raw}):
            compared = rows >= kept_from if is_gauge(name) else np.ones(len(rows), dtype=bool)
            self.aged += _count(told.values.get(name), kept_from) if is_gauge(name) else 0
            yield from _values(name, told, found, (rows[compared], places[compared]))
            yield from _registers(name, told, found, (rows[compared], places[compared]))
        yield from _flags(told, found, dict(zip(rows.tolist(), places.tolist(), strict=True)), kept_from)
        yield from _batches(told, found, (rows, places))

    def _kept_from(self, told: ReadingsPiece, found: ReadingsPiece) -> int:
        """Return the first row whose gauges the store has to hold."""
        if not self.may_age or self._keeping:
            return 0
        held = [found.t[row] for name, column in found.values.items() if is_gauge(name) for row in _first(column)]
        held += [found.t[row] for row, name, _, _ in found.flags if is_gauge(name)]
        if not held:
            return len(told.t)
        self._keeping = True
        return int(np.searchsorted(told.t, min(held)))


def _matched(told: ReadingsPiece, found: ReadingsPiece) -> tuple[Index, Index, Index]:
    """Return rows of the archive with their places in the store's answer, and the rows that have none."""
    wanted, held = np.array(told.t, dtype=np.int64), np.array(found.t, dtype=np.int64)
    places = np.searchsorted(held, wanted)
    there = np.zeros(len(wanted), dtype=bool)
    inside = places < len(held)
    there[inside] = held[places[inside]] == wanted[inside]
    return np.flatnonzero(there), places[there], np.flatnonzero(~there)


def _has_counter(piece: ReadingsPiece, row: int) -> bool:
    held = [name for of in (piece.values, piece.raw) for name, column in of.items() if column[row] is not None]
    held += [name for at, name, _, _ in piece.flags if at == row]
    return not held or not all(map(is_gauge, held))


def _count(column: Sequence[float | None] | None, end: int) -> int:
    return 0 if column is None else sum(value is not None for value in column[:end])


def _first(column: Sequence[float | None]) -> list[int]:
    return [int(row) for row in np.flatnonzero(~np.isnan(np.array(column, dtype=np.float64)))[:1]]


def _values(name: str, told: ReadingsPiece, found: ReadingsPiece, at: tuple[Index, Index]) -> Iterator[str]:
    rows, places = at
    wanted = _column(told.values.get(name), len(told.t))[rows]
    held = _column(found.values.get(name), len(found.t))[places]
    for index in np.flatnonzero(~np.isnan(wanted) & (wanted != held)).tolist():
        yield f"{name} at {told.t[rows[index]]}: value {wanted[index]} in the archive, {held[index]} in the store"


def _column(values: Sequence[float | None] | None, rows: int) -> npt.NDArray[np.float64]:
    return np.full(rows, np.nan) if values is None else np.array(values, dtype=np.float64)


def _registers(name: str, told: ReadingsPiece, found: ReadingsPiece, at: tuple[Index, Index]) -> Iterator[str]:
    if name not in told.raw:
        return
    wanted = told.raw[name]
    held: Sequence[Register] = found.raw.get(name, [None] * len(found.t))
    for row, place in zip(at[0].tolist(), at[1].tolist(), strict=True):
        one, other = wanted[row], held[place]
        if one is not None and (one != other or type(one) is not type(other)):
            yield f"{name} at {told.t[row]}: register {one} in the archive, {other} in the store"


def _flags(told: ReadingsPiece, found: ReadingsPiece, places: dict[int, int], kept_from: int) -> Iterator[str]:
    held = {(row, name): (level, reason) for row, name, level, reason in found.flags}
    wanted: dict[tuple[int, str], _Flag] = {(row, name): (level, reason) for row, name, level, reason in told.flags}
    rows = {place: row for row, place in places.items()}
    asked = {*wanted, *((rows[place], name) for place, name in held if place in rows)}
    for row, name in sorted(asked):
        if row not in places or (is_gauge(name) and row < kept_from):
            continue
        one, other = wanted.get((row, name)), held.get((places[row], name))
        has_value = _at(told.values.get(name), row) is not None
        if one != other and (has_value or (one is not None and _at(found.values.get(name), places[row]) is None)):
            yield f"{name} at {told.t[row]}: flag {_said(one)} in the archive, {_said(other)} in the store"


def _at(column: Sequence[float | None] | None, row: int) -> float | None:
    value = None if column is None else column[row]
    return None if value is None or np.isnan(value) else value


def _said(flag: _Flag | None) -> str:
    return "none" if flag is None else f"{flag[0]} ({flag[1]})"


def _batches(told: ReadingsPiece, found: ReadingsPiece, at: tuple[Index, Index]) -> Iterator[str]:
    for row, place in zip(at[0].tolist(), at[1].tolist(), strict=True):
        one = (*told.sources[told.source[row]][1:], told.seq[row])
        other = (*found.sources[found.source[place]][1:], found.seq[place])
        if one != other:
            yield f"instant {told.t[row]}: stream, configuration and seq {one} in the archive, {other} in the store"


def interval_rows(piece: IntervalsPiece) -> list[IntervalRow]:
    """Return intervals by row, NaN as None, so that rows compare."""
    amount, first, last = (
        [_at(column, row) for row in range(len(column))]
        for column in (piece.amount, piece.register_start, piece.register_end)
    )
    return list(zip(piece.start, piece.end, amount, first, last, piece.span, strict=True))
