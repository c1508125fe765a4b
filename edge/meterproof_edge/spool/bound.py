"""Keeping the spool below its bound: the oldest gauges go before any counter, then the oldest batches go whole.

Every drop is written into the loss ledger in the transaction that makes it.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from meterproof_core.wire import Batch, LostRange, MessageKind, decode, encode
from meterproof_edge.spool.losses import SAMPLES_GIVEN_UP, lost_ranges, merged, without_gauges
from meterproof_edge.spool.schema import SET_ASIDE
from meterproof_edge.spool.soundness import checksum, losses_of, sound

BATCH_OVERHEAD_BYTES = 128
"""What a message costs in the file beside its payload: row, keys, share of a page [byte]."""


@dataclass(slots=True)
class Tally:
    """What the file holds, counted along so that nobody has to ask it."""

    waiting: int = 0
    set_aside: int = 0
    bytes: int = 0
    newest_seq: int = 0

    def enter(self, size: int) -> None:
        """Count a new message that waits."""
        self.waiting += 1
        self.bytes += size

    def leave(self, state: int, size: int) -> None:
        """Count a message out."""
        self.bytes -= size
        if state == SET_ASIDE:
            self.set_aside -= 1
        else:
            self.waiting -= 1

    def move(self, messages: int) -> None:
        """Count messages as set aside; a negative number comes back."""
        self.waiting -= messages
        self.set_aside += messages


def make_room(connection: sqlite3.Connection, tally: Tally, max_bytes: int) -> None:
    """Give up the oldest until the bound holds; runs inside the caller's transaction."""
    lost: list[LostRange] = []
    while tally.bytes > max_bytes:
        gone = _give_up_gauges(connection, tally)
        if gone is None:
            gone = _give_up_batch(connection, tally)
        if gone is None:
            break  # only loss messages are left
        lost.extend(gone)
    note_losses(connection, lost)


def note_losses(connection: sqlite3.Connection, lost: Iterable[LostRange]) -> None:
    """Write ranges into the loss ledger, joined by point and reason."""
    connection.executemany(
        """INSERT INTO loss (point, reason, first_ms, last_ms, samples) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (point, reason) DO UPDATE SET first_ms = min(first_ms, excluded.first_ms),
        last_ms = max(last_ms, excluded.last_ms), samples = samples + excluded.samples""",
        [(one.point, one.reason, one.first_ms, one.last_ms, one.samples) for one in merged(lost)],
    )


def _give_up_gauges(connection: sqlite3.Connection, tally: Tally) -> list[LostRange] | None:
    row = connection.execute(
        "SELECT seq, state, size, payload, crc FROM batch WHERE gauges = 1 ORDER BY seq LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    seq, state, size, payload, crc = row
    batch = _batch(seq, payload, crc)
    if batch is None:
        _delete(connection, tally, (seq, state, size))
        return losses_of(payload)
    left, lost = without_gauges(batch)
    if not left.groups:
        _delete(connection, tally, (seq, state, size))
        return lost
    shorter = encode(left)
    new_size = len(shorter) + BATCH_OVERHEAD_BYTES
    connection.execute(
        "UPDATE batch SET payload = ?, size = ?, gauges = 0, crc = ? WHERE seq = ?",
        (shorter, new_size, checksum(seq, MessageKind.READINGS, shorter), seq),
    )
    tally.bytes += new_size - size
    return lost


def _give_up_batch(connection: sqlite3.Connection, tally: Tally) -> list[LostRange] | None:
    row = connection.execute(
        "SELECT seq, state, size, payload, crc FROM batch WHERE kind = ? ORDER BY seq LIMIT 1", (MessageKind.READINGS,)
    ).fetchone()
    if row is None:
        return None
    seq, state, size, payload, crc = row
    batch = _batch(seq, payload, crc)
    _delete(connection, tally, (seq, state, size))
    return losses_of(payload) if batch is None else lost_ranges(batch.groups, SAMPLES_GIVEN_UP)


def give_up_damaged(connection: sqlite3.Connection, tally: Tally, seq: int) -> None:
    """Take a message out that is not what was put in, and name it as lost; runs inside the caller's transaction."""
    row = connection.execute("SELECT state, size, payload FROM batch WHERE seq = ?", (seq,)).fetchone()
    if row is not None:
        _delete(connection, tally, (seq, row[0], row[1]))
        note_losses(connection, losses_of(row[2]))


def _delete(connection: sqlite3.Connection, tally: Tally, row: tuple[int, int, int]) -> None:
    seq, state, size = row
    connection.execute("DELETE FROM batch WHERE seq = ?", (seq,))
    tally.leave(state, size)


def _batch(seq: int, payload: bytes, crc: int) -> Batch | None:
    message = sound(seq, MessageKind.READINGS, payload, crc)
    batch = None if message is None else decode(MessageKind.READINGS, message.payload)
    return batch if isinstance(batch, Batch) else None
