"""Which finding stops a claim, and which only weakens the result."""

import pytest

from meterproof_mv import avoided_energy
from meterproof_mv.claim import ClaimContext, judge, stops_claim
from meterproof_mv.findings import Finding, Severity


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
    assert stops_claim(Finding(code, severity, "told", "meterproof", {})) is stops


@pytest.mark.parametrize(("share", "stops"), [(0.2, False), (0.3, True)])
def test_running_far_outside_the_baseline_stops_a_claim(share, stops):
    finding = Finding("driver_out_of_range", Severity.WARNING, "told", "", {"share": share, "threshold": 0.25})
    assert stops_claim(finding) is stops


@pytest.mark.parametrize("options", [(), ("opt-1",)])
@pytest.mark.parametrize("cut", [0.0, 0.3])
@pytest.mark.parametrize("produces", [True, False])
def test_a_result_is_claimable_exactly_when_nothing_stops_it(options, cut, produces):
    x = [float(n % 7) for n in range(120)]
    y = [100 + 5 * value + (index * 7919 % 13) / 4 for index, value in enumerate(x)]
    saved = avoided_energy(y[:90], x[:90], x[90:], [value * (1 - cut) for value in y[90:]], interval="daily")
    verdict = judge(saved, ClaimContext(plant_produces=produces, options=options))
    assert any(map(stops_claim, verdict.findings)) is (verdict.status == "not_claimable")


def test_an_engineer_may_sign_for_an_extrapolation():
    finding = Finding("driver_out_of_range", Severity.WARNING, "told", "", {"share": 0.3, "threshold": 0.25})
    assert not stops_claim(finding, extrapolation_accepted=True)


def test_the_sentence_of_a_shift_names_amount_and_unit():
    y = [100.0 + n % 7 for n in range(120)]
    saved = avoided_energy(y[:90], [1.0 * (n % 7) for n in range(90)], [1.0 * (n % 7) for n in range(90, 120)],
                           [value * 0.5 for value in y[90:]], interval="daily")  # fmt: skip
    verdict = judge(saved, ClaimContext(unit="kWh"))
    (shift,) = [finding for finding in verdict.findings if finding.code == "unexplained_shift"]
    assert f"use differs by {saved.avoided:,.6g} kWh from" in shift.message
