"""Bills by month: which days a bill covers, what is not given, and what a reviewer is told."""

import numpy as np
import pytest

from meterproof_mv.calendarisation import calendarise, day_after
from meterproof_mv.errors import SeriesError
from meterproof_mv.findings import Severity

NAT = "NaT"


def found(months):
    return {finding.code: finding for finding in months.findings}


def monthly_bills(first="2024-01", count=12):
    edges = np.arange(first, np.datetime64(first, "M") + count + 1, dtype="datetime64[M]").astype("datetime64[D]")
    return edges[:-1], edges[1:]


def test_no_bills_make_no_months():
    months = calendarise(None, [], [])
    assert len(months) == 0
    assert months.findings == ()


def test_bills_that_are_months_stay_what_they_are_to_the_last_digit():
    start, end = monthly_bills()
    amount = np.linspace(0.1, 7.3, 12)
    months = calendarise(start, end, amount)
    assert months.amount.tolist() == amount.tolist()
    assert months.complete.all()
    assert months.findings == ()
    assert months.start.tolist() == start.tolist()
    assert months.end.tolist() == end.tolist()
    assert months.month[0] == np.datetime64("2024-01")


def test_a_bill_covers_the_days_after_the_read_before_up_to_and_including_its_own():
    reads = np.array(["2024-01-31", "2024-02-10", "2024-03-11", "2024-03-31"], "datetime64[D]")
    months = calendarise(None, day_after(reads), [1000.0, 100.0, 300.0, 40.0])
    assert months.month.astype(str).tolist() == ["2024-02", "2024-03"]
    assert months.amount.tolist() == [100.0 + 19 * 10.0, 11 * 10.0 + 40.0]
    assert months.days.tolist() == months.days_covered.tolist() == [29, 31]


def test_the_first_bill_without_a_start_only_dates_the_second():
    months = calendarise([NAT, "2024-01-31"], ["2024-01-31", "2024-03-01"], [1e9, 30.0])
    assert months.covered_amount.sum() == 30.0
    assert found(months)["first_bill_undated"].data == {"bills": ["row 0"]}
    assert months.amount[1:].tolist() == [29.0]


def test_an_estimated_first_bill_without_a_start_is_lost_with_the_read_that_follows():
    months = calendarise(
        None, ["2024-01-01", "2024-02-01", "2024-03-01"], [5.0, 6.0, 7.0], estimated=[True, False, False]
    )
    assert found(months)["first_bill_undated"].data == {"bills": ["row 0", "row 1"]}
    assert months.amount.tolist() == [7.0]
    alone = calendarise(None, ["2024-01-01"], [5.0])
    assert len(alone) == 0
    assert set(found(alone)) == {"first_bill_undated"}


def test_a_later_bill_without_a_start_begins_with_the_read_before():
    months = calendarise(["2024-01-01", NAT], ["2024-02-01", "2024-03-01"], [31.0, 58.0])
    assert months.amount.tolist() == [31.0, 58.0]


def test_two_reads_in_one_month_and_none_in_the_next_are_normal():
    reads = np.array(["2023-12-31", "2024-01-31", "2024-03-02", "2024-03-31"], "datetime64[D]")
    months = calendarise(None, day_after(reads), [0.0, 31.0, 62.0, 29.0])
    assert months.amount.tolist() == [31.0, 58.0, 33.0]
    assert set(found(months)) == {"first_bill_undated"}


def test_a_month_half_covered_is_not_given():
    months = calendarise(["2024-01-16", "2024-02-15"], ["2024-02-15", "2024-03-16"], [30.0, 30.0])
    assert months.complete.tolist() == [False, True, False]
    assert np.isnan(months.amount).tolist() == [True, False, True]
    assert months.days_covered.tolist() == [16, 29, 15]
    assert months.covered_amount.tolist() == pytest.approx([16.0, 29.0, 15.0])
    told = found(months)["period_incomplete"]
    assert told.severity is Severity.INFO
    assert "2024-01-01 (16 of 31 days covered)" in told.message
    assert told.data == {"start": ["2024-01-01", "2024-03-01"], "covered": [16, 15], "days": [31, 31]}


def test_missing_bills_leave_a_gap_and_nothing_is_filled_in():
    start, end = monthly_bills()
    kept = [0, 1, 4, 5]
    months = calendarise(start[kept], end[kept], np.ones(4))
    assert np.isnan(months.amount).tolist() == [False, False, True, True, False, False]
    gap = found(months)["bill_gap"]
    assert gap.severity is Severity.WARNING
    assert gap.data == {"start": ["2024-03-01"], "end": ["2024-05-01"], "days": [61]}
    assert "one day" not in gap.message


def test_ends_that_are_last_days_are_recognised_by_their_gaps():
    start, end = monthly_bills()
    told = found(calendarise(start, end - np.timedelta64(1, "D"), np.ones(12)))["bill_gap"]
    assert "each is one day, as when the last day of a bill is written as its end" in told.message
    assert "and 8 more" in told.message


