import json
from datetime import date
from math import isnan

import msgspec
import numpy as np
import pytest
from plant_worlds import ELECTRICITY, a_plant, as_span, claimable_plant, columns_of, quarter_hours, stated

from meterproof_mv import avoided_energy
from meterproof_mv.claim import Status, stops_claim
from meterproof_mv.dossier.plan import Period


def codes(statement):
    return {finding.code: finding.severity.value for finding in statement.findings}


def test_without_any_interval_nothing_is_claimed_and_the_missing_days_are_named():
    statement = stated(a_plant(), columns_of([]))
    assert statement.status is Status.NOT_CLAIMABLE
    assert codes(statement)["baseline_missing"] == "refusal"
    message = next(finding.message for finding in statement.findings if finding.code == "baseline_missing")
    assert "none of its 59 days was metered whole: 2018-01-01 to 2018-02-28" in message
    assert (statement.verified, statement.assessment.verified_co2e_t) == (0.0, 0.0)
    assert statement.model is None
    assert statement.savings is None
    assert statement.cumulative == ()


def test_with_a_baseline_alone_there_is_a_model_and_no_result():
    plant = a_plant()
    baseline = quarter_hours(plant)[: plant.baseline_period.days * 96]
    statement = stated(plant, columns_of(baseline))
    assert statement.model is not None
    assert statement.model.n == plant.baseline_period.days
    assert statement.savings is None
    assert codes(statement)["reporting_missing"] == "refusal"
    assert statement.status is Status.NOT_CLAIMABLE
    assert all(isnan(row.baseline) == (row.period == "reporting") for row in statement.rows)


def test_a_known_cut_at_a_plant_with_an_option_is_claimable_within_its_interval():
    plant = claimable_plant()
    rows = quarter_hours(plant, cut=0.2)
    statement = stated(plant, columns_of(rows))
    truth = sum(row[2] for row in rows[plant.baseline_period.days * 96 :]) * 0.2 / 0.8
    assert statement.status is Status.CLAIMABLE
    assert statement.savings is not None
    assert statement.savings.lower < truth < statement.savings.upper
    assert 0 < statement.verified <= statement.savings.lower_one_sided
    assert statement.verified == int(statement.verified)
    assert statement.assessment.tonnes is None
    assert "no_emission_factor" in codes(statement)


def test_the_same_cut_without_an_option_is_an_unexplained_shift():
    plant = claimable_plant(options=())
    statement = stated(plant, columns_of(quarter_hours(plant, cut=0.2)))
    assert statement.status is Status.NOT_CLAIMABLE
    assert {"no_option", "unexplained_shift"} <= codes(statement).keys()
    assert (statement.verified, statement.assessment.verified_co2e_t) == (0.0, 0.0)


def test_a_producing_plant_without_a_production_driver_cannot_claim():
    plant = claimable_plant(produces=True)
    statement = stated(plant, columns_of(quarter_hours(plant, cut=0.2)))
    assert statement.status is Status.NOT_CLAIMABLE
    assert "no_production_driver" in codes(statement)


def test_where_nothing_changed_the_interval_holds_zero_and_nothing_is_verified():
    plant = claimable_plant()
    statement = stated(plant, columns_of(quarter_hours(plant)))
    assert statement.savings is not None
    assert statement.savings.lower < 0 < statement.savings.upper
    assert statement.status is Status.NOT_CLAIMABLE
    assert statement.verified == 0


def test_the_figures_are_those_of_the_maths_room():
    plant = a_plant()
    rows = quarter_hours(plant, cut=0.1)
    statement = stated(plant, columns_of(rows))
    days = np.arange(np.datetime64("2018-01-01"), np.datetime64("2018-05-01"))
    energy = np.array([row[2] for row in rows]).reshape(-1, 96).sum(axis=1)
    kind = np.where(np.is_busday(days), "weekday", "weekend").astype(object)
    n = plant.baseline_period.days
    expected = avoided_energy(
        energy[:n],
        {"day_type": kind[:n]},
        {"day_type": kind[n:]},
        energy[n:],
        baseline_start=days[:n],
        reporting_start=days[n:],
    )
    result = statement.savings
    assert result is not None
    assert result.avoided == pytest.approx(expected.avoided, rel=1e-12)
    assert (result.lower, result.upper) == pytest.approx((expected.lower, expected.upper), rel=1e-12)
    assert (result.naive.lower, result.naive.upper) == pytest.approx((expected.naive.lower, expected.naive.upper))
    assert result.lower_one_sided == pytest.approx(expected.lower_one_sided)
    assert statement.model is not None
    assert statement.model.coefficients == pytest.approx(dict(expected.model.coefficients))


