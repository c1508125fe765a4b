"""The spool itself: what goes in is there after a power cut, whole or not at all, and leaves on a receipt only.

What is *in doubt* (sent, without a receipt) is not written down: after a restart everything in this file has to be
sent again anyway, and a synchronous write for each PUBACK would buy nothing.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from meterproof_core.errors import SettingsError, StoreError, WireError
from meterproof_core.faults import FaultPoints, NoFaults
from meterproof_core.wire import (
    MAX_PAYLOAD_BYTES,
    VERSION,
    Batch,
    ClockState,
    Group,
    Loss,
    LostRange,
    MessageKind,
    encode,
)
from meterproof_edge.spool.bound import BATCH_OVERHEAD_BYTES, Tally, make_room, note_losses
from meterproof_edge.spool.losses import holds_gauges
from meterproof_edge.spool.schema import SET_ASIDE, WAITING, open_spool

MIN_BYTES = 1 << 20
"""Smallest bound: what may be in doubt at a time has to fit in."""

_LOSSES_A_MESSAGE = 200  # names of 64 and a sentence each stay below 64 KiB
_FOR_EVER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Spooled:
    """A message that waits in the spool: ``readings`` or ``loss``, encoded."""

    seq: int
    kind: MessageKind
    payload: bytes


@dataclass(frozen=True, slots=True)
class SpoolCounts:
    """What the spool holds.

    Parameters
    ----------
    waiting, set_aside : int
        Messages.
    bytes : int
        What counts towards the bound [byte].
    newest_seq : int
        The last number given out; 0 when none was.
    """

    waiting: int
    set_aside: int
    bytes: int
    newest_seq: int


class Spool:
    """A bounded file of batches, their numbers and the metering points' cursors; for use by several threads.

    Parameters
    ----------
    path : Path
        The file; made when there is none, moved aside when it is damaged.
    max_bytes : int
        Bound on what waits [byte]; at it the oldest gauges are given up first, then the oldest batches.
    faults : FaultPoints
        For kill tests.

    Raises
    ------
    SettingsError
        When the path cannot hold a spool or the bound is too small.
    """

    def __init__(self, path: Path, *, max_bytes: int, faults: FaultPoints | None = None) -> None:
        if max_bytes < MIN_BYTES:
            raise SettingsError(f"spool {path}: max_bytes {max_bytes} is too small; use {MIN_BYTES} or more")
        self._path = path
        self._max_bytes = max_bytes
        self._faults = faults or NoFaults()
        self._lock = threading.RLock()
        self._connection = open_spool(path)
        self.stream: str = self._connection.execute("SELECT stream FROM meta").fetchone()[0]
        self._tally = self._counted()

    def append(self, batches: Sequence[Sequence[Group]], *, config: str, clock_state: ClockState) -> list[int]:
        """Store batches and move the cursors of their points, in one synchronous transaction; return their numbers.

        Raises
        ------
        WireError
            When a batch is longer than the wire allows.
        StoreError
            When the file cannot be written; nothing is stored then.
        """
        if not batches:
            return []
        with self._transaction() as tally:
            numbers = [self._insert(list(groups), tally, config=config, clock=clock_state) for groups in batches]
            self._move_cursors(group for groups in batches for group in groups)
            make_room(self._connection, tally, self._max_bytes)
            self._faults.reach("spool.mid_commit")
        return numbers

    def cursors(self) -> dict[str, int]:
        """Return the last acquisition instant that was stored of each metering point [ms since 1970-01-01 UTC]."""
        return dict(self._rows("SELECT point, last_ms FROM cursor"))

    def waiting(self, *, after: int = 0, until: int = _FOR_EVER, limit: int = 64) -> list[Spooled]:
        """Return messages to send with ``after < seq <= until``, oldest first."""
        rows = self._rows(
            "SELECT seq, kind, payload FROM batch WHERE seq > ? AND seq <= ? AND state = ? ORDER BY seq LIMIT ?",
            (after, until, WAITING, limit),
        )
        return [Spooled(seq, MessageKind(kind), payload) for seq, kind, payload in rows]

    def read(self, seq: int) -> Spooled | None:
        """Return one message; None when it was stored meanwhile, or given up."""
        for kind, payload in self._rows("SELECT kind, payload FROM batch WHERE seq = ?", (seq,)):
            return Spooled(seq, MessageKind(kind), payload)
        return None

    def delete(self, ranges: Iterable[tuple[int, int]]) -> int:
        """Delete what a receipt answers, both ends of a range included; return how many messages went."""
        gone = 0
        with self._transaction() as tally:
            for first, last in ranges:
                rows = self._connection.execute(
                    "DELETE FROM batch WHERE seq BETWEEN ? AND ? RETURNING state, size",
                    (min(max(first, 0), _FOR_EVER), min(max(last, 0), _FOR_EVER)),
                ).fetchall()
                for state, size in rows:
                    tally.leave(state, size)
                gone += len(rows)
        return gone

    def set_aside(self, seq: int) -> None:
        """Keep a message that nobody answers out of the way; it stays in the file and counts towards the bound."""
        with self._transaction() as tally:
            moved = self._connection.execute(
                "UPDATE batch SET state = ? WHERE seq = ? AND state = ?", (SET_ASIDE, seq, WAITING)
            ).rowcount
            tally.move(moved)

    def retry_set_aside(self) -> int:
        """Let what was set aside wait again; return how many messages that is."""
        with self._transaction() as tally:
            moved = self._connection.execute(
                "UPDATE batch SET state = ? WHERE state = ?", (WAITING, SET_ASIDE)
            ).rowcount
            tally.move(-moved)
        return moved

    def record_losses(self, lost: Iterable[LostRange]) -> None:
        """Write into the loss ledger what the agent had to give up elsewhere."""
        with self._transaction():
            note_losses(self._connection, lost)

    def emit_losses(self) -> int | None:
        """Turn the loss ledger into a message to send and return its number; None when there is nothing to tell.

        While an earlier one still waits nothing is emitted, so that losses cannot fill the spool themselves.
        """
        if self._rows("SELECT 1 FROM batch WHERE kind = 'loss' LIMIT 1"):
            return None
        if not self._rows("SELECT 1 FROM loss LIMIT 1"):
            return None
        with self._transaction() as tally:
            rows = self._connection.execute(
                "DELETE FROM loss WHERE (point, reason) IN (SELECT point, reason FROM loss LIMIT ?) "
                "RETURNING point, first_ms, last_ms, samples, reason",
                (_LOSSES_A_MESSAGE,),
            ).fetchall()
            seq = self._next_seq(tally)
            payload = encode(Loss(VERSION, self.stream, seq, [LostRange(*row) for row in rows]))
            self._store(Spooled(seq, MessageKind.LOSS, payload), tally, gauges=False)
        return seq

    def counts(self) -> SpoolCounts:
        """Return what the spool holds."""
        with self._lock:
            tally = self._tally
            return SpoolCounts(tally.waiting, tally.set_aside, tally.bytes, tally.newest_seq)

    def close(self) -> None:
        """Let go of the file; nothing is lost without it."""
        with self._lock:
            self._connection.close()

    def _insert(self, groups: list[Group], tally: Tally, *, config: str, clock: ClockState) -> int:
        seq = self._next_seq(tally)
        payload = encode(Batch(VERSION, self.stream, seq, config, clock, groups))
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise WireError(f"batch {seq} has {len(payload)} bytes; at most {MAX_PAYLOAD_BYTES} are accepted")
        self._store(Spooled(seq, MessageKind.READINGS, payload), tally, gauges=holds_gauges(groups))
        return seq

    def _next_seq(self, tally: Tally) -> int:
        seq: int = self._connection.execute(
            "UPDATE meta SET next_seq = next_seq + 1 RETURNING next_seq - 1"
        ).fetchone()[0]
        tally.newest_seq = seq
        return seq

    def _store(self, message: Spooled, tally: Tally, *, gauges: bool) -> None:
        size = len(message.payload) + BATCH_OVERHEAD_BYTES
        self._connection.execute(
            "INSERT INTO batch (seq, kind, state, gauges, size, payload) VALUES (?, ?, ?, ?, ?, ?)",
            (message.seq, message.kind, WAITING, gauges, size, message.payload),
        )
        tally.enter(size)

    def _move_cursors(self, groups: Iterable[Group]) -> None:
        self._connection.executemany(
            "INSERT INTO cursor VALUES (?, ?) "
            "ON CONFLICT (point) DO UPDATE SET last_ms = max(last_ms, excluded.last_ms)",
            [(group.point, group.t[-1]) for group in groups],
        )

    def _rows(self, query: str, values: tuple[int, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, self._translated():
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[Tally]:
        with self._lock, self._translated():
            tally = replace(self._tally)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield tally
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._tally = tally

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"spool {self._path}: {error}; see that the disk is sound and has room") from error

    def _counted(self) -> Tally:
        newest = self._connection.execute("SELECT next_seq - 1 FROM meta").fetchone()[0]
        tally = Tally(newest_seq=newest)
        for state, size in self._connection.execute("SELECT state, size FROM batch"):
            tally.enter(size)
            tally.move(int(state == SET_ASIDE))
        return tally
