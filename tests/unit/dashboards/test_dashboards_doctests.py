"""The examples in the documentation of the dashboards' code run, and print what they say."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["influxql", "provisioning", "units"])
def test_the_examples_hold(name):
    result = doctest.testmod(importlib.import_module(f"meterproof_dashboards.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