def test_the_series_add_up_to_the_result_and_end_in_its_interval():
    plant = a_plant()
    statement = stated(plant, columns_of(quarter_hours(plant, cut=0.1)))
    result = statement.savings
    assert result is not None
    reporting = [row for row in statement.rows if row.period == "reporting"]
    assert sum(row.baseline - row.actual for row in reporting) == pytest.approx(result.avoided)
    last = statement.cumulative[-1]
    assert last.day == date(2018, 4, 30)
    assert (last.difference, last.lower, last.upper) == pytest.approx((result.avoided, result.lower, result.upper))
    baseline = [row for row in statement.rows if row.period == "baseline"]
    assert sum(row.baseline for row in baseline) == pytest.approx(sum(row.actual for row in baseline))


def test_days_cut_by_a_span_are_left_out_named_once_and_drawn_as_holes():
    plant = a_plant()
    whole = quarter_hours(plant)
    statement = stated(plant, columns_of(as_span(whole, 96 * 40 + 50, 96 * 42 + 3)))
    assert statement.model is not None
    assert statement.model.n == plant.baseline_period.days - 3
    holes = [row.day for row in statement.rows if isnan(row.actual)]
    assert holes == [date(2018, 2, 10), date(2018, 2, 11), date(2018, 2, 12)]
    assert all(isnan(row.baseline) for row in statement.rows if row.day in holes)
    message = next(finding.message for finding in statement.findings if finding.code == "days_incomplete")
    assert message == "baseline period: 3 of 59 days were not metered whole: 2018-02-10 to 2018-02-12"
    assert "gap" not in codes(statement)
    assert statement.baseline.amount == pytest.approx(sum(row[2] for row in whole[: 59 * 96]))


