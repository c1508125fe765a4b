"""What a file would change, told before anything is written."""

import json
import math
from dataclasses import replace
from datetime import date
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imported_files import (
    GAS,
    PLANT,
    QUARTER_MS,
    T0,
    bill,
    columns_file,
    intervals_file,
    monthly_bills,
    readings_file,
    records_file,
)

from meterproof_api.importing.journal_entries import (
    MOST_ENTRY_BYTES,
    import_entry,
    part_of,
    parts_of,
    table_of,
    told_of,
)
from meterproof_api.importing.kinds import Kind
from meterproof_api.importing.plan_of_series import MonthTotal
from meterproof_api.importing.planning import plan_import
from meterproof_api.importing.problems_of_file import Problem
from meterproof_api.importing.reading import IntervalColumns
from meterproof_api.importing.records import imported_ranges, read_imports, read_records
from meterproof_api.importing.standing import standings
from meterproof_api.importing.writing import Doing, ImportRefusedError, carry_out, withdrawal
from meterproof_api.stores import Stores
from meterproof_core.errors import DataError
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings
from meterproof_core.storage import EntryKind, JournalEntry, PlantGroup, SeriesKey
from meterproof_core.wire import Group

KEY = SeriesKey(PLANT, "main", "energy_import_kwh")


@pytest.fixture
def stores():
    return Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal())


def planned(parsed, stores):
    return plan_import(parsed, stores, at_ms=1000)


def take_in(parsed, stores, **how):
    return carry_out(planned(parsed, stores), stores, Doing("anna", **how))


def only(plan):
    (series,) = plan.series
    return series


# ---------------------------------------------------------------- records


def test_a_file_with_a_problem_is_not_compared_and_not_written(stores):
    problem = Problem(3, "amount", "-1", "is negative; give 0 or more")
    plan = planned(records_file(*monthly_bills(), problems=(problem,), more_problems=2), stores)
    assert plan.series == ()
    assert plan.refusals(replace=True) == (
        "line 3 column 'amount': '-1' is negative; give 0 or more",
        "and 2 more problems",
    )
    assert not plan.changes_nothing
    with pytest.raises(ImportRefusedError, match=r"gas\.csv: nothing was written"):
        carry_out(plan, stores, Doing("anna"))
    assert stores.journal.read(list(EntryKind)) == []


def test_planning_writes_nothing(stores):
    planned(records_file(*monthly_bills()), stores)
    planned(intervals_file([1.0]), stores)
    assert stores.journal.read(list(EntryKind)) == []
    assert stores.intervals.series() == []


def test_a_bill_is_spread_over_its_days_in_the_totals_of_months(stores):
    take_in(records_file(bill("2024-01-01", "2024-01-31", 300)), stores)
    plan = planned(records_file(bill("2024-01-31", "2024-03-02", 310)), stores)  # 1 + 29 + 1 days
    assert only(plan).months == (
        MonthTotal("2024-01", 300.0, 310.0),
        MonthTotal("2024-02", 0.0, 290.0),
        MonthTotal("2024-03", 0.0, 10.0),
    )


def test_what_is_no_bill_counts_whole_where_it_begins(stores):
    rows = [bill("2024-01-29", "2024-02-05", 70), bill("2024-02-05", "2024-02-12", 7)]
    plan = planned(records_file(*rows, series="production/output", unit="t"), stores)
    assert only(plan).months == (MonthTotal("2024-01", 0.0, 70.0), MonthTotal("2024-02", 0.0, 7.0))


def test_a_changed_row_takes_the_place_of_the_old_one_in_the_totals(stores):
    take_in(records_file(*monthly_bills(2)), stores)
    plan = planned(records_file(bill("2024-01-01", "2024-02-01", 1)), stores)
    assert only(plan).months == (MonthTotal("2024-01", 1000.0, 1.0),)


def test_the_sum_as_written_is_told_by_unit(stores):
    rows = [
        bill("2024-01-01", "2024-02-01", 1234500, written="1.234,5", written_unit="MWh"),
        bill("2024-02-01", "2024-03-01", 2000, written="2 000", written_unit="kWh"),
        bill("2024-03-01", "2024-04-01", 500, written="0,5", written_unit="MWh"),
    ]
    parsed = records_file(*rows)
    parsed = replace(parsed, layout=replace(parsed.layout, decimal=","))
    plan = only(planned(parsed, stores))
    assert (plan.written_totals, plan.total) == ({"MWh": 1235.0, "kWh": 2000.0}, 1237000.0)


