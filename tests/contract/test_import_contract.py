"""An import on every store: shown first, written whole, doing it again changes nothing."""

import pytest
from imported_files import (
    GAS,
    PLANT,
    QUARTER_MS,
    T0,
    bill,
    intervals_file,
    monthly_bills,
    readings_file,
    records_file,
)

from meterproof_api.importing.planning import plan_import
from meterproof_api.importing.records import imported_ranges, read_imports, read_records
from meterproof_api.importing.writing import Doing, ImportRefusedError, carry_out, withdrawal
from meterproof_core.storage import EntryKind, IntervalColumns, JournalEntry, ReadingsQuery, SeriesKey

KEY = SeriesKey(PLANT, "main", "energy_import_kwh")
BOTH = [EntryKind.IMPORT, EntryKind.RECORDS]
NOW = 1_720_000_000_000


class CutOffError(Exception):
    """The process ended here."""


class CutOff:
    """Ends an import between its rows and the entry that makes them count."""

    def reach(self, point):
        assert point == "import.rows_before_entry"
        raise CutOffError


def take_in(parsed, stores, *, at_ms=NOW, **how):
    return carry_out(plan_import(parsed, stores, at_ms=at_ms), stores, Doing("anna", **how))


def rows_of(stores, series=GAS):
    return read_records(stores.journal, PLANT)[series].rows


def held(stores, key=KEY):
    columns = stores.intervals.read(key, 0, T0 + 10**12)
    return list(zip(map(int, columns.start_ms), map(float, columns.amount), strict=True))


def test_nothing_imported_is_nothing_read(stores):
    assert read_records(stores.journal, PLANT) == {}
    assert imported_ranges(stores.journal, PLANT) == {}


def test_imported_rows_come_back_as_the_file_says(stores):
    rows = [
        bill("2024-01-01", "2024-02-01", 1234.5, written="1.234,50", heat_content="38,1", heat_content_unit="MJ/m3"),
        bill(
            "2024-02-01", "2024-03-01", 0.1, estimated=True, cost="12.30", currency="EUR", source='ä\\ "gas".csv line 3'
        ),
    ]
    assert take_in(records_file(*rows), stores).startswith("import/mill/")
    (recorded,) = read_records(stores.journal, PLANT).values()
    assert (recorded.name, recorded.unit, recorded.spread) == (GAS, "kWh", True)
    assert list(recorded.rows) == rows


def test_only_bills_are_spread(stores):
    take_in(records_file(bill("2024-01-01", "2024-02-01", 5), series="production/output", unit="t"), stores)
    assert not read_records(stores.journal, PLANT)["production/output"].spread


def test_ten_thousand_rows_lie_in_entries_of_bounded_size(stores):
    rows = [
        bill(f"{1900 + n // 12}-{n % 12 + 1:02d}-01", f"{1900 + n // 12}-{n % 12 + 1:02d}-28", n) for n in range(2000)
    ]
    take_in(records_file(*rows), stores)
    entries = stores.journal.read(BOTH, PLANT)
    assert len(entries) > 3
    assert list(rows_of(stores)) == rows


def test_the_same_file_again_changes_nothing(stores):
    parsed = records_file(*monthly_bills())
    take_in(parsed, stores)
    before = list(stores.journal.read(BOTH))
    plan = plan_import(parsed, stores, at_ms=NOW + 5)
    assert plan.changes_nothing
    assert carry_out(plan, stores, Doing("ben")) == ""
    assert list(stores.journal.read(BOTH)) == before


def test_a_longer_file_adds_its_new_rows(stores):
    take_in(records_file(*monthly_bills(2)), stores)
    (plan,) = plan_import(records_file(*monthly_bills(3)), stores, at_ms=NOW).series
    assert (plan.new, plan.same, plan.changed) == (1, 2, 0)
    take_in(records_file(*monthly_bills(3)), stores)
    assert list(rows_of(stores)) == monthly_bills(3)