def test_an_estimated_bill_is_added_to_the_next_read_before_it_is_spread():
    start, end = monthly_bills(count=3)
    guessed = calendarise(start, end, [31.0, 999.0, -909.0], estimated=[False, True, False])
    assert guessed.amount.tolist() == pytest.approx([31.0, 90.0 * 29 / 60, 90.0 * 31 / 60])
    merged = found(guessed)["estimated_merged"]
    assert merged.severity is Severity.INFO
    assert merged.data == {"bills": ["row 1 to row 2"], "start": ["2024-02-01"], "end": ["2024-04-01"]}
    assert "negative_use" not in found(guessed)
    assert "bill_period_length" not in found(guessed)
    assert "bills_fewer_than_periods" in found(guessed)


def test_estimated_bills_that_no_read_follows_are_not_used():
    start, end = monthly_bills(count=3)
    months = calendarise(start, end, np.ones(3), estimated=[False, True, True])
    assert np.isnan(months.amount).tolist() == [False, True, True]
    assert found(months)["estimated_without_read"].data["bills"] == ["row 1 to row 2"]
    assert "estimated_merged" not in found(months)


def test_a_gap_parts_an_estimated_bill_from_the_next_read():
    start, end = monthly_bills(count=3)
    months = calendarise(start[[0, 2]], end[[0, 2]], np.ones(2), estimated=[True, False])
    assert np.isnan(months.amount).tolist() == [True, True, False]
    assert {"estimated_without_read", "bill_gap"} <= set(found(months))


def test_negative_use_is_refused_and_its_month_not_given():
    start, end = monthly_bills(count=3)
    months = calendarise(start, end, [31.0, -1.0, 31.0])
    assert np.isnan(months.amount).tolist() == [False, True, False]
    refused = found(months)["negative_use"]
    assert refused.severity is Severity.REFUSAL
    assert "1 bill with negative use" in refused.message
    assert "row 1 from 2024-02-01 to 2024-03-01" in refused.message


def test_a_bill_of_nothing_is_a_bill():
    start, end = monthly_bills(count=2)
    months = calendarise(start, end, [0.0, 5.0])
    assert months.amount.tolist() == [0.0, 5.0]
    assert months.findings == ()


def test_a_bill_without_an_amount_covers_nothing():
    start, end = monthly_bills(count=3)
    months = calendarise(start, end, [1.0, np.nan, 3.0])
    assert np.isnan(months.amount).tolist() == [False, True, False]
    assert found(months)["bill_without_amount"].data["bills"] == ["row 1"]


def test_cost_is_spread_likewise_and_may_be_negative_or_missing():
    start, end = monthly_bills(count=3)
    months = calendarise(
        start, end, [1.0, 2.0, 3.0], estimated=[True, False, False], beside={"cost": [60.0, -30.0, np.nan]}
    )
    assert months.beside["cost"][:2] == pytest.approx([30.0 * 31 / 60, 30.0 * 29 / 60])
    assert np.isnan(months.beside["cost"][2])
    assert months.complete.all()


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ([24, 30, 30], "1 bill of 3 not of 25 to 35 days: row 0 from 2024-01-01 to 2024-01-25 (24 days)"),
        ([36, 30, 30], "(36 days)"),
        ([25, 30, 35], None),
        ([60, 61, 62], None),
        ([60, 70, 24], "not of 25 to 70 days"),
        ([60, 71, 60], "(71 days)"),
    ],
)
def test_bills_of_an_unusual_length_are_told(days, told):
    end = np.datetime64("2024-01-01") + np.cumsum(days)
    start = np.append(np.datetime64("2024-01-01"), end[:-1])
    lengths = found(calendarise(start, end, np.ones(3))).get("bill_period_length")
    if told is None:
        assert lengths is None
    else:
        assert lengths.clause == "CalTRACK"
        assert lengths.severity is Severity.WARNING
        assert told in lengths.message


def test_months_that_share_a_bill_are_not_counted_as_so_many_points():
    start, end = monthly_bills()
    months = calendarise(start[::2], end[1::2], np.ones(6))
    few = found(months)["bills_fewer_than_periods"]
    assert few.severity is Severity.REFUSAL
    assert few.data == {"periods": 12, "bills": 6}
    assert "bill_period_length" not in found(months)


def test_bills_may_be_spread_over_periods_of_production():
    edges = np.array(["2024-01-01", "2024-01-29", "2024-02-26", "2024-04-01"], "datetime64[D]")
    start, end = monthly_bills(count=3)
    spread = calendarise(start, end, [31.0, 58.0, 93.0], periods=(edges[:-1], edges[1:]))
    assert spread.amount.tolist() == pytest.approx([28.0, 3.0 + 25 * 2.0, 8.0 + 93.0])
    assert spread.days.tolist() == [28, 28, 35]


