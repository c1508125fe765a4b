"""The programme of statements that were really computed: one of them is its own total."""

from datetime import date

import pytest
from statement_worlds import ceramics, document_of, food

from meterproof_api.programme.roll_up import programme_table
from meterproof_mv.dossier.assess import assess

CUT_OFF = date(2030, 12, 31)


@pytest.fixture(scope="module")
def kiln():
    return document_of(assess(ceramics()))


def test_a_computed_statement_is_read_and_its_verified_tonnes_are_the_total(kiln):
    programme = programme_table([kiln], CUT_OFF)
    assert programme.exclusions == ()
    (block,) = [block for block in programme.blocks if block.statements]
    assert block.total.cumulative.verified_t == kiln["tonnes"]["verified_co2e_t"] > 0


def test_the_interval_of_one_statement_is_its_own_when_no_factor_uncertainty_is_known(kiln):
    document = {**kiln, "factors": [{**factor, "uncertainty_low": ""} for factor in kiln["factors"]]}
    (block,) = [block for block in programme_table([document], CUT_OFF).blocks if block.statements]
    interval = block.total.cumulative.interval
    told = document["tonnes"]
    assert (interval.value, interval.lower, interval.upper) == pytest.approx(
        (told["co2e_t"], told["lower"], told["upper"]), rel=1e-6
    )


def test_a_plant_whose_use_rose_is_counted_and_adds_nothing():
    document = document_of(assess(food()))
    programme = programme_table([document], CUT_OFF)
    total = programme.real.total
    assert (document["status"], total.not_claimable, total.cumulative.verified_t) == ("not_claimable", 1, 0.0)