def test_another_amount_needs_to_be_told_to_replace(stores):
    take_in(records_file(*monthly_bills()), stores)
    corrected = records_file(bill("2024-02-01", "2024-03-01", 7.0), name="corrected.csv")
    with pytest.raises(ImportRefusedError, match="1 row stands in the store with other values"):
        take_in(corrected, stores)
    assert list(rows_of(stores)) == monthly_bills()
    take_in(corrected, stores, replace=True)
    assert [row.amount for row in rows_of(stores)] == [1000.0, 7.0, 1002.0]


def test_of_three_imports_the_newest_holds_also_when_it_is_the_first_again(stores):
    first, second = records_file(*monthly_bills()), records_file(*monthly_bills(3, 5.0))
    for parsed in (first, second, first):
        take_in(parsed, stores, replace=True)
    assert list(rows_of(stores)) == monthly_bills()
    assert len(read_imports(stores.journal, PLANT).imports) == 3


def test_a_clock_that_was_put_back_does_not_turn_imports_round(stores):
    take_in(records_file(*monthly_bills()), stores, at_ms=NOW)
    take_in(records_file(*monthly_bills(3, 5.0)), stores, at_ms=NOW - 10**9, replace=True)
    assert rows_of(stores)[0].amount == 5.0


def test_an_import_that_was_cut_off_is_not_seen_and_doing_it_again_completes_it(stores):
    parsed = records_file(*monthly_bills())
    with pytest.raises(CutOffError):
        take_in(parsed, stores, faults=CutOff())
    assert len(stores.journal.read([EntryKind.RECORDS])) == 1
    assert read_records(stores.journal, PLANT) == {}
    take_in(parsed, stores, at_ms=NOW + 1000)
    assert list(rows_of(stores)) == monthly_bills()
    assert len(stores.journal.read([EntryKind.RECORDS])) == 1


def test_a_row_that_overlaps_another_period_is_refused_with_both_lines(stores):
    take_in(records_file(*monthly_bills()), stores)
    clash = records_file(bill("2024-01-15", "2024-02-15", 3, source="new.csv line 9"))
    with pytest.raises(
        ImportRefusedError, match=r"new\.csv line 9: 2024-01-15 .* overlaps .* of gas\.csv line 2 and 1 more"
    ):
        take_in(clash, stores, replace=True)
    assert list(rows_of(stores)) == monthly_bills()


def test_what_was_withdrawn_counts_no_more_and_what_it_replaced_counts_again(stores):
    take_in(records_file(*monthly_bills()), stores)
    second = take_in(records_file(*monthly_bills(2, 5.0)), stores, replace=True)
    gone = withdrawal(read_imports(stores.journal, PLANT), second, who="anna", at_ms=NOW)
    stores.journal.append([gone])
    assert list(rows_of(stores)) == monthly_bills()
    take_in(records_file(*monthly_bills(2, 5.0)), stores, replace=True)
    assert rows_of(stores)[0].amount == 5.0


def test_plants_do_not_see_each_others_rows(stores):
    take_in(records_file(*monthly_bills()), stores)
    take_in(records_file(*monthly_bills(), plant="works"), stores)
    assert read_records(stores.journal, "works").keys() == {GAS}
    assert len(read_imports(stores.journal, PLANT).imports) == 1


def test_imported_intervals_stand_in_the_store_and_say_where_they_are_from(stores):
    take_in(intervals_file([1.0, 2.0, None, 4.0]), stores)
    assert held(stores) == [(T0, 1.0), (T0 + QUARTER_MS, 2.0), (T0 + 3 * QUARTER_MS, 4.0)]
    (ranges,) = imported_ranges(stores.journal, PLANT).values()
    assert [(one.start_ms, one.end_ms) for one in ranges] == [
        (T0, T0 + 2 * QUARTER_MS),
        (T0 + 3 * QUARTER_MS, T0 + 4 * QUARTER_MS),
    ]
    assert {one.source for one in ranges} == {f"history.csv sha256:{'0' * 64}"}
    assert plan_import(intervals_file([1.0, 2.0, None, 4.0]), stores, at_ms=NOW).changes_nothing