def test_a_figure_that_a_workbook_shows_in_its_own_way_has_no_sum(stores):
    plan = only(planned(records_file(bill("2024-01-01", "2024-02-01", 5, written="five")), stores))
    assert math.isnan(plan.written_totals["kWh"])


@pytest.mark.parametrize(
    "other", [{"amount": 1.0}, {"estimated": True}, {"cost": "9"}, {"written_unit": "MWh"}, {"heat_content": "38"}]
)
def test_a_row_with_anything_else_in_it_is_changed(stores, other):
    take_in(records_file(bill("2024-01-01", "2024-02-01", 5)), stores)
    given = {"amount": 5} | other
    plan = planned(records_file(bill("2024-01-01", "2024-02-01", **given)), stores)
    assert (only(plan).changed, plan.changed) == (1, 1)


def test_a_row_from_another_line_is_the_same(stores):
    take_in(records_file(bill("2024-01-01", "2024-02-01", 5)), stores)
    plan = planned(records_file(bill("2024-01-01", "2024-02-01", 5, source="b.csv, line 9")), stores)
    assert plan.changes_nothing


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024-01-31", "2024-02-10"),
        ("2024-01-01", "2024-02-02"),
        ("2024-01-10", "2024-01-11"),
        ("2023-12-01", "2024-05-01"),
    ],
)
def test_a_period_that_overlaps_another_is_a_conflict_whatever_is_replaced(stores, start, end):
    take_in(records_file(*monthly_bills(1)), stores)
    plan = planned(records_file(bill(start, end, 5)), stores)
    assert (only(plan).conflicting, only(plan).new) == (1, 0)
    assert plan.refusals(replace=True) == plan.conflicts


@pytest.mark.parametrize(("start", "end"), [("2023-12-01", "2024-01-01"), ("2024-02-01", "2024-02-02")])
def test_a_period_that_touches_another_is_new(stores, start, end):
    take_in(records_file(*monthly_bills(1)), stores)
    assert only(planned(records_file(bill(start, end, 5)), stores)).new == 1


def test_a_series_keeps_its_unit(stores):
    take_in(records_file(*monthly_bills(1)), stores)
    plan = planned(records_file(bill("2025-01-01", "2025-02-01", 5), unit="m3"), stores)
    assert (only(plan).conflicting, only(plan).months) == (1, ())
    assert plan.refusals(replace=True)[0].startswith(
        f"{GAS}: gas.csv line 2: the file gives m3, and the store holds kWh"
    )


def test_of_very_many_conflicts_the_first_are_told_and_the_rest_counted(stores):
    days = [(f"2024-{1 + n // 28:02d}-{1 + n % 28:02d}", f"2024-{1 + n // 28:02d}-{2 + n % 28:02d}") for n in range(60)]
    take_in(records_file(bill("2024-01-01", "2025-01-01", 5)), stores)
    plan = planned(records_file(*(bill(start, end, 1) for start, end in days)), stores)
    assert only(plan).conflicting == 60
    assert (len(plan.conflicts), plan.conflicts[-1]) == (51, "and 10 rows more")


def test_a_file_of_several_series_is_one_import(stores):
    parsed = records_file(*monthly_bills(2))
    rows = parsed.records[GAS]
    parsed = replace(parsed, records={GAS: rows, "bills/water": rows[:1]}, units={GAS: "kWh", "bills/water": "m3"})
    take_in(parsed, stores)
    assert {name: len(series) for name, series in read_records(stores.journal, PLANT).items()} == {
        GAS: 2,
        "bills/water": 1,
    }
    assert len(stores.journal.read([EntryKind.IMPORT])) == 1


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 6), st.booleans()), max_size=12))
def test_rows_that_count_never_overlap_and_the_newest_always_count(imports):
    """Two commands may import at once: then rows can overlap that no plan has compared."""
    stores = Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal())
    empty = Stores(MemoryReadings(), MemoryIntervals(), MemoryJournal())
    done = []
    for number, (first, days, wide) in enumerate(imports):
        start, end = date.fromordinal(738000 + first), date.fromordinal(738000 + first + days + 20 * wide)
        row = bill(str(start), str(end), number)
        plan = plan_import(records_file(row, name=f"{number}.csv"), empty, at_ms=1000 + number)
        carry_out(plan, stores, Doing("anna"))
        done.append(row)
    kept = read_records(stores.journal, PLANT)[GAS].rows if done else ()
    assert all(one.end <= other.start for one, other in pairwise(kept))
    expected = []
    for row in reversed(done):
        if all(row.end <= one.start or row.start >= one.end for one in expected):
            expected.append(row)
    assert sorted(expected, key=lambda row: row.start) == list(kept)


