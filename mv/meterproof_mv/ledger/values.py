"""What the ledger follows and what it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from meterproof_mv.errors import CounterError


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
        Of a cumulative register: ``rollover``, ``reset``, ``replacement``, ``jump``, ``glitch``, ``step_back``,
        ``gap``, ``unsettled`` (a suspicion that has lasted for an interval) or ``unbracketed`` (samples at least one
        interval apart without any known boundary between them: what they counted is in no interval). Of an interval
        meter: ``interval_missed``, ``interval_disputed``, ``interval_implausible``, ``interval_overlap`` or
        ``meter_clock_off``. Of any: ``conflicting_time``, ``not_finite`` or ``out_of_range``. Whoever calls the
        ledger once for each description of a counter adds ``configuration_changed``.
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
        The registers at its two boundaries, interpolated; of an interval meter, 0 and what it showed [counts].
    is_span : (n,) bool
        Not one interval of the grid: the total is known, its distribution is not.
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
        From here on more samples can still change what is given out: those of a cumulative register are under a
        suspicion that awaits confirmation, and nothing is given out; of an interval meter, the interval that was
        shown last is not over [ms since 1970-01-01 UTC].
    """

    intervals: LedgerIntervals
    events: tuple[LedgerEvent, ...]
    provisional_from_ms: int | None