def test_intervals_are_replaced_in_exactly_the_imported_stretch(stores):
    take_in(intervals_file([1.0, 2.0, 3.0, 4.0]), stores)
    with pytest.raises(ImportRefusedError, match="2 rows stand in the store"):
        take_in(intervals_file([7.0, 8.0], first=1, name="b.csv"), stores)
    take_in(intervals_file([7.0, 8.0], first=1, name="b.csv"), stores, replace=True)
    assert [amount for _, amount in held(stores)] == [1.0, 7.0, 8.0, 4.0]
    (ranges,) = imported_ranges(stores.journal, PLANT).values()
    assert [one.source[:7] for one in ranges] == ["history", "b.csv s", "history"]


def test_intervals_of_a_cut_off_import_are_completed_by_doing_it_again(stores):
    with pytest.raises(CutOffError):
        take_in(intervals_file([1.0, 2.0]), stores, faults=CutOff())
    assert imported_ranges(stores.journal, PLANT) == {}
    plan = plan_import(intervals_file([1.0, 2.0]), stores, at_ms=NOW)
    assert (plan.series[0].same, plan.changes_nothing) == (2, False)
    take_in(intervals_file([1.0, 2.0]), stores)
    assert len(imported_ranges(stores.journal, PLANT)[KEY]) == 1


@pytest.mark.parametrize("amount", [1.0, 9.0])
def test_what_the_ledger_metered_is_never_overwritten(stores, amount):
    metered = IntervalColumns([T0], [T0 + QUARTER_MS], [1.0], [100.0], [110.0], [False])
    stores.intervals.replace(KEY, T0, T0 + QUARTER_MS, metered)
    with pytest.raises(ImportRefusedError, match=r"line 2: 2024-01-01T00:00:00Z .* metered data are never overwritten"):
        take_in(intervals_file([amount, 2.0]), stores, replace=True)
    assert held(stores) == [(T0, 1.0)]


def test_an_interval_that_is_no_quarter_hour_is_a_span(stores):
    take_in(intervals_file([1.0]), stores)
    assert not stores.intervals.read(KEY, T0, T0 + 1).is_span[0]


def configured(stores, **counter):
    spec = {"raw_type": "u32", "scale": 0.1, "modulus": 2**32, "resolution": 1.0, "max_rate_per_h": 1e6} | counter
    point = {"point": "main", "meter": "m", "map_version": 1, "poll_ms": 1000, "quantities": ["energy_import_kwh"]}
    data = {"gateway": "gw", "v": 1, "config": "c" * 32, "points": [point | {"counters": {"energy_import_kwh": spec}}]}
    stores.journal.append([JournalEntry("config/mill/gw/c", EntryKind.CONFIG, PLANT, 1000, data)])


def test_imported_registers_arrive_as_a_gateways_would(stores):
    configured(stores)
    take_in(readings_file([100.1, 100.3, 100.7]), stores)
    read = stores.readings.read(ReadingsQuery(PLANT, "main", ("energy_import_kwh",), T0, T0 + 10**9))
    assert list(map(int, read.raw["energy_import_kwh"].registers)) == [1001, 1003, 1007]
    assert list(map(float, read.values["energy_import_kwh"])) == [100.1, 100.3, 100.7]
    (arrival,) = stores.journal.read([EntryKind.ARRIVAL])
    assert arrival.data["points"] == {"main": [T0, T0 + 2 * QUARTER_MS, 3]}
    assert arrival.data["config"] == read.config[0] == "c" * 32
    assert plan_import(readings_file([100.1, 100.3, 100.7]), stores, at_ms=NOW).changes_nothing


def test_a_counter_that_no_gateway_described_is_refused_with_the_other_way(stores):
    with pytest.raises(ImportRefusedError, match="meterproof import intervals"):
        take_in(readings_file([1.0]), stores)
    assert list(stores.journal.read(list(EntryKind))) == []


def test_gauges_need_no_gateway(stores):
    take_in(readings_file([20.5, 21.0], quantity="temperature_c"), stores)
    read = stores.readings.read(ReadingsQuery(PLANT, "main", ("temperature_c",), T0, T0 + 10**9))
    assert list(map(float, read.values["temperature_c"])) == [20.5, 21.0]
    assert not read.raw
    (config,) = stores.journal.read([EntryKind.CONFIG])
    assert config.data["points"][0]["meter"] == "a file"
