"""What a statement says in words: outcome, why, figures, limits; the same for page and paper."""

from dataclasses import replace
from datetime import date

import pytest
from statement_worlds import (
    FACTORS,
    OPTION,
    a_plan,
    a_plant,
    assess,
    ceramics,
    document_of,
    food,
    gas_m3,
    gas_stream,
    metered,
    several,
    without_data,
)

from meterproof_api.statements.amounts import between, claimed, digits, number, ratio, signed
from meterproof_api.statements.document import shaped
from meterproof_api.statements.views import statement_view
from meterproof_mv.dossier.plan import Period
from meterproof_mv.dossier.vocabulary import OptionState

NBSP = "\N{NO-BREAK SPACE}"


def view_of(dossier, **changes):
    return statement_view(shaped(document_of(assess(dossier), **changes)))


def plain(texts):
    return " | ".join(texts).replace(NBSP, " ")


@pytest.fixture(scope="module")
def works():
    return view_of(ceramics())


def test_a_claim_is_told_with_its_tonnes_its_amount_and_its_period(works):
    [sentence] = works.sentences
    tonnes, amount = (figure.value.replace(NBSP, " ") for figure in works.figures)
    assert tonnes.endswith(" t CO2e")
    assert amount.endswith(" m3")
    assert f"At least {tonnes}, from {amount} of Natural gas, tunnel kiln" in sentence.replace(NBSP, " ")
    assert "2025-01-01 to 2025-12-31, 365 days (one-sided 90 % confidence)" in sentence.replace(NBSP, " ")
    assert works.badge == "May be claimed"


def test_the_verified_amount_is_the_bound_floored_and_covers_no_more_than_the_truth(works):
    plan = a_plan()
    truth = float((gas_m3(plan, cut=0.0) - gas_m3(plan, cut=0.1)).sum())
    verified = float(works.figures[1].value.replace(",", "").split(NBSP)[0])
    assert 0.9 * truth < verified < truth


def test_why_it_may_be_claimed_names_option_driver_and_bound(works):
    why = plain(works.reasons)
    assert works.why == "Why it may be claimed"
    assert 'The option "Burner control on the tunnel kiln" has been in service since 2025-01-01' in why
    assert "production_t" in why
    assert "lies above zero" in why


def test_a_plant_that_makes_nothing_needs_no_driver_of_production():
    view = view_of(ceramics(plan=a_plan(plant=a_plant(produces=False))))
    assert "What the plant makes" not in plain(view.reasons)


def test_use_that_rose_is_said_plainly_and_nothing_is_verified():
    view = view_of(food())
    assert view.badge == "May not be claimed"
    assert view.why == "Why nothing may be claimed"
    told = plain(view.sentences)
    assert "Nothing may be claimed for 2025-01-01 to 2025-12-31, 365 days" in told
    assert "Use of Natural gas, boilers lies" in told
    assert "more was used, not less" in told
    assert view.figures[0].value.replace(NBSP, " ") == "0 t CO2e"
    assert any("No cleaner-production option is linked (Natural gas, boilers)" in reason for reason in view.reasons)


def test_streams_without_an_option_are_shown_and_not_claimed():
    view = view_of(food())
    assert [figure.label for figure in view.figures[1:]] == [
        "Shown, not claimed: Natural gas, boilers",
        "Shown, not claimed: Electricity",
    ]
    assert all(figure.faint for figure in view.figures[1:])
    assert "No option acts on this stream" in view.streams[0].claimed


def test_of_many_reasons_page_one_tells_the_first_and_counts_the_rest():
    view = view_of(several_without_options())
    assert len(view.reasons) == 6
    assert view.reasons[-1].endswith("further reasons with the streams")


def several_without_options():
    dossier = several("Works")
    return replace(dossier, plan=replace(dossier.plan, options=()))


