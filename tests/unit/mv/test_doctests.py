"""The examples in the documentation of the maths run, and print what they say."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "name",
    [
        "aggregate",
        "autocorrelation",
        "calendarisation",
        "completeness",
        "estimation",
        "ledger.build",
        "ledger.counters",
        "ledger.finished",
        "ledger.verdicts",
        "local_clock",
        "models.fitting",
        "savings",
        "shifts",
        "units",
    ],
)
def test_the_examples_hold(name):
    result = doctest.testmod(importlib.import_module(f"meterproof_mv.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