def test_periods_may_leave_days_out_and_lie_outside_the_bills():
    first = ["2023-06-01", "2024-01-10", "2024-03-20", "2025-01-01"]
    last = ["2023-07-01", "2024-01-20", "2024-04-20", "2025-02-01"]
    start, end = monthly_bills(count=3)
    spread = calendarise(start, end, [31.0, 29.0, 31.0], periods=(first, last))
    assert spread.days_covered.tolist() == [0, 10, 12, 0]
    assert spread.complete.tolist() == [False, True, False, False]
    assert spread.amount[1] == pytest.approx(10.0)


def test_bills_in_another_order_are_put_in_order_and_the_first_that_breaks_it_is_named():
    start, end = monthly_bills(count=4)
    amount = np.array([1.0, 2.0, 3.0, 4.0])
    rising = calendarise(start, end, amount)
    falling = calendarise(start[::-1], end[::-1], amount[::-1])
    assert falling.amount.tolist() == rising.amount.tolist()
    assert falling.findings == ()
    order = [0, 2, 1, 3]
    mixed = calendarise(start[order], end[order], amount[order])
    assert mixed.amount.tolist() == rising.amount.tolist()
    assert found(mixed)["bills_out_of_order"].data == {"bill": "row 2"}
    order = [3, 1, 2, 0]
    mixed = calendarise(start[order], end[order], amount[order], names=list("abcd"))
    assert found(mixed)["bills_out_of_order"].data == {"bill": "c"}
    assert found(mixed)["bills_out_of_order"].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        (
            ["2024-01-01", "2024-01-31"],
            ["2024-02-01", "2024-03-01"],
            "row 1 starts 2024-01-31, before row 0 ends 2024-02-01",
        ),
        (["2024-01-01", "2024-01-05"], ["2024-02-01", "2024-01-09"], "row 0 starts 2024-01-01, before row 1 ends"),
        (["2024-01-01", "2024-01-02"], ["2024-02-01", "2024-02-01"], "row 1 and row 0 both end 2024-02-01"),
        ([NAT, NAT], ["2024-02-01", "2024-02-01"], "row 1 and row 0 both end 2024-02-01"),
        (["2024-02-01"], ["2024-01-01"], "row 0: the bill ends 2024-01-01, not after its start 2024-02-01"),
        (["2024-02-01"], ["2024-02-01"], "not after its start"),
        (["2024-02-01"], [NAT], "row 0: the bill has no read date"),
    ],
)
def test_dates_that_contradict_each_other_are_refused_by_name(start, end, told):
    with pytest.raises(SeriesError, match=told):
        calendarise(start, end, np.ones(len(end)))


def test_the_names_of_rows_are_those_that_people_know():
    with pytest.raises(SeriesError, match="line 7 starts 2024-01-31, before line 3 ends 2024-02-01"):
        calendarise(["2024-01-31", "2024-01-01"], ["2024-03-01", "2024-02-01"], [1.0, 1.0], names=["line 7", "line 3"])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"amount": [1.0]}, "amount has shape"),
        ({"start": ["2024-01-01"]}, "start has shape"),
        ({"estimated": [True]}, "estimated has shape"),
        ({"beside": {"cost": [1.0, 2.0, 3.0]}}, "cost has shape"),
        ({"end": [["2024-02-01", "2024-03-01"]]}, "end"),
        ({"amount": [1.0, np.inf]}, "row 1: amount is inf"),
        ({"beside": {"cost": [-np.inf, 1.0]}}, "row 0: cost is -inf"),
        ({"names": ["one"]}, "1 names for 2 bills"),
        ({"periods": (["2024-01-01"], [])}, "1 starts and 0 ends"),
        ({"periods": (["2024-01-01"], ["2024-01-01"])}, "holds no day"),
        ({"periods": ([NAT], ["2024-01-01"])}, "holds no day"),
        (
            {"periods": (["2024-01-01", "2024-01-31"], ["2024-02-01", "2024-03-01"])},
            "period 1 starts 2024-01-31, before period 0 ends 2024-02-01",
        ),
    ],
)
def test_columns_that_do_not_fit_are_refused(wrong, told):
    given = {
        "start": ["2024-01-01", "2024-02-01"],
        "end": ["2024-02-01", "2024-03-01"],
        "amount": [1.0, 2.0],
        **wrong,
    }
    with pytest.raises(SeriesError, match=told):
        calendarise(given.pop("start"), given.pop("end"), given.pop("amount"), **given)


def test_bills_a_little_longer_than_months_are_told_and_not_refused():
    end = np.array("2024-01-01", "datetime64[D]") + np.arange(1, 11) * 36
    months = calendarise(end - 36, end, np.ones(10))
    assert found(months)["bills_fewer_than_periods"].severity is Severity.WARNING
