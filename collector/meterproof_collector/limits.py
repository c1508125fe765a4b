"""How much is taken at a time, and how long a failing store is left alone."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Retry:
    """How long a failed write is left alone.

    Parameters
    ----------
    first_s : float
        After the first failure [s]; it doubles with each further one and is never quite the same.
    most_s : float
        At most [s]; and whenever the store turns us away, because somebody has to put an account right first.
    """

    first_s: float = 1.0
    most_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken at a time.

    Parameters
    ----------
    queue, queue_bytes : int
        Messages and their bytes that are held in memory; when they are too many the broker is made to wait [1, byte].
    lot, lot_values : int
        Messages and values that are stored together at most.
    lot_wait_s : float
        How long a lot waits for more after its first message [s].
    retry : Retry
        How long a failed write is left alone.
    stop_s : float
        How long a stop may take to store what was taken [s].
    """

    queue: int = 10_000
    queue_bytes: int = 64 * 1024 * 1024
    lot: int = 2000
    lot_values: int = 200_000
    lot_wait_s: float = 0.02
    retry: Retry = field(default_factory=Retry)
    stop_s: float = 20.0
