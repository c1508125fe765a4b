"""A claim needs enough days, metered whole, and a production driver that really drives the use."""

import numpy as np
import pytest

from meterproof_mv import ClaimContext, Severity, Status, avoided_energy, judge
from meterproof_mv.completeness import missing_findings
from meterproof_mv.findings import Finding
from meterproof_mv.observations import observe

BASE = np.datetime64("2023-01-01") + np.arange(365)
REPORT = np.datetime64("2024-01-01") + np.arange(365)
LINKED = ClaimContext(production_drivers=("production_t",), options=("boiler-1",))
CUT = 0.1


def clean_plant(seed=1):
    """Simulated use of a plant that follows its production, a tenth cut in the second year."""
    rng = np.random.default_rng(seed)
    production = rng.uniform(50, 150, 730)
    use = 100 + 2 * production + rng.normal(0, 5, 730)
    use[365:] *= 1 - CUT
    return production, use


def compared(*, lost=(), lost_baseline=(), drop=False, days=365):
    """Return the savings with some days lost, as NaN or as rows that are not there at all."""
    production, use = clean_plant()
    use[365 + np.asarray(lost, int)] = np.nan
    use[np.asarray(lost_baseline, int)] = np.nan
    base, report = np.arange(365), np.arange(365, 365 + days)
    if drop:
        base, report = base[~np.isnan(use[base])], report[~np.isnan(use[report])]
    return avoided_energy(
        use[base], production[base], production[report], use[report], names=["production_t"],
        baseline_start=BASE[base], baseline_end=BASE[base] + 1,
        reporting_start=REPORT[report - 365], reporting_end=REPORT[report - 365] + 1,
    )  # fmt: skip


def found(verdict):
    return {finding.code: finding for finding in verdict.findings}


def test_a_clean_plant_verifies_less_than_the_truth_and_most_of_it():
    saved = compared()
    verdict = judge(saved, LINKED)
    truth = CUT / (1 - CUT) * saved.actual
    assert verdict.status is Status.CLAIMABLE
    assert 0.8 * truth < verdict.verified_amount < truth


@pytest.mark.parametrize("drop", [False, True])
def test_with_half_of_the_reporting_days_lost_where_use_was_high_nothing_is_claimed(drop):
    production, _ = clean_plant()
    lost = np.argsort(production[365:])[183:]
    verdict = judge(compared(lost=lost, drop=drop), LINKED)
    assert (verdict.status, verdict.verified_amount) == (Status.NOT_CLAIMABLE, 0.0)
    finding = found(verdict)["days_incomplete"]
    assert finding.severity is Severity.REFUSAL
    assert finding.data["period"] == "reporting"
    assert finding.clause == "CalTRACK 2.2-2.3"


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("period", ["lost", "lost_baseline"])
@pytest.mark.parametrize(("days", "status"), [(37, Status.CLAIMABLE), (38, Status.NOT_CLAIMABLE)])
def test_of_a_year_37_days_may_be_missing(drop, period, days, status):
    verdict = judge(compared(drop=drop, **{period: np.arange(100, 100 + days)}), LINKED)
    assert verdict.status is status
    assert ("days_incomplete" in found(verdict)) is (status is Status.NOT_CLAIMABLE)


def test_rows_that_are_not_there_and_rows_without_a_value_are_counted_together():
    day = np.datetime64("2023-01-01") + np.arange(100)
    use = np.ones(100)
    use[[0, 50, 51]] = np.nan
    kept = np.delete(np.arange(100), [20, 21, 22, 23, 24, 25, 26, 27])
    (lacking,) = missing_findings(observe(use[kept], None, start=day[kept]), "baseline")
    assert (lacking.data["count"], lacking.data["of"]) == (11, 100)


def test_months_have_no_days_to_count():
    use = np.ones(24)
    use[:10] = np.nan
    assert list(missing_findings(observe(use, None, interval="monthly"), "baseline")) == []


def test_what_the_caller_told_of_a_period_is_not_told_again():
    lost = np.arange(200)
    told = Finding("days_incomplete", Severity.REFUSAL, "with dates", "", {"period": "reporting"})
    verdict = judge(compared(lost=lost, lost_baseline=lost), LINKED, data=[told])
    incomplete = [finding for finding in verdict.findings if finding.code == "days_incomplete"]
    assert [finding.data["period"] for finding in incomplete] == ["reporting", "baseline"]
    assert incomplete[0] is told


def test_a_refusal_of_the_callers_own_stops_a_claim():
    saved = compared()
    refused = Finding("baseline_missing", Severity.REFUSAL, "told", "", {})
    assert judge(saved, LINKED, data=[refused]).status is Status.NOT_CLAIMABLE
    assert judge(saved, LINKED, data=[refused]).verified_amount == 0
    warned = Finding("days_incomplete", Severity.WARNING, "told", "", {"period": "baseline"})
    verdict = judge(saved, LINKED, data=[warned])
    assert verdict.status is Status.CLAIMABLE
    assert warned in verdict.findings