# ---------------------------------------------------------------- what is told of imports


def test_an_import_tells_who_did_what_from_which_file(stores):
    parsed = records_file(*monthly_bills(2))
    take_in(parsed, stores)
    (one,) = read_imports(stores.journal, PLANT).imports
    assert (one.told.who, one.told.file, one.told.sha256) == ("anna", "gas.csv", parsed.sha256)
    assert one.told.layout == {"series": "natural_gas"}
    assert (one.told.series[GAS].first, one.told.series[GAS].last) == ("2024-01-01", "2024-03-01")


def test_standings_follow_what_came_after(stores):
    first = take_in(records_file(*monthly_bills(3)), stores)
    second = take_in(records_file(bill("2024-01-01", "2024-02-01", 5)), stores, replace=True)
    third = take_in(records_file(bill("2024-01-01", "2024-02-01", 6)), stores, replace=True)
    assert list(standings(read_imports(stores.journal, PLANT)).values()) == ["in part", "superseded", "in force"]
    gone = withdrawal(read_imports(stores.journal, PLANT), third, who="ben", at_ms=5)
    stores.journal.append([gone])
    told = standings(read_imports(stores.journal, PLANT))
    assert [told[one] for one in (first, second, third)] == ["in part", "in force", "withdrawn"]


def test_standings_of_intervals_go_by_time(stores):
    take_in(intervals_file([1.0, 2.0, 3.0]), stores)
    take_in(intervals_file([7.0], first=1), stores, replace=True)
    assert list(standings(read_imports(stores.journal, PLANT)).values()) == ["in part", "in force"]


def test_readings_are_always_in_force(stores):
    take_in(readings_file([1.0], quantity="temperature_c"), stores)
    assert list(standings(read_imports(stores.journal, PLANT)).values()) == ["in force"]


@pytest.mark.parametrize(
    ("number", "complaint"),
    [
        ("nothing", "0 imports"),
        ("import/", "2 imports"),
        ("taken", "withdrawn already"),
        ("metered", "import it with --repl"),
    ],
)
def test_only_one_import_of_records_that_counts_is_withdrawn(stores, number, complaint):
    taken = take_in(records_file(*monthly_bills(1)), stores)
    metered = take_in(intervals_file([1.0]), stores)
    stores.journal.append([withdrawal(read_imports(stores.journal, PLANT), taken[-32:-20], who="ben", at_ms=5)])
    named = {"taken": taken, "metered": metered}.get(number, number)
    with pytest.raises(DataError, match=complaint):
        withdrawal(read_imports(stores.journal, PLANT), named, who="ben", at_ms=9)


# ---------------------------------------------------------------- entries


def test_parts_are_bounded_and_put_together_again():
    table = {"a": [f"ü{n}" * 50 for n in range(500)], "b": [1] * 500, "c": [None, True] * 250}
    _, entries = parts_of(PLANT, "bills/x", table, 5)
    assert len(entries) > 2
    assert max(len(json.dumps(entry.data)) for entry in entries) <= MOST_ENTRY_BYTES
    assert table_of([part_of(entry) for entry in entries]) == table


def test_a_column_of_ones_and_trues_keeps_what_is_what():
    _, (entry,) = parts_of(PLANT, "bills/x", {"a": [1, True, 1.0]}, 5)
    assert [type(value) for value in part_of(entry).rows["a"]] == [int, bool, float]


def test_a_single_row_that_is_too_long_is_refused_with_its_number():
    with pytest.raises(DataError, match=r"bills/x: row 2 takes 31,\d\d\d bytes"):
        parts_of(PLANT, "bills/x", {"a": ["", "x" * 31_500]}, 5)