def test_nothing_metered_gives_no_figures_no_charts_and_says_why():
    view = view_of(without_data())
    assert view.chart is None
    [stream] = view.streams
    assert (stream.charts, stream.figures, stream.coefficients) == ([], [], None)
    assert stream.no_model == "No baseline model could be fitted; see the findings."
    assert view.figures[0].value.replace(NBSP, " ") == "0 t CO2e"
    assert view.figures[0].text == "No saving could be computed; see the findings"
    assert view.emissions is None
    assert view.emissions_text[0].startswith("No tonnes are given")


def test_a_refusal_of_the_whole_plant_takes_every_verified_amount_away():
    late = replace(OPTION, start_up=date(2026, 6, 1))
    view = view_of(ceramics(plan=a_plan(options=(late,))))
    assert view.status == "not_claimable"
    assert [figure.value.replace(NBSP, " ") for figure in view.figures] == ["0 t CO2e", "0 m3"]
    assert ("Verified", f"0{NBSP}m3") in view.streams[0].figures
    assert view.streams[0].badge == "May not be claimed"
    assert view.findings


def test_a_claim_without_factors_gives_an_amount_and_no_tonnes():
    dossier = ceramics(plan=a_plan(streams=(gas_stream(factors=()),)))
    view = view_of(replace(dossier, factors=()))
    assert "t CO2e" not in plain(view.sentences)
    assert view.figures[0].value == "not known"
    assert view.figures[0].text == "No emission factor is pinned, so no tonnes are given"
    assert view.factors is None
    assert any("no emission factor is pinned" in limit for limit in view.limits)


def test_days_that_were_left_out_spans_and_records_kept_by_hand_are_limits():
    limits = plain(view_of(several("Works")).limits)
    assert "Electricity, whole works: 12 of the baseline's and 0 of the reporting period's days" in limits
    assert "bill" in plain(view_of(food()).limits)
    assert "are not in them" in limits
    spanned = plain(view_of(ceramics(**{"kiln-gas/volume_m3": with_span()})).limits)
    assert "Natural gas, tunnel kiln: 1 stretches have a known total" in spanned


def with_span():
    plan = a_plan()
    whole = metered(plan, gas_m3(plan, cut=0.1), "kiln-gas", "volume_m3", "m3")
    first, end = 96 * 40, 96 * 42
    keep = [*range(first + 1), *range(end, len(whole))]
    parts = {name: getattr(whole, name)[keep].copy() for name in ("start_ms", "end_ms", "amount", "is_span")}
    registers = {name: getattr(whole, name)[keep].copy() for name in ("register_start", "register_end")}
    parts["end_ms"][first] = whole.end_ms[end - 1]
    parts["amount"][first] = whole.amount[first:end].sum()
    parts["is_span"][first] = True
    registers["register_end"][first] = whole.register_end[end - 1]
    return replace(whole, **parts, **registers)


def test_spans_are_shown_with_their_total_and_length():
    view = view_of(ceramics(**{"kiln-gas/volume_m3": with_span()}))
    spans = next(row for row in view.streams[0].data.rows if row[0] == "Spans")
    assert spans[1].endswith("in 48.0 h")
    assert spans[2] == "none"


def test_gases_stand_apart_and_biogenic_co2_is_a_memo(works):
    names = [row[0] for row in works.emissions.rows]
    assert names[:4] == [
        "CO2",
        "CH4",
        "N2O",
        "Together, as CO2e (AR5)",
    ]
    assert names[-1].startswith("Memo: biogenic")


def test_every_factor_is_shown_with_source_edition_table_and_trust(works):
    assert len(works.factors.rows) == len(FACTORS)
    first = works.factors.rows[0]
    assert first[0] == "test-gas-co2@1"
    assert first[1] == "56100 kg/TJ, CO2, net calorific basis"
    assert "2006 Guidelines for National Greenhouse Gas Inventories, 2006, Volume 2, chapter 2, table 2.3" in first[2]
    assert first[3] == "yes; nobody signed for it"


def test_marks_say_simulated_unsigned_and_provisional():
    view = view_of(ceramics(), provisional=True)
    assert [mark.split(":")[0] for mark in view.marks] == ["Simulated", "Unsigned", "Provisional"]
    assert view_of(ceramics(), state="signed").marks[-1] == "State: signed."


