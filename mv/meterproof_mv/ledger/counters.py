"""What the ledger must know of a register: of one that counts on and on, and of one that shows finished intervals."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import CounterError

MS_PER_HOUR = 3_600_000  # exact
LONGEST_MODULUS = 1 << 62  # beyond it differences leave 64 bits; such a register outlives its meter
LONGEST_GUARD_MS = 60_000  # our own definition: clocks of meter and gateway differ by no more than a minute


@dataclass(frozen=True, slots=True)
class Counter:
    """What the ledger must know of a cumulative register.

    Parameters
    ----------
    scale : float
        One count [unit/count].
    modulus : int or None
        Value at which the register rolls over to 0 [counts]; None when it never does.
    resolution : float
        Smallest step of the register [counts].
    max_rate_per_h : float
        Largest plausible rate at this metering point [unit/h]; may be infinite.
    significand_bits : int or None
        Of a floating register: 24 for 32 bits, 53 for 64; its steps widen as it grows, and what is below them is
        rounding. None for whole counts.
    never_steps_back : bool
        It counts whole events, as a pulse input does: a fall by a single count is no rounding.

    Raises
    ------
    CounterError
        When one of them is not positive.
    """

    scale: float
    modulus: int | None
    resolution: float
    max_rate_per_h: float
    significand_bits: int | None = None
    never_steps_back: bool = False

    def __post_init__(self) -> None:
        _check_positive("counter", self, ("scale", "resolution"))
        _check_rate("counter", self.max_rate_per_h)
        for name in ("modulus", "significand_bits"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise CounterError(f"counter {name} {value!r}: a positive number or None is accepted")

    @property
    def counts_per_ms(self) -> float:
        """Largest plausible rate [counts/ms]."""
        return self.max_rate_per_h / self.scale / MS_PER_HOUR

    def steps_at(self, register: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the smallest step that a register can show at its value [counts].

        Parameters
        ----------
        register : (n,) int or float
            Registers [counts].

        Examples
        --------
        A 32-bit float of watt-hours steps by 2 Wh at 16.8 MWh and by 128 Wh at 1.07 GWh:

        >>> meter = Counter(0.001, None, 1.0, 500.0, significand_bits=24)
        >>> meter.steps_at([1000.0, 16.8e6, 1.074e9]).tolist()
        [1.0, 2.0, 128.0]
        """
        register = np.asarray(register)
        if self.significand_bits is None:
            return np.full(register.shape, self.resolution)
        _, exponent = np.frexp(register.astype(np.float64))
        steps: npt.NDArray[np.float64] = np.ldexp(1.0, exponent - self.significand_bits)
        return np.maximum(self.resolution, steps)


@dataclass(frozen=True, slots=True)
class IntervalMeter:
    """What the ledger must know of a register that shows the amount of the last finished interval.

    Parameters
    ----------
    scale : float
        One count [unit/count].
    interval_ms : int
        Length of the meter's interval [ms].
    resolution : float
        Smallest step of the register [counts].
    max_rate_per_h : float
        Largest plausible rate at this metering point [unit/h]; may be infinite.
    offset_ms : int
        How long after a multiple of its length, counted from 1970-01-01 UTC, an interval ends: 1,800,000 for hours
        of a zone that is half an hour off [ms].

    Raises
    ------
    CounterError
        When one of them makes no sense.
    """

    scale: float
    interval_ms: int
    resolution: float
    max_rate_per_h: float
    offset_ms: int = 0

    def __post_init__(self) -> None:
        _check_positive("interval meter", self, ("scale", "resolution", "interval_ms"))
        _check_rate("interval meter", self.max_rate_per_h)
        if not 0 <= self.offset_ms < self.interval_ms:
            raise CounterError(
                f"interval meter offset_ms {self.offset_ms!r}: 0 or more and less than interval_ms {self.interval_ms} "
                "is accepted"
            )

    @property
    def guard_ms(self) -> int:
        """How near to the end of an interval a sample may show the one before or the one behind [ms]."""
        return min(self.interval_ms // 10, LONGEST_GUARD_MS)

    @property
    def most_counts(self) -> float:
        """The largest plausible amount of one interval [counts]."""
        return self.max_rate_per_h / self.scale * (self.interval_ms / MS_PER_HOUR) + self.resolution


def _check_positive(what: str, given: object, names: tuple[str, ...]) -> None:
    for name in names:
        value = getattr(given, name)
        if not (math.isfinite(value) and value > 0):
            raise CounterError(f"{what} {name} {value!r}: a positive number is accepted")


def _check_rate(what: str, rate: float) -> None:
    if not rate > 0:
        raise CounterError(f"{what} max_rate_per_h {rate!r}: a positive rate is accepted")
