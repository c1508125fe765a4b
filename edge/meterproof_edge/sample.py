"""What one reading of one metering point gives: the value that poller, spool and table on the screen share."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One metering point at one acquisition instant.

    Parameters
    ----------
    point : str
        The metering point.
    t_ms : int
        Acquisition instant, the middle of the request [ms since 1970-01-01 UTC].
    quantities : tuple of str, length k
        Names from core's catalogue.
    values : tuple of k floats or None
        In canonical units; None is not there and has a flag.
    raw : mapping of quantity to int or float
        Raw register of each cumulative counter [counts].
    flags : tuple of (column, level, reason)
        Sparse quality; what has none is good.
    """

    point: str
    t_ms: int
    quantities: tuple[str, ...]
    values: tuple[float | None, ...]
    raw: Mapping[str, int | float]
    flags: tuple[tuple[int, str, str], ...] = ()
