"""The programme's totals: each state and period in its own column, nothing twice, nothing dropped without a name."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programme_documents import GAS, a_statement, a_stream, an_option, many_statements, not_claimable, tonnes_of

from meterproof_api.programme.roll_up import programme_table
from meterproof_api.programme.rows import STATES
from meterproof_api.programme.selection import Reason, Scope
from meterproof_api.programme.statement_fields import statement_of
from meterproof_core.errors import DataError

CUT_OFF = date(2026, 12, 31)


def table(*documents, cut_off=CUT_OFF):
    return programme_table(documents, cut_off)


def reasons(programme):
    return [(exclusion.statement_id, exclusion.reason) for exclusion in programme.exclusions]


def states(row):
    return {state: count for state, count in zip(STATES, row.options, strict=True) if count}


def keyed(rows):
    return {row.key: row for row in rows}


# ------------------------------------------------------------------ limit cases


def test_without_statements_there_is_no_cut_off_and_nothing_is_added():
    programme = programme_table([])
    assert programme.cut_off is None
    for block in programme.blocks:
        assert (block.total.plants, block.total.statements, block.total.cumulative.verified_t) == (0, 0, 0.0)
        assert (block.by_country, block.by_sector, block.by_technique) == ((), (), ())
        assert block.total.cumulative.interval.lower != block.total.cumulative.interval.lower


def test_one_statement_is_its_own_total_with_its_own_plant_option_and_use():
    total = table(a_statement(verified_t=500.0)).real.total
    assert (total.plants, total.plants_claimable, total.statements, total.claimable, total.unsigned) == (1, 1, 1, 1, 1)
    assert states(total) == {"monitored": 1}
    assert (total.annual.verified_t, total.other_periods_t, total.cumulative.verified_t) == (500.0, 0.0, 500.0)
    (use,) = total.uses
    assert (use.use.carrier, use.use.unit, use.amount) == ("natural_gas", "m3", 250_000.0)
    assert total.statement_ids == ("north-tiles.2025-01-01.2026-01-01",)


def test_a_statement_without_a_factor_uncertainty_keeps_the_interval_of_its_own_statement():
    document = a_statement(factors=[{**GAS, "uncertainty_low": "", "uncertainty_high": ""}])
    document["streams"][0]["savings"]["standard_error"] = 50_000 / 1.6602343260853425  # t at .95 and 100 degrees
    interval = table(document).real.total.cumulative.interval
    assert (interval.value, interval.lower, interval.upper) == pytest.approx((600.0, 500.0, 700.0))
    assert (interval.without_spread, interval.without_interval, interval.shared) == (1, 0, 0.0)


def test_without_a_cut_off_the_day_of_the_newest_statement_is_it():
    older = a_statement(issued_at="2026-03-01T12:00:00Z")
    newer = a_statement("south-tiles", issued_at="2026-04-02T23:30:00-02:00")  # 2026-04-03 in UTC
    programme = programme_table([older, newer])
    assert programme.cut_off == date(2026, 4, 3)
    assert programme.real.total.statements == 2


# ------------------------------------------------------------------ what is never added


def test_simulated_plants_stand_in_a_block_of_their_own():
    programme = table(a_statement(verified_t=500.0), a_statement("sim-tiles", 300.0, simulated=True))
    assert programme.real.total.cumulative.verified_t == 500.0
    assert programme.simulated.total.cumulative.verified_t == 300.0
    assert programme.simulated.total.statement_ids == ("sim-tiles.2025-01-01.2026-01-01",)


@pytest.mark.parametrize("where", ["document", "plant"])
def test_one_mark_is_enough_to_be_simulated(where):
    document = a_statement()
    (document if where == "document" else document["plant"])["simulated"] = True
    assert table(document).real.total.statements == 0


@pytest.mark.parametrize(
    ("start", "end", "annual"),
    [
        ("2025-01-01", "2026-01-01", True),
        ("2024-01-01", "2025-01-01", True),
        ("2025-03-01", "2026-03-01", True),
        ("2025-01-01", "2025-12-31", False),
        ("2025-01-01", "2026-01-03", False),
        ("2025-01-01", "2025-07-01", False),
    ],
)
def test_only_a_year_is_an_annual_figure_and_nothing_is_extrapolated(start, end, annual):
    total = table(a_statement(start=start, end=end, verified_t=500.0)).real.total
    assert (total.annual.verified_t, total.other_periods_t) == ((500.0, 0.0) if annual else (0.0, 500.0))
    assert total.cumulative.verified_t == 500.0


def test_of_two_years_of_a_plant_the_newer_one_is_the_annual_rate_and_both_are_cumulative():
    first, second = a_statement(start="2024-01-01", end="2025-01-01", verified_t=400.0), a_statement(verified_t=500.0)
    programme = table(second, first)
    total = programme.real.total
    assert (total.plants, total.statements) == (1, 2)
    assert (total.annual.verified_t, total.other_periods_t, total.cumulative.verified_t) == (500.0, 0.0, 900.0)
    (exclusion,) = programme.exclusions
    assert (exclusion.reason, exclusion.scope, exclusion.verified_t) == (Reason.EARLIER_YEAR, Scope.ANNUAL, 400.0)
    assert exclusion.detail == second["statement_id"]


def test_years_on_different_streams_of_a_plant_are_both_its_annual_rate():
    boiler = a_stream(70.0, id="boiler-oil", linked_options=["boiler"])
    other = a_statement(start="2024-01-01", end="2025-01-01", verified_t=70.0, streams=[boiler])
    assert table(a_statement(verified_t=500.0), other).real.total.annual.verified_t == 570.0


def test_errors_of_one_plant_are_added_over_the_years():
    def half(*documents):
        interval = table(*documents).real.total.cumulative.interval
        return interval.averages_out

    first = a_statement(start="2024-01-01", end="2025-01-01")
    assert half(first, a_statement()) == pytest.approx(2 * half(a_statement()), rel=1e-3)
    assert half(first, a_statement("south-tiles")) == pytest.approx(2**0.5 * half(a_statement()), rel=1e-2)


def test_claimed_use_is_added_by_carrier_unit_and_calorific_basis_only():
    streams = [
        a_stream(100.0),
        a_stream(50.0, id="oven-gas", unit="kWh", calorific_basis="gross"),
        a_stream(50.0, id="dryer-gas", unit="kWh", calorific_basis="net"),
        a_stream(10.0, id="water", carrier="water", tonnes=None),
        a_stream(10.0, id="shown", linked_options=[]),
        a_stream(10.0, id="lost", status="not_claimable"),
    ]
    uses = table(a_statement(streams=streams), a_statement("south-tiles", 20.0)).real.total.uses
    assert [(u.use.carrier, u.use.unit, u.use.calorific_basis, u.amount) for u in uses] == [
        ("natural_gas", "kWh", "gross", 25_000.0),
        ("natural_gas", "kWh", "net", 25_000.0),
        ("natural_gas", "m3", "", 60_000.0),
        ("water", "m3", "", 5_000.0),
    ]


# ------------------------------------------------------------------ states and outcomes


def test_claimable_provisional_and_not_claimable_statements_are_counted_apart():
    total = table(
        a_statement("a", 10.0), a_statement("b", 20.0, provisional=True), not_claimable("c", provisional=True)
    ).real.total
    assert (total.statements, total.claimable, total.provisional, total.not_claimable) == (3, 2, 1, 1)
    assert (total.plants, total.plants_claimable) == (3, 2)
    assert (total.cumulative.verified_t, total.cumulative.provisional_t) == (30.0, 20.0)


def test_what_is_not_claimable_adds_nothing_to_any_sum_and_its_row_is_there():
    programme = table(not_claimable(country="KR"))
    (row,) = programme.real.by_country
    assert (row.key, row.statements, row.annual.verified_t, row.uses) == ("KR", 1, 0.0, ())
    assert row.annual.interval.without_interval == 0


def test_an_option_is_counted_once_in_the_state_that_the_newest_statement_tells():
    first = a_statement(start="2024-01-01", end="2025-01-01", issued_at="2025-02-01T00:00:00Z")
    second = a_statement(options=[an_option(state="verified"), an_option(id="other", state="feasible")])
    assert states(table(second, first).real.total) == {"verified": 1, "feasible": 1}


def test_options_of_the_same_name_at_two_plants_are_two():
    assert states(table(a_statement("a"), a_statement("b")).real.total) == {"monitored": 2}


# ------------------------------------------------------------------ breakdowns


def test_what_is_not_known_is_a_row():
    programme = table(a_statement(country="", sector="", options=[an_option(technique="magic")]), not_claimable())
    assert [row.key for row in programme.real.by_country] == ["TH", "unknown"]
    assert [row.key for row in programme.real.by_sector] == ["ceramics", "unknown"]
    assert [(row.key, row.statements) for row in programme.real.by_technique] == [("unknown", 2)]


def test_a_statement_with_options_of_several_techniques_is_not_split():
    options = [an_option(), an_option(id="b", technique="good_housekeeping")]
    programme = table(a_statement(options=options, verified_t=80.0), a_statement("alone", 20.0))
    rows = keyed(programme.real.by_technique)
    assert list(rows) == ["good_housekeeping", "better_process_control", "several"]
    assert rows["several"].cumulative.verified_t == 80.0
    assert rows["better_process_control"].cumulative.verified_t == 20.0
    assert (rows["good_housekeeping"].statements, states(rows["good_housekeeping"])) == (0, {"monitored": 1})


def test_two_options_of_one_technique_are_that_technique():
    programme = table(a_statement(options=[an_option(), an_option(id="b")]))
    assert [row.key for row in programme.real.by_technique] == ["better_process_control"]


ADDED = {
    "statements": lambda row: row.statements,
    "claimable": lambda row: row.claimable,
    "provisional": lambda row: row.provisional,
    "not claimable": lambda row: row.not_claimable,
    "unsigned": lambda row: row.unsigned,
    "options": lambda row: sum(row.options),
    "annual": lambda row: row.annual.verified_t,
    "other periods": lambda row: row.other_periods_t,
    "cumulative": lambda row: row.cumulative.verified_t,
    "point value": lambda row: (
        0.0 if row.cumulative.interval.value != row.cumulative.interval.value else row.cumulative.interval.value
    ),
    "without an interval": lambda row: row.cumulative.interval.without_interval,
    "use": lambda row: sum(use.amount for use in row.uses),
    "statement ids": lambda row: len(row.statement_ids),
}


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 120), st.integers(0, 1000))
def test_the_rows_of_every_breakdown_add_up_to_the_total(count, seed):
    programme = programme_table(many_statements(count, seed), CUT_OFF)
    for block in programme.blocks:
        for rows in (block.by_country, block.by_sector, block.by_technique):
            for name, figure in ADDED.items():
                assert sum(map(figure, rows)) == pytest.approx(figure(block.total), rel=1e-12), name
            assert sorted(key for row in rows for key in row.statement_ids) == sorted(block.total.statement_ids)


@settings(deadline=None, max_examples=15)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_documents_changes_nothing(random):
    documents = many_statements(40)
    documents += [
        a_statement("plant-00001", start="2025-06-01", end="2026-01-01"),
        a_statement("plant-00001", version=2),
    ]
    shuffled = list(documents)
    random.shuffle(shuffled)
    one, other = programme_table(documents, CUT_OFF), programme_table(shuffled, CUT_OFF)
    assert one.exclusions == other.exclusions
    assert one.overlaps == other.overlaps
    assert [repr(block) for block in one.blocks] == [repr(block) for block in other.blocks]  # NaN is no NaN's equal


# ------------------------------------------------------------------ the cut-off, versions, overlaps


def test_what_was_issued_after_the_cut_off_is_named_and_not_counted():
    late = a_statement(issued_at="2026-03-02T00:00:00Z")
    assert table(late, cut_off=date(2026, 3, 2)).real.total.statements == 1
    programme = table(late, cut_off=date(2026, 3, 1))
    assert programme.real.total.statements == 0
    assert reasons(programme) == [(late["statement_id"], Reason.ISSUED_LATER)]
    assert programme.exclusions[0].detail == "2026-03-02"
    assert programme.exclusions[0].verified_t == 500.0


def test_the_newest_version_counts_and_the_older_ones_are_named():
    first, second = (
        a_statement(verified_t=500.0),
        a_statement(verified_t=450.0, version=2, issued_at="2026-05-01T00:00:00Z"),
    )
    programme = table(second, first)
    assert programme.real.total.cumulative.verified_t == 450.0
    assert reasons(programme) == [(first["statement_id"], Reason.SUPERSEDED)]
    assert programme.exclusions[0].detail == f"{first['statement_id']}.v2"


def test_at_an_earlier_cut_off_the_version_of_that_day_counts():
    first, second = (
        a_statement(verified_t=500.0),
        a_statement(verified_t=450.0, version=2, issued_at="2026-05-01T00:00:00Z"),
    )
    programme = table(second, first, cut_off=date(2026, 4, 30))
    assert programme.real.total.cumulative.verified_t == 500.0
    assert reasons(programme) == [(first["statement_id"], Reason.ISSUED_LATER)]


def test_a_version_that_is_there_twice_is_a_duplicate():
    programme = table(a_statement(), a_statement())
    assert programme.real.total.statements == 1
    assert [exclusion.reason for exclusion in programme.exclusions] == [Reason.DUPLICATE]


def test_a_reporting_period_that_is_not_over_is_not_counted_and_never_prorated():
    running = a_statement(issued_at="2025-10-01T00:00:00Z")
    programme = table(running, cut_off=date(2025, 12, 30))
    assert programme.real.total.statements == 0
    assert [(e.reason, e.detail) for e in programme.exclusions] == [(Reason.PERIOD_NOT_OVER, "2025-12-31")]
    assert table(running, cut_off=date(2025, 12, 31)).real.total.statements == 1


def test_of_two_statements_on_the_same_stream_and_days_the_longer_one_counts():
    year, quarter = a_statement(verified_t=500.0), a_statement(start="2025-10-01", end="2026-01-15", verified_t=900.0)
    programme = table(quarter, year)
    assert programme.real.total.cumulative.verified_t == 500.0
    assert reasons(programme) == [(quarter["statement_id"], Reason.OVERLAP)]
    (overlap,) = programme.overlaps
    assert (overlap.counted, overlap.left_out, overlap.streams) == (
        year["statement_id"],
        quarter["statement_id"],
        ("kiln-gas",),
    )
    assert (overlap.start, overlap.end) == (date(2025, 10, 1), date(2026, 1, 1))


def test_of_two_overlapping_statements_of_one_length_the_later_issued_counts():
    first = a_statement(verified_t=500.0)
    later = a_statement(start="2025-02-01", end="2026-02-01", verified_t=100.0, issued_at="2026-03-02T00:00:00Z")
    assert table(first, later).real.total.cumulative.verified_t == 100.0


def test_nobody_picks_the_better_part_of_a_year_that_claims_nothing():
    bad = a_stream(0.0, status="not_claimable", verified=0.0)
    year = a_statement(verified_t=0.0, status="not_claimable", streams=[bad])
    quarter = a_statement(start="2025-01-01", end="2025-04-01", verified_t=90.0)
    assert table(year, quarter).real.total.cumulative.verified_t == 0.0


def test_periods_that_touch_and_streams_that_differ_do_not_overlap():
    boiler = a_stream(70.0, id="boiler-oil", linked_options=["boiler"])
    programme = table(
        a_statement(start="2025-01-01", end="2025-07-01", verified_t=10.0),
        a_statement(start="2025-07-01", end="2026-01-01", verified_t=20.0),
        a_statement(start="2025-01-01", end="2025-12-01", verified_t=70.0, streams=[boiler]),
    )
    assert programme.overlaps == ()
    assert programme.real.total.other_periods_t == 100.0


def test_two_plants_on_the_same_days_do_not_overlap():
    assert table(a_statement("a", 1.0), a_statement("b", 2.0)).real.total.cumulative.verified_t == 3.0


# ------------------------------------------------------------------ factors and intervals


def test_claimed_use_without_a_factor_is_named_and_counted_as_use_alone():
    document = a_statement(tonnes=None, streams=[a_stream(50.0, tonnes=None)])
    programme = table(document)
    total = programme.real.total
    assert (total.claimable, total.cumulative.verified_t, total.uses[0].amount) == (1, 0.0, 25_000.0)
    (exclusion,) = programme.exclusions
    assert (exclusion.reason, exclusion.scope, exclusion.detail) == (Reason.NO_FACTOR, Scope.TONNES, "kiln-gas")
    assert exclusion.verified_t is None


@pytest.mark.parametrize("missing", ["standard_error", "degrees_of_freedom", "lower", "upper"])
def test_a_claim_without_an_interval_is_counted_as_such(missing):
    stream = a_stream(50.0)
    stream["savings"][missing] = None
    interval = table(a_statement(streams=[stream]), a_statement("other", 10.0)).real.total.cumulative.interval
    assert (interval.without_interval, interval.value) == (1, 110.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"savings": None},
        {"tonnes": {**tonnes_of(10.0, 1.0, 5.0), "co2e_t": None}},
        {"tonnes": {**tonnes_of(10.0, 1.0, 5.0), "lower": None}},
    ],
)
def test_tonnes_without_a_figure_have_no_interval_either(changes):
    interval = table(a_statement(streams=[a_stream(50.0, **changes)])).real.total.cumulative.interval
    assert interval.without_interval == 1


def test_an_interval_of_no_width_is_none():
    stream = a_stream(50.0)
    stream["savings"]["lower"] = stream["savings"]["upper"]
    assert table(a_statement(streams=[stream])).real.total.cumulative.interval.without_interval == 1


def test_the_error_of_a_shared_factor_does_not_average_out():
    def shares(count):
        interval = table(*(a_statement(f"plant-{n}") for n in range(count))).real.total.annual.interval
        return interval.averages_out / interval.value, interval.shared / interval.value

    (own_one, shared_one), (own_many, shared_many) = shares(1), shares(100)
    assert own_many == pytest.approx(own_one / 10, rel=0.02)
    assert shared_many == pytest.approx(shared_one, rel=0.02)


def test_plants_with_factors_of_their_own_share_nothing():
    other = {**GAS, "factor_id": "another"}
    apart = table(a_statement("a"), a_statement("b", factors=[other])).real.total.annual.interval
    together = table(a_statement("a"), a_statement("b")).real.total.annual.interval
    assert apart.shared == pytest.approx(together.shared / 2**0.5, rel=1e-3)


def test_of_several_factors_of_a_carrier_the_pinned_one_counts_else_the_least_certain():
    sure, wide = {**GAS, "factor_id": "sure", "uncertainty_low": "56000", "uncertainty_high": "56200"}, GAS

    def shared(stream):
        return table(a_statement(factors=[sure, wide], streams=[stream])).real.total.annual.interval.shared

    assert shared(a_stream(500.0)) == shared(a_stream(500.0, factors=["ipcc2006-natural-gas-co2@1"]))
    assert shared(a_stream(500.0, factors=["sure@1"])) < shared(a_stream(500.0)) / 10


def test_a_carrier_without_a_factor_record_shares_nothing():
    assert table(a_statement(factors=[])).real.total.annual.interval.shared == 0.0


# ------------------------------------------------------------------ documents that cannot be used


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": "meterproof-statement/9"}, "use 'meterproof-statement/1'"),
        ({"version": 0}, "version"),
        ({"issued_at": "2026-03-01T12:00:00"}, "issued_at"),
        ({"status": "perhaps"}, "status"),
        ({"plant": {}}, "plant"),
        ({"end": "2025-01-01"}, "holds no day"),
        ({"status": "not_claimable"}, "yet 500 t CO2e are verified"),
        ({"tonnes": tonnes_of(10.0, 1.0, -5.0)}, "verified_co2e_t"),
        ({"tonnes": tonnes_of(10.0, 1.0, float("nan"))}, "verified_co2e_t"),
        ({"options": [an_option(state="dreamt")]}, "options"),
        ({"streams": None}, "streams"),
    ],
)
def test_a_document_that_cannot_be_used_is_named_with_its_fault_and_hides_no_other(changes, said):
    document = a_statement(**changes)
    programme = table(document, a_statement("good", 10.0))
    assert programme.real.total.cumulative.verified_t == 10.0
    (exclusion,) = programme.exclusions
    assert (exclusion.statement_id, exclusion.reason) == (document["statement_id"], Reason.UNUSABLE)
    assert said in exclusion.detail
    with pytest.raises(DataError, match=r"statement\.json"):
        statement_of(document)


def test_files_that_hold_no_statement_are_named_even_when_nothing_else_is_there():
    programme = programme_table([], unreadable=[("broken.zip", "no statement.json in it")])
    assert [(e.statement_id, e.reason, e.detail) for e in programme.exclusions] == [
        ("broken.zip", Reason.UNUSABLE, "no statement.json in it")
    ]


def test_the_sets_and_factors_behind_the_tonnes_are_told():
    block = table(a_statement("a"), a_statement("b", gwp_set="AR6"), not_claimable("c", gwp_set="AR4")).real
    assert block.gwp_sets == ("AR5", "AR6")
    assert block.factors == ("ar5-ch4@1", "ipcc2006-natural-gas-co2@1")
