"""Intervals and readings read from files: times, steps, gaps, and numbers that come back as they were."""

import csv
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterproof_api.importing.kinds import Kind, Label, Layout
from meterproof_api.importing.reading import InstantColumns, IntervalColumns, read_file
from meterproof_mv.dossier.vocabulary import Origin

KEY = ("kiln", "energy_import_kwh")


def layout(**changes):
    asked = {"kind": Kind.INTERVALS, "plant": "p", "origin": Origin.METER, "time_zone": "UTC", "label": Label.START}
    return Layout(**{**asked, "point": KEY[0], "quantity": KEY[1], **changes})


@pytest.fixture
def read(tmp_path):
    def reader(text, **changes):
        path = tmp_path / "file.csv"
        path.write_text(text)
        return read_file(path, layout(**changes))

    return reader


def lines(times, head="time,energy"):
    return head + "\n" + "".join(f"{time},{at}\n" for at, time in enumerate(times, start=1))


def clock(*minutes):
    return [f"2024-01-01 {minute // 60:02}:{minute % 60:02}" for minute in minutes]


def texts(parsed):
    return [str(problem) for problem in parsed.problems]


def codes(parsed):
    return [finding.code for finding in parsed.findings]


def minutes(values):
    return ((values - int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000)) / 60_000).tolist()


def test_a_label_of_the_start_or_the_end_puts_the_interval_behind_or_before_it(read):
    for label, starts in ((Label.START, [0, 15, 30]), (Label.END, [-15, 0, 15])):
        columns = read(lines(clock(0, 15, 30)), label=label).columns[KEY]
        assert isinstance(columns, IntervalColumns)
        assert minutes(columns.start_ms) == starts
        assert (columns.end_ms - columns.start_ms).tolist() == [900_000] * 3


def test_the_usual_step_of_a_file_with_gaps_is_found_and_the_gaps_are_told(read):
    parsed = read(lines(clock(0, 15, 30, 90, 105)))
    assert minutes(parsed.columns[KEY].end_ms) == [15, 30, 45, 105, 120]
    assert [finding.message for finding in parsed.findings] == [
        "intervals that are not in the file: 3, the first before line 5"
    ]


def test_a_stated_length_is_kept_also_by_a_single_line(read):
    assert minutes(read(lines(clock(60)), interval_minutes=60).columns[KEY].end_ms) == [120]
    assert "say interval_minutes" in texts(read(lines(clock(60))))[0]
    assert (
        "is 15 min after line 2, but intervals of 30 min are expected"
        in texts(read(lines(clock(0, 15)), interval_minutes=30))[0]
    )


def test_the_newest_line_first_is_taken_from_the_bottom_up(read):
    parsed = read(lines(clock(30, 15, 0)))
    assert parsed.columns[KEY].amount.tolist() == [3.0, 2.0, 1.0]
    assert parsed.columns[KEY].line.tolist() == [4, 3, 2]
    assert codes(parsed) == ["newest_first"]


def test_two_stamps_need_no_label_and_no_equal_length(read):
    text = "start,end,energy\n2024-01-01 00:00,2024-01-01 00:15,1\n2024-01-01 00:30,2024-01-01 01:30,2\n"
    parsed = read(text, label=None)
    assert minutes(parsed.columns[KEY].start_ms) == [0, 30]
    assert minutes(parsed.columns[KEY].end_ms) == [15, 90]
    assert codes(parsed) == ["unequal_intervals"]
    assert codes(read(text.replace("01:30", "00:45"), label=None)) == []


def test_times_without_a_zone_or_a_column_ask_for_them(read):
    assert texts(read(lines(clock(0, 15)), time_zone=None)) == [
        "line 1: times are written without an offset; say the time zone, such as Asia/Colombo"
    ]
    assert texts(read(lines(clock(0, 15), "when,energy"))) == [
        "line 1: no column holds the times; name time, or start and end, as in --map time=HEADER"
    ]
    readings = {"kind": Kind.READINGS, "label": None}
    assert texts(read(lines(clock(0, 15), "when,energy"), **readings)) == [
        "line 1: no column holds the times; name time, as in --map time=HEADER"
    ]
    assert texts(read(lines(clock(0, 15), "time,heat"))) == [
        "line 1: no column holds the values; name it: --map amount=HEADER or --map point/quantity=HEADER"
    ]


def test_midnights_are_left_alone_unless_all_of_them_carry_the_day_that_ends(read):
    one_jumps = ["01/01/2024 23:45", "02/01/2024 00:00", "02/01/2024 23:45", "02/01/2024 00:00", "03/01/2024 00:15"]
    asked = {"label": Label.END, "day_first": True, "interval_minutes": 15}
    assert "is before line 4" in texts(read(lines(one_jumps), **asked))[0]
    still_wrong = ["01/01/2024 23:45", "01/01/2024 00:00", "01/01/2024 23:50"]
    assert "is before line 2" in texts(read(lines(still_wrong), **asked))[0]
    assert "is before line 2" in texts(read(lines(one_jumps[2:]), **{**asked, "label": Label.START}))[0]


