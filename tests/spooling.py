"""What the tests of spool and publisher put into a spool, and how they read it back."""

from pathlib import Path

from meterproof_core.validation import check_batch
from meterproof_core.wire import Batch, ClockState, Group, Meters, decode
from meterproof_edge.sample import Sample
from meterproof_edge.spool import Spool, Spooled

ROOMY = 1 << 26
COUNTER, GAUGE = "energy_import_kwh", "power_active_kw"
NO_METERS = Meters(1, "c", [])


def sample(t_ms: int, *, point: str = "furnace", counter: int = 7, gauge: float | None = 0.5) -> Sample:
    """Return a sample of one counter and one gauge; a gauge of None is flagged."""
    flags = () if gauge is not None else ((1, "missing", "sentinel"),)
    return Sample(point, t_ms, (COUNTER, GAUGE), (counter / 1000, gauge), {COUNTER: counter}, flags)


def group(first_ms: int, rows: int = 10, *, point: str = "furnace", gauge: bool = True) -> Group:
    """Return a group of `rows` samples, one a second."""
    t = [first_ms + 1000 * row for row in range(rows)]
    counts = [first_ms + row for row in range(rows)]
    energy = [count / 1000 for count in counts]
    if not gauge:
        return Group(point, [COUNTER], t, [energy], {COUNTER: counts})
    return Group(point, [COUNTER, GAUGE], t, [energy, [0.5] * rows], {COUNTER: counts})


def fill(spool: Spool, batches: int, *, rows: int = 10, start_ms: int = 1000) -> list[int]:
    """Append so many batches in transactions of their own, each later than the one before."""
    numbers = []
    for index in range(batches):
        first = start_ms + index * rows * 1000
        numbers += spool.append([[group(first, rows)]], config="c", clock_state=ClockState.SYNCED)
    return numbers


def open_roomy(path: Path) -> Spool:
    """Return a spool that never comes to its bound."""
    return Spool(path, max_bytes=ROOMY)


def sound(message: Spooled) -> Batch:
    """Return the batch of a message after checking that it makes sense."""
    batch = decode(message.kind, message.payload)
    assert isinstance(batch, Batch)
    assert batch.seq == message.seq
    check_batch(batch)
    return batch


def everything(spool: Spool) -> list[Spooled]:
    """Return all that waits."""
    return spool.waiting(limit=1_000_000)
