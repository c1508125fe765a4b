from datetime import date

import pytest

from meterproof_api.data_findings import date_ranges, own_finding, stops_claim
from meterproof_mv.claim import ClaimContext, judge
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.savings import avoided_energy


def test_no_day_makes_no_range():
    assert date_ranges([]) == []


def test_days_in_a_row_make_one_range_even_over_the_end_of_a_month():
    days = [date(2018, 1, 31), date(2018, 2, 1), date(2018, 2, 3)]
    assert date_ranges(days) == [(days[0], days[1]), (days[2], days[2])]


@pytest.mark.parametrize(
    ("code", "severity", "stops"),
    [
        ("few_dof", Severity.REFUSAL, True),
        ("few_dof", Severity.WARNING, False),
        ("no_option", Severity.WARNING, True),
        ("no_production_driver", Severity.WARNING, True),
        ("no_production_driver", Severity.INFO, False),
        ("unexplained_shift", Severity.WARNING, True),
        ("not_distinguishable", Severity.WARNING, True),
        ("high_cv", Severity.WARNING, False),
    ],
)
def test_a_finding_that_stops_a_claim_is_told_from_one_that_weakens_the_result(code, severity, stops):
    assert stops_claim(own_finding(code, severity, "told")) is stops


@pytest.mark.parametrize(("share", "stops"), [(0.2, False), (0.3, True)])
def test_running_far_outside_the_baseline_stops_a_claim(share, stops):
    finding = Finding("driver_out_of_range", Severity.WARNING, "told", "", {"share": share, "threshold": 0.25})
    assert stops_claim(finding) is stops


@pytest.mark.parametrize("options", [(), ("opt-1",)])
@pytest.mark.parametrize("cut", [0.0, 0.3])
@pytest.mark.parametrize("produces", [True, False])
def test_what_stops_a_claim_here_is_what_stops_it_in_the_maths_room(options, cut, produces):
    x = [float(n % 7) for n in range(120)]
    y = [100 + 5 * value + (index * 7919 % 13) / 4 for index, value in enumerate(x)]
    saved = avoided_energy(y[:90], x[:90], x[90:], [value * (1 - cut) for value in y[90:]], interval="daily")
    verdict = judge(saved, ClaimContext(plant_produces=produces, options=options))
    assert any(map(stops_claim, verdict.findings)) is (verdict.status == "not_claimable")