def test_too_many_series_in_one_file_are_refused(stores):
    parsed = records_file(bill("2024-01-01", "2024-02-01", 5))
    names = [f"bills/s{n}" for n in range(300)]
    records = dict.fromkeys(names, parsed.records[GAS])
    parsed = replace(parsed, records=records, units=dict.fromkeys(names, "kWh"))
    with pytest.raises(DataError, match=r"300 series takes .* import it in several files"):
        take_in(parsed, stores)
    assert stores.journal.read(list(EntryKind)) == []


@pytest.mark.parametrize("change", [{"v": "x"}, {"later": 1}])
def test_an_entry_of_a_later_version_is_not_guessed_at(stores, change):
    take_in(records_file(*monthly_bills(1)), stores)
    (entry,) = stores.journal.read([EntryKind.IMPORT])
    later = JournalEntry("import/mill/later", EntryKind.IMPORT, PLANT, 5, {**entry.data, **change})
    with pytest.raises(DataError, match=r"import/mill/later: not understood .* later version"):
        told_of(later)


def test_rows_of_unequal_columns_are_not_read(stores):
    _, (entry,) = parts_of(PLANT, "bills/x", {"a": [1, 2]}, 5)
    with pytest.raises(DataError, match="not 3 rows long"):
        part_of(JournalEntry(entry.entry_id, entry.kind, PLANT, 5, {**entry.data, "length": 3}))


def test_an_import_whose_rows_are_gone_is_told_and_not_passed_over(stores):
    take_in(records_file(*monthly_bills(1)), stores)
    broken = MemoryJournal()
    broken.append(stores.journal.read([EntryKind.IMPORT]))
    with pytest.raises(DataError, match="of series bills/natural_gas is not there; restore"):
        read_records(broken, PLANT)


def test_rows_that_were_tampered_with_are_told(stores):
    take_in(records_file(*monthly_bills(1)), stores)
    (rows,) = stores.journal.read([EntryKind.RECORDS])
    broken = MemoryJournal()
    broken.append(stores.journal.read([EntryKind.IMPORT]))
    data = {**rows.data, "same": {**rows.data["same"], "amount": 1.0}}
    broken.append([JournalEntry(rows.entry_id, rows.kind, PLANT, 1, data)])
    with pytest.raises(DataError, match="not those that were imported"):
        read_records(broken, PLANT)


def test_the_same_import_has_the_same_id_whoever_does_it(stores):
    take_in(records_file(*monthly_bills(1)), stores)
    (entry,) = stores.journal.read([EntryKind.IMPORT])
    told = told_of(entry)
    assert import_entry(PLANT, msgspec.structs.replace(told, who="ben"), 9).entry_id == entry.entry_id
    assert import_entry(PLANT, msgspec.structs.replace(told, sha256="0"), 9).entry_id != entry.entry_id


# ---------------------------------------------------------------- intervals


def test_intervals_that_are_no_quarter_hours_are_spans(stores):
    hour = IntervalColumns(np.array([T0]), np.array([T0 + 4 * QUARTER_MS]), np.array([4.0]), np.array([2]))
    shifted = IntervalColumns(np.array([T0 + 1]), np.array([T0 + 1 + QUARTER_MS]), np.array([4.0]), np.array([2]))
    for point, columns in (("hourly", hour), ("shifted", shifted)):
        take_in(columns_file(Kind.INTERVALS, {(point, "energy_import_kwh"): columns}), stores)
        assert stores.intervals.read(SeriesKey(PLANT, point, "energy_import_kwh"), 0, 10**14).is_span[0]


def test_months_of_intervals_are_the_plants_own(stores):
    take_in(intervals_file([5.0], first=-1, zone="UTC"), stores)  # the last quarter of 2023 in UTC
    plan = only(planned(intervals_file([1.0, 2.0], zone="Asia/Seoul"), stores))
    assert plan.months == (MonthTotal("2024-01", 5.0, 8.0),)


def test_an_interval_of_other_bounds_is_a_conflict_that_names_the_file(stores):
    take_in(intervals_file([1.0, 2.0]), stores)
    clash = IntervalColumns(np.array([T0]), np.array([T0 + 2 * QUARTER_MS]), np.array([3.0]), np.array([7]))
    plan = planned(columns_file(Kind.INTERVALS, {("main", "energy_import_kwh"): clash}, name="b.csv"), stores)
    assert plan.conflicts[0].startswith(
        "main/energy_import_kwh: b.csv, line 7: 2024-01-01T00:00:00Z to 2024-01-01T00:30:00Z"
    )
    assert "of history.csv sha256:" in plan.conflicts[0]


