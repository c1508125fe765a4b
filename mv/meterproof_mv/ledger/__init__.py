"""The interval ledger: registers become intervals, and nothing that was counted is lost or counted twice.

Of a cumulative register the steps are `samples` (order, doubles, numbers that are none), `line` (what else a register
can do than count; `verdicts` names it, with its evidence), `boundaries` (the register at each boundary of the grid) and
`build` (what lies between two known boundaries). Of a meter that shows finished intervals they are `samples`,
`finished` and `grid`. All are pure.
"""

from meterproof_mv.ledger.build import build_intervals
from meterproof_mv.ledger.counters import Counter, IntervalMeter
from meterproof_mv.ledger.finished import finished_intervals
from meterproof_mv.ledger.values import LedgerEvent, LedgerIntervals, LedgerResult, LedgerRules

__all__ = [
    "Counter",
    "IntervalMeter",
    "LedgerEvent",
    "LedgerIntervals",
    "LedgerResult",
    "LedgerRules",
    "build_intervals",
    "finished_intervals",
]
