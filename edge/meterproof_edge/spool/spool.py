"""The spool itself: what goes in is there after a power cut, whole or not at all, and leaves on a receipt only.

What is *in doubt* (sent, without a receipt) is not written down: after a restart everything in this file has to be
sent again anyway, and a synchronous write for each PUBACK would buy nothing.
"""

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

from meterproof_core.errors import SettingsError, WireError
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
from meterproof_edge.instants import FAR_AHEAD_MS
from meterproof_edge.spool.bound import BATCH_OVERHEAD_BYTES, Tally, give_up_damaged, make_room, note_losses
from meterproof_edge.spool.file import SpoolFile
from meterproof_edge.spool.losses import holds_gauges
from meterproof_edge.spool.salvage import saved_messages
from meterproof_edge.spool.schema import SET_ASIDE, WAITING
from meterproof_edge.spool.soundness import NAMELESS, Spooled, checksum, sound

_log = logging.getLogger(__name__)

MIN_BYTES = 1 << 20
"""Smallest bound: what may be in doubt at a time has to fit in."""

_SAVED_AT_A_TIME = 64
_LOSSES_A_MESSAGE = 200  # names of 64 and a sentence each stay below 64 KiB
_FOR_EVER = 2**63 - 1


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
        self._max_bytes = max_bytes
        self._faults = faults or NoFaults()
        self._file = SpoolFile(path)
        self.stream: str = self._file.rows("SELECT stream FROM meta")[0][0]
        if self._file.aside is not None:
            self._take_over(self._file.aside)

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
        with self._file.transaction() as (connection, tally):
            numbers = []
            for groups in batches:
                seq = _next_seq(connection, tally)
                batch = Batch(VERSION, self.stream, seq, config, clock_state, list(groups))
                _store(connection, tally, _encoded(batch), gauges=holds_gauges(groups))
                numbers.append(seq)
            _move_cursors(connection, (group for groups in batches for group in groups))
            make_room(connection, tally, self._max_bytes)
            self._faults.reach("spool.mid_commit")
        return numbers

    def cursors(self) -> dict[str, int]:
        """Return the last acquisition instant that was stored of each metering point [ms since 1970-01-01 UTC]."""
        return dict(self._file.rows("SELECT point, last_ms FROM cursor"))

    def waiting(self, *, after: int = 0, until: int = _FOR_EVER, limit: int = 64) -> list[Spooled]:
        """Return messages to send with ``after < seq <= until``, oldest first."""
        rows = self._file.rows(
            "SELECT seq, kind, payload, crc FROM batch WHERE seq > ? AND seq <= ? AND state = ? ORDER BY seq LIMIT ?",
            (after, until, WAITING, limit),
        )
        return self._sound(rows)

    def read(self, seq: int) -> Spooled | None:
        """Return one message; None when it was stored meanwhile, given up, or damaged."""
        found = self._sound(self._file.rows("SELECT seq, kind, payload, crc FROM batch WHERE seq = ?", (seq,)))
        return found[0] if found else None

    def delete(self, ranges: Iterable[tuple[int, int]]) -> int:
        """Delete what a receipt answers, both ends of a range included; return how many messages went."""
        gone = 0
        with self._file.transaction() as (connection, tally):
            for first, last in ranges:
                rows = connection.execute(
                    "DELETE FROM batch WHERE seq BETWEEN ? AND ? RETURNING state, size",
                    (min(max(first, 0), _FOR_EVER), min(max(last, 0), _FOR_EVER)),
                ).fetchall()
                for state, size in rows:
                    tally.leave(state, size)
                gone += len(rows)
            if gone:
                self._faults.reach("spool.mid_delete")
        return gone

    def set_aside(self, seq: int) -> None:
        """Keep a message that nobody answers out of the way; it stays in the file and counts towards the bound."""
        with self._file.transaction() as (connection, tally):
            moved = connection.execute(
                "UPDATE batch SET state = ? WHERE seq = ? AND state = ?", (SET_ASIDE, seq, WAITING)
            ).rowcount
            tally.move(moved)

    def retry_set_aside(self) -> int:
        """Let what was set aside wait again; return how many messages that is."""
        with self._file.transaction() as (connection, tally):
            moved = connection.execute("UPDATE batch SET state = ? WHERE state = ?", (WAITING, SET_ASIDE)).rowcount
            tally.move(-moved)
        return moved

    def record_losses(self, lost: Iterable[LostRange]) -> None:
        """Write into the loss ledger what the agent had to give up elsewhere."""
        with self._file.transaction() as (connection, _):
            note_losses(connection, lost)

    def emit_losses(self) -> int | None:
        """Turn the loss ledger into a message to send and return its number; None when there is nothing to tell.

        While an earlier one still waits nothing is emitted, so that losses cannot fill the spool themselves.
        """
        if self._file.rows("SELECT 1 FROM batch WHERE kind = 'loss' LIMIT 1"):
            return None
        if not self._file.rows("SELECT 1 FROM loss LIMIT 1"):
            return None
        with self._file.transaction() as (connection, tally):
            rows = connection.execute(
                "DELETE FROM loss WHERE (point, reason) IN (SELECT point, reason FROM loss LIMIT ?) "
                "RETURNING point, first_ms, last_ms, samples, reason",
                (_LOSSES_A_MESSAGE,),
            ).fetchall()
            seq = _next_seq(connection, tally)
            payload = encode(Loss(VERSION, self.stream, seq, [LostRange(*row) for row in rows]))
            _store(connection, tally, Spooled(seq, MessageKind.LOSS, payload), gauges=False)
        return seq

    def counts(self) -> SpoolCounts:
        """Return what the spool holds."""
        tally = self._file.tally
        return SpoolCounts(tally.waiting, tally.set_aside, tally.bytes, tally.newest_seq)

    def close(self) -> None:
        """Let go of the file; nothing is lost without it."""
        self._file.close()

    def _sound(self, rows: Iterable[tuple[object, ...]]) -> list[Spooled]:
        """Return messages that are what was put in; the others are given up, and named as lost."""
        messages = []
        for row in rows:
            message = sound(*row)
            if message is not None:
                messages.append(message)
                continue
            _log.error("message %s of spool %s is damaged and given up", row[0], self.stream)
            with self._file.transaction() as (connection, tally):
                give_up_damaged(connection, tally, int(str(row[0])))
        return messages

    def _take_over(self, aside: Path) -> None:
        """Put what a damaged file still gives under new numbers, and say that the rest is lost."""
        saved = 0
        for (config, clock_state), alike in groupby(saved_messages(aside), _family):
            while told := list(islice(alike, _SAVED_AT_A_TIME)):
                saved += len(told)
                self.record_losses(lost for loss in told if isinstance(loss, Loss) for lost in loss.lost)
                batches = [batch.groups for batch in told if isinstance(batch, Batch)]
                self.append(batches, config=config, clock_state=clock_state)
        reason = f"spool damaged: kept as {aside.name}, {saved} messages saved from it, any others are lost"
        at_ms = aside.stat().st_mtime_ns // 1_000_000  # written to last: nobody knows more of what is gone
        self.record_losses([LostRange(NAMELESS, at_ms, at_ms, 0, reason)])
        _log.error("%s", reason)


