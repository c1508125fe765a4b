import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_api.showing import MINUS, completeness, percent, plain, verified, with_unit


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_a_figure_that_is_not_there_is_not_known(value):
    assert with_unit(value, "kWh") == "not known"


def test_a_dash_stands_for_a_missing_figure_in_a_table():
    assert plain(math.nan) == "\N{EN DASH}"


def test_a_negative_figure_has_a_minus_sign_and_nothing_is_minus_nothing():
    assert plain(-1234.56, 1) == f"{MINUS}1,234.6"
    assert plain(-0.2) == "0"


def test_verified_is_never_rounded_up_and_none_when_nothing_is():
    assert verified(1999.999, "kWh") == "1,999\xa0kWh"
    assert verified(0.0, "kWh") == "none"


def test_units_follow_a_space_that_does_not_break():
    assert with_unit(1.25, "t", 1) == "1.2\xa0t"
    assert percent(0.905, 1) == "90.5\xa0%"


@given(st.floats(0, 1))
def test_only_what_is_complete_shows_100_percent(share):
    text = completeness(share)
    assert (text == "100\xa0%") == (share == 1)
    assert float(text.removesuffix("\xa0%")) <= share * 100 + 1e-9
