"""The interval ledger: cumulative registers become intervals, and nothing that was counted is lost or counted twice.

The steps are `samples` (order, doubles, numbers that are none), `line` (rollover, reset, replacement, glitch and step
back are told apart), `boundaries` (the register at each boundary of the grid) and `build` (what lies between two known
boundaries). All are pure.
"""

from meterproof_mv.ledger.build import build_intervals
from meterproof_mv.ledger.values import Counter, LedgerEvent, LedgerIntervals, LedgerResult, LedgerRules

__all__ = ["Counter", "LedgerEvent", "LedgerIntervals", "LedgerResult", "LedgerRules", "build_intervals"]