def test_a_unit_that_cannot_become_the_quantitys_is_named_and_its_own_needs_no_table(read):
    assert texts(read(lines(clock(0, 15)), unit="m3"))[0].startswith(
        "line 1: values of energy_import_kwh are kept in kWh: unit 'm3' measures volume"
    )
    kvarh = read(lines(clock(0, 15)), unit="kvarh", quantity="reactive_energy_import_kvarh")
    assert kvarh.columns["kiln", "reactive_energy_import_kvarh"].amount.tolist() == [1.0, 2.0]
    assert read(lines(clock(0, 15), "time,energy [MWh]")).columns[KEY].amount.tolist() == [1000.0, 2000.0]


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("1.5", None, 1.5),
        ("1,5", ",", 1.5),
        ("1.234,5", ",", 1234.5),
        ('"1,234.5"', None, 1234.5),
        ("1'234", None, 1234.0),
    ],
)
def test_numbers_of_a_column_are_read_as_said(read, cell, decimal, value):
    text = f"time;energy\n2024-01-01 00:00;{cell}\n2024-01-01 00:15;2\n"
    assert read(text, decimal=decimal).columns[KEY].amount.tolist() == [value, 2.0]


@pytest.mark.parametrize("cell", ["1_0", "nan", "inf", "n/a", "1,5", "1,234"])
def test_a_cell_that_is_no_number_is_named(read, cell):
    text = f"time;energy\n2024-01-01 00:00;{cell}\n2024-01-01 00:15;2\n"
    assert texts(read(text))[0].startswith(f"line 2 column 'energy': '{cell}' ")
    assert len(texts(read(text))) == 1


def test_a_truth_value_of_a_sheet_is_no_number(tmp_path):
    book = openpyxl.Workbook()
    for row in (["time", "energy"], ["2024-01-01 00:00", True], ["2024-01-01 00:15", 2], ["2024-01-01 00:30", None]):
        book.active.append(row)
    book.save(tmp_path / "file.xlsx")
    assert texts(read_file(tmp_path / "file.xlsx", layout())) == [
        "sheet 'Sheet' cell B2 column 'energy': 'True' is no number; a number such as 1234.5 is accepted"
    ]


def test_readings_are_instants_in_the_quantitys_unit(read):
    parsed = read(
        "time,register\n2024-01-01T00:00Z,5\n2024-01-01T00:10+00:00,6\n", kind=Kind.READINGS, unit="MWh", label=None
    )
    columns = parsed.columns[KEY]
    assert isinstance(columns, InstantColumns)
    assert (minutes(columns.t_ms), columns.value.tolist(), columns.line.tolist()) == ([0, 10], [5000.0, 6000.0], [2, 3])
    assert len(columns) == 2


def test_a_reading_that_is_out_of_order_is_named_with_both_lines(read):
    assert texts(read(lines(clock(0, 10, 5)), kind=Kind.READINGS)) == [
        "line 4 column 'time': '2024-01-01 00:05' is before line 3; times have to rise from line to line"
    ]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(["Europe/Vienna", "Asia/Kathmandu", "America/Havana", "UTC"]),
    begin=st.datetimes(datetime(1980, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 - drawn
    values=st.lists(st.floats(0, 1e9).map(lambda value: float(f"{value:.15g}")) | st.none(), min_size=2, max_size=60),
    label=st.sampled_from(Label),
)
def test_intervals_written_with_offsets_come_back_as_they_were(tmp_path, zone, begin, values, label):
    first = int(begin.replace(minute=0, second=0, microsecond=0, tzinfo=UTC).timestamp()) * 1000
    start = first + np.arange(len(values), dtype=np.int64) * 900_000
    stamps = start + (900_000 if label is Label.END else 0)
    shown = [datetime.fromtimestamp(ms / 1000, ZoneInfo(zone)).isoformat() for ms in stamps.tolist()]
    rows = [["time", "energy"], *zip(shown, values, strict=True)]
    with (tmp_path / "file.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "file.xlsx")
    there = [row for row, value in enumerate(values) if value is not None]
    for name in ("file.csv", "file.xlsx"):
        parsed = read_file(tmp_path / name, layout(time_zone=None, label=label))
        assert texts(parsed) == []
        columns = parsed.columns[KEY]
        assert columns.start_ms.tolist() == start[there].tolist()
        assert columns.amount.tolist() == [values[row] for row in there]
        assert columns.line.tolist() == [row + 2 for row in there]