def _family(told: Batch | Loss) -> tuple[str, ClockState]:
    """Return what messages have in common that one transaction can take over."""
    return ("", ClockState.SYNCED) if isinstance(told, Loss) else (told.config, told.clock)


def _encoded(batch: Batch) -> Spooled:
    payload = encode(batch)
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WireError(f"batch {batch.seq} has {len(payload)} bytes; at most {MAX_PAYLOAD_BYTES} are accepted")
    return Spooled(batch.seq, MessageKind.READINGS, payload)


def _next_seq(connection: sqlite3.Connection, tally: Tally) -> int:
    seq: int = connection.execute(
        "UPDATE meta SET next_seq = next_seq + 1, again = stream || ' ' || (next_seq + 1) RETURNING next_seq - 1"
    ).fetchall()[0][0]
    tally.newest_seq = seq
    return seq


def _store(connection: sqlite3.Connection, tally: Tally, message: Spooled, *, gauges: bool) -> None:
    size = len(message.payload) + BATCH_OVERHEAD_BYTES
    connection.execute(
        "INSERT INTO batch (seq, kind, state, gauges, size, payload, crc) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            message.seq,
            message.kind,
            WAITING,
            gauges,
            size,
            message.payload,
            checksum(message.seq, message.kind, message.payload),
        ),
    )
    tally.enter(size)


def _move_cursors(connection: sqlite3.Connection, groups: Iterable[Group]) -> None:
    """Move cursors on; one that lies far ahead was left behind by the poller and falls, lest each restart meets it."""
    connection.executemany(
        """INSERT INTO cursor VALUES (?, ?) ON CONFLICT (point) DO UPDATE SET last_ms =
        iif(last_ms - excluded.last_ms > ?, excluded.last_ms, max(last_ms, excluded.last_ms))""",
        [(group.point, group.t[-1], FAR_AHEAD_MS) for group in groups],
    )
