"""What a meter configuration says of a counter's register: enough for the ledger to count with it, now and later.

It travels within `wire.Meters`, is part of what a configuration's digest names, and `wire` gives it out again.
"""

from enum import StrEnum

import msgspec


class CounterKind(StrEnum):
    """How a counter's register is to be understood."""

    CUMULATIVE = "cumulative"  # it counts on and on
    INTERVAL = "interval"  # it shows the amount of the last finished interval
    PULSE = "pulse"  # it counts the pulses of another meter, and forgets them when the device loses power


class CounterSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the ledger must know of a counter's register.

    What has its default is left out on the wire, so that a configuration keeps its digest when a field is added.

    Parameters
    ----------
    raw_type : str
        Register type, such as ``i64`` or ``f32``.
    scale : float
        Canonical unit a count [unit/count].
    modulus : int or None
        Counts at which the register rolls over to 0; None when it never does.
    resolution : float
        Smallest step [counts].
    max_rate_per_h : float
        Largest plausible rate at this metering point [unit/h].
    kind : CounterKind
        How the register is to be understood.
    interval_ms : int
        Length of the meter's interval; 0 where the kind has none [ms].
    interval_offset_ms : int
        How long after a multiple of its length, counted from 1970-01-01 UTC, an interval ends [ms].
    serial : str
        Number of the meter as it is stated for this point; empty where none is. Another number is another register.

    Raises
    ------
    ValueError
        When an interval meter has no interval; decoding tells it as `WireError`.
    """

    raw_type: str
    scale: float
    modulus: int | None
    resolution: float
    max_rate_per_h: float
    kind: CounterKind = CounterKind.CUMULATIVE
    interval_ms: int = 0
    interval_offset_ms: int = 0
    serial: str = ""

    def __post_init__(self) -> None:
        if self.kind is CounterKind.INTERVAL and not 0 <= self.interval_offset_ms < self.interval_ms:
            raise ValueError(
                f"interval_ms {self.interval_ms} with interval_offset_ms {self.interval_offset_ms}; use a length above "
                "0 and an offset from 0 to less than it"
            )
