"""Collects samples into batches, so that the spool syncs once a second and not once a reading.

A batch holds one group a metering point, whose instants rise and whose quantities stay the same; what does not fit
begins the next batch. Nothing here grows without end: while the spool cannot be written the oldest batch goes, named
as lost.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from meterproof_core.wire import MAX_PAYLOAD_BYTES, Flag, Group, LostRange, RawValue
from meterproof_edge.sample import Sample
from meterproof_edge.spool.losses import BUFFER_GIVEN_UP, lost_ranges, merged

_BATCH_BYTES = 512  # version, stream, seq, config, clock and the brackets around
_GROUP_BYTES = 128  # the names of a group's fields and its brackets
_NUMBER_BYTES = 25  # the longest float64 in JSON, -1.7976931348623157e+308, and a comma
_FLAG_BYTES = 64  # row, column, level and punctuation


@dataclass(frozen=True, slots=True)
class BufferLimits:
    """When a batch is full, and when what was collected is due.

    Parameters
    ----------
    max_rows : int
        Samples in a batch.
    max_bytes : int
        Longest encoded batch, estimated from above [byte].
    max_age_s : float
        Longest time that the oldest sample waits for its flush [s].
    max_batches : int
        Full batches that are kept while the spool cannot be written.
    """

    max_rows: int = 2000
    max_bytes: int = MAX_PAYLOAD_BYTES - 1024
    max_age_s: float = 1.0
    max_batches: int = 256


@dataclass(slots=True)
class _Columns:
    quantities: tuple[str, ...]
    t: list[int] = field(default_factory=list)
    values: list[list[float | None]] = field(default_factory=list)
    raw: dict[str, list[RawValue]] = field(default_factory=dict)
    q: list[Flag] = field(default_factory=list)

    def accepts(self, sample: Sample) -> bool:
        return self.quantities == sample.quantities and (not self.t or self.t[-1] < sample.t_ms)

    def cost(self, sample: Sample) -> int:
        """Return the most bytes that a sample may add; a register new to the batch is null in each row before."""
        fresh = sample.raw.keys() - self.raw.keys()
        numbers = 1 + len(sample.values) + len(self.raw) + len(fresh)
        reasons = sum(_FLAG_BYTES + 6 * len(reason) for _, _, reason in sample.flags)  # 6: the longest JSON escape
        return numbers * _NUMBER_BYTES + reasons + sum(len(name) + 6 + 5 * len(self.t) for name in fresh)

    def add(self, sample: Sample) -> None:
        row = len(self.t)
        self.t.append(sample.t_ms)
        for column, value in zip(self.values, sample.values, strict=True):
            column.append(value)
        for name in sample.raw.keys() - self.raw.keys():
            self.raw[name] = [None] * row
        for name, registers in self.raw.items():
            registers.append(sample.raw.get(name))
        self.q.extend((row, index, level, reason) for index, level, reason in sample.flags)

    def group(self, point: str) -> Group:
        return Group(point, list(self.quantities), self.t, self.values, self.raw, self.q)


class SampleBuffer:
    """Collects samples; not for use by several threads.

    Parameters
    ----------
    monotonic : callable
        A clock that never steps [s].
    limits : BufferLimits
        When a batch is full or due.
    """

    def __init__(self, monotonic: Callable[[], float], limits: BufferLimits | None = None) -> None:
        self._monotonic = monotonic
        self._limits = limits or BufferLimits()
        self._full: list[list[Group]] = []
        self._lost: list[LostRange] = []
        self._since: float | None = None
        self._open: dict[str, _Columns] = {}
        self._rows = 0
        self._bytes = _BATCH_BYTES

    def add(self, sample: Sample) -> None:
        """Collect a sample; a batch that it does not fit into is closed first."""
        if self._since is None:
            self._since = self._monotonic()
        known = self._open.get(sample.point)
        columns = known or _Columns(sample.quantities, values=[[] for _ in sample.quantities])
        cost = columns.cost(sample) + (0 if known else _names_bytes(sample))
        if not columns.accepts(sample) or not self._has_room(cost):
            self._close()
            columns = _Columns(sample.quantities, values=[[] for _ in sample.quantities])
            cost = columns.cost(sample) + _names_bytes(sample)
        self._open[sample.point] = columns
        columns.add(sample)
        self._rows += 1
        self._bytes += cost

    def due(self, now: float) -> bool:
        """Return whether what was collected should be flushed at a time of the monotonic clock [s]."""
        if self._full or self._rows >= self._limits.max_rows:
            return True
        return self._since is not None and now - self._since >= self._limits.max_age_s

    def take(self) -> list[list[Group]]:
        """Return all batches, each a list of groups, and forget them."""
        taken = self._batches()
        self._forget()
        return taken

    def flush(self, store: Callable[[list[list[Group]]], object]) -> int:
        """Hand all batches to `store` and forget them once it returned; when it raises they are kept.

        The last one then goes on being filled, so that failures do not leave batches of one sample.

        Returns
        -------
        int
            Number of batches handed over.
        """
        batches = self._batches()
        if batches:
            store(batches)
        self._forget()
        return len(batches)

    def flush_losses(self, record: Callable[[list[LostRange]], object]) -> None:
        """Hand what was given up to `record`, the spool's loss ledger, and forget it once that returned."""
        if self._lost:
            record(self._lost)
            self._lost = []

    def _batches(self) -> list[list[Group]]:
        return [*self._full, self._open_batch()] if self._open else self._full

    def _open_batch(self) -> list[Group]:
        return [columns.group(point) for point, columns in self._open.items()]

    def _forget(self) -> None:
        self._full, self._since = [], None
        self._open, self._rows, self._bytes = {}, 0, _BATCH_BYTES

    def _has_room(self, cost: int) -> bool:
        return self._rows < self._limits.max_rows and self._bytes + cost <= self._limits.max_bytes

    def _close(self) -> None:
        if not self._open:
            return
        self._full.append(self._open_batch())
        self._open, self._rows, self._bytes = {}, 0, _BATCH_BYTES
        if len(self._full) > self._limits.max_batches:
            self._lost = merged([*self._lost, *lost_ranges(self._full.pop(0), BUFFER_GIVEN_UP)])


def _names_bytes(sample: Sample) -> int:
    return _GROUP_BYTES + len(sample.point) + sum(len(name) + 7 for name in sample.quantities)