def test_ranges_that_newer_imports_cut_keep_their_pieces(stores):
    take_in(intervals_file([1.0] * 10, name="a.csv"), stores)
    take_in(intervals_file([2.0, None, 2.0, None, 2.0], first=2, name="b.csv"), stores, replace=True)
    ranges = imported_ranges(stores.journal, PLANT)[KEY]
    told = [((one.start_ms - T0) // QUARTER_MS, (one.end_ms - T0) // QUARTER_MS, one.source[0]) for one in ranges]
    assert told == [
        (0, 2, "a"), (2, 3, "b"), (3, 4, "a"), (4, 5, "b"), (5, 6, "a"), (6, 7, "b"), (7, 10, "a"),
    ]  # fmt: skip


# ---------------------------------------------------------------- readings


def configure(stores, **counter):
    spec = {"raw_type": "i64", "scale": 0.1, "modulus": None, "resolution": 1.0, "max_rate_per_h": 1e6} | counter
    point = {"point": "main", "meter": "m", "map_version": 1, "poll_ms": 1000, "quantities": ["energy_import_kwh"]}
    data = {"gateway": "gw", "v": 1, "config": "c", "points": [point | {"counters": {"energy_import_kwh": spec}}]}
    stores.journal.append([JournalEntry("config/1", EntryKind.CONFIG, PLANT, 1, data)])


def test_a_register_that_is_no_whole_count_is_refused_with_its_line(stores):
    configure(stores)
    plan = planned(readings_file([10.0, 10.05]), stores)
    assert (only(plan).conflicting, only(plan).new) == (1, 1)
    assert plan.conflicts[0].startswith(
        "main/energy_import_kwh: history.csv, line 3: 2024-01-01T00:15:00Z: 10.05 kWh is no whole number of counts of 0.1"
    )


def test_a_floating_register_keeps_its_fraction(stores):
    configure(stores, raw_type="f32", scale=1.0)
    take_in(readings_file([10.05]), stores)
    (group,) = only(planned(readings_file([10.06], first=1), stores)).batches
    assert group.group.group.raw == {"energy_import_kwh": [10.06]}


def test_what_a_gateway_read_is_a_conflict_only_where_it_differs(stores):
    configure(stores)
    group = Group("main", ["energy_import_kwh"], [T0, T0 + QUARTER_MS], [[1.0, 2.0]], {"energy_import_kwh": [10, 20]})
    stores.readings.write([PlantGroup(PLANT, "gw", "s1", 1, "c", group)])
    assert planned(readings_file([1.0, 2.0]), stores).changes_nothing
    plan = planned(readings_file([1.0, 2.1, 2.2]), stores)
    assert (only(plan).same, only(plan).conflicting, only(plan).new) == (1, 1, 1)
    assert "a gateway read 2.0; metered data are never overwritten" in plan.conflicts[0]


def test_readings_beside_a_gateways_leave_its_evidence_alone(stores):
    configure(stores)
    group = Group("main", ["energy_import_kwh"], [T0], [[1.0]], {"energy_import_kwh": [10]})
    stores.readings.write([PlantGroup(PLANT, "gw", "s1", 1, "c", group)])
    take_in(readings_file([1.0, 2.0]), stores)
    (arrival,) = stores.journal.read([EntryKind.ARRIVAL])
    assert arrival.data["points"] == {"main": [T0 + QUARTER_MS, T0 + QUARTER_MS, 1]}


def test_other_values_of_a_file_are_replaced_when_told_to(stores):
    configure(stores)
    take_in(readings_file([1.0, 2.0]), stores)
    assert planned(readings_file([1.0, 2.5]), stores).changed == 1
    take_in(readings_file([1.0, 2.5]), stores, replace=True)
    assert planned(readings_file([1.0, 2.5]), stores).changes_nothing


def test_a_configuration_that_is_not_understood_describes_nothing(stores):
    stores.journal.append([JournalEntry("config/9", EntryKind.CONFIG, PLANT, 1, {"v": 9})])
    assert "no gateway has told how it reads this counter" in planned(readings_file([1.0]), stores).conflicts[0]
