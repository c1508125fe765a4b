"""Counts and checksums of what passes by, piece by piece, the same however it is cut into pieces.

Each sum runs over rows in one fixed order: readings in rising time, intervals and journal from the newest backwards,
the way in which they can be walked. Of entries of one millisecond the id decides: stores may keep another order.
"""

import hashlib
import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from meterproof_store.archive.manifest import KindEntry, PointEntry, QuantityEntry, SeriesEntry
from meterproof_store.pieces import EntryPiece, IntervalsPiece, ReadingsPiece, Register

Int64s = npt.NDArray[np.int64]
_MIN_I64, _MAX_I64 = -(2**63), 2**63 - 1


class _Sum:
    """A running SHA-256 over rows of 64-bit numbers or over lines of text."""

    def __init__(self) -> None:
        self.rows = 0
        self._sha = hashlib.sha256()

    def add(self, *columns: npt.NDArray[np.generic]) -> None:
        """Take in rows, whose columns are 64-bit integers or doubles."""
        self.rows += len(columns[0])
        rows = np.empty((len(columns[0]), len(columns)), dtype="<i8")
        for place, column in enumerate(columns):
            rows[:, place] = column.view(np.int64) if column.dtype == np.float64 else column
        self._sha.update(rows.tobytes())

    def add_text(self, *parts: object) -> None:
        """Take in one row as text."""
        self.rows += 1
        self._sha.update(msgspec.json.encode(parts, order="deterministic") + b"\n")

    @property
    def digest(self) -> bytes:
        """The sum so far."""
        return self._sha.digest()


class _Instants:
    """The first and last instant that passed by."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.last: int | None = None

    def add(self, first: int, last: int) -> None:
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)


class _QuantityTally:
    def __init__(self) -> None:
        self.instants = _Instants()
        self.values = _Sum()
        self.integers, self.floats, self.large = _Sum(), _Sum(), _Sum()
        self.flags = _Sum()

    def add_values(self, t: Int64s, values: Sequence[float | None]) -> None:
        column = np.array(values, dtype=np.float64) + 0.0  # and so no -0.0, which not every store keeps
        there = ~np.isnan(column)
        self.values.add(t[there], column[there])
        self._saw(t[there])

    def add_registers(self, t: Int64s, registers: Sequence[Register]) -> None:
        kinds = np.array([_kind(register) for register in registers])
        for kind, dtype, total in (("i", np.int64, self.integers), ("f", np.float64, self.floats)):
            rows = np.flatnonzero(kinds == kind)
            total.add(t[rows], np.array([registers[row] for row in rows.tolist()], dtype=dtype))
        for row in np.flatnonzero(kinds == "u").tolist():
            self.large.add_text(int(t[row]), registers[row])
        self._saw(t[kinds != ""])

    def add_flag(self, t: int, level: str, reason: str) -> None:
        self.flags.add_text(t, level, reason)
        self.instants.add(t, t)

    def _saw(self, t: Int64s) -> None:
        if len(t):
            self.instants.add(int(t[0]), int(t[-1]))

    def entry(self, quantity: str) -> QuantityEntry:
        sums = (self.values, self.integers, self.floats, self.large, self.flags)
        return QuantityEntry(
            quantity=quantity,
            values=self.values.rows,
            raw=self.integers.rows + self.floats.rows + self.large.rows,
            flags=self.flags.rows,
            first_ms=self.instants.first,
            last_ms=self.instants.last,
            checksum=_joined(*(total.digest for total in sums)),
        )


def _kind(register: Register) -> str:
    if register is None:
        return ""
    if isinstance(register, float):
        return "f"
    return "i" if _MIN_I64 <= register <= _MAX_I64 else "u"


class PointTally:
    """The tally of one metering point's readings."""

    def __init__(self) -> None:
        self._rows = _Sum()
        self._instants = _Instants()
        self._sources: dict[tuple[str, str], int] = {}
        self._quantities: dict[str, _QuantityTally] = {}

    def add(self, piece: ReadingsPiece) -> None:
        """Take in readings that follow on those before."""
        if not piece.t:
            return
        t = np.array(piece.t, dtype=np.int64)
        self._instants.add(piece.t[0], piece.t[-1])
        named = [(stream, config) for _, stream, config in piece.sources]
        numbers = np.array([self._sources.setdefault(named[place], len(self._sources)) for place in piece.source])
        self._rows.add(t, numbers, np.array(piece.seq, dtype=np.int64))
        for name, values in piece.values.items():
            self._of(name).add_values(t, values)
        for name, registers in piece.raw.items():
            self._of(name).add_registers(t, registers)
        for row, name, level, reason in piece.flags:
            self._of(name).add_flag(piece.t[row], level, reason)

    def _of(self, quantity: str) -> _QuantityTally:
        return self._quantities.setdefault(quantity, _QuantityTally())

    @property
    def rows(self) -> int:
        """How many rows were taken in."""
        return self._rows.rows

    def entry(self, plant: str, point: str) -> PointEntry:
        """Return the account of all that was taken in."""
        return PointEntry(
            plant=plant,
            point=point,
            rows=self._rows.rows,
            first_ms=self._instants.first,
            last_ms=self._instants.last,
            checksum=_joined(self._rows.digest, msgspec.json.encode(list(self._sources))),
            quantities=[self._quantities[name].entry(name) for name in sorted(self._quantities)],
        )


