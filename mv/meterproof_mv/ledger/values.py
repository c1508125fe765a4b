"""What the ledger takes and gives."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import CounterError

MS_PER_HOUR = 3_600_000  # exact
LONGEST_MODULUS = 1 << 62  # beyond it differences leave 64 bits; such a register outlives its meter


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

    Raises
    ------
    CounterError
        When one of them is not positive.
    """

    scale: float
    modulus: int | None
    resolution: float
    max_rate_per_h: float

    def __post_init__(self) -> None:
        for name in ("scale", "resolution"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise CounterError(f"counter {name} {value!r}: a positive number is accepted")
        if not self.max_rate_per_h > 0:
            raise CounterError(f"counter max_rate_per_h {self.max_rate_per_h!r}: a positive rate is accepted")
        if self.modulus is not None and not self.modulus > 0:
            raise CounterError(f"counter modulus {self.modulus!r}: a positive number of counts or None is accepted")

    @property
    def counts_per_ms(self) -> float:
        """Largest plausible rate [counts/ms]."""
        return self.max_rate_per_h / self.scale / MS_PER_HOUR


@dataclass(frozen=True, slots=True)
class LedgerRules:
    """How the ledger decides.

    Parameters
    ----------
    interval_ms : int
        Length of an interval; its grid starts at 1970-01-01 UTC [ms].
    max_gap_ms : int
        Longest time between two good samples over which a boundary may be interpolated [ms].
    confirmations : int
        So many samples must stand on a new line before the old one is given up.
    step_back_resolutions : float
        A step back by at most so many resolutions is rounding, not a reset.

    Raises
    ------
    CounterError
        When one of them makes no sense.
    """

    interval_ms: int = 900_000
    max_gap_ms: int = 900_000
    confirmations: int = 3
    step_back_resolutions: float = 3.0

    def __post_init__(self) -> None:
        for name in ("interval_ms", "max_gap_ms", "confirmations"):
            value = getattr(self, name)
            if value < 1:
                raise CounterError(f"ledger rule {name} {value!r}: 1 or more is accepted")
        if self.step_back_resolutions < 0:
            raise CounterError(
                f"ledger rule step_back_resolutions {self.step_back_resolutions!r}: 0 or more is accepted"
            )


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """One decision of the ledger.

    Parameters
    ----------
    code : str
        ``rollover``, ``reset``, ``replacement``, ``glitch``, ``step_back``, ``gap``, ``conflicting_time``,
        ``not_finite``, ``out_of_range`` or ``unbracketed`` (samples at least one interval apart without any known
        boundary between them: what they counted is in no interval). Whoever calls the ledger once for each
        description of a counter adds ``configuration_changed``.
    t_ms : int
        Instant of the first sample concerned; of a gap, the start of its span [ms since 1970-01-01 UTC].
    data : mapping
        JSON-able details: registers [counts], instants [ms], amounts [unit].
    """

    code: str
    t_ms: int
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class LedgerIntervals:
    """Intervals and spans by column, in rising time and without overlap.

    Parameters
    ----------
    start_ms, end_ms : (n,) int64
        Half-open [start, end) [ms since 1970-01-01 UTC].
    amount : (n,) float64
        What the counter counted in it [unit].
    register_start, register_end : (n,) float64
        The registers at its two boundaries, interpolated [counts].
    is_span : (n,) bool
        Longer than one interval: the total is known, its distribution is not.
    """

    start_ms: npt.NDArray[np.int64]
    end_ms: npt.NDArray[np.int64]
    amount: npt.NDArray[np.float64]
    register_start: npt.NDArray[np.float64]
    register_end: npt.NDArray[np.float64]
    is_span: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.start_ms)


@dataclass(frozen=True, slots=True, eq=False)
class LedgerResult:
    """What the ledger made of a series.

    Parameters
    ----------
    intervals : LedgerIntervals
        Fully bracketed intervals and spans.
    events : tuple of LedgerEvent
        The decisions, in rising time.
    provisional_from_ms : int or None
        From here on the samples are under a suspicion that awaits confirmation, and nothing is given out
        [ms since 1970-01-01 UTC].
    """

    intervals: LedgerIntervals
    events: tuple[LedgerEvent, ...]
    provisional_from_ms: int | None