@pytest.mark.parametrize(("days", "status"), [(5, Status.NOT_CLAIMABLE), (27, Status.NOT_CLAIMABLE), (28, "claimable")])
def test_a_reporting_period_of_less_than_four_weeks_is_too_short(days, status):
    verdict = judge(compared(days=days), LINKED)
    assert verdict.status == status
    short = found(verdict).get("reporting_short")
    assert (short is not None) is (days < 28)
    if short:
        assert short.data == {"days": days, "threshold": 28}
        assert verdict.verified_amount == 0


def test_days_that_are_not_whole_do_not_count_towards_the_four_weeks():
    verdict = judge(compared(days=29, lost=[3, 4]), LINKED)
    assert found(verdict)["reporting_short"].data["days"] == 27


@pytest.mark.parametrize(
    ("interval", "rows", "short"),
    [("hourly", 671, True), ("hourly", 672, False), ("weekly", 3, True), ("weekly", 4, False), ("monthly", 1, False)],
)
def test_rows_of_any_length_are_counted_in_days(interval, rows, short):
    rng = np.random.default_rng(3)
    production = rng.uniform(50, 150, 400 + rows)
    use = 100 + 2 * production + rng.normal(0, 1, 400 + rows)
    saved = avoided_energy(
        use[:400], production[:400], production[400:], use[400:] * 0.9, names=["production_t"], interval=interval
    )
    assert ("reporting_short" in found(judge(saved, LINKED))) is short


def with_driver(column, use):
    return avoided_energy(
        use[:365], {"production_t": column[:365]}, {"production_t": column[365:]}, use[365:],
        baseline_start=BASE, reporting_start=REPORT, model="linear",
    )  # fmt: skip


def noise_column():
    rng = np.random.default_rng(8)
    return rng.uniform(0, 1, 730)


def test_a_column_of_noise_is_no_production_driver():
    _, use = clean_plant()
    saved = with_driver(noise_column(), use)
    assert saved.model.solution.b[1] > 0
    assert saved.model.solution.p_value[1] > 0.2
    verdict = judge(saved, LINKED)
    assert (verdict.status, verdict.verified_amount) == (Status.NOT_CLAIMABLE, 0.0)
    finding = found(verdict)["no_production_driver"]
    assert "production_t is in the model, but its p-value" in finding.message
    assert finding.data["weak"] == [
        {
            "driver": "production_t",
            "value": pytest.approx(saved.model.coefficients["production_t"]),
            "p_value": pytest.approx(saved.model.solution.p_value[1]),
        }
    ]


def test_a_driver_that_lowers_the_use_is_no_production_driver():
    production, use = clean_plant()
    saved = with_driver(200 - production, use)
    assert saved.model.solution.p_value[1] < 1e-6
    verdict = judge(saved, LINKED)
    assert verdict.status is Status.NOT_CLAIMABLE
    assert (
        "production_t is in the model, but its slope -2.009 is negative"
        in found(verdict)["no_production_driver"].message
    )


def test_one_good_production_driver_is_enough():
    production, use = clean_plant()
    drivers = {"production_t": production, "noise_t": noise_column()}
    saved = avoided_energy(
        use[:365], {name: column[:365] for name, column in drivers.items()},
        {name: column[365:] for name, column in drivers.items()}, use[365:],
        baseline_start=BASE, reporting_start=REPORT, model="linear",
    )  # fmt: skip
    both = ClaimContext(production_drivers=("noise_t", "production_t"), options=("boiler-1",))
    assert judge(saved, both).status is Status.CLAIMABLE


@pytest.mark.parametrize("drives", [True, False])
def test_products_by_name_count_when_they_explain_the_use_together(drives):
    rng = np.random.default_rng(6)
    product = rng.choice(np.array(["none", "pipe", "rail"], object), 730)
    step = np.where(product == "pipe", 50.0, np.where(product == "rail", 90.0, 0.0))
    use = 100 + drives * step + rng.normal(0, 5, 730)
    use[365:] *= 1 - CUT
    verdict = judge(with_driver(product, use), LINKED)
    assert ("no_production_driver" in found(verdict)) is not drives
    if not drives:
        assert found(verdict)["no_production_driver"].data["weak"][0]["value"] is None


def test_a_use_that_never_changes_follows_no_production():
    production, _ = clean_plant()
    saved = with_driver(production, np.full(730, 100.0))
    assert "no_production_driver" in found(judge(saved, LINKED))


def test_a_plant_that_makes_nothing_needs_no_driver_that_drives():
    _, use = clean_plant()
    context = ClaimContext(plant_produces=False, production_drivers=("production_t",), options=("x",))
    assert "no_production_driver" not in found(judge(with_driver(noise_column(), use), context))
