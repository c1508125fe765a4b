"""What stands behind one interval: the values that an explanation is made of."""

from dataclasses import dataclass

from meterproof_core.storage import JournalEntry
from meterproof_core.wire import CounterSpec


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading of a register.

    Parameters
    ----------
    t_ms : int
        When it was taken [ms since 1970-01-01 UTC].
    register : int or float
        As read [counts].
    quality : str
        ``good``, or level and reason.
    config : str
        Digest of the meter configuration under which it was read.
    stream, seq : str, int
        The batch that brought it.
    """

    t_ms: int
    register: int | float
    quality: str
    config: str
    stream: str
    seq: int


@dataclass(frozen=True, slots=True)
class Boundary:
    """One end of an interval.

    Parameters
    ----------
    at_ms : int
        When [ms since 1970-01-01 UTC].
    register : float
        What the register showed then, interpolated; NaN where the counter has none [counts].
    before, behind : Sample or None
        The samples that it rests on: the last at or before it and the first behind it; only one where a sample was
        taken at the boundary, or where the meter itself shows finished intervals.
    """

    at_ms: int
    register: float
    before: Sample | None
    behind: Sample | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a batch was stored, and which gateway sent it."""

    stream: str
    seq: int
    stored_ms: int
    gateway: str


@dataclass(frozen=True, slots=True)
class Setting:
    """How a register was read: the map of the meter and what the ledger was told of the counter."""

    config: str
    meter: str
    map_version: int
    counter: CounterSpec


@dataclass(frozen=True, slots=True)
class Unread:
    """A time without a usable reading, between two that are [ms since 1970-01-01 UTC]."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one interval came about.

    Parameters
    ----------
    start_ms, end_ms : int
        Half-open [start, end) [ms since 1970-01-01 UTC].
    amount : float
        What was counted [unit].
    unit : str
        Canonical unit of the quantity.
    is_span : bool
        Longer than an interval: the total is known, its distribution is not.
    reproduced : bool
        Whether the registers that are stored now give this interval, bit for bit.
    start, end : Boundary
        Its two ends.
    samples : int
        Usable readings in it.
    unread : tuple of Unread
        Times in it that are too long to interpolate over.
    arrivals : tuple of Arrival
        The batches behind its ends.
    settings : tuple of Setting
        How the register was read.
    events, losses : tuple of JournalEntry
        Decisions of the ledger that touch it and still hold; what gateways gave up.
    """

    start_ms: int
    end_ms: int
    amount: float
    unit: str
    is_span: bool
    reproduced: bool
    start: Boundary
    end: Boundary
    samples: int
    unread: tuple[Unread, ...]
    arrivals: tuple[Arrival, ...]
    settings: tuple[Setting, ...]
    events: tuple[JournalEntry, ...]
    losses: tuple[JournalEntry, ...]

    @property
    def imported(self) -> bool:
        """Whether it came from a file: it has no register at either end."""
        return self.start.register != self.start.register and self.end.register != self.end.register
