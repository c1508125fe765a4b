from datetime import date

from meterproof_api.data_findings import date_ranges


def test_no_day_makes_no_range():
    assert date_ranges([]) == []


def test_days_in_a_row_make_one_range_even_over_the_end_of_a_month():
    days = [date(2018, 1, 31), date(2018, 2, 1), date(2018, 2, 3)]
    assert date_ranges(days) == [(days[0], days[1]), (days[2], days[2])]