def without_days(rows, lost):
    return [row for index, row in enumerate(rows) if index // 96 not in lost]


def test_with_half_of_the_reporting_days_lost_where_use_was_high_nothing_is_claimed():
    plant = claimable_plant()
    rows = quarter_hours(plant, cut=0.2)
    first = plant.baseline_period.days
    use = np.array([row[2] for row in rows]).reshape(-1, 96).sum(axis=1)[first:]
    lost = set((first + np.argsort(use)[len(use) // 2 :]).tolist())
    statement = stated(plant, columns_of(without_days(rows, lost)))
    assert (statement.status, statement.verified) == (Status.NOT_CLAIMABLE, 0.0)
    refused = [finding for finding in statement.findings if finding.severity.value == "refusal"]
    assert [finding.code for finding in refused] == ["days_incomplete"]
    message = "reporting period: 31 of 61 days were not metered whole, and a claim allows 10.1% at most: 2018-03-02"
    assert refused[0].message.startswith(message)
    assert refused[0].clause == "CalTRACK 2.2-2.3"


@pytest.mark.parametrize("first", [0, 59])
@pytest.mark.parametrize(("days", "severity", "status"), [(5, "warning", "claimable"), (7, "refusal", "not_claimable")])
def test_a_tenth_of_either_period_may_be_missing(first, days, severity, status):
    plant = claimable_plant()
    rows = without_days(quarter_hours(plant, cut=0.2), set(range(first + 20, first + 20 + days)))
    statement = stated(plant, columns_of(rows))
    assert codes(statement)["days_incomplete"] == severity
    assert statement.status == status
    assert (statement.verified > 0) is (status == "claimable")


def test_five_days_are_no_reporting_period():
    plant = claimable_plant(reporting_period=Period(date(2018, 3, 1), date(2018, 3, 6)))
    statement = stated(plant, columns_of(quarter_hours(plant, cut=0.2)))
    assert "reporting_short" in codes(statement)
    assert (statement.status, statement.verified) == (Status.NOT_CLAIMABLE, 0.0)


def test_a_date_that_the_zone_left_out_is_not_missed():
    plant = claimable_plant(
        time_zone="Pacific/Apia",
        baseline_period=Period(date(2011, 10, 1), date(2011, 12, 20)),
        reporting_period=Period(date(2011, 12, 20), date(2012, 2, 1)),
    )
    statement = stated(plant, columns_of(quarter_hours(plant, cut=0.2)))
    assert "days_incomplete" not in codes(statement)
    assert statement.savings is not None
    assert len(statement.cumulative) == plant.reporting_period.days - 1


@pytest.mark.parametrize("lost", [range(0), range(59, 90), range(25), range(59), range(59, 120), range(200)])
@pytest.mark.parametrize("produces", [True, False])
def test_a_statement_is_claimable_exactly_when_no_finding_of_it_stops_a_claim(lost, produces):
    plant = claimable_plant(produces=produces)
    statement = stated(plant, columns_of(without_days(quarter_hours(plant, cut=0.2), set(lost))))
    stopped = any(stops_claim(finding) for finding in statement.findings)
    assert stopped is (statement.status is Status.NOT_CLAIMABLE)
    assert stopped is (statement.verified == 0)


def test_many_stretches_of_missing_days_are_counted_not_listed_without_end():
    plant = a_plant()
    rows = [row for index, row in enumerate(quarter_hours(plant)) if index % (96 * 4) or index >= 59 * 96]
    statement = stated(plant, columns_of(rows))
    finding = next(finding for finding in statement.findings if finding.code == "days_incomplete")
    assert finding.message.endswith("and 9 further stretches")
    assert len(finding.data["ranges"]) == 15


def test_a_baseline_of_weekdays_alone_is_refused_with_the_reason_and_does_not_crash():
    plant = a_plant(baseline_period=Period(date(2018, 1, 1), date(2018, 1, 6)))
    statement = stated(plant, columns_of(quarter_hours(plant)))
    refusal = next(finding for finding in statement.findings if finding.code == "no_fit")
    assert refusal.severity == "refusal"
    assert "'weekday' in every row" in refusal.message
    assert statement.status is Status.NOT_CLAIMABLE


def test_a_reporting_period_with_days_of_a_kind_never_seen_is_refused_and_does_not_crash(monkeypatch):
    plant = a_plant()
    from meterproof_mv.dossier import streams as module

    plain = module._day_type

    def with_holidays(calendar):
        kinds = plain(calendar)
        kinds[calendar.day == np.datetime64("2018-04-05")] = "holiday"
        return kinds

    monkeypatch.setattr(module, "_day_type", with_holidays)
    statement = stated(plant, columns_of(quarter_hours(plant)))
    assert codes(statement)["no_fit"] == "refusal"
    assert statement.model is not None
    assert statement.savings is None


def test_a_plant_without_drivers_has_the_mean_as_its_baseline():
    plant = a_plant(streams=(msgspec.structs.replace(ELECTRICITY, drivers=()),))
    statement = stated(plant, columns_of(quarter_hours(plant)))
    assert statement.model is not None
    assert (statement.model.model, statement.model.p) == ("mean", 1)
    assert "holidays_not_known" not in codes(statement)


def test_days_between_the_periods_are_shown_and_not_compared():
    plant = a_plant(reporting_period=Period(date(2018, 3, 11), date(2018, 5, 1)))
    rows = quarter_hours(a_plant())
    statement = stated(plant, columns_of(rows))
    between = [row for row in statement.rows if row.period == "between"]
    assert [row.day.day for row in between] == list(range(1, 11))
    assert not any(isnan(row.actual) for row in between)
    assert statement.savings is not None
    assert len(statement.cumulative) == 51


@pytest.mark.parametrize("rows", ["none", "all"])
def test_the_statement_is_plain_json_without_nan(rows):
    plant = claimable_plant()
    statement = stated(plant, columns_of(quarter_hours(plant, cut=0.2) if rows == "all" else []))
    figures = statement.assessment.to_dict()
    for value in (figures, statement.series_dict()):
        assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert figures["simulated"] is True
    assert figures["options"][0]["start_up"] == "2018-03-01"
