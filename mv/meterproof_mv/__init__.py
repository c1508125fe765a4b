"""The maths of measurement and verification.

This room exists so that every figure in a statement comes from one place that anyone can use alone: it imports numpy
and scipy and nothing of ours. `fit` and `avoided_energy` are its front door for baselines and savings, `ledger` turns
registers into intervals, `aggregate` adds intervals up over the periods of a plant's calendar (`periods`, `shifts`),
`estimation` makes up what was not measured when asked, `claim` decides whether savings may be claimed.
"""

from meterproof_mv.claim import ClaimContext, Status, Verdict, judge
from meterproof_mv.errors import CounterError, ModelError, MvError, SeriesError
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.models import FittedModel, fit
from meterproof_mv.savings import Savings, avoided_energy

__version__ = "0.1.0"

__all__ = [
    "ClaimContext",
    "CounterError",
    "Finding",
    "FittedModel",
    "ModelError",
    "MvError",
    "Savings",
    "SeriesError",
    "Severity",
    "Status",
    "Verdict",
    "avoided_energy",
    "fit",
    "judge",
]
