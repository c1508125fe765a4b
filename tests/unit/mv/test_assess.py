"""From a dossier to its figures: known cuts are found, nothing is claimed that is not sure, reasons are given."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from dossier_worlds import (
    GAS,
    OPTION,
    PRODUCTION,
    YEAR_BEFORE,
    billed,
    daily_truth,
    kiln,
    metered,
    monthly,
)

from meterproof_mv.claim import Status
from meterproof_mv.dossier.assess import assess
from meterproof_mv.dossier.plan import DAY_TYPE, DriverPlan, Period, StreamPlan
from meterproof_mv.dossier.series import Dossier, ImportedRange, Recorded
from meterproof_mv.dossier.vocabulary import Grain, OptionState, Origin
from meterproof_mv.errors import PlanError, SeriesError
from meterproof_mv.ghg.library import shipped_factors
from meterproof_mv.heat_content import CalorificBasis

KG_CO2_PER_M3 = 36.4 * 56_100 / 1e6


def codes(findings):
    return {finding.code: finding.severity.value for finding in findings}


def saved(cut):
    gas, _ = daily_truth(cut=cut)
    return gas[YEAR_BEFORE.days :].sum() * cut / (1 - cut)


def with_stream(dossier, name, daily, **stream):
    """Return a dossier with one more metered stream on production that no option acts on."""
    plan = StreamPlan(
        **{
            "id": name,
            "label": name.title(),
            "carrier": "water",
            "unit": "m3",
            "grain": Grain.DAY,
            "series": f"metered/{name}/volume_m3",
            "drivers": ("production_t",),
            **stream,
        }
    )
    series = {**dossier.series, plan.series: metered(name, "volume_m3", plan.unit, daily)}
    return replace(dossier, plan=replace(dossier.plan, streams=(*dossier.plan.streams, plan)), series=series)


def test_a_known_cut_is_claimable_within_its_interval_and_verified_from_below():
    found = assess(kiln(cut=0.1))
    (stream,) = found.streams
    assert (found.status, stream.status) == (Status.CLAIMABLE, Status.CLAIMABLE)
    assert stream.savings.lower < saved(0.1) < stream.savings.upper
    assert stream.verified == np.floor(stream.savings.lower_one_sided)
    assert stream.linked == ("burner-control",)


def test_tonnes_follow_the_amount_with_the_gases_apart():
    found = assess(kiln(cut=0.1))
    tonnes, savings = found.streams[0].tonnes, found.streams[0].savings
    assert tonnes.co2_t == pytest.approx(savings.avoided * KG_CO2_PER_M3 / 1000, rel=1e-12)
    assert tonnes.ch4_t == pytest.approx(savings.avoided * 36.4 * 1 / 1e9, rel=1e-12)
    assert tonnes.n2o_t == pytest.approx(savings.avoided * 36.4 * 0.1 / 1e9, rel=1e-12)
    assert tonnes.co2e_t == pytest.approx(tonnes.co2_t + 28 * tonnes.ch4_t + 265 * tonnes.n2o_t, rel=1e-12)
    each = tonnes.co2e_t / savings.avoided
    assert (tonnes.lower, tonnes.upper) == pytest.approx((savings.lower * each, savings.upper * each))
    assert tonnes.verified_co2e_t == np.floor(found.streams[0].verified * each)
    assert found.verified_co2e_t == found.tonnes.verified_co2e_t == tonnes.verified_co2e_t > 0


def test_where_nothing_changed_nothing_is_verified():
    found = assess(kiln(cut=0.0))
    assert found.status is Status.NOT_CLAIMABLE
    assert (found.streams[0].verified, found.verified_co2e_t) == (0.0, 0.0)
    assert "not_distinguishable" in codes(found.streams[0].findings)


def test_a_rise_is_told_and_never_claimed():
    found = assess(kiln(cut=-0.1))
    assert found.status is Status.NOT_CLAIMABLE
    assert found.streams[0].savings.upper < 0
    assert found.tonnes.co2e_t < 0
    assert found.verified_co2e_t == 0.0


def test_without_an_option_a_cut_is_a_shift_that_nobody_explains():
    found = assess(kiln(cut=0.1, plan={"options": ()}))
    assert found.status is Status.NOT_CLAIMABLE
    assert {"no_option", "unexplained_shift"} <= codes(found.streams[0].findings).keys()
    assert found.tonnes.co2e_t > 0
    assert found.verified_co2e_t == 0.0


def test_an_option_on_another_stream_claims_nothing_of_this_one():
    found = assess(kiln(cut=0.1, plan={"options": (replace(OPTION, streams=()),)}))
    assert found.status is Status.NOT_CLAIMABLE
    assert "option_without_stream" in codes(found.findings)


@pytest.mark.parametrize("state", [OptionState.IDENTIFIED, OptionState.FEASIBLE, OptionState.REJECTED])
def test_an_option_that_is_not_at_work_saves_nothing(state):
    found = assess(kiln(cut=0.1, plan={"options": (replace(OPTION, state=state),)}))
    assert found.status is Status.NOT_CLAIMABLE
    assert codes(found.findings) == {"option_not_working": "warning"}


@pytest.mark.parametrize(
    ("start_up", "code", "status"),
    [
        (date(2024, 12, 31), "option_in_baseline", Status.NOT_CLAIMABLE),
        (date(2026, 1, 1), "option_after_reporting", Status.NOT_CLAIMABLE),
        (date(2025, 1, 2), "option_started_late", Status.NOT_CLAIMABLE),
    ],
)
def test_an_option_can_only_have_saved_while_it_worked(start_up, code, status):
    found = assess(kiln(cut=0.1, plan={"options": (replace(OPTION, start_up=start_up),)}))
    assert (found.status, list(codes(found.findings))) == (status, [code])
    assert (found.verified_co2e_t > 0) is (status is Status.CLAIMABLE)


def test_a_stream_that_no_option_acts_on_is_shown_and_not_claimed():
    water = 20 + 0.5 * daily_truth()[1]
    found = assess(with_stream(kiln(), "water", water * np.r_[np.ones(366), np.full(365, 0.8)]))
    shown = found.streams[1]
    assert shown.linked == ()
    assert (shown.status, shown.verified, shown.tonnes) == (Status.NOT_CLAIMABLE, 0.0, None)
    assert found.status is Status.CLAIMABLE
    assert found.verified_co2e_t == found.streams[0].tonnes.verified_co2e_t


def test_what_rose_elsewhere_beyond_doubt_is_taken_off():
    alone = assess(kiln())
    other = (1000 + 10 * daily_truth()[1]) * np.r_[np.ones(366), np.full(365, 1.05)]
    same_gas = {"carrier": "natural_gas", "heat_content": GAS.heat_content, "factors": GAS.factors}
    found = assess(with_stream(kiln(), "dryer", other, **same_gas))
    rise = -found.streams[1].tonnes.upper
    assert rise > 0
    assert codes(found.findings)["other_use_rose"] == "warning"
    assert found.verified_co2e_t == pytest.approx(alone.verified_co2e_t - rise, abs=1)
    assert found.tonnes.co2e_t == alone.tonnes.co2e_t


def test_a_saving_that_another_stream_eats_up_is_none():
    other = (1000 + 60 * daily_truth()[1]) * np.r_[np.ones(366), np.full(365, 1.5)]
    same_gas = {"carrier": "natural_gas", "heat_content": GAS.heat_content, "factors": GAS.factors}
    found = assess(with_stream(kiln(), "dryer", other, **same_gas))
    assert found.status is Status.NOT_CLAIMABLE
    assert codes(found.findings)["offset_by_other_use"] == "refusal"
    assert found.verified_co2e_t == 0.0


def test_a_rise_without_a_factor_is_told_and_takes_nothing_off():
    water = (20 + 0.5 * daily_truth()[1]) * np.r_[np.ones(366), np.full(365, 1.3)]
    found = assess(with_stream(kiln(), "water", water))
    assert "emissions" not in next(f.message for f in found.findings if f.code == "other_use_rose")
    assert found.verified_co2e_t == assess(kiln()).verified_co2e_t


def test_a_linked_stream_that_may_have_risen_lowers_the_sum():
    plan = {"options": (replace(OPTION, streams=("gas", "dryer")),)}
    random = np.random.default_rng(8)
    other = (1000 + 10 * daily_truth()[1]) * (1 + 0.1 * random.standard_normal(731))
    same_gas = {"carrier": "natural_gas", "heat_content": GAS.heat_content, "factors": GAS.factors}
    found = assess(with_stream(kiln(plan=plan), "dryer", other, **same_gas))
    gas, dryer = found.streams
    assert dryer.status is Status.NOT_CLAIMABLE
    assert dryer.tonnes.lower_one_sided < 0
    assert found.verified_co2e_t == np.floor(gas.tonnes.verified_co2e_t + dryer.tonnes.lower_one_sided)
    assert found.tonnes.co2e_t == pytest.approx(gas.tonnes.co2e_t + dryer.tonnes.co2e_t)


def test_an_option_is_judged_by_all_of_its_streams_or_not_at_all():
    plan = {"options": (replace(OPTION, streams=("gas", "boiler")),)}
    dossier = kiln(plan=plan)
    boiler = replace(billed().plan.streams[0], id="boiler", drivers=())
    few = monthly("bills/gas", "kWh", np.full(24, 1e5), YEAR_BEFORE.start, spread=True)
    rows = few.rows[:2] + few.rows[12:]
    streams = (*dossier.plan.streams, boiler)
    found = assess(
        replace(
            dossier,
            plan=replace(dossier.plan, streams=streams),
            series={**dossier.series, "bills/gas": Recorded("bills/gas", "kWh", rows, spread=True)},
        )
    )
    assert np.isnan(found.streams[1].tonnes.lower_one_sided)
    assert found.streams[1].tonnes.to_dict()["lower"] is None
    assert codes(found.findings)["linked_stream_unknown"] == "refusal"
    assert (found.status, found.verified_co2e_t) == (Status.NOT_CLAIMABLE, 0.0)


def test_bills_by_the_month_find_a_known_cut():
    found = assess(billed(cut=0.1))
    (stream,) = found.streams
    assert stream.model.n == 12
    assert found.status is Status.CLAIMABLE
    assert stream.baseline.origins == ("bill",)
    assert (stream.baseline.rows, stream.baseline.known, stream.baseline.share) == (12, 12, 1.0)
    assert stream.tonnes.co2_t == pytest.approx(stream.savings.avoided * 3.6e-3 * 56.1 / 1000, rel=1e-9)


def test_months_without_production_are_named_and_too_many_refuse_the_claim():
    dossier = billed(cut=0.1)
    output = dossier.series["production/output"]
    for lost, severity in ((1, "warning"), (2, "refusal")):
        shorter = replace(output, rows=output.rows[lost:])
        found = assess(replace(dossier, series={**dossier.series, "production/output": shorter}))
        finding = next(f for f in found.streams[0].findings if f.code == "driver_incomplete")
        assert finding.severity == severity
        assert finding.message.startswith(f"driver production_t, baseline period: {lost} of 12 months were not known")
        assert found.streams[0].model.n == 12 - lost
        assert (found.status is Status.CLAIMABLE) is (severity == "warning")


def test_a_driver_that_was_never_written_down_gives_a_finding_and_no_model():
    dossier = billed()
    none = replace(dossier.series["production/output"], rows=())
    (stream,) = assess(replace(dossier, series={**dossier.series, "production/output": none})).streams
    assert codes(stream.findings)["driver_missing"] == "refusal"
    assert (stream.model, stream.savings, stream.tonnes, stream.verified) == (None, None, None, 0.0)


def test_bills_that_stop_leave_months_that_are_not_known():
    dossier = billed(cut=0.1)
    bills = dossier.series["bills/gas"]
    found = assess(replace(dossier, series={**dossier.series, "bills/gas": replace(bills, rows=bills.rows[:22])}))
    finding = next(f for f in found.streams[0].findings if f.code == "months_incomplete")
    assert finding.severity == "refusal"
    assert finding.message.endswith("2025-11 to 2025-12")
    assert found.status is Status.NOT_CLAIMABLE


def test_days_that_are_missing_are_named_once_and_left_out():
    gas, _ = daily_truth()
    gas[[40, 41, 400]] = np.nan
    dossier = kiln()
    found = assess(replace(dossier, series={**dossier.series, GAS.series: metered("gas", "volume_m3", "m3", gas)}))
    (stream,) = found.streams
    told = [finding.message for finding in stream.findings if finding.code == "days_incomplete"]
    assert told == [
        "baseline period: 2 of 366 days were not metered whole: 2024-02-10 to 2024-02-11",
        "reporting period: 1 of 365 days were not metered whole: 2025-02-04",
    ]
    assert stream.baseline.known == 364
    assert stream.baseline.present == 364 * 96
    assert "gap" not in codes(stream.findings)


def test_imported_history_is_told_apart_from_what_a_gateway_read():
    dossier = kiln()
    series = dossier.series[GAS.series]
    edge = int(series.start_ms[YEAR_BEFORE.days * 96])
    history = ImportedRange(int(series.start_ms[0]), edge, Origin.LOG, "history.csv")
    later = ImportedRange(edge + 10**12, edge + 10**13, Origin.SPOT, "later.csv")
    imported = replace(series, imported=(history, later))
    (stream,) = assess(replace(dossier, series={**dossier.series, GAS.series: imported})).streams
    assert (stream.baseline.origins, stream.reporting.origins) == (("log",), ("meter",))
    half = replace(series, imported=(replace(history, end_ms=edge - 96 * 900_000),))
    (stream,) = assess(replace(dossier, series={**dossier.series, GAS.series: half})).streams
    assert stream.baseline.origins == ("log", "meter")


def test_without_factors_there_are_no_tonnes_and_the_saving_stands():
    found = assess(kiln(factors=()))
    assert found.status is Status.CLAIMABLE
    assert (found.tonnes, found.streams[0].tonnes, found.verified_co2e_t) == (None, None, 0.0)
    assert codes(found.streams[0].findings)["no_emission_factor"] == "info"


def test_factors_on_another_calorific_basis_refuse_the_tonnes_and_the_claim():
    gross = replace(GAS.heat_content, basis=CalorificBasis.GROSS)
    found = assess(kiln(heat_content=gross))
    assert found.status is Status.NOT_CLAIMABLE
    assert found.streams[0].tonnes is None
    assert "refusal" in codes(found.streams[0].findings).values()


def test_a_factor_that_nobody_compared_with_its_original_makes_the_result_provisional():
    dossier = kiln()
    assert not assess(dossier).provisional
    doubtful = tuple(replace(factor, trust="unverified") for factor in dossier.factors)
    assert assess(replace(dossier, factors=doubtful)).provisional


def test_a_plant_without_drivers_has_the_mean_and_the_day_type_needs_no_series():
    mean = assess(kiln(drivers=()))
    assert mean.streams[0].model.model == "mean"
    calendar = DriverPlan(DAY_TYPE, "", "", production=False)
    by_day = assess(kiln(drivers=(DAY_TYPE,), plan={"drivers": (PRODUCTION, calendar)}))
    assert codes(by_day.streams[0].findings)["holidays_not_known"] == "info"
    assert set(by_day.streams[0].rows.drivers[DAY_TYPE]) == {"weekday", "weekend"}


def test_a_driver_that_never_changes_is_refused_with_the_reason():
    dossier = kiln()
    flat = metered("exit", "production_t", "t", np.full(731, 5.0))
    (stream,) = assess(replace(dossier, series={**dossier.series, PRODUCTION.series: flat})).streams
    assert codes(stream.findings)["no_fit"] == "refusal"
    assert stream.model is None


def test_a_reporting_period_that_cannot_be_compared_is_refused_with_the_reason(monkeypatch):
    calendar = DriverPlan(DAY_TYPE, "", "", production=False)
    short = Period(date(2024, 1, 1), date(2024, 1, 6))
    dossier = kiln(drivers=(DAY_TYPE,), plan={"drivers": (PRODUCTION, calendar), "baseline": short, "options": ()})
    (stream,) = assess(dossier).streams
    assert codes(stream.findings)["no_fit"] == "refusal"
    from meterproof_mv.dossier import streams as module

    plain = module._day_type

    def with_holidays(days):
        kinds = plain(days)
        kinds[-1] = "holiday"
        return kinds

    monkeypatch.setattr(module, "_day_type", with_holidays)
    (stream,) = assess(replace(dossier, plan=replace(dossier.plan, baseline=YEAR_BEFORE))).streams
    assert stream.model is not None
    assert stream.savings is None
    assert next(f.message for f in stream.findings if f.code == "no_fit").startswith("no comparison:")


def test_a_baseline_alone_gives_a_model_and_nothing_to_compare():
    gas, _ = daily_truth()
    gas[YEAR_BEFORE.days :] = np.nan
    dossier = kiln()
    (stream,) = assess(
        replace(dossier, series={**dossier.series, GAS.series: metered("gas", "volume_m3", "m3", gas)})
    ).streams
    assert stream.model.n == 366
    assert stream.savings is None
    assert codes(stream.findings)["reporting_missing"] == "refusal"


def test_the_rows_for_charts_add_up_to_the_figures():
    (stream,) = assess(kiln()).streams
    rows, reporting = stream.rows, stream.rows.period == "reporting"
    assert (rows.expected - rows.actual)[reporting].sum() == pytest.approx(stream.savings.avoided)
    assert rows.expected[~reporting].sum() == pytest.approx(rows.actual[~reporting].sum())
    assert (rows.day[0], rows.end[-1]) == (np.datetime64("2024-01-01"), np.datetime64("2026-01-01"))


@pytest.mark.parametrize("dossier", [kiln(), billed(), kiln(plan={"options": ()}), kiln(factors=())])
def test_the_figures_are_plain_json(dossier):
    found = assess(dossier).to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_an_assessment_names_its_plant_and_options():
    found = assess(kiln())
    assert found.plant.id == "test-works"
    assert [option.id for option in found.options] == ["burner-control"]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"confidence": 1.0}, "confidence 1.0: a fraction between 0 and 1"),
        ({"plant": replace(kiln().plan.plant, time_zone="Asia/Nowhere")}, "time_zone 'Asia/Nowhere' unknown"),
        ({"streams": ()}, "no stream; give at least one"),
        ({"streams": (GAS, GAS)}, "stream 'gas' is given 2 times"),
        ({"drivers": ()}, "driver 'production_t' is not described; there are none"),
        ({"drivers": (PRODUCTION, replace(PRODUCTION, name="x", series=""))}, "driver 'x' names no series"),
        ({"options": (replace(OPTION, streams=("steam",)),)}, "stream 'steam' is not there; there are gas"),
        ({"streams": (replace(GAS, series="bills/gas"),)}, "series 'bills/gas' is not there; there are metered/"),
        ({"streams": (replace(GAS, unit="kWh"),)}, "counts m3, and the plan says kWh"),
        ({"streams": (replace(GAS, factors=("moon@1",)),)}, "factor 'moon@1' is not there"),
        ({"streams": (replace(GAS, carrier="coal"),)}, "stream 'gas' is of coal, and its factor"),
        ({"streams": (GAS, replace(GAS, id="gas2"))}, "series of streams 'metered/gas/volume_m3' is given 2 times"),
        (
            {
                "streams": (replace(GAS, grain=Grain.MONTH, drivers=(DAY_TYPE,)),),
                "drivers": (DriverPlan(DAY_TYPE, "", "", production=False),),
            },
            "'day_type' says nothing of a month",
        ),
        (
            {"baseline": Period(date(1, 1, 1), date(2024, 1, 1))},
            "baseline period starts 0001-01-01; years from 1970 to 2200 are accepted",
        ),
    ],
)
def test_a_plan_that_contradicts_itself_or_its_data_is_refused(plan, said):
    with pytest.raises(PlanError) as told:
        assess(kiln(plan=plan))
    assert said in str(told.value)


def test_bills_that_overlap_are_refused():
    dossier = billed()
    bills = dossier.series["bills/gas"]
    twice = Recorded("bills/gas", "kWh", (*bills.rows, bills.rows[3]), spread=True)
    with pytest.raises(SeriesError):
        assess(replace(dossier, series={**dossier.series, "bills/gas": twice}))


def test_a_dossier_without_any_row_says_that_nothing_is_there():
    dossier = kiln()
    nothing = {
        GAS.series: metered("gas", "volume_m3", "m3", np.zeros(0)),
        PRODUCTION.series: dossier.series[PRODUCTION.series],
    }
    found = assess(Dossier(dossier.plan, nothing, dossier.factors))
    assert codes(found.streams[0].findings)["baseline_missing"] == "refusal"
    assert found.streams[0].baseline.share == 0.0
    assert found.tonnes is None


def electricity(dossier, daily, *, linked, **stream):
    """Return a dossier with electricity beside the gas; the option acts on both, or on the gas alone."""
    changes = {"carrier": "electricity", "unit": "kWh", "factors": ("grid.th.national.generation_2022@1",), **stream}
    wider = with_stream(dossier, "electricity", daily, **changes)
    streams = ("gas", "electricity") if linked else ("gas",)
    plan = replace(wider.plan, options=(replace(OPTION, streams=streams),))
    wanted = "grid.th.national.generation_2022@1"
    grid = tuple(factor for factor in shipped_factors() if factor.ref == wanted)
    return replace(wider, plan=plan, factors=(*wider.factors, *grid))


def switched():
    """Return use of electricity that rises by what a switch from gas would ask for."""
    days = daily_truth()[1]
    return (1000 + 10 * days) + np.r_[np.zeros(366), np.full(365, 60_000.0)]


def test_a_fuel_switch_is_no_saving():
    found = assess(electricity(kiln(cut=0.9), switched(), linked=True))
    assert (found.status, found.verified_co2e_t) == (Status.NOT_CLAIMABLE, 0.0)


@pytest.mark.parametrize("known", [slice(0, 0), slice(0, 366), slice(360, 466), slice(0, 466)])
@pytest.mark.parametrize("linked", [True, False])
def test_a_fuel_switch_to_what_nobody_metered_is_refused_or_told(known, linked):
    use = np.full(731, np.nan)
    use[known] = switched()[known]
    found = assess(electricity(kiln(cut=0.9), use, linked=linked))
    told = codes(found.findings)
    if linked:
        assert told["linked_stream_unknown"] == "refusal"
        assert (found.status, found.verified_co2e_t) == (Status.NOT_CLAIMABLE, 0.0)
    else:
        assert told["other_use_unknown"] == "warning"


def test_a_linked_stream_of_energy_without_a_factor_is_refused_beside_others_that_have_one():
    found = assess(electricity(kiln(), switched(), linked=True, factors=()))
    assert codes(found.findings)["linked_without_factor"] == "refusal"
    assert found.status is Status.NOT_CLAIMABLE


def test_linked_water_needs_no_factor_and_shows_no_tonnes_of_others():
    water = (20 + 0.5 * daily_truth()[1]) * np.r_[np.ones(366), np.full(365, 0.8)]
    plan = {"options": (replace(OPTION, streams=("water",)),)}
    found = assess(with_stream(kiln(cut=0.0, plan=plan), "water", water))
    assert found.status is Status.CLAIMABLE
    assert found.tonnes is None


@pytest.mark.parametrize("produced", [0.0, 1.0])
def test_a_plant_that_stood_still_or_a_meter_that_died_saved_nothing(produced):
    gas, production = daily_truth(cut=0.0)
    gas[456:638] = 0.0
    production[456:638] *= produced
    dossier = kiln()
    series = {
        GAS.series: metered("gas", "volume_m3", "m3", gas),
        PRODUCTION.series: metered("exit", "production_t", "t", production),
    }
    found = assess(replace(dossier, series=series))
    assert found.status is Status.NOT_CLAIMABLE
    told = codes(found.streams[0].findings)
    assert told["use_stopped" if produced else "driver_out_of_range"] == "warning"


def test_days_without_use_that_the_baseline_knows_too_are_no_dead_meter():
    gas, _ = daily_truth()
    gas[::50] = 0.0
    dossier = kiln()
    series = {**dossier.series, GAS.series: metered("gas", "volume_m3", "m3", gas)}
    assert "use_stopped" not in codes(assess(replace(dossier, series=series)).streams[0].findings)


def test_gross_and_net_bills_are_never_mixed():
    dossier = billed(cut=0.1)
    bills = dossier.series["bills/gas"]
    for bases, refused in (
        ((CalorificBasis.NET, CalorificBasis.NET), False),
        ((CalorificBasis.NET, CalorificBasis.GROSS), True),
        ((CalorificBasis.GROSS, CalorificBasis.GROSS), True),
        ((None, CalorificBasis.NET), True),
    ):
        rows = [replace(row, calorific_basis=bases[n >= 12]) for n, row in enumerate(bills.rows)]
        found = assess(replace(dossier, series={**dossier.series, "bills/gas": replace(bills, rows=tuple(rows))}))
        assert ("calorific_basis_mixed" in codes(found.streams[0].findings)) is refused
        assert (found.status is Status.CLAIMABLE) is not refused


def test_intervals_below_zero_are_refused():
    dossier = kiln()
    series = dossier.series[GAS.series]
    amount = series.amount.copy()
    amount[40_000::96] -= 700
    wrong = replace(series, amount=amount)
    found = assess(replace(dossier, series={**dossier.series, GAS.series: wrong}))
    assert codes(found.streams[0].findings)["negative_use"] == "refusal"
    assert found.status is Status.NOT_CLAIMABLE


def test_months_that_use_and_drivers_lack_in_turn_are_added_up():
    dossier = billed(cut=0.1)
    bills, output = dossier.series["bills/gas"], dossier.series["production/output"]
    lacking = {
        "bills/gas": replace(bills, rows=bills.rows[:13] + bills.rows[14:]),
        "production/output": replace(output, rows=output.rows[:16] + output.rows[17:]),
    }
    found = assess(replace(dossier, series=lacking))
    told = next(f for f in found.streams[0].findings if f.code == "rows_incomplete")
    assert told.message.startswith("reporting period: use and drivers together are known of 10 of 12 months")
    assert found.status is Status.NOT_CLAIMABLE


def test_a_baseline_of_seventeen_days_carries_no_claim():
    found = assess(kiln(plan={"baseline": Period(date(2024, 12, 15), date(2025, 1, 1))}))
    assert codes(found.streams[0].findings)["baseline_short"] == "warning"
    assert found.status is Status.NOT_CLAIMABLE


def test_an_option_elsewhere_or_too_late_hinders_no_other():
    water = (20 + 0.5 * daily_truth()[1]) * (1 + 0.1 * np.random.default_rng(4).standard_normal(731))
    dossier = with_stream(kiln(), "water", water)
    alone = assess(dossier).verified_co2e_t
    others = [
        replace(OPTION, id="next-year", streams=("water",), start_up=date(2026, 2, 1)),
        replace(OPTION, id="old", streams=("gas",), start_up=date(2019, 1, 1)),
        replace(OPTION, id="idea", streams=(), state=OptionState.IDENTIFIED),
        replace(OPTION, id="nowhere", streams=()),
    ]
    found = assess(replace(dossier, plan=replace(dossier.plan, options=(OPTION, *others))))
    assert (found.status, found.verified_co2e_t) == (Status.CLAIMABLE, alone)
    assert set(codes(found.findings)) == {
        "option_after_reporting",
        "option_in_baseline",
        "option_not_working",
        "option_without_stream",
    }


def test_estimates_and_hearsay_are_told():
    dossier = billed(cut=0.1)
    output = dossier.series["production/output"]
    rows = tuple(replace(row, estimated=True, origin=Origin.INTERVIEW) for row in output.rows[:3]) + output.rows[3:]
    found = assess(replace(dossier, series={**dossier.series, "production/output": replace(output, rows=rows)}))
    told = codes(found.streams[0].findings)
    assert (told["estimated_rows"], told["weak_evidence"]) == ("warning", "warning")


@pytest.mark.parametrize("rows", [(0, 0), (1, 0)])
def test_hand_kept_rows_that_overlap_or_are_out_of_order_are_refused(rows):
    dossier = billed()
    output = dossier.series["production/output"]
    wrong = replace(output, rows=tuple(output.rows[n] for n in rows))
    with pytest.raises(SeriesError, match="production/output: row from 2024-01-01 begins before"):
        assess(replace(dossier, series={**dossier.series, "production/output": wrong}))


def test_a_hand_kept_row_that_ends_before_it_starts_is_refused():
    dossier = billed()
    output = dossier.series["production/output"]
    wrong = replace(output, rows=(replace(output.rows[0], end=date(2023, 12, 1)),))
    with pytest.raises(SeriesError, match="holds no day"):
        assess(replace(dossier, series={**dossier.series, "production/output": wrong}))


@pytest.mark.parametrize(
    ("heat", "wrong"),
    [("36.4", False), ("36400", True), ("0.0364", True)],
)
def test_a_heat_content_a_thousand_times_off_is_refused(heat, wrong):
    found = assess(kiln(heat_content=replace(GAS.heat_content, value=heat)))
    assert ("heat_content_implausible" in codes(found.streams[0].findings)) is wrong
    assert (found.status is Status.CLAIMABLE) is not wrong


def test_a_heat_content_by_mass_is_judged_by_mass():
    coal = {"carrier": "other_bituminous_coal", "unit": "t", "factors": ()}
    plan = replace(GAS, **coal, heat_content=replace(GAS.heat_content, value="25800", unit="GJ/t"))
    dossier = kiln()
    series = {**dossier.series, GAS.series: replace(dossier.series[GAS.series], unit="t")}
    found = assess(replace(dossier, plan=replace(dossier.plan, streams=(plan,)), series=series))
    assert "heat_content_implausible" in codes(found.streams[0].findings)


def test_less_than_the_printed_digit_is_none_verified():
    dossier = kiln()
    small = {
        GAS.series: replace(dossier.series[GAS.series], amount=dossier.series[GAS.series].amount / 1e6),
        PRODUCTION.series: dossier.series[PRODUCTION.series],
    }
    found = assess(replace(dossier, series=small))
    assert 0 < found.streams[0].savings.lower_one_sided < 1
    assert (found.status, found.streams[0].verified) == (Status.NOT_CLAIMABLE, 0.0)
    assert "not_distinguishable" in codes(found.streams[0].findings)


def test_a_factor_of_another_country_is_told():
    abroad = replace(kiln().plan.plant, country="LK")
    dossier = electricity(kiln(plan={"plant": abroad}), 1000 + 10 * daily_truth()[1], linked=False)
    assert "factor_region" not in codes(assess(dossier).streams[0].findings)
    assert codes(assess(dossier).streams[1].findings)["factor_region"] == "warning"
    at_home = electricity(kiln(), 1000 + 10 * daily_truth()[1], linked=False)
    assert "factor_region" not in codes(assess(at_home).streams[1].findings)
