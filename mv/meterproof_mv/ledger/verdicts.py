"""Names what a register did, and puts down the evidence: whoever doubts a decision can follow it from the event alone.

A verdict is given when a number of consecutive samples stand on a new line. Where that line begins decides:

- below, after a start near the modulus, and a plausible rise if it rolled over: a *rollover*; it is counted;
- below, and no further above 0 than the elapsed time explains: a *reset*;
- below otherwise: a *replacement*;
- above: a *jump*: somebody preset the register, another meter answers, or the largest plausible rate is set too low.

Across the last three nothing is counted: how much it was cannot be known.
"""

import math
from dataclasses import dataclass

from meterproof_mv.ledger.counters import LONGEST_MODULUS, MS_PER_HOUR, Counter
from meterproof_mv.ledger.values import LedgerEvent

NEAR_MODULUS = 0.1  # our own definition: a rollover starts in the last tenth of the register's range

Count = int | float
Evidence = dict[str, int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Step:
    """From one sample to another that does not lie on its line.

    Parameters
    ----------
    before_ms, t_ms : int
        The two instants [ms since 1970-01-01 UTC].
    before, after : int or float
        The two registers [counts].
    limit : float
        The largest rise that the time between explains [counts].
    """

    before_ms: int
    t_ms: int
    before: Count
    after: Count
    limit: float

    def rate_per_h(self, rise: Count, counter: Counter) -> float:
        """Return what a rise between the two would mean [unit/h]."""
        return rise * counter.scale * MS_PER_HOUR / (self.t_ms - self.before_ms)

    def evidence(self, counter: Counter) -> Evidence:
        """Return what the step rests on: registers, instants, the limit, and the rate that it would imply."""
        return {
            "before_ms": self.before_ms,
            "register_before": self.before,
            "register_after": self.after,
            "limit_counts": _finite(self.limit),
            "max_rate_per_h": _finite(counter.max_rate_per_h),
            "implied_rate_per_h": self.rate_per_h(self.after - self.before, counter),
        }


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How many consecutive samples stood on the new line, and the last of them [ms since 1970-01-01 UTC]."""

    samples: int
    t_ms: int


def rolls_over(step: Step, modulus: int) -> bool:
    """Return whether a fall is a rollover: it began near the modulus, and the rise is plausible."""
    if modulus > LONGEST_MODULUS or not modulus * (1 - NEAR_MODULUS) <= step.before < modulus:
        return False
    return step.after >= 0 and modulus - step.before + step.after <= step.limit


def verdict(step: Step, confirmation: Confirmation, counter: Counter) -> LedgerEvent:
    """Return the verdict on a new line that was confirmed.

    Examples
    --------
    >>> meter = Counter(scale=0.001, modulus=None, resolution=1, max_rate_per_h=5.0)
    >>> step = Step(0, 900_000, before=53_700_000, after=0, limit=1253.0)
    >>> verdict(step, Confirmation(3, 2_700_000), meter).code
    'reset'
    """
    data = step.evidence(counter) | {"confirmations": confirmation.samples, "confirmed_ms": confirmation.t_ms}
    if step.after > step.before:
        counts = step.after - step.before
        not_counted = {"counts_not_counted": counts, "amount_not_counted": counts * counter.scale}
        return LedgerEvent("jump", step.t_ms, data | not_counted)
    if counter.modulus is not None:
        rolled = _if_rolled_over(step, counter.modulus, counter)
        if rolls_over(step, counter.modulus):
            return LedgerEvent("rollover", step.t_ms, data | rolled)
        data["rate_if_rollover_per_h"] = rolled["implied_rate_per_h"]
    if 0 <= step.after <= step.limit:
        since = {"counts_since_reset": step.after, "amount_since_reset": step.after * counter.scale}
        return LedgerEvent("reset", step.t_ms, data | since)
    return LedgerEvent("replacement", step.t_ms, data)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Samples that were put aside, and the first good one behind them.

    Parameters
    ----------
    samples : int
        How many.
    lowest, highest : int or float
        Of their registers [counts].
    back_ms, back : int, int or float
        The good sample behind them [ms since 1970-01-01 UTC, counts].
    """

    samples: int
    lowest: Count
    highest: Count
    back_ms: int
    back: Count


def glitch(step: Step, dropped: Dropped, counter: Counter) -> LedgerEvent:
    """Return what tells of samples that were put aside; the step leads to the first of them."""
    data = step.evidence(counter) | {
        "samples": dropped.samples,
        "lowest": dropped.lowest,
        "highest": dropped.highest,
        "zero": dropped.lowest == dropped.highest == 0,
        "register_after": dropped.back,
        "after_ms": dropped.back_ms,
    }
    return LedgerEvent("glitch", step.t_ms, data)


def step_back(step: Step, tolerance: float) -> LedgerEvent:
    """Return what tells of a register that stepped back by rounding and is held [counts]."""
    data = {"before_ms": step.before_ms, "register": step.after, "held": step.before, "tolerance_counts": tolerance}
    return LedgerEvent("step_back", step.t_ms, data)


def unsettled(step: Step, counter: Counter) -> LedgerEvent:
    """Return what tells of a suspicion that lasts: no interval comes, and a person should look.

    A largest plausible rate that is set too low shows itself here: `implied_rate_per_h` lies a little above it.
    """
    return LedgerEvent("unsettled", step.t_ms, step.evidence(counter))


def _if_rolled_over(step: Step, modulus: int, counter: Counter) -> Evidence:
    counts = modulus - step.before + step.after
    return {
        "modulus": modulus,
        "counts": counts,
        "amount": counts * counter.scale,
        "implied_rate_per_h": step.rate_per_h(counts, counter),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