def test_what_has_no_words_is_shown_by_its_key():
    document = document_of(assess(ceramics()))
    document["plant"]["country"] = "ZZ"
    document["options"][0] |= {"technique": "new_one", "state": "dreamt", "streams": ["gone"]}
    document["streams"][0]["model"]["model"] = "spline"
    document["streams"][0]["baseline"]["origins"] = ["guess"]
    document["streams"][0]["findings"].append(
        {"code": "brand_new", "severity": "warning", "message": "m", "clause": "ISO 1", "data": {}}
    )
    document["factors"][0] |= {"trust": "hearsay", "checked_by": "A. Person", "checked_on": "2026-01-05"}
    document["supersedes"] = "x@1"
    view = statement_view(shaped(document))
    assert view.where.startswith("ZZ")
    assert [term[1] for term in view.options[0][1:]] == [
        "new_one",
        "Excess air in the firing zone",
        "dreamt",
        "2025-01-01",
        "gone",
    ]
    assert view.streams[0].method[0][1].startswith("spline")
    assert any("guess" in row for row in view.streams[0].data.rows[4])
    assert view.factors.rows[0][3] == "hearsay; A. Person 2026-01-05"
    assert ("brand new", "", "ISO 1") in [(each.title, each.mend, each.clause) for each in view.streams[0].findings]
    assert view.identity[-1][1] == "x@1"


def test_a_finding_of_the_range_without_its_share_is_a_warning_and_no_crash():
    document = document_of(assess(ceramics()))
    odd = {"code": "driver_out_of_range", "severity": "warning", "message": "m", "clause": "", "data": {"share": "?"}}
    document["streams"][0]["findings"] = [odd]
    assert statement_view(shaped(document)).streams[0].findings[0].weight == "warning"


@pytest.mark.parametrize("naive", [None, {"lower": None, "upper": None, "standard_error": None}])
def test_a_naive_interval_is_shown_only_where_it_is_given(naive):
    document = document_of(assess(ceramics()))
    names = [name for name, _ in statement_view(shaped(document)).streams[0].figures]
    assert "Naive interval, for comparison only" in names
    document["streams"][0]["savings"]["naive_for_comparison"] = naive
    names = [name for name, _ in statement_view(shaped(document)).streams[0].figures]
    assert "Naive interval, for comparison only" not in names


def test_an_option_that_does_not_work_yet_is_shown_with_its_state():
    option = replace(OPTION, state=OptionState.FEASIBLE)
    view = view_of(ceramics(plan=a_plan(options=(option,))))
    assert ("State", "feasible") in view.options[0]
    assert view.status == "not_claimable"


def test_a_reporting_period_without_rows_has_a_model_and_no_comparison():
    plan = a_plan(reporting=Period(date(2027, 1, 1), date(2028, 1, 1)))
    dossier = replace(ceramics(), plan=plan)
    [stream] = view_of(dossier).streams
    assert stream.coefficients is not None
    assert stream.figures == []
    assert [chart.name for chart in stream.charts] == ["baseline"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(1999.99, "1,999 kWh"), (0.0, "0 kWh"), (-5.0, "0 kWh"), (2.9999, "2.99 kWh"), (0.29, "0.290 kWh")],
)
def test_what_is_claimed_is_never_rounded_up(value, text):
    assert claimed(value, "kWh").replace(NBSP, " ") == text


def test_figures_are_rounded_for_people_only():
    assert digits(float("nan")) == 0
    assert signed(None, "t") == "not known"
    assert signed(12.34, "t").replace(NBSP, " ") == "+12.3 t"
    assert between((-3.21, 0.5), "t").replace(NBSP, " ") == "\N{MINUS SIGN}3.21 to 0.50 t"
    assert between((0.0, 0.0), "t").replace(NBSP, " ") == "0 to 0 t"
    assert (number(0.0), ratio(None, 2), ratio(0.256, 2)) == ("0", "\N{EN DASH}", "0.26")