class SeriesTally:
    """The tally of one series of intervals."""

    def __init__(self) -> None:
        self._rows = _Sum()
        self._spans = 0
        self._instants = _Instants()

    def add(self, piece: IntervalsPiece) -> None:
        """Take in intervals, rising inside the piece, all of them earlier than those before."""
        if not piece.start:
            return
        floats = (piece.amount, piece.register_start, piece.register_end)
        whole = [np.array(column, dtype=np.int64)[::-1] for column in (piece.start, piece.end, piece.span)]
        self._rows.add(*whole, *(_canonical(column)[::-1] for column in floats))
        self._spans += sum(piece.span)
        self._instants.add(piece.start[0], piece.end[-1])

    @property
    def rows(self) -> int:
        """How many intervals were taken in."""
        return self._rows.rows

    def entry(self, plant: str, point: str, quantity: str) -> SeriesEntry:
        """Return the account of all that was taken in."""
        instants = self._instants
        return SeriesEntry(
            plant,
            point,
            quantity,
            self._rows.rows,
            self._spans,
            instants.first,
            instants.last,
            _joined(self._rows.digest),
        )


class JournalTally:
    """The tally of a journal, by kind."""

    def __init__(self) -> None:
        self._kinds: dict[str, tuple[_Sum, _Instants]] = {}

    def add(self, entries: Sequence[EntryPiece]) -> None:
        """Take in entries, all of them earlier than those before; those of one millisecond come together."""
        for entry in sorted(entries, key=lambda entry: (entry.at_ms, entry.id), reverse=True):
            rows, instants = self._kinds.setdefault(str(entry.kind), (_Sum(), _Instants()))
            rows.add_text(entry.at_ms, entry.id, entry.plant, entry.data)
            instants.add(entry.at_ms, entry.at_ms)

    def entries(self) -> list[KindEntry]:
        """Return the account of all that was taken in."""
        return [
            KindEntry(kind, rows.rows, instants.first, instants.last, _joined(rows.digest))
            for kind, (rows, instants) in sorted(self._kinds.items())
        ]


def _canonical(values: Sequence[float | None]) -> npt.NDArray[np.float64]:
    column = np.array(values, dtype=np.float64) + 0.0
    column[np.isnan(column)] = math.nan  # one NaN of the many that there are
    return column


def _joined(*digests: bytes) -> str:
    return hashlib.sha256(b"".join(digests)).hexdigest()
